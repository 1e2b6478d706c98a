//! indentation: how far the first mark of a line stands in.
//!
//! What was observed: only the first token of a line is looked at. The first line that stands in decides the step for the whole
//! file; the first list under a key decides whether lists stand under their key or one step in. What starts on the line of its
//! parent is free, and what follows it there stands in the same column; but the value of a key with `?` decides the step even there.
//! The walk below follows the nesting of the tokens.

use super::{INDENTATION, Lint};
use crate::taxonomy::yaml::{Token, TokenKind};

pub(super) fn look(tokens: &[Token], lint: &mut Lint<'_, '_>) {
    let mut walk = Walk {
        tokens,
        at: 0,
        line: None,
        line_indent: 0,
        step: None,
        lists_stand_in: None,
        lint,
    };
    while let Some(token) = walk.peek() {
        match token.kind {
            TokenKind::StreamStart
            | TokenKind::Directive
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::BlockEnd => walk.take(Place::Column(0)),
            _ => {
                walk.node(Place::Column(0));
            }
        }
    }
}

/// What decides where a token stands when it starts a line.
#[derive(Clone, Copy)]
enum Place {
    /// A column that is known.
    Column(usize),
    /// One step in from a column.
    Below(usize),
    /// The value of a key that stands in a column: as `Below`, except for lists.
    Value(usize),
    /// An item whose `-` stands in a column: as `Below`, except that an anchor or a tag beside the `-` is the item's start.
    Item(usize),
}

struct Walk<'t, 'l, 'd, 'f> {
    tokens: &'t [Token],
    at: usize,
    /// The last line of which a token was seen.
    line: Option<usize>,
    /// Where the first token of that line stands.
    line_indent: usize,
    /// Spaces from one level to the next; below zero when the first value to stand in did so less than its key.
    step: Option<isize>,
    lists_stand_in: Option<bool>,
    lint: &'l mut Lint<'d, 'f>,
}

impl Walk<'_, '_, '_, '_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    fn next_is(&self, kinds: &[TokenKind]) -> bool {
        self.peek().is_some_and(|token| kinds.contains(&token.kind))
    }

    fn starts_line(&self, token: &Token) -> bool {
        token.is_visible() && self.line.is_none_or(|line| token.start.line > line)
    }

    /// The column where a token that starts a line should stand; `None` when no column would be right.
    fn expected(&mut self, place: Place, token: &Token) -> Option<usize> {
        let found = token.start.column;
        let mut below = |base: usize| {
            let step = self
                .step
                .get_or_insert(found.cast_signed().wrapping_sub(base.cast_signed()));
            base.checked_add_signed(*step)
        };
        match place {
            Place::Column(column) => Some(column),
            Place::Below(base) => below(base),
            Place::Value(base) if token.kind == TokenKind::BlockEntry => {
                if *self.lists_stand_in.get_or_insert(found != base) {
                    below(base)
                } else {
                    Some(base)
                }
            }
            Place::Value(base) | Place::Item(base) => below(base),
        }
    }

    /// Goes on to the next token, after a look at where this one stands.
    fn take(&mut self, place: Place) {
        let Some(token) = self.peek() else { return };
        self.at += 1;
        if !token.is_visible() {
            return;
        }
        if self.starts_line(&token) {
            let expected = self.expected(place, &token);
            let found = token.start.column;
            self.line_indent = found;
            if expected != Some(found) {
                self.misplaced(&token, expected);
            }
        }
        // A block scalar ends where the next line starts.
        let last = if token.end.column == 0 && token.end.line > token.start.line {
            token.end.line - 1
        } else {
            token.end.line
        };
        self.line = Some(self.line.map_or(last, |line| line.max(last)));
    }

    fn misplaced(&mut self, token: &Token, expected: Option<usize>) {
        let found = token.start.column;
        let spaces = |count: usize| format!("{count} {}", if count == 1 { "space" } else { "spaces" });
        let (message, fix) = match expected {
            Some(expected) => (
                format!(
                    "The line stands {} in, and the lines above make one expect {}; move it, with what belongs to it.",
                    spaces(found),
                    spaces(expected)
                ),
                Some(format!("Moves it to {}.", spaces(expected))),
            ),
            None => {
                let message = "A value in { } or [ ] above stands less far in than its key, so no other line can stand right; indent \
                               that value first.";
                (message.to_owned(), None)
            }
        };
        self.lint
            .lesser(INDENTATION, token.start.line + 1, found + 1, message, fix.as_deref());
    }

    /// Walks through one value. Its nesting is bounded where the document is read.
    ///
    /// True when there is only an anchor or a tag, on a line of its own: what follows is then taken for the value.
    fn node(&mut self, place: Place) -> bool {
        let mut place = place;
        let mut first: Option<Token> = None;
        let mut starts_line = false;
        while let Some(token) = self.peek()
            && matches!(token.kind, TokenKind::Tag | TokenKind::Anchor)
        {
            starts_line = self.starts_line(&token);
            self.take(place);
            match first {
                // Two of them on one line count as the value's start.
                Some(first) if first.start.line == token.start.line => place = Place::Column(first.start.column),
                _ if !starts_line && matches!(place, Place::Item(_)) => {
                    place = Place::Column(token.start.column);
                    first = Some(token);
                }
                _ => first = Some(token),
            }
        }
        let Some(token) = self.peek() else { return false };
        match token.kind {
            TokenKind::BlockSequenceStart => {
                self.at += 1;
                self.list(place);
                self.end();
            }
            TokenKind::BlockEntry => self.list(place),
            TokenKind::BlockMappingStart => {
                self.at += 1;
                self.group(token.start.column, place);
                self.end();
            }
            TokenKind::FlowSequenceStart | TokenKind::FlowMappingStart => self.flow(place),
            TokenKind::Alias | TokenKind::Scalar => self.take(place),
            // A value that is not there.
            _ if first.is_some() => return starts_line,
            _ => self.at += 1,
        }
        false
    }

    /// The value of a key with `?` decides the step, also when it stands on the line of its `:`.
    fn learn(&mut self, base: usize, colon: &Token) {
        let next = self
            .tokens
            .get(self.at..)
            .and_then(|rest| rest.iter().find(|token| token.is_visible()));
        if let Some(next) = next.filter(|next| next.start.line == colon.start.line) {
            self.step
                .get_or_insert(next.start.column.cast_signed().wrapping_sub(base.cast_signed()));
        }
    }

    fn end(&mut self) {
        if self.next_is(&[TokenKind::BlockEnd]) {
            self.at += 1;
        }
    }

    fn list(&mut self, place: Place) {
        let mut place = place;
        while let Some(entry) = self.peek().filter(|token| token.kind == TokenKind::BlockEntry) {
            self.take(place);
            place = Place::Column(entry.start.column);
            if !self.next_is(&[
                TokenKind::BlockEntry,
                TokenKind::BlockEnd,
                TokenKind::Key,
                TokenKind::Value,
            ]) {
                self.node(Place::Item(entry.start.column));
            }
        }
    }

    fn group(&mut self, column: usize, place: Place) {
        let mut place = place;
        let mut marked = false;
        while let Some(token) = self.peek() {
            let inner = match token.kind {
                TokenKind::Key if !token.is_visible() => place,
                TokenKind::Key | TokenKind::Value => Place::Value(column),
                _ => return,
            };
            self.take(place);
            place = Place::Column(column);
            let is_key = token.kind == TokenKind::Key;
            marked = if is_key { token.is_visible() } else { marked };
            if !self.next_is(&[TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd]) {
                let mut inner = inner;
                if marked && !is_key {
                    self.learn(column, &token);
                    // Lists under such a key are not like those under others.
                    inner = Place::Below(column);
                }
                if self.node(inner) && !is_key {
                    place = Place::Value(column);
                }
            }
        }
    }

    fn flow(&mut self, place: Place) {
        let Some(open) = self.peek() else { return };
        self.take(place);
        let around = self.line_indent;
        let Some(first) = self
            .tokens
            .get(self.at..)
            .and_then(|rest| rest.iter().find(|token| token.is_visible()))
        else {
            return;
        };
        let first = *first;
        let is_end = |token: &Token| matches!(token.kind, TokenKind::FlowSequenceEnd | TokenKind::FlowMappingEnd);
        let column = if first.start.line == open.end.line {
            first.start.column
        } else {
            // Also where nothing but the end comes: that decides the step all the same.
            // No column: then the first one to come stands for all.
            self.expected(Place::Below(around), &first)
                .unwrap_or(first.start.column)
        };
        let mut marked = false;
        while let Some(token) = self.peek() {
            match token.kind {
                TokenKind::FlowSequenceEnd | TokenKind::FlowMappingEnd => {
                    self.take(Place::Column(around));
                    return;
                }
                TokenKind::FlowEntry => self.take(Place::Column(column)),
                TokenKind::Key if !token.is_visible() => {
                    marked = false;
                    self.at += 1;
                }
                TokenKind::Key | TokenKind::Value => {
                    self.take(Place::Column(column));
                    let is_key = token.kind == TokenKind::Key;
                    marked |= is_key;
                    let empty = self.peek().is_none_or(|next| {
                        is_end(&next) || matches!(next.kind, TokenKind::FlowEntry | TokenKind::Value | TokenKind::Key)
                    });
                    if !empty {
                        if marked && !is_key {
                            self.learn(column, &token);
                        }
                        self.node(Place::Below(column));
                    }
                }
                _ => {
                    self.node(Place::Column(column));
                }
            }
        }
    }
}
