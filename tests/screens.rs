//! What the screens look like: snapshots of every screen at several sizes, themes told apart with and without colour, and
//! any size drawn without a panic. The screens are drawn into a buffer; time stands still.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

#[path = "support/looks.rs"]
mod looks;
#[path = "screens/generate.rs"]
mod making;
#[path = "support/taxonomy.rs"]
mod taxonomy;
#[path = "support/teacher.rs"]
mod teacher;

use std::collections::BTreeSet;

use looks::{Looks, told};
use ratatui::style::{Color, Modifier, Style};
use taxonomy::{GROUNDED, KNOWLEDGE, SKILL};
use teacher::LoopbackTeacher;

/// Three panes and two.
const USUAL: [(u16, u16); 2] = [(120, 36), (80, 24)];
/// As above, then one pane, and hardly any room.
const ALL: [(u16, u16); 4] = [(120, 36), (80, 24), (60, 20), (45, 12)];

fn snapshot(looks: &mut Looks, scene: &str, sizes: &[(u16, u16)]) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        for (cols, rows) in sizes {
            looks.screens.resize(*cols, *rows);
            insta::assert_snapshot!(format!("{scene}_{cols}x{rows}"), told(&mut looks.screens));
        }
    });
}

#[test]
fn browse() {
    let mut looks = Looks::new();
    snapshot(&mut looks, "browse_folder", &USUAL);
    looks.choose(SKILL);
    snapshot(&mut looks, "browse_leaf", &ALL);
    looks.choose(KNOWLEDGE);
    snapshot(&mut looks, "browse_knowledge", &USUAL);
    looks.keys("tab");
    snapshot(&mut looks, "browse_reading", &[(60, 20)]);
}

#[test]
fn browse_shows_findings_changes_and_counts() {
    let mut looks = Looks::with_samples();
    looks.break_the_skill();
    looks.keys("ctrl-r");
    looks.choose(SKILL);
    snapshot(&mut looks, "browse_findings", &USUAL);
}

#[test]
fn an_empty_taxonomy_says_what_to_do() {
    let mut looks = Looks::empty();
    snapshot(&mut looks, "browse_empty", &[(80, 24)]);
    looks.keys("f6");
    snapshot(&mut looks, "commit_nothing", &USUAL);
}

#[test]
fn find_box() {
    let mut looks = Looks::new();
    looks.keys("/");
    snapshot(&mut looks, "find_open", &[(80, 24)]);
    looks.write("frost");
    snapshot(&mut looks, "find", &ALL);
    looks.write("zzz");
    snapshot(&mut looks, "find_nothing", &[(80, 24)]);
}

#[test]
fn help() {
    let mut looks = Looks::new();
    looks.keys("?");
    snapshot(&mut looks, "help", &ALL);
    looks.write("reject");
    snapshot(&mut looks, "help_searched", &[(80, 24)]);
}

#[test]
fn palette() {
    let mut looks = Looks::new();
    looks.keys("ctrl-p");
    snapshot(&mut looks, "palette", &ALL);
    looks.paste("fro\nst");
    looks.keys("backspace backspace backspace");
    looks.write("st");
    snapshot(&mut looks, "palette_searched", &[(80, 24)]);
}

#[test]
fn find_and_replace() {
    let mut looks = Looks::new();
    looks.keys("S");
    looks.write("please");
    looks.keys("tab");
    looks.write("kindly");
    snapshot(&mut looks, "replace", &ALL);
    looks.keys("enter");
    snapshot(&mut looks, "replace_places", &USUAL);
    looks.keys("shift-tab shift-tab ctrl-a");
    looks.write("[");
    looks.keys("alt-r");
    snapshot(&mut looks, "replace_no_pattern", &[(80, 24)]);
}

#[test]
fn coach_sources_and_the_file() {
    let mut looks = Looks::new();
    for (scene, leaf, keys) in [
        ("coach_skill", SKILL, "enter T"),
        ("coach_knowledge", KNOWLEDGE, "enter T"),
        ("sources", SKILL, "enter t"),
        ("edit_file", KNOWLEDGE, "enter v"),
    ] {
        looks.keys("f2");
        looks.choose(leaf);
        looks.keys(keys);
        snapshot(&mut looks, scene, &USUAL);
        looks.keys("esc esc");
    }
}

#[test]
fn dialog() {
    let mut looks = Looks::new();
    looks.choose(SKILL);
    looks.keys("n");
    snapshot(&mut looks, "dialog_new_leaf", &ALL);
}

#[test]
fn edit() {
    let mut looks = Looks::new();
    for (scene, leaf) in [
        ("edit_skill", SKILL),
        ("edit_grounded", GROUNDED),
        ("edit_knowledge", KNOWLEDGE),
    ] {
        looks.keys("f2");
        looks.choose(leaf);
        looks.keys("enter ]");
        snapshot(&mut looks, scene, if leaf == SKILL { &ALL } else { &USUAL });
    }
}

#[test]
fn edit_a_field() {
    let mut looks = Looks::new();
    looks.choose(SKILL);
    looks.keys("enter ] down enter");
    looks.screens.paste(" Ünder 15 words — 「丁寧に」 👩‍🌾 please.");
    snapshot(&mut looks, "edit_field", &ALL);
    looks.keys("ctrl-a");
    snapshot(&mut looks, "edit_field_selected", &[(80, 24)]);
    looks.keys("esc home");
    snapshot(&mut looks, "edit_changed", &USUAL);
}

#[test]
fn edit_shows_findings() {
    let mut looks = Looks::new();
    looks.break_the_skill();
    looks.keys("ctrl-r");
    looks.choose(SKILL);
    looks.keys("enter");
    snapshot(&mut looks, "edit_findings", &USUAL);
}

#[test]
fn a_file_that_is_no_yaml_says_so() {
    let mut looks = Looks::new();
    looks.taxonomy.write_leaf(SKILL, "version: 3\nseed_examples: [\n");
    looks.keys("ctrl-r");
    looks.choose(SKILL);
    snapshot(&mut looks, "browse_no_yaml", &[(80, 24)]);
    looks.keys("enter");
    snapshot(&mut looks, "edit_no_yaml", &[(80, 24), (60, 20)]);
}

#[test]
fn preview() {
    let teacher = LoopbackTeacher::smart();
    let mut looks = Looks::taught_by(&teacher.url());
    looks.choose(SKILL);
    looks.keys("enter ] p");
    snapshot(&mut looks, "preview", &USUAL);
}

#[test]
fn review() {
    let mut looks = Looks::with_samples();
    looks.choose(KNOWLEDGE);
    looks.keys("r");
    snapshot(&mut looks, "review", &ALL);
    looks.keys("tab");
    snapshot(&mut looks, "review_source", &[(80, 24), (45, 12)]);
    looks.keys("shift-tab i");
    snapshot(&mut looks, "review_provenance", &[(120, 36)]);
}

#[test]
fn review_differences() {
    let mut looks = Looks::with_samples();
    looks.choose(SKILL);
    looks.keys("r d");
    snapshot(&mut looks, "review_words", &USUAL);
    looks.keys("d");
    snapshot(&mut looks, "review_lines", &[(120, 36)]);
}

#[test]
fn review_decisions() {
    let mut looks = Looks::with_samples();
    looks.choose(SKILL);
    looks.keys("r a x");
    snapshot(&mut looks, "review_why", &ALL);
    looks.keys("1");
    snapshot(&mut looks, "review_decided", &USUAL);
    looks.keys("backspace");
    snapshot(&mut looks, "review_undone", &[(80, 24)]);
    looks.keys("a a f");
    snapshot(&mut looks, "review_done", &[(80, 24)]);
}

#[test]
fn review_edit() {
    let mut looks = Looks::with_samples();
    looks.choose(SKILL);
    looks.keys("r e");
    snapshot(&mut looks, "review_edit", &ALL);
}

#[test]
fn commit() {
    let mut looks = Looks::with_samples();
    looks.choose(SKILL);
    looks.keys("r a x 1 f2 enter ] down enter");
    looks.write(", twice");
    looks.keys("esc ctrl-s f6");
    snapshot(&mut looks, "commit", &ALL);
    looks.keys("down down");
    snapshot(&mut looks, "commit_chosen", &USUAL);
    looks.keys("m");
    snapshot(&mut looks, "commit_message", &ALL);
}

#[test]
fn commit_with_errors() {
    let mut looks = Looks::new();
    looks.break_the_skill();
    looks.keys("f6");
    snapshot(&mut looks, "commit_errors", &USUAL);
    looks.keys("ctrl-s");
    snapshot(&mut looks, "commit_refused", &[(80, 24)]);
}

#[test]
fn hostile_text_is_shown() {
    let mut looks = Looks::new();
    let text = taxonomy::skill().replace(
        "the heating is broken again",
        "\u{202e}gnp\u{2066}.exe \u{200b}here\u{feff} 漢字かな交じり文が続く長い行 👨‍👩‍👧‍👦 e\u{301}",
    );
    looks.taxonomy.write_leaf(SKILL, &text);
    looks.keys("ctrl-r");
    looks.choose(SKILL);
    snapshot(&mut looks, "hostile_browse", &USUAL);
    looks.keys("enter ]");
    snapshot(&mut looks, "hostile_edit", &USUAL);
}

#[test]
fn a_small_window_is_met_calmly() {
    let mut looks = Looks::new();
    snapshot(&mut looks, "small", &[(39, 10), (20, 3), (8, 1)]);
}

/// A way to a screen, from browse with the skill chosen.
const SCENES: [&str; 17] = [
    "f2",
    "tab",
    "/",
    "?",
    "ctrl-p",
    "n",
    "enter ]",
    "enter ] down enter",
    "g",
    "g tab",
    "r",
    "r i",
    "r d",
    "r x",
    "r e",
    "f6",
    "f6 m",
];

#[test]
fn any_size_is_drawn() {
    const COLS: [u16; 17] = [0, 1, 2, 3, 5, 13, 39, 40, 41, 59, 60, 79, 80, 99, 119, 120, 250];
    const ROWS: [u16; 13] = [0, 1, 2, 3, 7, 9, 10, 11, 13, 15, 24, 36, 80];
    for scene in SCENES {
        let mut looks = Looks::with_samples();
        looks.break_the_skill();
        looks.keys("ctrl-r");
        looks.choose(SKILL);
        looks.keys(scene);
        for (cols, rows) in COLS.iter().flat_map(|cols| ROWS.iter().map(move |rows| (*cols, *rows))) {
            looks.screens.resize(cols, rows);
            let area = *looks.screens.draw().area();
            assert_eq!((area.width, area.height), (cols, rows), "{scene}");
            if let Some((x, y)) = looks.screens.cursor().filter(|_| cols >= 40 && rows >= 10) {
                assert!(
                    x < cols && y < rows,
                    "{scene}: the cursor is at {x},{y} of {cols}x{rows}"
                );
            }
        }
        // It still takes keys at any of them.
        looks.screens.resize(1, 1);
        looks.keys("down up pagedown pageup esc");
        looks.screens.resize(120, 36);
        looks.screens.draw();
        looks.screens.close();
    }
}

#[test]
fn a_mouse_anywhere_does_no_harm() {
    for scene in SCENES {
        let mut looks = Looks::with_samples();
        looks.choose(SKILL);
        looks.keys(scene);
        for (cols, rows) in [(120, 36), (45, 12)] {
            looks.screens.resize(cols, rows);
            for y in (1..rows).step_by(5) {
                for x in (0..cols).step_by(17) {
                    looks.screens.draw();
                    looks.screens.click(x, y);
                    looks.screens.scroll(x, y, (x + y) % 2 == 0);
                }
            }
        }
        assert!(looks.screens.settle());
        looks.screens.draw();
        looks.screens.close();
    }
}

/// The styles of the cells of a row, without repeats.
fn styles(looks: &mut Looks, y: u16) -> Vec<Style> {
    let buffer = looks.screens.draw();
    let mut styles: Vec<Style> = (1..30).map(|x| buffer[(x, y)].style()).collect();
    styles.dedup();
    styles
}

/// The first row that shows a text.
fn row_of(looks: &mut Looks, text: &str) -> u16 {
    let screen = looks.screens.text();
    let at = screen.lines().position(|line| line.contains(text));
    u16::try_from(at.unwrap_or_else(|| panic!("{text} is not on the screen:\n{screen}"))).unwrap()
}

#[test]
fn the_chosen_row_stands_out_in_every_theme_and_depth() {
    let mut looks = Looks::new();
    looks.choose(SKILL);
    let (chosen, other) = (row_of(&mut looks, "• reply"), row_of(&mut looks, "• frost"));
    for theme in ["dusk", "dawn", "contrast", "terminal"] {
        for depth in ["true", "256", "16", "none"] {
            looks.screens.look(theme, depth).unwrap();
            let grounds = |styles: &[Style]| -> BTreeSet<String> {
                let ground =
                    |style: &Style| format!("{:?} {}", style.bg, style.add_modifier.contains(Modifier::REVERSED));
                styles.iter().map(ground).collect()
            };
            let (chosen, other) = (styles(&mut looks, chosen), styles(&mut looks, other));
            assert!(
                grounds(&chosen).is_disjoint(&grounds(&other)),
                "{theme} at {depth}: {chosen:?} and {other:?}"
            );
        }
    }
}

#[test]
fn without_colours_nothing_is_told_by_colour_alone() {
    let mut looks = Looks::with_samples();
    looks.screens.look("dusk", "none").unwrap();
    looks.choose(SKILL);
    for scene in SCENES {
        looks.keys(scene);
        for cell in &looks.screens.draw().content {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{scene}");
        }
        looks.keys("esc esc f2");
    }
    // The chosen row is reversed, verdicts have a mark and a word.
    let chosen = row_of(&mut looks, "• reply");
    assert!(
        styles(&mut looks, chosen)
            .iter()
            .all(|style| style.add_modifier.contains(Modifier::REVERSED))
    );
    let mut looks = Looks::with_samples();
    looks.choose(SKILL);
    looks.keys("r a x 1");
    let screen = looks.screens.text();
    for told in ["✓ 1 accepted", "✗ 1 rejected", "last: rejected"] {
        assert!(screen.contains(told), "{told}:\n{screen}");
    }
}

/// How the pieces of a frame look, one line a style with the first texts that have it.
fn legend(looks: &mut Looks) -> String {
    let buffer = looks.screens.draw();
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let width = usize::from(buffer.area.width);
    for row in buffer.content.chunks(width) {
        for run in row.chunk_by(|a, b| a.style() == b.style()) {
            let text: String = run.iter().map(ratatui::buffer::Cell::symbol).collect();
            let text = text.trim_matches([' ', '─', '│', '┌', '┐', '└', '┘']).to_owned();
            if text.is_empty() {
                continue;
            }
            let style = run[0].style();
            let colour = |colour: Option<Color>| colour.unwrap_or_default().to_string();
            let style = format!("{} on {} {:?}", colour(style.fg), colour(style.bg), style.add_modifier);
            match found.iter_mut().find(|(known, _)| *known == style) {
                Some((_, texts)) if texts.len() < 3 => texts.push(text),
                Some(_) => {}
                None => found.push((style, vec![text])),
            }
        }
    }
    let line = |(style, texts): &(String, Vec<String>)| format!("{style}: {}\n", texts.join(" | "));
    found.iter().map(line).collect()
}

#[test]
fn themes() {
    let mut looks = Looks::with_samples();
    looks.choose(SKILL);
    looks.keys("r a x 1 d");
    looks.screens.resize(100, 24);
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        for (theme, depth) in [
            ("dusk", "true"),
            ("dawn", "true"),
            ("contrast", "true"),
            ("terminal", "16"),
            ("dusk", "256"),
            ("dusk", "16"),
            ("dusk", "none"),
        ] {
            looks.screens.look(theme, depth).unwrap();
            insta::assert_snapshot!(format!("theme_{theme}_{depth}"), legend(&mut looks));
        }
    });
}
