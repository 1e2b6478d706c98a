//! What comes in, and how it becomes an action.

use crossterm::event::{Event as TerminalEvent, KeyEventKind, MouseButton, MouseEventKind};

use super::command::Command;
use super::key::Key;
use super::model::Model;
use super::report::Report;

/// Everything that can wake the loop.
#[derive(Debug)]
pub enum Event {
    Key(Key),
    Paste(String),
    Mouse(Mouse),
    Resize(u16, u16),
    Focus(bool),
    /// The process was asked to end (SIGTERM, SIGHUP).
    Terminate,
    /// The process was asked to stop (SIGTSTP from outside).
    Stop,
    /// A time that the model asked for has come.
    Wake,
    Report(Report),
}

/// What the pointer did, in cells from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    pub kind: MouseKind,
    pub x: u16,
    pub y: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    Press,
    Drag,
    ScrollUp,
    ScrollDown,
}

/// What is to happen, after keys have been looked up.
#[derive(Debug)]
pub enum Action {
    Command(Command, Key),
    /// A key for the text field that has the caret.
    Type(Key),
    Paste(String),
    Mouse(Mouse),
    Resize(u16, u16),
    Focus(bool),
    Terminate,
    Suspend,
    Wake,
    Report(Report),
}

impl Event {
    /// Reads what the terminal sent; `None` for what nobody waits for (key releases, pointer moves).
    pub fn from_terminal(event: TerminalEvent) -> Option<Event> {
        match event {
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => Key::from_terminal(&key).map(Event::Key),
            TerminalEvent::Key(_) => None,
            TerminalEvent::Paste(text) => Some(Event::Paste(clean_paste(&text))),
            TerminalEvent::Mouse(mouse) => {
                let kind = match mouse.kind {
                    MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
                    MouseEventKind::Drag(MouseButton::Left) => MouseKind::Drag,
                    MouseEventKind::ScrollUp => MouseKind::ScrollUp,
                    MouseEventKind::ScrollDown => MouseKind::ScrollDown,
                    _ => return None,
                };
                Some(Event::Mouse(Mouse {
                    kind,
                    x: mouse.column,
                    y: mouse.row,
                }))
            }
            TerminalEvent::Resize(width, height) => Some(Event::Resize(width, height)),
            TerminalEvent::FocusGained => Some(Event::Focus(true)),
            TerminalEvent::FocusLost => Some(Event::Focus(false)),
        }
    }
}

/// Line ends become newlines and control characters go: a paste is text, whatever the clipboard holds.
pub fn clean_paste(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

/// Looks a key up where the model says the keys go; everything else passes through.
pub fn translate(model: &Model, event: Event) -> Option<Action> {
    Some(match event {
        Event::Key(key) => return translate_key(model, key),
        Event::Paste(text) => Action::Paste(text),
        Event::Mouse(mouse) => Action::Mouse(mouse),
        Event::Resize(width, height) => Action::Resize(width, height),
        Event::Focus(gained) => Action::Focus(gained),
        Event::Terminate => Action::Terminate,
        Event::Stop => Action::Suspend,
        Event::Wake => Action::Wake,
        Event::Report(report) => Action::Report(report),
    })
}

fn translate_key(model: &Model, key: Key) -> Option<Action> {
    let contexts = model.contexts();
    let typing = model.is_typing();
    // A character typed into a field is text: no command may see it.
    if typing && key.typed().is_some() {
        return Some(Action::Type(key));
    }
    // Keys that move the caret belong to the field unless the field's own commands have them.
    let contexts = if typing && is_caret_key(key) {
        contexts.get(..1).unwrap_or_default()
    } else {
        &contexts
    };
    match model.keymap.command(contexts, key) {
        Some(command) => Some(Action::Command(command, key)),
        None => typing.then_some(Action::Type(key)),
    }
}

fn is_caret_key(key: Key) -> bool {
    use super::key::Press;
    matches!(
        key.press,
        Press::Left
            | Press::Right
            | Press::Up
            | Press::Down
            | Press::Home
            | Press::End
            | Press::Backspace
            | Press::Delete
    ) || (matches!(key.press, Press::Enter | Press::Tab | Press::PageUp | Press::PageDown) && !key.ctrl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_keeps_lines_and_loses_escapes() {
        assert_eq!(clean_paste("a\r\nb\rc\td\x1b[31me\x07"), "a\nb\nc\td[31me");
    }
}
