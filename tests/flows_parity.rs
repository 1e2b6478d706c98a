//! Our flows against the real `sdg-hub` package: the same rows in the same order with the same columns, over all flows that
//! come with the package and over seeded pipelines, both sides asking one teacher on the loopback address.
//!
//! Runs when `SEEDBED_HUB_PYTHON` names a Python that has `sdg-hub` 0.9.4; says so when left out.
//! `SEEDBED_PARITY_PIPELINES` (160) and `SEEDBED_PARITY_SEED` (1) ask for more or other pipelines.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use seedbed::flow::{Cast, Columns, Ending, Flow, MemoryRecorder, Prepared, Run, run};
use seedbed::samples::Outcome;
use seedbed::taxonomy::{Kind, NodePath};
use seedbed::teacher::{Address, HttpOptions, HttpTeacher, Key, KeySource, Limits, Retries, Sampling, Secret};
use serde_json::{Map, Value, json};

#[path = "flows_parity/answers.rs"]
mod answers;
#[allow(dead_code)]
#[path = "oracles/mutations.rs"]
mod mutations;
#[path = "flows_parity/older.rs"]
mod older;
#[path = "flows_parity/pipelines.rs"]
mod pipelines;
#[path = "support/teacher.rs"]
mod support;

use mutations::Dice;
use support::LoopbackTeacher;

/// The types of blocks that stay with sdg_hub.
const NOT_OURS: [&str; 4] = [
    "AgentBlock",
    "AgentResponseExtractorBlock",
    "MCPAgentBlock",
    "PythonInterpreterBlock",
];

struct Case {
    /// Relative to the folder of all cases.
    flow: String,
    rows: Vec<Value>,
}

/// What a flow leaves, in a form that both sides share.
#[derive(Debug, PartialEq)]
struct Table {
    columns: Vec<String>,
    rows: Vec<BTreeMap<String, Value>>,
}

impl Table {
    /// Where no answer came with reasoning, sdg_hub has no column for it; Seedbed's is empty, so that later blocks find it.
    fn leave_out_what_is_our_own(&mut self, real: &Table) {
        // What `simple` leaves InstructLab splits after the pipeline, Seedbed at its end.
        let is_split = |name: &String| {
            ["question", "response"].contains(&name.as_str())
                && !real.columns.contains(name)
                && real.columns.iter().any(|name| name == "output")
        };
        let is_void = |name: &String| {
            name.ends_with("reasoning_content")
                && !real.columns.contains(name)
                && self.rows.iter().all(|row| row[name].is_null())
        };
        let void: Vec<String> = self
            .columns
            .iter()
            .filter(|name| is_void(name) || is_split(name))
            .cloned()
            .collect();
        self.columns.retain(|name| !void.contains(name));
        for row in &mut self.rows {
            row.retain(|name, _| !void.contains(name));
        }
    }
}

fn teacher(server: &LoopbackTeacher) -> HttpTeacher {
    HttpTeacher::new(HttpOptions {
        name: "test".into(),
        address: Address::parse(&server.url()).unwrap(),
        model: "test-model".into(),
        key: Key::new(
            "test",
            KeySource::Variable {
                name: "TEST_KEY".into(),
                value: Secret::new("none"),
            },
        ),
        slots: Some(8),
        sampling: Sampling::default(),
        extra: Map::new(),
        limits: Limits::default(),
        retries: Retries::default(),
    })
    .unwrap()
}

/// Numbers by value, answers by what they say: pandas turns whole numbers into floats, and each side keeps its own marks.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64().unwrap()),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) if fields.get("role") == Some(&json!("assistant")) => {
            json!({"role": "assistant", "content": fields["content"]})
        }
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        other => other.clone(),
    }
}

fn table(rows: &[Columns]) -> Table {
    let mut columns: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(Columns::keys) {
        if !columns.contains(name) {
            columns.push(name.clone());
        }
    }
    let filled = |row: &Columns| {
        let value = |name: &String| plain(row.get(name).unwrap_or(&Value::Null));
        columns.iter().map(|name| (name.clone(), value(name))).collect()
    };
    let rows = rows.iter().map(filled).collect();
    Table { columns, rows }
}

fn theirs(answer: &Value) -> Result<Table, String> {
    if let Some(error) = answer["error"].as_str() {
        // sdg_hub ends a run when no row is left.
        if error == "EmptyDatasetError" {
            return Ok(table(&[]));
        }
        return Err(format!("{error}: {}", answer["why"]));
    }
    let names: Vec<String> = serde_json::from_value(answer["columns"].clone()).unwrap();
    let rows: Vec<Columns> = serde_json::from_value(answer["rows"].clone()).unwrap();
    let mut found = table(&rows);
    found.columns = names;
    Ok(found)
}

fn ours(
    folder: &Path,
    case: &Case,
    server: &LoopbackTeacher,
    runtime: &tokio::runtime::Runtime,
) -> Result<(Table, Vec<String>), String> {
    let flow = Flow::load(&folder.join(&case.flow)).map_err(|error| error.to_string())?;
    let rows: Vec<Columns> = case
        .rows
        .iter()
        .map(|row| serde_json::from_value(row.clone()).unwrap())
        .collect();
    let given: Vec<String> = rows[0].keys().cloned().collect();
    let node = NodePath::parse("knowledge/table").unwrap();
    let prepared = Prepared::of_rows(node, Kind::Knowledge, rows, 1, &flow).map_err(|error| error.to_string())?;
    let mut recorder = MemoryRecorder::default();
    let (events, mut heard) = tokio::sync::mpsc::channel(64);
    let summary = runtime.block_on(async {
        let paused = tokio::sync::watch::Sender::new(false);
        let running = run(Run {
            ending: Ending::Rows,
            paused: paused.subscribe(),
            ..Run::new(
                &flow,
                std::slice::from_ref(&prepared),
                Cast::of(Arc::new(teacher(server))),
                &mut recorder,
                events,
                Arc::new(|| jiff::Timestamp::UNIX_EPOCH),
            )
        });
        let listening = async { while heard.recv().await.is_some() {} };
        tokio::join!(running, listening).0
    });
    assert_eq!(summary.outcome, Outcome::Done, "{}", case.flow);
    for row in &mut recorder.rows {
        row.retain(|name, _| flow.keeps(name, given.iter().map(String::as_str)));
    }
    let drops = recorder
        .drops
        .iter()
        .map(|drop| format!("{}: {}", drop.block, drop.message))
        .collect();
    Ok((table(&recorder.rows), drops))
}

fn python() -> Option<PathBuf> {
    let python = std::env::var_os("SEEDBED_HUB_PYTHON");
    if python.is_none() {
        // Written past the test runner's capture, so that it shows when the test passes.
        let left_out = "LEFT OUT: the comparison with sdg-hub. Set SEEDBED_HUB_PYTHON to a Python that has the package sdg-hub \
             0.9.4 to run it.\n";
        let _ = std::io::stderr().write_all(left_out.as_bytes());
    }
    python.map(PathBuf::from)
}

/// Copies the package's own flows, because it writes into those that have no id.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            fs::copy(&path, target).unwrap();
        }
    }
}

fn flow_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            flow_files(&path, found);
        } else if path.ends_with("flow.yaml") {
            found.push(path);
        }
    }
}

/// Rows for one of the package's flows: its columns with texts in several languages.
fn rows_for(flow: &Flow) -> Vec<Value> {
    const TEXTS: [&str; 4] = [
        "Frost kills seedlings. Water the soil the evening before, because wet ground gives off heat.",
        "霜は苗を枯らす。前の晩に土に水をやると、湿った土が熱を出す。",
        "La helada mata las plántulas; riegue la tierra la noche anterior — ¡siempre!",
        "الصقيع يقتل الشتلات. اسق التربة في المساء.",
    ];
    let needs = &flow.metadata.dataset_requirements;
    let columns = needs.required_columns.iter().chain(&needs.optional_columns);
    let row = |(number, text): (usize, &&str)| {
        let value = |(at, column): (usize, &String)| {
            let value = if column.ends_with("_pool") {
                // Without a seed sdg_hub draws anew each time: only one thing to draw.
                json!([text])
            } else {
                json!(format!("{column} {at}: {text}"))
            };
            (column.clone(), value)
        };
        let mut row: Columns = columns.clone().enumerate().map(value).collect();
        row.insert("number".to_owned(), json!(number));
        Value::Object(row)
    };
    TEXTS.iter().enumerate().map(row).collect()
}

/// Every pair of tags that a flow's parsers look for.
fn tags_of(flow: &Value, tags: &mut Vec<(String, String)>) {
    for block in flow["blocks"].as_array().into_iter().flatten() {
        let config = &block["block_config"];
        let texts = |key: &str| -> Vec<String> {
            match &config[key] {
                Value::String(text) => vec![text.clone()],
                other => serde_json::from_value(other.clone()).unwrap_or_default(),
            }
        };
        for pair in texts("start_tags").into_iter().zip(texts("end_tags")) {
            if !pair.0.is_empty() && !tags.contains(&pair) {
                tags.push(pair);
            }
        }
    }
    tags.push(("[QUESTION]".to_owned(), "[ANSWER] so [END]".to_owned()));
    tags.sort();
    tags.dedup();
}

fn yaml(path: &Path) -> Value {
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// What asks a package.
struct Program<'a> {
    python: &'a Path,
    /// A file among the oracles.
    oracle: &'static str,
}

/// Writes the cases down, asks the package, and returns its answers.
fn ask_the_package(program: &Program<'_>, folder: &Path, cases: &[Case], server: &LoopbackTeacher) -> Vec<Value> {
    let listed: Vec<Value> = cases
        .iter()
        .map(|case| json!({"flow": case.flow, "rows": case.rows}))
        .collect();
    fs::write(folder.join("cases.json"), serde_json::to_vec(&listed).unwrap()).unwrap();
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/oracles")
        .join(program.oracle);
    let done = Command::new(program.python)
        .arg(oracle)
        .arg(folder)
        .arg(server.url())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let answers: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(answers.len(), cases.len());
    answers
}

/// Compares both sides over all cases; says how many rows there were.
fn compare(folder: &Path, cases: &[Case], server: &LoopbackTeacher, program: &Program<'_>) -> (usize, usize) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mine: Vec<Result<(Table, Vec<String>), String>> =
        cases.iter().map(|case| ours(folder, case, server, &runtime)).collect();
    let answers = ask_the_package(program, folder, cases, server);
    let (mut rows, mut refused) = (0, 0);
    let mut differences = Vec::new();
    for ((case, mine), answer) in cases.iter().zip(mine).zip(&answers) {
        let text = || shortly(&yaml(&folder.join(&case.flow)), &case.rows);
        match (mine, theirs(answer)) {
            (Ok((mut mine, drops)), Ok(real)) => {
                mine.leave_out_what_is_our_own(&real);
                rows += real.rows.len();
                if mine.rows.is_empty() && real.rows.is_empty() {
                    continue;
                }
                if mine.rows == real.rows && mine.columns == real.columns {
                    continue;
                }
                let drops: String = drops.iter().take(4).map(|drop| format!("  drop {drop}\n")).collect();
                differences.push(format!("{}\n{}{drops}{}", case.flow, told(&mine, &real), text()));
            }
            // Where sdg_hub gives up on the whole table, Seedbed may refuse as well, or drop the rows that are at fault.
            (_, Err(_)) => refused += 1,
            (Err(why), Ok(_)) => differences.push(format!("{}: refused: {why}\n{}", case.flow, text())),
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {} differ\n\n{}",
        differences.len(),
        cases.len(),
        differences.iter().take(6).cloned().collect::<Vec<_>>().join("\n\n")
    );
    (rows, refused)
}

/// A case in as few lines as it can be read in.
fn shortly(flow: &Value, rows: &[Value]) -> String {
    let blocks = flow["blocks"].as_array().unwrap().iter();
    let told = |block: &Value| match block.get("type") {
        Some(block_type) => format!("    {block_type} {block}"),
        None => format!("    {} {}", block["block_type"], block["block_config"]),
    };
    let mut lines: Vec<String> = blocks.map(told).collect();
    lines.extend(rows.iter().map(|row| format!("    row {row}")));
    lines.join("\n")
}

/// The first difference between two tables.
fn told(mine: &Table, real: &Table) -> String {
    let mut out = String::new();
    if mine.columns != real.columns {
        out += &format!(
            "  our columns:   {:?}\n  their columns: {:?}\n",
            mine.columns, real.columns
        );
    }
    out += &format!("  our rows: {}, their rows: {}\n", mine.rows.len(), real.rows.len());
    for (number, (mine, real)) in mine.rows.iter().zip(&real.rows).enumerate() {
        for (name, value) in real {
            if mine.get(name) != Some(value) {
                let own = mine.get(name).cloned().unwrap_or_default();
                out += &format!("  row {number} column {name}:\n    ours   {own}\n    theirs {value}\n");
                return out;
            }
        }
    }
    out
}

fn hub(python: &Path) -> Program<'_> {
    Program {
        python,
        oracle: "sdg_hub.py",
    }
}

#[test]
fn the_packages_own_flows_give_the_same_rows() {
    let Some(python) = python() else { return };
    let found = Command::new(&python)
        .args([
            "-c",
            "import importlib.util as u; print(u.find_spec('sdg_hub').submodule_search_locations[0])",
        ])
        .output()
        .unwrap();
    let package = PathBuf::from(String::from_utf8(found.stdout).unwrap().trim()).join("flows");
    let folder = tempfile::tempdir().unwrap();
    copy(&package, folder.path());
    let mut files = Vec::new();
    flow_files(folder.path(), &mut files);
    assert!(files.len() >= 16, "{files:?}");

    let (mut cases, mut tags, mut named) = (Vec::new(), Vec::new(), 0);
    for path in files {
        let written = yaml(&path);
        let foreign: Vec<&str> = written["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|block| NOT_OURS.contains(&block["block_type"].as_str().unwrap()))
            .map(|block| block["block_config"]["block_name"].as_str().unwrap())
            .collect();
        let flow = Flow::load(&path);
        if foreign.is_empty() {
            let rows = rows_for(&flow.unwrap());
            tags_of(&written, &mut tags);
            let flow = path.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
            cases.push(Case { flow, rows });
        } else {
            let message = flow.unwrap_err().to_string();
            for name in foreign {
                assert!(message.contains(&format!("'{name}'")), "{name}: {message}");
            }
            named += 1;
        }
    }
    let server = answers::serving(tags);
    let (rows, refused) = compare(folder.path(), &cases, &server, &hub(&python));
    println!(
        "{} flows of the package gave {rows} rows, {refused} of them ended early; {named} others were refused by name",
        cases.len()
    );
    assert!(cases.len() >= 14 && rows >= 40, "{rows} rows of {} flows", cases.len());
}

#[test]
fn seeded_pipelines_give_the_same_rows() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(number("SEEDBED_PARITY_SEED", 1));
    let count = usize::try_from(number("SEEDBED_PARITY_PIPELINES", 160)).unwrap();
    let mut cases = Vec::new();
    for number in 0..count {
        let made = pipelines::pipeline(number, &mut dice);
        let place = folder.path().join(number.to_string());
        fs::create_dir(&place).unwrap();
        fs::write(place.join("flow.yaml"), serde_json::to_vec_pretty(&made.flow).unwrap()).unwrap();
        for (file, prompt) in made.prompts {
            fs::write(place.join(file), prompt.to_string()).unwrap();
        }
        cases.push(Case {
            flow: format!("{number}/flow.yaml"),
            rows: made.rows,
        });
    }
    let tags = pipelines::TAGS.map(|(start, end)| (start.to_owned(), end.to_owned()));
    let server = answers::serving(tags.to_vec());
    let (rows, refused) = compare(folder.path(), &cases, &server, &hub(&python));
    println!("{count} pipelines gave {rows} rows; in {refused} sdg-hub gave up");
    assert!(rows > count && refused * 4 < count, "{rows} rows, {refused} given up");
}
