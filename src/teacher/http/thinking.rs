//! Separates thoughts from the answer where a server leaves both in one text.

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Takes `<think>…</think>` from the very start of an answer: servers without a reasoning parser leave it in the text.
/// Anywhere else the tag is part of the answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Thinking {
    /// May still begin with the tag: what came so far.
    Unclear(String),
    Inside,
    /// As `Inside`, with text held back that may be the beginning of the closing tag.
    Closing(String),
    /// After the thoughts: white space before the answer is dropped.
    Gap,
    Over,
}

impl Default for Thinking {
    fn default() -> Self {
        Thinking::Unclear(String::new())
    }
}

impl Thinking {
    /// Splits the next piece into thought and answer.
    pub fn split(&mut self, piece: &str) -> (String, String) {
        match std::mem::replace(self, Thinking::Over) {
            Thinking::Over => (String::new(), piece.to_owned()),
            Thinking::Gap => {
                let answer = piece.trim_start();
                if answer.is_empty() {
                    *self = Thinking::Gap;
                }
                (String::new(), answer.to_owned())
            }
            Thinking::Unclear(held) => {
                let held = held + piece;
                let start = held.trim_start();
                if let Some(inside) = start.strip_prefix(OPEN) {
                    let inside = inside.to_owned();
                    *self = Thinking::Inside;
                    self.split(&inside)
                } else if OPEN.starts_with(start) {
                    *self = Thinking::Unclear(held);
                    (String::new(), String::new())
                } else {
                    (String::new(), held)
                }
            }
            Thinking::Inside => self.split_inside(piece),
            Thinking::Closing(held) => self.split_inside(&(held + piece)),
        }
    }

    fn split_inside(&mut self, text: &str) -> (String, String) {
        if let Some((thought, rest)) = text.split_once(CLOSE) {
            *self = Thinking::Gap;
            let (_, answer) = self.split(rest);
            return (thought.to_owned(), answer);
        }
        // Every prefix of the tag is ASCII, so these lengths are character borders.
        let kept = (1..CLOSE.len())
            .rev()
            .find(|&len| CLOSE.get(..len).is_some_and(|start| text.ends_with(start)));
        match kept.and_then(|len| text.split_at_checked(text.len() - len)) {
            Some((thought, held)) => {
                *self = Thinking::Closing(held.to_owned());
                (thought.to_owned(), String::new())
            }
            None => {
                *self = Thinking::Inside;
                (text.to_owned(), String::new())
            }
        }
    }

    /// True while text is held back.
    pub fn holds_text(&self) -> bool {
        matches!(self, Thinking::Unclear(held) | Thinking::Closing(held) if !held.is_empty())
    }

    /// What was held back at the end. Held thoughts stay thoughts.
    pub fn rest(&mut self) -> String {
        match std::mem::replace(self, Thinking::Over) {
            Thinking::Unclear(held) => held,
            Thinking::Closing(held) => {
                *self = Thinking::Inside;
                held
            }
            other => {
                *self = other;
                String::new()
            }
        }
    }
}
