//! HTML: the text with its headings, lists and tables; scripts, styles, navigation, forms and pictures stay out.

use super::{Format, ImportError, Made};

/// Deeper nesting is no page for reading; the reader calls itself for each level.
#[cfg(feature = "convert")]
const MOST_DEPTH: usize = 2000;

#[cfg(not(feature = "convert"))]
pub(super) fn convert(_file: &str, _bytes: &[u8]) -> Result<Made, ImportError> {
    let _ = Made::by(Format::Html, "", String::new());
    Err(ImportError::NotBuilt { what: "HTML" })
}

#[cfg(feature = "convert")]
pub(super) fn convert(file: &str, bytes: &[u8]) -> Result<Made, ImportError> {
    use htmd::element_handler::Handlers;
    use htmd::options::{BrStyle, BulletListMarker, HrStyle, Options};
    use htmd::{Element, HtmlToMarkdown};

    let damaged = |reason: &str| ImportError::Damaged {
        file: file.to_owned(),
        what: "HTML",
        reason: reason.to_owned(),
    };
    let (text, encoding) = super::plain::decoded(bytes, named_encoding(bytes).as_deref());
    if depth(&text) > MOST_DEPTH {
        return Err(damaged("its elements are nested thousands of levels deep"));
    }
    let options = Options {
        br_style: BrStyle::Backslash,
        bullet_list_marker: BulletListMarker::Dash,
        hr_style: HrStyle::Dashes,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        ..Options::default()
    };
    let left_out = vec![
        "script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "canvas", "video", "audio",
        "nav", "form", "button", "input", "select", "textarea", "head", "img", "picture",
    ];
    let converter = HtmlToMarkdown::builder()
        .options(options)
        .skip_tags(left_out)
        // Addresses teach a model nothing, and could be anything; the words stay.
        .add_handler(vec!["a"], |handlers: &dyn Handlers, element: Element<'_>| {
            Some(handlers.walk_children(element.node))
        })
        .build();
    let markdown = converter.convert(&text).map_err(|error| damaged(&error.to_string()))?;
    let mut made = Made::by(Format::Html, "htmd", markdown);
    let pictures = text.to_lowercase().matches("<img").count();
    if pictures > 0 {
        made.notes.push(format!(
            "{pictures} pictures were left out; describe in words what matters in them"
        ));
    }
    made.notes.extend(super::plain::note(encoding));
    Ok(made)
}

/// The encoding that a page names near its start, as browsers look for it.
#[cfg(feature = "convert")]
fn named_encoding(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..2048).unwrap_or(bytes)).to_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let name: String = after
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    (!name.is_empty()).then_some(name)
}

/// How deep elements are nested at most, roughly: elements that browsers close by themselves do not count.
#[cfg(feature = "convert")]
fn depth(text: &str) -> usize {
    const CLOSED: [&str; 24] = [
        "p", "li", "br", "hr", "img", "td", "th", "tr", "dd", "dt", "input", "meta", "link", "col", "option", "source",
        "wbr", "area", "base", "embed", "param", "track", "rt", "rp",
    ];
    let (mut open, mut most) = (0_usize, 0_usize);
    for piece in text.split('<').skip(1) {
        if let Some(closing) = piece.strip_prefix('/') {
            open = open.saturating_sub(usize::from(closing.starts_with(|c: char| c.is_ascii_alphabetic())));
        } else if piece.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let name: String = piece
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_lowercase())
                .take(12)
                .collect();
            open += usize::from(!CLOSED.contains(&name.as_str()));
            most = most.max(open);
        }
    }
    most
}
