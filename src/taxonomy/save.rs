//! Writes a file so that after a crash it is either the old one or the new one, and never over somebody else's change.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fingerprint::Fingerprint;
use crate::disk::{folder_of, make_folder, sync_folder, temporary_prefix, write_beside};

/// Why a file was not saved. Whatever the reason, the file on disk is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    #[error(
        "{} was changed by another program since it was read; compare the two versions, then keep yours, theirs or a mix",
        path.display()
    )]
    Changed {
        path: PathBuf,
        /// What is on disk now.
        theirs: Vec<u8>,
    },
    #[error("{} was removed or moved by another program since it was read; save it as a new file, or let it go", path.display())]
    Gone { path: PathBuf },
    #[error("{} is read-only; make it writable, then save again", path.display())]
    ReadOnly { path: PathBuf },
    #[error("{} is a link to a file that is not there; mend or remove the link, then save again", path.display())]
    DanglingLink { path: PathBuf },
    #[error("{} is not a file; move it away, then save again", path.display())]
    NotAFile { path: PathBuf },
    #[error("cannot save {}: {source}; nothing on disk was changed, check space and permissions and save again", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// Saves bytes under a path, atomically and synced, and returns their fingerprint.
///
/// `expected` is the fingerprint of what was read before the edit; `None` means that the file is new and must not be there.
/// The mode of an existing file is kept and a link is written through. Saving what is there already writes nothing.
///
/// # Errors
/// [`SaveError`]; the file on disk is then as it was.
pub fn save(path: &Path, bytes: &[u8], expected: Option<Fingerprint>) -> Result<Fingerprint, SaveError> {
    let io = |source| SaveError::Io {
        path: path.to_owned(),
        source,
    };
    let fingerprint = Fingerprint::of(bytes);
    let (target, current) = match read_current(path)? {
        Some(current) => {
            let theirs = Fingerprint::of(&current.bytes);
            if theirs == fingerprint {
                return Ok(fingerprint);
            }
            if expected != Some(theirs) {
                return Err(SaveError::Changed {
                    path: path.to_owned(),
                    theirs: current.bytes,
                });
            }
            if current.meta.permissions().readonly() {
                return Err(SaveError::ReadOnly { path: path.to_owned() });
            }
            (current.target, Some(current.meta))
        }
        None if expected.is_some() => return Err(SaveError::Gone { path: path.to_owned() }),
        None => {
            make_folder(folder_of(path)).map_err(io)?;
            (path.to_owned(), None)
        }
    };
    let temporary = write_beside(&target, bytes, current.as_ref()).map_err(io)?;
    remove_leftovers(&target, temporary.path());
    if current.is_some() {
        // Hashing and writing took a while: look again, so that only the rename itself is unguarded.
        match read_current(path)? {
            Some(now) if expected == Some(Fingerprint::of(&now.bytes)) => {}
            Some(now) => {
                return Err(SaveError::Changed {
                    path: path.to_owned(),
                    theirs: now.bytes,
                });
            }
            None => return Err(SaveError::Gone { path: path.to_owned() }),
        }
        temporary.persist(&target).map_err(|failed| io(failed.error))?;
    } else if let Err(failed) = temporary.persist_noclobber(&target) {
        return match read_current(path)? {
            Some(now) => Err(SaveError::Changed {
                path: path.to_owned(),
                theirs: now.bytes,
            }),
            None => Err(io(failed.error)),
        };
    }
    sync_folder(folder_of(&target)).map_err(io)?;
    Ok(fingerprint)
}

struct Current {
    /// Where the bytes really are, after links.
    target: PathBuf,
    bytes: Vec<u8>,
    meta: Metadata,
}

fn read_current(path: &Path) -> Result<Option<Current>, SaveError> {
    let io = |source| SaveError::Io {
        path: path.to_owned(),
        source,
    };
    match fs::symlink_metadata(path) {
        Ok(_) => {}
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound) => return Ok(None),
        Err(error) => return Err(io(error)),
    }
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SaveError::DanglingLink { path: path.to_owned() });
        }
        Err(error) => return Err(io(error)),
    };
    let meta = fs::metadata(&target).map_err(io)?;
    if !meta.is_file() {
        return Err(SaveError::NotAFile { path: path.to_owned() });
    }
    let bytes = fs::read(&target).map_err(io)?;
    Ok(Some(Current { target, bytes, meta }))
}

/// Removes temporary files of this target that a killed process left more than an hour ago, measured by the file system's own times.
fn remove_leftovers(target: &Path, fresh: &Path) {
    let prefix = temporary_prefix(target);
    let written = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let (Some(now), Ok(listing)) = (written(fresh), fs::read_dir(folder_of(target))) else {
        return;
    };
    for entry in listing.flatten() {
        let name = entry.file_name();
        let ours = name
            .to_str()
            .is_some_and(|name| name.starts_with(&prefix) && name.ends_with(".tmp"));
        if !ours || entry.path() == fresh {
            continue;
        }
        let age = written(&entry.path()).and_then(|then| now.duration_since(then).ok());
        if age.is_some_and(|age| age > Duration::from_secs(3600)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_what_was_read_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qna.yaml");
        fs::write(&path, "old\n").unwrap();
        let saved = save(&path, b"new\n", Some(Fingerprint::of(b"old\n"))).unwrap();
        assert_eq!(saved, Fingerprint::of(b"new\n"));
        assert_eq!(fs::read(&path).unwrap(), b"new\n");
        assert_eq!(names(folder.path()), ["qna.yaml"]);
    }

    #[test]
    fn refuses_when_somebody_else_wrote_and_hands_back_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qna.yaml");
        fs::write(&path, "theirs\n").unwrap();
        for expected in [Some(Fingerprint::of(b"old\n")), None] {
            match save(&path, b"mine\n", expected) {
                Err(SaveError::Changed { theirs, .. }) => assert_eq!(theirs, b"theirs\n"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(fs::read(&path).unwrap(), b"theirs\n");
        assert_eq!(names(folder.path()), ["qna.yaml"]);
        fs::remove_file(&path).unwrap();
        assert!(matches!(
            save(&path, b"mine\n", Some(Fingerprint::of(b"old\n"))),
            Err(SaveError::Gone { .. })
        ));
    }

    #[test]
    fn the_same_bytes_are_no_conflict() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qna.yaml");
        fs::write(&path, "same\n").unwrap();
        assert!(save(&path, b"same\n", Some(Fingerprint::of(b"old\n"))).is_ok());
    }

    #[test]
    fn makes_the_folders_of_a_new_leaf() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("knowledge/a/b/qna.yaml");
        save(&path, b"new\n", None).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new\n");
        assert_eq!(names(path.parent().unwrap()), ["qna.yaml"]);
    }

    #[test]
    #[cfg(unix)]
    fn keeps_mode_bits_and_gives_new_files_the_usual_ones() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qna.yaml");
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        save(&path, b"a\n", None).unwrap();
        assert_eq!(mode(&path), mode(&plain));
        for bits in [0o640, 0o755, 0o600] {
            fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
            let old = Fingerprint::of(&fs::read(&path).unwrap());
            save(&path, format!("{bits}\n").as_bytes(), Some(old)).unwrap();
            assert_eq!(mode(&path), bits);
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        let old = Fingerprint::of(&fs::read(&path).unwrap());
        assert!(matches!(
            save(&path, b"b\n", Some(old)),
            Err(SaveError::ReadOnly { .. })
        ));
    }

    #[test]
    #[cfg(unix)]
    fn writes_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real/seeds.yaml"), folder.path().join("qna.yaml"));
        fs::create_dir(folder.path().join("real")).unwrap();
        fs::write(&real, "old\n").unwrap();
        std::os::unix::fs::symlink("real/seeds.yaml", &link).unwrap();
        save(&link, b"new\n", Some(Fingerprint::of(b"old\n"))).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new\n");
        assert_eq!(names(&folder.path().join("real")), ["seeds.yaml"]);
        fs::remove_file(&real).unwrap();
        assert!(matches!(save(&link, b"x", None), Err(SaveError::DanglingLink { .. })));
    }

    #[test]
    fn sweeps_what_a_killed_process_left_long_ago() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qna.yaml");
        fs::write(&path, "old\n").unwrap();
        let stale = folder.path().join(".qna.yaml.seedbed-abc.tmp");
        let recent = folder.path().join(".qna.yaml.seedbed-def.tmp");
        fs::write(&recent, "half").unwrap();
        let file = fs::File::create(&stale).unwrap();
        let then = file.metadata().unwrap().modified().unwrap() - Duration::from_secs(7200);
        file.set_modified(then).unwrap();
        save(&path, b"new\n", Some(Fingerprint::of(b"old\n"))).unwrap();
        assert_eq!(names(folder.path()), [".qna.yaml.seedbed-def.tmp", "qna.yaml"]);
    }

    #[test]
    fn a_reader_never_sees_half_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("qna.yaml");
        let versions = [b"a".repeat(200_000), b"b".repeat(100_000)];
        save(&path, &versions[0], None).unwrap();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| {
                for _ in 0..300 {
                    let seen = fs::read(&path).unwrap();
                    assert!(versions.contains(&seen), "saw {} bytes", seen.len());
                }
            });
            for turn in 0..20 {
                save(
                    &path,
                    &versions[(turn + 1) % 2],
                    Some(Fingerprint::of(&versions[turn % 2])),
                )
                .unwrap();
            }
            reader.join().unwrap();
        });
    }
}
