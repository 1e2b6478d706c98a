//! The work behind the quarantine: reading it, restoring, finding calls, trying a threshold.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::Report;
use super::drop_rows::{Dropped, ROWS};
use super::quarantine::Found;
use crate::samples::{Drop, GroupKey, RunId, load_drops};
use crate::tui::jobs::Post;
use crate::tui::report::Report as AnyReport;
use crate::tui::rooms::Rooms;
use crate::workbench::{DropsWanted, Workbench, WorkbenchError};

/// Bytes that are read before the rows that are there can be looked at.
const SLICE: u64 = 4 << 20;
/// The shortest time between two reports of a reading.
const PACE: Duration = Duration::from_millis(150);
/// Longest text of a drop that is kept, in bytes, and longest column.
const LONGEST: usize = 16_384;
const LONGEST_COLUMN: usize = 2048;

/// Reads on in the drops of a run and tells how far it is, until it is through.
pub fn read(rooms: &Rooms, run: &RunId, post: &Post, cancel: &CancellationToken) {
    let mut told: Option<Instant> = None;
    while !cancel.is_cancelled() {
        let found = read_slice(rooms, run);
        let reading = found.as_ref().is_ok_and(|found| found.reading);
        if !reading || told.is_none_or(|told| told.elapsed() >= PACE) {
            let report = Report::Drops {
                run: run.clone(),
                found: found.map(Box::new).map_err(|error| error.to_string()),
            };
            post.send_blocking(AnyReport::Generate(report));
            told = Some(Instant::now());
        }
        if !reading {
            break;
        }
        // Whoever waits for rows that are there comes first.
        std::thread::yield_now();
    }
}

fn read_slice(rooms: &Rooms, run: &RunId) -> Result<Found, WorkbenchError> {
    let record = rooms.workbench.runs().open(run)?.record()?;
    rooms.with_drops(run, |index| {
        let reading = index.read_on(SLICE)?;
        Ok(Found {
            record,
            groups: index.groups(),
            broken: index.broken(),
            end: index.end(),
            generation: index.generation(),
            reading,
        })
    })
}

/// Reads some rows of a group, or of all, from one of them on.
pub fn rows(rooms: &Rooms, run: RunId, group: Option<GroupKey>, from: usize, generation: u64) -> Report {
    let read = || -> Result<_, WorkbenchError> {
        let (path, lines, now) = rooms.with_drops(&run, |index| {
            let lines = index.lines(group.as_ref(), from..from + ROWS);
            Ok((index.path().to_owned(), lines, index.generation()))
        })?;
        if now != generation {
            return Ok((Vec::new(), now));
        }
        let drops = load_drops(&path, &lines)?.into_iter();
        Ok((drops.map(|(offset, drop)| kept(offset, drop)).collect(), now))
    };
    let (rows, generation) = match read() {
        Ok((rows, generation)) => (Ok(rows), generation),
        Err(error) => (Err(error.to_string()), generation),
    };
    Report::DropRows {
        run,
        group,
        from,
        generation,
        rows,
    }
}

/// Says whether marks still mean the rows that they were put at.
fn is_as_marked(rooms: &Rooms, run: &RunId, generation: u64) -> Result<(), String> {
    let now = rooms.with_drops(run, |index| {
        index.read_on(0)?;
        Ok(index.generation())
    });
    match now {
        Ok(now) if now == generation => Ok(()),
        Ok(_) => Err("what this run dropped was written anew meanwhile; look at it again first".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn kept(offset: u64, mut drop: Drop) -> Dropped {
    let restorable = drop.sample.take().is_some();
    cut(&mut drop.text, LONGEST);
    cut(&mut drop.message, LONGEST_COLUMN);
    for value in drop.columns.values_mut() {
        match value {
            Value::String(text) => cut(text, LONGEST_COLUMN),
            Value::Array(_) | Value::Object(_) => {
                let mut text = value.to_string();
                cut(&mut text, LONGEST_COLUMN);
                *value = Value::String(text);
            }
            _ => {}
        }
    }
    Dropped {
        offset,
        drop,
        restorable,
    }
}

fn cut(text: &mut String, longest: usize) {
    if text.len() > longest {
        text.truncate(text.floor_char_boundary(longest));
        text.push_str(" …");
    }
}

pub fn restore(rooms: &Rooms, run: &RunId, wanted: DropsWanted, generation: u64) -> Report {
    let restored = is_as_marked(rooms, run, generation)
        .and_then(|()| rooms.workbench.restore(run, &wanted).map_err(|error| error.to_string()));
    Report::Restored { wanted, restored }
}

/// Finds the calls behind dropped rows.
pub fn calls(rooms: &Rooms, run: &RunId, wanted: &DropsWanted, generation: u64) -> Report {
    let found = || {
        let record = rooms.workbench.runs().open(run)?.record()?;
        rooms.workbench.again(&record, wanted)
    };
    let as_marked = is_as_marked(rooms, run, generation);
    Report::Calls(as_marked.and_then(|()| found().map_err(|error: WorkbenchError| error.to_string())))
}

pub fn try_threshold(workbench: &Workbench, run: &RunId, block: &str, value: f64) -> Report {
    Report::Tried(
        workbench
            .try_threshold(run, block, value)
            .map_err(|error| error.to_string()),
    )
}
