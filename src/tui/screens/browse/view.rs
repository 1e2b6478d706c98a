//! How the browse screen looks.

use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Finding;
use super::update::{DETAILS, FINDING, TREE};
use crate::tui::canvas::{Canvas, fitted_path, side_by_side, width_of};
use crate::tui::command::Command;
use crate::tui::hits::Hit;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::tree::TreeNode;
use crate::tui::widgets::ListBox;

pub fn draw(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let wide = area.width >= 80;
    let tree_width = if wide {
        (area.width * 2 / 5).clamp(32, 60)
    } else {
        area.width
    };
    let (left, right) = side_by_side(area, tree_width);
    if wide || !model.browse.reading {
        draw_tree(model, canvas, left);
    }
    if wide {
        draw_details(model, canvas, right);
    } else if model.browse.reading {
        draw_details(model, canvas, area);
    }
    if let Some(finding) = &model.browse.finding {
        draw_finding(finding, model, canvas, area);
    }
}

fn draw_tree(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = if !model.tree.walked {
        format!("taxonomy · looking, {} leaves so far", model.tree.leaf_count())
    } else if model.tree.read < model.tree.leaf_count() {
        format!(
            "taxonomy · read {} of {} leaves",
            model.tree.read,
            model.tree.leaf_count()
        )
    } else {
        let marked = match model.browse.marked.len() {
            0 => String::new(),
            marked => format!(" · {marked} marked"),
        };
        format!("taxonomy · {}{marked}", leaves(model.tree.leaf_count()))
    };
    let focused = !model.browse.reading && model.browse.finding.is_none();
    let inner = canvas.pane(area, TREE, &title, focused);
    if model.tree.is_empty() && model.tree.walked {
        canvas.text(
            inner.x + 1,
            inner.y,
            inner.width.saturating_sub(1),
            &format!("No leaves yet. Press {} to make one.", model.keymap.how(Command::New)),
            Role::Dim,
        );
    }
    let window = model.tree.rows.window(model.tree.len(), usize::from(inner.height));
    for (y, row) in (inner.y..inner.bottom()).zip(window) {
        let Some(node) = model.tree.row(row) else { break };
        let chosen = row == model.tree.rows.chosen;
        let place = Rect { y, height: 1, ..inner };
        draw_row(model, canvas, place, node);
        if chosen {
            canvas.paint(place, if focused { Role::Selection } else { Role::SelectionIdle });
        }
        canvas.hits.add(place, Hit::Row { pane: TREE, index: row });
    }
}

/// `1 leaf`, `3 leaves`.
pub fn leaves(count: usize) -> String {
    format!("{count} {}", if count == 1 { "leaf" } else { "leaves" })
}

fn draw_row(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect, node: &TreeNode) {
    let has_children = model.tree.has_children(node);
    let mark = match (has_children, node.is_leaf) {
        (true, _) if model.tree.is_open(&node.path) => "▾ ",
        (true, _) => "▸ ",
        (false, true) if model.browse.marked.contains(&node.path) => "▪ ",
        (false, true) => "• ",
        (false, false) => "  ",
    };
    let right = right_side(model, canvas, node);
    let right_width: u16 = right.iter().map(|span| width_of(&span.content)).sum();
    let indent = u16::try_from(node.depth * 2).unwrap_or(u16::MAX).min(area.width / 2);
    let name_x = area.x + 1 + indent;
    let room = area.right().saturating_sub(name_x + right_width + 1);
    let role = if model.browse.marked.contains(&node.path) {
        Role::Accent
    } else if node.is_leaf {
        Role::Text
    } else {
        Role::Strong
    };
    canvas.text(area.x + indent, area.y, 3, &format!(" {mark}"), Role::Dim);
    canvas.text(name_x + 2, area.y, room.saturating_sub(2), node.path.name(), role);
    let right_x = area.right().saturating_sub(right_width);
    canvas.line(right_x, area.y, right_width, Line::from(right));
}

/// Marks and counts at the right edge: what needs work first.
fn right_side(model: &Model, canvas: &Canvas<'_, '_>, node: &TreeNode) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    if !node.is_leaf {
        return spans;
    }
    if model.tree.drafts.contains(&node.path) {
        spans.push(Span::styled("draft ", canvas.style(Role::Changed)));
    }
    if let Some(summary) = &node.summary {
        if summary.errors > 0 {
            spans.push(Span::styled(format!("✗{} ", summary.errors), canvas.style(Role::Bad)));
        } else if summary.warnings > 0 {
            spans.push(Span::styled(
                format!("!{} ", summary.warnings),
                canvas.style(Role::Warning),
            ));
        }
        let path = node.path.qna_relative();
        if model.git.kind_of(&path).is_some() {
            spans.push(Span::styled("✎ ", canvas.style(Role::Changed)));
        }
        let tally = model.tree.counts_of(&node.path);
        if tally.total() > 0 {
            let done = tally.total() - tally.pending;
            spans.push(Span::styled(
                format!("{done}/{} ", tally.total()),
                canvas.style(Role::Accent),
            ));
        } else {
            spans.push(Span::styled(format!("{} ", summary.examples), canvas.style(Role::Dim)));
        }
    } else {
        spans.push(Span::styled("… ", canvas.style(Role::Dim)));
    }
    spans
}

fn draw_details(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let title = model.tree.chosen().map_or_else(String::new, |node| {
        fitted_path(node.path.as_str(), area.width.saturating_sub(4))
    });
    let inner = canvas.text_pane(area, DETAILS, &title, model.browse.reading);
    if let Some((_, prose)) = &model.browse.text
        && prose.draw(canvas, inner)
    {
        canvas.text(
            area.right().saturating_sub(9),
            area.bottom() - 1,
            7,
            " more ↓",
            Role::Dim,
        );
    }
}

fn draw_finding(finding: &Finding, model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let search = &finding.search;
    let nothing = match search.text().trim().is_empty() {
        true => "",
        false if search.is_answered() => "no leaf has that",
        false => "searching …",
    };
    let list = ListBox {
        pane: FINDING,
        title: "find a leaf by its path or its text",
        hint: "type a few letters of a path, a title or a question",
        nothing,
        most: (90, 18),
    };
    let rows = (&finding.rows, search.results.len());
    list.draw(canvas, area, &search.field, rows, |canvas, row, index| {
        let Some(path) = search.results.get(index) else { return };
        let used = canvas.text(row.x + 1, row.y, row.width - 2, path.as_str(), Role::Text);
        if let Some(summary) = model.tree.node(path).and_then(|node| node.summary.as_ref()) {
            let x = row.x + used + 3;
            canvas.text(x, row.y, row.right().saturating_sub(x + 1), &summary.title, Role::Dim);
        }
    });
}
