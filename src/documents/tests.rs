//! Real little files of every format, and files that mean harm.
#![cfg_attr(
    not(feature = "convert"),
    allow(dead_code, reason = "only the converters read these formats")
)]

use std::io::Write;
use std::path::PathBuf;

#[cfg(feature = "convert")]
use super::tiny_pdf::pdf;
use super::*;

fn bring(name: &str, bytes: &[u8]) -> Result<Imported, ImportError> {
    import(&PathBuf::from(name), bytes, &Commands::new())
}

const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

/// A DOCX of paragraphs (style, text); more parts may be packed in.
fn docx(paragraphs: &[(&str, &str)], more: &[(&str, &[u8])]) -> Vec<u8> {
    let body: String = paragraphs
        .iter()
        .map(|(style, text)| {
            format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>"#)
        })
        .collect();
    let document = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>"#
    );
    let styles = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><w:styles xmlns:w="{W}"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>"#
    );
    let parts: [(&str, &[u8]); 5] = [
        ("word/styles.xml", styles.as_bytes()),
        (
            "word/_rels/document.xml.rels",
            br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
        ),
        (
            "[Content_Types].xml",
            br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#,
        ),
        ("word/document.xml", document.as_bytes()),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in parts
        .iter()
        .filter(|(name, _)| !more.iter().any(|(other, _)| other == name))
        .chain(more)
    {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn texts_are_read_in_their_encoding() {
    let imported = bring("Young Plants.txt", "Frost\r\n\r\n\r\n\r\nWater.  \n".as_bytes()).unwrap();
    assert_eq!(
        (imported.name.as_str(), imported.markdown.as_str()),
        ("young_plants.md", "Frost\n\nWater.\n")
    );
    assert!(imported.notes.is_empty());
    let old = bring("a.txt", b"caf\xe9 \x96 2").unwrap();
    assert_eq!(old.markdown, "café – 2\n");
    assert!(old.notes[0].contains("Windows-1252"), "{:?}", old.notes);
    let wide: Vec<u8> = "\u{feff}霜".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(bring("a.md", &wide).unwrap().markdown, "霜\n");
    assert!(matches!(
        bring("a.txt", b"\0\x01\x02"),
        Err(ImportError::Damaged { .. })
    ));
    assert!(matches!(bring("a.txt", b" \n"), Err(ImportError::NoText { .. })));
    assert!(matches!(bring("a.txt", b""), Err(ImportError::Empty { .. })));
}

#[test]
fn what_is_not_read_says_what_to_do() {
    let error = bring("plan.odt", b"PK\x03\x04rest").unwrap_err();
    assert!(error.to_string().contains("save the .odt file as DOCX"), "{error}");
    let error = bring("a.bin", b"\x7fELF").unwrap_err();
    assert!(matches!(error, ImportError::UnknownFormat { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_command_of_the_person_converts_instead() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("-a b.odt");
    std::fs::write(&file, "frost").unwrap();
    let by = |line: &str| {
        let commands = Commands::from([("odt".to_owned(), line.to_owned())]);
        import(&file, b"frost", &commands)
    };
    assert_eq!(
        by("sh -c 'printf \"# \"; cat \"$0\"' {}").unwrap().markdown,
        "# frost\n"
    );
    assert_eq!(by("cat").unwrap().by, "cat");
    let failed = by("sh -c 'echo no such font >&2; exit 3'").unwrap_err().to_string();
    assert!(failed.contains("no such font"), "{failed}");
    assert!(matches!(by("/nowhere/pandoc"), Err(ImportError::NoCommand { .. })));
    assert!(matches!(by("cat 'x"), Err(ImportError::Quotes { .. })));
    assert!(matches!(by("true"), Err(ImportError::NoText { .. })));
    // Endless output is cut, and the program ended.
    assert!(matches!(by("sh -c 'yes frost'"), Err(ImportError::Bursts { .. })));
}

#[cfg(feature = "convert")]
mod converters {
    use super::*;

    #[test]
    fn html_keeps_the_text_and_nothing_that_runs() {
        let page = r#"<!DOCTYPE html><html><head><title>t</title><script>steal()</script><style>p{}</style></head><body>
            <nav><a href="/">home</a></nav><h1>Frost</h1><p onclick="x()">Water <b>the soil</b><br>at <a href="javascript:x()">dusk</a>.</p>
            <ul><li>fleece</li><li>straw</li></ul><noscript>no</noscript><img src="data:image/png;base64,AAAA" alt="plant">
            <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table><iframe src="x"></iframe></body></html>"#;
        let imported = bring("frost.html", page.as_bytes()).unwrap();
        let text = &imported.markdown;
        assert!(text.starts_with("# Frost\n\nWater **the soil**"), "{text}");
        assert!(text.contains("dusk.\n\n- fleece\n- straw\n"), "{text}");
        assert!(text.contains("| 1 "), "{text}");
        for left_out in ["steal", "javascript", "home", "data:", "<", "p{}"] {
            assert!(!text.contains(left_out), "{left_out}: {text}");
        }
        assert!(imported.notes[0].contains("1 pictures"), "{:?}", imported.notes);
        let page = b"<html><meta charset='shift_jis'><p>\x91\x9a</p>";
        assert_eq!(bring("a.html", page).unwrap().markdown, "霜\n");
    }

    #[test]
    fn html_that_is_broken_or_nested_without_end_does_no_harm() {
        assert_eq!(bring("a.html", b"<h2>Frost<p>cut of").unwrap().format, Format::Html);
        let deep = "<div>".repeat(100_000) + "frost";
        assert!(matches!(
            bring("a.html", deep.as_bytes()),
            Err(ImportError::Damaged { .. })
        ));
        let near = "<div>".repeat(1_900) + "frost";
        assert_eq!(bring("a.html", near.as_bytes()).unwrap().markdown, "frost\n");
        let many = "<p>frost".repeat(50_000);
        assert_eq!(
            bring("a.html", many.as_bytes()).unwrap().markdown.lines().count(),
            99_999
        );
    }

    #[test]
    fn docx_keeps_headings_and_paragraphs() {
        let bytes = docx(
            &[
                ("Heading1", "Frost"),
                ("Normal", "Water the soil &amp; wait."),
                ("Normal", "霜"),
            ],
            &[],
        );
        let imported = bring("Frost Guide.docx", &bytes).unwrap();
        assert_eq!(imported.markdown, "# Frost\n\nWater the soil & wait.\n\n霜\n");
        assert_eq!(
            (imported.name.as_str(), imported.by.as_str()),
            ("frost_guide.md", "undoc")
        );
    }

    #[test]
    fn docx_that_is_cut_off_or_bursts_is_refused() {
        let whole = docx(&[("Normal", "frost")], &[]);
        for cut in [4, whole.len() / 2, whole.len() - 30] {
            let error = bring("a.docx", whole.get(..cut).unwrap()).unwrap_err();
            assert!(matches!(error, ImportError::Damaged { .. }), "{error}");
        }
        assert!(matches!(
            bring("a.docx", b"not a zip"),
            Err(ImportError::Damaged { .. })
        ));
        // 400 MB of blanks in a file of under a megabyte.
        let mut bomb = b"<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>".to_vec();
        bomb.resize(400 << 20, b' ');
        let packed = docx(&[], &[("word/document.xml", &bomb)]);
        drop(bomb);
        assert!(packed.len() < 1 << 20);
        let error = bring("a.docx", &packed).unwrap_err();
        assert!(
            matches!(error, ImportError::Bursts { .. } | ImportError::Damaged { .. }),
            "{error}"
        );
    }

    #[test]
    fn pdf_pages_without_text_are_named() {
        let bytes = pdf(&[
            "# Frost in the garden\nSeedlings wilt below minus two degrees.\nWater the soil the evening before the frost.",
            "",
            "Cover young plants with fleece at dusk and take it off in the morning.",
        ]);
        let imported = bring("Frost.pdf", &bytes).unwrap();
        assert_eq!((imported.pages, imported.unread_pages.as_slice()), (Some(3), &[2][..]));
        assert!(
            imported.markdown.contains("Frost in the garden"),
            "{}",
            imported.markdown
        );
        assert!(
            imported.markdown.contains("Cover young plants with fleece at dusk"),
            "{}",
            imported.markdown
        );
        assert!(!imported.markdown.contains("<!--"), "{}", imported.markdown);
    }

    #[test]
    fn pdf_that_is_scanned_locked_or_cut_off_says_so() {
        let error = bring("scan.pdf", &pdf(&["", ""])).unwrap_err();
        assert!(matches!(error, ImportError::Scanned { pages: 2, .. }), "{error}");
        let error = bring("locked.pdf", include_bytes!("../../tests/files/locked.pdf")).unwrap_err();
        assert!(matches!(error, ImportError::Locked { .. }), "{error}");
        let whole = pdf(&["Water the soil the evening before the frost."]);
        for cut in [9, whole.len() / 3, whole.len() / 2] {
            let error = bring("cut.pdf", whole.get(..cut).unwrap()).unwrap_err();
            let told = error.to_string();
            assert!(
                matches!(error, ImportError::Damaged { .. } | ImportError::Scanned { .. }),
                "{told}"
            );
        }
        assert!(bring("noise.pdf", b"%PDF-1.7\nnoise \xff\x00 noise").is_err());
    }

    #[test]
    fn damaged_files_of_any_kind_come_back_as_text_or_as_a_sentence() {
        let files = [
            (
                "a.pdf",
                pdf(&["# Frost\nWater the soil the evening before the frost.", ""]),
            ),
            (
                "a.docx",
                docx(&[("Heading1", "Frost"), ("Normal", "Water the soil.")], &[]),
            ),
            (
                "a.html",
                b"<html><body><table><tr><td>frost<ul><li>water</table></body>".to_vec(),
            ),
        ];
        let mut state = 7_u64;
        let mut next = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        for (name, whole) in &files {
            for _ in 0..40 {
                let mut bytes = whole.clone();
                for _ in 0..1 + next(4) {
                    let at = next(bytes.len());
                    match next(3) {
                        0 => bytes[at] = u8::try_from(next(256)).unwrap(),
                        1 => bytes.truncate(at.max(1)),
                        _ => drop(bytes.splice(at..at, whole[..at.min(whole.len()).min(64)].to_vec())),
                    }
                }
                match bring(name, &bytes) {
                    Ok(imported) => assert!(imported.markdown.ends_with('\n')),
                    Err(error) => assert!(!matches!(error, ImportError::TooSlow { .. }), "{error}"),
                }
            }
        }
    }
}
