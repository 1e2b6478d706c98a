//! Three cards of a preview, beside the form whose seeds they come from.

use ratatui::layout::Rect;

use super::preview::{Card, Preview};
use super::run_view::prose_of;
use crate::tui::canvas::Canvas;
use crate::tui::command::Command;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// The pane number of a preview; no other pane of the edit screen has it.
pub const PREVIEW: usize = 80;

/// Draws the preview into an area of another screen.
pub fn draw_preview(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    let Some(preview) = &model.generate.preview else { return };
    let by = if preview.teacher.is_empty() {
        String::new()
    } else {
        format!(" · {}", preview.teacher)
    };
    let next = model.keymap.how(Command::NextPane);
    let scroll = match preview.reading {
        true => String::new(),
        false => format!(" · {next} scrolls"),
    };
    let title = format!("preview: not kept{by}{scroll}");
    let inner = canvas.text_pane(area, PREVIEW, &title, preview.reading);
    if inner.is_empty() {
        return;
    }
    if let Some(why) = &preview.failed {
        let mut prose = Prose::default();
        prose.push(&format!("✗ {why}"), Role::Bad);
        prose.draw(canvas, inner);
        return;
    }
    let cards = preview.cards.len().max(1);
    let beside = inner.width >= 100 && inner.height < 18;
    let heights: Vec<u16> = preview.cards.iter().map(|card| height(card, inner.width)).collect();
    let whole = heights.iter().fold(0u16, |sum, height| sum.saturating_add(*height));
    preview.height.set(usize::from(inner.height));
    if beside {
        let tallest = |width: u16| preview.cards.iter().map(|card| height(card, width)).max();
        let rows = tallest(column(inner, 0, cards).width).unwrap_or_default();
        let top = kept_in(preview, rows, inner.height);
        for (index, card) in preview.cards.iter().enumerate() {
            draw_card(preview, card, (index, top), canvas, column(inner, index, cards));
        }
        return more(canvas, area, rows > inner.height + top);
    }
    // Each card has its share of the room while it is written, and as long as nobody scrolls; else what it takes.
    if !preview.reading && (!preview.ended || whole > inner.height) {
        for (index, card) in preview.cards.iter().enumerate() {
            draw_card(preview, card, (index, 0), canvas, row(inner, index, cards));
        }
        return;
    }
    let top = kept_in(preview, whole, inner.height);
    let mut from = 0u16;
    for (index, (card, height)) in preview.cards.iter().zip(heights).enumerate() {
        let until = from.saturating_add(height);
        // The part of the card that is in the window.
        let (first, last) = (from.max(top), until.min(top.saturating_add(inner.height)));
        if first < last {
            let place = Rect {
                y: inner.y + (first - top),
                height: last - first,
                ..inner
            };
            draw_card(preview, card, (index, first - from), canvas, place);
        }
        from = until;
    }
    more(canvas, area, whole > inner.height + top);
}

/// Keeps the scrolling within what there is, and returns the first row in the window.
fn kept_in(preview: &Preview, rows: u16, height: u16) -> u16 {
    let most = usize::from(rows.saturating_sub(height));
    preview.top.set(preview.top.get().min(most));
    u16::try_from(preview.top.get()).unwrap_or_default()
}

fn more(canvas: &mut Canvas<'_, '_>, area: Rect, is_more: bool) {
    if is_more {
        canvas.text(
            area.right().saturating_sub(9),
            area.bottom() - 1,
            7,
            " more ↓",
            Role::Dim,
        );
    }
}

/// The rows of a card with its heading and a blank row behind it.
fn height(card: &Card, width: u16) -> u16 {
    let text = text_of(card).map_or(0, |prose| prose.height(width));
    u16::try_from(text).unwrap_or(u16::MAX).saturating_add(2)
}

fn text_of(card: &Card) -> Option<Prose> {
    match card {
        Card::Waiting => None,
        Card::Writing(text) => Some(Prose::new(text.trim_start())),
        Card::Done(item) => Some(prose_of(item)),
    }
}

fn share(whole: u16, index: usize, of: usize) -> (u16, u16) {
    let at = |index: usize| u16::try_from(usize::from(whole) * index / of).unwrap_or(whole);
    (at(index), at(index + 1) - at(index))
}

fn row(area: Rect, index: usize, of: usize) -> Rect {
    let (from, height) = share(area.height, index, of);
    Rect {
        y: area.y + from,
        height,
        ..area
    }
}

fn column(area: Rect, index: usize, of: usize) -> Rect {
    let (from, width) = share(area.width, index, of);
    Rect {
        x: area.x + from,
        width: width.saturating_sub(1),
        ..area
    }
}

/// Draws a card from one of its rows on; row 0 is the heading.
fn draw_card(preview: &Preview, card: &Card, (index, from): (usize, u16), canvas: &mut Canvas<'_, '_>, mut area: Rect) {
    if area.is_empty() {
        return;
    }
    if from == 0 {
        let (state, role) = match card {
            Card::Waiting if preview.ended => ("nothing came", Role::Dim),
            Card::Waiting => ("waiting", Role::Dim),
            Card::Writing(_) => ("writing", Role::Accent),
            Card::Done(item) if item.dropped.is_some() => ("dropped", Role::Bad),
            Card::Done(_) => ("done", Role::Good),
        };
        let used = canvas.text(area.x, area.y, area.width, &format!("{} ", index + 1), Role::Accent);
        canvas.text(area.x + used, area.y, area.width.saturating_sub(used), state, role);
        area = Rect {
            y: area.y + 1,
            height: area.height - 1,
            ..area
        };
    }
    let Some(mut prose) = text_of(card) else { return };
    if matches!(card, Card::Writing(_)) && !preview.ended && !preview.reading {
        // The newest words are the ones to see.
        prose.reveal(prose.text().len(), area.width);
    } else {
        prose.scroll_down(usize::from(from.saturating_sub(1)));
    }
    let below = prose
        .height(area.width)
        .saturating_sub(usize::from(from.saturating_sub(1)));
    area.height = area.height.min(u16::try_from(below).unwrap_or(u16::MAX));
    let more = prose.draw(canvas, area);
    // Whoever scrolls sees that there is more from the pane's own sign.
    if more && !preview.reading && area.width > 4 && area.height > 0 {
        canvas.text(area.right() - 2, area.bottom() - 1, 2, " …", Role::Dim);
    }
}

#[cfg(test)]
mod tests {
    use crate::taxonomy::NodePath;
    use crate::tui::model::ScreenName;
    use crate::tui::report::Report as AnyReport;
    use crate::tui::screens::edit;
    use crate::tui::screens::generate::{News, Report, update};
    use crate::tui::testing::Stage;

    const REPLY: &str = "compositional_skills/reply";
    const SEEDS: &str =
        "version: 3\ntask_description: t\ncreated_by: ada\nseed_examples:\n- question: Q\n  answer: A\n";

    /// The form with a preview of three cards of so many lines.
    fn previewed(lines: usize) -> Stage {
        let mut stage = Stage::new(&[(REPLY, SEEDS)]);
        let node = NodePath::parse(REPLY).unwrap();
        assert!(edit::update::enter(
            &mut stage.model,
            Some(node.clone()),
            &mut stage.effects
        ));
        stage.model.screen = ScreenName::Edit;
        stage.settle();
        update::start_preview(&mut stage.model, node, SEEDS.into(), &mut stage.effects);
        stage.effects.clear();
        let card = |card: usize| (0..lines).map(move |line| format!("line {card}.{line}\n")).collect();
        let news = News {
            writing: (0..3).map(|row| (row, card(row + 1))).collect(),
            ..News::default()
        };
        for report in [Report::PreviewNews(Box::new(news)), Report::PreviewEnded] {
            stage.report(AnyReport::Generate(report));
        }
        stage
    }

    #[test]
    fn what_is_cut_off_can_be_scrolled_to() {
        for (width, height) in [(120, 20), (80, 24), (45, 12)] {
            let mut stage = previewed(12);
            let first = stage.draw(width, height);
            assert!(first.contains("tab scrolls"), "{first}");
            stage.press("tab tab home");
            let screen = stage.draw(width, height);
            assert!(screen.contains("line 1.0") && screen.contains("more ↓"), "{screen}");
            let mut seen = screen;
            for _ in 0..60 {
                stage.press("down");
                seen.push_str(&stage.draw(width, height));
            }
            for card in 1..=3 {
                for line in 0..12 {
                    assert!(
                        seen.contains(&format!("line {card}.{line}")),
                        "{card}.{line} at {width}x{height}"
                    );
                }
            }
            let last = stage.draw(width, height);
            assert!(last.contains("line 3.11"), "{last}");
            // The keys go round to the outline again, and esc closes the preview.
            stage.press("tab esc");
            assert!(stage.model.generate.preview.is_none() && stage.model.screen == ScreenName::Edit);
        }
    }

    #[test]
    fn short_cards_are_shown_whole() {
        let mut stage = previewed(2);
        let screen = stage.draw(120, 20);
        assert!(screen.contains("line 3.1") && !screen.contains("more ↓"), "{screen}");
    }
}
