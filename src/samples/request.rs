//! What the teacher answered, kept by what was asked, so that a run that was killed resumes without paying twice.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::jsonl::{Followed, Grown, read_line_at};
use super::places::Places;
use crate::samples::{Notice, Role, StoreError};
use crate::teacher::{ChatRequest, Prompt, Reply};
use crate::text::digest::PartsDigest;

/// One answered call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// See [`request_key`].
    pub key: String,
    pub reply: Reply,
    pub at: Timestamp,
}

/// Names a call by what decides its answer: SHA-256 (64 hex digits) over model, prompt, parameters and `index`.
///
/// `index` tells apart calls that ask the same thing on purpose, as a flow does that wants several answers to one prompt.
pub fn request_key(model: &str, request: &ChatRequest, index: u64) -> String {
    let mut digest = PartsDigest::default();
    let mut part = |text: &str| digest.part(text);
    part(model);
    part(&index.to_string());
    match &request.prompt {
        Prompt::Chat(messages) => {
            part(&messages.len().to_string());
            for message in messages {
                part(match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                });
                part(&message.content);
            }
        }
        // Where a conversation has its number of messages.
        Prompt::Raw(text) => {
            part("raw");
            part(text);
        }
    }
    // Debug forms would change with a compiler; JSON of these types does not, and writing them cannot fail.
    part(&serde_json::to_string(&request.sampling).unwrap_or_default());
    part(&serde_json::to_string(&request.scaffold).unwrap_or_default());
    part(&serde_json::to_string(&request.extra).unwrap_or_default());
    if let Some(text) = &request.framed {
        part(text);
    }
    digest.hex(32)
}

/// The answered calls of one run. Only marks of keys and places are held, some twenty bytes a call; answers are read when asked
/// for.
#[derive(Debug)]
pub struct Requests {
    path: PathBuf,
    followed: Followed,
    /// Where the line of a key begins. Two keys with the same mark are told apart when the line is read.
    places: Places,
    notices: Vec<Notice>,
}

/// The first 16 hex digits of a key as a number; keys of another form are hashed.
fn mark_of(key: &str) -> u64 {
    let start = key.get(..16).and_then(|start| u64::from_str_radix(start, 16).ok());
    start.unwrap_or_else(|| {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        hasher.finish()
    })
}

#[derive(Deserialize)]
struct OnlyKey<'a> {
    #[serde(borrow)]
    key: std::borrow::Cow<'a, str>,
}

impl Requests {
    /// Reads the keys of a `requests.jsonl`; a missing file is an empty one.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut requests = Requests {
            path: path.to_owned(),
            followed: Followed::new(path),
            places: Places::default(),
            notices: Vec::new(),
        };
        requests.refresh()?;
        Ok(requests)
    }

    /// Picks up calls that were appended since.
    pub fn refresh(&mut self) -> Result<(), StoreError> {
        if self.read_on()?.rewritten {
            self.places.clear();
            self.followed = Followed::new(&self.path);
            self.read_on()?;
        }
        Ok(())
    }

    fn read_on(&mut self) -> Result<Grown, StoreError> {
        let Requests {
            path,
            followed,
            places,
            notices,
        } = self;
        let grown = followed.read_on(&mut |line| match serde_json::from_slice::<OnlyKey<'_>>(line.bytes) {
            Ok(found) => {
                places.insert(mark_of(&found.key), line.offset);
            }
            Err(error) => notices.push(line.broken(path, &error)),
        })?;
        notices.extend(grown.unfinished.clone());
        Ok(grown)
    }

    /// The answer to a call that was made before, if it is there and still readable.
    pub fn get(&self, key: &str) -> Option<Reply> {
        let offset = self.places.get(mark_of(key))?;
        let bytes = read_line_at(&self.path, offset).ok()?;
        let request: Request = serde_json::from_slice(&bytes).ok()?;
        (request.key == key).then_some(request.reply)
    }

    pub fn contains(&self, key: &str) -> bool {
        self.places.get(mark_of(key)).is_some()
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.places.len() == 0
    }

    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Notes an answer that this process just wrote.
    pub(super) fn note(&mut self, key: &str, offset: u64) {
        self.places.insert(mark_of(key), offset);
    }
}
