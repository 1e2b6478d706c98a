//! Batches through the real binary: files of requests are written stage by stage, answered out of order, in parts, in every
//! shape that services use, and taken in again, to the samples of a live run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

#[path = "support/desk.rs"]
mod desk;
#[path = "support/teacher.rs"]
mod teacher;
use desk::{Desk, LEAF};
use teacher::{Act, LoopbackTeacher};

const FLOW: &str = r#"
metadata: {name: staged}
blocks:
  - block_type: PromptBuilderBlock
    block_config: {block_name: ask_prompt, input_cols: {icl_query_1: topic}, output_cols: asked, prompt_config_path: ask.yaml}
  - {block_type: LLMChatBlock, block_config: {block_name: ask for questions, input_cols: asked, output_cols: questions, max_tokens: 50}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: text, input_cols: questions, field_prefix: raw_}}
  - block_type: TagParserBlock
    block_config: {block_name: part, input_cols: raw_content, output_cols: [question], start_tags: ['[Question]'], end_tags: ['[End]']}
  - {block_type: NearSeedFilterBlock, block_config: {block_name: novel, input_cols: question, sibling_threshold: 0.8}}
  - block_type: PromptBuilderBlock
    block_config: {block_name: answer_prompt, input_cols: question, output_cols: answering, prompt_config_path: answer.yaml}
  - {block_type: LLMChatBlock, block_config: {block_name: answer, input_cols: answering, output_cols: answers, temperature: 0.5}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: answer_text, input_cols: answers, field_prefix: answer_}}
  - {block_type: RenameColumnsBlock, block_config: {block_name: rename, input_cols: {answer_content: response}}}
  - block_type: PromptBuilderBlock
    block_config: {block_name: judge_prompt, input_cols: response, output_cols: judging, prompt_config_path: judge.yaml}
  - {block_type: LLMChatBlock, block_config: {block_name: judge, input_cols: judging, output_cols: judgement}, role: critic}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: judge_text, input_cols: judgement, field_prefix: judge_}}
  - {block_type: ColumnValueFilterBlock, block_config: {block_name: good, input_cols: judge_content, filter_value: 'YES', operation: eq}}
"#;

/// The demo taxonomy, a flow of three stages in `flow/`, a teacher and a critic at this address.
fn desk(url: &str) -> Desk {
    let desk = Desk::new();
    desk.settings(&format!(
        "teachers:\n  far: {{ url: '{url}', model: test-1 }}\n  judge: {{ url: '{url}', model: judge-1 }}\nroles: {{ teacher: far, critic: judge }}\n"
    ));
    desk.lay_out();
    let folder = desk.path("flow");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("flow.yaml"), FLOW).unwrap();
    for (name, prompt) in [
        ("ask", "Ask: {{ topic }}"),
        ("answer", "Answer: {{ question }}"),
        ("judge", "Judge: {{ response }}"),
    ] {
        let text = format!("- {{role: user, content: '{prompt}'}}");
        fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
    }
    desk
}

fn number(text: &str) -> u64 {
    text.bytes().fold(1469598103934665603, |sum: u64, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(1099511628211)
    }) >> 7
}

/// What the model says to a body, whichever way it comes.
fn said(body: &Value) -> String {
    let asked = body["messages"][0]["content"].as_str().unwrap();
    let own = number(&format!("{asked}{}", body["seed"]));
    if asked.starts_with("Judge") {
        assert_eq!(body["model"], "judge-1");
        return if own.is_multiple_of(4) { "NO" } else { "YES" }.to_owned();
    }
    assert_eq!(body["model"], "test-1");
    if asked.starts_with("Answer") {
        return format!("It is so, since {own}.");
    }
    match own % 7 {
        0 => "Sure, here it is".to_owned(),
        _ => (0..2)
            .map(|nth| {
                let own = own >> nth;
                format!(
                    "[Question]\nWhat of w{} and v{}, after u{}?\n[End]\n",
                    own % 23,
                    own % 29,
                    own % 31
                )
            })
            .collect(),
    }
}

fn completion(body: &Value) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1_760_000_000, "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": said(body)}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}})
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Answers a file of requests as services do: in another order, some not at all, some with a failure, some twice, in many
/// shapes, and with a torn line at the end.
fn answered(path: &Path, round: u64) -> PathBuf {
    let mut results = Vec::new();
    for line in lines(path) {
        let (id, body) = (line["custom_id"].as_str().unwrap(), &line["body"]);
        let chance = number(&format!("{id}{round}"));
        let whole = completion(body);
        let failure = json!({"id": "b", "custom_id": id, "response": {"status_code": 429, "request_id": "r",
            "body": {"error": {"message": "too many requests", "code": "rate_limit_exceeded"}}}, "error": null});
        let expired = json!({"id": "b", "custom_id": id, "response": null,
            "error": {"code": "batch_expired", "message": "This request could not be executed before the completion window expired."}});
        let success = match chance / 11 % 5 {
            0 => json!({"custom_id": id, "response": {"body": whole}}),
            1 => json!({"custom_id": id, "http_response": whole.to_string(), "payload": body}),
            2 => {
                json!({"custom_id": id, "generated_text": said(body), "num_input_tokens": 7, "num_generated_tokens": 3})
            }
            _ => {
                json!({"id": "b", "custom_id": id, "response": {"status_code": 200, "request_id": "r", "body": whole}, "error": null})
            }
        };
        match chance % 10 {
            0 => {}
            1 => results.push(failure),
            2 => results.push(expired),
            3 => results.extend([failure, success.clone(), success]),
            4 => results.extend([success, expired]),
            _ => results.push(success),
        }
    }
    results.sort_by_key(|line| number(&line.to_string()));
    results.push(json!({"custom_id": "not-ours\u{1b}[31m", "response": {"body": completion(&json!({"model": "test-1", "messages": [{"content": "Ask"}]}))}}));
    let mut text: String = results.iter().map(|line| format!("{line}\n")).collect();
    text += "\n{\"custom_id\": \"torn";
    let to = path.with_extension("results.jsonl");
    fs::write(&to, text).unwrap();
    to
}

/// Files of requests in a folder that were not there before, in order.
fn fresh(folder: &Path, known: &mut BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .filter(|path| !path.to_string_lossy().contains(".results.") && !path.to_string_lossy().contains(".ray."))
        .filter(|path| known.insert(path.clone()))
        .collect();
    found.sort();
    found
}

/// The real readers' opinion, where they are installed.
fn oracle(files: &[PathBuf]) {
    let Some(python) = std::env::var_os("SEEDBED_HUB_PYTHON") else {
        eprintln!("LEFT OUT: the real readers of batch files; set SEEDBED_HUB_PYTHON to a Python with sdg-hub");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/batch.py");
    let done = Command::new(python).arg(script).args(files).output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}");
    eprintln!("{told}");
}

#[test]
fn a_flow_of_three_stages_goes_through_files_to_the_samples_of_a_live_run() {
    let live = LoopbackTeacher::start(|request, _| Act::text(&said(&request.body)));
    let expected = desk(&live.url());
    let make = [
        "generate",
        LEAF,
        "--flow",
        "../flow/flow.yaml",
        "--count",
        "12",
        "--seed",
        "5",
    ];
    let done = expected.run(&make).well();
    assert!(done.out.contains("Done."), "{}", done.out);
    let wanted: BTreeSet<String> = expected.ids(&[]).into_iter().collect();
    assert!(wanted.len() > 5, "{}", done.out);

    // Nobody listens here: nothing may be asked.
    let desk = desk("http://127.0.0.1:9/v1");
    let folder = desk.path("out");
    let begun = desk
        .run(&[&make[..], &["--batch", folder.to_str().unwrap()]].concat())
        .well();
    assert!(
        begun
            .out
            .contains("12 requests of ask for questions for test-1 (/v1/chat/completions)"),
        "{}",
        begun.out
    );
    for words in [
        "it waits for 12 answers of a batch",
        "vllm run-batch -i ",
        "--model test-1",
        "openai.OpenAI()",
    ] {
        assert!(begun.out.contains(words), "{words}: {}", begun.out);
    }
    let run = desk.runs()[0]["id"].as_str().unwrap().to_owned();
    let mut known = BTreeSet::new();
    let mut open = fresh(&folder, &mut known);
    assert_eq!(open, [folder.join("01-ask-for-questions.jsonl")]);
    // The same requests, for each of the readers.
    let (calls, rays) = (lines(&open[0]), lines(&folder.join("01-ask-for-questions.ray.jsonl")));
    assert_eq!(calls.len(), 12);
    for (call, ray) in calls.iter().zip(&rays) {
        assert_eq!(
            (&call["custom_id"], &call["body"]),
            (&ray["custom_id"], &ray["payload"])
        );
        assert_eq!(
            (&call["body"]["messages"], &call["body"]["max_tokens"]),
            (&ray["messages"], &ray["sampling_params"]["max_tokens"])
        );
        let id = call["custom_id"].as_str().unwrap();
        assert!(id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert!(call["body"].get("stream").is_none());
    }
    let ids: HashSet<&Value> = calls.iter().map(|call| &call["custom_id"]).collect();
    assert_eq!(ids.len(), 12);
    let shown = desk.run(&["runs", "show", &run]).well();
    assert!(shown.out.contains("waits for 12 answers of a batch"), "{}", shown.out);

    let mut checked: Vec<PathBuf> = open.clone();
    let mut stages: BTreeMap<String, usize> = BTreeMap::new();
    let mut results: Vec<PathBuf> = Vec::new();
    for round in 1.. {
        assert!(round < 60, "it never ends");
        let fresh_results = open.iter().map(|file| answered(file, round));
        results.extend(fresh_results);
        checked.extend(results.last().cloned());
        let mut args: Vec<&str> = vec!["generate", "--resume", &run, "--batch", folder.to_str().unwrap()];
        if open.is_empty() {
            // What was never answered is lost.
            args.push("--post-again");
        } else {
            // Older files are named again, as someone does who takes `*.results.jsonl`.
            args.push("--results");
            args.extend(results.iter().map(|path| path.to_str().unwrap()));
        }
        let done = desk.run(&args);
        assert!(matches!(done.status, Some(0)), "{}{}", done.out, done.err);
        if !open.is_empty() {
            assert!(
                done.err.contains("not to this run and") && done.err.contains("not-ours"),
                "{}",
                done.err
            );
            assert!(!done.err.contains('\u{1b}'), "escape sequences stay out");
            assert!(done.err.contains("it is not JSON"), "{}", done.err);
        }
        if done.out.contains("Done.") {
            break;
        }
        open = fresh(&folder, &mut known);
        for file in &open {
            let name = file.file_name().unwrap().to_str().unwrap();
            *stages.entry(name.get(3..).unwrap().to_owned()).or_default() += 1;
        }
        checked.extend(open.iter().cloned());
    }
    for stage in ["answer.jsonl", "judge.jsonl", "ask-for-questions.jsonl"] {
        assert!(stages.contains_key(stage), "{stages:?}");
    }
    let made: BTreeSet<String> = desk.ids(&[]).into_iter().collect();
    assert_eq!(made, wanted);
    let record = &desk.runs()[0];
    assert_eq!(
        (record["id"].as_str(), record["outcome"].as_str()),
        (Some(run.as_str()), Some("done"))
    );
    let answers = |desk: &Desk, run: &str| -> BTreeMap<String, Value> {
        let lines = desk.run_file(run, "requests.jsonl").into_iter();
        let lines = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
        lines
            .map(|line| (line["key"].as_str().unwrap().to_owned(), line["reply"]["text"].clone()))
            .collect()
    };
    let live_run = expected.runs()[0]["id"].as_str().unwrap().to_owned();
    let kept = answers(&desk, &run);
    assert_eq!(
        kept,
        answers(&expected, &live_run),
        "every call was answered as in the live run, and kept once"
    );
    assert_eq!(record["usage"]["completion_tokens"], 3 * kept.len());
    assert!(!desk.run(&["runs", "show", &run]).well().out.contains("of a batch"));
    oracle(&checked);
}

#[test]
fn a_batch_goes_on_live_and_wrong_files_ask_nobody() {
    let live = LoopbackTeacher::start(|request, _| Act::text(&said(&request.body)));
    let desk = desk(&live.url());
    let make = [
        "generate",
        LEAF,
        "--flow",
        "../flow/flow.yaml",
        "--count",
        "3",
        "--seed",
        "8",
    ];
    desk.run(&[&make[..], &["--batch", "out"]].concat()).well();
    let folder = desk.path("tax/out");
    let run = desk.runs()[0]["id"].as_str().unwrap().to_owned();
    let requests = folder.join("01-ask-for-questions.jsonl");
    let resume = |more: &[&str]| desk.run(&[&["generate", "--resume", &run], more].concat());

    // The file of requests itself, a file of another run, one that is not there.
    let wrong = resume(&["--results", requests.to_str().unwrap()]);
    assert_eq!(wrong.status, Some(1), "{}", wrong.out);
    assert!(wrong.err.contains("it is a request, not a result"), "{}", wrong.err);
    let other = folder.join("other.results.jsonl");
    fs::write(&other, json!({"custom_id": "a", "generated_text": "x"}).to_string()).unwrap();
    let wrong = resume(&["--results", other.to_str().unwrap()]);
    assert_eq!(wrong.status, Some(1));
    assert!(wrong.err.contains("did not go on"), "{}", wrong.err);
    let wrong = resume(&["--results", "nowhere.jsonl"]);
    assert!(
        wrong.status != Some(0) && wrong.err.contains("nowhere.jsonl"),
        "{}",
        wrong.err
    );
    assert!(live.chats().is_empty(), "nobody was asked");

    // A second run does not write over the files of the first, and makes nothing when it cannot write.
    let second = desk.run(&[&make[..], &["--batch", "out"]].concat());
    assert!(second.err.contains("batch files replace none"), "{}", second.err);
    assert_eq!(desk.runs().len(), 1);
    // Nothing came back yet: nothing is written twice.
    let waiting = resume(&["--batch", "out"]).well();
    assert!(waiting.out.contains("3 requests are still out"), "{}", waiting.out);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);

    // A dry run looks only.
    let results = answered(&requests, 3);
    let results = results.to_str().unwrap();
    let before = desk.run_file(&run, "requests.jsonl").len();
    let dry = resume(&["--results", results, "--dry-run"]).well();
    assert!(dry.out.contains("Found "), "{}", dry.out);
    assert_eq!(desk.run_file(&run, "requests.jsonl").len(), before);
    // Without --batch the rest is asked live; what came back is not asked again.
    let done = resume(&["--results", results]).well();
    assert!(done.out.contains("Done."), "{}", done.out);
    let taken = desk.run_file(&run, "batch.jsonl").len();
    assert!(taken > 3, "failures are noted");
    let asked: Vec<Value> = live.chats().iter().map(|chat| chat.body.clone()).collect();
    let first_stage = asked
        .iter()
        .filter(|body| body["messages"][0]["content"].as_str().unwrap().starts_with("Ask"));
    assert!(first_stage.count() < 3, "answers of the batch are used");
}

#[test]
#[cfg(feature = "embedded")]
fn the_embedded_teacher_takes_no_batches() {
    let desk = Desk::new();
    desk.settings(&format!(
        "embedded: {{ path: '{}' }}\n",
        desk.path(".gitconfig").display()
    ));
    desk.lay_out();
    let done = desk.run(&["generate", LEAF, "--count", "2", "--batch", "out"]);
    assert!(done.err.contains("takes no batches"), "{}{}", done.out, done.err);
    assert!(desk.runs().is_empty() && !desk.path("tax/out").exists());
}
