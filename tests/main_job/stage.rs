//! What every test here starts from: the sample taxonomy, a teacher that answers when it is let, and the program on a screen.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::desk::{Desk, LEAF};
use crate::teacher::{Act, LoopbackTeacher};
use crate::terminal::{Launch, PATIENCE, Terminal};

/// What the browse screen says once every leaf is read.
pub const READY: &str = "18 leaves";

/// What the teacher says, one after the other; far enough from each other and from every seed to pass as new.
pub const SAID: [(&str, &str); 16] = [
    (
        "Say kindly that the lift is out of order.",
        "Our lift does not run at present. Please take the stairs; a technician arrives tomorrow morning.",
    ),
    (
        "Tell a guest that dogs must wait outside.",
        "We like dogs very much, but they may not enter the kitchen area. A bowl of water stands ready by the door.",
    ),
    (
        "Answer: keys found, lost property desk has them.",
        "Good to hear from you. Somebody handed in your keys, and the lost property desk keeps them until Friday.",
    ),
    (
        "Write that the choir rehearsal moves to the gym.",
        "Because the hall is being painted, the choir meets in the gym this week. Everything else remains unchanged.",
    ),
    (
        "How can I refuse a discount without sounding cold?",
        "I understand why you ask. Our prices are calculated closely, so I am unable to lower them further.",
    ),
    (
        "Confirm an appointment at the dentist.",
        "This confirms your visit to Doctor Winter on the ninth at half past two. Bring your insurance card along.",
    ),
    (
        "Ask for the second page of a missing report.",
        "Many thanks for sending your report so promptly. Page two seems to be absent; might I have it as well?",
    ),
    (
        "Inform parents about the swimming lesson.",
        "Dear parents, swimming takes place on Wednesday. Pack a towel, a cap and something warm for afterwards.",
    ),
    (
        "Reply to praise for the new bread.",
        "What a pleasure to read this. I have passed your words on to the bakers, who start work at two each night.",
    ),
    (
        "Explain why the museum opens later.",
        "Owing to a fire drill, the museum opens its doors at eleven. Tickets bought online stay valid all day.",
    ),
    (
        "Turn down an invitation to a conference.",
        "I feel honoured by your invitation. Sadly another engagement keeps me in Oslo during that week.",
    ),
    (
        "Remind a borrower of an overdue book.",
        "The atlas you borrowed was due last Monday. Bring it back when convenient, or extend the loan by telephone.",
    ),
    (
        "Offer help after a flooded cellar.",
        "I was sorry to learn about the water in your cellar. Two pumps are free, and our van can come at once.",
    ),
    (
        "Announce that the newsletter ends.",
        "After twelve years this newsletter ends with the present issue. Thank you for every letter and every correction.",
    ),
    (
        "Thank volunteers for planting trees.",
        "Forty young limes now line the avenue because you gave up your Saturday. We owe you soup and cake.",
    ),
    (
        "Say that a colleague will call back.",
        "Mister Okafor is in a meeting. He will ring you before five o'clock and has your number in front of him.",
    ),
];

/// Lets the teacher answer so many requests; the others wait.
#[derive(Clone)]
pub struct Gate(Arc<(Mutex<usize>, Condvar)>);

impl Gate {
    fn new(allowed: usize) -> Self {
        Gate(Arc::new((Mutex::new(allowed), Condvar::new())))
    }

    pub fn allow(&self, all: usize) {
        *self.0.0.lock().unwrap() = all;
        self.0.1.notify_all();
    }

    pub fn open(&self) {
        self.allow(usize::MAX);
    }

    fn pass(&self, nth: usize) {
        let allowed = self.0.0.lock().unwrap();
        drop(
            self.0
                .1
                .wait_timeout_while(allowed, PATIENCE, |allowed| nth >= *allowed),
        );
    }
}

pub struct Stage {
    pub desk: Desk,
    pub teacher: LoopbackTeacher,
    pub gate: Gate,
}

impl Stage {
    /// The teacher answers the first `allowed` requests; [`Stage::gate`] lets it answer more.
    pub fn new(allowed: usize) -> Self {
        let gate = Gate::new(allowed);
        let gatekeeper = gate.clone();
        let teacher = LoopbackTeacher::start(move |_, nth| {
            gatekeeper.pass(nth);
            let (question, answer) = SAID[nth % SAID.len()];
            Act::text(&format!("[Question]\n{question}\n[Answer]\n{answer}"))
        });
        let desk = Desk::new();
        // One request at a time: samples come in the order of their rows, and the gate counts arrivals.
        desk.settings(&format!(
            "teachers:\n  loop: {{ url: '{}', model: test-1, slots: 1 }}\nroles: {{ teacher: loop }}\n",
            teacher.url()
        ));
        Stage { desk, teacher, gate }
    }

    /// With samples of the polite replies, made without a screen.
    pub fn with_samples(count: usize) -> Self {
        let stage = Stage::new(usize::MAX);
        stage.desk.lay_out();
        stage
            .desk
            .run(&["generate", LEAF, "--count", &count.to_string()])
            .well();
        assert_eq!(stage.desk.ids(&[]).len(), count);
        stage
    }

    /// The demonstration on a screen, laid out the first time.
    pub fn open(&self) -> Terminal {
        let home = self.desk.folder.path();
        let launch = Launch::new(env!("CARGO_BIN_EXE_seedbed")).args(["demo", "tax"]);
        let terminal = launch.home(home).folder(home).go();
        // It opens where it was left; these tests begin in the tree.
        terminal.wait_for(" browse ");
        terminal.key("f2");
        terminal.wait_for(READY);
        terminal
    }

    /// The same with the polite replies chosen.
    pub fn open_at_leaf(&self) -> Terminal {
        let terminal = self.open();
        choose_leaf(&terminal, "polite", LEAF);
        terminal
    }

    /// The samples of the only run, as they lie on disk.
    pub fn run_samples(&self) -> Vec<Value> {
        let runs = self.desk.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        let id = runs[0]["id"].as_str().unwrap();
        parsed(&self.desk.run_file(id, "samples.jsonl").join("\n"))
    }

    pub fn qna(&self, node: &str) -> PathBuf {
        self.desk.path("tax").join(node).join("qna.yaml")
    }

    /// The lines of the decisions on the polite replies.
    pub fn journal(&self) -> Vec<Value> {
        lines_of(&self.curated_folder().join("reviews/ann-at-example.org.jsonl"))
    }

    /// The curated samples of the polite replies.
    pub fn curated(&self) -> Vec<Value> {
        lines_of(&self.curated_folder().join("samples.jsonl"))
    }

    fn curated_folder(&self) -> PathBuf {
        self.desk.path("tax/curated").join(LEAF)
    }
}

fn lines_of(path: &PathBuf) -> Vec<Value> {
    parsed(&fs::read_to_string(path).unwrap_or_default())
}

fn parsed(lines: &str) -> Vec<Value> {
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The question of a sample.
pub fn question(sample: &Value) -> String {
    text(&sample["messages"][0]["content"])
}

/// What was done to which sample, in order.
pub fn acts(journal: &[Value]) -> Vec<(String, String)> {
    journal
        .iter()
        .map(|event| (text(&event["action"]), text(&event["sample"])))
        .collect()
}

/// Finds a leaf by typing a word of it and goes there.
pub fn choose_leaf(terminal: &Terminal, word: &str, path: &str) {
    terminal.key("/");
    terminal.wait_for("find a leaf by its path or its text");
    terminal.keys(word);
    terminal.wait_for(&format!("│ {path}"));
    terminal.key("enter");
    terminal.wait_gone("find a leaf by its path or its text");
    terminal.wait_for(&format!("┌ {path}"));
}

/// Ends the process at once, as a power cut would.
pub fn kill(mut terminal: Terminal) {
    terminal.signal("KILL");
    assert!(!terminal.wait_exit().success());
}

/// Leaves the program by the quit key.
pub fn quit(mut terminal: Terminal) {
    terminal.key("q");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
}

/// Waits until each of these texts is on the screen at once.
pub fn wait_for_all(terminal: &Terminal, texts: &[&str]) {
    terminal.wait_until(&format!("all of {texts:?}"), PATIENCE, |screen| {
        let shown = screen.contents();
        texts.iter().all(|text| shown.contains(text))
    });
}

/// Presses a key again and again until the program has ended: the first presses may come before a question can be answered.
pub fn press_until_exit(terminal: &mut Terminal, key: &str) {
    let begun = std::time::Instant::now();
    while terminal.is_running() {
        assert!(begun.elapsed() < PATIENCE, "it did not end:\n{}", terminal.screen());
        terminal.key(key);
        std::thread::sleep(Duration::from_millis(50));
    }
}
