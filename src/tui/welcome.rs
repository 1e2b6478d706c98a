//! What is shown where there is no taxonomy: what Seedbed is, and two ways to begin.

use crossterm::event::{Event as TerminalEvent, read};
use ratatui::layout::Rect;

use super::TuiError;
use super::canvas::{Canvas, centred};
use super::event::Event;
use super::hits::{Hit, Hits};
use super::key::{Key, Press};
use super::runtime::theme_for;
use super::terminal::{self, Screen};
use super::theme::Role;
use crate::config::Settings;
use crate::workbench::Environment;

/// What a person without a taxonomy chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Lay out the sample taxonomy and open it.
    Demo,
    Leave,
}

const CHOICES: [(&str, Choice); 2] = [
    ("open the demo: a sample taxonomy to try everything on", Choice::Demo),
    ("leave", Choice::Leave),
];

/// Shows the welcome screen and returns what was chosen.
///
/// # Errors
/// [`TuiError`] when there is no terminal or the theme's settings are wrong.
pub fn welcome(settings: &Settings, environment: &Environment, place: &str) -> Result<Choice, TuiError> {
    let (theme, _) = theme_for(settings, environment)?;
    let mut screen = Screen::enter(false)?;
    let mut chosen = 0;
    let picked = loop {
        let mut hits = Hits::default();
        screen.draw(|frame| {
            let area = frame.area();
            let mut canvas = Canvas {
                frame,
                theme: &theme,
                hits: &mut hits,
            };
            draw(&mut canvas, area, place, chosen);
        })?;
        let event: TerminalEvent = read()?;
        let Some(Event::Key(key)) = Event::from_terminal(event) else {
            continue;
        };
        match key {
            Key {
                press: Press::Up | Press::Char('k'),
                ..
            } => chosen = 0,
            Key {
                press: Press::Down | Press::Char('j') | Press::Tab,
                ..
            } => chosen = (chosen + 1) % CHOICES.len(),
            Key {
                press: Press::Char('q') | Press::Esc,
                ..
            }
            | Key {
                press: Press::Char('c'),
                ctrl: true,
                ..
            } => {
                break Choice::Leave;
            }
            Key {
                press: Press::Enter, ..
            } => break CHOICES.get(chosen).map_or(Choice::Leave, |(_, choice)| *choice),
            _ => {}
        }
    };
    drop(screen);
    terminal::restore();
    Ok(picked)
}

fn draw(canvas: &mut Canvas<'_, '_>, area: Rect, place: &str, chosen: usize) {
    canvas.paint(area, Role::Text);
    let lines = [
        ("Seedbed", Role::Accent),
        ("grow training data from a taxonomy of seed examples", Role::Text),
        ("", Role::Text),
        ("There is no taxonomy in this folder:", Role::Dim),
        (place, Role::Dim),
        (
            "A taxonomy is a git repository with a folder knowledge, compositional_skills",
            Role::Dim,
        ),
        (
            "or foundational_skills. Start Seedbed inside one, or name it: seedbed DIR",
            Role::Dim,
        ),
        ("", Role::Text),
    ];
    let height = u16::try_from(lines.len() + CHOICES.len()).unwrap_or(u16::MAX);
    let inner = centred(area, 76, height);
    let mut y = inner.y;
    for (text, role) in lines {
        if y < inner.bottom() {
            canvas.text(inner.x, y, inner.width, text, role);
        }
        y += 1;
    }
    for (index, (text, _)) in CHOICES.iter().enumerate() {
        if y >= area.bottom() {
            break;
        }
        let row = Rect { y, height: 1, ..inner };
        let mark = if index == chosen { "▸ " } else { "  " };
        canvas.text(row.x, y, row.width, &format!("{mark}{text}"), Role::Text);
        if index == chosen {
            canvas.paint(row, Role::Selection);
        }
        canvas.hits.add(row, Hit::Choice(index));
        y += 1;
    }
}
