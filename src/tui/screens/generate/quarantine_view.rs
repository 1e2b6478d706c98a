//! How the quarantine looks: the dropped rows on the left, the chosen one whole on the right.

use ratatui::layout::Rect;

use super::drop_rows::Dropped;
use super::figures::{count, grouped};
use super::quarantine::{DROP, DROPS, Found, Quarantine};
use crate::tui::canvas::{Canvas, side_by_side};
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

pub fn draw(model: &Model, quarantine: &Quarantine, canvas: &mut Canvas<'_, '_>, area: Rect) {
    if area.width < 80 {
        return if quarantine.reading {
            draw_drop(model, quarantine, canvas, area);
        } else {
            draw_list(quarantine, canvas, area);
        };
    }
    let (left, right) = side_by_side(area, (area.width / 2).clamp(38, 60));
    draw_list(quarantine, canvas, left);
    draw_drop(model, quarantine, canvas, right);
}

fn draw_list(quarantine: &Quarantine, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let which = match &quarantine.group {
        Some(group) => format!("{} by {}", group.reason.label(), group.block),
        None => "all".to_owned(),
    };
    let title = format!("dropped · {which} · {}", grouped(quarantine.count() as u64));
    let inner = canvas.pane(area, DROPS, &title, !quarantine.reading);
    let len = quarantine.count();
    if len == 0 && !inner.is_empty() {
        let told = match &quarantine.found {
            None => "reading what was dropped …",
            Some(found) if found.reading => "reading what was dropped …",
            Some(_) => "this run dropped nothing",
        };
        canvas.text(inner.x + 1, inner.y, inner.width.saturating_sub(1), told, Role::Dim);
    }
    let aside = quarantine
        .found
        .as_ref()
        .filter(|_| inner.height > 3)
        .and_then(|found| aside(found, len));
    let height = inner.height - u16::from(aside.is_some());
    for (y, index) in (inner.y..).zip(quarantine.rows.window(len, usize::from(height))) {
        let place = Rect { y, height: 1, ..inner };
        match quarantine.held.get(index) {
            Some(row) => draw_row(quarantine, row, canvas, place),
            None => {
                canvas.text(place.x + 1, y, place.width.saturating_sub(1), "…", Role::Dim);
            }
        }
        if index == quarantine.rows.chosen {
            let role = if quarantine.reading {
                Role::SelectionIdle
            } else {
                Role::Selection
            };
            canvas.paint(place, role);
        }
        canvas.hits.add(place, Hit::Row { pane: DROPS, index });
    }
    if let Some(told) = aside {
        canvas.text(
            inner.x + 1,
            inner.bottom() - 1,
            inner.width.saturating_sub(1),
            &told,
            Role::Dim,
        );
    }
}

/// What is said below the list.
fn aside(found: &Found, len: usize) -> Option<String> {
    if found.reading && len > 0 {
        return Some("still reading …".to_owned());
    }
    (found.broken > 0).then(|| {
        format!(
            "{} of its file cannot be read",
            count(found.broken as u64, "line", "lines")
        )
    })
}

fn draw_row(quarantine: &Quarantine, row: &Dropped, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let (mark, role) = if quarantine.is_restored(row) {
        ("✓ ", Role::Good)
    } else if quarantine.marked.has(row.offset) {
        ("▪ ", Role::Accent)
    } else {
        ("✗ ", Role::Bad)
    };
    let mut x = area.x + 1;
    let mut put = |canvas: &mut Canvas<'_, '_>, text: &str, role: Role| {
        x += canvas.text(x, area.y, area.right().saturating_sub(x), text, role);
    };
    put(canvas, mark, role);
    put(canvas, &format!("{}  ", row.drop.reason.label()), role);
    let threshold = quarantine.found.as_ref().and_then(|found| {
        let mut all = found.record.thresholds.iter();
        all.find(|one| one.block == row.drop.block)
    });
    // A block may drop for other reasons, too: a number that is right does not stand beside them.
    if let Some(measure) = row.drop.measures.get(&row.drop.block)
        && threshold.is_none_or(|one| !one.keeps.holds(*measure, one.value))
    {
        put(canvas, &format!("{}  ", rounded(*measure)), Role::Accent);
    }
    put(canvas, first_words(row), Role::Dim);
}

/// What tells a row from others: its question, what the model said, or what happened.
fn first_words(row: &Dropped) -> &str {
    let question = row.drop.columns.get("question").and_then(|value| value.as_str());
    let said = Some(row.drop.text.trim()).filter(|text| !text.is_empty());
    question.or(said).unwrap_or(&row.drop.message)
}

/// A measured number with as many digits as a person compares.
fn rounded(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn draw_drop(model: &Model, quarantine: &Quarantine, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = quarantine
        .chosen()
        .map_or_else(String::new, |row| format!("row {}", row.drop.lineage()));
    let inner = canvas.text_pane(area, DROP, &title, quarantine.reading);
    let Some(row) = quarantine.chosen() else { return };
    let mut prose = prose(model, quarantine, row);
    prose.draw_scrolled(canvas, area, inner, &quarantine.top);
}

fn prose(model: &Model, quarantine: &Quarantine, row: &Dropped) -> Prose {
    use crate::tui::command::Command;
    let drop = &row.drop;
    let mut prose = Prose::default();
    prose.push(&format!("✗ {}", drop.reason.label()), Role::Bad);
    prose.push(&format!(" by {}\n", drop.block), Role::Text);
    if !drop.message.is_empty() {
        prose.push(&format!("{}\n", drop.message), Role::Text);
    }
    if let Some(found) = &quarantine.found {
        for (block, measure) in &drop.measures {
            let threshold = found.record.thresholds.iter().find(|one| one.block == *block);
            prose.push(&format!("{block} measured {}", rounded(*measure)), Role::Accent);
            match threshold {
                Some(one) => prose.push(
                    &format!(", keeps {} {}\n", one.keeps.words(), rounded(one.value)),
                    Role::Dim,
                ),
                None => prose.push("\n", Role::Text),
            }
        }
    }
    let key = |command: Command| model.keymap.how(command);
    let what = if quarantine.is_restored(row) {
        "restored: it is in the review queue\n".to_owned()
    } else if row.restorable {
        format!(
            "{} puts it into the review queue, {} asks the model again\n",
            key(Command::RestoreDrops),
            key(Command::AskAgain)
        )
    } else {
        format!(
            "it had not come as far as a sample; {} asks the model again\n",
            key(Command::AskAgain)
        )
    };
    prose.push(&what, Role::Dim);
    if !drop.text.trim().is_empty() {
        prose.push("\nthe model said\n", Role::Dim);
        prose.push(&format!("{}\n", drop.text.trim()), Role::Quoted);
    }
    let columns = drop
        .columns
        .iter()
        .filter(|(name, _)| name.as_str() != crate::samples::Drop::PIECE);
    for (name, value) in columns {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        prose.push(&format!("\n{name}  "), Role::Dim);
        prose.push(&format!("{}\n", text.trim()), Role::Text);
    }
    prose
}
