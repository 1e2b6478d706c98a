//! Writing a file so that after a crash it is there whole or not at all.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Replaces a file that is ours alone, atomically and synced; makes the folders above.
///
/// # Errors
/// What the system says; the file is as it was then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut replacement = Replacement::begin(path)?;
    replacement.write_all(bytes)?;
    replacement.finish()
}

/// What is to take a file's place, written piece by piece. Until it is finished the file is as it was; dropped, it is gone.
#[derive(Debug)]
pub struct Replacement {
    path: PathBuf,
    written: BufWriter<tempfile::NamedTempFile>,
}

impl Replacement {
    /// Begins beside a file that is ours alone, and makes the folders above.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(path: &Path) -> io::Result<Self> {
        make_folder(folder_of(path))?;
        Ok(Replacement {
            path: path.to_owned(),
            written: BufWriter::new(open_beside(path, false)?),
        })
    }

    /// Puts it in the file's place, atomically and synced.
    ///
    /// # Errors
    /// What the system says; the file is as it was then.
    pub fn finish(self) -> io::Result<()> {
        let written = self.written.into_inner().map_err(io::IntoInnerError::into_error)?;
        written.as_file().sync_all()?;
        written.persist(&self.path).map_err(|failed| failed.error)?;
        sync_folder(folder_of(&self.path))
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.written.flush()
    }
}

/// Makes a new name in a folder durable. Where folders cannot be opened (Windows), the system does this by itself.
///
/// # Errors
/// What the system says.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// The folder that a file lies in, as it can be opened: `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The start of a temporary file's name; the dot keeps it out of listings, the name says whose it is.
pub fn temporary_prefix(target: &Path) -> String {
    let name = target
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    format!(".{name}.seedbed-")
}

/// Writes a temporary file, synced, beside the one whose place it is to take, with the rights and the owner of another.
///
/// # Errors
/// What the system says.
pub fn write_beside(target: &Path, bytes: &[u8], like: Option<&Metadata>) -> io::Result<tempfile::NamedTempFile> {
    let mut temporary = open_beside(target, like.is_some())?;
    temporary.write_all(bytes)?;
    if let Some(meta) = like {
        keep_owner(temporary.as_file(), meta);
        temporary.as_file().set_permissions(meta.permissions())?;
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

/// Opens an empty temporary file beside the one whose place it is to take.
pub(super) fn open_beside(target: &Path, is_private: bool) -> io::Result<tempfile::NamedTempFile> {
    let prefix = temporary_prefix(target);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    if !is_private {
        // The umask still applies, as to any new file; the builder's own default would be private.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = is_private;
    builder.tempfile_in(folder_of(target))
}

/// A root user who edits somebody's file should not take it away from them; others cannot change owners, so failure is fine.
#[cfg(unix)]
fn keep_owner(file: &File, like: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    if let Ok(mine) = file.metadata()
        && (mine.uid() != like.uid() || mine.gid() != like.gid())
    {
        let _ = fchown(file, Some(like.uid()), Some(like.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _like: &Metadata) {}

/// Makes a folder and those above it, and syncs each folder that got a new entry.
///
/// # Errors
/// What the system says.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut grown = Vec::new();
    let mut above = folder;
    while !above.is_dir() {
        above = folder_of(above);
        grown.push(above);
        if above == Path::new(".") {
            break;
        }
    }
    fs::create_dir_all(folder)?;
    grown.into_iter().try_for_each(sync_folder)
}
