//! Against the peers, over the same flow and rows.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use seedbed::flow::{Flow, RunSummary};
use serde_json::json;

use super::instantly::Instantly;
use super::serving::{serve, serve_without_lists};
use super::{go, http, lay, rows, says, table};

/// CPU seconds so far: of this process, and of its children that have ended.
fn cpu_seconds() -> (f64, f64) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    // User and system time in hundredths of a second; the state before them is a letter.
    let fields: Vec<f64> = fields.filter_map(|field| field.parse().ok()).collect();
    let at = |place: usize| fields.get(place).copied().unwrap_or(0.0) / 100.0;
    (at(10) + at(11), at(12) + at(13))
}

/// CPU seconds and seconds by the clock.
#[derive(Clone, Copy)]
struct Cost {
    cpu: f64,
    clock: f64,
}

impl Cost {
    fn times(self, other: Cost) -> String {
        let build = if cfg!(debug_assertions) {
            " (an unoptimised build)"
        } else {
            ""
        };
        format!(
            "{:.0} times fewer CPU seconds, {:.0} times faster{build}",
            self.cpu / other.cpu,
            self.clock / other.clock
        )
    }

    /// Of each row between a run of few rows and one of many.
    fn per_row(few: Cost, many: Cost) -> Cost {
        let share = |few: f64, many: f64| (many - few) / (MANY - FEW) as f64;
        Cost {
            cpu: share(few.cpu, many.cpu),
            clock: share(few.clock, many.clock),
        }
    }
}

const FEW: usize = 20;
const MANY: usize = 200;

/// What a whole command costs.
fn cost_of(command: &mut Command) -> (Cost, Vec<u8>) {
    let (began, before) = (Instant::now(), cpu_seconds().1);
    let done = command.output().unwrap();
    let cost = Cost {
        cpu: cpu_seconds().1 - before,
        clock: began.elapsed().as_secs_f64(),
    };
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    (cost, done.stdout)
}

/// `seedbed flow run` over so many rows, each time anew.
fn our_command(folder: &Path, url: &str, flow: &str, count: usize) -> Cost {
    let lines: Vec<String> = rows(count).into_iter().map(|row| json!(row).to_string()).collect();
    fs::write(folder.join("rows.jsonl"), lines.join("\n")).unwrap();
    let config =
        json!({"teachers": {"loop": {"url": url, "model": "test-model", "slots": 64}}, "roles": {"teacher": "loop"}});
    fs::create_dir_all(folder.join("home/seedbed")).unwrap();
    fs::write(folder.join("home/seedbed/config.yaml"), config.to_string()).unwrap();
    let _ = fs::remove_dir_all(folder.join("out.jsonl.run"));
    let _ = fs::remove_file(folder.join("out.jsonl"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_seedbed"));
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder.join("home"))
        .args([
            "flow",
            "run",
            flow,
            "--rows",
            "rows.jsonl",
            "--to",
            "out.jsonl",
            "--yes",
        ]);
    let (cost, _) = cost_of(&mut command);
    let made = fs::read_to_string(folder.join("out.jsonl")).unwrap();
    assert_eq!(made.lines().count(), count);
    cost
}

/// Who is compared with, and how it asks.
#[derive(Clone, Copy)]
struct Peer<'a> {
    name: &'static str,
    /// `None` where it is not installed.
    python: Option<&'a OsString>,
    script: &'static str,
    file: &'static str,
    sends: &'static str,
}

pub fn against_the_peers(_: &mut Criterion) {
    let Some(python) = std::env::var_os("SEEDBED_HUB_PYTHON") else {
        println!("sdg-hub and instructlab-sdg are LEFT OUT: SEEDBED_HUB_PYTHON names no Python");
        return;
    };
    // With Torch and Docling, which its own front imports; CI has it without them, entered from behind.
    let whole = std::env::var_os("SEEDBED_SDG_PYTHON");
    if whole.is_none() {
        println!(
            "instructlab-sdg as it is installed is LEFT OUT: SEEDBED_SDG_PYTHON names no Python that has it whole"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let flow = lay(folder.path());
    let (server, one_by_one) = (Elsewhere::start(""), Elsewhere::start(ONE_BY_ONE));
    let hub = Peer {
        name: "sdg-hub",
        python: Some(&python),
        script: "sdg_hub.py",
        file: "flow.yaml",
        sends: "",
    };
    let sdg = Peer {
        name: "instructlab-sdg without its heavy imports, prompts in lists",
        script: "instructlab_sdg.py",
        file: "older.yaml",
        sends: "lists",
        ..hub
    };
    let peers = [
        hub,
        sdg,
        Peer {
            name: "instructlab-sdg without its heavy imports, a prompt a request",
            sends: "one by one",
            ..sdg
        },
        Peer {
            name: "instructlab-sdg as it is installed, prompts in lists",
            python: whole.as_ref(),
            ..sdg
        },
        Peer {
            name: "instructlab-sdg as it is installed, a prompt a request",
            python: whole.as_ref(),
            sends: "one by one",
            ..sdg
        },
    ];
    for peer in peers {
        let Some(python) = peer.python else { continue };
        let (name, file) = (peer.name, peer.file);
        // Whoever knows no lists gets a server that knows none either.
        let server = match peer.sends {
            "one by one" => &one_by_one,
            _ => &server,
        };
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/oracles")
            .join(peer.script);
        let theirs = |count: usize| {
            let cases = json!([{"flow": file, "rows": rows(count), "own_client": peer.sends}]);
            fs::write(folder.path().join("cases.json"), cases.to_string()).unwrap();
            let mut command = Command::new(python);
            let (cost, answer) = cost_of(command.arg(&script).arg(folder.path()).arg(&server.url));
            let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
            assert_eq!(answer[0]["rows"].as_array().map(Vec::len), Some(count), "{}", answer[0]);
            cost
        };
        // The first time its files come from the disk.
        theirs(FEW);
        let (few, many) = (theirs(FEW), theirs(MANY));
        // Ours is over in an instant: the mean of some.
        const TIMES: usize = 10;
        let all: Vec<Cost> = (0..TIMES)
            .map(|_| our_command(folder.path(), &server.url, file, MANY))
            .collect();
        let mean = |part: fn(&Cost) -> f64| all.iter().map(part).sum::<f64>() / TIMES as f64;
        let ours = Cost {
            cpu: mean(|cost| cost.cpu),
            clock: mean(|cost| cost.clock),
        };
        println!(
            "{MANY} rows of three calls answered at once, the whole command: {name} {:.2} s ({:.2} of CPU), seedbed {:.3} ({:.3}): {}",
            many.clock,
            many.cpu,
            ours.clock,
            ours.cpu,
            many.times(ours)
        );
        let their_row = Cost::per_row(few, many);
        let flow = match file {
            "flow.yaml" => &flow,
            file => &Flow::load(&folder.path().join(file)).unwrap(),
        };
        let our_row = for_some_seconds(|| go(folder.path(), flow, table(flow, MANY), http(&server.url, 64)));
        println!(
            "each further row: {name} {:.2} ms of CPU and {:.2} by the clock, seedbed {:.3} and {:.3}: {}",
            their_row.cpu * 1e3,
            their_row.clock * 1e3,
            our_row.cpu * 1e3,
            our_row.clock * 1e3,
            their_row.times(our_row)
        );
    }
    let alone = for_some_seconds(|| {
        go(
            folder.path(),
            &flow,
            table(&flow, MANY),
            Arc::new(Instantly(|request| {
                says("", request.sampling.seed.unwrap_or(0) as usize)
            })),
        )
    });
    println!(
        "each further row without HTTP: {:.3} ms of CPU and {:.3} by the clock",
        alone.cpu * 1e3,
        alone.clock * 1e3
    );
}

/// What a row costs, over runs that go on long enough for hundredths of a second to be exact.
fn for_some_seconds(mut go: impl FnMut() -> RunSummary) -> Cost {
    let (mut count, began, before) = (0, Instant::now(), cpu_seconds().0);
    while began.elapsed().as_secs_f64() < 2.0 {
        let summary = go();
        assert_eq!(summary.finished_rows, MANY);
        count += MANY;
    }
    Cost {
        cpu: (cpu_seconds().0 - before) / count as f64,
        clock: began.elapsed().as_secs_f64() / count as f64,
    }
}

/// The server that answers at once, in a process of its own: its work is nobody's.
pub struct Elsewhere {
    url: String,
    process: std::process::Child,
}

/// A server that refuses lists of prompts, as llama.cpp's and many hosted ones.
const ONE_BY_ONE: &str = "one by one";
/// Tells the bench that it is the server, and of which sort.
pub const SERVES: &str = "SEEDBED_BENCH_SERVES";

impl Elsewhere {
    /// A server of this sort.
    fn start(sort: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(SERVES, sort)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        Elsewhere {
            url: url.trim().to_owned(),
            process,
        }
    }

    /// Serves until whoever started it is gone.
    pub fn serve(sort: &str) {
        let server = match sort {
            ONE_BY_ONE => serve_without_lists(Duration::ZERO, 1024, Arc::new(says)),
            _ => serve(Duration::ZERO, 1024, Arc::new(says)),
        };
        println!("{}", server.url);
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
