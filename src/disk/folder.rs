//! A folder that appears whole, or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::whole::{folder_of, make_folder, sync_folder, temporary_prefix};

/// Writes a folder of texts, each with its path inside the folder, atomically and synced; makes the folders above.
///
/// # Errors
/// What the system says; [`ErrorKind::AlreadyExists`] when the name is taken. No part of the folder is left behind then,
/// unless it stands whole and only the last sync failed.
pub fn write_folder(target: &Path, texts: &[(String, String)]) -> io::Result<()> {
    if fs::symlink_metadata(target).is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let above = folder_of(target);
    make_folder(above)?;
    // Grown one folder deeper: the temporary one is for its owner only, and takes what is left away when it is dropped.
    let temporary = tempfile::Builder::new()
        .prefix(&temporary_prefix(target))
        .tempdir_in(above)?;
    let grown = temporary.path().join("whole");
    fs::create_dir(&grown)?;
    for (path, text) in texts {
        let path = grown.join(path);
        let folder = folder_of(&path);
        make_folder(folder)?;
        let mut file = File::create_new(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        sync_folder(folder)?;
    }
    sync_folder(&grown)?;
    fs::rename(&grown, target).map_err(|error| match error.kind() {
        // Somebody made one of that name meanwhile.
        ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory => ErrorKind::AlreadyExists.into(),
        _ => error,
    })?;
    sync_folder(above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_appears_whole_and_replaces_none() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("flows/mine");
        let texts = |path: &str| {
            vec![
                ("flow.yaml".to_owned(), "blocks".to_owned()),
                (path.to_owned(), "ask".to_owned()),
            ]
        };
        // The second file cannot be written, since the first one is no folder.
        write_folder(&target, &texts("flow.yaml/ask.yaml")).unwrap_err();
        assert_eq!(fs::read_dir(place.path().join("flows")).unwrap().count(), 0);
        write_folder(&target, &texts("prompts/ask.yaml")).unwrap();
        assert_eq!(fs::read_to_string(target.join("prompts/ask.yaml")).unwrap(), "ask");
        fs::write(target.join("flow.yaml"), "edited").unwrap();
        let again = write_folder(&target, &texts("prompts/ask.yaml")).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(target.join("flow.yaml")).unwrap(), "edited");
        assert_eq!(fs::read_dir(place.path().join("flows")).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it_as_far_as_they_may_read_a_new_folder() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let (usual, written) = (place.path().join("usual"), place.path().join("written"));
        fs::create_dir(&usual).unwrap();
        write_folder(&written, &[]).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&written), mode(&usual));
    }
}
