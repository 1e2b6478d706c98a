//! What a run will cost, before it starts.

use std::collections::HashMap;

use super::blocks::{BlockPrompt, Step};
use super::file::Flow;
use super::inputs::Prepared;
use super::repair::MOST_SHOWN;
use super::row::{Row, python_text};
use super::template::messages_of;
use crate::text::tokens;

/// An answer's length where the flow sets no limit.
const UNLIMITED_ANSWER: u64 = 1024;
/// A text that is not there yet, such as an earlier answer.
const UNKNOWN_TEXT: u64 = 200;
/// The form that a second question asks for.
const FORM: u64 = 100;
/// Rows of each leaf that are looked at; the others are like them.
const ROWS_LOOKED_AT: usize = 24;

/// Calls and tokens: filters on the way only make it less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Candidates asked for.
    pub rows: usize,
    /// At most, without those that are made once more.
    pub calls: u64,
    /// At most so many calls more, for answers that cannot be read.
    pub second_calls: u64,
    /// Of the first calls.
    pub prompt_tokens: u64,
    pub second_prompt_tokens: u64,
    /// Of all calls.
    pub completion_tokens_at_most: u64,
}

impl Estimate {
    /// Each figure of this one and of another.
    fn with(self, other: Estimate) -> Estimate {
        let both = u64::saturating_add;
        Estimate {
            rows: self.rows + other.rows,
            calls: both(self.calls, other.calls),
            second_calls: both(self.second_calls, other.second_calls),
            prompt_tokens: both(self.prompt_tokens, other.prompt_tokens),
            second_prompt_tokens: both(self.second_prompt_tokens, other.second_prompt_tokens),
            completion_tokens_at_most: both(self.completion_tokens_at_most, other.completion_tokens_at_most),
        }
    }
}

/// Estimates a run over these leaves.
pub fn estimate(flow: &Flow, leaves: &[Prepared]) -> Estimate {
    let mut sum = Estimate::default();
    for leaf in leaves {
        let looked_at = leaf.count().min(ROWS_LOOKED_AT);
        if looked_at == 0 {
            continue;
        }
        let mut part = Estimate::default();
        for at in 0..looked_at {
            part = part.with(of_row(flow, leaf.row(at * leaf.count() / looked_at, 0)));
        }
        let scale = |figure: u64| (u128::from(figure) * leaf.count() as u128).div_ceil(looked_at as u128) as u64;
        let whole = Estimate {
            rows: leaf.count(),
            calls: scale(part.calls),
            second_calls: scale(part.second_calls),
            prompt_tokens: scale(part.prompt_tokens),
            second_prompt_tokens: scale(part.second_prompt_tokens),
            completion_tokens_at_most: scale(part.completion_tokens_at_most),
        };
        sum = sum.with(whole);
    }
    sum
}

/// What a block asked.
struct Call {
    prompt_tokens: u64,
    most_written: u64,
}

fn of_row(flow: &Flow, row: Row) -> Estimate {
    let mut sum = Estimate {
        rows: 1,
        ..Estimate::default()
    };
    // The row as it really is, until the first answer; from then on only its known columns.
    let mut row = row;
    let mut is_real = true;
    let mut rows: u64 = 1;
    let mut prompt_tokens = 0;
    // Answers of the last block that asked, for each of its rows.
    let mut choices: u64 = 1;
    let mut asked: HashMap<&str, Call> = HashMap::new();
    for block in &flow.blocks {
        if !is_real {
            block.tell_round(&mut row);
        } else if !block.admits(&mut row).unwrap_or(true) {
            continue;
        }
        if let Some(prompt) = &block.prompt {
            prompt_tokens = of_prompt(prompt, &row);
        }
        if block.joins {
            rows /= std::mem::replace(&mut choices, 1);
        }
        if let Some(call) = block.repair.as_deref().and_then(|name| asked.get(name)) {
            let prompt = call.prompt_tokens + call.most_written.min(MOST_SHOWN as u64 / 4) + FORM;
            sum = sum.with(Estimate {
                second_calls: rows,
                second_prompt_tokens: rows.saturating_mul(prompt),
                completion_tokens_at_most: rows.saturating_mul(call.most_written),
                ..Estimate::default()
            });
        }
        match &block.step {
            Step::Ask(chat) => {
                choices = chat.choices.max(1);
                let messages = row.columns.get(&chat.input).filter(|_| is_real).map(messages_of);
                if let Some(Ok(messages)) = messages {
                    prompt_tokens = messages
                        .iter()
                        .map(|message| tokens::estimate(&message.content) + 4)
                        .sum();
                }
                rows = rows.saturating_mul(chat.choices);
                let most_written = chat.most_tokens().unwrap_or(UNLIMITED_ANSWER);
                sum = sum.with(Estimate {
                    calls: rows,
                    prompt_tokens: rows.saturating_mul(prompt_tokens),
                    completion_tokens_at_most: rows.saturating_mul(most_written),
                    ..Estimate::default()
                });
                let call = Call {
                    prompt_tokens,
                    most_written,
                };
                asked.insert(&block.name, call);
                is_real = false;
            }
            Step::Each(step) if is_real => {
                rows = rows.saturating_mul(block.grows);
                match step.apply(row.clone()).rows.into_iter().next() {
                    Some(next) => row = next,
                    None => break,
                }
            }
            // Its own draws and columns are known; what it makes of other rows is not.
            Step::Ordered(step) if is_real => {
                rows = rows.saturating_mul(block.grows);
                match step.start().apply(row.clone()).rows.into_iter().next() {
                    Some(next) => row = next,
                    None => break,
                }
            }
            Step::Fed(fed) if is_real => {
                rows = rows.saturating_mul(block.grows);
                match fed.step.apply(row.clone(), &[]).rows.into_iter().next() {
                    Some(next) => row = next,
                    None => break,
                }
            }
            Step::Each(_) | Step::Ordered(_) | Step::Fed(_) | Step::Table(_) => rows = rows.saturating_mul(block.grows),
        }
    }
    sum
}

/// The template's own text and what its columns hold, as far as they are there.
fn of_prompt(prompt: &BlockPrompt, row: &Row) -> u64 {
    let template: u64 = prompt.prompt.sources().map(|source| tokens::estimate(source) + 4).sum();
    let columns: u64 = prompt
        .inputs
        .iter()
        .map(|(column, _)| {
            row.columns
                .get(column)
                .map_or(UNKNOWN_TEXT, |value| tokens::estimate(&python_text(value)))
        })
        .sum();
    template + columns
}
