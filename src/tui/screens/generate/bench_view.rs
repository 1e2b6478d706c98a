//! How the prompt workbench looks: three pages side by side on wide screens, two on middling ones, one on narrow ones.

use ratatui::layout::Rect;
use serde_json::Value;

use super::bench::{FILLED, PAGES, PANES, TEMPLATE, Table};
use crate::flow::BlockPrompt;
use crate::samples::{Message, Role as Speaker};
use crate::tui::canvas::{Canvas, side_by_side};
use crate::tui::command::Command;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;
use crate::workbench::{Bench, BenchStep};

/// Longest text of a value or an answer that is laid out, in bytes.
const LONGEST: usize = 16_384;
/// Bytes of a column that a step shows.
const OF_COLUMN: usize = 240;

pub fn draw(model: &Model, table: &Table, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let pages: Vec<usize> = match area.width {
        120.. => (0..PAGES).collect(),
        80.. => vec![table.page.min(FILLED), table.page.min(FILLED) + 1],
        _ => vec![table.page],
    };
    let each = area.width / u16::try_from(pages.len()).unwrap_or(1).max(1);
    let mut rest = area;
    for (place, page) in pages.iter().enumerate() {
        let width = if place + 1 == pages.len() { rest.width } else { each };
        let (own, behind) = side_by_side(rest, width);
        draw_page(model, table, canvas, own, *page);
        rest = behind;
    }
}

fn draw_page(model: &Model, table: &Table, canvas: &mut Canvas<'_, '_>, area: Rect, page: usize) {
    let title = match page {
        TEMPLATE => table.shown().map_or("the prompt".to_owned(), |(_, prompt)| {
            let count = table.ready().map_or(0, |bench| bench.prompts().count());
            format!("{} · {} of {count}", prompt.file, table.prompt + 1)
        }),
        FILLED => format!("row {} of {}", table.row + 1, table.node.name()),
        _ => "through the flow".to_owned(),
    };
    let inner = canvas.text_pane(area, PANES + page, &title, table.page == page);
    let mut prose = match &table.bench {
        None => Prose::new("laying the row out …"),
        Some(Err(why)) => {
            let mut prose = Prose::default();
            prose.push(&format!("✗ {why}\n"), Role::Bad);
            prose
        }
        Some(Ok(bench)) => match page {
            TEMPLATE => template(table, bench),
            FILLED => filled(model, table, bench),
            _ => row(model, table, bench),
        },
    };
    if let Some(top) = table.tops.get(page) {
        prose.draw_scrolled(canvas, area, inner, top);
    }
}

fn messages(messages: &[Message], role: Role, prose: &mut Prose) {
    for message in messages {
        prose.push(&format!("{}\n", role_word(message.role)), Role::Accent);
        prose.push(&format!("{}\n\n", short(message.content.trim(), LONGEST)), role);
    }
}

fn role_word(role: Speaker) -> &'static str {
    match role {
        Speaker::System => "system",
        Speaker::User => "user",
        Speaker::Assistant => "assistant",
    }
}

fn short(text: &str, longest: usize) -> String {
    let cut = text.get(..text.floor_char_boundary(longest)).unwrap_or(text);
    if cut.len() < text.len() {
        format!("{cut} …")
    } else {
        text.to_owned()
    }
}

fn in_words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The prompt as it is written, and its variables.
fn template(table: &Table, bench: &Bench) -> Prose {
    let mut prose = Prose::default();
    let Some((at, prompt)) = table.shown() else {
        prose.push("this flow has no prompt\n", Role::Dim);
        return prose;
    };
    messages(prompt.prompt.messages(), Role::Text, &mut prose);
    prose.push("variables\n", Role::Strong);
    for (name, value) in bench.variables(prompt, table.columns_at(bench, at)) {
        prose.push(&format!("{name}  "), Role::Accent);
        match value {
            Some(value) => prose.push(&format!("{}\n", short(in_words(value).trim(), LONGEST)), Role::Quoted),
            None => prose.push("comes from an earlier block\n", Role::Dim),
        }
    }
    prose
}

/// The prompt as it is sent, and what was answered.
fn filled(model: &Model, table: &Table, bench: &Bench) -> Prose {
    let mut prose = Prose::default();
    let Some((at, prompt)) = table.shown() else {
        return prose;
    };
    let columns = table.columns_at(bench, at);
    match waits_for(table, bench, at, prompt) {
        Some(missing) => {
            let key = model.keymap.how(Command::AskPrompt);
            prose.push(
                &format!("{missing} comes from an earlier block: {key} takes the row there and asks\n"),
                Role::Dim,
            );
        }
        None => match bench.filled_in(prompt, columns) {
            Ok(filled) => messages(&filled, Role::Text, &mut prose),
            Err(why) => prose.push(&format!("✗ {why}\n"), Role::Bad),
        },
    }
    match table.answers() {
        Some([]) => prose.push("no answer came\n", Role::Bad),
        Some(answers) => {
            for answer in answers {
                prose.push("the model said\n", Role::Strong);
                prose.push(&format!("{}\n\n", short(answer.trim(), LONGEST)), Role::Quoted);
            }
        }
        None if table.running => prose.push("asking …\n", Role::Accent),
        None => prose.push(&format!("{} asks\n", model.keymap.how(Command::AskPrompt)), Role::Dim),
    }
    if let Some(why) = &table.failed {
        prose.push(&format!("✗ {why}\n"), Role::Bad);
    }
    prose
}

/// The first variable of a prompt that no block has given yet.
fn waits_for(table: &Table, bench: &Bench, at: usize, prompt: &BlockPrompt) -> Option<String> {
    if table.steps.len() >= at {
        return None;
    }
    let variables = bench.variables(prompt, &bench.columns);
    let missing = variables.iter().find(|(_, value)| value.is_none())?;
    Some(missing.0.to_owned())
}

/// What every block did to the row.
fn row(model: &Model, table: &Table, bench: &Bench) -> Prose {
    let mut prose = Prose::default();
    if table.steps.is_empty() && !table.running {
        let key = model.keymap.how(Command::TryRow);
        prose.push(
            &format!(
                "{key} takes this row through all {} blocks; nothing is kept\n\n",
                bench.flow.blocks.len()
            ),
            Role::Dim,
        );
    }
    for (at, block) in bench.flow.blocks.iter().enumerate() {
        match table.steps.get(at) {
            Some(done) => step(done, &mut prose),
            None => prose.push(&format!("· {}\n", block.name), Role::Dim),
        }
        if at + 1 == table.steps.len() && table.running {
            prose.push("…\n", Role::Accent);
        }
    }
    if let Some(why) = &table.failed {
        prose.push(&format!("\n✗ {why}\n"), Role::Bad);
    }
    prose
}

fn step(step: &BenchStep, prose: &mut Prose) {
    let left = step.rows == 0;
    prose.push(
        if left { "✗ " } else { "✓ " },
        if left { Role::Bad } else { Role::Good },
    );
    prose.push(&step.block, Role::Strong);
    let rows = if step.rows > 1 {
        format!(", {} rows now", step.rows)
    } else {
        String::new()
    };
    prose.push(&format!("  {}{rows}\n", step.block_type), Role::Dim);
    for (name, value) in &step.written {
        let text = match value {
            // The messages of a prompt stand on the page beside this one.
            Value::Array(entries) if entries.iter().any(Value::is_object) => {
                super::figures::count(entries.len() as u64, "entry", "entries")
            }
            value => short(in_words(value).trim(), OF_COLUMN).replace('\n', " "),
        };
        prose.push(&format!("   {name}  "), Role::Accent);
        prose.push(&format!("{text}\n"), Role::Text);
    }
    for (reason, message) in &step.dropped {
        prose.push(&format!("   {}: ", reason.label()), Role::Bad);
        prose.push(&format!("{message}\n"), Role::Text);
    }
}
