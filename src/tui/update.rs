//! The heart of the loop: an action changes the model and names what is to be done outside. It never blocks and never fails.

use super::chrome::{Answer, Dialog, Help, Palette, Weight};
use super::command::Command;
use super::effect::Effect;
use super::event::{Action, Mouse, MouseKind};
use super::hits::Hit;
use super::key::Key;
use super::model::{Model, Overlay, ScreenName};
use super::place;
use super::report::Report;
use super::screens::{attribution, browse, commit, documents, edit, find, generate, review};
use super::theme;
use super::watch;

/// Changes the model by an action; returns what is to be done.
pub fn update(model: &mut Model, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
    let fx = &mut effects;
    let by_person = place::is_by_person(&action);
    match action {
        Action::Resize(width, height) => model.size = (width, height),
        Action::Focus(gained) => {
            model.focused = gained;
            if gained && model.unwatched {
                take_report(model, Report::FilesChanged(watch::everything()), fx);
            }
        }
        Action::Terminate => leave(model, fx),
        Action::Suspend => fx.push(Effect::Suspend),
        Action::Wake => edit::update::wake(model, fx),
        Action::Report(report) => take_report(model, report, fx),
        Action::Mouse(mouse) => point(model, mouse, fx),
        Action::Paste(text) => paste(model, &text, fx),
        Action::Type(key) => type_key(model, key, fx),
        Action::Command(command, key) => run(model, command, key, fx),
    }
    place::follow(model, by_person, fx);
    effects
}

/// Carries out a command where the keys go.
pub fn run(model: &mut Model, command: Command, key: Key, fx: &mut Vec<Effect>) {
    if run_in_overlay(model, command, fx) {
        return;
    }
    if let Some(reason) = model.why_not(command) {
        model.tell(Weight::Plain, reason);
        return;
    }
    match command {
        Command::Quit => return quit(model, fx),
        Command::Suspend => return fx.push(Effect::Suspend),
        Command::Redraw => return fx.push(Effect::Redraw),
        Command::Help => return model.overlay = Some(Overlay::Help(Help::new(model.contexts()))),
        Command::Palette => {
            // One box to type into at a time.
            model.browse.finding = None;
            return model.overlay = Some(Overlay::Palette(Palette::new(model)));
        }
        Command::NextTheme => return next_theme(model),
        Command::ReleaseMouse => {
            model.mouse = !model.mouse;
            let told = if model.mouse {
                "the mouse works here again"
            } else {
                "the mouse belongs to your terminal now"
            };
            model.tell(Weight::Plain, told);
            return fx.push(Effect::SetMouse(model.mouse));
        }
        Command::GoBrowse => return go(model, ScreenName::Browse, fx),
        Command::GoEdit => return go(model, ScreenName::Edit, fx),
        Command::GoGenerate | Command::Generate => return go(model, ScreenName::Generate, fx),
        Command::GoReview | Command::Review => return go(model, ScreenName::Review, fx),
        Command::Replace => return go(model, ScreenName::Find, fx),
        Command::GoCommit | Command::Commit => return go(model, ScreenName::Commit, fx),
        Command::OpenDocuments => return go(model, ScreenName::Documents, fx),
        Command::Stop => return generate::update::stop(model, fx),
        _ => {}
    }
    match model.screen {
        ScreenName::Browse => browse::update::command(model, command, fx),
        ScreenName::Edit => edit::update::command(model, command, fx),
        ScreenName::Generate => generate::update::command(model, command, key, fx),
        ScreenName::Review => review::update::command(model, command, key, fx),
        ScreenName::Commit => commit::update::command(model, command, fx),
        ScreenName::Find => find::update::command(model, command, fx),
        ScreenName::Documents => documents::update::command(model, command, fx),
    }
}

/// Opens a screen for what is chosen where one comes from.
pub fn go(model: &mut Model, screen: ScreenName, fx: &mut Vec<Effect>) {
    let leaf = model.chosen_leaf();
    let entered = match screen {
        ScreenName::Browse => browse::update::enter(model, fx),
        ScreenName::Edit => edit::update::enter(model, leaf, fx),
        ScreenName::Generate => generate::update::enter(model, leaf, fx),
        ScreenName::Review => review::update::enter(model, leaf, fx),
        ScreenName::Commit => commit::update::enter(model, fx),
        ScreenName::Find => {
            let node = leaf.or_else(|| model.tree.chosen().map(|node| node.path.clone()));
            find::update::enter(model, node, fx)
        }
        ScreenName::Documents => documents::update::enter(model, leaf, fx),
    };
    if entered && model.screen != screen {
        model.notices.leave_behind(model.now);
        model.screen = screen;
    }
}

fn quit(model: &mut Model, fx: &mut Vec<Effect>) {
    if generate::update::is_running(model) {
        let dialog = Dialog::new(
            "A run is under way",
            "Quitting stops it. What was made so far is kept.",
            model.now,
        )
        .choice("go on working", Answer::Nothing)
        .choice("stop and quit", Answer::Quit);
        model.ask(dialog);
    } else if model.commit.is_committing() {
        let body = "Hooks may still be at work. Quitting now can leave the commit unmade; your files stay as they are.";
        let dialog = Dialog::new("A commit is under way", body, model.now)
            .choice("wait for it", Answer::Nothing)
            .choice("quit all the same", Answer::Quit);
        model.ask(dialog);
    } else {
        leave(model, fx);
    }
}

fn leave(model: &mut Model, fx: &mut Vec<Effect>) {
    edit::update::keep_draft(model, fx);
    generate::update::stop(model, fx);
    place::leave(model, fx);
    fx.push(Effect::Quit);
}

fn next_theme(model: &mut Model) {
    let names = theme::shipped_names();
    let at = names
        .iter()
        .position(|name| *name == model.theme.name)
        .map_or(0, |at| at + 1);
    let Some(name) = names.get(at % names.len().max(1)) else {
        return;
    };
    match theme::shipped(name, model.depth) {
        Ok(next) if next.has_colour => {
            model.tell(Weight::Plain, format!("theme {name}; `theme` in the settings keeps it"));
            model.theme = next;
        }
        Ok(_) => model.tell(
            Weight::Plain,
            "this terminal shows no colours, so there is one theme only",
        ),
        Err(error) => model.tell(Weight::Bad, error.to_string()),
    }
}

/// Commands of the box over the screen. True when the command was meant for it.
fn run_in_overlay(model: &mut Model, command: Command, fx: &mut Vec<Effect>) -> bool {
    match model.overlay.take() {
        None => false,
        Some(Overlay::Help(mut help)) => {
            match command {
                Command::Back | Command::Help => return true,
                Command::Up => help.rows.up(1),
                Command::Down => help.rows.down(1, help.len()),
                Command::PageUp => help.rows.up(help.rows.page()),
                Command::PageDown => help.rows.down(help.rows.page(), help.len()),
                Command::Quit => return false,
                _ => {}
            }
            model.overlay = Some(Overlay::Help(help));
            true
        }
        Some(Overlay::Palette(mut palette)) => {
            match command {
                Command::Back | Command::Palette => return true,
                Command::Up => palette.rows.up(1),
                Command::Down => palette.rows.down(1, palette.entries.len()),
                Command::PageUp => palette.rows.up(palette.rows.page()),
                Command::PageDown => palette.rows.down(palette.rows.page(), palette.entries.len()),
                Command::Confirm if palette.accept() => {
                    if let Some(entry) = palette.entry() {
                        entry.open(model, fx);
                    }
                    return true;
                }
                Command::Quit => return false,
                _ => {}
            }
            model.overlay = Some(Overlay::Palette(palette));
            true
        }
        Some(Overlay::Sources(form)) => {
            if command == Command::Quit {
                // Leaving the program leaves the form, which saves.
                attribution::update::command(model, form, Command::Back, fx);
                return false;
            }
            attribution::update::command(model, form, command, fx);
            true
        }
        Some(Overlay::Dialog(mut dialog)) => {
            match command {
                Command::Back => return true,
                Command::Up | Command::PreviousPane => dialog.previous(),
                Command::Down | Command::NextPane => dialog.next(),
                Command::Confirm if dialog.can_answer(model.now) => {
                    answer(model, &dialog, fx);
                    return true;
                }
                _ => {}
            }
            model.overlay = Some(Overlay::Dialog(dialog));
            true
        }
    }
}

fn answer(model: &mut Model, dialog: &Dialog, fx: &mut Vec<Effect>) {
    let filled = dialog.input.as_ref().map(|(_, field)| field.text()).unwrap_or_default();
    match dialog.answer() {
        Answer::Nothing => {}
        Answer::Quit => leave(model, fx),
        Answer::OverwriteTheirs
        | Answer::TakeTheirs
        | Answer::AddContext { .. }
        | Answer::RemoveContext
        | Answer::AskTheModel
        | Answer::WriteDraft => {
            edit::update::answer(model, &dialog.answer(), fx);
        }
        Answer::StartRun | Answer::FetchWeights | Answer::TryThreshold(_) | Answer::ApplyThreshold(_) => {
            generate::update::answer(model, &dialog.answer(), &filled, fx);
        }
        Answer::NewLeaf(_) | Answer::MakeLeaf(..) | Answer::MoveNode(_) | Answer::MoveTo(..) => {
            browse::changing::answer(model, dialog.answer(), &filled, fx);
        }
        Answer::FetchDocuments | Answer::ImportFile | Answer::CommitDocument { .. } => {
            documents::update::answer(model, &dialog.answer(), &filled, fx);
        }
        Answer::NewBranch | Answer::NameAuthor => commit::update::answer(model, &dialog.answer(), &filled, fx),
    }
}

fn type_key(model: &mut Model, key: Key, fx: &mut Vec<Effect>) {
    match &mut model.overlay {
        Some(Overlay::Help(help)) => return help.type_key(key),
        Some(Overlay::Palette(palette)) => return palette.type_key(key, fx),
        Some(Overlay::Dialog(dialog)) => return dialog_key(dialog, key),
        Some(Overlay::Sources(form)) => return attribution::update::type_key(form, key, fx),
        None => {}
    }
    match model.screen {
        ScreenName::Browse => browse::update::type_key(model, key, fx),
        ScreenName::Edit => edit::update::type_key(model, key, fx),
        ScreenName::Review => review::update::type_key(model, key, fx),
        ScreenName::Commit => commit::update::type_key(model, key, fx),
        ScreenName::Find => find::update::type_key(model, key, fx),
        ScreenName::Documents => documents::update::type_key(model, key, fx),
        ScreenName::Generate => {}
    }
}

fn dialog_key(dialog: &mut Dialog, key: Key) {
    if let Some((_, field)) = &mut dialog.input {
        field.key(key);
    }
}

fn paste(model: &mut Model, text: &str, fx: &mut Vec<Effect>) {
    match &mut model.overlay {
        Some(Overlay::Dialog(dialog)) => {
            if let Some((_, field)) = &mut dialog.input {
                field.paste(text);
            }
            return;
        }
        Some(Overlay::Help(help)) => return help.paste(text),
        Some(Overlay::Sources(form)) => return attribution::update::paste(form, text, fx),
        Some(Overlay::Palette(palette)) => return palette.paste(text, fx),
        None => {}
    }
    let taken = match model.screen {
        ScreenName::Edit => edit::update::paste(model, text, fx),
        ScreenName::Review => review::update::paste(model, text),
        ScreenName::Commit => commit::update::paste(model, text),
        ScreenName::Find => find::update::paste(model, text, fx),
        ScreenName::Documents => documents::update::paste(model, text, fx),
        ScreenName::Browse => browse::update::paste(model, text, fx),
        ScreenName::Generate => false,
    };
    if !taken {
        let opens = match model.screen {
            ScreenName::Browse | ScreenName::Documents => Some(Command::Find),
            ScreenName::Edit => Some(Command::TypeHere),
            ScreenName::Review => Some(Command::EditSample),
            ScreenName::Commit => Some(Command::EditMessage),
            ScreenName::Find => Some(Command::NextPane),
            ScreenName::Generate => None,
        };
        let told = match opens {
            Some(command) => format!("pasting works in a text field; {} opens one", model.keymap.how(command)),
            None => "there is no text field here to paste into".to_owned(),
        };
        model.tell(Weight::Plain, told);
    }
}

fn point(model: &mut Model, mouse: Mouse, fx: &mut Vec<Effect>) {
    let hit = model.hits.at(mouse.x, mouse.y);
    if let Some(Overlay::Dialog(dialog)) = &mut model.overlay {
        if mouse.kind == MouseKind::Press
            && let Some(Hit::Choice(index)) = hit
        {
            dialog.chosen = index;
            run_in_overlay(model, Command::Confirm, fx);
        }
        return;
    }
    if let Some(Overlay::Sources(form)) = &mut model.overlay {
        return attribution::update::point(form, mouse, hit);
    }
    if model.overlay.is_some() {
        match mouse.kind {
            MouseKind::ScrollUp => drop(run_in_overlay(model, Command::Up, fx)),
            MouseKind::ScrollDown => drop(run_in_overlay(model, Command::Down, fx)),
            MouseKind::Press => match hit {
                Some(Hit::Row { index, .. }) => {
                    // What was pointed at is meant, whatever is still being looked for.
                    if let Some(Overlay::Palette(palette)) = model.overlay.take()
                        && let Some(entry) = palette.entries.get(index)
                    {
                        entry.clone().open(model, fx);
                    }
                }
                _ => model.overlay = None,
            },
            MouseKind::Drag => {}
        }
        return;
    }
    match (mouse.kind, hit) {
        (MouseKind::Press, Some(Hit::Screen(screen))) => go(model, screen, fx),
        (MouseKind::Press, Some(Hit::Command(command))) => {
            let key = model.keymap.keys(command).first().copied();
            run(model, command, key.unwrap_or(Key::plain(super::key::Press::Enter)), fx);
        }
        _ => match model.screen {
            ScreenName::Browse => browse::update::point(model, mouse, hit, fx),
            ScreenName::Edit => edit::pointing::point(model, mouse, hit, fx),
            ScreenName::Generate => generate::update::point(model, mouse, hit, fx),
            ScreenName::Review => review::update::point(model, mouse, hit, fx),
            ScreenName::Commit => commit::update::point(model, mouse, hit, fx),
            ScreenName::Find => find::update::point(model, mouse, hit),
            ScreenName::Documents => documents::update::point(model, mouse, hit, fx),
        },
    }
}

fn take_report(model: &mut Model, report: Report, fx: &mut Vec<Effect>) {
    match report {
        Report::Failed(message) => model.tell(Weight::Bad, message),
        Report::FilesChanged(paths) => {
            browse::update::files_changed(model, &paths, fx);
            edit::update::files_changed(model, &paths, fx);
            commit::update::files_changed(model, fx);
        }
        Report::Unwatched(message) => {
            model.unwatched = true;
            model.tell(Weight::Plain, message);
        }
        Report::Edited { target, text } => {
            if let Some(text) = text {
                edited(model, target, &text, fx);
            } else {
                model.tell(Weight::Plain, "the editor changed nothing");
            }
        }
        Report::Browse(report) => browse::update::report(model, report, fx),
        Report::Find(report) => find::update::report(model, report, fx),
        Report::Sources(report) => attribution::update::report(model, report, fx),
        Report::Edit(report) => {
            edit::update::report(model, report, fx);
            if model.screen == ScreenName::Documents {
                documents::update::refresh(model, fx);
            }
        }
        Report::Generate(report) => generate::update::report(model, report, fx),
        Report::Review(report) => review::update::report(model, report, fx),
        Report::Commit(report) => commit::update::report(model, report, fx),
        Report::Documents(report) => documents::update::report(model, report, fx),
    }
}

fn edited(model: &mut Model, target: super::effect::EditorTarget, text: &str, fx: &mut Vec<Effect>) {
    use super::effect::EditorTarget;
    match target {
        EditorTarget::SeedField(path) => edit::update::edited_field(model, &path, text, fx),
        EditorTarget::SeedFile => edit::update::edited_file(model, text, fx),
        EditorTarget::SampleField(field) => review::update::edited(model, field, text),
        EditorTarget::PromptFile(file) => generate::prompt_edited(file, text, fx),
        EditorTarget::CommitMessage => commit::update::edited(model, text),
        EditorTarget::ImportedDocument => documents::update::edited(model, text),
    }
}
