//! What a leaf's folders are called: InstructLab's habits, and the names that would mean something else than was meant.
//!
//! InstructLab's validator checks no names; its guide asks for lower case and underscores between words, and the path is part of
//! every generated file's name. So a name is only ever proposed here; what is refused is what could not work.

use std::path::Path;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::check::SchemaName;
use super::node::{Branch, Kind, NodePath, NodePathError};

/// The most bytes that a folder's name may have on the usual file systems.
const MOST_BYTES: usize = 255;
/// Names that Windows keeps for devices, whatever follows a dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// Why no leaf or folder may be called so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamingError {
    #[error(transparent)]
    Path(#[from] NodePathError),
    #[error("'{0}' is one of the taxonomy's own folders; name a folder below it, as in {0}/science/optics")]
    Branch(String),
    #[error("'{0}' holds nothing a folder can be called; use letters or digits")]
    Nothing(String),
    #[error("no folder may be called '{name}': {reason}; choose another name")]
    Refused { name: String, reason: &'static str },
    #[error(
        "{node} cannot be a {kind} leaf: InstructLab reads what lies below a folder named '{folder}' as {read_as}; choose a path \
         below {wanted}/, or rename that folder"
    )]
    OtherKind {
        node: NodePath,
        kind: Kind,
        folder: String,
        read_as: &'static str,
        wanted: &'static str,
    },
}

/// A path as typed, and as InstructLab would write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// As typed, with the branch in front where it was left out.
    pub own: NodePath,
    /// By InstructLab's habits; folders that are there keep their names.
    pub habit: NodePath,
}

impl Naming {
    /// True when the typed path is as InstructLab would write it.
    pub fn is_habitual(&self) -> bool {
        self.own == self.habit
    }
}

/// Reads a path as typed and proposes the habitual one. A path without a branch in front gets the one of its kind.
///
/// # Errors
/// [`NamingError`]: what is typed can be no path, or holds nothing a folder can be called.
pub fn name_leaf(root: &Path, typed: &str, kind: Option<Kind>) -> Result<Naming, NamingError> {
    let typed = typed.trim().replace('\\', "/");
    let typed = typed.trim_start_matches("./").trim_matches('/');
    let typed = typed.strip_suffix("/qna.yaml").unwrap_or(typed);
    let first = typed.split('/').next().unwrap_or_default();
    let in_branch = Branch::ALL.iter().any(|branch| branch.folder() == first.trim());
    let whole = match kind {
        Some(kind) if !in_branch && !typed.is_empty() => format!("{}/{typed}", branch_of(kind).folder()),
        _ => typed.to_owned(),
    };
    let own = NodePath::parse(&whole)?;
    let mut habit = String::new();
    let mut is_there = true;
    for part in own.segments() {
        let with = |name: &str| {
            if habit.is_empty() {
                name.to_owned()
            } else {
                format!("{habit}/{name}")
            }
        };
        let as_is = with(part);
        is_there = is_there && root.join(&as_is).is_dir();
        habit = if is_there || habit.is_empty() {
            as_is
        } else {
            let name = habitual(part);
            if name.is_empty() {
                return Err(NamingError::Nothing(part.to_owned()));
            }
            with(&name)
        };
    }
    let habit = NodePath::parse(&habit)?;
    Ok(Naming { own, habit })
}

/// The branch that leaves of a kind usually lie in.
pub fn branch_of(kind: Kind) -> Branch {
    match kind {
        Kind::Knowledge => Branch::Knowledge,
        Kind::Skill | Kind::GroundedSkill => Branch::CompositionalSkills,
    }
}

/// One folder's name by InstructLab's habits: lower case, plain letters where there are any, underscores between words.
///
/// Letters of other scripts stay, since no spelling of them in Latin letters would be everybody's.
pub fn habitual(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut before = ' ';
    // Composed first: an umlaut may be typed as two characters.
    for c in name.nfkc() {
        // Words that are told apart by capitals only.
        if c.is_uppercase() && (before.is_lowercase() || before.is_numeric()) {
            plain.push('_');
        }
        before = c;
        match spelled(c) {
            Some(text) => plain.push_str(text),
            None => plain.extend(c.to_lowercase().nfd().filter(|c| !is_combining_mark(*c)).nfc()),
        }
    }
    let words = plain.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// Letters that have a usual spelling in plain ones, and signs that are words.
fn spelled(c: char) -> Option<&'static str> {
    Some(match c {
        'ä' | 'Ä' | 'æ' | 'Æ' => "ae",
        'ö' | 'Ö' | 'œ' | 'Œ' => "oe",
        'ü' | 'Ü' => "ue",
        'ß' | 'ẞ' => "ss",
        'ø' | 'Ø' => "o",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'þ' | 'Þ' => "th",
        'ı' => "i",
        '&' => "_and_",
        // It's, l'eau: one word.
        '\'' | '’' => "",
        _ => return None,
    })
}

/// Looks whether a leaf or a folder of leaves can be where a path says; `kind` is what its leaves are, where that is known.
///
/// # Errors
/// [`NamingError::Branch`], [`NamingError::Refused`] and [`NamingError::OtherKind`].
pub fn admit(node: &NodePath, kind: Option<Kind>) -> Result<(), NamingError> {
    if node.parent().is_none() {
        return Err(NamingError::Branch(node.to_string()));
    }
    for name in node.segments().skip(1) {
        if let Some(reason) = refused(name) {
            return Err(NamingError::Refused {
                name: name.to_owned(),
                reason,
            });
        }
    }
    let Some(kind) = kind else { return Ok(()) };
    let read_as = SchemaName::of(&node.qna_relative(), None);
    let wanted = match kind {
        Kind::Knowledge => SchemaName::Knowledge,
        Kind::Skill | Kind::GroundedSkill => SchemaName::Skill,
    };
    if read_as != wanted {
        let deciding = node.segments().rev().find(|part| SchemaName::of_folder(part).is_some());
        return Err(NamingError::OtherKind {
            node: node.clone(),
            kind,
            folder: deciding.unwrap_or_else(|| node.branch().folder()).to_owned(),
            read_as: match read_as {
                SchemaName::Knowledge => "knowledge",
                SchemaName::Skill => "skills",
            },
            wanted: branch_of(kind).folder(),
        });
    }
    Ok(())
}

/// Whether the folders of a path make InstructLab read its leaves as knowledge.
pub fn reads_as_knowledge(node: &NodePath) -> bool {
    SchemaName::of(&node.qna_relative(), None) == SchemaName::Knowledge
}

fn refused(name: &str) -> Option<&'static str> {
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    let device = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    if name.len() > MOST_BYTES {
        Some("it is longer than the 255 bytes that file systems allow")
    } else if name.starts_with('.') {
        Some("folders that begin with a dot are left out of the tree")
    } else if name == "qna.yaml" || name == "attribution.txt" || name == "samples.jsonl" {
        Some("a file of that name belongs there")
    } else if name == "reviews" {
        Some("decisions on samples are kept in folders of that name")
    } else if name.chars().any(char::is_control) {
        Some("it holds a control character")
    } else if name.chars().any(|c| r#"\:*?"<>|"#.contains(c)) || name.ends_with(['.', ' ']) || name.starts_with(' ') {
        Some("colleagues on other systems could not check it out")
    } else if DEVICES.contains(&device) && (device == stem || ["com", "lpt"].contains(&device)) {
        Some("Windows keeps that name for a device")
    } else {
        None
    }
}

/// What a person should know of a path although it works: sentences for the screen.
pub fn remarks(root: &Path, node: &NodePath, kind: Kind) -> Vec<String> {
    let mut said = Vec::new();
    let grounded = node.segments().any(|part| part == "grounded");
    if node.branch() == Branch::FoundationalSkills {
        said.push(
            "InstructLab never reads foundational_skills when it generates; use compositional_skills for that".into(),
        );
    }
    if kind == Kind::Skill && grounded {
        said.push("folders named grounded usually hold skills whose examples have a context".into());
    }
    let nested = node
        .segments()
        .skip(1)
        .find(|part| SchemaName::of_folder(part).is_some());
    if let Some(folder) = nested {
        said.push(format!(
            "a folder named '{folder}' decides how InstructLab reads what lies below it; another name is clearer"
        ));
    }
    let mut above = node.parent();
    while let Some(folder) = above {
        if folder.qna(root).is_file() {
            said.push(format!(
                "it lies inside the leaf {folder}; each of the two is generated on its own"
            ));
            break;
        }
        above = folder.parent();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_habits() {
        for (typed, wanted) in [
            ("Polite Replies", "polite_replies"),
            ("frost-protection", "frost_protection"),
            ("  Gärten & Böden ", "gaerten_and_boeden"),
            ("Ga\u{308}rten", "gaerten"),
            ("Straße", "strasse"),
            ("café_crème", "cafe_creme"),
            ("GardenFrost2Go", "garden_frost2_go"),
            ("it's", "its"),
            ("葉 の 病気", "葉_の_病気"),
            ("Ёлка", "елка"),
            ("a__b..c", "a_b_c"),
            ("v1.2", "v1_2"),
            ("!?", ""),
        ] {
            assert_eq!(habitual(typed), wanted, "{typed}");
            assert_eq!(habitual(wanted), wanted, "{typed}: twice");
        }
    }

    #[test]
    fn folders_that_are_there_keep_their_names() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("knowledge/Old Folder")).unwrap();
        let naming = name_leaf(root.path(), "knowledge/Old Folder/New Leaf/", None).unwrap();
        assert_eq!(naming.own.as_str(), "knowledge/Old Folder/New Leaf");
        assert_eq!(naming.habit.as_str(), "knowledge/Old Folder/new_leaf");
        let naming = name_leaf(root.path(), "Science/Optics", Some(Kind::Knowledge)).unwrap();
        assert_eq!(naming.habit.as_str(), "knowledge/science/optics");
        assert!(matches!(
            name_leaf(root.path(), "science/optics", None),
            Err(NamingError::Path(_))
        ));
        assert!(matches!(
            name_leaf(root.path(), "knowledge/??", None),
            Err(NamingError::Nothing(_))
        ));
    }

    #[test]
    fn a_kind_belongs_below_its_folder_wherever_that_is() {
        let admit = |path: &str, kind| admit(&NodePath::parse(path).unwrap(), Some(kind));
        admit("knowledge/a", Kind::Knowledge).unwrap();
        admit("compositional_skills/a", Kind::GroundedSkill).unwrap();
        admit("foundational_skills/a", Kind::Skill).unwrap();
        // The last such folder decides, as InstructLab's validator has it.
        admit("compositional_skills/knowledge/a", Kind::Knowledge).unwrap();
        for (path, kind) in [
            ("knowledge/a", Kind::Skill),
            ("compositional_skills/a", Kind::Knowledge),
            ("compositional_skills/a/knowledge/b", Kind::Skill),
        ] {
            let error = admit(path, kind).unwrap_err();
            assert!(matches!(error, NamingError::OtherKind { .. }), "{path}: {error}");
        }
        assert!(matches!(
            admit("knowledge", Kind::Knowledge),
            Err(NamingError::Branch(_))
        ));
    }

    #[test]
    fn names_that_could_not_work_are_refused() {
        for name in [
            "reviews",
            ".hidden",
            "a:b",
            "nul",
            "com1",
            "Aux.x",
            "x.",
            "a\u{7}",
            &"x".repeat(256),
        ] {
            let node = NodePath::parse(&format!("knowledge/{name}")).unwrap();
            assert!(matches!(admit(&node, None), Err(NamingError::Refused { .. })), "{name}");
        }
        for name in ["company", "console", "a b", "Ä", "nulls"] {
            let node = NodePath::parse(&format!("knowledge/{name}")).unwrap();
            assert_eq!(admit(&node, None), Ok(()), "{name}");
        }
    }
}
