//! Reads the body of a response: a stream of events, or one JSON text from a server that does not stream.

use std::time::Duration;

use eventsource_stream::{EventStreamError, Eventsource};
use futures_util::{StreamExt, stream};
use reqwest::Response;
use serde_json::Value;

use super::answer::{Draft, Odd};
use super::body::{Body, Decoder, Lines, Wire};
use super::complaint::{page_title, shorten};
use crate::teacher::{OnText, Reply, Told};

/// Whoever follows the answers of a call while they come.
pub trait Hears: Send {
    /// The next text of the answer of this number.
    fn tell(&mut self, index: usize, text: &str);
    /// Answers that are whole may be taken out before the others come.
    fn look(&mut self, _draft: &mut Draft) {}
}

/// Shows the text of the first answer as it comes, and remembers whether any came.
pub struct Listener {
    on_text: OnText,
    heard: bool,
}

impl Listener {
    pub fn new(on_text: OnText) -> Self {
        Listener { on_text, heard: false }
    }

    /// Gives the receiver back.
    pub fn into_inner(self) -> OnText {
        self.on_text
    }

    /// Says that what was heard is void, before the same thing is asked again.
    pub fn begin_anew(&mut self) {
        if std::mem::take(&mut self.heard) {
            (self.on_text)(Told::Anew);
        }
    }
}

impl Hears for Listener {
    fn tell(&mut self, index: usize, text: &str) {
        if index == 0 && !text.is_empty() {
            self.heard = true;
            (self.on_text)(Told::More(text));
        }
    }
}

/// Why a body was no answer.
#[derive(Debug)]
pub enum Unread {
    /// It broke off. Holds the text that had come.
    Cut { reason: String, partial: String },
    /// Nothing came for the time given.
    Silent(Duration),
    /// The server reported an error inside the body.
    Complaint { value: Value, partial: String },
    /// It is something else.
    Malformed(String),
    /// It is a web page.
    Page(String),
}

impl Unread {
    fn cut(reason: &str, partial: String) -> Self {
        Unread::Cut {
            reason: reason.to_owned(),
            partial,
        }
    }
}

/// Limits on reading.
#[derive(Debug, Clone, Copy)]
pub struct ReadingLimits {
    /// The longest pause once words have come. Before that a server may be reading a long prompt or queueing.
    pub idle: Duration,
    /// How long to wait for the tokens' count after the answer is whole.
    pub after_finish: Duration,
    /// Most bytes of a body.
    pub bytes: usize,
}

/// Reads the answers that `draft` expects; a server may give fewer, but at least one. What the body begins with decides how it
/// is read, since servers and proxies mislabel it.
pub async fn read_answer(
    response: Response,
    limits: ReadingLimits,
    model: &str,
    draft: Draft,
    listener: &mut dyn Hears,
) -> Result<Vec<Reply>, Unread> {
    let mut body = Body::new(response, limits.bytes);
    let mut start = Vec::new();
    let first = loop {
        let chunk = match body.next().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Err(Unread::cut("its body is empty", String::new())),
            Err(wire) => return Err(body.broken(wire, String::new())),
        };
        start.extend_from_slice(&chunk);
        // White space and a byte order mark, or a part of one, tell nothing yet.
        let tells = |byte: &&u8| !byte.is_ascii_whitespace() && !matches!(byte, 0xef | 0xbb | 0xbf);
        if let Some(first) = chunk.iter().find(tells) {
            break *first;
        }
    };
    if matches!(first, b'{' | b'[' | b'"' | b'<') {
        read_json(body, start, model, draft, listener).await
    } else {
        read_events(body, start, limits, model, draft, listener).await
    }
}

/// One JSON text, or several after one another (as some servers stream).
async fn read_json(
    mut body: Body,
    start: Vec<u8>,
    model: &str,
    mut draft: Draft,
    listener: &mut dyn Hears,
) -> Result<Vec<Reply>, Unread> {
    let mut whole = start;
    loop {
        match body.next().await {
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(wire) => return Err(body.broken(wire, String::new())),
        }
    }
    let whole = Decoder::default().decode(&whole);
    if let Some(title) = page_title(&whole) {
        return Err(Unread::Page(title));
    }
    for value in serde_json::Deserializer::from_str(&whole).into_iter::<Value>() {
        let value = match value {
            Ok(value) => value,
            Err(error) if error.is_eof() => {
                return Err(Unread::cut("the JSON stops in the middle", draft.into_text()));
            }
            Err(error) => return Err(Unread::Malformed(format!("its JSON is broken ({error})"))),
        };
        let taken = draft.take(&value, |index, text| listener.tell(index, text));
        if let Err(odd) = taken {
            return Err(unread(odd, draft));
        }
    }
    close(draft, model, listener)
}

async fn read_events(
    body: Body,
    start: Vec<u8>,
    limits: ReadingLimits,
    model: &str,
    mut draft: Draft,
    listener: &mut dyn Hears,
) -> Result<Vec<Reply>, Unread> {
    let too_long = body.too_long();
    let mut lines = Lines::default();
    let start = lines.take(&start);
    let rest = stream::try_unfold(Some((body, lines)), |state| async move {
        let Some((mut body, mut lines)) = state else {
            return Ok(None);
        };
        Ok::<_, Wire>(Some(match body.next().await? {
            Some(bytes) => (lines.take(&bytes), Some((body, lines))),
            // The empty lines let the last event through when the server forgot to close it.
            None => (lines.rest() + "\n\n", None),
        }))
    });
    let text = stream::iter([Ok(start)]).chain(rest);
    let mut events = std::pin::pin!(text.eventsource());
    // An event that is no JSON: the answer was cut if it is the last one, else the server speaks something else.
    let mut unreadable: Option<String> = None;
    let mut any = false;
    loop {
        let event = if draft.is_finished() {
            match tokio::time::timeout(limits.after_finish, events.next()).await {
                Ok(event) => event,
                Err(_) => return close(draft, model, listener),
            }
        } else if draft.has_words() {
            match tokio::time::timeout(limits.idle, events.next()).await {
                Ok(event) => event,
                Err(_) if draft.may_end() => return close(draft, model, listener),
                Err(_) => return Err(Unread::Silent(limits.idle)),
            }
        } else {
            events.next().await
        };
        let (name, data) = match event {
            Some(Ok(event)) => (event.event, event.data),
            // A whole answer stays whole, whatever happens to the connection afterwards.
            Some(Err(_)) if draft.is_finished() => return close(draft, model, listener),
            None if draft.may_end() => return close(draft, model, listener),
            Some(Err(EventStreamError::Transport(Wire::TooLong))) => return Err(too_long),
            Some(Err(EventStreamError::Transport(wire))) => {
                return Err(Unread::Cut {
                    reason: wire.to_string(),
                    partial: draft.into_text(),
                });
            }
            Some(Err(_)) => return Err(Unread::Malformed("it is no stream of events".to_owned())),
            None if !any => {
                return Err(Unread::Malformed(
                    "it is neither JSON nor a stream of events".to_owned(),
                ));
            }
            None => {
                return Err(Unread::cut("the stream ended before the answer did", draft.into_text()));
            }
        };
        any = true;
        if let Some(text) = unreadable.take() {
            return Err(Unread::Malformed(format!("an event is not JSON ({text})")));
        }
        // Servers that forget the empty line between events have them joined into one, a line each.
        let lines: Vec<&str> = match serde_json::from_str::<serde::de::IgnoredAny>(&data) {
            Ok(_) => vec![data.as_str()],
            Err(_) => data.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
        };
        for line in lines {
            if line == "[DONE]" {
                return if draft.has_begun() {
                    close(draft, model, listener)
                } else {
                    Err(Unread::Malformed("the stream holds no answer".to_owned()))
                };
            }
            match serde_json::from_str::<Value>(line) {
                Ok(value) if name == "error" => return Err(unread(Odd::Complaint(value), draft)),
                Ok(value) => match draft.take(&value, |index, text| listener.tell(index, text)) {
                    Ok(()) => listener.look(&mut draft),
                    Err(odd) => return Err(unread(odd, draft)),
                },
                Err(_) => unreadable = Some(shorten(line)),
            }
        }
    }
}

fn close(draft: Draft, model: &str, listener: &mut dyn Hears) -> Result<Vec<Reply>, Unread> {
    if !draft.has_begun() {
        return Err(Unread::Malformed("it holds no answer (`choices` is empty)".to_owned()));
    }
    let (replies, held) = draft.into_replies(model);
    listener.tell(0, &held);
    Ok(replies)
}

fn unread(odd: Odd, draft: Draft) -> Unread {
    match odd {
        Odd::Complaint(value) => Unread::Complaint {
            value,
            partial: draft.into_text(),
        },
        Odd::Shape(what) => Unread::Malformed(what),
    }
}
