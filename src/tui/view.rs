//! One frame: header, screen, footer, and the box over them.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::canvas::{Canvas, centred};
use super::chrome;
use super::command::Command;
use super::hits::Hits;
use super::model::{Model, Overlay, ScreenName};
use super::screens::{attribution, browse, commit, documents, edit, find, generate, review};
use super::theme::Role;

/// The smallest size at which screens are drawn; below it a calm line says so.
pub const LEAST: (u16, u16) = (40, 10);

/// Draws the model; returns what can be pointed at.
pub fn view(model: &Model, frame: &mut Frame<'_>) -> Hits {
    let mut hits = Hits::default();
    let area = frame.area();
    let mut canvas = Canvas {
        frame,
        theme: &model.theme,
        hits: &mut hits,
    };
    canvas.paint(area, Role::Text);
    if area.width < LEAST.0 || area.height < LEAST.1 {
        too_small(model, &mut canvas, area);
        return hits;
    }
    chrome::draw_header(model, &mut canvas, Rect { height: 1, ..area });
    // The reasons to choose from need their rows more than a message that all is well.
    let asks = model.screen == ScreenName::Review && model.overlay.is_none() && model.review.asks_why();
    let told = model.notices.current(model.now).is_some() && (!asks || model.notices.is_bad(model.now));
    let told = if told {
        chrome::notice_height(model, area.width).min(area.height / 4)
    } else {
        0
    };
    let body = Rect {
        y: area.y + 1,
        height: area.height - 2 - told,
        ..area
    };
    match model.screen {
        ScreenName::Browse => browse::view::draw(model, &mut canvas, body),
        ScreenName::Edit => edit::view::draw(model, &mut canvas, body),
        ScreenName::Generate => generate::view::draw(model, &mut canvas, body),
        ScreenName::Review => review::view::draw(model, &mut canvas, body),
        ScreenName::Commit => commit::view::draw(model, &mut canvas, body),
        ScreenName::Find => find::view::draw(model, &mut canvas, body),
        ScreenName::Documents => documents::view::draw(model, &mut canvas, body),
    }
    match &model.overlay {
        Some(Overlay::Help(help)) => chrome::draw_help(help, model, &mut canvas, body),
        Some(Overlay::Palette(palette)) => chrome::draw_palette(palette, model, &mut canvas, body),
        Some(Overlay::Dialog(dialog)) => chrome::draw_dialog(dialog, &mut canvas, body),
        Some(Overlay::Sources(form)) => attribution::view::draw(form, &mut canvas, body),
        None => {}
    }
    let footer = Rect {
        y: area.bottom() - 1,
        height: 1,
        ..area
    };
    if told > 0 {
        chrome::draw_notice(
            model,
            &mut canvas,
            Rect {
                y: footer.y - told,
                height: told,
                ..footer
            },
        );
    }
    chrome::draw_footer(model, &mut canvas, footer);
    hits
}

fn too_small(model: &Model, canvas: &mut Canvas<'_, '_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let lines = [
        format!("Seedbed needs {}x{}", LEAST.0, LEAST.1),
        format!("this window is {}x{}", area.width, area.height),
        if model.edit.is_changed() {
            "unsaved text is kept".into()
        } else {
            format!("{} quits", model.keymap.how(Command::Quit))
        },
    ];
    let place = centred(area, area.width, 3);
    for (y, line) in (place.y..place.bottom()).zip(lines) {
        canvas.text(place.x, y, place.width, &line, Role::Dim);
    }
}

#[cfg(test)]
mod tests {
    use crate::tui::chrome::Weight;
    use crate::tui::testing::Stage;

    #[test]
    fn a_message_hides_nothing_and_the_footer_keeps_the_ways() {
        let mut stage = Stage::new(&[]);
        for (width, height) in [(120, 36), (80, 24), (45, 12), (40, 10)] {
            stage.model.notices.dismiss(stage.model.now);
            let calm = stage.draw(width, height);
            stage.model.tell(Weight::Good, "something was saved");
            let told = stage.draw(width, height);
            let rows: Vec<&str> = told.lines().collect();
            let at = usize::from(height);
            assert!(rows[at - 2].contains("something was saved"), "{told}");
            assert!(rows[at - 3].starts_with('└'), "the pane ends above it:\n{told}");
            let footer = calm.lines().last().unwrap();
            assert!(footer.contains("q quit") && footer.contains("? help"), "{footer}");
            assert_eq!(footer.contains("tab next pane"), width < 80, "{footer}");
        }
    }

    #[test]
    fn a_long_complaint_is_shown_to_its_end_where_there_is_room() {
        let mut stage = Stage::new(&[]);
        let why =
            "cannot save a file with a rather long path: no space is left on the device; free some, then save again";
        stage.model.tell(Weight::Bad, why);
        for (width, height) in [(120, 36), (80, 24), (60, 16)] {
            let told = stage.draw(width, height);
            let said: Vec<&str> = told.lines().skip_while(|row| !row.starts_with(" ✗")).collect();
            assert!(said.iter().any(|row| row.ends_with("save again")), "{told}");
            assert!(!said.iter().any(|row| row.contains('…')), "{told}");
        }
        // Two rows of ten are all it gets.
        let told = stage.draw(40, 10);
        let rows: Vec<&str> = told.lines().collect();
        assert!(rows[8].trim_end().ends_with('…') && rows[7].starts_with(" ✗"), "{told}");
    }
}
