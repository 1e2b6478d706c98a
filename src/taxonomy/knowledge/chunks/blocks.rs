//! Reads a Markdown text as a flat list of headings, code fences and other blocks, with their byte ranges.
//!
//! Only what decides where a text may be cut is read; inline marks stay as they are. The rules are CommonMark's
//! (sections 4.2 ATX headings, 4.3 setext headings, 4.5 fenced code blocks).

use std::ops::Range;

use super::pieces::trimmed;
use crate::text::tokens;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// What static site generators write above a text: `---` … `---`.
    FrontMatter,
    /// From 1 (outermost) to 6.
    Heading(u8),
    Fence,
    /// A list, also with blank lines between its items, or a table.
    Rows,
    Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Without white space at the ends; never empty.
    pub range: Range<usize>,
    pub kind: BlockKind,
    /// Its size and that of the white space before it, in quarters of a token.
    pub quarters: u64,
    pub gap: u64,
}

struct Line<'a> {
    range: Range<usize>,
    text: &'a str,
}

/// Lists the blocks of a document in order: all of it but white space and a byte order mark. A heading that is larger than
/// `most_heading` quarters of a token is no heading.
pub(super) fn blocks(document: &str, most_heading: u64) -> Vec<Block> {
    let mut reader = Reader {
        document,
        most_heading,
        found: Vec::new(),
        text: None,
        fence: None,
    };
    let begin = if document.starts_with('\u{feff}') { 3 } else { 0 };
    let body = front_matter_end(document);
    if body > begin {
        reader.push(begin..body, BlockKind::FrontMatter);
    }
    let mut start = body.max(begin);
    for raw in document.get(start..).unwrap_or_default().split_inclusive('\n') {
        let range = start..start + raw.len();
        start = range.end;
        reader.line(&Line {
            range,
            text: raw.trim_end(),
        });
    }
    reader.finish()
}

struct Reader<'a> {
    document: &'a str,
    most_heading: u64,
    found: Vec<Block>,
    /// An unfinished text block, and whether it is one line long.
    text: Option<(Range<usize>, bool)>,
    /// An unfinished fence: its range, its character and how often that opened it.
    fence: Option<(Range<usize>, char, usize)>,
}

impl Reader<'_> {
    fn line(&mut self, line: &Line<'_>) {
        if let Some((range, mark, length)) = &mut self.fence {
            range.end = line.range.end;
            if closes_fence(line.text, *mark, *length) {
                let range = range.clone();
                self.fence = None;
                self.push(range, BlockKind::Fence);
            }
            return;
        }
        if line.text.trim().is_empty() {
            self.end_text();
        } else if let Some((mark, length)) = opens_fence(line.text) {
            self.end_text();
            self.fence = Some((line.range.clone(), mark, length));
        } else if let Some(level) = atx_level(line.text) {
            self.end_text();
            self.push(line.range.clone(), BlockKind::Heading(level));
        } else if let (Some(level), Some((range, true))) = (setext_level(line.text), self.text.clone()) {
            // A longer paragraph above the underline would be a heading too; in real documents it is text above a rule.
            self.text = None;
            self.push(range.start..line.range.end, BlockKind::Heading(level));
        } else {
            self.text = Some(match self.text.take() {
                Some((range, _)) => (range.start..line.range.end, false),
                None => (line.range.clone(), true),
            });
        }
    }

    fn end_text(&mut self) {
        if let Some((range, _)) = self.text.take() {
            self.push(range, BlockKind::Text);
        }
    }

    fn push(&mut self, range: Range<usize>, kind: BlockKind) {
        let range = trimmed(self.document, range);
        let text = self.document.get(range.clone()).unwrap_or_default();
        if text.is_empty() {
            return;
        }
        let quarters = tokens::quarters(text);
        let kind = match kind {
            BlockKind::Heading(_) if quarters > self.most_heading => BlockKind::Text,
            BlockKind::Text if is_rows(text) || is_item(text) => BlockKind::Rows,
            kind => kind,
        };
        let document = self.document;
        let last = self.found.last_mut();
        let from = last.as_ref().map_or(range.start, |last| last.range.end);
        let gap = document.get(from..range.start).map_or(0, tokens::quarters);
        match last {
            Some(last) if is_list(document, last) && goes_on(document, &range, kind) => {
                last.range.end = range.end;
                last.quarters += gap + quarters;
            }
            _ => self.found.push(Block {
                range,
                kind,
                quarters,
                gap,
            }),
        }
    }

    fn finish(mut self) -> Vec<Block> {
        self.end_text();
        // A fence that is never closed runs to the end of the document.
        if let Some((range, ..)) = self.fence.take() {
            self.push(range, BlockKind::Fence);
        }
        self.found
    }
}

/// The byte after `---` … `---` at the very start, as static site generators write it; else 0.
fn front_matter_end(document: &str) -> usize {
    let mut end = 0;
    for (index, raw) in document.split_inclusive('\n').enumerate() {
        end += raw.len();
        let line = raw.trim_start_matches('\u{feff}').trim_end();
        match (index, line) {
            (0, "---") => {}
            (0, _) => return 0,
            (_, "---" | "...") => return end,
            // A rule at the top of a text: front matter has keys, never a blank first line or prose of this length.
            (1, line) if line.is_empty() || !line.contains(':') => return 0,
            _ => {}
        }
    }
    0
}

fn without_indent(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(' ');
    (line.len() - rest.len() <= 3).then_some(rest)
}

fn opens_fence(line: &str) -> Option<(char, usize)> {
    let rest = without_indent(line)?;
    let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let after = rest.trim_start_matches(mark);
    let length = rest.len() - after.len();
    (length >= 3 && !(mark == '`' && after.contains('`'))).then_some((mark, length))
}

fn closes_fence(line: &str, mark: char, length: usize) -> bool {
    // Fences in list items are indented more; the closing one is taken however far it is indented.
    let rest = line.trim();
    rest.len() >= length && rest.chars().all(|c| c == mark)
}

fn atx_level(line: &str) -> Option<u8> {
    let rest = without_indent(line)?;
    let after = rest.trim_start_matches('#');
    let level = u8::try_from(rest.len() - after.len()).ok()?;
    ((1..=6).contains(&level) && (after.is_empty() || after.starts_with([' ', '\t']))).then_some(level)
}

fn setext_level(line: &str) -> Option<u8> {
    let rest = without_indent(line)?;
    match rest.chars().next()? {
        '=' if rest.chars().all(|c| c == '=') => Some(1),
        // One dash would be an empty list item.
        '-' if rest.len() >= 2 && rest.chars().all(|c| c == '-') => Some(2),
        _ => None,
    }
}

impl Block {
    pub(super) fn level(&self) -> Option<u8> {
        match self.kind {
            BlockKind::Heading(level) => Some(level),
            _ => None,
        }
    }

    /// There is something to ask about in it.
    pub(super) fn is_body(&self) -> bool {
        !matches!(self.kind, BlockKind::Heading(_) | BlockKind::FrontMatter)
    }

    /// The words of a heading, without its marks.
    pub(super) fn title(&self, document: &str) -> String {
        let text = document.get(self.range.clone()).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default().trim();
        let line = line.trim_start_matches('#').trim();
        // Closing marks count only after a space: "C#" is a title.
        let unmarked = line.trim_end_matches('#');
        let line = if unmarked.is_empty() || unmarked.ends_with([' ', '\t']) {
            unmarked.trim_end()
        } else {
            line
        };
        line.trim_matches(['*', '_']).to_owned()
    }
}

fn is_list(document: &str, block: &Block) -> bool {
    let text = document.get(block.range.clone());
    block.kind == BlockKind::Rows && text.is_some_and(is_item)
}

/// Whether a block belongs to the list before it: another item, or a paragraph that is set in.
fn goes_on(document: &str, range: &Range<usize>, kind: BlockKind) -> bool {
    let text = document.get(range.clone()).unwrap_or_default();
    let before = document.get(..range.start).unwrap_or_default();
    let inset = before.len() - before.trim_end_matches([' ', '\t']).len();
    matches!(kind, BlockKind::Rows | BlockKind::Text) && (is_item(text) || inset >= 2)
}

/// A line that starts with the mark of a list and a space.
fn is_item(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = rest.len() < text.len() && (rest.starts_with(". ") || rest.starts_with(") "));
    numbered || ["- ", "* ", "+ ", "• "].iter().any(|mark| text.starts_with(mark))
}

/// Most lines of a list or table start with its mark.
pub(in crate::taxonomy::knowledge) fn is_rows(text: &str) -> bool {
    let (mut marked, mut all) = (0_usize, 0_usize);
    for line in text.lines() {
        all += 1;
        let line = line.trim_start();
        let numbered = || {
            let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
            rest.len() < line.len() && rest.starts_with([')', '.'])
        };
        marked += usize::from(line.starts_with(['|', '-', '*', '+', '•']) || numbered());
    }
    all > 1 && marked * 2 > all
}
