//! Answers that cannot be read, as a judge's that wrote prose: the model is asked once more, with its answer before it and
//! the form that is wanted. A block that reads answers names the one that asked under `repair`. What still cannot be read
//! goes the way that the block says, as to a person.

use std::collections::HashSet;

use super::blocks::{Block, EachRow, LlmChat, Step, Unread, answers};
use super::row::{Applied, Rejected, Row};
use super::run::{Running, lock};
use super::template::messages_of;
use crate::samples::{DropReason, Message, Role};

/// The key under which a block that reads answers names the one that asked for them.
pub(super) const REPAIR: &str = "repair";
/// Where the second question stands while it is asked. No flow file can write such names by mistake.
const QUESTION: &str = "repair: messages";
const ANSWER: &str = "repair: answers";
/// Of an answer that cannot be read, so much is shown again, in characters.
pub(super) const MOST_SHOWN: usize = 6000;

/// The block whose answers another one reads.
fn asker<'a>(blocks: &'a [Block], name: &str) -> Option<&'a LlmChat> {
    let named = blocks.iter().find(|block| block.name == name)?;
    match &named.step {
        Step::Ask(chat) => Some(chat),
        _ => None,
    }
}

/// The first block that cannot ask again as it says, with the reason.
pub(super) fn unrepairable(blocks: &[Block]) -> Option<(usize, String)> {
    blocks.iter().enumerate().find_map(|(at, block)| {
        let name = block.repair.as_ref()?;
        let before = blocks.get(..at).unwrap_or_default();
        let reason = match asker(before, name) {
            None => format!("'{REPAIR}' must name an earlier block that asks a model, and '{name}' is none"),
            Some(chat) if chat.choices > 1 => {
                format!(
                    "'{REPAIR}' names '{name}', which asks for several answers at once; only one can be asked for again"
                )
            }
            Some(chat) if chat.family.is_some() => {
                format!("'{REPAIR}' names '{name}', which has a raw text continued; there is nobody to ask again")
            }
            Some(chat) if !reads_answers_of(name, chat, before, block) => {
                format!(
                    "'{REPAIR}' names '{name}', but the block reads nothing of its answers; name the one that it reads"
                )
            }
            Some(_) => return None,
        };
        Some((at, reason))
    })
}

/// True when a block reads what another one was answered, or what blocks between them took out of it.
fn reads_answers_of(asker: &str, chat: &LlmChat, before: &[Block], reader: &Block) -> bool {
    let mut taken: HashSet<&str> = HashSet::from([chat.output.as_str()]);
    for block in before.iter().skip_while(|block| block.name != asker).skip(1) {
        if let Step::Ask(another) = &block.step {
            // What another question is answered is no part of it.
            taken.remove(another.output.as_str());
        } else if block.reads.iter().any(|column| taken.contains(column.as_str())) {
            taken.extend(block.writes.iter().map(String::as_str));
        }
    }
    reader.reads.iter().any(|column| taken.contains(column.as_str()))
}

impl Running<'_> {
    /// Reads an answer, which is asked for once more where it cannot be read.
    pub(super) async fn read(&self, at: usize, block: &Block, step: &dyn EachRow, row: Row) -> Applied {
        let name = block.repair.as_deref().unwrap_or_default();
        let (Some(chat), Some(unread)) = (asker(&self.flow.blocks, name), step.unread(&row)) else {
            return step.apply(row);
        };
        let asked = row.columns.get(&chat.input).map(messages_of);
        let Some(Ok(asked)) = asked else {
            return step.apply(row);
        };
        let mut question = row.clone();
        let messages = again(asked, row.text(&unread.column), &unread);
        question.set(QUESTION, serde_json::to_value(messages).unwrap_or_default());
        let mut applied = self.ask(block, &chat.moved(QUESTION, ANSWER), question).await;
        for answered in &mut applied.rows {
            answered.columns.remove(QUESTION);
            let answer = answered.columns.remove(ANSWER).unwrap_or_default();
            let text = answer.pointer("/0").and_then(|first| first.get(answers::CONTENT));
            answered.set(&unread.column, text.cloned().unwrap_or_default());
        }
        let is_asked = |rejected: &Rejected| {
            let reasons = [DropReason::Cancelled, DropReason::Waiting, DropReason::Template];
            !reasons.contains(&rejected.reason)
        };
        if applied.rejected.iter().all(is_asked)
            && let Some(stage) = lock(&self.tally).summary.funnel.get_mut(at)
        {
            stage.asked_again += 1;
        }
        for rejected in &mut applied.rejected {
            rejected.row.columns.remove(QUESTION);
        }
        match applied.rows.pop() {
            Some(answered) => step.apply(answered),
            // A server that will never answer that, as a longer conversation, leaves the row as it was.
            None if applied
                .rejected
                .iter()
                .all(|rejected| rejected.reason == DropReason::Refused) =>
            {
                step.apply(row)
            }
            None => applied,
        }
    }
}

/// The conversation with the answer in it, and what was wrong with that.
fn again(mut messages: Vec<Message>, answer: &str, unread: &Unread) -> Vec<Message> {
    let demand = format!(
        "This could not be read: {}. Answer once more, in exactly this form and with nothing before or after it:\n{}",
        unread.why, unread.form
    );
    let shown: String = answer.trim().chars().take(MOST_SHOWN).collect();
    match messages.last_mut() {
        // Servers refuse an empty turn, and two turns of one speaker.
        Some(last) if shown.is_empty() => last.content = format!("{}\n\n{demand}", last.content),
        _ => {
            messages.push(Message::new(Role::Assistant, shown));
            messages.push(Message::new(Role::User, demand));
        }
    }
    messages
}
