//! What a terminal sends for a key.

/// What xterm sends for a key.
pub fn key_bytes(name: &str) -> Vec<u8> {
    let mut rest = name;
    let (mut ctrl, mut alt, mut shift) = (false, false, false);
    while let Some((modifier, after)) = rest.split_once('-').filter(|(_, after)| !after.is_empty()) {
        match modifier {
            "ctrl" => ctrl = true,
            "alt" => alt = true,
            "shift" => shift = true,
            _ => panic!("'{name}' is no key"),
        }
        rest = after;
    }
    let number = 1 + u8::from(shift) + 2 * u8::from(alt) + 4 * u8::from(ctrl);
    let escape = |letter: char| match number {
        1 => format!("\x1b[{letter}"),
        _ => format!("\x1b[1;{number}{letter}"),
    };
    let tilde = |code: u8| match number {
        1 => format!("\x1b[{code}~"),
        _ => format!("\x1b[{code};{number}~"),
    };
    let plain = |text: &str| if alt { format!("\x1b{text}") } else { text.to_owned() };
    let text = match rest {
        "enter" => plain("\r"),
        "esc" => plain("\x1b"),
        "tab" if shift => "\x1b[Z".to_owned(),
        "tab" => plain("\t"),
        "space" if ctrl => plain("\0"),
        "space" => plain(" "),
        "backspace" => plain("\x7f"),
        "up" => escape('A'),
        "down" => escape('B'),
        "right" => escape('C'),
        "left" => escape('D'),
        "home" => escape('H'),
        "end" => escape('F'),
        "insert" => tilde(2),
        "delete" => tilde(3),
        "pageup" => tilde(5),
        "pagedown" => tilde(6),
        "f1" => "\x1bOP".to_owned(),
        "f2" => "\x1bOQ".to_owned(),
        "f3" => "\x1bOR".to_owned(),
        "f4" => "\x1bOS".to_owned(),
        "f5" => tilde(15),
        "f6" => tilde(17),
        "f7" => tilde(18),
        "f8" => tilde(19),
        "f9" => tilde(20),
        "f10" => tilde(21),
        "f11" => tilde(23),
        "f12" => tilde(24),
        one if one.chars().count() == 1 && ctrl => plain(&char::from(one.as_bytes()[0] & 0x1f).to_string()),
        one if one.chars().count() == 1 => plain(one),
        _ => panic!("'{name}' is no key"),
    };
    text.into_bytes()
}
