//! A text in pieces with roles, made away from the loop and drawn by it; long ones end with a note.

use crate::text::diff::{self, PieceKind};
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// Bytes that are laid out at most: more than anybody reads before a commit, little enough to wrap in a moment.
const MOST: usize = 64 * 1024;
/// Lines that stay around a change.
const AROUND: usize = 3;

/// Stretches of text, each with its role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    pieces: Vec<(String, Role)>,
    bytes: usize,
    is_full: bool,
}

impl Pieces {
    /// Adds a text; what goes beyond the limit is left out, and a note says so.
    pub fn push(&mut self, text: &str, role: Role) {
        if self.is_full || text.is_empty() {
            return;
        }
        let mut end = text.len().min(MOST.saturating_sub(self.bytes));
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let part = text.get(..end).unwrap_or_default();
        self.bytes += part.len();
        match self.pieces.last_mut() {
            Some((last, last_role)) if *last_role == role => last.push_str(part),
            _ => self.pieces.push((part.to_owned(), role)),
        }
        if end < text.len() {
            self.is_full = true;
            let note = "\n\n… the rest is left out here; the commit holds all of it".to_owned();
            self.pieces.push((note, Role::Warning));
        }
    }

    /// True once a text did not fit: adding more is of no use.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Adds the text to one that was begun.
    pub fn add_to(&self, prose: &mut Prose) {
        for (text, role) in &self.pieces {
            prose.push(text, *role);
        }
    }

    #[cfg(test)]
    pub fn text(&self) -> String {
        self.pieces.iter().map(|(text, _)| text.as_str()).collect()
    }
}

/// How two texts differ: by word with new text marked and old text struck through, or by line with `+` and `-`.
/// Long stretches without a change are folded.
pub fn compared(old: &str, new: &str, by_line: bool) -> Pieces {
    let mut pieces = Pieces::default();
    let found = if by_line {
        diff::lines(old, new)
    } else {
        diff::words(old, new)
    };
    let last = found.len().saturating_sub(1);
    let mut before: Option<&diff::Piece> = None;
    for (index, piece) in found.iter().enumerate() {
        // Without it old and new text run on as if they were one word.
        let run_on = before
            .is_some_and(|old| old.kind == PieceKind::Removed && !old.text.ends_with(char::is_whitespace))
            && piece.kind == PieceKind::Added
            && !piece.text.starts_with(char::is_whitespace);
        if run_on && !by_line {
            pieces.push("→", Role::Dim);
        }
        before = Some(piece);
        let (mark, role) = match piece.kind {
            PieceKind::Same => ("  ", Role::Text),
            PieceKind::Removed => ("- ", Role::Removed),
            PieceKind::Added => ("+ ", Role::Added),
        };
        let lines: Vec<&str> = piece.text.split_inclusive('\n').collect();
        let head = if index == 0 { 0 } else { AROUND };
        let tail = if index == last { 0 } else { AROUND };
        let folded = if piece.kind == PieceKind::Same {
            lines.len().saturating_sub(head + tail)
        } else {
            0
        };
        for (number, line) in lines.iter().enumerate() {
            // Folding one or two lines would only hide them.
            if folded > 2 && (head..head + folded).contains(&number) {
                if number == head {
                    pieces.push(&format!("… {folded} lines the same\n"), Role::Dim);
                }
                continue;
            }
            if by_line {
                pieces.push(mark, role);
            }
            pieces.push(line, role);
            if by_line && !line.ends_with('\n') {
                pieces.push("\n", role);
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_same_stretches_are_folded() {
        let lines: Vec<String> = (0..20).map(|number| format!("line {number}\n")).collect();
        let old = lines.concat();
        let new = old.replace("line 10\n", "line ten\n");
        let by_line = compared(&old, &new, true).text();
        assert!(
            by_line.starts_with("… 7 lines the same\n  line 7\n  line 8\n  line 9\n- line 10\n+ line ten\n"),
            "{by_line}"
        );
        assert!(by_line.ends_with("  line 13\n… 6 lines the same\n"), "{by_line}");
        let by_word = compared(&old, &new, false).text();
        assert!(by_word.contains("line 10→ten\n"), "{by_word}");
        assert!(!by_word.contains("line 2\n"), "{by_word}");
    }

    #[test]
    fn a_huge_text_ends_with_a_note_and_between_characters() {
        let mut pieces = Pieces::default();
        pieces.push("a", Role::Text);
        pieces.push(&"日".repeat(MOST), Role::Text);
        assert!(pieces.is_full());
        pieces.push("more", Role::Text);
        assert!(pieces.text().ends_with("all of it"));
        assert!(pieces.text().len() < MOST + 200);
    }
}
