//! Carrying one file or folder from one place to another: a rename where that is possible, so that a folder of a thousand leaves
//! is there or gone as a whole; a copy where the two places are on different disks.
//!
//! Each function may be called again after a crash at any point: it finds out how far it got.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::MovingError;
use crate::disk::sync_folder;

/// Carries `from` to `to`; what has been carried already is fine.
///
/// # Errors
/// [`MovingError::InTheWay`] when something else is at `to`, [`MovingError::Vanished`] when nothing is at either place.
pub(super) fn carry(from: &Path, to: &Path) -> Result<(), MovingError> {
    let failed = |source| MovingError::Carry {
        from: from.to_owned(),
        to: to.to_owned(),
        source,
    };
    let half_way = beside(to);
    match (is_there(from), is_there(to)) {
        (true, true) => return Err(MovingError::InTheWay { path: to.to_owned() }),
        (false, true) => {
            remove(&beside(from)).map_err(failed)?;
            return Ok(());
        }
        (false, false) if half_way.symlink_metadata().is_ok() => {
            fs::rename(&half_way, to).map_err(failed)?;
            remove(&beside(from)).map_err(failed)?;
            return synced(from, to).map_err(failed);
        }
        (false, false) => return Err(MovingError::Vanished { path: from.to_owned() }),
        (true, false) => {}
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // What an earlier attempt to copy left.
    remove(&half_way).map_err(failed)?;
    let renamed = if only_case_differs(from, to) {
        // Where letter case does not count, the target seems to be there already, so it goes by way of a third name.
        fs::rename(from, &half_way).and_then(|()| fs::rename(&half_way, to))
    } else {
        fs::rename(from, to)
    };
    match renamed {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy_over(from, to).map_err(failed)?,
        other => other.map_err(failed)?,
    }
    synced(from, to).map_err(failed)
}

/// True when exactly this name is in its folder, letter case and all.
pub(super) fn is_there(path: &Path) -> bool {
    if path.symlink_metadata().is_err() {
        return false;
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return true;
    };
    // Only where letter case does not count can another name answer; then the listing tells.
    let Some(other) = other_case(name) else { return true };
    if folder.join(&other).symlink_metadata().is_err() {
        return true;
    }
    fs::read_dir(folder).is_ok_and(|listing| listing.flatten().any(|entry| entry.file_name() == *name))
}

/// Two names of one folder that differ in letter case alone.
pub(super) fn only_case_differs(a: &Path, b: &Path) -> bool {
    let folded = |path: &Path| path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    a != b && a.parent() == b.parent() && folded(a) == folded(b)
}

/// The same name with its letters in another case; `None` where it has none.
fn other_case(name: &std::ffi::OsStr) -> Option<OsString> {
    let text = name.to_str()?;
    let upper = text.to_uppercase();
    let other = if upper == text { text.to_lowercase() } else { upper };
    (other != text).then(|| other.into())
}

/// Copies whole, then swaps: at each moment one of the two is complete.
fn copy_over(from: &Path, to: &Path) -> io::Result<()> {
    let half_way = beside(to);
    copy(from, &half_way)?;
    let gone = beside(from);
    fs::rename(from, &gone)?;
    fs::rename(&half_way, to)?;
    remove(&gone)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(from)?;
    if meta.is_symlink() {
        return copy_link(from, to);
    }
    if !meta.is_dir() {
        fs::copy(from, to)?;
        return File::open(to)?.sync_all();
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    fs::set_permissions(to, meta.permissions())?;
    sync_folder(to)
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)
}

#[cfg(not(unix))]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(|_| ())
}

/// A hidden name in the same folder, which no listing of the taxonomy shows.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".seedbed-moving");
    path.with_file_name(name)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn synced(from: &Path, to: &Path) -> io::Result<()> {
    for folder in [from.parent(), to.parent()].into_iter().flatten() {
        if folder.is_dir() {
            sync_folder(folder)?;
        }
    }
    Ok(())
}

/// Removes folders that hold nothing, from `folder` upwards, up to but not including `stop`.
pub(super) fn remove_empty(folder: &Path, stop: &Path) {
    let mut at = folder;
    while at != stop && at.starts_with(stop) && fs::remove_dir(at).is_ok() {
        let Some(above) = at.parent() else { return };
        at = above;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("x/b"));
        fs::create_dir_all(from.join("deep")).unwrap();
        fs::write(from.join("deep/qna.yaml"), "seeds").unwrap();
        (folder, from, to)
    }

    fn seeds(path: &Path) -> Option<String> {
        fs::read_to_string(path.join("deep/qna.yaml")).ok()
    }

    #[test]
    fn carrying_twice_is_carrying_once_and_nothing_is_overwritten() {
        let (_folder, from, to) = planted();
        carry(&from, &to).unwrap();
        carry(&from, &to).unwrap();
        assert_eq!((seeds(&from), seeds(&to)), (None, Some("seeds".into())));
        fs::create_dir(&from).unwrap();
        assert!(matches!(carry(&from, &to), Err(MovingError::InTheWay { .. })));
        fs::remove_dir(&from).unwrap();
        fs::remove_dir_all(&to).unwrap();
        assert!(matches!(carry(&from, &to), Err(MovingError::Vanished { .. })));
    }

    #[test]
    fn a_change_of_letter_case_survives_being_cut_off_half_way() {
        let (folder, from, _) = planted();
        let to = folder.path().join("A");
        fs::rename(&from, beside(&to)).unwrap();
        carry(&from, &to).unwrap();
        assert_eq!(seeds(&to), Some("seeds".into()));
        carry(&to, &from).unwrap();
        let names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["a"]);
    }

    #[test]
    fn copying_over_leaves_one_whole_copy_wherever_it_is_cut_off() {
        let (_folder, from, to) = planted();
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        // Cut off while copying: the old one is whole, what was copied is thrown away.
        fs::create_dir(beside(&to)).unwrap();
        carry(&from, &to).unwrap();
        assert_eq!(seeds(&to), Some("seeds".into()));
        // Cut off between the two renames.
        copy(&to, &beside(&from)).unwrap();
        fs::rename(&to, beside(&to)).unwrap();
        carry(&to, &from).unwrap();
        assert_eq!((seeds(&from), seeds(&to)), (Some("seeds".into()), None));
        assert!(!beside(&to).exists());
        // Not cut off.
        copy_over(&from, &to).unwrap();
        assert_eq!((seeds(&from), seeds(&to)), (None, Some("seeds".into())));
        assert!(!beside(&from).exists());
    }
}
