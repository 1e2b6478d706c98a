//! A file that is written piece by piece and appears whole, or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::whole::{folder_of, open_beside, sync_folder};

/// A new file that grows under another name until [`FreshFile::keep`]; dropping it leaves nothing behind.
#[derive(Debug)]
pub struct FreshFile {
    target: PathBuf,
    lines: BufWriter<NamedTempFile>,
}

impl FreshFile {
    /// Begins a file. The folder must be there.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::AlreadyExists`] when the name is taken.
    pub fn create(target: &Path) -> io::Result<Self> {
        if fs::symlink_metadata(target).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(FreshFile {
            target: target.to_owned(),
            lines: BufWriter::new(open_beside(target, false)?),
        })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// What the system says.
    pub fn add_line(&mut self, line: &str) -> io::Result<()> {
        self.lines.write_all(line.as_bytes())?;
        self.lines.write_all(b"\n")
    }

    /// Puts the file on the disk under its name. A file that came there meanwhile is never replaced.
    ///
    /// # Errors
    /// What the system says; nothing is left behind then.
    pub fn keep(self) -> io::Result<File> {
        let temporary = self.lines.into_inner().map_err(io::IntoInnerError::into_error)?;
        temporary.as_file().sync_all()?;
        let file = temporary
            .persist_noclobber(&self.target)
            .map_err(|failed| failed.error)?;
        sync_folder(folder_of(&self.target))?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_and_replaces_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let begun = |line: &str| {
            let mut file = FreshFile::create(&path).unwrap();
            file.add_line(line).unwrap();
            file
        };
        drop(begun("lost"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let (first, second) = (begun("first"), begun("second"));
        first.keep().unwrap();
        assert_eq!(second.keep().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(FreshFile::create(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "first\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
