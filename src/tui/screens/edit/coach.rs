//! The seed coach beside the form: what repeats, what the contexts use of the documents, what the model knows already.

use std::cell::Cell;

use ratatui::layout::Rect;

use super::outline::Row;
use super::update::{COACH, COACH_TEXT};
use super::{Effect, Over};
use crate::quality::variety::Spot;
use crate::taxonomy::form::pair_path;
use crate::taxonomy::{Kind, NodePath};
use crate::tui::canvas::Canvas;
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::command::Command;
use crate::tui::effect::Effect as AnyEffect;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::{Prose, Rows};
use crate::workbench::{Asked, Coached, Known};

/// Who would be asked, and how much.
#[derive(Debug, Clone)]
pub struct Exam {
    pub teacher: String,
    pub model: String,
    pub remote: bool,
    /// Questions without a kept answer.
    pub questions: usize,
    /// The critic's name, where the settings have one.
    pub critic: Option<String>,
}

/// What the coach says.
pub struct Coach {
    pub node: NodePath,
    pub coached: Option<Box<Coached>>,
    /// Why nobody can be asked, or who can.
    pub exam: Option<Result<Exam, String>>,
    pub answers: Vec<Asked>,
    pub asking: bool,
    pub failed: Option<String>,
    pub rows: Rows,
    pub text_top: Cell<usize>,
}

/// One row of the view.
struct Line {
    text: String,
    role: Role,
    /// Where in the form it leads.
    spot: Option<Spot>,
    /// The answer that is shown below.
    answer: Option<usize>,
}

impl Coach {
    fn lines(&self, kind: Kind) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut push = |text: String, role: Role, spot: Option<Spot>, answer: Option<usize>| {
            lines.push(Line {
                text,
                role,
                spot,
                answer,
            });
        };
        push("How different the examples are".into(), Role::Strong, None, None);
        let Some(coached) = &self.coached else {
            push("  reading …".into(), Role::Dim, None, None);
            return lines;
        };
        let variety = &coached.variety;
        let kinds: Vec<String> = variety
            .kinds
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        push(format!("  asking for: {}", kinds.join(" · ")), Role::Text, None, None);
        let words = variety.answer_words;
        push(
            format!(
                "  answers of {} to {} words, half of them up to {}",
                words.shortest, words.longest, words.middle
            ),
            Role::Text,
            None,
            None,
        );
        for alike in &variety.alike {
            let text = format!("! too alike: {}", alike.told(kind));
            push(text, Role::Warning, Some(alike.second), None);
        }
        for said in &variety.advice {
            push(format!("! {said}"), Role::Warning, None, None);
        }
        if variety.alike.is_empty() && variety.advice.is_empty() {
            push("✓ nothing repeats".into(), Role::Good, None, None);
        }
        if kind == Kind::Knowledge {
            push(
                "Which parts of the documents the contexts use".into(),
                Role::Strong,
                None,
                None,
            );
            if coached.documents_missing.is_empty() {
                let used = coached.parts.iter().filter(|part| part.is_used()).count();
                push(
                    format!("  {used} of {} parts are used", coached.parts.len()),
                    Role::Text,
                    None,
                    None,
                );
            } else {
                push(format!("  {}", coached.documents_missing), Role::Dim, None, None);
            }
            for part in coached.parts.iter().filter(|part| !part.is_used()) {
                let heading = part.heading.last().unwrap_or(&part.file);
                push(
                    format!("! unused: {heading} · {} words · {}…", part.words, part.begins),
                    Role::Warning,
                    None,
                    None,
                );
            }
        }
        push("What the model knows already".into(), Role::Strong, None, None);
        let said = match (&self.exam, self.asking, &self.failed) {
            (_, true, _) => format!("  asking … {} so far", self.answers.len()),
            (_, _, Some(error)) => format!("✗ {error}"),
            (None, ..) => "  looking for a teacher …".into(),
            (Some(Err(error)), ..) => format!("  {error}"),
            (Some(Ok(exam)), ..) if exam.questions > 0 => {
                format!("  {} questions not asked yet of {}", exam.questions, exam.model)
            }
            (Some(Ok(exam)), ..) => format!("  {} was asked every question", exam.model),
        };
        push(
            said,
            if self.failed.is_some() { Role::Bad } else { Role::Dim },
            None,
            None,
        );
        for (number, asked) in self.answers.iter().enumerate() {
            let (mark, role) = match asked.known {
                Known::Knows => ("✓", Role::Good),
                Known::Partly => ("~", Role::Warning),
                Known::DoesNotKnow => ("✗", Role::Bad),
            };
            let spot = Spot {
                example: asked.example,
                pair: Some(asked.pair),
            };
            let share = asked
                .share
                .map(|share| format!(" {:>3.0} %", share * 100.0))
                .unwrap_or_default();
            let text = format!(
                "{mark} {:<16}{share}  example {}: {}",
                asked.known.words(),
                asked.example + 1,
                asked.question
            );
            push(text, role, Some(spot), Some(number));
        }
        lines
    }
}

/// Opens the coach on the leaf as it stands in the form.
pub fn open(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(sheet) = &model.edit.sheet else { return };
    fx.push(AnyEffect::Edit(Effect::Coach(Box::new(sheet.leaf.clone()))));
    model.edit.over = Some(Over::Coach(Coach {
        node: sheet.node.clone(),
        coached: None,
        exam: None,
        answers: Vec::new(),
        asking: false,
        failed: None,
        rows: Rows::default(),
        text_top: Cell::new(0),
    }));
}

/// Commands while the coach speaks.
pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let kind = model.edit.sheet.as_ref().map_or(Kind::Skill, |sheet| sheet.leaf.kind);
    let Some(Over::Coach(coach)) = &mut model.edit.over else {
        return;
    };
    let lines = coach.lines(kind);
    match command {
        Command::CoachAsk if coach.asking => {
            fx.push(AnyEffect::Edit(Effect::StopAsking));
            coach.asking = false;
            coach.failed = Some("stopped; the answers so far are kept".to_owned());
        }
        Command::CoachAsk => wants_to_ask(model, fx),
        Command::CoachGo => {
            let spot = lines.get(coach.rows.chosen).and_then(|line| line.spot);
            go(model, kind, spot)
        }
        Command::Back | Command::OpenCoach => {
            fx.push(AnyEffect::Edit(Effect::StopAsking));
            model.edit.over = None;
        }
        _ => {
            coach.rows.go_above_text(command, lines.len(), &coach.text_top);
        }
    }
}

fn go(model: &mut Model, kind: Kind, spot: Option<Spot>) {
    let Some((spot, sheet)) = spot.zip(model.edit.sheet.as_mut()) else {
        return model.tell(Weight::Plain, "this row leads nowhere; choose one about an example");
    };
    let found = spot
        .pair
        .is_some_and(|pair| sheet.choose_path(&pair_path(kind, spot.example, pair).key("answer")));
    if !found {
        sheet.choose(Row::Example(spot.example));
    }
    model.edit.over = None;
}

fn wants_to_ask(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let Some(Over::Coach(coach)) = &model.edit.over else {
        return;
    };
    match &coach.exam {
        None => model.tell(Weight::Plain, "the teacher is still being looked for"),
        Some(Err(error)) => {
            let error = error.clone();
            model.tell(Weight::Plain, error);
        }
        Some(Ok(exam)) if exam.remote && exam.questions > 0 => {
            let critic = match &exam.critic {
                Some(critic) => format!(" and its answers, with yours, are judged by {critic}"),
                None => String::new(),
            };
            let body = format!(
                "{} ({}) is on another machine. It is asked {} questions of this leaf{critic}. What was answered before is not asked again.",
                exam.teacher, exam.model, exam.questions
            );
            let dialog = Dialog::new("Your questions leave this machine", body, model.now)
                .choice("do not ask", Answer::Nothing)
                .choice("ask", Answer::AskTheModel);
            model.ask(dialog);
        }
        Some(Ok(_)) => ask(model, fx),
    }
}

/// Has every question asked that was not asked before.
pub fn ask(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let (Some(Over::Coach(coach)), Some(sheet)) = (&mut model.edit.over, &model.edit.sheet) else {
        return;
    };
    coach.asking = true;
    coach.failed = None;
    coach.answers.clear();
    fx.push(AnyEffect::Edit(Effect::Ask(Box::new(sheet.leaf.clone()))));
}

/// What jobs tell the coach.
#[derive(Debug)]
pub enum News {
    Coached(Box<Coached>),
    Exam {
        exam: Result<Exam, String>,
        answers: Vec<Asked>,
    },
    Answer(Box<Asked>),
    Asked(Result<(), String>),
}

pub fn report(model: &mut Model, node: &NodePath, news: News) {
    let Some(Over::Coach(coach)) = &mut model.edit.over else {
        return;
    };
    if coach.node != *node {
        return;
    }
    match news {
        News::Coached(coached) => coach.coached = Some(coached),
        News::Exam { exam, answers } => {
            coach.exam = Some(exam);
            coach.answers = answers;
        }
        News::Answer(asked) => {
            let at = coach
                .answers
                .partition_point(|other| (other.example, other.pair) < (asked.example, asked.pair));
            coach.answers.insert(at, *asked);
        }
        News::Asked(ended) => {
            coach.asking = false;
            match (ended, &mut coach.exam) {
                (Err(error), _) => coach.failed = Some(error),
                (Ok(()), Some(Ok(exam))) => exam.questions = 0,
                (Ok(()), _) => {}
            }
        }
    }
}

pub fn draw(model: &Model, coach: &Coach, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let kind = model.edit.sheet.as_ref().map_or(Kind::Skill, |sheet| sheet.leaf.kind);
    let lines = coach.lines(kind);
    let answer = lines
        .get(coach.rows.chosen)
        .and_then(|line| line.answer)
        .and_then(|number| coach.answers.get(number));
    let height = match answer {
        Some(_) => area.height.div_ceil(2),
        None => area.height,
    };
    let inner = canvas.pane(Rect { height, ..area }, COACH, "seed coach", true);
    let window = coach.rows.window(lines.len(), usize::from(inner.height));
    for (y, index) in (inner.y..inner.bottom()).zip(window) {
        let Some(line) = lines.get(index) else { break };
        let row = Rect { y, height: 1, ..inner };
        canvas.text(inner.x + 1, y, inner.width.saturating_sub(2), &line.text, line.role);
        if index == coach.rows.chosen {
            canvas.paint(row, Role::Selection);
        }
        canvas.hits.add(row, Hit::Row { pane: COACH, index });
    }
    let below = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    match (answer, lines.get(coach.rows.chosen)) {
        (Some(asked), _) => draw_answer(coach, asked, canvas, below),
        // A row that is longer than the window is read whole in the last rows.
        (None, Some(line)) if crate::text::width::cells(&line.text) > usize::from(inner.width.saturating_sub(2)) => {
            let whole = Prose::new(line.text.clone());
            let rows = u16::try_from(whole.height(inner.width.saturating_sub(2))).unwrap_or(u16::MAX);
            let rows = rows.min(inner.height / 2);
            let place = Rect {
                x: inner.x + 1,
                width: inner.width.saturating_sub(2),
                y: inner.bottom() - rows,
                height: rows,
            };
            canvas.clear(place);
            whole.draw(canvas, place);
        }
        _ => {}
    }
}

/// The expert's answer and the model's, side by side.
fn draw_answer(coach: &Coach, asked: &Asked, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let half = area.width / 2;
    let left = Rect { width: half, ..area };
    let right = Rect {
        x: area.x + half,
        width: area.width - half,
        ..area
    };
    let title = if asked.with_context {
        format!("{}, with the context", asked.model)
    } else {
        format!("{}, without any text", asked.model)
    };
    let theirs = match &asked.critic {
        Some(said) => format!("{}\n\ncritic: {said}", asked.answer),
        None => asked.answer.clone(),
    };
    for (place, title, text) in [
        (left, "your answer", asked.expert.clone()),
        (right, title.as_str(), theirs),
    ] {
        let inner = canvas.pane(place, COACH_TEXT, title, false);
        let inner = Rect {
            x: inner.x + 1,
            width: inner.width.saturating_sub(2),
            ..inner
        };
        let mut prose = Prose::new(text);
        prose.scroll_down(coach.text_top.get());
        prose.draw(canvas, inner);
    }
}
