//! Keys by name: what a settings file writes, what the footer shows, what the terminal sends.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What was pressed, without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Press {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// A key with its modifiers. Shift with a character is the other character (`A`, `?`), never a modifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub press: Press,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

/// Why a text names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a key; write a character, or a name as in enter, esc, tab, space, f5, ctrl-s, alt-down, shift-tab"
)]
pub struct UnknownKey(pub String);

const NAMES: &[(&str, Press)] = &[
    ("enter", Press::Enter),
    ("esc", Press::Esc),
    ("tab", Press::Tab),
    ("space", Press::Char(' ')),
    ("backspace", Press::Backspace),
    ("delete", Press::Delete),
    ("insert", Press::Insert),
    ("up", Press::Up),
    ("down", Press::Down),
    ("left", Press::Left),
    ("right", Press::Right),
    ("home", Press::Home),
    ("end", Press::End),
    ("pageup", Press::PageUp),
    ("pagedown", Press::PageDown),
];

impl Key {
    pub const fn plain(press: Press) -> Self {
        Key {
            press,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    /// The character this key types, when it types one.
    pub fn typed(&self) -> Option<char> {
        match self.press {
            Press::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Reads what the terminal sent; `None` for keys that no command can have (media keys, bare modifiers).
    pub fn from_terminal(event: &KeyEvent) -> Option<Self> {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        let mut shift = event.modifiers.contains(KeyModifiers::SHIFT);
        let press = match event.code {
            KeyCode::Char(c) => {
                // Terminals differ in whether they say shift beside an upper-case character.
                shift = false;
                // Ctrl-Space and Ctrl-@ arrive as NUL on some terminals, Ctrl with an upper-case letter on others.
                Press::Char(if ctrl { c.to_ascii_lowercase() } else { c })
            }
            KeyCode::Enter => Press::Enter,
            KeyCode::Esc => Press::Esc,
            KeyCode::Tab => Press::Tab,
            KeyCode::BackTab => {
                shift = true;
                Press::Tab
            }
            KeyCode::Backspace => Press::Backspace,
            KeyCode::Delete => Press::Delete,
            KeyCode::Insert => Press::Insert,
            KeyCode::Up => Press::Up,
            KeyCode::Down => Press::Down,
            KeyCode::Left => Press::Left,
            KeyCode::Right => Press::Right,
            KeyCode::Home => Press::Home,
            KeyCode::End => Press::End,
            KeyCode::PageUp => Press::PageUp,
            KeyCode::PageDown => Press::PageDown,
            KeyCode::F(n) => Press::F(n),
            _ => return None,
        };
        Some(Key {
            press,
            ctrl,
            alt,
            shift,
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if self.shift {
            f.write_str("shift-")?;
        }
        match self.press {
            Press::F(n) => write!(f, "f{n}"),
            press => match NAMES.iter().find(|(_, known)| *known == press) {
                Some((name, _)) => f.write_str(name),
                None => match press {
                    Press::Char(c) => write!(f, "{c}"),
                    _ => Ok(()),
                },
            },
        }
    }
}

impl FromStr for Key {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let mut key = Key::plain(Press::Esc);
        let mut rest = text;
        loop {
            let lower = rest.to_ascii_lowercase();
            let (flag, prefix) = if lower.starts_with("ctrl-") {
                (&mut key.ctrl, 5)
            } else if lower.starts_with("alt-") {
                (&mut key.alt, 4)
            } else if lower.starts_with("shift-") {
                (&mut key.shift, 6)
            } else {
                break;
            };
            *flag = true;
            rest = rest.get(prefix..).unwrap_or_default();
        }
        let lower = rest.to_ascii_lowercase();
        let mut chars = rest.chars();
        key.press = if let Some((_, press)) = NAMES.iter().find(|(name, _)| *name == lower) {
            *press
        } else if let (Some(c), None) = (chars.next(), chars.next()) {
            let c = if key.shift {
                c.to_uppercase().next().unwrap_or(c)
            } else {
                c
            };
            key.shift = false;
            Press::Char(if key.ctrl { c.to_ascii_lowercase() } else { c })
        } else if let Some(n) = lower
            .strip_prefix('f')
            .and_then(|n| n.parse::<u8>().ok())
            .filter(|n| (1..=24).contains(n))
        {
            Press::F(n)
        } else {
            return Err(UnknownKey(text.to_owned()));
        };
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        for name in [
            "a",
            "A",
            "?",
            "space",
            "ctrl-s",
            "alt-down",
            "shift-tab",
            "f12",
            "ctrl-alt-x",
            "-",
            "ctrl--",
        ] {
            assert_eq!(name.parse::<Key>().unwrap().to_string(), name);
        }
        assert_eq!("shift-a".parse::<Key>().unwrap().to_string(), "A");
        assert_eq!("Ctrl-S".parse::<Key>().unwrap().to_string(), "ctrl-s");
        for wrong in ["", "foo", "f0", "f99", "ctrl-"] {
            assert!(wrong.parse::<Key>().is_err(), "{wrong}");
        }
    }
}
