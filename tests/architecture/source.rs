//! Reads Rust sources as far as the house rules need it: code without comments, texts and tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::collections::BTreeSet;
use std::path::Path;

/// One file.
pub struct Source {
    /// Relative to the folder that was read, with `/`.
    pub path: String,
    pub text: String,
    /// The text with comments, string contents and test code blanked out; bytes keep their places. Empty for a test file.
    pub code: String,
}

impl Source {
    /// The room a file belongs to; `None` for `lib.rs` and `main.rs`.
    pub fn room(&self) -> Option<&str> {
        self.path.split_once('/').map(|(room, _)| room)
    }

    /// The rooms that a file names, with the line: `crate::room`, `crate::{room, …}`, and `super::…` out of its own room.
    pub fn rooms_used(&self) -> Vec<(usize, String)> {
        let mut used = Vec::new();
        for (at, _) in self.code.match_indices("crate::") {
            // A macro's `$crate` is the same crate, but `my_crate` is not.
            if self.code[..at].ends_with(is_word) {
                continue;
            }
            let line = line_at(&self.code, at);
            used.extend(
                first_names(&self.code[at + "crate::".len()..])
                    .into_iter()
                    .map(|name| (line, name)),
            );
        }
        let depth = self
            .path
            .trim_end_matches("/mod.rs")
            .trim_end_matches(".rs")
            .split('/')
            .count();
        let mut at = 0;
        while let Some(found) = self.code[at..].find("super::").map(|found| at + found) {
            let mut end = found;
            while self.code[end..].starts_with("super::") {
                end += "super::".len();
            }
            if (end - found) / "super::".len() >= depth {
                let line = line_at(&self.code, found);
                used.extend(first_names(&self.code[end..]).into_iter().map(|name| (line, name)));
            }
            at = end;
        }
        used
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The places where a phrase stands on its own, not as a part of a longer name.
pub fn places<'a>(code: &'a str, phrase: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(phrase).map(|(at, _)| at).filter(move |at| {
        let after = code[at + phrase.len()..].chars().next();
        let ends = !phrase.ends_with(is_word) || !after.is_some_and(is_word);
        ends && !code[..*at].ends_with(is_word)
    })
}

/// The name that starts here.
pub fn name_at(rest: &str) -> &str {
    &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
}

/// The line of a byte, from 1.
pub fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The words of a name, in lower case: `NodePath` and `node_path` are both `node`, `path`.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = '_';
    for c in name.chars() {
        let starts = previous == '_' || (c.is_uppercase() && !previous.is_uppercase());
        if c != '_' {
            if starts {
                words.push(String::new());
            }
            words.last_mut().unwrap().extend(c.to_lowercase());
        }
        previous = c;
    }
    words
}

/// The name that stands here, or the outermost names of a group in braces.
fn first_names(rest: &str) -> Vec<String> {
    let ident = |text: &str| {
        text.chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect::<String>()
    };
    if !rest.starts_with('{') {
        return vec![ident(rest)];
    }
    let mut names = Vec::new();
    let mut depth = 0;
    let mut expected = false;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if expected && depth == 1 && (c.is_alphabetic() || c == '_') {
            names.push(name_at(&rest[at..]).to_owned());
            expected = false;
        }
        expected |= depth == 1 && matches!(c, '{' | ',');
    }
    names
}

/// Reads all Rust files below a folder, sorted by path; a missing folder has none.
pub fn sources(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    collect(folder, folder, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let tests: BTreeSet<String> = found.iter().flat_map(test_files).collect();
    for source in &mut found {
        let in_tests = source.path.split('/').any(|part| part == "tests" || part == "tests.rs");
        if in_tests
            || tests
                .iter()
                .any(|path| source.path == *path || source.path.starts_with(&format!("{path}/")))
        {
            source.code.clear();
        }
    }
    found
}

fn collect(base: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(base, &path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = without_tests(without_texts(&text));
            let path = path.strip_prefix(base).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path, text, code });
        }
    }
}

/// Where `#[cfg(test)]` and its like stand: the start of the attribute and the end of it.
fn test_marks(text: &str) -> Vec<(usize, usize)> {
    let mut marks = Vec::new();
    for start in ["#[cfg(test", "#[cfg(all(test"] {
        for at in places(text, start) {
            let end = text[at..].find(']').map_or(text.len(), |end| at + end + 1);
            marks.push((at, end));
        }
    }
    marks
}

/// The files and folders that a file declares as tests by `#[cfg(test)] mod name;`.
fn test_files(source: &Source) -> Vec<String> {
    let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = source.path.trim_end_matches(".rs");
    let is_root = source.path.ends_with("mod.rs") || own == "lib" || own == "main";
    let below = if is_root { folder } else { own };
    let mut files = Vec::new();
    for (_, end) in test_marks(&source.text) {
        let declared = source.text[end..].split([';', '{']).next().unwrap_or_default();
        if let Some((_, path)) = declared.split_once("#[path = \"") {
            files.push(format!("{folder}/{}", path.split('"').next().unwrap_or_default()));
        } else if let Some((_, name)) = declared.rsplit_once("mod ") {
            files.push(format!("{below}/{name}.rs"));
            files.push(format!("{below}/{name}"));
        }
    }
    files
        .iter()
        .map(|file| file.trim_start_matches('/').to_owned())
        .collect()
}

/// Blanks out comments and the contents of strings and characters; newlines stay.
fn without_texts(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find(['"', '\'', '/']).map(|found| at + found) {
        code.push_str(&text[at..found]);
        let end = found + skipped(text, found);
        if end == found {
            code.push_str(&text[found..=found]);
            at = found + 1;
        } else {
            code.push_str(&blank(&text[found..end]));
            at = end;
        }
    }
    code.push_str(&text[at..]);
    code
}

/// How long the comment, string or character is that starts here; 0 when none does.
fn skipped(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let to = |end: &str, from: usize| {
        rest[from..]
            .find(end)
            .map_or(rest.len(), |found| from + found + end.len())
    };
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return to("*/", 2);
    }
    let before = text[..at].trim_end_matches('#');
    let hashes = at - before.len();
    if rest.starts_with('"')
        && before.ends_with('r')
        && !before[..before.len() - 1].trim_end_matches('b').ends_with(is_word)
    {
        return to(&format!("\"{}", "#".repeat(hashes)), 1);
    }
    let bytes = rest.as_bytes();
    if bytes[0] == b'"' {
        let mut end = 1;
        while end < bytes.len() && bytes[end] != b'"' {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        return (end + 1).min(bytes.len());
    }
    if bytes[0] == b'\'' {
        if bytes.get(1) == Some(&b'\\') {
            return to("'", 3);
        }
        // A lifetime has no closing quote behind its first character.
        let width = rest[1..].chars().next().map_or(0, char::len_utf8);
        return if bytes.get(1 + width) == Some(&b'\'') {
            width + 2
        } else {
            0
        };
    }
    0
}

fn blank(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect()
}

/// Blanks out everything behind a `#[cfg(test)]` with a body in braces.
fn without_tests(mut code: String) -> String {
    for (start, rest) in test_marks(&code) {
        let Some(open) = code[rest..].find(['{', ';']).map(|at| rest + at) else {
            continue;
        };
        if code[open..].starts_with(';') {
            continue;
        }
        let mut depth = 0;
        let close = code[open..].char_indices().find(|(_, c)| {
            depth += i32::from(*c == '{') - i32::from(*c == '}');
            depth == 0
        });
        let end = close.map_or(code.len(), |(at, _)| open + at + 1);
        let blanked = blank(&code[start..end]);
        code.replace_range(start..end, &blanked);
    }
    code
}

#[test]
fn comments_texts_and_tests_are_left_out() {
    let text = "fn a() { b(\"crate::x\", '\"', r#\"unsafe\"#) } // crate::y\n#[cfg(test)]\nmod tests { fn c() { crate::z } }\nuse crate::{text::{self, q}, git};\n";
    let code = without_tests(without_texts(text));
    assert_eq!(code.len(), text.len());
    let source = Source {
        path: "room/a.rs".into(),
        text: text.into(),
        code,
    };
    assert_eq!(source.rooms_used(), [(4, "text".to_owned()), (4, "git".to_owned())]);
    assert_eq!(words("RunInfo"), ["run", "info"]);
}
