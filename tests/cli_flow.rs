//! `seedbed flow run` and `flow check` through the real binary: rows in, rows out, nothing lost, nothing asked twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

#[path = "support/desk.rs"]
mod desk;
#[path = "support/teacher.rs"]
mod teacher;
use desk::{Desk, wait_for};
use teacher::{Act, LoopbackTeacher};

const FLOW: &str = "metadata:
  name: scored
  output_columns: [score]
  dataset_requirements: {required_columns: [text], min_samples: 2, max_samples: 5, column_types: {text: str}}
blocks:
- block_type: PromptBuilderBlock
  block_config: {block_name: prompt, input_cols: text, output_cols: messages, prompt_config_path: score.yaml}
- block_type: LLMChatBlock
  block_config: {block_name: ask, input_cols: messages, output_cols: answers, temperature: 0.0}
- block_type: LLMResponseExtractorBlock
  block_config: {block_name: take, input_cols: answers, field_prefix: said_}
- block_type: TagParserBlock
  block_config: {block_name: cut, input_cols: said_content, output_cols: score, start_tags: '<s>', end_tags: '</s>'}
- block_type: ColumnValueFilterBlock
  block_config: {block_name: judge, input_cols: score, filter_value: 2, operation: ge, convert_dtype: float}
";

/// Gives every text its own score: the number of its last word.
fn scoring(pause: Duration) -> LoopbackTeacher {
    LoopbackTeacher::start(move |request, _| {
        let text = request.last_user_text();
        let score = text.rsplit(' ').next().unwrap();
        let answer = if score == "0" {
            "none".to_owned()
        } else {
            format!("fine <s>{score}</s>")
        };
        Act::pieces(answer.split_inclusive(' '), pause)
    })
}

fn lay_out(desk: &Desk, rows: &[Value]) {
    fs::write(desk.path("flow.yaml"), FLOW).unwrap();
    fs::write(
        desk.path("score.yaml"),
        "- {role: user, content: 'How good is {{ text }}'}",
    )
    .unwrap();
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    fs::write(desk.path("in.jsonl"), lines).unwrap();
}

fn lines(desk: &Desk, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(desk.path(name)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const RUN: [&str; 7] = ["flow", "run", "flow.yaml", "--rows", "in.jsonl", "--to", "out.jsonl"];

#[test]
fn rows_go_through_a_flow_and_every_drop_has_its_reason() {
    let server = scoring(Duration::ZERO);
    let desk = Desk::with(&server);
    let texts = ["roses 3", "moss 1", "ivy 0", "tulips 2", "roses 3", "ferns 5"];
    let rows: Vec<Value> = texts
        .iter()
        .map(|text| json!({"text": text, "id": text.len()}))
        .collect();
    lay_out(&desk, &rows);
    let done = desk.run_in(desk.folder.path(), &RUN).well();
    for words in ["over 6 rows, with loop", "judge", "Done. 4 rows in", "2 dropped"] {
        assert!(done.out.contains(words), "{words}: {}", done.out);
    }
    for words in [
        "6 rows; the flow is meant for at most 5",
        "1 of the rows are there more than once",
        "row 2 dropped by judge",
        "row 3 dropped by cut",
    ] {
        assert!(done.err.contains(words), "{words}: {}", done.err);
    }
    let made = lines(&desk, "out.jsonl");
    assert_eq!(made[0].to_string(), r#"{"text":"roses 3","id":7,"score":3.0}"#);
    let names: Vec<&Value> = made.iter().map(|row| &row["text"]).collect();
    assert_eq!(names, ["roses 3", "tulips 2", "roses 3", "ferns 5"]);
    // Drops are kept as they come; which answer comes first is the server's affair.
    let mut drops = lines(&desk, "out.jsonl.run/drops.jsonl");
    drops.sort_by_key(|dropped| dropped["row"].as_u64());
    assert_eq!(drops.len(), 2);
    assert_eq!((&drops[0]["row"], &drops[0]["reason"]), (&json!(1), &json!("filter")));

    // The same again asks nobody and leaves the same behind.
    let asked = server.chats().len();
    assert_eq!(asked, 6);
    let again = desk.run_in(desk.folder.path(), &RUN).well();
    assert!(again.out.contains("6 answers used again"), "{}", again.out);
    assert_eq!(server.chats().len(), asked);
    assert_eq!(lines(&desk, "out.jsonl"), made);
    assert_eq!(lines(&desk, "out.jsonl.run/drops.jsonl").len(), 2);

    // A changed rule asks nobody either.
    fs::write(
        desk.path("flow.yaml"),
        FLOW.replace("filter_value: 2", "filter_value: 1"),
    )
    .unwrap();
    desk.run_in(desk.folder.path(), &RUN).well();
    assert_eq!((server.chats().len(), lines(&desk, "out.jsonl").len()), (asked, 5));
    assert_eq!(lines(&desk, "out.jsonl.run/drops.jsonl").len(), 1);
}

#[test]
fn a_killed_run_over_rows_goes_on_without_asking_twice() {
    let server = scoring(Duration::from_millis(30));
    let desk = Desk::with(&server);
    let rows: Vec<Value> = (0..20)
        .map(|number| json!({"text": format!("plant {number} 4")}))
        .collect();
    lay_out(&desk, &rows);
    let mut command = desk.command(desk.folder.path(), &RUN);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("four answers", || lines_so_far(&desk) >= 4);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!desk.path("out.jsonl").exists());
    wait_for("the teacher to be quiet", || {
        let before = server.chats().len();
        std::thread::sleep(Duration::from_millis(200));
        server.chats().len() == before
    });
    let (answered, asked) = (lines_so_far(&desk), server.chats().len());
    desk.run_in(desk.folder.path(), &RUN).well();
    assert_eq!(server.chats().len() - asked, 20 - answered);
    assert_eq!(lines(&desk, "out.jsonl").len(), 20);
}

/// Answers that are on the disk whole.
fn lines_so_far(desk: &Desk) -> usize {
    let text = fs::read_to_string(desk.path("out.jsonl.run/requests.jsonl")).unwrap_or_default();
    text.matches('\n').count()
}

#[test]
fn what_does_not_fit_is_said_before_anything_is_asked() {
    let server = scoring(Duration::ZERO);
    let desk = Desk::with(&server);
    lay_out(&desk, &[json!({"other": 1}), json!({"other": 2})]);
    let done = desk.run_in(desk.folder.path(), &RUN);
    assert_eq!(done.status, Some(1), "{}", done.err);
    assert!(
        done.err.contains("lacks the column 'text'") && done.err.contains("other"),
        "{}",
        done.err
    );
    lay_out(&desk, &[json!({"text": "one"})]);
    let done = desk.run_in(desk.folder.path(), &RUN);
    assert!(
        done.err.contains("has 1 rows") && done.err.contains("at least 2"),
        "{}",
        done.err
    );
    fs::write(desk.path("in.jsonl"), "{\"text\": \"a\"}\n[1]\n").unwrap();
    let done = desk.run_in(desk.folder.path(), &RUN);
    assert!(done.err.contains("in.jsonl' line 2"), "{}", done.err);

    let foreign = FLOW
        .replace("LLMChatBlock", "AgentBlock")
        .replace("TagParserBlock", "MCPAgentBlock");
    fs::write(desk.path("flow.yaml"), foreign).unwrap();
    for command in [&RUN[..], &["flow", "check", "flow.yaml"]] {
        let done = desk.run_in(desk.folder.path(), command);
        assert_eq!(done.status, Some(1), "{}", done.err);
        for words in [
            ":8: block 'ask' has the type AgentBlock",
            ":12: block 'cut' has the type MCPAgentBlock",
        ] {
            assert!(done.err.contains(words), "{words}: {}", done.err);
        }
    }
    assert!(server.requests().is_empty());
    assert!(!desk.path("out.jsonl").exists() && !desk.path("out.jsonl.run").exists());
}

#[test]
fn a_flow_that_asks_nobody_needs_no_teacher() {
    let desk = Desk::new();
    desk.settings("teachers: {}\n");
    fs::write(
        desk.path("flow.yaml"),
        "blocks:\n- block_type: MeltColumnsBlock\n  block_config: {block_name: melt, input_cols: [b, a], output_cols: [value, name]}\n",
    )
    .unwrap();
    fs::write(
        desk.path("in.jsonl"),
        "{\"a\": 1, \"b\": [2]}\n\n{\"b\": null, \"c\": \"é\"}\n",
    )
    .unwrap();
    let done = desk.run_in(desk.folder.path(), &RUN).well();
    assert!(done.out.contains("asks nobody"), "{}", done.out);
    let text = fs::read_to_string(desk.path("out.jsonl")).unwrap();
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            r#"{"c":null,"name":"b","value":[2]}"#,
            r#"{"c":"é","name":"b","value":null}"#,
            r#"{"c":null,"name":"a","value":1}"#,
            r#"{"c":"é","name":"a","value":null}"#,
        ]
    );
}

#[test]
fn own_flows_are_listed_and_shown_and_a_broken_one_says_why() {
    let desk = Desk::new();
    desk.settings("teachers: {}\n");
    let flow = |arguments: &[&str]| desk.run_in(desk.folder.path(), &[&["flow"], arguments].concat());
    let copied = flow(&["copy", "lab-freeform"]).well().out;
    assert!(copied.contains("--flow my-lab-freeform"), "{copied}");
    let own = desk.path(".config/seedbed/flows");
    let text = fs::read_to_string(own.join("my-lab-freeform/flow.yaml")).unwrap();
    fs::create_dir_all(own.join("odd")).unwrap();
    fs::write(
        own.join("odd/flow.yaml"),
        text.replace("LLMChatBlock", "TelepathyBlock"),
    )
    .unwrap();
    // Nobody said what this one was copied from.
    fs::create_dir_all(own.join("plain")).unwrap();
    fs::write(
        own.join("plain/flow.yaml"),
        "blocks:\n- block_type: MeltColumnsBlock\n  block_config: {block_name: melt, input_cols: [b, a], output_cols: [v, n]}\n",
    )
    .unwrap();

    // The name of a shipped flow always means that one.
    fs::create_dir_all(own.join("knowledge")).unwrap();
    fs::copy(own.join("plain/flow.yaml"), own.join("knowledge/flow.yaml")).unwrap();

    let list = flow(&["list"]).well().out;
    let place = own.join("my-lab-freeform/flow.yaml").display().to_string();
    for words in [
        "lab-freeform ",
        &format!("your own, in {place}; a copy of lab-freeform 1."),
        "cannot be used: ",
        "TelepathyBlock",
        "rename the folder",
    ] {
        assert!(list.contains(words), "{words}: {list}");
    }
    assert!(!list.contains("changed since"), "{list}");
    let list: Vec<Value> = serde_json::from_str(&flow(&["list", "--json"]).well().out).unwrap();
    let named = |name: &str| list.iter().find(|flow| flow["name"] == name).unwrap();
    assert_eq!(
        (&named("magpie")["source"], &named("magpie")["file"]),
        (&json!("shipped"), &Value::Null)
    );
    let mine = named("my-lab-freeform");
    assert_eq!(
        (&mine["source"], &mine["copied_from"]["flow"]),
        (&json!("own"), &json!("lab-freeform"))
    );
    assert_eq!(named("plain")["copied_from"], Value::Null);
    let odd = named("odd");
    assert!(
        odd["error"].as_str().unwrap().contains("TelepathyBlock") && odd["line"].is_u64(),
        "{odd}"
    );

    let shown = flow(&["show", "my-lab-freeform"]).well().out;
    assert!(
        shown.contains("a copy of lab-freeform") && shown.contains("LLMChatBlock"),
        "{shown}"
    );
    let shown: Value = serde_json::from_str(&flow(&["show", "my-lab-freeform", "--json"]).well().out).unwrap();
    assert_eq!((&shown["source"], &shown["hash"]), (&json!("own"), &mine["hash"]));
    assert!(shown["blocks"].as_array().unwrap().len() > 5);
    assert!(flow(&["show", "odd"]).err.contains("odd/flow.yaml:"));
    let none = flow(&["show", "none"]);
    assert!(
        none.status == Some(2) && none.err.contains("my-lab-freeform, odd, plain"),
        "{}",
        none.err
    );

    desk.lay_out();
    let fit = desk.run(&["flow", "list", "--for", desk::LEAF]).well().out;
    assert!(
        fit.contains("my-lab-freeform") && fit.contains("TelepathyBlock"),
        "{fit}"
    );

    // A copy stays as it was edited, and a shipped flow that became another one since is told.
    fs::write(
        own.join("my-lab-freeform/flow.yaml"),
        text.replacen(mine["copied_from"]["hash"].as_str().unwrap(), "0", 1),
    )
    .unwrap();
    let again = flow(&["copy", "lab-freeform"]);
    assert!(
        again.status == Some(1) && again.err.contains("my-lab-freeform is there already"),
        "{}",
        again.err
    );
    assert!(flow(&["list"]).well().out.contains("changed since"));
}

/// What the model says to the flow of two stages.
fn said(asked: &str) -> String {
    match asked.strip_prefix("Judge ") {
        Some(text) => format!("<s>{}</s>", text.len() % 4),
        None => format!("About {asked}"),
    }
}

const STAGED: &str = "metadata: {name: staged, output_columns: [score]}
blocks:
- {block_type: PromptBuilderBlock, block_config: {block_name: prompt, input_cols: text, output_cols: asked, prompt_config_path: ask.yaml}}
- {block_type: LLMChatBlock, block_config: {block_name: ask, input_cols: asked, output_cols: answers, max_tokens: 20}}
- {block_type: LLMResponseExtractorBlock, block_config: {block_name: take, input_cols: answers, field_prefix: said_}}
- {block_type: PromptBuilderBlock, block_config: {block_name: judge_prompt, input_cols: said_content, output_cols: judging, prompt_config_path: judge.yaml}}
- {block_type: LLMChatBlock, block_config: {block_name: judge, input_cols: judging, output_cols: judged, max_tokens: 20}}
- {block_type: LLMResponseExtractorBlock, block_config: {block_name: take_score, input_cols: judged, field_prefix: judge_}}
- {block_type: TagParserBlock, block_config: {block_name: cut, input_cols: judge_content, output_cols: score, start_tags: '<s>', end_tags: '</s>'}}
- {block_type: ColumnValueFilterBlock, block_config: {block_name: good, input_cols: score, filter_value: 1, operation: ge, convert_dtype: float}}
";

fn lay_out_staged(desk: &Desk) {
    let rows: Vec<Value> = (0..12)
        .map(|row| json!({"text": "leaf ".repeat(row), "nr": row}))
        .collect();
    lay_out(desk, &rows);
    fs::write(desk.path("flow.yaml"), STAGED).unwrap();
    fs::write(desk.path("ask.yaml"), "- {role: user, content: 'Tell of {{ text }}'}").unwrap();
    fs::write(
        desk.path("judge.yaml"),
        "- {role: user, content: 'Judge {{ said_content }}'}",
    )
    .unwrap();
}

#[test]
fn rows_go_through_batch_files_to_the_rows_of_a_live_run() {
    let live = LoopbackTeacher::start(|request, _| Act::text(&said(request.last_user_text())));
    let desk = Desk::with(&live);
    lay_out_staged(&desk);
    desk.run_in(desk.folder.path(), &RUN).well();
    let wanted = fs::read_to_string(desk.path("out.jsonl")).unwrap();
    assert!((3..12).contains(&wanted.lines().count()), "{wanted}");

    let desk = Desk::new();
    // Nobody listens here: nothing may be asked.
    desk.settings("teachers:\n  far: { url: 'http://127.0.0.1:9/v1', model: test-1 }\n");
    lay_out_staged(&desk);
    let batch = |more: &[&str]| desk.run_in(desk.folder.path(), &[&RUN, &["--batch", "box"][..], more].concat());
    let none = batch(&["--results", "flow.yaml"]);
    assert!(
        none.status == Some(1) && none.err.contains("with --batch first"),
        "{}",
        none.err
    );
    let begun = batch(&[]).well();
    for words in [
        "12 requests of ask for test-1 (/v1/chat/completions)",
        "seedbed flow run flow.yaml --rows in.jsonl --to out.jsonl --batch box --results box/01-ask.results.jsonl",
        "vllm run-batch -i box/01-ask.jsonl",
        "0 rows in",
    ] {
        assert!(begun.out.contains(words), "{words}: {}", begun.out);
    }
    assert!(!begun.out.contains("the same command again"), "{}", begun.out);
    // The command to go on with says where it works as this one does.
    let elsewhere = desk.path("it's");
    fs::create_dir(&elsewhere).unwrap();
    let (here, to) = (desk.folder.path().to_str().unwrap(), "other.jsonl");
    let args = [
        "-C",
        here,
        "flow",
        "run",
        "flow.yaml",
        "--rows",
        "in.jsonl",
        "--to",
        to,
        "--batch",
        "it's",
    ];
    let begun = desk.run_in(&elsewhere, &args).well();
    let told = format!(
        "seedbed -C {here} flow run flow.yaml --rows in.jsonl --to other.jsonl --batch '{here}/it'\\''s' --results"
    );
    assert!(begun.out.contains(&told), "{told}: {}", begun.out);
    let stranger = batch(&["--results", "box/01-ask.ray.jsonl"]);
    assert_eq!(stranger.status, Some(1), "{}", stranger.out);

    let mut known: Vec<String> = Vec::new();
    let mut stages: Vec<String> = Vec::new();
    for round in 1.. {
        assert!(round < 20, "it never ends");
        let mut names: Vec<String> = fs::read_dir(desk.path("box"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.contains(".results.") && !name.contains(".ray.") && !known.contains(name))
            .collect();
        names.sort();
        // The last first, every third not at all in the first rounds, and the end of the file torn.
        let mut results: Vec<String> = Vec::new();
        for name in &names {
            for (place, call) in lines(&desk, &format!("box/{name}")).into_iter().enumerate() {
                if round > 3 || place % 3 != 1 {
                    let asked = call["body"]["messages"][0]["content"].as_str().unwrap();
                    let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "test-1",
                        "choices": [{"index": 0, "message": {"role": "assistant", "content": said(asked)}, "finish_reason": "stop"}],
                        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}});
                    let line = json!({"id": "b", "custom_id": call["custom_id"],
                        "response": {"status_code": 200, "request_id": "r", "body": body}, "error": null});
                    results.insert(0, format!("{line}\n"));
                }
            }
        }
        let file = format!("results-{round}.jsonl");
        fs::write(desk.path(&file), results.concat() + "{\"custom_id\": \"torn").unwrap();
        known.extend(names.iter().cloned());
        stages.extend(names.iter().filter_map(|name| Some(name.split_once('-')?.1.to_owned())));
        let done = match names.as_slice() {
            // What was never answered is lost.
            [] => batch(&["--post-again"]).well(),
            _ => batch(&["--results", &file]).well(),
        };
        if done.out.contains("Done.") {
            break;
        }
    }
    assert!(
        stages.contains(&"ask.jsonl".to_owned()) && stages.contains(&"judge.jsonl".to_owned()),
        "{stages:?}"
    );
    assert_eq!(fs::read_to_string(desk.path("out.jsonl")).unwrap(), wanted);
    // All answers are there: the same command asks nobody.
    desk.run_in(desk.folder.path(), &RUN).well();
}

#[test]
fn a_limit_on_money_holds_and_needs_a_price() {
    let server = scoring(Duration::ZERO);
    let desk = Desk::new();
    let settings = |price: &str| {
        let url = server.url();
        desk.settings(&format!(
            "teachers:\n  loop: {{ url: '{url}', model: test-1, slots: 1{price} }}\n"
        ));
    };
    let rows: Vec<Value> = (0..5).map(|row| json!({"text": format!("plant {row} 4")})).collect();
    lay_out(&desk, &rows);
    fs::write(
        desk.path("flow.yaml"),
        FLOW.replace("temperature: 0.0", "max_tokens: 100"),
    )
    .unwrap();
    let run = |most: &str| desk.run_in(desk.folder.path(), &[&RUN[..], &["--max-cost", most]].concat());
    settings(", price: { input: 1000, output: 10000, currency: EUR }");
    // A call may write 100 tokens, which cost 1 each at most.
    let none = run("0.5");
    assert!(
        none.status == Some(1) && server.chats().is_empty(),
        "{}{}",
        none.out,
        none.err
    );
    assert!(none.out.contains("Stopped"), "{}", none.out);
    let done = run("900").well();
    assert!(done.out.contains("cost ") && done.out.contains(" EUR"), "{}", done.out);
    assert_eq!(server.chats().len(), 5);
    // Nobody knows what a model elsewhere costs.
    desk.settings("teachers:\n  far: { url: 'http://teacher.invalid/v1', model: test-1 }\n");
    let unknown = run("1");
    assert!(
        unknown.status == Some(1) && unknown.err.contains("is not known"),
        "{}",
        unknown.err
    );
}
