//! colons, commas, hyphens, braces, brackets: how many spaces stand beside a mark, on its own line.

use super::{BRACES, BRACKETS, COLONS, COMMAS, HYPHENS, Lint};
use crate::taxonomy::yaml::{Token, TokenKind};

pub(super) fn look(tokens: &[Token], lint: &mut Lint<'_, '_>) {
    let visible: Vec<&Token> = tokens.iter().filter(|token| token.is_visible()).collect();
    for (at, token) in visible.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| visible.get(at));
        let around = Around {
            before: before.map(|before| gap(before, token)).unwrap_or(Gap::OtherLine),
            after: visible.get(at + 1).map_or(Gap::OtherLine, |after| gap(token, after)),
            token,
        };
        match token.kind {
            TokenKind::Value => around.colon(lint),
            TokenKind::Key => around.question_mark(lint),
            TokenKind::FlowEntry => around.comma(lint),
            TokenKind::BlockEntry => around.hyphen(lint),
            TokenKind::FlowSequenceStart | TokenKind::FlowMappingStart => {
                let closed = visible
                    .get(at + 1)
                    .is_some_and(|after| matches!(after.kind, TokenKind::FlowSequenceEnd | TokenKind::FlowMappingEnd));
                around.opening(closed, lint);
            }
            TokenKind::FlowSequenceEnd | TokenKind::FlowMappingEnd => {
                let opened = before.is_some_and(|before| {
                    matches!(before.kind, TokenKind::FlowSequenceStart | TokenKind::FlowMappingStart)
                });
                if !opened {
                    around.closing(lint);
                }
            }
            _ => {}
        }
    }
}

/// What lies between two tokens.
enum Gap {
    OtherLine,
    Spaces(usize),
}

fn gap(left: &Token, right: &Token) -> Gap {
    if left.end.line == right.start.line {
        Gap::Spaces(right.start.column.saturating_sub(left.end.column))
    } else {
        Gap::OtherLine
    }
}

/// A mark with the gaps beside it.
struct Around<'t> {
    before: Gap,
    token: &'t Token,
    after: Gap,
}

const FEWER: Option<&str> = Some("Deletes the spaces that are too many.");

impl Around<'_> {
    fn line(&self) -> usize {
        self.token.start.line + 1
    }

    /// The last space before the mark.
    fn before_column(&self) -> usize {
        self.token.start.column.max(1)
    }

    fn too_many_after(&self) -> Option<usize> {
        match self.after {
            Gap::Spaces(spaces) if spaces > 1 => Some(self.token.end.column + spaces),
            _ => None,
        }
    }

    fn colon(&self, lint: &mut Lint<'_, '_>) {
        // libyaml and PyYAML both end an alias before the space that it needs.
        if let Gap::Spaces(1..) = self.before {
            let message = "A space stands before ':', where none is wanted; delete it.".to_owned();
            lint.lesser(COLONS, self.line(), self.before_column(), message, FEWER);
        }
        if let Some(column) = self.too_many_after() {
            let message = "More than one space stands after ':'; keep one.".to_owned();
            lint.lesser(COLONS, self.line(), column, message, FEWER);
        }
    }

    fn question_mark(&self, lint: &mut Lint<'_, '_>) {
        if let Some(column) = self.too_many_after() {
            let message = "More than one space stands after '?'; keep one.".to_owned();
            lint.lesser(COLONS, self.line(), column, message, FEWER);
        }
    }

    fn hyphen(&self, lint: &mut Lint<'_, '_>) {
        if let Some(column) = self.too_many_after() {
            let message = "More than one space stands after '-'; keep one.".to_owned();
            lint.lesser(HYPHENS, self.line(), column, message, FEWER);
        }
    }

    fn comma(&self, lint: &mut Lint<'_, '_>) {
        match self.before {
            Gap::Spaces(0) => {}
            Gap::Spaces(_) => {
                let message = "A space stands before ',', where none is wanted; delete it.".to_owned();
                lint.lesser(COMMAS, self.line(), self.before_column(), message, FEWER);
            }
            Gap::OtherLine => {
                let message = "A ',' starts the line; put it at the end of the line before.".to_owned();
                lint.lesser(COMMAS, self.line(), self.before_column(), message, None);
            }
        }
        if let Gap::Spaces(0) = self.after {
            let message = "No space stands after ','; put one there.".to_owned();
            let fix = Some("Puts a space after ','.");
            lint.lesser(COMMAS, self.line(), self.token.end.column + 1, message, fix);
        }
        if let Some(column) = self.too_many_after() {
            let message = "More than one space stands after ','; keep one.".to_owned();
            lint.lesser(COMMAS, self.line(), column, message, FEWER);
        }
    }

    fn rule(&self) -> (&'static str, &'static str) {
        match self.token.kind {
            TokenKind::FlowMappingStart | TokenKind::FlowMappingEnd => (BRACES, "{ }"),
            _ => (BRACKETS, "[ ]"),
        }
    }

    fn opening(&self, closed: bool, lint: &mut Lint<'_, '_>) {
        let Some(column) = self.too_many_after() else { return };
        let (rule, pair) = self.rule();
        let message = if closed {
            format!("More than one space stands in an empty {pair}; keep one or none.")
        } else {
            format!("More than one space stands after the start of {pair}; keep one or none.")
        };
        lint.lesser(rule, self.line(), column, message, FEWER);
    }

    fn closing(&self, lint: &mut Lint<'_, '_>) {
        if let Gap::Spaces(2..) = self.before {
            let (rule, pair) = self.rule();
            let message = format!("More than one space stands before the end of {pair}; keep one or none.");
            lint.lesser(rule, self.line(), self.before_column(), message, FEWER);
        }
    }
}
