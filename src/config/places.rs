//! Where settings, data, caches and state live on this machine.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use super::ConfigError;

/// Folders outside any taxonomy. None of them needs to exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The user's settings, as in `~/.config/seedbed/config.yaml`.
    pub config_file: PathBuf,
    /// The demo taxonomy and the weights, as in `~/.local/share/seedbed`.
    pub data: PathBuf,
    /// Clones of document repositories; may be deleted at any time.
    pub cache: PathBuf,
    /// Where the screen was left, crash reports.
    pub state: PathBuf,
}

impl Places {
    /// The system's own places.
    ///
    /// # Errors
    /// [`ConfigError::NoHome`] where the system names no home folder.
    pub fn of_this_user() -> Result<Self, ConfigError> {
        let dirs = ProjectDirs::from("", "", "seedbed").ok_or(ConfigError::NoHome)?;
        Ok(Places {
            config_file: dirs.config_dir().join("config.yaml"),
            data: dirs.data_dir().to_owned(),
            cache: dirs.cache_dir().to_owned(),
            state: dirs
                .state_dir()
                .map_or_else(|| dirs.data_dir().join("state"), Path::to_owned),
        })
    }

    /// Everything below one folder, for tests and portable use.
    pub fn below(folder: &Path) -> Self {
        Places {
            config_file: folder.join("config/config.yaml"),
            data: folder.join("data"),
            cache: folder.join("cache"),
            state: folder.join("state"),
        }
    }

    /// Where `seedbed demo` lays out the sample taxonomy when no folder is named.
    pub fn demo(&self) -> PathBuf {
        self.data.join("demo")
    }

    /// What models cost, beside the settings; need not exist.
    pub fn prices_file(&self) -> PathBuf {
        self.config_file.with_file_name("prices.yaml")
    }

    /// Where weights of embedded teachers are kept.
    pub fn weights(&self) -> PathBuf {
        self.data.join("weights")
    }
}
