//! Where the drops of a run lie in their file, so that a million of them can be browsed a window at a time.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;

use super::jsonl::Followed;
use crate::samples::{Drop, DropReason, StoreError};

/// What drops are told apart by: the block that dropped, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupKey {
    pub block: String,
    pub reason: DropReason,
}

/// Drops of one block for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropGroup {
    pub key: GroupKey,
    pub count: usize,
}

/// The drops of one run by their place in its file, read on from where the last reading ended. 12 bytes a drop are kept, and
/// four for its place in its group.
///
/// Rows that were let go when the run was stopped are left out: nobody judged them.
#[derive(Debug)]
pub struct DropIndex {
    followed: Followed,
    generation: u64,
    offsets: Vec<u64>,
    lengths: Vec<u32>,
    groups: Vec<(GroupKey, Vec<u32>)>,
    by_key: HashMap<GroupKey, usize>,
    broken: usize,
}

/// The fields of a drop that are read at once; the rest is checked to be JSON and passed over.
#[derive(Deserialize)]
struct Glance<'a> {
    #[serde(borrow)]
    block: Cow<'a, str>,
    reason: DropReason,
}

impl DropIndex {
    pub(super) fn new(path: &Path) -> Self {
        DropIndex {
            followed: Followed::new(path),
            generation: 0,
            offsets: Vec::new(),
            lengths: Vec::new(),
            groups: Vec::new(),
            by_key: HashMap::new(),
            broken: 0,
        }
    }

    /// Reads on for so many bytes and the rest of the line they end in. True when there is more to read.
    ///
    /// A file that did not simply grow, as when the run was taken up again, is read anew: another generation begins, in which
    /// no place means what it meant.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read_on(&mut self, most: u64) -> Result<bool, StoreError> {
        let mut followed = self.followed.clone();
        let read = followed.read_on_for(most, &mut |line| {
            // A part that cannot be read any more stays for who looks at the file.
            let Ok(glance) = serde_json::from_slice::<Glance<'_>>(line.bytes) else {
                self.broken += 1;
                return;
            };
            if glance.reason != DropReason::Cancelled {
                self.add(glance, line.offset, line.bytes.len());
            }
        });
        // After a failure nobody knows which lines were handed on.
        if read.as_ref().map_or(true, |grown| grown.rewritten) {
            *self = DropIndex {
                generation: self.generation + 1,
                ..DropIndex::new(self.followed.path())
            };
            return read.map(|_| true);
        }
        let grown = read?;
        self.followed = followed;
        Ok(grown.more)
    }

    fn add(&mut self, glance: Glance<'_>, offset: u64, length: usize) {
        let (Ok(place), Ok(length)) = (u32::try_from(self.offsets.len()), u32::try_from(length)) else {
            self.broken += 1;
            return;
        };
        let key = GroupKey {
            block: glance.block.into_owned(),
            reason: glance.reason,
        };
        let group = *self.by_key.entry(key).or_insert_with_key(|key| {
            self.groups.push((key.clone(), Vec::new()));
            self.groups.len() - 1
        });
        if let Some((_, places)) = self.groups.get_mut(group) {
            places.push(place);
        }
        self.offsets.push(offset);
        self.lengths.push(length);
    }

    /// Goes up whenever the file was rewritten.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Lines that are no drops.
    pub fn broken(&self) -> usize {
        self.broken
    }

    /// Where the part that was read ends, in bytes.
    pub fn end(&self) -> u64 {
        self.followed.offset()
    }

    /// The largest first.
    pub fn groups(&self) -> Vec<DropGroup> {
        let all = self.groups.iter().map(|(key, places)| DropGroup {
            key: key.clone(),
            count: places.len(),
        });
        let mut groups: Vec<_> = all.collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }

    /// How many there are, in a group or in all.
    pub fn len(&self, group: Option<&GroupKey>) -> usize {
        match group {
            None => self.offsets.len(),
            Some(key) => self.places(key).len(),
        }
    }

    fn places(&self, key: &GroupKey) -> &[u32] {
        let group = self.by_key.get(key).and_then(|group| self.groups.get(*group));
        group.map_or(&[], |(_, places)| places.as_slice())
    }

    /// The offsets and lengths of some drops of a group, or of all, in the order in which they were dropped.
    pub fn lines(&self, group: Option<&GroupKey>, range: Range<usize>) -> Vec<(u64, u32)> {
        let line = |place: usize| Some((*self.offsets.get(place)?, *self.lengths.get(place)?));
        match group {
            None => range.filter_map(line).collect(),
            Some(key) => {
                let places = self.places(key).iter().skip(range.start).take(range.len());
                places.filter_map(|place| line(usize::try_from(*place).ok()?)).collect()
            }
        }
    }

    /// The file that [`load_drops`] reads from.
    pub fn path(&self) -> &Path {
        self.followed.path()
    }
}

/// Reads whole drops at places that an index named, each with its offset; those that are gone by now are left out.
///
/// # Errors
/// When the file cannot be opened.
pub fn load_drops(path: &Path, lines: &[(u64, u32)]) -> Result<Vec<(u64, Drop)>, StoreError> {
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let mut file = File::open(path).map_err(|error| StoreError::unreadable(path, &error))?;
    let mut bytes = Vec::new();
    let mut load = |(offset, length): &(u64, u32)| {
        file.seek(SeekFrom::Start(*offset)).ok()?;
        bytes.clear();
        file.by_ref().take(u64::from(*length)).read_to_end(&mut bytes).ok()?;
        Some((*offset, serde_json::from_slice(&bytes).ok()?))
    };
    Ok(lines.iter().filter_map(&mut load).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    /// What may happen to a file of drops between two readings.
    #[derive(Debug, Clone)]
    enum Happened {
        Dropped {
            block: u8,
            reason: DropReason,
        },
        /// Half a line: whoever writes it is not through.
        Half,
        /// A line that is no drop.
        Odd,
        Read {
            most: u64,
        },
        Emptied,
    }

    fn happened() -> impl Strategy<Value = Happened> {
        let reasons = prop::sample::select(&[DropReason::Filter, DropReason::Empty, DropReason::Cancelled][..]);
        prop_oneof![
            8 => (0..3u8, reasons).prop_map(|(block, reason)| Happened::Dropped { block, reason }),
            2 => Just(Happened::Half),
            1 => Just(Happened::Odd),
            4 => (1..600u64).prop_map(|most| Happened::Read { most }),
            1 => Just(Happened::Emptied),
        ]
    }

    fn line(row: usize, block: u8, reason: DropReason) -> String {
        let word = reason.word();
        let text = "é ".repeat(row % 40);
        format!(
            "{{\"row\":{row},\"block\":\"b{block}\",\"reason\":\"{word}\",\"text\":\"{text}\",\"at\":\"2026-11-22T09:00:00Z\"}}\n"
        )
    }

    proptest! {
        #[test]
        fn reading_on_finds_what_reading_anew_finds(all in prop::collection::vec(happened(), 0..60)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("drops.jsonl");
            let mut index = DropIndex::new(&path);
            let (mut whole, mut torn) = (String::new(), String::new());
            for (row, one) in all.into_iter().enumerate() {
                match one {
                    Happened::Dropped { block, reason } => {
                        // The rest of a torn line comes first.
                        whole += &std::mem::take(&mut torn);
                        whole += &line(row, block, reason);
                    }
                    Happened::Half if torn.is_empty() => torn = line(row, 0, DropReason::Empty),
                    Happened::Half => {}
                    Happened::Odd => {
                        whole += &std::mem::take(&mut torn);
                        whole += "{\"odd\": true}\n";
                    }
                    Happened::Read { most } => {
                        index.read_on(most).unwrap();
                    }
                    Happened::Emptied => {
                        whole.clear();
                        torn.clear();
                    }
                }
                let half = torn.get(..torn.len() / 3).unwrap_or_default();
                fs::write(&path, format!("{whole}{half}")).unwrap();
            }
            while index.read_on(200).unwrap() {}

            let read = crate::samples::read_lines::<Drop>(&path).unwrap();
            let wanted: Vec<Drop> = read
                .records
                .into_iter()
                .filter(|drop| drop.reason != DropReason::Cancelled)
                .collect();
            let load = |group: Option<&GroupKey>, range| -> Vec<Drop> {
                let loaded = load_drops(index.path(), &index.lines(group, range)).unwrap();
                loaded.into_iter().map(|(_, drop)| drop).collect()
            };
            if path.exists() {
                prop_assert_eq!(&load(None, 0..index.len(None)), &wanted);
                for group in index.groups() {
                    let own = wanted.iter().filter(|drop| drop.block == group.key.block && drop.reason == group.key.reason);
                    let own: Vec<Drop> = own.cloned().collect();
                    prop_assert_eq!(group.count, own.len());
                    prop_assert_eq!(&load(Some(&group.key), 0..own.len() + 3), &own);
                    prop_assert_eq!(load(Some(&group.key), 1..2), own.get(1..2).unwrap_or_default());
                }
                prop_assert_eq!(index.groups().iter().map(|group| group.count).sum::<usize>(), wanted.len());
            }
        }
    }

    #[test]
    fn a_file_that_was_rewritten_begins_another_generation() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("drops.jsonl");
        let lines = |rows: Range<usize>| rows.map(|row| line(row, 0, DropReason::Filter)).collect::<String>();
        fs::write(&path, lines(0..5)).unwrap();
        let mut index = DropIndex::new(&path);
        assert!(!index.read_on(u64::MAX).unwrap());
        assert_eq!((index.len(None), index.generation()), (5, 0));
        fs::write(&path, lines(7..9)).unwrap();
        while index.read_on(u64::MAX).unwrap() {}
        assert_eq!((index.len(None), index.generation()), (2, 1));
    }
}
