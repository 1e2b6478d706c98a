//! The smallest PDF files that hold what a test needs. Only for tests.

use std::fmt::Write as _;

/// A PDF with one page for each text, a line of text a line, in Helvetica; an empty text makes a page that is only a grey picture.
pub fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut objects = Vec::new();
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 5 + page * 2)).collect();
    objects.push("<< /Type /Catalog /Pages 2 0 R >>".to_owned());
    objects.push(format!(
        "<< /Type /Pages /Kids [{}] /Count {} >>",
        kids.join(" "),
        pages.len()
    ));
    objects.push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned());
    objects.push(
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\n\
         stream\n\u{7f}\nendstream"
            .to_owned(),
    );
    for (number, page) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R /Resources << /Font << /F1 3 0 R >> \
             /XObject << /Im1 4 0 R >> >> >>",
            6 + number * 2
        ));
        let mut content = String::new();
        if page.is_empty() {
            content.push_str("q 595 0 0 842 0 0 cm /Im1 Do Q");
        }
        for (line, text) in page.lines().enumerate() {
            let size = if text.starts_with('#') { 24 } else { 11 };
            let text = text.trim_start_matches(['#', ' ']).replace(['(', ')', '\\'], " ");
            let y = 780 - line * 16 - if size == 24 { 0 } else { 20 };
            let _ = writeln!(content, "BT /F1 {size} Tf 72 {y} Td ({text}) Tj ET");
        }
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len() + 1
        ));
    }
    written(&objects)
}

fn written(objects: &[String]) -> Vec<u8> {
    let mut out = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(out.len());
        let _ = write!(out, "{} 0 obj\n{object}\nendobj\n", number + 1);
    }
    let start = out.len();
    let _ = write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _ = writeln!(out, "{place:010} 00000 n ");
    }
    let size = objects.len() + 1;
    let _ = write!(
        out,
        "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    out.into_bytes()
}
