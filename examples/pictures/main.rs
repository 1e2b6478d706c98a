//! Makes the pictures of the README: drives the real program in a pseudo-terminal through the main job, with a teacher on
//! the loopback address, and writes what its screen shows as SVG into `docs/pictures`.
//!
//! ```text
//! cargo build && cargo run --example pictures [PROGRAM]
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::string_slice,
    dead_code
)]

mod svg;
#[path = "../../tests/support/teacher.rs"]
mod teacher;
#[path = "../../tests/support/terminal.rs"]
mod terminal;

use std::path::{Path, PathBuf};
use std::time::Duration;

use teacher::{Act, LoopbackTeacher};
use terminal::{Answers, Launch, PATIENCE, Terminal};

/// The leaf that the pictures are about.
const LEAF: &str = "polite_replies";
/// A pause of this length means that the screen has come to rest.
const REST: Duration = Duration::from_millis(700);

fn main() {
    let program = std::env::args_os().nth(1).map_or_else(beside_this, PathBuf::from);
    assert!(
        program.is_file(),
        "{} is missing: run `cargo build` first, or name the program",
        program.display()
    );
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    for (cols, rows) in [(120, 36), (80, 24)] {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        let take_now = |terminal: &Terminal, name: &str| {
            let file = pictures.join(format!("{name}-{cols}x{rows}.svg"));
            let title = format!("Seedbed's {name} screen in a terminal of {cols} by {rows} cells");
            std::fs::write(&file, svg::picture(terminal, &title)).unwrap();
            println!("{}", file.display());
        };
        main_job(&program, &base, (cols, rows), &take_now);
    }
}

/// The program that cargo built beside this example.
fn beside_this() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.parent().and_then(Path::parent).unwrap().join("seedbed")
}

/// Goes through browse, edit, generate, review and commit, and takes a picture of each.
fn main_job(program: &Path, base: &Path, (cols, rows): (u16, u16), take_now: &dyn Fn(&Terminal, &str)) {
    let take = |terminal: &Terminal, name: &str| {
        terminal.wait_quiet(REST);
        take_now(terminal, name);
    };
    let teacher = polite_teacher().with_models(&["granite-4.0-h-small"]);
    let home = base.join("home");
    let settings = home.join(".config/seedbed/config.yaml");
    std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
    let yaml = format!(
        "teachers:\n  granite:\n    url: {}\n    model: granite-4.0-h-small\nroles:\n  teacher: granite\n",
        teacher.url()
    );
    std::fs::write(settings, yaml).unwrap();
    // Commits as of three days ago, whenever the pictures are made.
    let then = jiff::Timestamp::now()
        .saturating_sub(jiff::SignedDuration::from_hours(73))
        .unwrap()
        .to_string();
    let terminal = Launch::new(program)
        .args(["demo".as_ref(), base.join("seeds").as_os_str()])
        .home(&home)
        .env("GIT_AUTHOR_DATE", &then)
        .env("GIT_COMMITTER_DATE", &then)
        .folder(base)
        .size(cols, rows)
        .answers(Answers {
            colours: Some(((215, 220, 226), (28, 31, 36))),
            identity: true,
        })
        .go();

    terminal.wait_for("18 leaves");
    terminal.key("/");
    terminal.keys("polite");
    terminal.wait_for(LEAF);
    terminal.wait_quiet(REST);
    terminal.key("enter");
    terminal.wait_gone("find a leaf by its path or its text");
    take(&terminal, "browse");

    terminal.key("enter");
    terminal.wait_quiet(REST);
    for _ in 0..5 {
        terminal.key("down");
    }
    terminal.key("enter");
    terminal.wait_until("the caret", PATIENCE, |screen| !screen.hide_cursor());
    // The end of the answer, which takes two or three rows.
    for key in ["down", "down", "down", "end"] {
        terminal.key(key);
    }
    terminal.keys(" We hope it suits you.");
    take(&terminal, "edit");
    terminal.key("esc");
    terminal.wait_until("the form", PATIENCE, vt100::Screen::hide_cursor);
    terminal.key("ctrl-s");
    terminal.wait_gone("unsaved");
    footer_is_back(&terminal);

    terminal.key("f4");
    terminal.wait_for("granite");
    terminal.wait_quiet(REST);
    terminal.key("enter");
    terminal.wait_for("6 made");
    // The screen does not rest while samples arrive: this picture is taken at once.
    take_now(&terminal, "generate");
    terminal.wait_for("r reviews what was made");
    footer_is_back(&terminal);

    terminal.key("f5");
    for key in ["a", "a", "x", "4", "a"] {
        terminal.wait_quiet(REST);
        terminal.key(key);
    }
    footer_is_back(&terminal);
    take(&terminal, "review");

    terminal.key("f6");
    footer_is_back(&terminal);
    take(&terminal, "commit");
    terminal.key("ctrl-q");
}

/// Waits until a passing message has given the last line back to the keys.
fn footer_is_back(terminal: &Terminal) {
    let (cols, rows) = terminal.size();
    terminal.wait_until("the keys in the last line", PATIENCE, |screen| {
        screen
            .rows(0, cols)
            .nth(usize::from(rows) - 1)
            .is_some_and(|line| line.contains("help"))
    });
}

/// A teacher that has looked at the seeds: each answer is another polite reply, written word by word.
fn polite_teacher() -> LoopbackTeacher {
    LoopbackTeacher::start(|_, nth| {
        let (note, reply) = REPLIES[nth % REPLIES.len()];
        let text = format!("[Question]\nHow do I say this politely: {note}?\n[Answer]\n{reply}");
        Act::pieces(text.split_inclusive(' '), Duration::from_millis(45))
    })
}

const REPLIES: [(&str, &str); 12] = [
    (
        "oven broken, no bread until noon",
        "We are sorry: our oven has failed this morning. There will be fresh bread from noon.",
    ),
    (
        "your car is done, costs less than we said",
        "Good news: your car is ready, and the repair came to less than our estimate. You are welcome to collect it.",
    ),
    (
        "parking behind the house only",
        "May we ask you to park behind the house? The places in front are kept for deliveries. Thank you.",
    ),
    (
        "appointment cancelled, doctor ill",
        "I am sorry, but the doctor has fallen ill and we have to cancel your appointment. Please call us for a new date.",
    ),
    (
        "photo too dark, send another one",
        "Thank you for the photo. It is a little too dark to see the damage; could you please send us another one?",
    ),
    (
        "course is full, waiting list is open",
        "Thank you for your interest. The course is full, but we would be glad to put your name on the waiting list.",
    ),
    (
        "wrong address, letter came back",
        "Our letter to you came back to us. Could you please tell us your address again? We will send it at once.",
    ),
    (
        "dog must stay outside",
        "Your dog is welcome to wait at our door, where there is water and shade. Inside we cannot allow animals.",
    ),
    (
        "price went up in May",
        "Please note that our price changed in May. The new list is enclosed, and we will gladly answer questions.",
    ),
    (
        "we have no size 38 any more",
        "I am sorry, size 38 is sold out. May we tell you when it comes in again?",
    ),
    (
        "lift stands still, mechanic comes at ten",
        "The lift stands still at the moment. A mechanic comes at ten; until then, please use the stairs on the left.",
    ),
    (
        "invoice lacks your number",
        "Thank you for your invoice. Our order number is missing; could you please add it and send it again?",
    ),
];
