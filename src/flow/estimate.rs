//! What a run will cost, before it starts.

use super::blocks::{BlockPrompt, Step};
use super::file::Flow;
use super::inputs::Prepared;
use super::row::{Row, python_text};
use super::template::messages_of;
use crate::text::tokens;

/// An answer's length where the flow sets no limit.
const UNLIMITED_ANSWER: u64 = 1024;
/// A text that is not there yet, such as an earlier answer.
const UNKNOWN_TEXT: u64 = 200;
/// Rows of each leaf that are looked at; the others are like them.
const ROWS_LOOKED_AT: usize = 24;

/// Calls and tokens at most: filters on the way only make it less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Candidates asked for.
    pub rows: usize,
    pub calls: u64,
    pub prompt_tokens: u64,
    pub completion_tokens_at_most: u64,
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
            let one = of_row(flow, leaf.row(at * leaf.count() / looked_at, 0));
            part.calls += one.calls;
            part.prompt_tokens += one.prompt_tokens;
            part.completion_tokens_at_most += one.completion_tokens_at_most;
        }
        let scale = |figure: u64| (u128::from(figure) * leaf.count() as u128).div_ceil(looked_at as u128) as u64;
        sum.rows += leaf.count();
        sum.calls += scale(part.calls);
        sum.prompt_tokens += scale(part.prompt_tokens);
        sum.completion_tokens_at_most += scale(part.completion_tokens_at_most);
    }
    sum
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
                sum.calls = sum.calls.saturating_add(rows);
                sum.prompt_tokens = sum.prompt_tokens.saturating_add(rows.saturating_mul(prompt_tokens));
                let answer = chat.most_tokens().unwrap_or(UNLIMITED_ANSWER);
                sum.completion_tokens_at_most = sum
                    .completion_tokens_at_most
                    .saturating_add(rows.saturating_mul(answer));
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
