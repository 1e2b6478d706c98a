//! One answer in the making: what the engine writes, what the model may write, where it ends, what can be shown of it.

use std::collections::VecDeque;

use crate::teacher::embedded::draw::Draw;
use crate::teacher::embedded::loops::Loops;
use crate::teacher::embedded::tokens::Tokens;
use crate::teacher::{Finish, Sampling, ScaffoldPart};

/// What a small model does best with, where a request leaves the choice open.
const TEMPERATURE: f64 = 0.5;
const TOP_P: f64 = 0.95;
const MAX_TOKENS: u32 = 512;

/// The state of one answer between two tokens.
pub struct Draft {
    draw: Draw,
    loops: Loops,
    parts: VecDeque<ScaffoldPart>,
    /// The part being written; `None` without a scaffold.
    part: Option<ScaffoldPart>,
    part_start: usize,
    part_tokens: u32,
    stop: Vec<Vec<u8>>,
    left: u32,
    written: u64,
    bytes: Vec<u8>,
    shown: usize,
    unread: Vec<u32>,
    finish: Option<Finish>,
}

impl Draft {
    /// Begins an answer; `seed` is used where the request has none, and at most `room` tokens fit.
    pub fn new(
        tokens: &Tokens,
        sampling: &Sampling,
        scaffold: &[ScaffoldPart],
        seed: u64,
        room: usize,
    ) -> Result<Self, String> {
        if scaffold.iter().skip(1).any(|part| part.text.is_empty()) {
            return Err("a part of the scaffold has no text; only the first may begin without".to_owned());
        }
        let limit = most_written(sampling, scaffold).min(u32::try_from(room).unwrap_or(u32::MAX));
        let mut draft = Draft {
            draw: Draw::new(
                sampling.temperature.unwrap_or(TEMPERATURE),
                sampling.top_p.unwrap_or(TOP_P),
                sampling.seed.unwrap_or(seed),
            ),
            loops: Loops::default(),
            parts: scaffold.iter().cloned().collect(),
            part: None,
            part_start: 0,
            part_tokens: 0,
            stop: sampling
                .stop
                .iter()
                .filter(|text| !text.is_empty())
                .map(|text| text.as_bytes().to_vec())
                .collect(),
            left: limit,
            written: 0,
            bytes: Vec::new(),
            shown: 0,
            unread: Vec::new(),
            finish: if limit == 0 { Some(Finish::Length) } else { None },
        };
        if !scaffold.is_empty() {
            draft.next_part(tokens)?;
        }
        Ok(draft)
    }

    /// The tokens that an answer with its scaffold can need at most.
    pub fn most_tokens(tokens: &Tokens, sampling: &Sampling, scaffold: &[ScaffoldPart]) -> Result<usize, String> {
        let mut forced = 0;
        for part in scaffold {
            // The cut after an `until` character may take a few tokens for one.
            forced += tokens.encode(&part.text)?.len() + 4;
        }
        Ok(forced + most_written(sampling, scaffold) as usize)
    }

    /// Tokens that the model has to read before it can write the next one.
    pub fn take_unread(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.unread)
    }

    pub fn finish(&self) -> Option<Finish> {
        self.finish
    }

    /// Tokens of the answer so far, those of the scaffold included.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The answer so far.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The piece of text that may be shown since the last call: whole characters, nothing that may become a stop text.
    pub fn newly_shown(&mut self) -> String {
        let mut until = self.bytes.len();
        if self.finish.is_none() {
            until -= self.held_back();
        }
        let fresh = self.bytes.get(self.shown..until).unwrap_or_default();
        let whole = match (std::str::from_utf8(fresh), self.finish) {
            (Err(error), None) if error.error_len().is_none() => error.valid_up_to(),
            _ => fresh.len(),
        };
        let text = String::from_utf8_lossy(fresh.get(..whole).unwrap_or_default()).into_owned();
        self.shown += whole;
        text
    }

    /// Bytes at the end that are the beginning of a stop text.
    fn held_back(&self) -> usize {
        let own = self.bytes.get(self.part_start.max(self.shown)..).unwrap_or_default();
        let begins = |length: &usize| {
            let tail = own.get(own.len() - length..).unwrap_or_default();
            self.stop
                .iter()
                .any(|stop| stop.len() > *length && stop.starts_with(tail))
        };
        let longest = self.stop.iter().map(Vec::len).max().unwrap_or(0).min(own.len() + 1);
        (1..longest).rev().find(begins).unwrap_or(0)
    }

    /// Draws the next token from the model's scores.
    pub fn next(&mut self, tokens: &Tokens, scores: &[f32]) -> Result<(), String> {
        let writable = tokens.writable(self.part.is_some());
        // A part of a scaffold says something before it ends.
        let own = self.bytes.get(self.part_start..).unwrap_or_default();
        let empty = self.part.is_some() && own.trim_ascii().is_empty();
        let may = |id: u32| writable.get(id as usize).is_some_and(|may| *may) || (!empty && tokens.is_end(id));
        let Some(id) = self.draw.next(scores, may) else {
            return Err("it gave no usable scores for the next token".to_owned());
        };
        self.written += 1;
        self.left -= 1;
        self.part_tokens += 1;
        if tokens.is_end(id) {
            return self.end_part(tokens);
        }
        let before = self.bytes.len();
        self.bytes.extend_from_slice(tokens.piece(id));
        if let Some(at) = self.find_stop(before) {
            self.bytes.truncate(at);
            self.shown = self.shown.min(at);
            self.finish = Some(Finish::Stop);
            return Ok(());
        }
        if let Some(end) = self.find_until(before) {
            let cut = end < self.bytes.len();
            self.bytes.truncate(end);
            // What the model reads is what stands in the answer: `?` where it wrote `?` and a line end in one token.
            match std::str::from_utf8(self.bytes.get(before..).unwrap_or_default()) {
                Ok(kept) if cut => self.unread.extend(tokens.encode(kept)?),
                _ => self.unread.push(id),
            }
            return self.end_part(tokens);
        }
        self.unread.push(id);
        if self.loops.push(id) {
            self.finish = Some(Finish::Repetition);
        } else if self.left == 0
            || self
                .part
                .as_ref()
                .is_some_and(|part| self.part_tokens >= part.max_tokens)
        {
            self.finish = Some(Finish::Length);
        }
        Ok(())
    }

    /// Where a stop text begins that ends after byte `before`.
    fn find_stop(&self, before: usize) -> Option<usize> {
        let found = self.stop.iter().filter_map(|stop| {
            let from = before.saturating_sub(stop.len() - 1).max(self.part_start);
            find(self.bytes.get(from..)?, stop).map(|at| from + at)
        });
        found.min()
    }

    /// Where the part ends because one of its characters stands there, after more than white space.
    fn find_until(&self, before: usize) -> Option<usize> {
        let part = self.part.as_ref()?;
        let mut buffer = [0; 4];
        let found = part.until.chars().filter_map(|character| {
            let character: &[u8] = character.encode_utf8(&mut buffer).as_bytes();
            let from = before.saturating_sub(character.len() - 1).max(self.part_start);
            let at = from + find(self.bytes.get(from..)?, character)?;
            let says = self.bytes.get(self.part_start..at)?;
            (!says.trim_ascii().is_empty()).then_some(at + character.len())
        });
        found.min()
    }

    fn end_part(&mut self, tokens: &Tokens) -> Result<(), String> {
        if self.part.is_none() || self.parts.is_empty() {
            self.finish = Some(Finish::Stop);
            return Ok(());
        }
        if self.left == 0 {
            self.finish = Some(Finish::Length);
            return Ok(());
        }
        self.next_part(tokens)
    }

    /// Writes the fixed text of the next part.
    fn next_part(&mut self, tokens: &Tokens) -> Result<(), String> {
        let Some(part) = self.parts.pop_front() else {
            return Ok(());
        };
        let forced = tokens.encode(&part.text)?;
        self.written += forced.len() as u64;
        self.unread.extend(forced);
        self.bytes.extend_from_slice(part.text.as_bytes());
        self.part_start = self.bytes.len();
        self.part_tokens = 0;
        self.loops = Loops::default();
        self.part = Some(part);
        Ok(())
    }
}

/// The most tokens that the model itself may write.
fn most_written(sampling: &Sampling, scaffold: &[ScaffoldPart]) -> u32 {
    let parts = scaffold
        .iter()
        .fold(0u32, |sum, part| sum.saturating_add(part.max_tokens));
    match (sampling.max_tokens, scaffold.is_empty()) {
        (most, true) => most.unwrap_or(MAX_TOKENS),
        (most, false) => most.unwrap_or(parts).min(parts),
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
