//! Writes a terminal's screen as SVG: text at exact cells, lines and blocks as shapes, so that every viewer shows the same.

use std::fmt::Write as _;

use vt100::Color;

use crate::terminal::{Cell, Terminal};

/// A cell in pixels, the size of its letters, and the edge around the screen.
const WIDTH: f64 = 8.4;
const HEIGHT: f64 = 18.0;
const LETTERS: f64 = 14.0;
const EDGE: f64 = 12.0;
/// Where letters stand in their cell, from the top.
const BASELINE: f64 = 13.5;
const FONTS: &str = "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', 'DejaVu Sans Mono', 'Noto Sans Mono CJK JP', monospace";
/// What a terminal's own colours usually are (xterm's).
const SIXTEEN: [&str; 16] = [
    "#000000", "#cd0000", "#00cd00", "#cdcd00", "#1e6fd9", "#cd00cd", "#00cdcd", "#e5e5e5", "#7f7f7f", "#ff5c5c",
    "#5cff5c", "#ffff5c", "#7c9cff", "#ff5cff", "#5cffff", "#ffffff",
];
const INK: &str = "#d7dce2";
const GROUND: &str = "#1c1f24";

/// The whole picture.
pub fn picture(terminal: &Terminal, title: &str) -> String {
    let (cols, rows) = terminal.size();
    let (width, height) = (
        f64::from(cols) * WIDTH + 2.0 * EDGE,
        f64::from(rows) * HEIGHT + 2.0 * EDGE,
    );
    // The ground of the picture is that of the cells at its edge.
    let ground = ground(&terminal.cell(0, rows / 2));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" role=\"img\">\n\
         <title>{}</title>\n\
         <rect width=\"{width:.1}\" height=\"{height:.1}\" rx=\"8\" fill=\"{ground}\"/>\n\
         <g font-family=\"{FONTS}\" font-size=\"{LETTERS}\" xml:space=\"preserve\" style=\"white-space:pre\">",
        escaped(title)
    );
    for y in 0..rows {
        let cells: Vec<Cell> = (0..cols).map(|x| terminal.cell(x, y)).collect();
        row(&mut out, &cells, EDGE + f64::from(y) * HEIGHT, &ground);
    }
    if let Some((x, y)) = terminal.cursor() {
        let (x, y) = (EDGE + f64::from(x) * WIDTH, EDGE + f64::from(y) * HEIGHT);
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"{INK}\" opacity=\"0.6\"/>"
        );
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn row(out: &mut String, cells: &[Cell], top: f64, plain: &str) {
    let place = |x: usize| EDGE + WIDTH * x as f64;
    // Grounds first: letters may reach over their cell's edge.
    let mut x = 0;
    while x < cells.len() {
        let colour = ground(&cells[x]);
        let start = x;
        while x < cells.len() && ground(&cells[x]) == colour {
            x += 1;
        }
        if colour != plain {
            let (left, wide) = (place(start), WIDTH * (x - start) as f64);
            let _ = writeln!(
                out,
                "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{HEIGHT}\" fill=\"{colour}\"/>"
            );
        }
    }
    let mut x = 0;
    while x < cells.len() {
        let cell = &cells[x];
        if cell.text.trim().is_empty() {
            x += 1;
            continue;
        }
        if let Some(shape) = shape(&cell.text, place(x), top) {
            let _ = writeln!(out, "<path d=\"{}\" {}/>", shape.path, shape.paint(&ink(cell)));
            x += 1;
            continue;
        }
        let start = x;
        let mut text = cell.text.clone();
        x += if cell.wide { 2 } else { 1 };
        // Letters of one look run together, with single spaces; wide ones stand alone, as fonts differ on them.
        while !cell.wide && x < cells.len() {
            let next = &cells[x];
            let is_space = next.text.trim().is_empty();
            let after = cells.get(x + 1);
            let joins = !next.wide
                && !next.wide_rest
                && if is_space {
                    after.is_some_and(|after| {
                        !after.text.trim().is_empty() && looks_like(after, cell) && !after.wide && look_of_text(after)
                    })
                } else {
                    looks_like(next, cell) && look_of_text(next)
                };
            if !joins {
                break;
            }
            text.push_str(if is_space { " " } else { &next.text });
            x += 1;
        }
        letters(out, &text, cell, place(start), top, WIDTH * (x - start) as f64);
    }
}

fn look_of_text(cell: &Cell) -> bool {
    shape(&cell.text, 0.0, 0.0).is_none()
}

fn looks_like(a: &Cell, b: &Cell) -> bool {
    ink(a) == ink(b) && (a.bold, a.dim, a.italic, a.underline) == (b.bold, b.dim, b.italic, b.underline)
}

fn letters(out: &mut String, text: &str, cell: &Cell, left: f64, top: f64, wide: f64) {
    let mut look = format!("fill=\"{}\"", ink(cell));
    for (is, words) in [
        (cell.bold, " font-weight=\"bold\""),
        (cell.italic, " font-style=\"italic\""),
        (cell.dim, " opacity=\"0.65\""),
    ] {
        if is {
            look.push_str(words);
        }
    }
    let base = top + BASELINE;
    let _ = writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{wide:.1}\" lengthAdjust=\"spacingAndGlyphs\" {look}>{}</text>",
        escaped(text)
    );
    if cell.underline {
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{wide:.1}\" height=\"1\" fill=\"{}\"/>",
            base + 2.0,
            ink(cell)
        );
    }
}

fn ink(cell: &Cell) -> String {
    if cell.inverse {
        colour(cell.background, GROUND)
    } else {
        colour(cell.foreground, INK)
    }
}

fn ground(cell: &Cell) -> String {
    if cell.inverse {
        colour(cell.foreground, INK)
    } else {
        colour(cell.background, GROUND)
    }
}

fn colour(colour: Color, default: &str) -> String {
    match colour {
        Color::Default => default.to_owned(),
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Idx(n @ 0..=15) => SIXTEEN[usize::from(n)].to_owned(),
        Color::Idx(n @ 232..) => {
            let grey = 8 + 10 * (n - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        Color::Idx(n) => {
            let step = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
            let cube = n - 16;
            format!(
                "#{:02x}{:02x}{:02x}",
                step(cube / 36),
                step(cube / 6 % 6),
                step(cube % 6)
            )
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A character that is drawn instead of written.
struct Shape {
    path: String,
    is_line: bool,
    opacity: f64,
}

impl Shape {
    fn paint(&self, ink: &str) -> String {
        if self.is_line {
            format!("fill=\"none\" stroke=\"{ink}\" stroke-width=\"1.2\"")
        } else if self.opacity < 1.0 {
            format!("fill=\"{ink}\" opacity=\"{}\"", self.opacity)
        } else {
            format!("fill=\"{ink}\" shape-rendering=\"crispEdges\"")
        }
    }
}

/// Frames and blocks as shapes that meet at the cells' edges; letters of most fonts leave gaps there.
fn shape(text: &str, left: f64, top: f64) -> Option<Shape> {
    let mut chars = text.chars();
    let c = chars.next().filter(|_| chars.as_str().is_empty())?;
    let (right, bottom) = (left + WIDTH, top + HEIGHT);
    let (middle, centre) = (left + WIDTH / 2.0, top + HEIGHT / 2.0);
    // Which edges a line leads to: left, right, up, down.
    let arms = match c {
        '─' | '━' | '╌' | '┄' => [1, 1, 0, 0],
        '│' | '┃' | '╎' | '┆' => [0, 0, 1, 1],
        '┌' | '╭' => [0, 1, 0, 1],
        '┐' | '╮' => [1, 0, 0, 1],
        '└' | '╰' => [0, 1, 1, 0],
        '┘' | '╯' => [1, 0, 1, 0],
        '├' => [0, 1, 1, 1],
        '┤' => [1, 0, 1, 1],
        '┬' => [1, 1, 0, 1],
        '┴' => [1, 1, 1, 0],
        '┼' => [1, 1, 1, 1],
        _ => [0; 4],
    };
    if arms != [0; 4] {
        let ends = [(left, centre), (right, centre), (middle, top), (middle, bottom)];
        let lines = arms.iter().zip(ends).filter(|(arm, _)| **arm == 1);
        let path = lines
            .map(|(_, (x, y))| format!("M{middle:.1} {centre:.1}L{x:.1} {y:.1}"))
            .collect();
        return Some(Shape {
            path,
            is_line: true,
            opacity: 1.0,
        });
    }
    let eighths = f64::from(u32::from(c)) - f64::from(u32::from('▀'));
    let (x0, y0, x1, y1, opacity) = match c {
        '▀' => (left, top, right, centre, 1.0),
        '▁'..='█' => (left, bottom - HEIGHT * eighths / 8.0, right, bottom, 1.0),
        '▉'..='▏' => (left, top, left + WIDTH * (16.0 - eighths) / 8.0, bottom, 1.0),
        '▐' => (middle, top, right, bottom, 1.0),
        '░' => (left, top, right, bottom, 0.25),
        '▒' => (left, top, right, bottom, 0.5),
        '▓' => (left, top, right, bottom, 0.75),
        _ => return None,
    };
    let path = format!("M{x0:.1} {y0:.1}H{x1:.1}V{y1:.1}H{x0:.1}Z");
    Some(Shape {
        path,
        is_line: false,
        opacity,
    })
}
