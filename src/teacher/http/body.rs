//! The bytes of a response: counted, capped, and decoded.

use std::fmt;
use std::time::Duration;

use reqwest::Response;

use super::complaint::shorten;
use super::reading::Unread;

/// Why no further bytes came.
#[derive(Debug)]
pub enum Wire {
    Broken(String),
    TooLong,
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wire::Broken(reason) => f.write_str(reason),
            Wire::TooLong => f.write_str("too long"),
        }
    }
}

/// The bytes of a body, counted.
pub struct Body {
    response: Response,
    left: usize,
    limit: usize,
}

impl Body {
    pub fn new(response: Response, limit: usize) -> Self {
        Body {
            response,
            left: limit,
            limit,
        }
    }

    /// The next bytes, or `None` at the proper end.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Wire> {
        let chunk = self
            .response
            .chunk()
            .await
            .map_err(|error| Wire::Broken(innermost(&error)))?;
        let Some(chunk) = chunk else { return Ok(None) };
        self.left = self.left.checked_sub(chunk.len()).ok_or(Wire::TooLong)?;
        Ok(Some(chunk.to_vec()))
    }

    pub fn too_long(&self) -> Unread {
        Unread::Malformed(format!("it is longer than {} MB", self.limit.div_ceil(1 << 20)))
    }

    pub fn broken(&self, wire: Wire, partial: String) -> Unread {
        match wire {
            Wire::Broken(reason) => Unread::Cut { reason, partial },
            Wire::TooLong => self.too_long(),
        }
    }
}

/// The deepest cause of an error of the HTTP client, without the address (its query may hold a key).
pub fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if std::ptr::addr_eq(std::ptr::from_ref(cause), std::ptr::from_ref(error)) {
        return "the connection failed".to_owned();
    }
    shorten(&cause.to_string())
}

/// Reads at most `limit` bytes of an error's body; what cannot be read is left out.
pub async fn read_start(mut response: Response, limit: usize, idle: Duration) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < limit {
        match tokio::time::timeout(idle, response.chunk()).await {
            Ok(Ok(Some(chunk))) => body.extend_from_slice(&chunk),
            _ => break,
        }
    }
    body.truncate(limit);
    body
}

/// Reads a whole body, or says why not.
pub async fn read_whole(response: Response, limit: usize) -> Result<Vec<u8>, Unread> {
    let mut body = Body {
        response,
        left: limit,
        limit,
    };
    let mut whole = Vec::new();
    loop {
        match body.next().await {
            Ok(Some(chunk)) => whole.extend_from_slice(&chunk),
            Ok(None) => return Ok(whole),
            Err(wire) => return Err(body.broken(wire, String::new())),
        }
    }
}

/// Decodes UTF-8 that arrives in arbitrary pieces. Bytes that are no UTF-8 become U+FFFD, as some servers cut a character in two
/// and send the halves as separate tokens; byte order marks at the start are dropped.
///
/// Done here because the event parser waits for the end of the stream at the first bad byte, and panics at a byte order mark.
#[derive(Debug, Default)]
pub struct Decoder {
    /// At most three bytes of a character that is not complete yet.
    held: Vec<u8>,
    begun: bool,
}

impl Decoder {
    pub fn decode(&mut self, piece: &[u8]) -> String {
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(piece);
        let mut text = String::with_capacity(bytes.len());
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            if chunk.invalid().is_empty() {
                continue;
            }
            let unfinished = std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
            if unfinished && chunks.peek().is_none() {
                self.held = chunk.invalid().to_vec();
            } else {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        if !self.begun {
            text = text.trim_start_matches('\u{feff}').to_owned();
            self.begun = !text.is_empty();
        }
        text
    }
}

/// Hands decoded text on in whole lines, so that the event parser, which starts every unfinished line anew, stays linear.
#[derive(Debug, Default)]
pub struct Lines {
    decoder: Decoder,
    unfinished: String,
}

impl Lines {
    /// Text up to the last line end so far; may be empty.
    pub fn take(&mut self, piece: &[u8]) -> String {
        let text = self.decoder.decode(piece);
        match text.rfind(['\n', '\r']).and_then(|end| text.split_at_checked(end + 1)) {
            Some((whole, rest)) => std::mem::replace(&mut self.unfinished, rest.to_owned()) + whole,
            None => {
                self.unfinished.push_str(&text);
                String::new()
            }
        }
    }

    /// The line that was never ended.
    pub fn rest(self) -> String {
        self.unfinished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_any_pieces() {
        for (bytes, text) in [
            ("\u{feff}\u{feff}aé谢🙂\u{feff}".as_bytes().to_vec(), "aé谢🙂\u{feff}"),
            (b"a\xffb\xe8\xb0c".to_vec(), "a\u{fffd}b\u{fffd}c"),
            (b"\xf0\x9f".to_vec(), ""),
        ] {
            for size in 1..=bytes.len() {
                let mut decoder = Decoder::default();
                let decoded: String = bytes.chunks(size).map(|piece| decoder.decode(piece)).collect();
                assert_eq!(decoded, text, "{size}");
            }
        }
    }

    #[test]
    fn lines_are_handed_on_whole() {
        let text = "\u{feff}data: é\r\n\r\n: c\n\ndata: 谢\rlast";
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let mut seen = String::new();
            for piece in text.as_bytes().chunks(size) {
                let taken = lines.take(piece);
                assert!(taken.is_empty() || taken.ends_with(['\n', '\r']), "{size}: {taken:?}");
                seen += &taken;
            }
            assert_eq!(
                (seen + &lines.rest()).as_str(),
                text.trim_start_matches('\u{feff}'),
                "{size}"
            );
        }
    }
}
