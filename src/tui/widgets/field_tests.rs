//! The caret goes by cluster, whatever is pressed.

use super::*;
use proptest::prelude::*;

fn press(field: &mut Field, names: &str) {
    for name in names.split(' ') {
        field.key(name.parse().unwrap());
    }
}

fn at(field: &Field) -> usize {
    let (text, _) = field.layout();
    field.caret(&text)
}

#[test]
fn the_caret_goes_and_deletes_by_cluster() {
    let mut field = Field::new("日e\u{301}👨\u{200d}👩\u{200d}👧x", true);
    field.caret_to_end();
    press(&mut field, "left left");
    assert_eq!(at(&field), "日e\u{301}".len());
    press(&mut field, "delete");
    assert_eq!(field.text(), "日e\u{301}x");
    press(&mut field, "backspace");
    assert_eq!(field.text(), "日x");
    field.command(Command::FieldUndo);
    field.command(Command::FieldUndo);
    assert_eq!(field.text(), "日e\u{301}👨\u{200d}👩\u{200d}👧x");
}

#[test]
fn up_and_down_go_by_the_rows_that_are_seen() {
    let mut field = Field::new("one two three four", true);
    field.height(8);
    press(&mut field, "down");
    assert_eq!(at(&field), 8);
    press(&mut field, "end");
    assert!(at(&field) >= 12, "{}", at(&field));
    press(&mut field, "up up");
    assert_eq!(at(&field), 0);
}

#[test]
fn a_final_newline_stays_and_is_not_shown() {
    let mut field = Field::new("a\nb\n", true);
    assert_eq!(field.height(10), 2);
    field.caret_to_end();
    press(&mut field, "c");
    assert_eq!(field.text(), "a\nbc\n");
}

#[test]
fn selecting_copies_and_typing_replaces() {
    let mut field = Field::new("hello world", false);
    press(&mut field, "shift-right shift-right");
    assert_eq!(field.command(Command::FieldCopy), FieldOutcome::Copied("he".into()));
    press(&mut field, "home");
    press(&mut field, "shift-end Z");
    assert_eq!(field.text(), "Z");
    assert_eq!(field.paste("a\nb"), FieldOutcome::Changed);
    assert_eq!(field.text(), "Za b");
}

proptest! {
    #[test]
    fn no_key_breaks_a_cluster_or_panics(
        text in "[a-c é日\u{301}👍🏽\u{200d}👩\n]{0,30}",
        keys in proptest::collection::vec(0usize..10, 0..40),
        width in 1u16..12,
    ) {
        let names = ["left", "right", "up", "down", "home", "end", "backspace", "delete", "x", "shift-right"];
        let mut field = Field::new(&text, true);
        for key in keys {
            field.height(width);
            field.key(names[key].parse().unwrap());
            let (text, rows) = field.layout();
            let caret = field.caret(&text);
            prop_assert!(caret <= text.len());
            let (row, cell) = field.caret_cell(&text, &rows);
            prop_assert!(row < rows.len());
            let _ = cell;
        }
    }
}
