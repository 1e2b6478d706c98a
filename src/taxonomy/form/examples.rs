//! Whole examples as the form takes them: put in from elsewhere, or brought back to what they were.

use super::{FormEdit, PAIRS, example_path, pair_path};
use crate::taxonomy::leaf::{Pair, SeedExample};
use crate::taxonomy::node::Kind;
use crate::taxonomy::yaml::NewValue;

/// An example as a value to be written.
pub(super) fn example_value(kind: Kind, example: &SeedExample) -> NewValue {
    let pair_of = |pair: &Pair| {
        vec![
            ("question".to_owned(), NewValue::text(pair.question.as_str())),
            ("answer".to_owned(), NewValue::text(pair.answer.as_str())),
        ]
    };
    let mut keys: Vec<(String, NewValue)> = Vec::new();
    if let Some(context) = &example.context {
        keys.push(("context".to_owned(), NewValue::text(context.as_str())));
    }
    match kind {
        Kind::Knowledge => {
            let pairs = example.pairs.iter().map(|pair| NewValue::Map(pair_of(pair)));
            keys.push((PAIRS.to_owned(), NewValue::List(pairs.collect())));
        }
        Kind::Skill | Kind::GroundedSkill => keys.extend(example.pairs.iter().take(1).flat_map(pair_of)),
    }
    NewValue::Map(keys)
}

/// The edits that make the example at a place (`now`) what is `wanted`; none where it is that already.
pub fn edits_to_become(kind: Kind, at: usize, now: &SeedExample, wanted: &SeedExample) -> Vec<FormEdit> {
    let mut edits = Vec::new();
    let context = example_path(at).key("context");
    match (&now.context, &wanted.context) {
        (now, Some(text)) if now.as_ref() != Some(text) => edits.push(FormEdit::Set(context, text.clone())),
        (Some(_), None) => edits.push(FormEdit::Clear(context)),
        _ => {}
    }
    let empty = Pair {
        question: String::new(),
        answer: String::new(),
    };
    for (number, pair) in wanted.pairs.iter().enumerate() {
        let old = now.pairs.get(number);
        if old.is_none() {
            edits.push(FormEdit::AddPair(at));
        }
        let (old, path) = (old.unwrap_or(&empty), pair_path(kind, at, number));
        if old.question != pair.question {
            edits.push(FormEdit::Set(path.key("question"), pair.question.clone()));
        }
        if old.answer != pair.answer {
            edits.push(FormEdit::Set(path.key("answer"), pair.answer.clone()));
        }
    }
    let spare = (wanted.pairs.len()..now.pairs.len()).rev();
    edits.extend(spare.map(|pair| FormEdit::RemovePair(at, pair)));
    edits
}
