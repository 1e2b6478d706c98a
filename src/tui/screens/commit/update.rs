//! How actions change the commit screen.

pub use super::asking::answer;
use super::listing::Row;
use super::{Commit, Effect, Part, Report, Shown, What, asking, committing, shown};
use crate::text::counted::counted;
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::effect::{EditorTarget, Effect as AnyEffect};
use crate::tui::event::{Mouse, MouseKind};
use crate::tui::hits::Hit;
use crate::tui::key::Key;
use crate::tui::model::{Model, ScreenName};
use crate::tui::screens::browse;
use crate::tui::theme::Role;
use crate::tui::update::go;
use crate::tui::widgets::{Field, FieldOutcome, Prose};

/// The pane numbers of this screen. Marks are the boxes before the changes.
pub(super) const CHANGES: usize = 40;
pub(super) const DIFFERENCE: usize = 41;
pub(super) const MESSAGE: usize = 42;
pub(super) const MARKS: usize = 43;

/// Rows that one step of the wheel goes.
const WHEEL: usize = 3;

pub fn enter(model: &mut Model, fx: &mut Vec<AnyEffect>) -> bool {
    let to_read = model.commit.shows_message();
    model.commit.part = if to_read { Part::Difference } else { Part::Changes };
    fx.push(AnyEffect::Commit(Effect::Load));
    true
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let commit = &mut model.commit;
    if commit.part == Part::Difference && scroll(commit, command) {
        return;
    }
    let len = commit.listing.rows.len();
    match command {
        _ if commit.list.go(command, len) => {}
        Command::NextPane | Command::FieldNext => step(commit, true),
        Command::PreviousPane | Command::FieldPrevious => step(commit, false),
        Command::TogglePath => toggle(commit),
        Command::EditMessage => to_message(commit),
        Command::CycleDifferences => cycle_differences(model),
        Command::ToggleSignOff => toggle_sign_off(model),
        Command::OverrideErrors => toggle_override(model),
        Command::NewBranch => asking::ask_for_branch(model, None),
        Command::CommitNow | Command::FieldSave => committing::commit_now(model, fx),
        Command::Refresh => {
            fx.push(AnyEffect::Commit(Effect::Load));
            fx.push(AnyEffect::Browse(browse::Effect::Git));
            model.tell(Weight::Plain, "looking again at what changed");
        }
        Command::FieldLeave => commit.part = Part::Changes,
        Command::Back => back(model, fx),
        _ => field_command(commit, command, fx),
    }
    shown::look(model, fx);
}

fn field_command(commit: &mut Commit, command: Command, fx: &mut Vec<AnyEffect>) {
    if commit.part != Part::Message {
        return;
    }
    if command == Command::FieldEditor {
        let text = commit.message.text();
        return fx.push(AnyEffect::OpenEditor {
            text,
            suffix: ".md",
            target: EditorTarget::CommitMessage,
        });
    }
    if let FieldOutcome::Copied(text) = commit.message.command(command) {
        fx.push(AnyEffect::Copy(text));
    }
}

fn scroll(commit: &mut Commit, command: Command) -> bool {
    let Some(Shown { prose, .. }) = &mut commit.shown else {
        return false;
    };
    match command {
        Command::Up => prose.scroll_up(1),
        Command::Down => prose.scroll_down(1),
        Command::PageUp => prose.scroll_up(prose.page()),
        Command::PageDown => prose.scroll_down(prose.page()),
        Command::First => prose.scroll_up(usize::MAX),
        // Drawing goes back to the last full page.
        Command::Last => prose.scroll_down(usize::MAX / 4),
        _ => return false,
    }
    true
}

fn step(commit: &mut Commit, forward: bool) {
    let next = match (commit.part, forward) {
        (Part::Changes, true) | (Part::Message, false) => Part::Difference,
        (Part::Difference, true) | (Part::Changes, false) => Part::Message,
        (Part::Message, true) | (Part::Difference, false) => Part::Changes,
    };
    match next {
        // With nothing to commit there may still be something to read.
        _ if commit.files().is_empty() => {
            let read = commit.part == Part::Changes && commit.shows_message();
            commit.part = if read { Part::Difference } else { Part::Changes };
        }
        Part::Message => to_message(commit),
        next => commit.part = next,
    }
}

/// Takes the chosen change in or leaves it out; on a heading, all of its group.
fn toggle(commit: &mut Commit) {
    let set: Vec<(String, bool)> = match commit.row() {
        None => return,
        Some(Row::File(index)) => {
            let now = commit.listing.included.get(index).copied().unwrap_or_default();
            commit
                .files()
                .get(index)
                .map(|file| (file.path.clone(), !now))
                .into_iter()
                .collect()
        }
        Some(Row::Heading(group)) => {
            let files = commit.listing.in_group(commit.files(), group);
            let is_in = |index: usize| commit.listing.included.get(index).copied().unwrap_or_default();
            let all = files.iter().all(|(index, _)| is_in(*index));
            files.into_iter().map(|(_, file)| (file.path.clone(), !all)).collect()
        }
    };
    commit.choices.extend(set);
    commit.list_anew();
    committing::draft(commit);
    if matches!(commit.row(), Some(Row::Heading(_))) {
        shown::lay_out(commit);
    }
}

/// Stays on the change that was chosen; the first time, on the first change below its heading.
fn keep_place(commit: &mut Commit, place: Option<String>, first: bool) {
    let at = place.and_then(|path| {
        commit.listing.rows.iter().position(|row| match row {
            Row::File(index) => commit.files().get(*index).is_some_and(|file| file.path == path),
            Row::Heading(_) => false,
        })
    });
    match at {
        Some(at) => commit.list.chosen = at,
        None if first => commit.list.chosen = usize::from(commit.listing.rows.len() > 1),
        None => {}
    }
}

/// Puts the caret into the message; an empty one is drafted anew first.
fn to_message(commit: &mut Commit) {
    if commit.message.text().trim().is_empty() {
        commit.drafted = String::new();
        commit.message = Field::new("", true);
        committing::draft(commit);
    }
    commit.part = Part::Message;
}

fn toggle_sign_off(model: &mut Model) {
    let commit = &mut model.commit;
    commit.sign_off = !commit.sign_off;
    let author = commit.overview.as_ref().and_then(|overview| overview.author.as_ref());
    let told = match (commit.sign_off, author) {
        (true, Some(author)) => format!("the commit ends with {}", author.sign_off_line()),
        (true, None) => "the commit ends with a Signed-off-by line".to_owned(),
        (false, _) => "the commit has no Signed-off-by line".to_owned(),
    };
    model.tell(Weight::Plain, told);
}

fn toggle_override(model: &mut Model) {
    let commit = &mut model.commit;
    commit.despite_errors = !commit.despite_errors;
    let told = counted(commit.listing.errors.len(), "error", "errors");
    let told = if commit.despite_errors {
        format!("commits despite {told}")
    } else {
        format!("{told} hold the commit back again")
    };
    model.tell(Weight::Plain, told);
}

fn back(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    let commit = &mut model.commit;
    if commit.shows_message() {
        commit.shown = None;
        commit.part = Part::Changes;
    } else if commit.part != Part::Changes {
        commit.part = Part::Changes;
    } else {
        go(model, ScreenName::Browse, fx);
    }
}

fn cycle_differences(model: &mut Model) {
    let commit = &mut model.commit;
    commit.by_line = !commit.by_line;
    let told = if commit.by_line {
        "differences by line"
    } else {
        "differences by word"
    };
    if commit
        .shown
        .as_ref()
        .is_some_and(|shown| matches!(shown.what, What::Row(_)))
    {
        shown::lay_out(commit);
    }
    model.tell(Weight::Plain, told);
}

pub fn type_key(model: &mut Model, key: Key, _fx: &mut Vec<AnyEffect>) {
    if model.commit.part == Part::Message {
        model.commit.message.key(key);
    }
}

pub fn paste(model: &mut Model, text: &str) -> bool {
    let typing = model.commit.part == Part::Message;
    if typing {
        model.commit.message.paste(text);
    }
    typing
}

/// The message came back from the editor.
pub fn edited(model: &mut Model, text: &str) {
    model.commit.message.replace(text);
}

pub fn point(model: &mut Model, mouse: Mouse, hit: Option<Hit>, fx: &mut Vec<AnyEffect>) {
    let pane = model.hits.pane_at(mouse.x, mouse.y);
    let commit = &mut model.commit;
    let down = mouse.kind == MouseKind::ScrollDown;
    match (mouse.kind, hit) {
        (MouseKind::Press | MouseKind::Drag, Some(Hit::Text { x, y })) => {
            commit.message.point(x, y, mouse.kind == MouseKind::Drag);
        }
        (MouseKind::Drag, _) => {}
        (MouseKind::Press, Some(Hit::Row { pane, index })) => {
            commit.part = Part::Changes;
            commit.list.chosen = index;
            if pane == MARKS {
                let reason = super::why_not(model, Command::TogglePath);
                match reason {
                    Some(reason) => model.tell(Weight::Plain, reason),
                    None => toggle(&mut model.commit),
                }
            }
        }
        (MouseKind::Press, _) => match pane {
            Some(MESSAGE) if !commit.files().is_empty() => to_message(commit),
            Some(DIFFERENCE) => commit.part = Part::Difference,
            Some(CHANGES) => commit.part = Part::Changes,
            _ => {}
        },
        (MouseKind::ScrollUp | MouseKind::ScrollDown, _) => match pane {
            Some(DIFFERENCE) => {
                if let Some(Shown { prose, .. }) = &mut commit.shown {
                    if down {
                        prose.scroll_down(WHEEL)
                    } else {
                        prose.scroll_up(WHEEL)
                    }
                }
            }
            Some(CHANGES | MARKS) => {
                let len = commit.listing.rows.len();
                commit.list.scroll(down, WHEEL, len);
            }
            _ => {}
        },
    }
    shown::look(model, fx);
}

/// Files changed on disk: what is on show is read again.
pub fn files_changed(model: &mut Model, fx: &mut Vec<AnyEffect>) {
    if model.screen == ScreenName::Commit {
        fx.push(AnyEffect::Commit(Effect::Load));
    }
}

pub fn report(model: &mut Model, report: Report, fx: &mut Vec<AnyEffect>) {
    let commit = &mut model.commit;
    match report {
        Report::Loaded(overview) => {
            let place = commit.file().map(|file| file.path.clone());
            let first = commit.listing.rows.is_empty();
            commit.trouble = None;
            commit.overview = Some(overview);
            commit.list_anew();
            keep_place(commit, place, first);
            if commit.files().is_empty() {
                commit.part = Part::Changes;
            }
            committing::draft(commit);
            // The file may have changed once more: its difference is read again, the one on show stays until then.
            commit.asked = None;
            let before = commit.shown.take();
            shown::look(model, fx);
            let commit = &mut model.commit;
            let is_heading = matches!(commit.row(), Some(Row::Heading(_)));
            let still = |what: &What| {
                *what == What::Message || !is_heading && commit.row().map(What::Row).as_ref() == Some(what)
            };
            if let Some(before) = before.filter(|before| still(&before.what)) {
                commit.shown = Some(before);
            }
        }
        Report::NotLoaded(why) => {
            commit.trouble = Some(why.clone());
            model.tell(Weight::Bad, why);
        }
        Report::Difference { path, texts } => {
            let read = Some((path, texts));
            // Laid out anew only when it says something else: the place that was scrolled to stays.
            if commit.asked.as_ref() == read.as_ref().map(|(path, _)| path) && commit.texts != read {
                commit.texts = read;
                if !commit.shows_message() {
                    shown::lay_out(commit);
                }
            }
        }
        Report::Committed(committed) => committing::made(model, &committed, fx),
        Report::NotCommitted(why) => {
            commit.committing = None;
            let mut prose = Prose::default();
            let (first, rest) = why.split_once('\n').unwrap_or((&why, ""));
            prose.push(&format!("{first}\n"), Role::Bad);
            prose.push(&format!("\n{rest}"), Role::Text);
            shown::message(commit, "what stopped the commit".to_owned(), prose);
            let commit = model.keymap.how(Command::GoCommit);
            model.tell(
                Weight::Bad,
                format!("not committed ({commit} shows why); the message is kept"),
            );
            fx.push(AnyEffect::Commit(Effect::Load));
        }
        Report::AuthorNamed(author) => {
            let commit = model.keymap.how(Command::CommitNow);
            model.tell(
                Weight::Good,
                format!("commits here are by {author} from now on; {commit} commits"),
            );
            fx.push(AnyEffect::Commit(Effect::Load));
            fx.extend([browse::Effect::Git, browse::Effect::Count].map(AnyEffect::Browse));
        }
    }
}
