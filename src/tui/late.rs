//! A reply of the terminal that comes after the wait for it is over: it tells the background, and is never typed as text.
//!
//! The terminal was asked for its background before the loop began (OSC 11). Over a slow line, or on a busy machine, the answer
//! arrives as keys: `alt-]`, then `11;rgb:d0d0/d0d0/d0d0`, then `ctrl-g` or `alt-\`.

use super::key::{Key, Press};

/// The longest reply there is.
const LONGEST: usize = 40;

/// Watches keys for a late reply.
#[derive(Debug, Default)]
pub struct LateReply {
    collected: Option<String>,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// An ordinary key.
    Pass,
    /// Part of a reply.
    Swallowed,
    /// The end of a reply: whether the background is light.
    Background { light: bool },
}

impl LateReply {
    pub fn take(&mut self, key: Key) -> Taken {
        let Some(collected) = self.collected.as_mut() else {
            if key.alt && key.press == Press::Char(']') {
                self.collected = Some(String::new());
                return Taken::Swallowed;
            }
            return Taken::Pass;
        };
        match key.press {
            Press::Char(c) if key.typed().is_some() && belongs(collected, c) => {
                collected.push(c);
                Taken::Swallowed
            }
            // BEL or ST.
            Press::Char('g') | Press::Char('\\') if key.ctrl || key.alt => {
                let light = is_light(collected);
                self.collected = None;
                light.map_or(Taken::Swallowed, |light| Taken::Background { light })
            }
            _ => {
                self.collected = None;
                Taken::Pass
            }
        }
    }
}

/// Replies begin with `10;rgb:` (the text's colour) or `11;rgb:` (the background's), some with `rgba`.
fn belongs(collected: &str, c: char) -> bool {
    match collected.len() {
        0 => c == '1',
        1 => matches!(c, '0' | '1'),
        2 => c == ';',
        at => at < LONGEST && (c.is_ascii_hexdigit() || matches!(c, 'r' | 'g' | 'b' | ':' | '/')),
    }
}

/// Whether `11;rgb:RRRR/GGGG/BBBB` is nearer to white than to black.
fn is_light(reply: &str) -> Option<bool> {
    let (_, channels) = reply.strip_prefix("11;")?.split_once(':')?;
    let values: Vec<f64> = channels
        .split('/')
        .filter_map(|part| {
            let most = 16_f64.powi(i32::try_from(part.len()).ok()?) - 1.0;
            Some(f64::from(u32::from_str_radix(part, 16).ok()?) / most)
        })
        .collect();
    let [r, g, b, ..] = values.as_slice() else { return None };
    Some(0.299 * r + 0.587 * g + 0.114 * b > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(keys: &[&str]) -> Vec<Taken> {
        let mut late = LateReply::default();
        keys.iter().map(|name| late.take(name.parse().unwrap())).collect()
    }

    #[test]
    fn a_reply_is_swallowed_and_understood() {
        let mut keys = vec!["alt-]"];
        let text: Vec<String> = "11;rgb:fafa/f8f8/f3f3".chars().map(String::from).collect();
        keys.extend(text.iter().map(String::as_str));
        keys.push("ctrl-g");
        let taken = feed(&keys);
        assert_eq!(taken.last(), Some(&Taken::Background { light: true }));
        assert!(taken.iter().rev().skip(1).all(|one| *one == Taken::Swallowed));
    }

    #[test]
    fn the_texts_colour_is_swallowed_too_and_says_nothing() {
        let text: Vec<String> = "10;rgb:d0d0/d0d0/d0d0".chars().map(String::from).collect();
        let keys: Vec<&str> = ["alt-]"]
            .into_iter()
            .chain(text.iter().map(String::as_str))
            .chain(["alt-\\"])
            .collect();
        assert!(feed(&keys).iter().all(|one| *one == Taken::Swallowed));
    }

    #[test]
    fn ordinary_keys_pass_also_after_a_broken_reply() {
        assert_eq!(feed(&["a", "]", "1"]), [Taken::Pass, Taken::Pass, Taken::Pass]);
        assert_eq!(feed(&["alt-]", "x", "q"]), [Taken::Swallowed, Taken::Pass, Taken::Pass]);
    }
}
