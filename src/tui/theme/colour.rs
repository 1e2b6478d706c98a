//! How many colours the terminal has, and the nearest one it can show.

use ratatui::style::Color;

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Attributes only.
    None,
    Ansi16,
    Ansi256,
    True,
}

impl Depth {
    /// Decides from the environment, by the conventions of `NO_COLOR`, `COLORTERM` and `TERM`.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| get(name).is_some_and(|value| !value.is_empty());
        let term = get("TERM").unwrap_or_default();
        if set("NO_COLOR") || term == "dumb" || get("CLICOLOR").as_deref() == Some("0") {
            return Depth::None;
        }
        let colorterm = get("COLORTERM").unwrap_or_default();
        if colorterm.contains("truecolor") || colorterm.contains("24bit") || term.ends_with("-direct") {
            return Depth::True;
        }
        if term.contains("256") || set("WT_SESSION") {
            return Depth::Ansi256;
        }
        if term.is_empty() || term == "linux" || term.starts_with("vt") {
            return Depth::Ansi16;
        }
        if ["kitty", "alacritty", "foot", "ghostty", "wezterm"]
            .iter()
            .any(|name| term.contains(name))
        {
            return Depth::True;
        }
        Depth::Ansi16
    }

    /// The nearest colour this terminal can show.
    pub fn fit(self, colour: Color) -> Color {
        match (self, colour) {
            (Depth::None, _) => Color::Reset,
            (Depth::Ansi256, Color::Rgb(r, g, b)) => Color::Indexed(nearest_256(r, g, b)),
            (Depth::Ansi16, Color::Rgb(r, g, b)) => nearest_16(r, g, b),
            (Depth::Ansi16, Color::Indexed(n)) if n >= 16 => {
                let (r, g, b) = rgb_of_256(n);
                nearest_16(r, g, b)
            }
            (_, other) => other,
        }
    }
}

/// The usual values of the sixteen colours (xterm's), to measure against; the terminal's own palette decides what is seen.
const SIXTEEN: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

/// Squared distance weighted by how the eye sees the channels (the "redmean" formula).
fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let mean = (u32::from(a.0) + u32::from(b.0)) / 2;
    let square = |x: u8, y: u8| u32::from(x.abs_diff(y)).pow(2);
    (((512 + mean) * square(a.0, b.0)) >> 8) + 4 * square(a.1, b.1) + (((767 - mean) * square(a.2, b.2)) >> 8)
}

fn nearest_16(r: u8, g: u8, b: u8) -> Color {
    SIXTEEN
        .iter()
        .min_by_key(|(_, value)| distance(*value, (r, g, b)))
        .map_or(Color::Reset, |(colour, _)| *colour)
}

const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn rgb_of_256(n: u8) -> (u8, u8, u8) {
    if n >= 232 {
        let grey = 8 + 10 * (n - 232);
        return (grey, grey, grey);
    }
    let cube = n.saturating_sub(16);
    let step = |index: u8| STEPS.get(usize::from(index % 6)).copied().unwrap_or_default();
    (step(cube / 36), step(cube / 6), step(cube))
}

fn nearest_256(r: u8, g: u8, b: u8) -> u8 {
    (16..=255u8)
        .min_by_key(|n| distance(rgb_of_256(*n), (r, g, b)))
        .unwrap_or(15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(pairs: &[(&str, &str)]) -> Depth {
        Depth::from_environment(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_decides() {
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "1")]), Depth::None);
        assert_eq!(depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]), Depth::Ansi256);
        assert_eq!(depth(&[("TERM", "dumb"), ("COLORTERM", "truecolor")]), Depth::None);
        assert_eq!(
            depth(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")]),
            Depth::True
        );
        assert_eq!(depth(&[("TERM", "xterm")]), Depth::Ansi16);
    }

    #[test]
    fn colours_go_to_their_nearest() {
        assert_eq!(Depth::Ansi256.fit(Color::Rgb(255, 255, 255)), Color::Indexed(231));
        assert_eq!(Depth::Ansi16.fit(Color::Rgb(250, 10, 10)), Color::LightRed);
        assert_eq!(Depth::True.fit(Color::Rgb(1, 2, 3)), Color::Rgb(1, 2, 3));
        assert_eq!(Depth::Ansi16.fit(Color::Red), Color::Red);
        assert_eq!(Depth::None.fit(Color::Red), Color::Reset);
    }
}
