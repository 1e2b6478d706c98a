//! Seeded faults of style in seed files, for parity.rs: indentation, spaces beside marks, collections in brackets, comments, marks of
//! the document, tags and anchors on lines of their own.

use super::mutations::Dice;

/// Values over several lines; `@` stands for the indentation of their key.
const BLOCKS: &[&str] = &[
    "[a, b]",
    "[a,b , c]",
    "[  a ]",
    "[ ]",
    "[    ]",
    "{a: 1,  b: 2}",
    "{ a: 1,b : 2 }",
    "{   }",
    "[a,]",
    "[\n@  a,\n@  b\n@]",
    "[\n@    a,\n@  b]",
    "[a,\n@   b\n@  ]",
    "{\n@  a: [\n@    b,\n@     c\n@  ], d:\n@    e\n@}",
    "{a: b,\n@ c: d,\n@   ? e\n@   : f}",
    "{a:\n@  b, c:\n@     d}",
    "[[a,\n@ b], [\n@  c\n@  ], d]",
    "[a  # x\n@  , b]",
    "[a, # x\n@   b,\n\n@   c]",
    "\n@  - a\n@  - b",
    "\n@- a\n@- b",
    "\n@    - a\n@    - b: c\n@      d: e",
    "\n@ -  a\n@ -   - b\n@     - c",
    "\n@  -\n@    a\n@  -\n@     b: c",
    "\n@  b: c\n@  d:   e",
    "\n@    b: c\n@    d : e",
    "\n@   ? b\n@   : c\n@   ?   d\n@   :   e",
    "\n@  ? - b\n@  : - c\n@  ?\n@    d\n@  :\n@     e",
    "&b\n@  - a",
    "!!seq\n@  - a",
    "!!map &m\n@   b: c",
    "\n@  !!map\n@  b: c",
    "\n@    &n\n@  b: c",
    "&p !!str\n@    x",
    "!!str   x",
    "|\n@  a\n@    b\n@\n@  c",
    "|2\n@    a\n@  b",
    ">-\n@      a\n@      b",
    "|\n@ a",
    "\"a\n@ b\"",
    "'a\n\n@  b'",
    "a\n@  b\n@     c",
    "\n@  a\n@   b",
    "\n@     \"a\n@ b\"",
    "[\"a\n@  b\", [\n@   c]]",
    "# only a comment",
    "  a",
    "a   # x",
    "a #x",
];

const ORDERS: &[&str] = &[
    "# yamllint disable\n",
    "# yamllint enable\n",
    "# yamllint disable-line\n",
    "# yamllint disable rule:indentation\n",
    "# yamllint enable rule:indentation rule:colons\n",
    "# yamllint disable rule:colons rule:commas rule:hyphens\n",
    "# yamllint disable-line rule:brackets rule:braces\n",
    "# yamllint disable-line  rule:colons\n",
    "  # yamllint disable rule:empty-lines  \n",
    "#yamllint disable\n",
    "## yamllint disable\n",
    "# yamllint disable-file\n",
    "# yamllint disable rule:nothing\n",
];

fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// One fault of style; the text may become unreadable by it.
pub fn untidy(text: &str, dice: &mut Dice) -> String {
    // A byte order mark stays in front, as in `mutate`.
    if let Some(rest) = text.strip_prefix('\u{feff}') {
        return format!("\u{feff}{}", untidy(rest, dice));
    }
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    if lines.is_empty() {
        return "\n".to_owned();
    }
    let at = dice.below(lines.len());
    let spaces = " ".repeat(1 + dice.below(3));
    match dice.below(14) {
        0 => lines[at].insert_str(0, &spaces),
        1 => {
            let kept = depth(&lines[at]).saturating_sub(spaces.len());
            lines[at] = format!("{}{}", " ".repeat(kept), lines[at].trim_start_matches(' '));
        }
        2 | 3 => {
            // A block moves as a whole.
            let inside = depth(&lines[at]);
            let end = (at + 1..lines.len())
                .find(|i| !lines[*i].trim().is_empty() && depth(&lines[*i]) < inside.max(1))
                .unwrap_or(lines.len());
            let further = dice.below(2) == 0;
            for line in &mut lines[at..end] {
                if line.trim().is_empty() {
                    continue;
                }
                *line = if further || depth(line) < spaces.len() {
                    format!("{spaces}{line}")
                } else {
                    line[spaces.len()..].to_owned()
                };
            }
        }
        4 => {
            // Another step, for the whole file or from a line on.
            let factor = 2 + dice.below(2);
            for line in &mut lines[at..] {
                *line = format!("{}{line}", " ".repeat(depth(line) * (factor - 1)));
            }
        }
        5..=7 => {
            let line = lines[at].clone();
            let marks: Vec<usize> = line
                .match_indices([':', ',', '-', '[', ']', '{', '}', '?'])
                .map(|(i, _)| i)
                .collect();
            if !marks.is_empty() {
                let mark = marks[dice.below(marks.len())];
                let place = if dice.below(2) == 0 { mark } else { mark + 1 };
                lines[at].insert_str(place, &spaces);
            }
        }
        8..=10 => {
            let keyed: Vec<usize> = (0..lines.len())
                .filter(|i| lines[*i].contains(": ") || lines[*i].ends_with(":\n"))
                .collect();
            if !keyed.is_empty() {
                let at = keyed[dice.below(keyed.len())];
                let key = lines[at].split(':').next().unwrap().to_owned();
                let column = key.len() - key.trim_start_matches([' ', '-']).len();
                let block = BLOCKS[dice.below(BLOCKS.len())].replace('@', &" ".repeat(column));
                lines[at] = format!("{key}: {block}\n").replace(": \n", ":\n");
            }
        }
        11 => {
            let inside = " ".repeat(depth(&lines[at]));
            let comment = ["# x\n", "#x\n", "   # x\n", "#\n"][dice.below(4)];
            lines.insert(at, format!("{inside}{comment}"));
        }
        12 => lines.insert(at, ORDERS[dice.below(ORDERS.len())].to_owned()),
        _ => match dice.below(6) {
            0 => lines.insert(0, "---\n".to_owned()),
            1 => lines.push("...\n".to_owned()),
            2 => lines.insert(0, "%YAML 1.1\n---\n".to_owned()),
            3 => {
                let line = lines[at].trim_end_matches('\n').to_owned();
                lines[at] = format!("{line} {}\n", "long words ".repeat(30).trim_end());
            }
            4 => lines.insert(at, "<<: {created_by: b,  domain: c}\n".to_owned()),
            _ => {
                lines.insert(0, "x: &m {question: a, answer: b}\n".to_owned());
                let line = lines[at].clone();
                lines.insert(
                    at + 1,
                    format!(
                        "{}<<: *m\n",
                        " ".repeat(line.len() - line.trim_start_matches([' ', '-']).len())
                    ),
                );
            }
        },
    }
    lines.concat()
}
