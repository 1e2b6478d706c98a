//! Reads a Markdown text as a flat list of headings, code fences and other blocks, with their byte ranges.
//!
//! Only what decides where a text may be cut is read; inline marks stay as they are. The rules are CommonMark's
//! (sections 4.2 ATX headings, 4.3 setext headings, 4.5 fenced code blocks).

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// From 1 (outermost) to 6.
    Heading(u8),
    Fence,
    Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Of whole lines, without blank lines at the ends.
    pub range: Range<usize>,
    pub kind: BlockKind,
    pub words: usize,
}

struct Line<'a> {
    range: Range<usize>,
    text: &'a str,
}

/// Lists the blocks of a document in order; front matter is left out.
pub(super) fn blocks(document: &str) -> Vec<Block> {
    let mut reader = Reader {
        document,
        found: Vec::new(),
        text: None,
        fence: None,
    };
    let body = front_matter_end(document);
    let mut start = body;
    for raw in document.get(body..).unwrap_or_default().split_inclusive('\n') {
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
        let words = words::count(self.document.get(range.clone()).unwrap_or_default());
        self.found.push(Block { range, kind, words });
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

    /// Cuts a block that is too long: lists and tables at lines, prose at sentences, a long sentence at words, a fence never.
    pub(super) fn parts(&self, document: &str, max: usize) -> Vec<(Range<usize>, usize)> {
        if self.words <= max || self.kind != BlockKind::Text {
            return vec![(self.range.clone(), self.words)];
        }
        let text = document.get(self.range.clone()).unwrap_or_default();
        let units: Vec<&str> = if is_rows(text) {
            text.split_inclusive('\n').collect()
        } else {
            text.split_sentence_bounds().collect()
        };
        let mut parts = Vec::new();
        let mut start = self.range.start;
        let mut open: Option<(Range<usize>, usize)> = None;
        for unit in units {
            let range = start..start + unit.len();
            start = range.end;
            let count = words::count(unit);
            match &mut open {
                Some((so_far, total)) if *total + count <= max => {
                    so_far.end = range.end;
                    *total += count;
                    continue;
                }
                _ => parts.extend(open.take()),
            }
            if count <= max {
                open = Some((range, count));
            } else {
                parts.extend(
                    words::cut(unit, max)
                        .into_iter()
                        .map(|(inner, count)| (range.start + inner.start..range.start + inner.end, count)),
                );
            }
        }
        parts.extend(open);
        parts
    }
}

/// Most lines of a list or table start with its mark.
pub(super) fn is_rows(text: &str) -> bool {
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
