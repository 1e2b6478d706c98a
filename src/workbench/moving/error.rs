//! Why a leaf or folder was not moved, deleted or brought back.

use std::io;
use std::path::PathBuf;

use crate::taxonomy::NodePath;

/// Why the tree was left as it was; where it was not, the message says so and what to do.
#[derive(Debug, thiserror::Error)]
pub enum MovingError {
    #[error("'{0}' is one of the taxonomy's own folders and stays where it is; name a leaf or a folder below it")]
    Branch(NodePath),
    #[error("{to} lies inside {from}; a folder cannot be moved into itself")]
    IntoItself { from: NodePath, to: NodePath },
    #[error("{0} is there already; choose another name, or move or delete that one first")]
    Taken(NodePath),
    #[error("there is a draft of {0}; write or discard it first (`seedbed drafts`), or choose another name")]
    DraftInTheWay(NodePath),
    #[error("'{}' still holds samples of an earlier leaf; move that folder away first, or choose another name", path.display())]
    SamplesInTheWay { path: PathBuf },
    #[error("a run is making samples for {0}; wait for it or stop it, then do this again")]
    RunUnderWay(NodePath),
    #[error("{from} holds {what}, and InstructLab would read it as {other} at {to}; choose a path below {wanted}/")]
    OtherKind {
        from: NodePath,
        to: NodePath,
        what: &'static str,
        other: &'static str,
        wanted: &'static str,
    },
    #[error("'{}' is there already, so nothing was put in its place", path.display())]
    InTheWay { path: PathBuf },
    #[error("'{}' is not there any more", path.display())]
    Vanished { path: PathBuf },
    #[error("cannot move '{}' to '{}': {source}", from.display(), to.display())]
    Carry {
        from: PathBuf,
        to: PathBuf,
        source: io::Error,
    },
    #[error("nothing was moved: {reason}; mend that and do the same again")]
    PutBack { reason: Box<MovingError> },
    #[error(
        "this was cut short and could neither be finished nor put back: {reason}. Nothing is lost: '{}' lists what was to go \
         where; move what is left by hand, then delete '{}'", list.display(), mark.display()
    )]
    Stuck {
        reason: Box<MovingError>,
        list: PathBuf,
        mark: PathBuf,
    },
    #[error("there is nothing to take back")]
    NothingToUndo,
    #[error("there is no such change '{0}'; `seedbed undo --list` lists them")]
    NoSuchChange(String),
    #[error("this cannot be taken back as it is: {reason}; put that aside, then undo again")]
    CannotUndo { reason: Box<MovingError> },
    #[error("cannot write '{}': {source}; nothing was moved", path.display())]
    Record { path: PathBuf, source: io::Error },
    #[error("another seedbed is moving leaves of this taxonomy; try again when it is done")]
    Busy,
}
