//! Picking runs and samples as people type them.

use anyhow::anyhow;

use super::Usage;
use super::output::shown;
use crate::samples::{DropReason, RunId, RunStore, Sample, SampleId, SampleLibrary};
use crate::workbench::DropsWanted;

/// The run whose name begins with what was typed.
pub(super) fn run_named(runs: &RunStore, typed: &str) -> anyhow::Result<RunId> {
    let fitting: Vec<RunId> = runs
        .ids()?
        .into_iter()
        .filter(|id| id.as_str().starts_with(typed))
        .collect();
    match fitting.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Usage(format!("there is no run '{}'; `seedbed runs` lists them", shown(typed))).into()),
        several => match several.iter().find(|id| id.as_str() == typed) {
            Some(exact) => Ok(exact.clone()),
            None => Err(Usage(format!(
                "'{}' fits {} runs; type more of it",
                shown(typed),
                several.len()
            ))
            .into()),
        },
    }
}

/// The drops that are meant by what was typed: reasons, ids (hex digits), or names of blocks.
pub(super) fn drops_named(typed: &[String]) -> DropsWanted {
    let mut wanted = DropsWanted::default();
    for word in typed {
        let is_id = word.len() >= 4 && word.len() <= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        match DropReason::parse(word) {
            Some(reason) => wanted.reasons.push(reason),
            None if is_id => wanted.ids.push(word.clone()),
            None => wanted.blocks.push(word.clone()),
        }
    }
    wanted
}

/// The sample whose id begins with what was typed.
pub(super) fn sample_named(library: &SampleLibrary, typed: &str) -> anyhow::Result<SampleId> {
    match library.matching(typed, 2).as_slice() {
        [one] if !typed.is_empty() => Ok(one.clone()),
        [] | [_] => Err(Usage(format!(
            "there is no sample '{}'; `seedbed samples` lists them",
            shown(typed)
        ))
        .into()),
        _ => Err(Usage(format!("'{}' fits several samples; type more of it", shown(typed))).into()),
    }
}

/// A condition of `--where`: a text to be found anywhere, or in one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    field: Option<String>,
    text: String,
    whole: bool,
    negated: bool,
}

/// The fields that a condition may name.
pub(super) const FIELDS: [&str; 13] = [
    "id", "node", "kind", "run", "flow", "teacher", "model", "question", "answer", "context", "flag", "file", "editor",
];

impl Condition {
    /// Reads `FIELD=TEXT` (is), `FIELD!=TEXT` (is not), `FIELD~TEXT` (holds), `FIELD!~TEXT` (holds not), or a text that may
    /// stand anywhere. Letter case does not count.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let at = text.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(text.len());
        let (field, rest) = text.split_at(at);
        for (sign, whole, negated) in [
            ("!=", true, true),
            ("!~", false, true),
            ("=", true, false),
            ("~", false, false),
        ] {
            if let Some(wanted) = rest.strip_prefix(sign).filter(|_| !field.is_empty()) {
                if !FIELDS.contains(&field) {
                    return Err(anyhow!(Usage(format!(
                        "there is no field '{field}'; there are {}",
                        FIELDS.join(", ")
                    ))));
                }
                return Ok(Condition {
                    field: Some(field.to_owned()),
                    text: wanted.to_lowercase(),
                    whole,
                    negated,
                });
            }
        }
        Ok(Condition {
            field: None,
            text: text.to_lowercase(),
            whole: false,
            negated: false,
        })
    }

    pub(super) fn holds(&self, sample: &Sample) -> bool {
        let found = match &self.field {
            Some(field) => field_of(sample, field).any(|value| self.fits(value)),
            None => FIELDS
                .iter()
                .any(|field| field_of(sample, field).any(|value| self.fits(value))),
        };
        found != self.negated
    }

    fn fits(&self, value: &str) -> bool {
        let value = value.to_lowercase();
        if self.whole {
            value.trim() == self.text.trim()
        } else {
            value.contains(&self.text)
        }
    }
}

fn field_of<'a>(sample: &'a Sample, field: &str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
    let provenance = &sample.provenance;
    let one = |text: &'a str| Box::new(std::iter::once(text));
    match field {
        "id" => one(sample.id.as_str()),
        "node" => one(sample.node.as_str()),
        "kind" => one(sample.kind.word()),
        "run" => one(&provenance.run),
        "flow" => one(&provenance.flow),
        "teacher" => one(&provenance.teacher),
        "model" => one(&provenance.model),
        "editor" => one(&provenance.editor),
        "question" => one(question_of(sample)),
        "answer" => one(answer_of(sample)),
        "context" => Box::new(sample.context.iter().map(String::as_str)),
        "flag" => Box::new(sample.flags.iter().map(String::as_str)),
        "file" => Box::new(provenance.document.iter().map(|span| span.file.as_str())),
        _ => Box::new(std::iter::empty()),
    }
}

/// The last thing that was asked.
pub(super) fn question_of(sample: &Sample) -> &str {
    said_by(sample, crate::samples::Role::User)
}

/// The last answer.
pub(super) fn answer_of(sample: &Sample) -> &str {
    said_by(sample, crate::samples::Role::Assistant)
}

fn said_by(sample: &Sample, role: crate::samples::Role) -> &str {
    let said = sample.messages.iter().rev().find(|message| message.role == role);
    said.map_or("", |message| message.content.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Message, Provenance, Role};
    use crate::taxonomy::{Kind, NodePath};

    #[test]
    fn conditions_look_where_they_are_told_to() {
        let node = NodePath::parse("knowledge/a").unwrap();
        let messages = vec![
            Message::new(Role::User, "When does Frost come?"),
            Message::new(Role::Assistant, "At night."),
        ];
        let sample = Sample {
            provenance: Provenance {
                model: "granite".into(),
                ..Provenance::default()
            },
            flags: vec!["near-seed".into()],
            ..Sample::new(node, Kind::Knowledge, messages, None)
        };
        for (text, holds) in [
            ("frost", true),
            ("frost = x", false),
            ("question~FROST", true),
            ("answer~frost", false),
            ("model=granite", true),
            ("model=gran", false),
            ("model!=granite", false),
            ("answer!~frost", true),
            ("flag=near-seed", true),
            ("context~x", false),
        ] {
            assert_eq!(Condition::parse(text).unwrap().holds(&sample), holds, "{text}");
        }
        assert!(Condition::parse("colour=red").is_err());
    }
}
