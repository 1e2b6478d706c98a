//! Seeded changes to seed files, of the kinds that people and programs make, for parity.rs.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const VALUES: &[&str] = &[
    "",
    "~",
    "null",
    "''",
    "\"\"",
    "' '",
    "yes",
    "No",
    "ON",
    "y",
    "yES",
    "true",
    "False",
    "12",
    "+12",
    "1_000",
    "0x1F",
    "0b11",
    "010",
    "0o17",
    "12:30",
    "1:30:00",
    "1.5",
    ".5",
    "5.",
    "1.0e+3",
    "1e3",
    ".inf",
    ".NaN",
    "2024-01-01",
    "2024-1-1",
    "2024-13-45",
    "2001-12-14t21:59:43.10-05:00",
    "!!binary aGk=",
    "!!str 12",
    "!!int 3",
    "!foo bar",
    "=",
    "<<",
    "*.md",
    "@x",
    "`x`",
    "%x",
    "a: b",
    "a # b",
    "a #b",
    "[a, b]",
    "[]",
    "{}",
    "{a: 1}",
    "&x a",
    "*x",
    "|",
    "- a",
    "'it''s'",
    "\"a\\tb\"",
    "\"a\\qb\"",
    "0123456",
    "12e4567",
    "1234567",
    "text",
    "\u{e4}\u{f6}",
    "霜",
    "a\u{85}b",
    "a\u{2028}b",
    "a\u{a0}",
    "\u{1f331}",
    "a\tb",
    "a\t",
    "\"x",
    "'x",
    "? a",
    "a:b",
    "http://x.y/z:1",
    "-",
    "--- a",
    "...",
    "> x",
    "!!set {a}",
    "!!null x",
    "!!float 3",
];
const VERSIONS: &[&str] = &[
    "1",
    "2",
    "3",
    "4",
    "0",
    "-1",
    "\"3\"",
    "'2'",
    "3.0",
    "3.5",
    "2.0",
    "true",
    "no",
    "~",
    "",
    "x",
    "[3]",
    "0x3",
    "03",
    "1:3",
    ".inf",
    ".nan",
    "2024-01-01",
    "\" 3 \"",
    "99999999999999999999",
    "!!str 3",
];
const KEYS: &[&str] = &[
    "question",
    "anwser",
    "Question",
    "context",
    "version",
    "domain",
    "task_description",
    "document",
    "document_outline",
    "extra",
    "1",
    "yes",
    "<<",
    "questions_and_answers",
    "seed_examples",
    "patterns",
    "repo",
    "commit",
    "created_by",
    "? a",
    "\"answer\"",
];

/// One change to a text, of the kinds that people and programs make.
pub fn mutate(text: &str, dice: &mut Dice) -> String {
    // A byte order mark stays in front: elsewhere libyaml and PyYAML do not agree on it, and no editor puts it there.
    if let Some(rest) = text.strip_prefix('\u{feff}') {
        let changed = if rest.is_empty() {
            String::new()
        } else {
            mutate(rest, dice)
        };
        return if changed.starts_with('\u{feff}') {
            changed
        } else {
            format!("\u{feff}{changed}")
        };
    }
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let at = dice.below(lines.len());
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    match dice.below(20) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, lines[at].clone()),
        2..=5 => {
            // A value instead of another.
            let keyed: Vec<usize> = (0..lines.len())
                .filter(|i| lines[*i].contains(": ") || lines[*i].ends_with(":\n"))
                .collect();
            if !keyed.is_empty() {
                let at = keyed[dice.below(keyed.len())];
                let key = lines[at].split(':').next().unwrap().to_owned();
                lines[at] = format!("{key}: {}\n", dice.pick(VALUES)).replace(": \n", ":\n");
            }
        }
        6 | 7 => {
            if let Some(line) = lines.iter_mut().find(|line| line.starts_with("version:")) {
                *line = format!("version: {}\n", dice.pick(VERSIONS)).replace(": \n", ":\n");
            }
        }
        8 => {
            // Another key, or one more.
            let line = lines[at].clone();
            let spaces: String = " ".repeat(indent(&line));
            lines.insert(
                at,
                format!("{spaces}{}: {}\n", dice.pick(KEYS), dice.pick(VALUES)).replace(": \n", ":\n"),
            );
        }
        9 => {
            let line = &lines[at];
            if let Some((_, value)) = line.split_once(':') {
                let start: String = line.chars().take(indent(line)).collect();
                lines[at] = format!("{start}{}:{value}", dice.pick(KEYS));
            }
        }
        10 | 11 => {
            // An entry of a list less or twice.
            let starts: Vec<usize> = (0..lines.len())
                .filter(|i| lines[*i].trim_start().starts_with("- "))
                .collect();
            if !starts.is_empty() {
                let start = starts[dice.below(starts.len())];
                let depth = lines[start].len() - lines[start].trim_start().len();
                let more = lines[start + 1..]
                    .iter()
                    .take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > depth)
                    .count();
                let end = start + 1 + more;
                let entry: Vec<String> = lines[start..end].to_vec();
                if dice.below(2) == 0 {
                    lines.drain(start..end);
                } else {
                    lines.splice(end..end, entry);
                }
            }
        }
        12 => {
            let line = lines[at].trim_end_matches('\n').to_owned();
            lines[at] = format!("{line}{}\n", dice.pick(&[" ", "  ", "\t", " \t", "\u{a0}"]));
        }
        13 => {
            let blank = "\n".repeat(1 + dice.below(4));
            let at = match dice.below(3) {
                0 => 0,
                1 => lines.len(),
                _ => at,
            };
            lines.insert(at, blank);
        }
        14 => {
            let all: String = lines.concat();
            return all.trim_end_matches('\n').to_owned();
        }
        15 => {
            let all: String = lines.concat();
            return match dice.below(3) {
                0 => all.replace('\n', "\r\n"),
                1 => all.replace('\n', "\r"),
                _ => format!("\u{feff}{all}"),
            };
        }
        16 | 17 => {
            // A stray character, or one less.
            let mut letters: Vec<char> = lines.concat().chars().collect();
            let at = dice.below(letters.len());
            let stray: Vec<char> = ":#-[]{}\"'|>&*!%@`,?\\~= \t\n\u{85}\u{2028}\u{7f}\u{0}\u{1f331}"
                .chars()
                .collect();
            if dice.below(3) == 0 {
                letters.remove(at);
            } else {
                letters.insert(at, stray[dice.below(stray.len())]);
            }
            return letters.into_iter().collect();
        }
        18 => {
            let order = dice.pick(&[
                "disable",
                "enable",
                "disable-line",
                "disable-file",
                "disable rule:trailing-spaces",
                "disable-line rule:empty-lines",
            ]);
            if dice.below(2) == 0 {
                lines.insert(at, format!("# yamllint {order}\n"));
            } else {
                let line = lines[at].trim_end_matches('\n').to_owned();
                lines[at] = format!("{line}  # yamllint {order}\n");
            }
        }
        _ => {
            // An anchor here, its alias there.
            let values: Vec<usize> = (0..lines.len()).filter(|i| lines[*i].contains(": ")).collect();
            if values.len() > 1 {
                let first = dice.below(values.len() - 1);
                let second = first + 1 + dice.below(values.len() - first - 1);
                let (a, b) = (values[first], values[second]);
                lines[a] = lines[a].replacen(": ", ": &x ", 1);
                let key = lines[b].split(": ").next().unwrap().to_owned();
                lines[b] = format!("{key}: *x\n");
            }
        }
    }
    lines.concat()
}
