//! The one binding to libyaml: a text in, a row of safe events or tokens out. Nothing else in the project uses `unsafe`.
//!
//! libyaml-rs is libyaml translated to Rust with C's interface, so calling it needs raw pointers. What makes it sound:
//! the parser lives in one heap allocation that never moves (libyaml keeps a pointer to it); the text outlives it by
//! the lifetime; every event is copied into owned Rust values and freed by a guard in the same call, as is every token; the parser
//! is freed in `Drop`, which runs on every path; after an error or the end no further call is made; one parser gives either events
//! or tokens, never both.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use libyaml_rs as sys;

use super::node::ScalarStyle;
use super::tokens::{Token, TokenKind};

/// A place in the text, as libyaml counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::taxonomy) struct Mark {
    /// Bytes from the start.
    pub byte: usize,
    /// From 0.
    pub line: usize,
    /// Characters, from 0.
    pub column: usize,
}

#[derive(Debug)]
pub(super) struct Event {
    pub kind: EventKind,
    pub start: Mark,
    pub end: Mark,
}

#[derive(Debug)]
pub(super) enum EventKind {
    StreamStart,
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(String),
    /// `plain_implicit`: the type is to be worked out from the text.
    Scalar {
        anchor: Option<String>,
        tag: Option<String>,
        text: String,
        style: ScalarStyle,
        plain_implicit: bool,
    },
    SequenceStart {
        anchor: Option<String>,
        tag: Option<String>,
        flow: bool,
    },
    SequenceEnd,
    MappingStart {
        anchor: Option<String>,
        tag: Option<String>,
        flow: bool,
    },
    MappingEnd,
}

/// What libyaml says is wrong.
#[derive(Debug)]
pub(super) struct Problem {
    pub message: String,
    pub context: String,
    /// The text could not be read at all (a forbidden character); then only `byte` of the mark is meant.
    pub unreadable: bool,
    pub mark: Mark,
}

/// libyaml's parser over one text.
struct Parser<'text> {
    parser: NonNull<sys::yaml_parser_t>,
    text: PhantomData<&'text str>,
}

impl<'text> Parser<'text> {
    /// `text` without a byte order mark.
    fn new(text: &'text str) -> Option<Self> {
        let parser = NonNull::from(Box::leak(Box::<sys::yaml_parser_t>::new_uninit())).cast::<sys::yaml_parser_t>();
        // SAFETY: `parser` is a fresh allocation of the right size; initialize writes the whole struct before it is read.
        let ready = unsafe { sys::yaml_parser_initialize(parser.as_ptr()) }.ok;
        if !ready {
            // SAFETY: the allocation came from the Box above and nothing else points to it.
            drop(unsafe { Box::from_raw(parser.as_ptr().cast::<MaybeUninit<sys::yaml_parser_t>>()) });
            return None;
        }
        // SAFETY: the parser is initialized and stays at this address until Drop; `text` outlives it by 'text, and its
        // pointer is valid for its length (never null, also when empty).
        unsafe {
            sys::yaml_parser_set_encoding(parser.as_ptr(), sys::YAML_UTF8_ENCODING);
            sys::yaml_parser_set_input_string(parser.as_ptr(), text.as_ptr(), text.len() as u64);
        }
        Some(Parser {
            parser,
            text: PhantomData,
        })
    }

    fn problem(&self) -> Problem {
        // SAFETY: the parser is initialized; its message pointers are null or static NUL-terminated strings.
        unsafe {
            let parser = &*self.parser.as_ptr();
            let unreadable = parser.error == sys::YAML_READER_ERROR;
            let mut mark = mark_of(&parser.problem_mark);
            if unreadable {
                mark.byte = usize::try_from(parser.problem_offset).unwrap_or(usize::MAX);
            }
            Problem {
                message: words(parser.problem.cast()).unwrap_or_default(),
                context: words(parser.context.cast()).unwrap_or_default(),
                unreadable,
                mark,
            }
        }
    }
}

impl Drop for Parser<'_> {
    fn drop(&mut self) {
        // SAFETY: initialized in `new`, deleted once, then the allocation returns to the Box it came from.
        unsafe {
            sys::yaml_parser_delete(self.parser.as_ptr());
            drop(Box::from_raw(
                self.parser.as_ptr().cast::<MaybeUninit<sys::yaml_parser_t>>(),
            ));
        }
    }
}

/// The events of one text, in order; ends after `StreamEnd` or the first problem.
pub(super) struct Events<'text> {
    parser: Parser<'text>,
    over: bool,
}

impl<'text> Events<'text> {
    /// `text` without a byte order mark.
    pub(super) fn new(text: &'text str) -> Option<Self> {
        let parser = Parser::new(text)?;
        Some(Events { parser, over: false })
    }
}

/// Frees an event's strings when it goes out of scope.
struct Freed(sys::yaml_event_t);

impl Drop for Freed {
    fn drop(&mut self) {
        // SAFETY: the event was filled by yaml_parser_parse and is deleted only here.
        unsafe { sys::yaml_event_delete(&raw mut self.0) }
    }
}

impl Iterator for Events<'_> {
    type Item = Result<Event, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let mut event = MaybeUninit::<sys::yaml_event_t>::uninit();
        // SAFETY: the parser is initialized and no earlier call failed; parse fills the event whenever it succeeds.
        let event = unsafe {
            if !sys::yaml_parser_parse(self.parser.parser.as_ptr(), event.as_mut_ptr()).ok {
                self.over = true;
                return Some(Err(self.parser.problem()));
            }
            Freed(event.assume_init())
        };
        // SAFETY: `event` is alive and filled, so the union field that `type_` names is the one that was written.
        let kind = unsafe { kind_of(&event.0) };
        let kind = kind.unwrap_or(EventKind::StreamEnd);
        self.over = matches!(kind, EventKind::StreamEnd);
        Some(Ok(Event {
            kind,
            start: mark_of(&event.0.start_mark),
            end: mark_of(&event.0.end_mark),
        }))
    }
}

/// Frees a token's strings when it goes out of scope.
struct FreedToken(sys::yaml_token_t);

impl Drop for FreedToken {
    fn drop(&mut self) {
        // SAFETY: the token was filled by yaml_parser_scan and is deleted only here.
        unsafe { sys::yaml_token_delete(&raw mut self.0) }
    }
}

/// The tokens of one text, in order; ends at the end of the stream or at what cannot be read.
pub(super) struct Scanned<'text> {
    parser: Parser<'text>,
    over: bool,
}

impl<'text> Scanned<'text> {
    /// `text` without a byte order mark.
    pub(super) fn new(text: &'text str) -> Option<Self> {
        let parser = Parser::new(text)?;
        Some(Scanned { parser, over: false })
    }
}

impl Iterator for Scanned<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.over {
            return None;
        }
        let mut token = MaybeUninit::<sys::yaml_token_t>::uninit();
        // SAFETY: the parser is initialized and no earlier call failed; scan fills the token whenever it succeeds.
        let token = unsafe {
            if !sys::yaml_parser_scan(self.parser.parser.as_ptr(), token.as_mut_ptr()).ok {
                self.over = true;
                return None;
            }
            FreedToken(token.assume_init())
        };
        let kind = TokenKind::of(token.0.type_);
        self.over = kind.is_none();
        Some(Token {
            kind: kind?,
            start: mark_of(&token.0.start_mark),
            end: mark_of(&token.0.end_mark),
        })
    }
}

impl TokenKind {
    /// `None` at the end of the stream.
    fn of(kind: sys::yaml_token_type_t) -> Option<Self> {
        Some(match kind {
            sys::YAML_STREAM_START_TOKEN => TokenKind::StreamStart,
            sys::YAML_VERSION_DIRECTIVE_TOKEN | sys::YAML_TAG_DIRECTIVE_TOKEN => TokenKind::Directive,
            sys::YAML_DOCUMENT_START_TOKEN => TokenKind::DocumentStart,
            sys::YAML_DOCUMENT_END_TOKEN => TokenKind::DocumentEnd,
            sys::YAML_BLOCK_SEQUENCE_START_TOKEN => TokenKind::BlockSequenceStart,
            sys::YAML_BLOCK_MAPPING_START_TOKEN => TokenKind::BlockMappingStart,
            sys::YAML_BLOCK_END_TOKEN => TokenKind::BlockEnd,
            sys::YAML_FLOW_SEQUENCE_START_TOKEN => TokenKind::FlowSequenceStart,
            sys::YAML_FLOW_SEQUENCE_END_TOKEN => TokenKind::FlowSequenceEnd,
            sys::YAML_FLOW_MAPPING_START_TOKEN => TokenKind::FlowMappingStart,
            sys::YAML_FLOW_MAPPING_END_TOKEN => TokenKind::FlowMappingEnd,
            sys::YAML_BLOCK_ENTRY_TOKEN => TokenKind::BlockEntry,
            sys::YAML_FLOW_ENTRY_TOKEN => TokenKind::FlowEntry,
            sys::YAML_KEY_TOKEN => TokenKind::Key,
            sys::YAML_VALUE_TOKEN => TokenKind::Value,
            sys::YAML_ALIAS_TOKEN => TokenKind::Alias,
            sys::YAML_ANCHOR_TOKEN => TokenKind::Anchor,
            sys::YAML_TAG_TOKEN => TokenKind::Tag,
            sys::YAML_SCALAR_TOKEN => TokenKind::Scalar,
            _ => return None,
        })
    }
}

fn mark_of(mark: &sys::yaml_mark_t) -> Mark {
    let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    Mark {
        byte: number(mark.index),
        line: number(mark.line),
        column: number(mark.column),
    }
}

/// SAFETY for callers: `pointer` is null or points to a NUL-terminated string that is alive.
unsafe fn words(pointer: *const u8) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not null, and the caller vouches for the rest.
    Some(unsafe { CStr::from_ptr(pointer.cast()) }.to_string_lossy().into_owned())
}

/// `None` for an event of no known type, which libyaml never gives after success before the end of the stream.
///
/// SAFETY for callers: the event was filled by a successful yaml_parser_parse and not yet deleted.
unsafe fn kind_of(event: &sys::yaml_event_t) -> Option<EventKind> {
    // SAFETY: in each arm only the field of the event's own type is read; its pointers are null or NUL-terminated
    // strings owned by the event, and a scalar's value is valid for its length.
    unsafe {
        Some(match event.type_ {
            sys::YAML_STREAM_START_EVENT => EventKind::StreamStart,
            sys::YAML_STREAM_END_EVENT => EventKind::StreamEnd,
            sys::YAML_DOCUMENT_START_EVENT => EventKind::DocumentStart,
            sys::YAML_DOCUMENT_END_EVENT => EventKind::DocumentEnd,
            sys::YAML_ALIAS_EVENT => EventKind::Alias(words(event.data.alias.anchor).unwrap_or_default()),
            sys::YAML_SCALAR_EVENT => {
                let scalar = &event.data.scalar;
                let length = usize::try_from(scalar.length).unwrap_or_default();
                let bytes = if scalar.value.is_null() {
                    &[]
                } else {
                    std::slice::from_raw_parts(scalar.value, length)
                };
                EventKind::Scalar {
                    anchor: words(scalar.anchor),
                    tag: words(scalar.tag),
                    text: String::from_utf8_lossy(bytes).into_owned(),
                    style: match scalar.style {
                        sys::YAML_SINGLE_QUOTED_SCALAR_STYLE => ScalarStyle::Single,
                        sys::YAML_DOUBLE_QUOTED_SCALAR_STYLE => ScalarStyle::Double,
                        sys::YAML_LITERAL_SCALAR_STYLE => ScalarStyle::Literal,
                        sys::YAML_FOLDED_SCALAR_STYLE => ScalarStyle::Folded,
                        _ => ScalarStyle::Plain,
                    },
                    plain_implicit: scalar.plain_implicit,
                }
            }
            sys::YAML_SEQUENCE_START_EVENT => {
                let start = &event.data.sequence_start;
                let flow = start.style == sys::YAML_FLOW_SEQUENCE_STYLE;
                EventKind::SequenceStart {
                    anchor: words(start.anchor),
                    tag: words(start.tag),
                    flow,
                }
            }
            sys::YAML_SEQUENCE_END_EVENT => EventKind::SequenceEnd,
            sys::YAML_MAPPING_START_EVENT => {
                let start = &event.data.mapping_start;
                let flow = start.style == sys::YAML_FLOW_MAPPING_STYLE;
                EventKind::MappingStart {
                    anchor: words(start.anchor),
                    tag: words(start.tag),
                    flow,
                }
            }
            sys::YAML_MAPPING_END_EVENT => EventKind::MappingEnd,
            _ => return None,
        })
    }
}
