//! DOCX: headings, lists and tables as Word has them; pictures, headers and footers stay out.

use super::{Format, ImportError, Made};

#[cfg(not(feature = "convert"))]
pub(super) fn convert(_file: &str, _bytes: &[u8]) -> Result<Made, ImportError> {
    let _ = Made::by(Format::Docx, "", String::new());
    Err(ImportError::NotBuilt { what: "DOCX" })
}

#[cfg(feature = "convert")]
pub(super) fn convert(file: &str, bytes: &[u8]) -> Result<Made, ImportError> {
    use undoc::render::{RenderOptions, to_markdown};
    use undoc::{Error, FormatType, detect_format_from_bytes, parse_bytes};

    let told = |error: Error| match error {
        Error::Encrypted => ImportError::Locked { file: file.to_owned() },
        Error::ZipArchive(message) if message.contains("bomb") => ImportError::Bursts {
            file: file.to_owned(),
            most: super::MOST_MARKDOWN >> 20,
        },
        other => ImportError::Damaged {
            file: file.to_owned(),
            what: "DOCX",
            reason: other.to_string(),
        },
    };
    let format = detect_format_from_bytes(bytes).map_err(told)?;
    if format != FormatType::Docx {
        return Err(ImportError::Damaged {
            file: file.to_owned(),
            what: "DOCX",
            reason: format!("it is a {format:?} file inside"),
        });
    }
    let document = parse_bytes(bytes).map_err(told)?;
    let options = RenderOptions {
        include_images: false,
        escape_special_chars: false,
        max_heading_level: 6,
        ..RenderOptions::default()
    };
    let markdown = to_markdown(&document, &options).map_err(told)?;
    let mut made = Made::by(Format::Docx, "undoc", markdown);
    let pictures = document.resources.len();
    if pictures > 0 {
        made.notes.push(format!(
            "{pictures} pictures were left out; describe in words what matters in them"
        ));
    }
    Ok(made)
}
