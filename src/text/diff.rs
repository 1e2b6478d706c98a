//! How two texts differ, by word or by line.

use std::time::Duration;

use similar::{ChangeTag, TextDiff};

/// After this long the exact search gives up on a part and calls it removed and added as a whole.
const PATIENCE: Duration = Duration::from_millis(250);

/// What happened to a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// In both texts.
    Same,
    /// Only in the first.
    Removed,
    /// Only in the second.
    Added,
}

/// A stretch of text with one fate. Same and removed pieces in order give the first text, same and added the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub kind: PieceKind,
    pub text: String,
}

/// Compares by word (Unicode's, so by character in Japanese and Chinese). A change of several words is one removed and
/// one added piece: spaces alone do not count as common.
pub fn words(a: &str, b: &str) -> Vec<Piece> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_unicode_words(a, b);
    gather(
        diff.iter_all_changes().map(|change| (change.tag(), change.value())),
        true,
    )
}

/// Compares by line; each piece holds whole lines with their newlines.
pub fn lines(a: &str, b: &str) -> Vec<Piece> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(a, b);
    gather(
        diff.iter_all_changes().map(|change| (change.tag(), change.value())),
        false,
    )
}

/// The difference as `diff -u` and git write it, under the name of a file; empty where there is none.
pub fn unified(a: &str, b: &str, name: &str) -> String {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(a, b);
    let (old, new) = (format!("a/{name}"), format!("b/{name}"));
    diff.unified_diff().header(&old, &new).to_string()
}

/// Collects neighbouring changes into one removed and one added piece.
fn gather<'a>(changes: impl Iterator<Item = (ChangeTag, &'a str)>, spaces_join: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut same, mut removed, mut added) = (String::new(), String::new(), String::new());
    // White space that follows a change and may turn out to lie inside a longer one.
    let mut gap = String::new();
    let mut push = |kind: PieceKind, text: &mut String| {
        if !text.is_empty() {
            pieces.push(Piece {
                kind,
                text: std::mem::take(text),
            });
        }
    };
    for (tag, value) in changes {
        let in_change = !removed.is_empty() || !added.is_empty();
        match tag {
            ChangeTag::Equal if in_change && spaces_join && value.chars().all(char::is_whitespace) => {
                gap.push_str(value)
            }
            ChangeTag::Equal => {
                push(PieceKind::Removed, &mut removed);
                push(PieceKind::Added, &mut added);
                same.push_str(&std::mem::take(&mut gap));
                same.push_str(value);
            }
            ChangeTag::Delete | ChangeTag::Insert => {
                push(PieceKind::Same, &mut same);
                removed.push_str(&gap);
                added.push_str(&gap);
                gap.clear();
                let side = if tag == ChangeTag::Delete {
                    &mut removed
                } else {
                    &mut added
                };
                side.push_str(value);
            }
        }
    }
    push(PieceKind::Removed, &mut removed);
    push(PieceKind::Added, &mut added);
    same.push_str(&gap);
    push(PieceKind::Same, &mut same);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn short(pieces: &[Piece]) -> String {
        let sign = |kind| match kind {
            PieceKind::Same => '=',
            PieceKind::Removed => '-',
            PieceKind::Added => '+',
        };
        pieces
            .iter()
            .map(|piece| format!("{}[{}]", sign(piece.kind), piece.text))
            .collect()
    }

    #[test]
    fn changes_are_told_by_word() {
        assert_eq!(
            short(&words("Use warm water.", "Use cold water.")),
            "=[Use ]-[warm]+[cold]=[ water.]"
        );
        assert_eq!(
            short(&words("a red car here", "a blue van here")),
            "=[a ]-[red car]+[blue van]=[ here]"
        );
        assert_eq!(short(&words("水をやる", "湯をやる")), "-[水]+[湯]=[をやる]");
        assert_eq!(short(&words("", "")), "");
        assert_eq!(short(&words("same", "same")), "=[same]");
        assert_eq!(short(&words("", "new text")), "+[new text]");
    }

    #[test]
    fn changes_are_told_by_line() {
        assert_eq!(short(&lines("a\nb\nc\n", "a\nx\nc\n")), "=[a\n]-[b\n]+[x\n]=[c\n]");
        assert_eq!(short(&lines("a\r\nb", "a\r\nb\r\n")), "=[a\r\n]-[b]+[b\r\n]");
    }

    #[test]
    fn a_unified_difference_is_what_patch_takes() {
        assert_eq!(
            unified("a\nb\n", "a\nc\n", "x/y"),
            "--- a/x/y\n+++ b/x/y\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
        );
        assert_eq!(unified("a\n", "a\n", "x"), "");
    }

    proptest! {
        #[test]
        fn pieces_rebuild_both_texts(a in "[ab \\n日👍é.]{0,25}", b in "[ab \\n日👍é.]{0,25}") {
            for pieces in [words(&a, &b), lines(&a, &b)] {
                let side = |other| -> String {
                    pieces.iter().filter(|piece| piece.kind != other).map(|piece| piece.text.as_str()).collect()
                };
                prop_assert_eq!(side(PieceKind::Added), a.as_str());
                prop_assert_eq!(side(PieceKind::Removed), b.as_str());
            }
        }
    }
}
