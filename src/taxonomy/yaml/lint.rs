//! The few rules of yamllint that an edit could break: counted before and after, so that no edit adds a finding.

/// Blank lines in a row that yamllint's relaxed rules allow.
const BLANKS_ALLOWED: usize = 2;

/// Lines that end in blanks, and runs of too many blank lines (any at the end of the text are too many).
pub(super) fn findings(text: &str) -> usize {
    let mut findings = 0;
    let mut blanks = 0;
    for line in text.replace("\r\n", "\n").split_inclusive(['\n', '\r']) {
        let line = line.strip_suffix(['\n', '\r']).unwrap_or(line);
        findings += usize::from(line.ends_with([' ', '\t']));
        if line.is_empty() {
            blanks += 1;
        } else {
            findings += usize::from(blanks > BLANKS_ALLOWED);
            blanks = 0;
        }
    }
    findings + usize::from(blanks > 0)
}

#[cfg(test)]
mod tests {
    use super::findings;

    #[test]
    fn counts_what_yamllint_counts() {
        for (text, count) in [
            ("a\n\n\nb\n", 0),
            ("a\r\n\r\n\r\n\r\nb", 1),
            ("a \nb\t\n", 2),
            ("a\n\n", 1),
            ("", 0),
            ("a", 0),
        ] {
            assert_eq!(findings(text), count, "{text:?}");
        }
    }
}
