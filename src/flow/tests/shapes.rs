//! Flows that are more than a straight line: conditions, rounds, blocks that take all rows at once, rows in place of samples.

use super::*;
use crate::flow::blocks::{Step, WholeTable};
use serde_json::json;

fn flow_of(text: &str, prompts: &[(&str, &str)]) -> Result<Flow, FlowError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in prompts {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().join("flow.yaml");
    std::fs::write(&path, text).unwrap();
    Flow::load(&path)
}

fn table(flow: &Flow, rows: Vec<serde_json::Value>) -> Prepared {
    let rows = rows.into_iter().map(|row| row.as_object().unwrap().clone()).collect();
    let node = crate::taxonomy::NodePath::parse("compositional_skills/table").unwrap();
    Prepared::of_rows(node, Kind::Skill, rows, 7, flow).unwrap()
}

fn rows_of(flow: &Flow, rows: Vec<serde_json::Value>, teacher: &Arc<Scripted>) -> (RunSummary, MemoryRecorder) {
    let leaves = [table(flow, rows)];
    let mut recorder = MemoryRecorder::default();
    let (events, _heard) = mpsc::channel(1 << 12);
    let run_of = Run {
        ending: Ending::Rows,
        ..Run::new(
            flow,
            &leaves,
            Cast::of(teacher.clone()),
            &mut recorder,
            events,
            Arc::new(|| Timestamp::UNIX_EPOCH),
        )
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let summary = runtime.block_on(run(run_of));
    assert!(summary.adds_up(), "{summary:?}");
    (summary, recorder)
}

const ECHO: &str = "- {role: user, content: '{{ word }} {{ round }}'}";

/// Asks about the column `word` in up to three rounds, until the answer says that it is enough.
const ROUNDS: &str = r#"
metadata: {name: rounds}
blocks:
  - {block_type: DuplicateColumnsBlock, block_config: {block_name: start, input_cols: {word: done}}}
  - repeat:
      times: 3
      when: "done != 'enough'"
      blocks:
        - {block_type: PromptBuilderBlock, block_config: {block_name: prompt, input_cols: [word, round], output_cols: messages, prompt_config_path: echo.yaml}}
        - {block_type: LLMChatBlock, block_config: {block_name: ask, input_cols: messages, output_cols: answers}}
        - {block_type: LLMResponseExtractorBlock, block_config: {block_name: text, input_cols: answers, field_prefix: said_}}
        - {block_type: RegexParserBlock, block_config: {block_name: read, input_cols: said_content, output_cols: [done], parsing_pattern: '(\w+)$'}}
"#;

#[test]
fn rounds_go_on_until_their_condition_fails() {
    let flow = flow_of(ROUNDS, &[("echo.yaml", ECHO)]).unwrap();
    let names: Vec<_> = flow.blocks.iter().map(|block| block.name.as_str()).collect();
    assert_eq!(names.len(), 1 + 3 * 4);
    assert_eq!((names[1], names[12]), ("prompt_1", "read_3"));
    // 'a' has enough after the second round, 'b' never.
    let teacher = Arc::new(Scripted::new(|request| {
        let asked = &request.prompt.messages().last().unwrap().content;
        Ok(reply(if asked == "a 2" {
            "it is enough".to_owned()
        } else {
            "go on".to_owned()
        }))
    }));
    let (summary, recorder) = rows_of(&flow, vec![json!({"word": "a"}), json!({"word": "b"})], &teacher);
    assert_eq!((summary.outcome, teacher.calls()), (Outcome::Done, 5));
    let ended: Vec<_> = recorder
        .rows
        .iter()
        .map(|row| (row["done"].as_str().unwrap(), row["round"].as_u64().unwrap()))
        .collect();
    assert_eq!(ended, [("enough", 3), ("on", 3)]);
}

#[test]
fn in_a_repeat_a_block_names_one_of_its_round_or_one_before() {
    let parser = |reads: &str, name: &str| {
        format!(
            "{{block_type: FieldsParserBlock, block_config: {{block_name: read, input_cols: {reads}, repair: {name}, fields: {{score: number}}, prefix: got_}}}}"
        )
    };
    let first = ROUNDS.lines().take(3).collect::<Vec<_>>().join("\n");
    let asking: Vec<&str> = ROUNDS
        .lines()
        .filter(|line| line.starts_with("        - "))
        .take(3)
        .collect();
    let within = format!(
        "{first}\n  - repeat:\n      times: 2\n      blocks:\n{}\n        - {}\n",
        asking.join("\n"),
        parser("said_content", "ask")
    );
    let pool = "        - {block_type: SeedPoolBlock, block_config: {block_name: draw, output_cols: [pool, next], from_block: check, from_column: instruction}}
        - {block_type: DuplicateColumnsBlock, block_config: {block_name: copy, input_cols: {pool: instruction}}}
        - {block_type: NearSeedFilterBlock, block_config: {block_name: check, input_cols: instruction, threshold: 0.7}}";
    let pools = format!("{first}\n  - repeat:\n      times: 2\n      blocks:\n{pool}\n");
    let before: Vec<String> = asking
        .iter()
        .map(|line| line.replace("        - ", "  - ").replace(", round]", "]"))
        .collect();
    let before = format!(
        "{first}\n{}\n  - repeat:\n      times: 2\n      blocks:\n        - {}\n",
        before.join("\n"),
        parser("said_content", "ask")
    );
    let repairs = |text: &str| -> Vec<String> {
        let flow = flow_of(text, &[("echo.yaml", "- {role: user, content: '{{ word }}'}")]).unwrap();
        flow.blocks.iter().filter_map(|block| block.repair.clone()).collect()
    };
    assert_eq!(repairs(&within), ["ask_1", "ask_2"]);
    assert_eq!(repairs(&before), ["ask", "ask"]);
    let flow = flow_of(&pools, &[]).unwrap();
    assert_eq!(flow.blocks.last().unwrap().name, "check_2");
}

#[test]
fn keys_that_no_block_has_and_repeats_that_cannot_be_are_refused() {
    for (text, words) in [
        (
            "metadata: {name: x}\nblocks:\n  - {block_type: TextConcatBlock, whenn: 'a', block_config: {block_name: b}}\n",
            "whenn",
        ),
        (
            "metadata: {name: x}\nblocks:\n  - {block_type: DuplicateColumnsBlock, when: 'a b', block_config: {block_name: b, input_cols: {a: b}}}\n",
            "'a b' is not a Jinja2 expression",
        ),
        (
            "metadata: {name: x}\nblocks:\n  - {block_type: DuplicateColumnsBlock, role: critic, block_config: {block_name: b, input_cols: {a: b}}}\n",
            "'role' is for blocks that ask",
        ),
        (
            "metadata: {name: x}\nblocks:\n  - repeat: {times: 0, blocks: []}\n",
            "'times' must lie between",
        ),
        (
            "metadata: {name: x}\nblocks:\n  - block_config: {block_name: b}\n",
            "no block_type",
        ),
    ] {
        let error = flow_of(text, &[]).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_critic_answers_what_is_asked_of_it() {
    let text = r#"
metadata: {name: judged}
blocks:
  - {block_type: PromptBuilderBlock, block_config: {block_name: prompt, input_cols: {word: word}, output_cols: messages, prompt_config_path: echo.yaml}}
  - {block_type: LLMChatBlock, role: critic, block_config: {block_name: judge, input_cols: messages, output_cols: answers}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: text, input_cols: answers, field_prefix: judge_}}
"#;
    let flow = flow_of(text, &[("echo.yaml", "- {role: user, content: '{{ word }}'}")]).unwrap();
    let teacher = Arc::new(Scripted::new(|_| Ok(reply("the teacher".to_owned()))));
    let critic = Arc::new(Scripted::new(|_| Ok(reply("the critic".to_owned()))));
    let leaves = [table(&flow, vec![json!({"word": "a"})])];
    let mut recorder = MemoryRecorder::default();
    let run_of = Run {
        ending: Ending::Rows,
        ..Run::new(
            &flow,
            &leaves,
            Cast {
                critic: Some(critic.clone()),
                ..Cast::of(teacher.clone())
            },
            &mut recorder,
            mpsc::channel(64).0,
            Arc::new(|| Timestamp::UNIX_EPOCH),
        )
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(run(run_of));
    assert_eq!((teacher.calls(), critic.calls()), (0, 1));
    assert_eq!(recorder.rows[0]["judge_content"], "the critic");
}

/// Takes every third row out without a word, which no block should do, and turns the others round.
struct Turned;

impl WholeTable for Turned {
    fn apply(&self, rows: Vec<Row>) -> Applied {
        let kept = rows
            .into_iter()
            .enumerate()
            .filter(|(at, _)| at % 3 != 0)
            .map(|(_, row)| row);
        Applied::many(kept.rev().collect())
    }
}

#[test]
fn a_block_for_all_rows_waits_for_them_and_sets_their_order() {
    let mut flow = flow_of(ROUNDS, &[("echo.yaml", ECHO)]).unwrap();
    let at = flow.blocks.len() - 4;
    flow.blocks[at].step = Step::Table(Box::new(Turned));
    let last = flow.blocks.len() - 3;
    flow.blocks.truncate(last);
    let teacher = Arc::new(Scripted::new(|_| Ok(reply("go on".to_owned()))));
    let rows = (0..7).map(|number| json!({"word": format!("w{number}")})).collect();
    let (summary, recorder) = rows_of(&flow, rows, &teacher);
    let words: Vec<_> = recorder.rows.iter().map(|row| row["word"].as_str().unwrap()).collect();
    assert_eq!(words, ["w5", "w4", "w2", "w1"]);
    assert_eq!((summary.samples, summary.drops, summary.finished_rows), (4, 3, 7));
    assert!(
        recorder
            .drops
            .iter()
            .all(|dropped| dropped.message.contains("gave no reason"))
    );
}

#[test]
fn a_paused_run_asks_nothing_until_it_goes_on() {
    let flow = flow_of(ROUNDS, &[("echo.yaml", ECHO)]).unwrap();
    let teacher = Arc::new(Scripted::new(|_| Ok(reply("enough".to_owned()))));
    let leaves = [table(&flow, vec![json!({"word": "a"})])];
    let mut recorder = MemoryRecorder::default();
    let (pause, paused) = tokio::sync::watch::channel(true);
    let run_of = Run {
        ending: Ending::Rows,
        paused,
        ..Run::new(
            &flow,
            &leaves,
            Cast::of(teacher.clone()),
            &mut recorder,
            mpsc::channel(64).0,
            Arc::new(|| Timestamp::UNIX_EPOCH),
        )
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut running = std::pin::pin!(run(run_of));
        // Polled until it waits for something that will not come by itself.
        for _ in 0..100 {
            assert!(futures_util::poll!(running.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
        assert_eq!(teacher.calls(), 0);
        pause.send(false).unwrap();
        running.await
    });
    assert_eq!(teacher.calls(), 1);
}
