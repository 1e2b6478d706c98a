//! Which schema a file is judged by: the one its folder names, in the version it names itself.

use crate::taxonomy::node::Branch;
use crate::taxonomy::yaml::{Node, NodeValue, Resolved};

/// The newest version of the schema.
pub(super) const LATEST: i64 = 3;
pub(super) const VERSION_FIX: &str = "Sets the version to 3.";

/// The two schemas there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::taxonomy) enum SchemaName {
    Knowledge,
    Skill,
}

impl SchemaName {
    pub(in crate::taxonomy) fn of_folder(name: &str) -> Option<Self> {
        if name == Branch::Knowledge.folder() {
            Some(SchemaName::Knowledge)
        } else if name == Branch::CompositionalSkills.folder() {
            Some(SchemaName::Skill)
        } else {
            None
        }
    }

    /// The last folder of the path that names a schema decides; where none does, the key `document` does.
    pub(in crate::taxonomy) fn of(path: &str, root: Option<&Node>) -> Self {
        path.split('/')
            .rev()
            .find_map(SchemaName::of_folder)
            .unwrap_or_else(|| match root.and_then(|root| root.get("document")) {
                Some(_) => SchemaName::Knowledge,
                None => SchemaName::Skill,
            })
    }
}

/// The version by which a file is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Known(i64),
    /// There is no such schema; the number decides only whether style is looked at.
    Unknown(i64),
    /// An infinite number, at which the validator breaks off.
    NoNumber,
}

impl Version {
    /// Reads the version as the validator does: what cannot be made a number counts as 1, which is also the default.
    pub(super) fn of(root: &Node) -> Self {
        let Some(node) = root.get("version") else {
            return Version::Known(1);
        };
        let number = match node.scalar_text() {
            Some(text) => match kind_of(node) {
                // Python's booleans are whole numbers, but no schema is named after them.
                Resolved::Bool => return Version::Unknown(0),
                Resolved::Int => node.as_int().unwrap_or(i64::MAX),
                Resolved::Float => match node.as_float() {
                    Some(number) if number.is_infinite() => return Version::NoNumber,
                    #[allow(clippy::cast_possible_truncation)]
                    Some(number) if !number.is_nan() => number.trunc() as i64,
                    _ => 1,
                },
                Resolved::Str => python_int(text).unwrap_or(1),
                _ => 1,
            },
            None => 1,
        };
        if (1..=LATEST).contains(&number) {
            Version::Known(number)
        } else {
            Version::Unknown(number)
        }
    }
}

/// The type of a scalar; `Other` for what is none.
pub(super) fn kind_of(node: &Node) -> Resolved {
    match &node.value {
        NodeValue::Scalar { tag, .. } => *tag,
        _ => Resolved::Other,
    }
}

/// What Python's `int()` makes of a text: spaces around, a sign, digits with single underscores between them.
fn python_int(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = digits
        .split('_')
        .all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    if !plain {
        return None;
    }
    let number: i64 = digits.replace('_', "").parse().unwrap_or(i64::MAX);
    Some(if text.starts_with('-') {
        number.saturating_neg()
    } else {
        number
    })
}
