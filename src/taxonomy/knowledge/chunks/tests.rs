use proptest::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use super::*;

fn size(tokens: u64, overlap: u64) -> ChunkSize {
    ChunkSize { tokens, overlap }
}

/// Headings and text of each chunk.
fn cut(document: &str, tokens: u64, overlap: u64) -> Vec<(String, String)> {
    chunks(document, size(tokens, overlap))
        .into_iter()
        .map(|chunk| (chunk.heading.join(" > "), chunk.text(document).to_owned()))
        .collect()
}

fn texts(document: &str, tokens: u64, overlap: u64) -> Vec<String> {
    cut(document, tokens, overlap)
        .into_iter()
        .map(|(_, text)| text)
        .collect()
}

fn words(count: usize, word: &str) -> String {
    vec![word; count].join(" ")
}

#[test]
fn a_short_document_is_one_chunk_under_its_title() {
    let document = "# Frost\n\nWater the soil.\n\n## Young plants\n\nCover with fleece.\n";
    assert_eq!(
        cut(document, 500, 50),
        [("Frost".to_owned(), document.trim().to_owned())]
    );
}

#[test]
fn sections_that_fit_stay_whole_and_carry_their_headings() {
    let document = format!(
        "# Frost\n\n{}\n\n## Young plants\n\n{}\n\nOld\n---\n\n{}\n",
        words(20, "a"),
        words(18, "b"),
        words(28, "c")
    );
    let found = chunks(&document, size(16, 2));
    let headings: Vec<_> = found.iter().map(|chunk| chunk.heading.join(" > ")).collect();
    assert_eq!(headings, ["Frost", "Frost > Young plants", "Frost > Old"]);
    assert!(found[1].text(&document).starts_with("## Young plants\n\nb b"));
    assert!(found[2].text(&document).starts_with("Old\n---\n\nc c"));
    // The title stands before the sections, their own headings in them.
    assert_eq!(found[0].headings_above(), <[String; 0]>::default());
    assert_eq!(found[1].headings_above(), ["Frost"]);
    assert_eq!(found.iter().map(|chunk| chunk.shared).collect::<Vec<_>>(), [0, 0, 0]);
}

#[test]
fn small_neighbours_share_a_chunk_but_large_chapters_stay_apart() {
    let small = format!("# A\n\none two\n\n# B\n\nthree\n\n# C\n\n{}\n", words(90, "c"));
    let found = cut(&small, 48, 0);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0, "");
    assert!(found[0].1.contains("# A") && found[0].1.contains("# B"));
    assert_eq!(found[1].0, "C");
    let chapters = format!("# A\n\n{}\n\n# B\n\n{}\n", words(40, "a"), words(40, "b"));
    assert_eq!(cut(&chapters, 48, 0).len(), 2);
    let sections = format!(
        "# All\n\n## A\n\n{}\n\n## B\n\n{}\n\n## C\n\n{}\n",
        words(40, "a"),
        words(40, "b"),
        words(40, "c")
    );
    let headings: Vec<_> = cut(&sections, 52, 0).into_iter().map(|(heading, _)| heading).collect();
    assert_eq!(headings, ["All", "All > C"]);
}

#[test]
fn long_paragraphs_are_cut_at_sentences_and_long_sentences_at_words() {
    let document =
        "One two three four. Five six seven. Eight nine ten eleven twelve thirteen fourteen fifteen sixteen.";
    assert_eq!(
        texts(document, 10, 0),
        [
            "One two three four. Five six seven.",
            "Eight nine ten eleven twelve thirteen",
            "fourteen fifteen sixteen."
        ]
    );
}

#[test]
fn a_chunk_begins_with_the_last_sentences_of_the_one_before() {
    let document = "One two three. Four five six.\nSeven eight nine. Ten eleven twelve. Thirteen fourteen.";
    assert_eq!(
        texts(document, 12, 6),
        [
            "One two three. Four five six.\nSeven eight nine.",
            "Seven eight nine. Ten eleven twelve.",
            "Ten eleven twelve. Thirteen fourteen."
        ]
    );
    let found = chunks(document, size(12, 6));
    assert_eq!(found.iter().map(|chunk| chunk.shared).collect::<Vec<_>>(), [0, 5, 5]);
    // A paragraph that is kept whole is opened for what is shared.
    let paragraphs = "Aa aa aa. Bb bb bb.\n\nCc cc cc. Dd dd dd.\n\nEe ee ee. Ff ff ff.";
    assert_eq!(
        texts(paragraphs, 10, 3),
        [
            "Aa aa aa. Bb bb bb.\n\nCc cc cc. Dd dd dd.",
            "Dd dd dd.\n\nEe ee ee. Ff ff ff."
        ]
    );
}

#[test]
fn languages_without_spaces_are_cut_at_their_sentences_phrases_and_words() {
    let japanese = "霜が降りる。葉が萎れる。土に水をやる。";
    assert_eq!(texts(japanese, 13, 0), ["霜が降りる。葉が萎れる。", "土に水をやる。"]);
    assert_eq!(
        texts(japanese, 13, 6),
        ["霜が降りる。葉が萎れる。", "葉が萎れる。土に水をやる。"]
    );
    let chinese = "霜冻来临之前，浇透土壤，再盖上保温布";
    assert_eq!(texts(chinese, 12, 0), ["霜冻来临之前，浇透土壤，", "再盖上保温布"]);
    let thai = "ก่อนน้ำค้างแข็ง รดน้ำดินให้ชุ่ม แล้วคลุมด้วยผ้า";
    let found = texts(thai, 18, 0);
    assert_eq!(found, ["ก่อนน้ำค้างแข็ง", "รดน้ำดินให้ชุ่ม", "แล้วคลุมด้วยผ้า"]);
    let arabic = "هل جاء الصقيع؟ اسق التربة مساء. غط النبات.";
    let found = texts(arabic, 28, 0);
    assert_eq!(found, ["هل جاء الصقيع؟ اسق التربة مساء.", "غط النبات."]);
}

#[test]
fn a_family_of_joined_signs_is_never_cut() {
    let family = "👩‍👩‍👧‍👦";
    for text in [
        family.repeat(9),
        "🇩🇪🇫🇷".repeat(9),
        "क्षि".repeat(30),
        "e\u{301}\u{323}".repeat(30),
    ] {
        for tokens in [1, 3, 7] {
            let joined = texts(&text, tokens, 0);
            assert!(joined.len() > 1);
            assert_eq!(joined.concat(), text);
            let whole: Vec<&str> = text.graphemes(true).collect();
            let parts: Vec<&str> = joined.iter().flat_map(|text| text.graphemes(true)).collect();
            assert_eq!(parts, whole);
        }
    }
}

#[test]
fn code_lists_and_tables_stay_whole_where_they_fit() {
    let code = format!("```sh\n# not a heading\n\n{}\n```", words(20, "x"));
    let list = "- one two\n\n- three four\n\n  and five\n\n- six seven";
    let table = "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |";
    for block in [code.as_str(), list, table] {
        let document = format!("# A\n\n{}\n\n{block}\n\n{}\n", words(40, "a"), words(30, "b"));
        let found = cut(&document, 22, 5);
        assert!(found.iter().any(|(_, text)| text.contains(block)), "{found:?}");
        assert!(found.iter().all(|(heading, _)| heading == "A"), "{found:?}");
    }
}

#[test]
fn what_is_too_long_is_cut_at_its_lines() {
    let list = "- one two three\n- four five six\n- seven eight nine\n";
    assert_eq!(
        texts(list, 8, 0),
        ["- one two three\n- four five six", "- seven eight nine"]
    );
    assert_eq!(
        texts(list, 9, 4),
        [
            "- one two three\n- four five six",
            "- four five six\n- seven eight nine"
        ]
    );
    let code = "```\nlet a = 1;\nlet b = 2;\nlet c = 3;\n```";
    assert_eq!(texts(code, 7, 3), ["```\nlet a = 1;\nlet b = 2;", "let c = 3;\n```"]);
}

#[test]
fn front_matter_and_bare_headings_go_with_what_follows() {
    let document = format!(
        "---\ntitle: Frost\n---\n# Frost\n\n## Young\n\n{}\n\n# End\n",
        words(60, "a")
    );
    let found = cut(&document, 24, 0);
    assert_eq!(found[0].0, "Frost > Young");
    assert!(
        found[0].1.starts_with("# Frost\n\n## Young\n\na a") || found[0].1.starts_with("---"),
        "{found:?}"
    );
    assert!(found.last().unwrap().1.ends_with("# End"));
    assert_eq!(cut("---\ntitle: Frost\n---\n# Frost\n\ntext\n", 24, 0)[0].0, "Frost");
    assert_eq!(texts("---\nA rule above\n", 10, 0), ["---\nA rule above"]);
}

#[test]
fn odd_documents_have_odd_chunks() {
    assert_eq!(cut("", 10, 1), []);
    assert_eq!(cut(" \r\n\t\n\u{3000}\n", 10, 1), []);
    assert_eq!(cut("\u{feff}", 10, 1), []);
    let marked = "\u{feff}# Frost\r\n\r\nWater the soil.\r\n";
    assert_eq!(
        cut(marked, 50, 5),
        [("Frost".to_owned(), "# Frost\r\n\r\nWater the soil.".to_owned())]
    );
    assert_eq!(cut("## C# ##\n\ntext\n", 10, 0)[0].0, "C#");
    assert_eq!(cut("## About C#\n\ntext\n", 10, 0)[0].0, "About C#");
}

#[test]
fn two_million_bytes_without_a_newline_are_cut_in_no_time() {
    // What takes minutes where the rules of sentences look ahead, or where each cut reads the rest.
    let hostile = [
        "霜が降りると葉が萎れる".repeat(60_000),
        "a".repeat(2_000_000),
        format!("End.{}b", " ".repeat(2_000_000)),
        format!("End.{}b", ")".repeat(2_000_000)),
        "Water the soil. ".repeat(125_000),
        "🇩🇪".repeat(250_000),
        format!("a{}", "\u{301}".repeat(1_000_000)),
        "# a\n".repeat(400_000),
        "- a\n\n".repeat(400_000),
    ];
    for text in hostile {
        let found = chunks(&text, ChunkSize::USUAL);
        assert!(
            found
                .iter()
                .all(|chunk| chunk.tokens <= 500 || text.contains('\u{301}'))
        );
    }
}

#[test]
fn a_wish_is_filled_up_and_checked() {
    let wish = |tokens, overlap| ChunkWish { tokens, overlap };
    let none = wish(None, None);
    assert_eq!(none.size(none, ChunkSize::USUAL), Ok(size(500, 50)));
    assert_eq!(wish(Some(80), None).size(none, ChunkSize::USUAL), Ok(size(80, 8)));
    assert_eq!(
        wish(Some(80), None).size(wish(None, Some(100)), ChunkSize::USUAL),
        Ok(size(80, 8))
    );
    assert_eq!(
        none.size(wish(Some(900), Some(20)), ChunkSize::USUAL),
        Ok(size(900, 20))
    );
    let error = wish(Some(80), Some(80)).size(none, ChunkSize::USUAL).unwrap_err();
    assert!(error.contains("80 tokens cannot share 80"), "{error}");
    assert!(wish(Some(0), None).size(none, ChunkSize::USUAL).is_err());
}

/// Lines of several languages, marks and oddities.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => Just(String::new()),
        2 => "#{1,4} [a-z]{1,5}",
        3 => "[a-zA-Z霜土。、. ]{0,60}",
        2 => "[กน้ำคแข็ง ]{0,40}",
        2 => "[؟مرحبا. ]{0,40}",
        2 => "[- |*]{0,2}[a-zé ]{1,30}",
        1 => "  [a-z. ]{1,20}",
        1 => Just("```".to_owned()),
        1 => Just("===".to_owned()),
        1 => Just("---".to_owned()),
        2 => "[ae👩👧🇩🇪\u{200d}\u{301}\u{600}\u{feff}\u{a0} \r\t.)(]{0,20}",
    ]
}

proptest! {
    #[test]
    fn chunks_cover_the_document_in_order_within_size_and_overlap(
        lines in prop::collection::vec(line(), 0..40),
        newline in prop_oneof![Just("\n"), Just("\r\n")],
        tokens in 1_u64..40,
        overlap in 0_u64..40,
        marked in any::<bool>(),
    ) {
        let overlap = overlap % tokens;
        let document = format!("{}{}", if marked { "\u{feff}" } else { "" }, lines.join(newline));
        let found = chunks(&document, size(tokens, overlap));
        prop_assert_eq!(&found, &chunks(&document, size(tokens, overlap)));
        let clusters: std::collections::BTreeSet<usize> = document
            .grapheme_indices(true)
            .map(|(at, _)| at)
            .chain([document.len()])
            .collect();
        let (mut start, mut end) = (0, 0);
        for (number, chunk) in found.iter().enumerate() {
            let text = chunk.text(&document);
            prop_assert!(!text.trim().is_empty() && chunk.end <= document.len());
            prop_assert!(clusters.contains(&chunk.start) && clusters.contains(&chunk.end), "{text:?}");
            prop_assert!(number == 0 || (chunk.start > start && chunk.end > end));
            // Nothing but white space is left out between two chunks.
            let between = document.get(end..chunk.start).unwrap_or_default();
            prop_assert!(between.trim_start_matches('\u{feff}').trim().is_empty(), "{between:?} is lost");
            prop_assert_eq!(chunk.tokens, estimate(text));
            prop_assert!(chunk.tokens <= tokens || text.graphemes(true).count() == 1, "{} tokens in {text:?}", chunk.tokens);
            let shared = document.get(chunk.start..end).unwrap_or_default();
            prop_assert_eq!(chunk.shared, estimate(shared));
            prop_assert!(chunk.shared <= overlap, "{} shared", chunk.shared);
            prop_assert!(chunk.above <= chunk.heading.len());
            (start, end) = (chunk.start, chunk.end);
        }
        let left = document.get(end..).unwrap_or_default();
        prop_assert!(left.trim_start_matches('\u{feff}').trim().is_empty(), "{left:?} is lost");
    }
}
