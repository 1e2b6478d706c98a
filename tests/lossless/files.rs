//! Real-looking `qna.yaml` files in many styles, written by a writer that shares no code with the editor under test.

use proptest::prelude::*;

/// How a file looks.
#[derive(Debug, Clone)]
pub struct Look {
    /// Columns from a key to the dashes below it.
    pub list: usize,
    /// Spaces after a dash.
    pub gap: usize,
    /// Columns from a key to the keys below it.
    pub step: usize,
    /// Columns from a key to block text.
    pub body: usize,
    pub crlf: bool,
    pub bom: bool,
    pub final_newline: bool,
    pub comments: bool,
    /// Blank lines between items.
    pub blanks: usize,
    pub document_start: bool,
    pub flow_patterns: bool,
    /// Added to every scalar's style number.
    pub turn: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Skill,
    Grounded,
    Knowledge,
}

#[derive(Debug, Clone)]
pub struct Example {
    pub context: String,
    pub pairs: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
pub struct File {
    pub kind: Kind,
    #[allow(dead_code, reason = "read in the report of a failure")]
    pub look: Look,
    pub title: String,
    pub examples: Vec<Example>,
    pub text: String,
}

pub fn look() -> impl Strategy<Value = Look> {
    let shape = (
        prop_oneof![Just(0usize), Just(2), Just(4)],
        1usize..4,
        2usize..5,
        1usize..6,
    );
    let flags = (
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.7),
        any::<bool>(),
        0usize..3,
    );
    (shape, flags, prop::bool::weighted(0.2), any::<bool>(), 0usize..7).prop_map(
        |(
            (list, gap, step, body),
            (crlf, bom, final_newline, comments, blanks),
            document_start,
            flow_patterns,
            turn,
        )| Look {
            list,
            gap,
            step,
            body,
            crlf,
            bom,
            final_newline,
            comments,
            blanks,
            document_start,
            flow_patterns,
            turn,
        },
    )
}

/// What experts write.
pub fn ordinary_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Z][a-z]{1,8}( [a-z]{1,9}){0,20}[.?]",
        2 => prop::collection::vec("[A-Za-z][a-z:#'\"-]{0,9}( [a-z0-9,]{1,9}){0,9}", 2..6).prop_map(|lines| lines.join("\n") + "\n"),
        1 => prop::collection::vec("[a-z]{1,9}( [a-z]{1,9}){0,5}", 2..4).prop_map(|lines| lines.join("\n\n")),
        1 => "[0-9]{1,3}",
        1 => prop::sample::select(vec!["Was ist Frost?", "霜是什么？", "ما هو الصقيع؟", "👩‍🌾 plants: grow", "It's \"fine\"", "yes", "12:30"])
            .prop_map(str::to_owned),
    ]
}

/// What anyone may type or paste.
pub fn any_text() -> impl Strategy<Value = String> {
    let traps = vec![
        "",
        " ",
        "\n",
        "\n\n",
        "\t",
        " lead",
        "trail ",
        "a\n",
        "a\n\n",
        "a\n\n\n",
        "\na",
        "\n\na\n",
        "a\n \nb",
        "a \nb",
        "a\tb",
        "\ta\nb",
        "  a\nb\n",
        "a: b",
        "a #b",
        "#a",
        "- a",
        "? a",
        ": a",
        "-",
        "---",
        "...",
        "--- a",
        "a:",
        "yes",
        "No",
        "~",
        "null",
        "12",
        "0x1F",
        "010",
        "1e3",
        "12:30",
        "1:30.5",
        "2024-01-01",
        ".inf",
        "=",
        "<<",
        "*a",
        "&a",
        "!a",
        "!!str a",
        "|",
        ">",
        "|-\n a",
        "%a",
        "@a",
        "`a`",
        "[a]",
        "{a: b}",
        "a, b]",
        "'",
        "\"",
        "''",
        "\"\"",
        "\\",
        "\\n",
        "'a'",
        "a'",
        "\r",
        "a\rb",
        "a\r\nb",
        "\u{0}",
        "\u{7}\u{1b}[31m",
        "\u{7f}",
        "\u{85}",
        "a\u{85}b",
        "\u{a0}a\u{a0}",
        "\u{2028}",
        "a\u{2029}b",
        "\u{feff}a",
        "\u{fffe}",
        "\u{ffff}",
        "👩‍🌾",
        "e\u{301}",
        "\u{202e}abc",
        "key: |\n  text\n",
        "- a\n- b\n",
        "# one\n# two\n",
        "```\ncode\n\n  more\n```\n",
        "| a | b |\n|---|---|\n",
        "a\n\n\n\nb",
        "ends with colon:\n",
        "word\n\tword\n",
        "true\n",
        " \n ",
        "\n \n",
    ];
    prop_oneof![
        4 => ordinary_text(),
        4 => prop::sample::select(traps).prop_map(str::to_owned),
        2 => "\\PC{0,40}",
        2 => prop::collection::vec("[ \t]{0,3}[a-z#:'\"\\-|> ]{0,12}", 0..6).prop_map(|lines| lines.join("\n")),
        1 => prop::collection::vec(any::<char>(), 0..20).prop_map(|chars| chars.into_iter().collect()),
        1 => "([a-z]{1,12} ){30,60}end\n?",
    ]
}

pub fn file() -> impl Strategy<Value = File> {
    let kind = prop_oneof![Just(Kind::Skill), Just(Kind::Grounded), Just(Kind::Knowledge)];
    let pairs = prop::collection::vec((ordinary_text(), ordinary_text()), 1..4);
    let examples = prop::collection::vec((ordinary_text(), pairs), 1..5);
    (kind, look(), ordinary_text(), examples).prop_map(|(kind, look, title, examples)| {
        let examples: Vec<Example> = examples
            .into_iter()
            .map(|(context, pairs)| Example { context, pairs })
            .collect();
        let text = Pen::new(&look).file(kind, &title, &examples);
        File {
            kind,
            look,
            title,
            examples,
            text,
        }
    })
}

/// Writes one file.
struct Pen<'a> {
    look: &'a Look,
    lines: Vec<String>,
    style: usize,
}

impl<'a> Pen<'a> {
    fn new(look: &'a Look) -> Self {
        Pen {
            look,
            lines: Vec::new(),
            style: look.turn,
        }
    }

    fn file(mut self, kind: Kind, title: &str, examples: &[Example]) -> String {
        self.comment("# Seeds of a taxonomy. It's \"quoted\": yes");
        if self.look.document_start {
            self.lines.push("---".into());
        }
        self.lines.push(format!(
            "version: 3{}",
            if self.look.comments { "  # of the schema" } else { "" }
        ));
        self.lines.push("created_by: someone".into());
        let knowledge = kind == Kind::Knowledge;
        self.scalar("", 0, if knowledge { "domain" } else { "task_description" }, title);
        if self.look.blanks > 0 {
            self.lines.push(String::new());
        }
        self.lines.push(format!(
            "seed_examples:{}",
            if self.look.comments { " # five or more" } else { "" }
        ));
        let dash = self.look.list;
        for (position, example) in examples.iter().enumerate() {
            if position > 0 {
                self.lines.extend(std::iter::repeat_n(String::new(), self.look.blanks));
            }
            self.comment(&format!("{}# example {position}", " ".repeat(dash)));
            let column = dash + 1 + self.look.gap;
            let mut lead = format!("{}-{}", " ".repeat(dash), " ".repeat(self.look.gap));
            if kind != Kind::Skill {
                self.scalar(&lead, column, "context", &example.context);
                lead = " ".repeat(column);
            }
            if knowledge {
                self.lines.push(format!("{lead}questions_and_answers:"));
                let inner = column + self.look.list;
                for (question, answer) in &example.pairs {
                    let lead = format!("{}-{}", " ".repeat(inner), " ".repeat(self.look.gap));
                    self.scalar(&lead, inner + 1 + self.look.gap, "question", question);
                    let column = inner + 1 + self.look.gap;
                    self.scalar(&" ".repeat(column), column, "answer", answer);
                }
            } else if let Some((question, answer)) = example.pairs.first() {
                self.scalar(&lead, column, "question", question);
                self.comment(&format!("{}# why this answer", " ".repeat(column)));
                self.scalar(&" ".repeat(column), column, "answer", answer);
            }
        }
        if knowledge {
            self.comment("# about the documents");
            self.scalar("", 0, "document_outline", "Outline of it: all");
            self.lines.push("document:".into());
            let lead = " ".repeat(self.look.step);
            self.lines.push(format!("{lead}repo: https://example.org/a.git"));
            self.lines.push(format!("{lead}commit: \"0123456\""));
            if self.look.flow_patterns {
                self.lines.push(format!("{lead}patterns: [\"*.md\", 'b/*.md']"));
            } else {
                self.lines.push(format!("{lead}patterns:"));
                let dash = " ".repeat(self.look.step + self.look.list);
                self.lines.push(format!("{dash}- \"*.md\""));
                self.lines.push(format!("{dash}- b/*.md"));
            }
        }
        let end = if self.look.crlf { "\r\n" } else { "\n" };
        let mut text = self.lines.join(end);
        let open_block = |line: Option<&String>| line.is_some_and(|line| line.starts_with(' '));
        // Without a last line break a block text would lose its own: such files close their last line.
        if self.look.final_newline || (open_block(self.lines.last()) && kind != Kind::Knowledge) {
            text.push_str(end);
        }
        if self.look.bom { format!("\u{feff}{text}") } else { text }
    }

    fn comment(&mut self, line: &str) {
        if self.look.comments {
            self.lines.push(line.to_owned());
        }
    }

    /// `key: text` after `lead`, with the key at `column`, in the next style that can hold the text.
    fn scalar(&mut self, lead: &str, column: usize, key: &str, text: &str) {
        self.style += 3;
        let note = if self.look.comments && self.style % 4 == 1 {
            "  # note"
        } else {
            ""
        };
        let body = " ".repeat(column + self.look.body);
        let one_line = !text.contains('\n');
        let words = text.chars().next().is_some_and(char::is_alphabetic)
            && one_line
            && !text.contains([':', '#', '"', '\''])
            && !["yes"].contains(&text);
        for choice in 0..7 {
            match (self.style + choice) % 7 {
                0 if words => self.lines.push(format!("{lead}{key}: {text}{note}")),
                1 if words && text.contains(' ') => {
                    let (first, rest) = text.split_at(text.rfind(' ').unwrap_or(0));
                    self.lines.push(format!("{lead}{key}: {first}"));
                    self.lines.push(format!("{body}{}{note}", rest.trim_start()));
                }
                2 if one_line => self
                    .lines
                    .push(format!("{lead}{key}: '{}'{note}", text.replace('\'', "''"))),
                3 => {
                    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                    self.lines.push(format!("{lead}{key}: \"{escaped}\"{note}"));
                }
                4 | 5 => {
                    self.lines.push(format!(
                        "{lead}{key}: {}{note}",
                        if text.ends_with('\n') { "|" } else { "|-" }
                    ));
                    for line in text.trim_end_matches('\n').split('\n') {
                        self.lines.push(if line.is_empty() {
                            String::new()
                        } else {
                            format!("{body}{line}")
                        });
                    }
                }
                6 if one_line && text.contains(' ') => {
                    self.lines.push(format!("{lead}{key}: >-{note}"));
                    let (first, rest) = text.split_at(text.find(' ').unwrap_or(0));
                    self.lines.push(format!("{body}{first}"));
                    self.lines.push(format!("{body}{}", rest.trim_start()));
                }
                _ => continue,
            }
            return;
        }
    }
}
