//! The list on the left: changes by group, which of them are in, and what holds the commit back.

use std::collections::BTreeMap;

use super::{Overview, wording};
use crate::git::ChangeKind;
use crate::taxonomy::Diagnostic;
use crate::workbench::{ChangeGroup, ChangedFile};

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Heading(ChangeGroup),
    /// A change, by its place among all changes.
    File(usize),
}

/// The list, worked out once for what changed and what was chosen.
#[derive(Debug, Default)]
pub struct Listing {
    pub rows: Vec<Row>,
    /// For every change: whether it is in.
    pub included: Vec<bool>,
    /// How many are in.
    pub count: usize,
    /// The errors in the seeds that are in.
    pub errors: Vec<Diagnostic>,
}

impl Listing {
    pub fn of(overview: &Overview, choices: &BTreeMap<String, bool>) -> Self {
        let mut listing = Listing::default();
        let mut group = None;
        let mut last_node = None;
        for (index, file) in overview.changes.files.iter().enumerate() {
            if group != Some(file.group) {
                group = Some(file.group);
                listing.rows.push(Row::Heading(file.group));
            }
            listing.rows.push(Row::File(index));
            let offered = file.is_offered();
            let included = never(file).is_none() && choices.get(&file.path).copied().unwrap_or(offered);
            listing.included.push(included);
            if !included {
                continue;
            }
            listing.count += 1;
            // The files of a leaf follow each other: its errors count once.
            if file.group == ChangeGroup::Seeds && last_node != file.node.as_ref() {
                last_node = file.node.as_ref();
                let errors = last_node.and_then(|node| overview.errors.get(node));
                listing.errors.extend(errors.into_iter().flatten().cloned());
            }
        }
        listing
    }

    /// The places of a group's changes that can be in.
    pub fn in_group<'a>(&self, files: &'a [ChangedFile], group: ChangeGroup) -> Vec<(usize, &'a ChangedFile)> {
        let all = files.iter().enumerate();
        all.filter(|(_, file)| file.group == group && never(file).is_none())
            .collect()
    }
}

/// The heading above a group.
pub fn heading(group: ChangeGroup) -> &'static str {
    match group {
        ChangeGroup::Other => "Other files, left out unless you take them in",
        group => group.title(),
    }
}

/// Why a change is never part of a commit made here; `None` when it may be.
pub fn never(file: &ChangedFile) -> Option<&'static str> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    if file.kind == ChangeKind::Conflicted {
        Some("this file is in conflict; mend it and run 'git add' on it, then have it read again")
    } else if name.contains(".torn-") {
        Some("this is the rest of a line that was cut off while it was written; look at it, then delete it")
    } else {
        None
    }
}

/// The name of a change in the list.
pub fn name(file: &ChangedFile) -> &str {
    match (&file.node, file.group) {
        (Some(node), ChangeGroup::Seeds | ChangeGroup::Decisions | ChangeGroup::Samples) => node.name(),
        _ => file.shown.rsplit('/').next().unwrap_or(&file.shown),
    }
}

/// What a change means, in plain words.
pub fn meaning(file: &ChangedFile) -> String {
    let file_name = file.path.rsplit('/').next().unwrap_or(&file.path);
    match file.group {
        ChangeGroup::Decisions => wording::decisions(&file.decisions).unwrap_or_else(|| file.word().to_owned()),
        ChangeGroup::Samples if file.samples == 1 => "1 sample added".to_owned(),
        ChangeGroup::Samples if file.samples > 1 => format!("{} samples added", file.samples),
        ChangeGroup::Seeds if file_name == crate::taxonomy::SEED_FILE => match &file.kind {
            ChangeKind::Modified => "seeds changed".to_owned(),
            ChangeKind::Added | ChangeKind::Untracked => "new seeds".to_owned(),
            _ => format!("seeds {}", file.word()),
        },
        ChangeGroup::Seeds => format!("{file_name} {}", file.word()),
        _ => match file.shown.rsplit_once('/') {
            Some((folder, _)) => format!("{} in {folder}", file.word()),
            None => file.word().to_owned(),
        },
    }
}
