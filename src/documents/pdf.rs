//! PDF: text in reading order with headings and lists as far as the page tells; pages without text are named.

use super::{Format, ImportError, Made};

#[cfg(not(feature = "convert"))]
pub(super) fn convert(_file: &str, _bytes: &[u8]) -> Result<Made, ImportError> {
    let _ = Made::by(Format::Pdf, "", String::new());
    Err(ImportError::NotBuilt { what: "PDF" })
}

#[cfg(feature = "convert")]
pub(super) fn convert(file: &str, bytes: &[u8]) -> Result<Made, ImportError> {
    use pdf_inspector::{MarkdownOptions, PdfError, PdfOptions, process_pdf_mem_with_options};

    let told = |error: PdfError| match error {
        PdfError::Encrypted => ImportError::Locked { file: file.to_owned() },
        // What is locked in a way that is not known reads as damaged.
        _ if bytes.windows(8).any(|window| window == b"/Encrypt") => ImportError::Locked { file: file.to_owned() },
        other => ImportError::Damaged {
            file: file.to_owned(),
            what: "PDF",
            reason: other.to_string(),
        },
    };
    let markdown = MarkdownOptions {
        include_links: false,
        detect_underline: false,
        include_page_numbers: true,
        ..MarkdownOptions::default()
    };
    let found = process_pdf_mem_with_options(bytes, PdfOptions::new().markdown(markdown)).map_err(told)?;
    let count = usize::try_from(found.page_count).unwrap_or(usize::MAX);
    let (text, read) = match &found.markdown {
        Some(markdown) if !markdown.trim().is_empty() => without_page_marks(markdown),
        // Most pages are pictures, so the library gives the whole file up; pages with text are worth having all the same.
        _ => page_by_page(bytes).map_err(told)?,
    };
    let mut made = Made::by(Format::Pdf, "pdf-inspector", text);
    made.pages = Some(count);
    // A page that has text all the same may be a picture with a caption, or letters without a meaning.
    let suspected = found
        .pages_needing_ocr
        .iter()
        .filter_map(|page| usize::try_from(*page).ok());
    made.doubtful_pages = suspected.filter(|page| read.contains(page)).collect();
    made.unread_pages = (1..=count).filter(|page| !read.contains(page)).collect();
    if found.has_encoding_issues {
        made.notes
            .push("some letters have no meaning in this file and may be wrong; compare with the PDF".to_owned());
    }
    if !found.layout.pages_with_columns.is_empty() {
        let pages = &found.layout.pages_with_columns;
        made.notes.push(format!(
            "{} set in columns; look whether the text goes on in the right order",
            match pages.as_slice() {
                [one] => format!("page {one} is"),
                several => format!("{} pages are", several.len()),
            }
        ));
    }
    if !found.layout.pages_with_tables.is_empty() {
        made.notes
            .push("there are tables; compare their columns with the PDF".to_owned());
    }
    Ok(made)
}

/// Reads each page by itself.
#[cfg(feature = "convert")]
fn page_by_page(bytes: &[u8]) -> Result<(String, std::collections::BTreeSet<usize>), pdf_inspector::PdfError> {
    let mut text = String::new();
    let mut read = std::collections::BTreeSet::new();
    for page in pdf_inspector::extract_pages_markdown_mem(bytes, None)?.pages {
        if !page.markdown.trim().is_empty() {
            read.insert(usize::try_from(page.page).unwrap_or_default() + 1);
            text.push_str(&page.markdown);
            text.push_str("\n\n");
        }
    }
    Ok((text, read))
}

/// Takes the marks out that the library puts at the start of each page; returns which pages have text.
#[cfg(feature = "convert")]
fn without_page_marks(markdown: &str) -> (String, std::collections::BTreeSet<usize>) {
    let mut text = String::with_capacity(markdown.len());
    let mut read = std::collections::BTreeSet::new();
    let mut page = 1;
    for line in markdown.lines() {
        let mark = line
            .trim()
            .strip_prefix("<!-- Page ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(number) = mark.and_then(|number| number.parse().ok()) {
            page = number;
            text.push('\n');
            continue;
        }
        if !line.trim().is_empty() {
            read.insert(page);
        }
        text.push_str(line);
        text.push('\n');
    }
    (text, read)
}
