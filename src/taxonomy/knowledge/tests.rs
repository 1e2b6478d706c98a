use proptest::prelude::*;

use super::*;

fn cut(document: &str, max: usize) -> Vec<(String, String)> {
    chunks(document, max)
        .into_iter()
        .map(|chunk| (chunk.heading.join(" > "), chunk.text(document).to_owned()))
        .collect()
}

fn words(count: usize, word: &str) -> String {
    vec![word; count].join(" ")
}

#[test]
fn a_short_document_is_one_chunk_under_its_title() {
    let document = "# Frost\n\nWater the soil.\n\n## Young plants\n\nCover with fleece.\n";
    assert_eq!(cut(document, 250), [("Frost".to_owned(), document.trim().to_owned())]);
}

#[test]
fn sections_that_fit_stay_whole_and_carry_their_headings() {
    let document = format!(
        "# Frost\n\n{}\n\n## Young plants\n\n{}\n\nOld\n---\n\n{}\n",
        words(8, "a"),
        words(9, "b"),
        words(9, "c")
    );
    let found = cut(&document, 12);
    let headings: Vec<_> = found.iter().map(|(heading, _)| heading.as_str()).collect();
    assert_eq!(headings, ["Frost", "Frost > Young plants", "Frost > Old"]);
    assert!(found[1].1.starts_with("## Young plants\n\nb b"));
    assert!(found[2].1.starts_with("Old\n---\n\nc c"));
}

#[test]
fn small_neighbours_share_a_chunk() {
    let document = format!("# A\n\none two\n\n# B\n\nthree\n\n# C\n\n{}\n", words(18, "c"));
    let found = cut(&document, 20);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0, "");
    assert!(found[0].1.contains("# A") && found[0].1.contains("# B"));
    assert_eq!(found[1].0, "C");
}

#[test]
fn long_paragraphs_are_cut_at_sentences_and_long_sentences_at_words() {
    let document =
        "One two three four. Five six seven. Eight nine ten eleven twelve thirteen fourteen fifteen sixteen.";
    let found: Vec<_> = cut(document, 7).into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        found,
        [
            "One two three four. Five six seven.",
            "Eight nine ten eleven twelve thirteen fourteen",
            "fifteen sixteen."
        ]
    );
}

#[test]
fn languages_without_spaces_are_cut_at_their_sentences() {
    let document = "霜が降りる。葉が萎れる。土に水をやる。";
    let found: Vec<_> = cut(document, 11).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["霜が降りる。葉が萎れる。", "土に水をやる。"]);
}

#[test]
fn a_code_fence_is_never_cut_and_hides_headings() {
    let code = format!("```sh\n# not a heading\n\n{}\n```", words(40, "x"));
    let document = format!("# A\n\n{}\n\n{code}\n\n{}\n", words(9, "a"), words(9, "b"));
    let found = cut(&document, 10);
    assert!(found.iter().any(|(_, text)| text.contains(&code)), "{found:?}");
    assert!(found.iter().all(|(heading, _)| heading == "A"));
}

#[test]
fn lists_and_tables_are_cut_at_lines() {
    let document = "- one two three\n- four five six\n- seven eight nine\n";
    let found: Vec<_> = cut(document, 6).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["- one two three\n- four five six", "- seven eight nine"]);
}

#[test]
fn front_matter_and_bare_headings_are_left_out() {
    let document = "---\ntitle: Frost\n---\n# Frost\n";
    assert_eq!(cut(document, 10), []);
    assert_eq!(cut("", 10), []);
    assert_eq!(cut("---\nA rule above\n", 10).len(), 1);
}

#[test]
fn a_title_keeps_its_own_sharp_sign() {
    assert_eq!(cut("## C# ##\n\ntext\n", 10)[0].0, "C#");
    assert_eq!(cut("## About C#\n\ntext\n", 10)[0].0, "About C#");
}

fn visible(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #[test]
    fn chunks_are_in_order_within_the_limit_and_lose_no_text(
        lines in prop::collection::vec(
            prop_oneof![
                Just(String::new()),
                "#{1,3} [a-z]{1,5}",
                "[a-z霜土。. ]{0,60}",
                "- [a-zé ]{1,30}",
                Just("```".to_owned()),
                Just("===".to_owned()),
            ],
            0..40,
        ),
        max in 1_usize..30,
    ) {
        let document = lines.join("\n");
        let found = chunks(&document, max);
        let mut end = 0;
        let mut kept = String::new();
        for chunk in &found {
            prop_assert!(chunk.start >= end && chunk.end > chunk.start && chunk.end <= document.len());
            prop_assert!(document.is_char_boundary(chunk.start) && document.is_char_boundary(chunk.end));
            end = chunk.end;
            let text = chunk.text(&document);
            prop_assert_eq!(text.trim(), text);
            kept.push_str(&visible(text));
        }
        // What is missing is only bare headings.
        let bodies: String = blocks::blocks(&document)
            .iter()
            .filter(|block| block.level().is_none())
            .map(|block| visible(document.get(block.range.clone()).unwrap()))
            .collect();
        let mut left = kept.chars();
        prop_assert!(bodies.chars().all(|c| left.any(|k| k == c)), "{bodies:?} is not within {kept:?}");
    }

    #[test]
    fn prose_stays_within_the_limit(text in "[a-z霜土。.\n ]{0,400}", max in 1_usize..30) {
        for chunk in chunks(&text, max) {
            prop_assert!(chunk.words <= max, "{} words in {:?}", chunk.words, chunk.text(&text));
        }
    }
}
