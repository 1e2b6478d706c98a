//! From events to the tree.

use std::collections::HashMap;

use super::document::{MAX_BYTES, MAX_DEPTH};
use super::error::SyntaxError;
use super::events::{Event, EventKind, Events, Mark, Problem};
use super::lines;
use super::node::{Marks, Node, NodeValue, Resolved, ScalarStyle};
use super::resolve;
use super::tabs;

/// Nodes that all anchors and aliases of a file may copy together; a file that wants more is an attack.
const MAX_COPIED_NODES: usize = 100_000;

/// A parsed text.
pub(super) struct Parsed {
    pub root: Option<Node>,
    /// Why PyYAML would not load it, though the syntax is right.
    pub load_error: Option<SyntaxError>,
}

/// A complete node and what copying it costs.
#[derive(Clone)]
struct Measured {
    node: Node,
    /// Levels, 1 for a scalar.
    height: usize,
    nodes: usize,
    bytes: usize,
}

/// A collection whose end has not come yet.
struct Open {
    node: Node,
    anchor: Option<String>,
    height: usize,
    nodes: usize,
    bytes: usize,
    /// The key that waits for its value.
    key: Option<Node>,
}

struct Builder<'text> {
    text: &'text str,
    /// Bytes of the byte order mark.
    shift: usize,
    open: Vec<Open>,
    anchors: HashMap<String, Measured>,
    copied_nodes: usize,
    copied_bytes: usize,
    root: Option<Node>,
    load_error: Option<SyntaxError>,
    documents: usize,
}

/// Reads one document; `text` may start with a byte order mark.
pub(super) fn parse(text: &str) -> Result<Parsed, SyntaxError> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let memory = || SyntaxError::new(1, 1, "there is not enough memory to read this file");
    let mut builder = Builder {
        text,
        shift: text.len() - body.len(),
        open: Vec::new(),
        anchors: HashMap::new(),
        copied_nodes: 0,
        copied_bytes: 0,
        root: None,
        load_error: None,
        documents: 0,
    };
    for event in Events::new(body).ok_or_else(memory)? {
        let event = event.map_err(|problem| builder.explain(&problem))?;
        builder.take(event)?;
    }
    let Builder {
        root, mut load_error, ..
    } = builder;
    if let Some(error) = tabs::forbidden_tab(text, root.as_ref()) {
        let earlier = load_error
            .as_ref()
            .is_none_or(|known| (error.line, error.column) < (known.line, known.column));
        if earlier {
            load_error = Some(error);
        }
    }
    Ok(Parsed { root, load_error })
}

fn place(mark: Mark, message: impl Into<String>) -> SyntaxError {
    SyntaxError::new(mark.line + 1, mark.column + 1, message)
}

impl Builder<'_> {
    fn take(&mut self, event: Event) -> Result<(), SyntaxError> {
        let Event { kind, start, end } = event;
        match kind {
            EventKind::StreamStart | EventKind::StreamEnd | EventKind::DocumentEnd => Ok(()),
            EventKind::DocumentStart => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(place(
                        start,
                        "a second document starts here; a seed file is one document, remove the '---'",
                    ));
                }
                Ok(())
            }
            EventKind::Alias(name) => self.alias(&name, start, end),
            EventKind::Scalar {
                anchor,
                tag,
                text,
                style,
                plain_implicit,
            } => {
                let resolved = match tag.as_deref() {
                    // PyYAML works the type out under a lone '!' too.
                    None | Some("!") if plain_implicit => resolve::resolve_plain(&text),
                    None => Resolved::Str,
                    Some(tag) => resolved_of_tag(tag),
                };
                self.check_scalar(&text, tag.as_deref(), resolved, start);
                if style == ScalarStyle::Plain {
                    self.check_question_mark(&text, start);
                }
                let marks = Marks {
                    anchored: anchor.is_some(),
                    tagged: tag.is_some(),
                    ..Marks::default()
                };
                let bytes = text.len();
                let mut node = self.node(
                    start,
                    end,
                    NodeValue::Scalar {
                        text,
                        style,
                        tag: resolved,
                    },
                    marks,
                );
                if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                    node.span.end = lines::block_scalar_end(self.text, node.span.clone());
                    self.check_header(&node);
                }
                self.close(
                    Measured {
                        node,
                        height: 1,
                        nodes: 1,
                        bytes,
                    },
                    anchor,
                )
            }
            EventKind::SequenceStart { anchor, tag, flow } => {
                self.check_collection(tag.as_deref(), &["seq", "omap", "pairs"], start);
                self.begin(NodeValue::Sequence(Vec::new()), anchor, tag.is_some(), flow, start, end)
            }
            EventKind::MappingStart { anchor, tag, flow } => {
                self.check_collection(tag.as_deref(), &["map", "set"], start);
                self.begin(NodeValue::Mapping(Vec::new()), anchor, tag.is_some(), flow, start, end)
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => {
                let Some(mut open) = self.open.pop() else { return Ok(()) };
                if open.node.marks.flow {
                    open.node.span.end = end.byte + self.shift;
                }
                let Open {
                    node,
                    anchor,
                    height,
                    nodes,
                    bytes,
                    ..
                } = open;
                self.close(
                    Measured {
                        node,
                        height,
                        nodes,
                        bytes,
                    },
                    anchor,
                )
            }
        }
    }

    fn node(&self, start: Mark, end: Mark, value: NodeValue, marks: Marks) -> Node {
        let span = start.byte + self.shift..end.byte + self.shift;
        Node {
            span,
            line: start.line + 1,
            column: start.column + 1,
            value,
            marks,
        }
    }

    fn begin(
        &mut self,
        value: NodeValue,
        anchor: Option<String>,
        tagged: bool,
        flow: bool,
        start: Mark,
        end: Mark,
    ) -> Result<(), SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(place(start, too_deep()));
        }
        let marks = Marks {
            flow,
            anchored: anchor.is_some(),
            alias: false,
            tagged,
        };
        let node = self.node(start, end, value, marks);
        self.open.push(Open {
            node,
            anchor,
            height: 1,
            nodes: 1,
            bytes: 0,
            key: None,
        });
        Ok(())
    }

    /// A node is complete: remembers its anchor and hands it to the collection around it.
    fn close(&mut self, measured: Measured, anchor: Option<String>) -> Result<(), SyntaxError> {
        if let Some(name) = anchor {
            if self.anchors.contains_key(&name) {
                let message = format!("the anchor &{name} is used a second time; give each anchor its own name");
                return Err(SyntaxError::new(measured.node.line, measured.node.column, message));
            }
            self.copied_nodes += measured.nodes;
            self.copied_bytes += measured.bytes;
            if self.copied_nodes > MAX_COPIED_NODES || self.copied_bytes > MAX_BYTES {
                return Err(SyntaxError::new(
                    measured.node.line,
                    measured.node.column,
                    TOO_MANY_COPIES,
                ));
            }
            self.anchors.insert(name, measured.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(measured.node);
            return Ok(());
        };
        parent.height = parent.height.max(measured.height + 1);
        parent.nodes += measured.nodes;
        parent.bytes += measured.bytes;
        if !parent.node.marks.flow {
            parent.node.span.end = parent.node.span.end.max(measured.node.span.end);
        }
        match &mut parent.node.value {
            NodeValue::Scalar { .. } => {}
            NodeValue::Sequence(items) => items.push(measured.node),
            NodeValue::Mapping(pairs) => match parent.key.take() {
                Some(key) => {
                    if key.is_merge() && !can_merge(&measured.node) && self.load_error.is_none() {
                        let message =
                            "'<<' merges in a group of keys, and this is none; quote the key or give it an alias";
                        self.load_error = Some(SyntaxError::new(measured.node.line, measured.node.column, message));
                    }
                    pairs.push((key, measured.node));
                }
                None => {
                    if measured.node.scalar_text().is_none() && self.load_error.is_none() {
                        let message = "a list or a group of keys cannot be a key; write the key as one text";
                        self.load_error = Some(SyntaxError::new(measured.node.line, measured.node.column, message));
                    }
                    parent.key = Some(measured.node);
                }
            },
        }
        Ok(())
    }

    fn alias(&mut self, name: &str, start: Mark, end: Mark) -> Result<(), SyntaxError> {
        let Some(known) = self.anchors.get(name) else {
            let inside = self.open.iter().any(|open| open.anchor.as_deref() == Some(name));
            let message = if inside {
                format!("*{name} stands inside the very thing it names; write the text out instead")
            } else {
                format!(
                    "*{name} names an anchor that is not defined above; if the star is meant as text, quote it: \"*{name}\""
                )
            };
            return Err(place(start, message));
        };
        self.copied_nodes += known.nodes;
        self.copied_bytes += known.bytes;
        if self.copied_nodes > MAX_COPIED_NODES || self.copied_bytes > MAX_BYTES {
            return Err(place(start, TOO_MANY_COPIES));
        }
        if self.open.len() + known.height > MAX_DEPTH {
            return Err(place(start, too_deep()));
        }
        let mut copy = known.clone();
        copy.node.span = start.byte + self.shift..end.byte + self.shift;
        (copy.node.line, copy.node.column) = (start.line + 1, start.column + 1);
        copy.node.marks.alias = true;
        copy.node.marks.anchored = false;
        self.close(copy, None)
    }

    fn check_scalar(&mut self, text: &str, tag: Option<&str>, resolved: Resolved, start: Mark) {
        if self.load_error.is_some() || resolve::is_constructible(text, resolved) {
            return;
        }
        let as_key = self
            .open
            .last()
            .is_some_and(|open| open.key.is_none() && matches!(open.node.value, NodeValue::Mapping(_)));
        let message = match (tag, text) {
            (None, "<<" | "=") if as_key => return,
            (None, "<<" | "=") => format!("'{text}' alone has a special meaning; put it in quotes"),
            (Some(tag), _) if resolved == Resolved::Other => {
                format!("the tag {tag} is not known; remove it, or put the text in quotes")
            }
            _ => format!("'{text}' looks like a number or a date and is none; put it in quotes"),
        };
        self.load_error = Some(place(start, message));
    }

    /// Inside brackets a text without quotes ends at `?` for PyYAML, which then finds a key where none can be; libyaml reads on.
    fn check_question_mark(&mut self, text: &str, start: Mark) {
        let in_brackets = self.open.last().is_some_and(|open| open.node.marks.flow);
        if in_brackets && self.load_error.is_none() && text.char_indices().any(|(at, c)| at > 0 && c == '?') {
            let shown: String = text.chars().take(40).collect();
            let message = format!(
                "'{shown}' holds a '?' inside [ ] or {{ }}, where InstructLab's reader takes it for a mark of its own; put the text in quotes"
            );
            self.load_error = Some(place(start, message));
        }
    }

    /// libyaml reads `|#` as `|`; PyYAML does not.
    fn check_header(&mut self, node: &Node) {
        let header = lines::line_at(self.text, node.span.start);
        let indicators = lines::block_indicators(header);
        let rest = header
            .find(indicators)
            .and_then(|at| header.get(at + indicators.len()..))
            .unwrap_or_default();
        if self.load_error.is_none() && rest.starts_with('#') {
            let message = "a blank is missing before the '#' of this comment; put one there";
            self.load_error = Some(SyntaxError::new(node.line, node.column, message));
        }
    }

    fn check_collection(&mut self, tag: Option<&str>, allowed: &[&str], start: Mark) {
        let Some(tag) = tag else { return };
        let known = tag == "!" || tag.strip_prefix(TAG_PREFIX).is_some_and(|name| allowed.contains(&name));
        if !known && self.load_error.is_none() {
            self.load_error = Some(place(start, format!("the tag {tag} is not known here; remove it")));
        }
    }

    fn explain(&self, problem: &Problem) -> SyntaxError {
        if problem.unreadable {
            let byte = problem.mark.byte.saturating_add(self.shift);
            return SyntaxError::at_byte(
                self.text,
                byte,
                "a control character stands here, which YAML forbids; remove it",
            );
        }
        place(problem.mark, advice(&problem.message, &problem.context))
    }
}

const TOO_MANY_COPIES: &str =
    "the anchors and aliases of this file repeat too much text; write it out where it is needed";
const TAG_PREFIX: &str = "tag:yaml.org,2002:";

fn resolved_of_tag(tag: &str) -> Resolved {
    match tag.strip_prefix(TAG_PREFIX) {
        Some("str") => Resolved::Str,
        Some("null") => Resolved::Null,
        Some("bool") => Resolved::Bool,
        Some("int") => Resolved::Int,
        Some("float") => Resolved::Float,
        Some("timestamp") => Resolved::Timestamp,
        Some("binary") => Resolved::Binary,
        _ => Resolved::Other,
    }
}

fn can_merge(node: &Node) -> bool {
    match &node.value {
        NodeValue::Mapping(_) => true,
        NodeValue::Sequence(items) => items.iter().all(|item| item.pairs().is_some()),
        NodeValue::Scalar { .. } => false,
    }
}

fn too_deep() -> String {
    format!("lists and keys are nested over {MAX_DEPTH} levels deep; a seed file needs six")
}

/// libyaml's message in plain words, with what to do.
fn advice(problem: &str, context: &str) -> String {
    let plain = match problem {
        "mapping values are not allowed in this context" => {
            "a ': ' stands inside a text without quotes, or this line is indented too far; quote the text or mend the indentation"
        }
        "could not find expected ':'" => {
            "a line that should be 'key: value' has no ':'; check its indentation and the line above"
        }
        "did not find expected key" => {
            "this line does not line up with the keys above, or a quote above is not closed; mend the indentation"
        }
        "did not find expected '-' indicator" => {
            "this line does not line up with the '-' of its list; mend the indentation"
        }
        "found character that cannot start any token" => {
            "a text cannot start with this character (a tab, @, `, or %); use spaces to indent, or put the text in quotes"
        }
        "found unexpected end of stream" => "a quote is opened and never closed; close it",
        "found a tab character where an indentation space is expected"
        | "found a tab character that violates indentation" => "a tab is used to indent; use spaces",
        "block sequence entries are not allowed in this context" => {
            "a '-' stands where no list can start; put the list on its own lines"
        }
        "found unknown escape character" => {
            "a backslash in a text in double quotes is followed by a letter that means nothing; write \\\\ or use single quotes"
        }
        "did not find expected ',' or ']'" => "a list in [ ] is not closed, or a comma is missing",
        "did not find expected ',' or '}'" => "a group in { } is not closed, or a comma is missing",
        "did not find expected <document start>" => {
            "there is text after the end of the document, or the first line is indented differently; mend the indentation"
        }
        "did not find expected alphabetic or numeric character" => {
            "a '*' or '&' at the start of a text has a special meaning; put the text in quotes"
        }
        _ => return format!("this is not YAML: {problem} {context}; compare with the lines above").replace("  ", " "),
    };
    format!("{plain} ({problem})")
}
