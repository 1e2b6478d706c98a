//! The place on disk: one small file for each taxonomy, below the state folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{OnShow, Place, screen_called};
use crate::disk::write_whole;
use crate::samples::SampleId;
use crate::taxonomy::NodePath;
use crate::text::digest::hex;

/// The format that this program writes and reads.
const VERSION: u32 = 1;
/// A larger file was not written by this program.
const MOST_BYTES: u64 = 64 << 20;

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u32,
    root: String,
    screen: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chosen: Option<NodePath>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    closed: Vec<NodePath>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leaf: Option<NodePath>,
    #[serde(default)]
    row: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sample: Option<SampleId>,
    #[serde(default)]
    undecided: bool,
}

/// The file for a taxonomy: its name is the start of a SHA-256 over the root's path.
pub fn file_of(state: &Path, root: &Path) -> PathBuf {
    let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
    let name = hex(digest.get(..8).unwrap_or(&digest));
    state.join("places").join(format!("{name}.json"))
}

/// Where the screens on a taxonomy were left; `None` when that is not known. A file that this program cannot make sense of is
/// moved aside (`….unread`), which is all the notice that so small a loss deserves.
pub fn read(state: &Path, root: &Path) -> Option<Place> {
    let file = file_of(state, root);
    let size = fs::metadata(&file).ok()?.len();
    let bytes = if size <= MOST_BYTES {
        fs::read(&file).ok()?
    } else {
        Vec::new()
    };
    let place = understood(&bytes, root);
    if place.is_none() {
        let _ = fs::rename(&file, file.with_extension("json.unread"));
    }
    place
}

fn understood(bytes: &[u8], root: &Path) -> Option<Place> {
    let stored: Stored = serde_json::from_slice(bytes).ok()?;
    if stored.version != VERSION || stored.root != root.to_string_lossy() {
        return None;
    }
    Some(Place {
        screen: screen_called(&stored.screen)?,
        chosen: stored.chosen,
        closed: stored.closed,
        leaf: stored.leaf,
        row: stored.row,
        sample: stored.sample.map(|sample| OnShow {
            sample,
            undecided: stored.undecided,
        }),
    })
}

/// Writes the place: after a crash the file is the old or the new one.
///
/// # Errors
/// What the system says.
pub fn keep(state: &Path, root: &Path, place: Place) -> io::Result<()> {
    let stored = Stored {
        version: VERSION,
        root: root.to_string_lossy().into_owned(),
        screen: place.screen.title().to_owned(),
        chosen: place.chosen,
        closed: place.closed,
        leaf: place.leaf,
        row: place.row,
        undecided: place.sample.as_ref().is_some_and(|on_show| on_show.undecided),
        sample: place.sample.map(|on_show| on_show.sample),
    };
    write_whole(&file_of(state, root), &serde_json::to_vec(&stored)?)
}
