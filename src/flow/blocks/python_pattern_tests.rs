use super::*;

/// As `re.findall(pattern, text, re.DOTALL)`; the groups of one match are joined with `|`.
fn findall(pattern: &str, text: &str) -> Vec<String> {
    let compiled = compile(pattern).unwrap_or_else(|why| panic!("{pattern}: {why}"));
    let groups = compiled.captures_len();
    compiled
        .captures_iter(text)
        .map(|found| {
            let found = found.unwrap();
            let all = found.iter().skip(usize::from(groups > 1));
            all.map(|group| group.map_or("", |group| group.as_str()))
                .collect::<Vec<_>>()
                .join("|")
        })
        .collect()
}

#[test]
fn patterns_mean_what_they_mean_in_python() {
    // Each expectation is what CPython 3.11 gives.
    for (pattern, text, expected) in [
        // Look-around, references, conditions.
        (r"(?<=Q: )\w+", "Q: one Q: two", &["one", "two"][..]),
        (r"(?<!Q: )\b\w{3}\b", "Q: one, two", &["two"]),
        (r"(?=(\d\d))", "1234", &["12", "23", "34"]),
        (r#"(['"])(.*?)\1"#, r#"'a"b' "c""#, &[r#"'|a"b"#, "\"|c"]),
        (r"(?P<t>\w)(?P=t)\1", "aaab", &["a"]),
        (r"(\()?x(?(1)\))", "(x) x (x", &["(", "", ""]),
        (r"(?P<p>\()?x(?(p)\)|y)", "(x) xy", &["(", ""]),
        // The patterns of sdg_hub's own flows.
        (
            r"(?:^|\n)\s*\d+\.\s+(.*?)(?=\n\s*\d+\.\s+|\Z)",
            "1. one\n2. two\n more\n3. three",
            &["one", "two\n more", "three"],
        ),
        (
            r"\[(?:Question|QUESTION)\]\s*(.*?)\s*\[(?:Answer|ANSWER)\]\s*(.*?)\s*(?=\[(?:Question|QUESTION)\]|$)",
            "[Question] a\n[Answer] b\n[QUESTION]c[ANSWER]d\n",
            &["a|b", "c|d"],
        ),
        // Ends of the text.
        (r"\w+$", "one two\n", &["two"]),
        (r"\w+\Z", "one two\n", &[]),
        (r"(?m)\w+$", "one\ntwo\n", &["one", "two"]),
        (r"(?m:^\w$)|x$", "a\nx\n", &["a", "x"]),
        // Marks that are plain characters in Python.
        (r"\<b\>", "<b> b", &["<b>"]),
        (r#"{"score": (\d{1,2})}"#, r#"{"score": 7}"#, &["7"]),
        (r"a{,2}b{x}", "aab{x}", &["aab{x}"]),
        (r"\[Q\]([^[]+)", "[Q] one [A] two", &[" one "]),
        (r"[]&&~~a]+", "x]&~ax", &["]&~a"]),
        (r"[+--]+", "a+,-b", &["+,-"]),
        (r"[\w.-]+@[a-z\-]+", "x.y-z@a-b", &["x.y-z@a-b"]),
        (r"[\b\0]", "\u{8}\0", &["\u{8}", "\0"]),
        // Flags and comments.
        ("(?x) a b # c )\n [ #] (?# d ) (?P<n>e)", "ab e ab#e", &["e", "e"]),
        (r"(?i)q(?-i:a)", "Qa QA", &["Qa"]),
        (r"(?iu)É", "é", &["é"]),
        (r"a.b", "a\nb", &["a\nb"]),
    ] {
        assert_eq!(findall(pattern, text), expected, "{pattern}");
    }
}

#[test]
fn wrong_patterns_say_what_is_wrong_and_where() {
    for (pattern, parts) in [
        ("(a", ["parenthesis", "end"]),
        ("ab)", ["has no (", "character 3"]),
        ("a[b", ["never closed", "character 2"]),
        (r"(a)\2", ["no group 2", "character 5"]),
        ("(?P=x)", ["no group 'x'", "character 6"]),
        ("(?P<x>a)(?P<x>b)", ["'x'", "character 14"]),
        ("(?a)b", ["flag 'a'", "character 3"]),
        ("(?<x>b)", ["Python", "(?<"]),
        (r"a\", ["\\", "character 2"]),
        (r"ab\y", ["\\y", "character 4"]),
        (r"\w{900}{900}", ["too large", "repeat less"]),
        ("[b-a]", ["range", ""]),
    ] {
        let why = compile(pattern).map(|_| ()).expect_err(pattern);
        for part in parts {
            assert!(why.contains(part), "{pattern}: {why}");
        }
    }
    assert!(compile(&"a".repeat(LONGEST + 1)).unwrap_err().contains("2001"));
}
