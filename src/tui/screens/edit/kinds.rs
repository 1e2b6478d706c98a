//! Freeform and grounded are kept apart: a first context, and the last one taken away, make another kind of skill, so that is
//! explained before it is done.

use super::change;
use super::outline::Card;
use super::sheet::Sheet;
use crate::taxonomy::form::{FormEdit, Group, example_path};
use crate::taxonomy::{Kind, NodePath};
use crate::tui::chrome::{Answer, Dialog, Weight};
use crate::tui::command::Command;
use crate::tui::model::Model;

/// The folder below the skills in which InstructLab keeps grounded ones.
const GROUNDED: &str = "grounded";

/// Asks before a command makes another kind of skill of the leaf. False when it does not.
pub fn asks(model: &mut Model, command: Command) -> bool {
    let Some(sheet) = &model.edit.sheet else { return false };
    let dialog = match command {
        Command::AddContext if sheet.leaf.kind == Kind::Skill => becoming_grounded(sheet, model),
        Command::Remove if removes_last_context(sheet) => becoming_freeform(sheet, model),
        _ => return false,
    };
    model.ask(dialog);
    true
}

fn becoming_grounded(sheet: &Sheet, model: &Model) -> Dialog {
    let count = sheet.leaf.seed_examples.len();
    let folder = sheet.node.as_str().replacen('/', &format!("/{GROUNDED}/"), 1);
    let body = format!(
        "A freeform skill answers a question that stands alone. With a context in its examples this leaf becomes a grounded \
         skill: its samples are made by the flow grounded-skill, each with a text of its own, and every answer must rest on \
         that text. InstructLab wants the two kinds apart: all {count} examples then need a context. Grounded skills live \
         under {GROUNDED}: this one would be at home in {folder}."
    );
    Dialog::new("This makes the skill grounded", body, model.now)
        .choice("leave it freeform", Answer::Nothing)
        .choice(
            "add a context to this example",
            Answer::AddContext { everywhere: false },
        )
        .choice(
            "add a context to every example",
            Answer::AddContext { everywhere: true },
        )
}

fn becoming_freeform(sheet: &Sheet, model: &Model) -> Dialog {
    let body = if is_in_grounded(&sheet.node) {
        "This is the last context here. The leaf lies under grounded, where every example rests on a text: without contexts \
         no samples can be made of it. If the question stands alone, the leaf belongs into another folder; browse moves it."
            .to_owned()
    } else {
        "This is the last context here. Without one the leaf becomes a freeform skill: its samples are made by the flow \
         freeform-skill, as questions and answers that stand alone."
            .to_owned()
    };
    Dialog::new("This makes the skill freeform", body, model.now)
        .choice("keep the context", Answer::Nothing)
        .choice("remove the context", Answer::RemoveContext)
}

/// True when removing the chosen field leaves a skill without any context.
fn removes_last_context(sheet: &Sheet) -> bool {
    let Some(Group::Example(example)) = sheet.field().map(|field| field.group) else {
        return false;
    };
    let examples = &sheet.leaf.seed_examples;
    sheet.leaf.kind != Kind::Knowledge
        && examples.get(example).is_some_and(|example| example.context.is_some())
        && examples.iter().filter(|example| example.context.is_some()).count() == 1
}

fn is_in_grounded(node: &NodePath) -> bool {
    node.segments().any(|segment| segment == GROUNDED)
}

/// Does what was chosen. True when the caret belongs into the chosen field now.
pub fn answer(model: &mut Model, answer: &Answer) -> bool {
    match answer {
        Answer::AddContext { everywhere: false } => change::carry_out(model, Command::AddContext),
        Answer::AddContext { everywhere: true } => add_everywhere(model),
        Answer::RemoveContext => change::carry_out(model, Command::Remove),
        _ => false,
    }
}

fn add_everywhere(model: &mut Model) -> bool {
    let now = model.now;
    let Some(sheet) = &mut model.edit.sheet else {
        return false;
    };
    let here = match sheet.card() {
        Card::Example(example) => example,
        Card::File | Card::Documents => 0,
    };
    let examples = sheet.leaf.seed_examples.iter().enumerate();
    let edits: Vec<FormEdit> = examples
        .filter(|(_, example)| example.context.is_none())
        .map(|(number, _)| FormEdit::Set(example_path(number).key("context"), String::new()))
        .collect();
    if let Err(error) = sheet.edit(&edits, now) {
        model.tell(Weight::Bad, error.to_string());
        return false;
    }
    sheet.choose_path(&example_path(here).key("context"))
}

/// What to know of a grounded skill whose folder is not one for its kind.
pub fn misplaced(sheet: &Sheet) -> Option<String> {
    if sheet.leaf.kind != Kind::GroundedSkill || is_in_grounded(&sheet.node) {
        return None;
    }
    let folder = sheet.node.as_str().replacen('/', &format!("/{GROUNDED}/"), 1);
    Some(format!(
        "Grounded skills live under {GROUNDED}; this one would be at home in {folder}."
    ))
}
