//! Markdown as a document repository wants it: one kind of line end, no invisible characters, no ragged blanks.

/// Makes line ends `\n`, takes out control characters and what only guided a line break, writes joined letters apart (ﬁ), ends lines
/// without blanks, leaves at most one blank line between paragraphs, and ends with one newline. Code fences keep their blank lines.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = 0_usize;
    let mut fence = false;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}', '\u{b}', '\u{c}'], "\n")
        .split('\n')
    {
        let start = out.len();
        line.chars().for_each(|c| push(&mut out, c));
        let kept = out.get(start..).unwrap_or_default().trim_end().len();
        out.truncate(start + kept);
        if kept == 0 {
            blank += 1;
            continue;
        }
        let line = out.split_off(start);
        if start > 0 {
            let most = if fence { usize::MAX } else { 1 };
            for _ in 0..=blank.min(most) {
                out.push('\n');
            }
        }
        blank = 0;
        fence ^= line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        out.push_str(&line);
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

fn push(out: &mut String, c: char) {
    match c {
        '\u{fb00}' => out.push_str("ff"),
        '\u{fb01}' => out.push_str("fi"),
        '\u{fb02}' => out.push_str("fl"),
        '\u{fb03}' => out.push_str("ffi"),
        '\u{fb04}' => out.push_str("ffl"),
        '\u{fb05}' | '\u{fb06}' => out.push_str("st"),
        '\u{a0}' | '\u{202f}' | '\u{2007}' => out.push(' '),
        // Soft hyphen, zero-width space, byte order marks inside; marks that turn the direction of reading have misled readers.
        '\u{ad}' | '\u{200b}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
        '\t' => out.push('\t'),
        c if c.is_control() => {}
        c => out.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_plain_and_even() {
        let text =
            "\u{feff}# A \r\n\r\n\r\n\r\nof\u{fb01}ce\u{a0}1\u{1b}[31m\u{ad}x  \n```\na\n\n\n\nb\n```\n\n\nend\n\n";
        assert_eq!(tidy(text), "# A\n\noffice 1[31mx\n```\na\n\n\n\nb\n```\n\nend\n");
        assert_eq!(tidy(" \n\n"), "");
        assert_eq!(tidy(&tidy(text)), tidy(text));
    }
}
