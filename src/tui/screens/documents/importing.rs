//! Taking a file in: converted, looked over, corrected, committed.

use super::{Documents, Effect, Refused, pinning};
use crate::documents::Imported;
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::command::Command;
use crate::tui::effect::{EditorTarget, Effect as AnyEffect};
use crate::tui::model::Model;
use crate::tui::widgets::Prose;
use crate::workbench::NewDocument;

/// A file on its way.
pub struct Importing {
    /// As it was named.
    pub file: String,
    /// `None` while it is being converted.
    pub made: Option<Made>,
    pub committing: bool,
}

/// A converted text being looked over.
pub struct Made {
    pub imported: Imported,
    pub text: String,
    pub prose: Prose,
}

/// Asks which file.
pub fn ask(model: &mut Model) {
    let body = "PDF, DOCX, HTML, Markdown and plain text become Markdown. You see the result and correct it before anything is written.";
    let dialog = Dialog::new("Import a document", body, model.now)
        .input("file", &model.documents.wanted_file)
        .choice("convert it", Answer::ImportFile)
        .choice("not now", Answer::Nothing);
    model.ask(dialog);
}

pub fn convert(model: &mut Model, file: &str, fx: &mut Vec<AnyEffect>) {
    let file = file.trim().to_owned();
    if file.is_empty() {
        return;
    }
    model.documents.wanted_file.clone_from(&file);
    model.documents.importing = Some(Importing {
        file: file.clone(),
        made: None,
        committing: false,
    });
    fx.push(AnyEffect::Documents(Effect::Convert(file)));
}

pub fn converted(model: &mut Model, file: String, made: Result<Box<Imported>, String>) {
    let Some(importing) = model
        .documents
        .importing
        .as_mut()
        .filter(|importing| importing.file == file)
    else {
        return;
    };
    match made {
        Ok(imported) => {
            let text = imported.markdown.clone();
            importing.made = Some(Made {
                prose: Prose::new(text.clone()),
                text,
                imported: *imported,
            });
        }
        Err(error) => {
            model.documents.importing = None;
            model.tell(Weight::Bad, error);
        }
    }
}

/// A corrected text came back from the editor.
pub fn edited(model: &mut Model, text: &str) {
    if let Some(made) = model
        .documents
        .importing
        .as_mut()
        .and_then(|importing| importing.made.as_mut())
    {
        made.text = text.to_owned();
        made.prose = Prose::new(text);
    }
}

pub fn command(model: &mut Model, command: Command, fx: &mut Vec<AnyEffect>) {
    let Some(importing) = &mut model.documents.importing else {
        return;
    };
    match (command, &mut importing.made) {
        (Command::Back, _) if importing.committing => {
            model.tell(Weight::Plain, "the commit is under way");
        }
        (Command::Back, _) => {
            model.documents.importing = None;
            model.tell(Weight::Plain, "nothing was imported");
        }
        (Command::EditExternally, Some(made)) => fx.push(AnyEffect::OpenEditor {
            text: made.text.clone(),
            suffix: ".md",
            target: EditorTarget::ImportedDocument,
        }),
        (Command::TakePassage | Command::Save, Some(_)) => ask_to_commit(model, None),
        (Command::Up, Some(made)) => made.prose.scroll_up(1),
        (Command::Down, Some(made)) => made.prose.scroll_down(1),
        (Command::PageUp, Some(made)) => made.prose.scroll_up(made.prose.page()),
        (Command::PageDown, Some(made)) => made.prose.scroll_down(made.prose.page()),
        (Command::First, Some(made)) => made.prose.scroll_up(usize::MAX),
        (Command::Last, Some(made)) => made.prose.scroll_down(made.text.len()),
        _ => {}
    }
}

pub fn scroll(state: &mut Documents, down: bool) {
    if let Some(made) = state.importing.as_mut().and_then(|importing| importing.made.as_mut()) {
        if down {
            made.prose.scroll_down(3)
        } else {
            made.prose.scroll_up(3)
        }
    }
}

/// Asks for the name, and says where it goes. `there` is a name that is taken.
fn ask_to_commit(model: &mut Model, there: Option<&str>) {
    let Some(repo) = repo_of(model) else {
        let key = model.keymap.shown(Command::ChoosePin);
        return model.tell(
            Weight::Bad,
            format!("choose the documents' repository first with {key}: a folder of this computer"),
        );
    };
    let made = model
        .documents
        .importing
        .as_ref()
        .and_then(|importing| importing.made.as_ref());
    let Some(name) = there.or(made.map(|made| made.imported.name.as_str())) else {
        return;
    };
    let body = match there {
        None => format!("The text goes into {repo} and is committed there, with that repository's hooks and sign-off."),
        Some(name) => format!("{repo} has another document named {name}. Choose another name, or replace it."),
    };
    let dialog = Dialog::new("Commit the document", body, model.now).input("name", name);
    let yes = Answer::CommitDocument { replace: false };
    let dialog = match there {
        None => dialog.choice("commit it", yes),
        Some(_) => dialog
            .choice("commit it under this name", yes)
            .choice("replace the document", Answer::CommitDocument { replace: true }),
    };
    model.ask(dialog.choice("not now", Answer::Nothing));
}

fn repo_of(model: &Model) -> Option<String> {
    let sheet = model.edit.sheet.as_ref()?;
    let pin = sheet.leaf.document.as_ref()?;
    Some(pin.repo.trim().to_owned()).filter(|repo| !repo.is_empty())
}

pub fn commit(model: &mut Model, name: &str, replace: bool, fx: &mut Vec<AnyEffect>) {
    let Some(repo) = repo_of(model) else { return };
    let Some(importing) = &mut model.documents.importing else {
        return;
    };
    let Some(made) = &importing.made else { return };
    let name = name.trim().to_owned();
    let file = std::path::Path::new(&importing.file).file_name();
    let file = file.map(|file| file.to_string_lossy().into_owned()).unwrap_or_default();
    importing.committing = true;
    fx.push(AnyEffect::Documents(Effect::Commit(Box::new(NewDocument {
        repo,
        message: format!(
            "Add {name}, converted from {}",
            crate::text::visible::visible_line(&file)
        ),
        name,
        text: made.text.clone(),
        sign_off: None,
        replace,
    }))));
}

pub fn committed(model: &mut Model, name: &str, repo: &str, told: Result<String, Refused>, fx: &mut Vec<AnyEffect>) {
    if let Some(importing) = &mut model.documents.importing {
        importing.committing = false;
    }
    match told {
        Ok(commit) => {
            model.documents.importing = None;
            // The leaf still names the old commit: the newest one is offered at once.
            pinning::open(model, fx);
            model.tell(
                Weight::Good,
                format!("committed {name} to {repo} as {commit}; choose the commit and the files to pin it"),
            );
        }
        Err(Refused::NameTaken) => ask_to_commit(model, Some(name)),
        Err(Refused::Other(error)) => model.tell(Weight::Bad, error),
    }
}
