//! Adding, copying, removing and moving examples, questions and file patterns.

use super::outline::{Card, Row};
use super::sheet::Sheet;
use crate::taxonomy::Kind;
use crate::taxonomy::form::{Field, FormEdit, Group, example_path};
use crate::taxonomy::yaml::{Step, YamlPath};
use crate::tui::chrome::Weight;
use crate::tui::command::Command;
use crate::tui::model::Model;

/// What a command on the chosen row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    Example(usize),
    Pair(usize, usize),
    Pattern(usize),
}

/// The number of a file pattern, when a field is one.
pub fn pattern_of(field: &Field) -> Option<usize> {
    match (field.group, field.yaml_path.last()) {
        (Group::Document, Some(Step::Index(number))) => Some(*number),
        _ => None,
    }
}

impl Sheet {
    fn thing(&self) -> Option<Thing> {
        match self.card() {
            Card::File => None,
            Card::Documents => self.field().and_then(pattern_of).map(Thing::Pattern),
            Card::Example(example) => Some(match self.field().map(|field| field.group) {
                Some(Group::Pair(_, pair)) if self.leaf.kind == Kind::Knowledge => Thing::Pair(example, pair),
                _ => Thing::Example(example),
            }),
        }
    }

    /// The first field of an example, or of a pair in it.
    fn first_field(&self, thing: Thing) -> Option<Row> {
        let number = self.fields.iter().position(|field| match thing {
            Thing::Example(example) => Card::of_field(field) == Card::Example(example),
            Thing::Pair(example, pair) => field.group == Group::Pair(example, pair),
            Thing::Pattern(number) => pattern_of(field) == Some(number),
        });
        number.map(Row::Field)
    }

    /// How many siblings a thing has, itself included.
    fn siblings(&self, thing: Thing) -> usize {
        match thing {
            Thing::Example(_) => self.leaf.seed_examples.len(),
            Thing::Pair(example, _) => self
                .leaf
                .seed_examples
                .get(example)
                .map_or(0, |example| example.pairs.len()),
            Thing::Pattern(_) => self
                .leaf
                .document
                .as_ref()
                .map_or(0, |document| document.patterns.len()),
        }
    }
}

impl Thing {
    fn number(self) -> usize {
        match self {
            Thing::Example(number) | Thing::Pair(_, number) | Thing::Pattern(number) => number,
        }
    }

    fn at(self, number: usize) -> Thing {
        match self {
            Thing::Example(_) => Thing::Example(number),
            Thing::Pair(example, _) => Thing::Pair(example, number),
            Thing::Pattern(_) => Thing::Pattern(number),
        }
    }

    /// As a person counts.
    fn name(self) -> String {
        match self {
            Thing::Example(number) => format!("example {}", number + 1),
            Thing::Pair(_, number) => format!("question {}", number + 1),
            Thing::Pattern(number) => format!("file pattern {}", number + 1),
        }
    }
}

/// Makes a change of structure. True when the caret belongs into the chosen field now.
pub fn carry_out(model: &mut Model, command: Command) -> bool {
    let now = model.now;
    let undo = model.keymap.shown(Command::Undo);
    let Some(sheet) = &mut model.edit.sheet else {
        return false;
    };
    let thing = sheet.thing();
    let plan = match command {
        Command::AddExample => Some(add_example(sheet)),
        Command::AddPair => add_pair(sheet),
        Command::AddContext => add_context(sheet),
        _ => thing.and_then(|thing| rearrange(sheet, thing, command)),
    };
    let Some(plan) = plan else { return false };
    match sheet.edit(&plan.edits, now) {
        Ok(_) => {
            plan.choose.apply(sheet);
            if let Some(said) = plan.said {
                model.tell(Weight::Good, format!("{said}; {undo} takes it back"));
            }
            plan.type_there
        }
        Err(error) => {
            model.tell(Weight::Bad, error.to_string());
            false
        }
    }
}

/// What to choose after a change.
enum Choose {
    First(Thing),
    Heading(Card),
    /// The same field of a thing that is elsewhere now: how far below its first field.
    Below(Thing, usize),
    Path(YamlPath),
}

impl Choose {
    fn apply(self, sheet: &mut Sheet) {
        match self {
            Choose::First(thing) => {
                if let Some(row) = sheet.first_field(thing) {
                    sheet.choose(row);
                }
            }
            Choose::Heading(card) => {
                sheet.choose(card.heading());
            }
            Choose::Below(thing, by) => {
                if let Some(Row::Field(first)) = sheet.first_field(thing) {
                    sheet.choose(Row::Field(first + by));
                }
            }
            Choose::Path(path) => {
                sheet.choose_path(&path);
            }
        }
    }
}

/// A change of structure with what follows it.
struct Plan {
    edits: Vec<FormEdit>,
    choose: Choose,
    said: Option<String>,
    type_there: bool,
}

fn add_example(sheet: &Sheet) -> Plan {
    let at = match sheet.card() {
        Card::Example(example) => example + 1,
        Card::File | Card::Documents => sheet.leaf.seed_examples.len(),
    };
    let edit = if at >= sheet.leaf.seed_examples.len() {
        FormEdit::AddExample
    } else {
        FormEdit::InsertExample(at)
    };
    Plan {
        edits: vec![edit],
        choose: Choose::First(Thing::Example(at)),
        said: None,
        type_there: true,
    }
}

fn add_pair(sheet: &Sheet) -> Option<Plan> {
    let example = match sheet.card() {
        Card::File => return None,
        Card::Documents => {
            let at = sheet.siblings(Thing::Pattern(0));
            let edits = vec![FormEdit::AddPattern(String::new())];
            return Some(Plan {
                edits,
                choose: Choose::First(Thing::Pattern(at)),
                said: None,
                type_there: true,
            });
        }
        Card::Example(example) => example,
    };
    let last = sheet.siblings(Thing::Pair(example, 0));
    let at = match sheet.thing() {
        Some(Thing::Pair(_, pair)) => pair + 1,
        _ => last,
    };
    let mut edits = vec![FormEdit::AddPair(example)];
    if at < last {
        edits.push(FormEdit::MovePair(example, last, at));
    }
    Some(Plan {
        edits,
        choose: Choose::First(Thing::Pair(example, at)),
        said: None,
        type_there: true,
    })
}

fn add_context(sheet: &Sheet) -> Option<Plan> {
    let Card::Example(example) = sheet.card() else {
        return None;
    };
    let path = example_path(example).key("context");
    let there = sheet
        .leaf
        .seed_examples
        .get(example)
        .is_some_and(|example| example.context.is_some());
    let edits = if there {
        Vec::new()
    } else {
        vec![FormEdit::Set(path.clone(), String::new())]
    };
    Some(Plan {
        edits,
        choose: Choose::Path(path),
        said: None,
        type_there: true,
    })
}

fn rearrange(sheet: &Sheet, thing: Thing, command: Command) -> Option<Plan> {
    let (at, count) = (thing.number(), sheet.siblings(thing));
    let plan = |edit: FormEdit, choose: Choose, said: Option<String>| {
        Some(Plan {
            edits: vec![edit],
            choose,
            said,
            type_there: false,
        })
    };
    // On a heading, the heading stays chosen; on a field, the same field of the thing.
    let follow = |to: usize| match (sheet.row(), sheet.first_field(thing)) {
        (Row::Field(row), Some(Row::Field(first))) => Choose::Below(thing.at(to), row.saturating_sub(first)),
        _ => Choose::Heading(Card::Example(to)),
    };
    match command {
        Command::Duplicate => {
            let edit = match thing {
                Thing::Example(example) => FormEdit::DuplicateExample(example),
                Thing::Pair(example, pair) => FormEdit::DuplicatePair(example, pair),
                Thing::Pattern(_) => return None,
            };
            plan(edit, follow(at + 1), Some(format!("copied {}", thing.name())))
        }
        Command::Remove => {
            if let Some(cleared) = clear_context(sheet) {
                return Some(cleared);
            }
            let edit = match thing {
                Thing::Example(example) => FormEdit::RemoveExample(example),
                Thing::Pair(example, pair) => FormEdit::RemovePair(example, pair),
                Thing::Pattern(number) => FormEdit::RemovePattern(number),
            };
            let near = at.min(count.saturating_sub(2));
            let choose = match thing {
                Thing::Example(_) if count > 1 => Choose::Heading(Card::Example(near)),
                Thing::Example(_) => Choose::Heading(Card::File),
                Thing::Pair(example, _) if count <= 1 => Choose::Heading(Card::Example(example)),
                Thing::Pattern(_) if count <= 1 => Choose::Heading(Card::Documents),
                _ => Choose::First(thing.at(near)),
            };
            plan(edit, choose, Some(format!("removed {}", thing.name())))
        }
        Command::MoveUp | Command::MoveDown => {
            let to = if command == Command::MoveUp {
                at.checked_sub(1)?
            } else {
                at + 1
            };
            if to >= count {
                return None;
            }
            let edit = match thing {
                Thing::Example(example) => FormEdit::MoveExample(example, to),
                Thing::Pair(example, pair) => FormEdit::MovePair(example, pair, to),
                Thing::Pattern(number) => FormEdit::MovePattern(number, to),
            };
            plan(edit, follow(to), None)
        }
        _ => None,
    }
}

/// Removing the context of a skill's example leaves its question and answer.
fn clear_context(sheet: &Sheet) -> Option<Plan> {
    let field = sheet.field()?;
    let Group::Example(example) = field.group else {
        return None;
    };
    let there = sheet
        .leaf
        .seed_examples
        .get(example)
        .is_some_and(|example| example.context.is_some());
    (sheet.leaf.kind != Kind::Knowledge && there).then(|| Plan {
        edits: vec![FormEdit::Clear(field.yaml_path.clone())],
        choose: Choose::Heading(Card::Example(example)),
        said: Some(format!("removed the context of example {}", example + 1)),
        type_there: false,
    })
}
