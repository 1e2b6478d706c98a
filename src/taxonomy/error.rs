//! What can go wrong while reading the tree of seeds.

use std::io;
use std::path::PathBuf;

/// Why something of the taxonomy cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum TaxonomyError {
    #[error("cannot read {}: {source}; check that the file exists and that you may read it", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{} is {bytes} bytes long and seed files are read up to {limit}; split the leaf or remove what does not belong there",
        path.display()
    )]
    TooLarge { path: PathBuf, bytes: u64, limit: u64 },
    #[error("cannot list the folder {}: {source}; its leaves are missing from the tree until it can be read", path.display())]
    List { path: PathBuf, source: io::Error },
    #[error("{} was left out of the tree: {reason}", path.display())]
    LeftOut { path: PathBuf, reason: &'static str },
    #[error("cannot keep unsaved text in {}: {source}; save the leaf now, or free space there", path.display())]
    Draft { path: PathBuf, source: io::Error },
    #[error(
        "the unsaved text in {} is damaged and was set aside as {}; the saved file of the leaf is untouched",
        path.display(),
        aside.display()
    )]
    TornDraft { path: PathBuf, aside: PathBuf },
    #[error(
        "the unsaved text in {} was written by a newer Seedbed (format {format}); open the taxonomy with that version to get it back",
        path.display()
    )]
    NewerDraft { path: PathBuf, format: u64 },
}
