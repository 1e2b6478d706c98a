//! Reading theme files: a palette of named colours, a parent to inherit from, and a style for each role.

use std::collections::BTreeMap;

use ratatui::style::{Color, Modifier, Style};
use rust_embed::RustEmbed;
use serde::Deserialize;

use super::{Depth, Role, Theme};

/// The themes that come with the program.
#[derive(RustEmbed)]
#[folder = "themes/"]
#[include = "*.yaml"]
struct Shipped;

/// Why a theme cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    #[error("there is no theme '{name}'; there are {known}")]
    Unknown { name: String, known: String },
    #[error("theme '{name}': {message}")]
    Invalid { name: String, message: String },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    /// `dark` or `light`.
    appearance: String,
    #[serde(default)]
    inherits: Option<String>,
    #[serde(default)]
    palette: BTreeMap<String, String>,
    #[serde(default)]
    roles: BTreeMap<String, RoleStyle>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RoleStyle {
    fg: Option<String>,
    bg: Option<String>,
    /// Any of bold, dim, italic, underlined, reversed, crossed-out.
    is: Vec<String>,
}

/// The names of the shipped themes, sorted.
pub fn shipped_names() -> Vec<String> {
    let mut names: Vec<String> = Shipped::iter()
        .filter_map(|file| file.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// A shipped theme fitted to what the terminal can show.
///
/// # Errors
/// [`ThemeError`] when there is no such theme (the known ones are named) or a file is wrong (the role is named).
pub fn shipped(name: &str, depth: Depth) -> Result<Theme, ThemeError> {
    if depth == Depth::None {
        return Ok(Theme::plain());
    }
    let file = read(name)?;
    let mut palette = BTreeMap::new();
    let mut roles: BTreeMap<String, RoleStyle> = BTreeMap::new();
    let appearance = file.appearance.clone();
    let mut chain = vec![file];
    while let Some(parent) = chain.last().and_then(|file| file.inherits.clone()) {
        if chain.len() > 5 {
            return Err(ThemeError::Invalid {
                name: name.into(),
                message: "it inherits in a circle".into(),
            });
        }
        chain.push(read(&parent)?);
    }
    for file in chain.into_iter().rev() {
        palette.extend(file.palette);
        roles.extend(file.roles);
    }
    let mut styles = BTreeMap::new();
    for (word, role_style) in &roles {
        let invalid = |message: String| ThemeError::Invalid {
            name: name.into(),
            message,
        };
        let Some(role) = Role::ALL.iter().find(|role| role.word() == word) else {
            return Err(invalid(format!("there is no role '{word}'")));
        };
        styles.insert(
            *role,
            style_of(role_style, &palette, depth).map_err(|e| invalid(format!("{word}: {e}")))?,
        );
    }
    Ok(Theme {
        name: name.into(),
        dark: appearance != "light",
        styles,
        has_colour: true,
    })
}

fn read(name: &str) -> Result<ThemeFile, ThemeError> {
    let file = Shipped::get(&format!("{name}.yaml")).ok_or_else(|| ThemeError::Unknown {
        name: name.into(),
        known: shipped_names().join(", "),
    })?;
    serde_yaml::from_slice(&file.data).map_err(|error| ThemeError::Invalid {
        name: name.into(),
        message: error.to_string(),
    })
}

fn style_of(style: &RoleStyle, palette: &BTreeMap<String, String>, depth: Depth) -> Result<Style, String> {
    let colour = |name: &String| {
        let text = palette.get(name).unwrap_or(name);
        text.parse::<Color>()
            .map(|colour| depth.fit(colour))
            .map_err(|_| format!("'{name}' is neither in the palette nor a colour"))
    };
    let mut out = Style::new();
    if let Some(name) = &style.fg {
        out = out.fg(colour(name)?);
    }
    if let Some(name) = &style.bg {
        out = out.bg(colour(name)?);
    }
    for word in &style.is {
        out = out.add_modifier(match word.as_str() {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            "crossed-out" => Modifier::CROSSED_OUT,
            _ => {
                return Err(format!(
                    "'{word}' is not bold, dim, italic, underlined, reversed or crossed-out"
                ));
            }
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(r, g, b) = colour else {
            panic!("{colour:?} has no fixed value")
        };
        let part = |value: u8| {
            let x = f64::from(value) / 255.0;
            if x <= 0.03928 {
                x / 12.92
            } else {
                ((x + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
    }

    /// Contrast ratio of WCAG 2.
    fn contrast(a: Color, b: Color) -> f64 {
        let (x, y) = (luminance(a), luminance(b));
        (x.max(y) + 0.05) / (x.min(y) + 0.05)
    }

    #[test]
    fn every_shipped_theme_styles_every_role_at_every_depth() {
        assert!(shipped_names().len() >= 4);
        for name in shipped_names() {
            for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
                let theme = shipped(&name, depth).unwrap();
                for role in Role::ALL {
                    assert!(theme.styles.contains_key(role), "{name} lacks {}", role.word());
                }
            }
        }
    }

    #[test]
    fn shipped_themes_can_be_read() {
        for name in shipped_names().iter().filter(|name| *name != "terminal") {
            let theme = shipped(name, Depth::True).unwrap();
            let ground = theme.style(Role::Text).bg.unwrap();
            for role in Role::ALL {
                let style = theme.style(*role);
                let (Some(fg), bg) = (style.fg, style.bg.unwrap_or(ground)) else {
                    continue;
                };
                let least = match role {
                    Role::Border => 1.5,
                    Role::Meter | Role::BorderFocus => 3.0,
                    _ if name == "contrast" => 7.0,
                    _ => 4.5,
                };
                let ratio = contrast(fg, bg);
                assert!(
                    ratio >= least,
                    "{name}: {} has contrast {ratio:.2}, wants {least}",
                    role.word()
                );
            }
        }
    }

    #[test]
    fn an_unknown_theme_names_the_known_ones() {
        let message = shipped("dsk", Depth::True).unwrap_err().to_string();
        assert!(message.contains("dusk") && message.contains("dawn"), "{message}");
    }
}
