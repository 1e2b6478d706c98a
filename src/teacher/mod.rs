//! Who answers prompts: HTTP servers, the embedded model, and what is known of their licences.
//!
//! This room turns a conversation into an answer, or into an error that says what to do. It must not know flows, taxonomies
//! or the screen, writes no files, and shows no key to anyone.
pub mod batch;
mod chat;
pub mod check;
mod climb;
pub mod discovery;
#[cfg(feature = "embedded")]
pub mod embedded;
mod error;
mod family;
mod features;
mod http;
mod key;
pub mod licences;
pub mod measure;
mod pacing;
mod price;
mod settings;

pub use chat::{
    Answering, AnsweringSeveral, ChatRequest, Finish, Message, OnText, Prompt, Reply, Role, Sampling, ScaffoldPart,
    Teacher, Told, Usage,
};
pub use error::TeacherError;
pub use family::family;
pub use features::Feature;
pub use http::{Address, HttpOptions, HttpTeacher, Limits, Retries};
pub use key::{Key, KeySource, Secret};
pub use pacing::{Pace, Pacing, Turn};
pub use price::{Price, PriceSettings, USUAL_CURRENCY};
pub use settings::{TeacherSettings, build, build_for_measuring};
