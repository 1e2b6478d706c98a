//! A question with its answers, and sometimes a line to fill in.

use jiff::{SignedDuration, Timestamp};
use ratatui::layout::Rect;

use crate::tui::canvas::{Canvas, centred};
use crate::tui::hits::Hit;
use crate::tui::theme::Role;
use crate::tui::widgets::{Field, Prose};

/// Keys typed ahead must not answer a question that nobody has read yet.
const UNREAD: SignedDuration = SignedDuration::from_millis(300);

/// What an answer means; the screens act on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Closes the question, nothing else.
    Nothing,
    Quit,
    /// The seed file changed on disk: write ours over theirs.
    OverwriteTheirs,
    /// The seed file changed on disk: take theirs; ours stays a draft that undo brings back.
    TakeTheirs,
    /// Start the run although it leaves this machine or costs much.
    StartRun,
    /// Fetch the embedded teacher's weights.
    FetchWeights,
    /// Work out what another threshold of this block would move; the value is the filled-in line.
    TryThreshold(String),
    /// Make a new run with another threshold, written as in `block.key=0.6`.
    ApplyThreshold(String),
    /// A new leaf of this kind is wanted; its path is the filled-in line.
    NewLeaf(crate::taxonomy::Kind),
    /// Give this example a context, or every example that has none: the skill becomes grounded.
    AddContext {
        everywhere: bool,
    },
    /// Take the last context away: the skill becomes freeform.
    RemoveContext,
    /// Ask a model on another machine the questions of a leaf.
    AskTheModel,
    /// Make a new leaf, as a draft.
    MakeLeaf(crate::taxonomy::NodePath, crate::taxonomy::Kind),
    /// This leaf or folder is to move; where to is the filled-in line.
    MoveNode(crate::taxonomy::NodePath),
    /// Move a leaf or folder (first) to a new path.
    MoveTo(crate::taxonomy::NodePath, crate::taxonomy::NodePath),
    /// Write a draft into the tree although it is not whole.
    WriteDraft,
    /// Commit on a new branch; its name is the filled-in line.
    NewBranch,
    /// Who the author is (`Name <address>`), the filled-in line.
    NameAuthor,
    /// Fetch the documents that are being looked at.
    FetchDocuments,
    /// Convert a file, the filled-in line, into a document.
    ImportFile,
    /// Commit the imported document under the filled-in name.
    CommitDocument {
        replace: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub label: String,
    pub answer: Answer,
}

/// A question over the screen. The first choice is the safe one.
pub struct Dialog {
    pub title: String,
    pub body: String,
    pub choices: Vec<Choice>,
    pub chosen: usize,
    /// A line to fill in, with its label.
    pub input: Option<(String, Field)>,
    opened: Timestamp,
}

impl Dialog {
    pub fn new(title: impl Into<String>, body: impl Into<String>, now: Timestamp) -> Self {
        Dialog {
            title: title.into(),
            body: body.into(),
            choices: Vec::new(),
            chosen: 0,
            input: None,
            opened: now,
        }
    }

    pub fn choice(mut self, label: impl Into<String>, answer: Answer) -> Self {
        self.choices.push(Choice {
            label: label.into(),
            answer,
        });
        self
    }

    pub fn input(mut self, label: impl Into<String>, text: &str) -> Self {
        let mut field = Field::new(text, false);
        field.caret_to_end();
        self.input = Some((label.into(), field));
        self
    }

    /// True once a person can have read the question.
    pub fn can_answer(&self, now: Timestamp) -> bool {
        now.duration_since(self.opened) >= UNREAD
    }

    pub fn next(&mut self) {
        self.chosen = (self.chosen + 1) % self.choices.len().max(1);
    }

    pub fn previous(&mut self) {
        let len = self.choices.len().max(1);
        self.chosen = (self.chosen + len - 1) % len;
    }

    pub fn answer(&self) -> Answer {
        self.choices
            .get(self.chosen)
            .map_or(Answer::Nothing, |choice| choice.answer.clone())
    }
}

/// Draws a question in the middle of the screen.
pub fn draw(dialog: &Dialog, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let width = area.width.saturating_sub(4).clamp(20, 70);
    let body = Prose::new(dialog.body.clone());
    let choices = u16::try_from(dialog.choices.len()).unwrap_or_default();
    let wanted = u16::try_from(body.height(width.saturating_sub(4))).unwrap_or(u16::MAX);
    let input = if dialog.input.is_some() { 2 } else { 0 };
    // Where there is little room the blank rows go first, then the end of the text; never what is to be answered.
    let gaps = 1 + u16::from(input > 0);
    let room = area.height.saturating_sub(2 + choices + input);
    let gap = u16::from(wanted.saturating_add(gaps) <= room);
    let body_rows = wanted.min(room);
    let input_rows = if input > 0 { input + gap } else { 0 };
    let frame = centred(area, width, body_rows + input_rows + choices + 2 + gap);
    canvas.clear(frame);
    let inner = canvas.text_pane(frame, 90, &dialog.title, true);
    body.draw(
        canvas,
        Rect {
            height: body_rows.min(inner.height),
            ..inner
        },
    );
    let mut y = inner.y + body_rows + gap;
    if let Some((label, field)) = &dialog.input
        && y + 1 < inner.bottom()
    {
        canvas.text(inner.x, y, inner.width, label, Role::Dim);
        field.draw(
            canvas,
            Rect {
                y: y + 1,
                height: 1,
                ..inner
            },
        );
        y += input_rows;
    }
    for (index, choice) in dialog.choices.iter().enumerate() {
        if y >= inner.bottom() {
            break;
        }
        let row = Rect { y, height: 1, ..inner };
        let chosen = index == dialog.chosen;
        let mark = if chosen { "▸ " } else { "  " };
        canvas.text(
            row.x,
            y,
            row.width,
            &format!("{mark}{}", choice.label),
            if chosen { Role::Strong } else { Role::Text },
        );
        if chosen {
            canvas.paint(row, Role::Selection);
        }
        canvas.hits.add(row, Hit::Choice(index));
        y += 1;
    }
}
