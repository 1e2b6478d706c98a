//! Regular expressions as Python's `re` reads them, for patterns that were written for sdg_hub.
//!
//! The engine behind (fancy-regex) knows look-around and references to earlier groups, but reads some marks in its own way.
//! A pattern is therefore rewritten before it is compiled: `\Z` and `$` mean the ends that Python means, `\<` is a `<`,
//! a `{` that starts no repetition is a brace, brackets and doubled signs inside a class are plain characters, groups lose
//! their names so that numbers and names may refer to them side by side. Spaces and comments of `(?x)` are left out here.

use fancy_regex::{CompileError, Error, Regex, RegexBuilder, RuntimeError};

/// Most steps back in the search for one match: a pattern that needs more would keep the program busy without end.
pub(super) const MOST_STEPS: usize = 500_000;
/// Longest pattern in characters; compiling costs time and memory.
const LONGEST: usize = 2000;
/// Largest compiled piece of a pattern, in bytes.
const LARGEST_PIECE: usize = 4 << 20;

/// Compiles a pattern as `re.compile(pattern, re.DOTALL)` would.
///
/// # Errors
/// Says what is wrong and at which character (from 1).
pub(super) fn compile(pattern: &str) -> Result<Regex, String> {
    let count = pattern.chars().count();
    if count > LONGEST {
        return Err(format!("it has {count} characters, more than {LONGEST}"));
    }
    let written = Rewriting::new(pattern).through()?;
    RegexBuilder::new(&written.out)
        .dot_matches_new_line(true)
        .backtrack_limit(MOST_STEPS)
        .delegate_size_limit(LARGEST_PIECE)
        .build()
        .map_err(|error| explain(&error, &written.places))
}

/// Why a search was given up.
pub(super) fn gave_up(error: &Error) -> String {
    match error {
        Error::RuntimeError(RuntimeError::BacktrackLimitExceeded | RuntimeError::StackOverflow) => format!(
            "the block's pattern was stopped after {MOST_STEPS} steps; write it so that its parts cannot match the same text in many ways"
        ),
        other => format!("the block's pattern failed: {other}"),
    }
}

fn explain(error: &Error, places: &[usize]) -> String {
    match error {
        Error::ParseError(at, why) => {
            let place = places.get(*at).map(|place| format!(" at character {place}"));
            let why = why.to_string();
            let (first, rest) = why.split_at_checked(1).unwrap_or(("", &why));
            let place = place.unwrap_or_else(|| " at its end".to_owned());
            format!("{}{rest}{place}", first.to_lowercase())
        }
        Error::CompileError(why) => match why.as_ref() {
            CompileError::LookBehindNotConst => "a look-behind must have one length".to_owned(),
            CompileError::InnerError(inner) if inner.size_limit().is_some() => {
                "it becomes too large; repeat less often".to_owned()
            }
            CompileError::InnerError(inner) => match inner.syntax_error() {
                // The last line says what is wrong, those above draw the pattern.
                Some(syntax) => last_line(&syntax.to_string()),
                None => inner.to_string(),
            },
            other => other.to_string(),
        },
        other => other.to_string(),
    }
}

fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or(text).trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// What a `(?…)` may switch and what matters to the rewriting.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    multiline: bool,
    verbose: bool,
}

struct Rewriting {
    chars: Vec<char>,
    at: usize,
    out: String,
    /// For each byte of `out` the character (from 1) of the pattern that it comes from.
    places: Vec<usize>,
    flags: Flags,
    /// The flags outside each open group.
    open: Vec<Flags>,
    groups: usize,
    names: Vec<(String, usize)>,
}

impl Rewriting {
    fn new(pattern: &str) -> Self {
        Rewriting {
            chars: pattern.chars().collect(),
            at: 0,
            out: String::new(),
            places: Vec::new(),
            flags: Flags::default(),
            open: Vec::new(),
            groups: 0,
            names: Vec::new(),
        }
    }

    fn through(mut self) -> Result<Self, String> {
        while let Some(char) = self.next() {
            match char {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    let Some(outside) = self.open.pop() else {
                        return Err(self.fault("a ) has no ("));
                    };
                    self.flags = outside;
                    self.push(")");
                }
                // Python's $ also stands before a line end that is the very last character.
                '$' if !self.flags.multiline => self.push(r"(?=\n?\z)"),
                '{' if !self.repeats() => self.push(r"\{"),
                '#' if self.flags.verbose => while self.next().is_some_and(|char| char != '\n') {},
                space if self.flags.verbose && space.is_ascii_whitespace() => {}
                other => self.push_char(other),
            }
        }
        Ok(self)
    }

    fn next(&mut self) -> Option<char> {
        let char = self.chars.get(self.at).copied()?;
        self.at += 1;
        Some(char)
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn takes(&mut self, text: &str) -> bool {
        let mut at = self.at;
        for char in text.chars() {
            if self.chars.get(at) != Some(&char) {
                return false;
            }
            at += 1;
        }
        self.at = at;
        true
    }

    /// Takes characters up to and without `end`, which is passed over.
    fn until(&mut self, end: char) -> Result<String, String> {
        let start = self.at;
        let mut text = String::new();
        while let Some(char) = self.next() {
            if char == end {
                return Ok(text);
            }
            text.push(char);
        }
        self.at = start;
        Err(self.fault(&format!("a {end} is missing")))
    }

    fn fault(&self, why: &str) -> String {
        format!("{why}, at character {}", self.at)
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        self.places.resize(self.out.len(), self.at);
    }

    fn push_char(&mut self, char: char) {
        self.push(char.encode_utf8(&mut [0; 4]));
    }

    /// A character that means itself, inside a class or outside.
    fn push_literal(&mut self, char: char) {
        // A backslash before < or > would mean the edge of a word.
        if char.is_ascii_punctuation() && !matches!(char, '<' | '>') {
            self.push("\\");
        }
        self.push_char(char);
    }

    /// Outside a class, after the backslash.
    fn escape(&mut self) -> Result<(), String> {
        match self.next() {
            None => return Err(self.fault("nothing follows the last \\")),
            Some('Z') => self.push(r"\z"),
            Some('0') => self.octal(),
            Some(digit) if digit.is_ascii_digit() => {
                let mut number = digit as usize - '0' as usize;
                if let Some(second) = self.peek().and_then(|char| char.to_digit(10)) {
                    self.at += 1;
                    number = number * 10 + second as usize;
                }
                self.reference(number)?;
            }
            Some(letter) if letter.is_ascii_alphabetic() => match of_python(letter) {
                Some((members, true)) => self.push(&format!("[{members}]")),
                Some((members, false)) => self.push(&format!("[^{members}]")),
                None => {
                    self.push("\\");
                    self.push_char(letter);
                }
            },
            Some(other) => self.push_literal(other),
        }
        Ok(())
    }

    /// Up to two more octal digits after `\0`.
    fn octal(&mut self) {
        let mut code = 0;
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|char| char.to_digit(8)) else {
                break;
            };
            self.at += 1;
            code = code * 8 + digit;
        }
        self.push(&format!(r"\x{{{code:X}}}"));
    }

    fn reference(&mut self, number: usize) -> Result<(), String> {
        if number == 0 || number > self.groups {
            return Err(self.fault(&format!("there is no group {number} before")));
        }
        self.push(&format!("(?P={number})"));
        Ok(())
    }

    fn number_of(&self, name: &str) -> Result<usize, String> {
        if let Ok(number) = name.parse() {
            return Ok(number);
        }
        let known = self.names.iter().find(|(known, _)| known == name);
        known
            .map(|(_, number)| *number)
            .ok_or_else(|| self.fault(&format!("there is no group '{name}' before")))
    }

    /// After an opening parenthesis.
    fn group(&mut self) -> Result<(), String> {
        if !self.takes("?") {
            self.groups += 1;
            return self.opens("(");
        }
        for plain in ["<=", "<!", "=", "!", ":", ">"] {
            if self.takes(plain) {
                return self.opens(&format!("(?{plain}"));
            }
        }
        if self.takes("#") {
            return self.until(')').map(|_| ());
        }
        if self.takes("P<") {
            let name = self.until('>')?;
            if name.is_empty() || self.names.iter().any(|(known, _)| *known == name) {
                return Err(self.fault(&format!("a group cannot be named '{name}' here")));
            }
            self.groups += 1;
            self.names.push((name, self.groups));
            return self.opens("(");
        }
        if self.takes("P=") {
            let name = self.until(')')?;
            let number = self.number_of(&name)?;
            return self.reference(number);
        }
        if self.takes("(") {
            let name = self.until(')')?;
            let number = self.number_of(&name)?;
            if number == 0 || number > self.groups {
                return Err(self.fault(&format!("there is no group {number} before")));
            }
            return self.opens(&format!("(?({number})"));
        }
        self.switches()
    }

    fn opens(&mut self, text: &str) -> Result<(), String> {
        self.open.push(self.flags);
        self.push(text);
        Ok(())
    }

    /// `(?im)` or `(?im-s:`, after the question mark.
    fn switches(&mut self) -> Result<(), String> {
        let mut flags = self.flags;
        let mut kept = String::new();
        let mut on = true;
        loop {
            match self.next() {
                Some('-') if on => {
                    on = false;
                    kept.push('-');
                }
                Some('m') => {
                    flags.multiline = on;
                    kept.push('m');
                }
                Some('x') => flags.verbose = on,
                Some(flag @ ('i' | 's')) => kept.push(flag),
                Some('u') => {}
                Some(end @ (')' | ':')) => {
                    let kept = kept.strip_suffix('-').unwrap_or(&kept).to_owned();
                    if end == ':' {
                        self.opens(&format!("(?{kept}:"))?;
                    } else if !kept.is_empty() {
                        self.push(&format!("(?{kept})"));
                    }
                    self.flags = flags;
                    return Ok(());
                }
                Some(flag @ ('a' | 'L')) => {
                    return Err(self.fault(&format!("seedbed does not have the flag '{flag}'")));
                }
                Some(other) => return Err(self.fault(&format!("Python does not know (?{other}"))),
                None => return Err(self.fault("a ) is missing")),
            }
        }
    }

    /// After an opening brace: true when it begins `{2}`, `{2,}`, `{,3}` or `{2,3}`.
    fn repeats(&self) -> bool {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let Some(end) = rest.iter().position(|char| *char == '}') else {
            return false;
        };
        let inside = rest.get(..end).unwrap_or_default();
        let commas = inside.iter().filter(|char| **char == ',').count();
        !inside.is_empty() && commas <= 1 && inside.iter().all(|char| char.is_ascii_digit() || *char == ',')
    }

    /// After an opening bracket.
    fn class(&mut self) -> Result<(), String> {
        let start = self.at;
        self.push("[");
        if self.takes("^") {
            self.push("^");
        }
        let mut first = true;
        loop {
            let never_closed = || format!("a [ is never closed, at character {start}");
            let char = self.next().ok_or_else(never_closed)?;
            if char == ']' && !first {
                self.push("]");
                return Ok(());
            }
            first = false;
            self.member(char)?;
            // A hyphen before the closing bracket is one; any other after a member makes a range.
            if self.peek() == Some('-') && self.chars.get(self.at + 1) != Some(&']') {
                self.at += 1;
                self.push("-");
                let last = self.next().ok_or_else(never_closed)?;
                self.member(last)?;
            }
        }
    }

    fn member(&mut self, char: char) -> Result<(), String> {
        if char != '\\' {
            self.push_literal(char);
            return Ok(());
        }
        match self.next() {
            None => return Err(self.fault("nothing follows the last \\")),
            Some('0') => self.octal(),
            Some(letter) if letter.is_ascii_alphanumeric() => match of_python(letter) {
                Some((members, true)) => self.push(members),
                Some((members, false)) => self.push(&format!("[^{members}]")),
                None => {
                    self.push("\\");
                    self.push_char(letter);
                }
            },
            Some(other) => self.push_literal(other),
        }
        Ok(())
    }
}

/// What Python's classes `\\w` and `\\s` hold, and whether the letter means those or all others. Python counts letters and
/// numbers as word characters, but not the marks on them, and takes the four separators of ASCII for spaces.
fn of_python(letter: char) -> Option<(&'static str, bool)> {
    match letter {
        'w' | 'W' => Some((r"\p{L}\p{N}_", letter == 'w')),
        's' | 'S' => Some((r"\s\x1C-\x1F", letter == 's')),
        _ => None,
    }
}

#[cfg(test)]
#[path = "python_pattern_tests.rs"]
mod tests;
