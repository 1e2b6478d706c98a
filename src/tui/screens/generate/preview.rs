//! Three samples from seeds as they stand in the editor: in memory, never kept.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::figures::grouped;
use super::live::{Item, News, row_of};
use super::{Effect, Pending, Report, start};
use crate::taxonomy::{LeafFile, NodePath};
use crate::text::tokens;
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::model::Model;
use crate::workbench::TeacherOrigin;

/// Tokens that a prompt has beside the seeds, and that an answer has at most, for the question before a remote preview.
const PROMPT_TOKENS: u64 = 700;
const ANSWER_TOKENS: u64 = 1000;

/// One of the three.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Card {
    /// Nothing was heard of it yet.
    Waiting,
    /// The text so far.
    Writing(String),
    Done(Item),
}

/// A preview under way or over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub node: NodePath,
    /// The teacher's name; empty while the default one is taken.
    pub teacher: String,
    pub cards: Vec<Card>,
    pub ended: bool,
    /// Why there is none.
    pub failed: Option<String>,
    /// True while the keys scroll it.
    pub reading: bool,
    /// The first row in the window, and how many rows that has; the view keeps both right.
    pub(super) top: Cell<usize>,
    pub(super) height: Cell<usize>,
}

impl Preview {
    fn new(node: NodePath, teacher: String) -> Self {
        Preview {
            node,
            teacher,
            cards: vec![Card::Waiting; super::jobs::PREVIEWED],
            ended: false,
            failed: None,
            reading: false,
            top: Cell::new(0),
            height: Cell::new(0),
        }
    }

    /// Scrolls by rows; what is too far is put right when it is drawn.
    pub fn scroll(&self, down: bool, rows: usize) {
        let top = self.top.get();
        self.top.set(if down {
            top.saturating_add(rows).min(usize::MAX / 2)
        } else {
            top.saturating_sub(rows)
        });
    }

    /// Rows of a page, one of the old page staying in sight.
    pub fn page(&self) -> usize {
        self.height.get().saturating_sub(1).max(1)
    }

    fn take(&mut self, news: News) {
        let mut writing: BTreeMap<usize, String> = BTreeMap::new();
        for (row, card) in self.cards.iter().enumerate() {
            if let Card::Writing(text) = card {
                writing.insert(row, text.clone());
            }
        }
        for item in news.items {
            let known = item.row.or_else(|| row_of(&writing, &item.question));
            let open = |card: &Card| !matches!(card, Card::Done(_));
            let at = known
                .filter(|row| self.cards.get(*row).is_some_and(open))
                .or_else(|| self.cards.iter().position(open));
            if let Some(card) = at.and_then(|at| self.cards.get_mut(at)) {
                *card = Card::Done(item);
            }
        }
        for (row, text) in news.writing {
            if let Some(card @ (Card::Waiting | Card::Writing(_))) = self.cards.get_mut(row) {
                *card = Card::Writing(text);
            }
        }
    }
}

/// Has three samples made from these bytes, or says what stands in the way.
pub fn start_preview(model: &mut Model, node: NodePath, bytes: Vec<u8>, fx: &mut Vec<AnyEffect>) {
    let leaf = LeafFile::from_bytes(node.clone(), bytes.clone()).leaf();
    let usable = |pair: &crate::taxonomy::Pair| !pair.question.trim().is_empty() && !pair.answer.trim().is_empty();
    if !leaf.seed_examples.iter().flat_map(|example| &example.pairs).any(usable) {
        model.tell(
            Weight::Bad,
            "a preview needs at least one seed example with a question and an answer; write one first",
        );
        return;
    }
    let choice = model.generate.settings.teacher().cloned();
    if let Some(choice) = &choice {
        if !choice.is_ready() {
            if choice.origin == TeacherOrigin::Embedded && start::can_fetch(model) {
                return start::ask_for_weights(model, false);
            }
            model.tell(
                Weight::Bad,
                format!("no preview: {}: {}", choice.name, choice.missing.join("; ")),
            );
            return;
        }
        if choice.remote && !model.generate.agreed.contains(&choice.name) {
            let prompt = tokens::estimate(&String::from_utf8_lossy(&bytes)).min(PROMPT_TOKENS) + PROMPT_TOKENS;
            let body = format!(
                "{} ({}) runs at {}, another machine. A preview sends your seeds there: 3 calls, about {} tokens to read and at most \
                 {} to write. Further previews with it in this session will not ask.",
                choice.name,
                choice.model,
                choice.host,
                grouped(3 * prompt),
                grouped(3 * ANSWER_TOKENS),
            );
            let dialog = Dialog::new(format!("Send to {}?", choice.host), body, model.now)
                .choice("not now", Answer::Nothing)
                .choice("send and preview", Answer::StartRun);
            model.generate.pending = Some(Pending::Preview { node, bytes });
            model.ask(dialog);
            return;
        }
    }
    begin(model, node, bytes, fx);
}

/// Goes on after the person agreed that the seeds are sent.
pub(super) fn agreed(model: &mut Model, node: NodePath, bytes: Vec<u8>, fx: &mut Vec<AnyEffect>) {
    if let Some(name) = model.generate.settings.teacher().map(|choice| choice.name.clone()) {
        model.generate.agreed.insert(name);
    }
    begin(model, node, bytes, fx);
}

fn begin(model: &mut Model, node: NodePath, bytes: Vec<u8>, fx: &mut Vec<AnyEffect>) {
    let teacher = model.generate.settings.teacher().map(|choice| choice.name.clone());
    model.generate.preview = Some(Preview::new(node.clone(), teacher.clone().unwrap_or_default()));
    fx.push(AnyEffect::Generate(Effect::Preview { node, bytes, teacher }));
}

/// Names the teacher of a preview that was asked for before the teachers were known: the default one makes it.
pub(super) fn teachers_known(model: &mut Model) {
    let default = model.generate.settings.teacher().map(|choice| choice.name.clone());
    if let (Some(preview), Some(name)) = (&mut model.generate.preview, default)
        && preview.teacher.is_empty()
    {
        preview.teacher = name;
    }
}

/// Stops and closes the preview, if there is one.
pub fn close_preview(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    if let Some(preview) = model.generate.preview.take()
        && !preview.ended
    {
        fx.push(AnyEffect::Generate(Effect::StopPreview));
    }
}

pub(super) fn report(model: &mut Model, report: Report) {
    // One that was closed meanwhile has nothing to tell.
    let Some(preview) = &mut model.generate.preview else {
        return;
    };
    match report {
        Report::PreviewNews(news) => preview.take(*news),
        Report::PreviewEnded => preview.ended = true,
        Report::PreviewFailed(why) => {
            preview.ended = true;
            preview.failed = Some(why);
        }
        _ => {}
    }
}
