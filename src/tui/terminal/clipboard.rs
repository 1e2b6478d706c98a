//! Copying through the terminal: OSC 52 works over SSH and needs no display.

use base64::Engine;

/// Most bytes that are sent; many terminals ignore longer ones.
const LIMIT: usize = 74_994;

/// The sequence that puts a text into the clipboard of the terminal's machine; `None` when the text is too long.
pub fn copy_sequence(text: &str, inside_tmux: bool) -> Option<String> {
    if text.len() > LIMIT {
        return None;
    }
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let plain = format!("\x1b]52;c;{encoded}\x07");
    // tmux passes it on to the terminal outside when wrapped.
    Some(if inside_tmux {
        format!("\x1bPtmux;\x1b{plain}\x1b\\")
    } else {
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_holds_the_text_in_base64() {
        assert_eq!(copy_sequence("hé", false).unwrap(), "\x1b]52;c;aMOp\x07");
        assert!(copy_sequence("x", true).unwrap().starts_with("\x1bPtmux;"));
        assert!(copy_sequence(&"x".repeat(LIMIT + 1), false).is_none());
    }
}
