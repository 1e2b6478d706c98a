//! Takes in what a program writes, and answers what it asks its terminal.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::{Condvar, Mutex};

use super::Answers;

/// What the reading thread and the test share.
pub struct Shown {
    pub parser: vt100::Parser<Asked>,
    pub raw: Vec<u8>,
    pub closed: bool,
}

/// Answers to what the program asked; sent after the bytes that asked are taken in.
pub struct Asked {
    pub answers: Answers,
    pub pending: Vec<u8>,
}

impl vt100::Callbacks for Asked {
    fn unhandled_osc(&mut self, _: &mut vt100::Screen, params: &[&[u8]]) {
        let Some((foreground, background)) = self.answers.colours else {
            return;
        };
        let (code, (r, g, b)) = match params {
            [b"10", b"?"] => (10, foreground),
            [b"11", b"?"] => (11, background),
            _ => return,
        };
        let answer = format!("\x1b]{code};rgb:{r:02x}{r:02x}/{g:02x}{g:02x}/{b:02x}{b:02x}\x1b\\");
        self.pending.extend(answer.into_bytes());
    }

    fn unhandled_csi(&mut self, screen: &mut vt100::Screen, i1: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        match (i1, c) {
            (None, 'c') if self.answers.identity => self.pending.extend(b"\x1b[?62;22c"),
            (None, 'n') if params == [[6]] => {
                let (row, column) = screen.cursor_position();
                self.pending
                    .extend(format!("\x1b[{};{}R", row + 1, column + 1).into_bytes());
            }
            _ => {}
        }
    }
}

pub fn read_all(
    mut reader: Box<dyn Read + Send>,
    shown: &(Mutex<Shown>, Condvar),
    writer: &Mutex<Box<dyn Write + Send>>,
) {
    let mut buffer = [0; 16 * 1024];
    loop {
        // The end of a pseudo-terminal is an error on Linux.
        let read = reader.read(&mut buffer).unwrap_or(0);
        let answers = {
            let mut shown = shown.0.lock().unwrap();
            shown.raw.extend_from_slice(&buffer[..read]);
            shown.parser.process(&buffer[..read]);
            shown.closed = read == 0;
            std::mem::take(&mut shown.parser.callbacks_mut().pending)
        };
        shown.1.notify_all();
        if read == 0 {
            return;
        }
        if !answers.is_empty() {
            let _ = writer.lock().unwrap().write_all(&answers);
        }
    }
}

/// The private modes that a stream of bytes sets and resets, as they stand at its end.
pub fn private_modes(raw: &[u8]) -> BTreeMap<u16, bool> {
    let mut modes = BTreeMap::new();
    for (at, _) in raw.windows(3).enumerate().filter(|(_, window)| window == b"\x1b[?") {
        let rest = &raw[at + 3..];
        let end = rest
            .iter()
            .position(|byte| !byte.is_ascii_digit() && *byte != b';')
            .unwrap_or(rest.len());
        let on = match rest.get(end) {
            Some(b'h') => true,
            Some(b'l') => false,
            _ => continue,
        };
        let numbers = std::str::from_utf8(&rest[..end]).unwrap().split(';');
        modes.extend(
            numbers
                .filter_map(|number| number.parse::<u16>().ok())
                .map(|mode| (mode, on)),
        );
    }
    modes
}
