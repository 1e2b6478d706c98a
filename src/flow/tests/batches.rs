//! Runs whose answers come from batches: in parts, in any order, over several stages, to what a live run makes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;
use crate::samples::Request;

/// Keeps what was posted.
#[derive(Default)]
struct Tray(Mutex<BTreeMap<String, (String, ChatRequest)>>);

impl Post for Tray {
    fn post(&self, call: PostedCall<'_>) -> Result<(), String> {
        assert_eq!((call.key.len(), call.teacher.name()), (64, "scripted"));
        let posted = (call.block.to_owned(), call.request.clone());
        let known = self.0.lock().unwrap().insert(call.key.to_owned(), posted);
        assert!(known.is_none(), "posted twice in one run");
        Ok(())
    }
}

/// Three calls one after another: three questions to each row, of which those stay that are new; each is answered, and judged.
/// With a table, all rows wait for each other before they are judged.
fn staged(folder: &std::path::Path, has_table: bool) -> Flow {
    for (name, prompt) in [
        ("ask", "Ask: {{ topic }}"),
        ("answer", "Answer: {{ question }}"),
        ("judge", "Judge: {{ response }}"),
    ] {
        let text = format!("- {{role: user, content: '{prompt}'}}");
        std::fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
    }
    let table = match has_table {
        true => "  - {block_type: UniformColumnValueSetter, block_config: {block_name: same, input_cols: topic}}\n",
        false => "",
    };
    let text = format!(
        r#"
metadata: {{name: staged}}
blocks:
  - block_type: PromptBuilderBlock
    block_config: {{block_name: ask_prompt, input_cols: {{icl_query_1: topic}}, output_cols: asked, prompt_config_path: ask.yaml}}
  - {{block_type: LLMChatBlock, block_config: {{block_name: ask, input_cols: asked, output_cols: questions, n: 3}}}}
  - {{block_type: LLMResponseExtractorBlock, block_config: {{block_name: text, input_cols: questions, field_prefix: raw_}}}}
  - block_type: TagParserBlock
    block_config: {{block_name: part, input_cols: raw_content, output_cols: [question], start_tags: ['[Question]'], end_tags: ['[Answer]']}}
  - {{block_type: NearSeedFilterBlock, block_config: {{block_name: novel, input_cols: question, sibling_threshold: 0.6}}}}
  - {{block_type: DuplicateColumnsBlock, block_config: {{block_name: copy, input_cols: {{icl_query_1: topic}}}}}}
  - block_type: PromptBuilderBlock
    block_config: {{block_name: answer_prompt, input_cols: question, output_cols: answering, prompt_config_path: answer.yaml}}
  - {{block_type: LLMChatBlock, block_config: {{block_name: answer, input_cols: answering, output_cols: answers}}}}
  - {{block_type: LLMResponseExtractorBlock, block_config: {{block_name: answer_text, input_cols: answers, field_prefix: answer_}}}}
  - {{block_type: RenameColumnsBlock, block_config: {{block_name: rename, input_cols: {{answer_content: response}}}}}}
{table}  - block_type: PromptBuilderBlock
    block_config: {{block_name: judge_prompt, input_cols: response, output_cols: judging, prompt_config_path: judge.yaml}}
  - {{block_type: LLMChatBlock, block_config: {{block_name: judge, input_cols: judging, output_cols: judgement}}}}
  - {{block_type: LLMResponseExtractorBlock, block_config: {{block_name: judge_text, input_cols: judgement, field_prefix: judge_}}}}
  - {{block_type: ColumnValueFilterBlock, block_config: {{block_name: good, input_cols: judge_content, filter_value: 'YES', operation: eq}}}}
"#
    );
    let path = folder.join("flow.yaml");
    std::fs::write(&path, text).unwrap();
    Flow::load(&path).unwrap()
}

/// Few words to choose from, so that questions are alike by chance; one in six has no form, one judgement in four says no.
fn answered(request: &ChatRequest) -> String {
    let own = request.sampling.seed.unwrap_or(0);
    let asked = request
        .prompt
        .messages()
        .last()
        .map_or("", |message| message.content.as_str());
    if asked.starts_with("Judge") {
        return if own.is_multiple_of(4) { "NO" } else { "YES" }.to_owned();
    }
    if asked.starts_with("Answer") {
        return format!("It is so: {own} {asked}");
    }
    match own % 6 {
        0 => "Sure, here it is".to_owned(),
        _ => format!(
            "[Question]\nWhat of w{} and v{} by u{}?\n[Answer]\n",
            own % 5,
            own % 7,
            own % 3
        ),
    }
}

fn ids(samples: &[Sample]) -> Vec<String> {
    let mut ids: Vec<String> = samples.iter().map(|sample| sample.id.to_string()).collect();
    ids.sort();
    ids
}

/// What drops say, but when.
fn told(drops: &[Drop]) -> Vec<String> {
    let mut told: Vec<String> = drops
        .iter()
        .map(|drop| format!("{} {} {:?} {}", drop.lineage(), drop.block, drop.reason, drop.text))
        .collect();
    told.sort();
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn answers_that_come_in_parts_make_the_samples_of_a_live_run(
        seed in any::<u64>(), rows in 1_usize..7, has_table in any::<bool>(), share in 20_u64..101, slots in 1_usize..9,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let flow = staged(folder.path(), has_table);
        let leaves = [prepared(Kind::Skill, &flow, rows, seed)];
        let script = |request: &ChatRequest| Ok(reply(answered(request)));
        let (whole, expected) = go(&flow, &leaves, &Arc::new(Scripted::new(script)));
        prop_assert_eq!(&whole.summary.outcome, &Outcome::Done);

        let store = RunStore::new(folder.path());
        let record = RunRecord { wanted: rows, ..RunRecord::new(store.free_id(Timestamp::UNIX_EPOCH), Timestamp::UNIX_EPOCH) };
        let id = record.id.clone();
        drop(store.create(record).unwrap());
        // Nobody may be asked.
        let silent = Arc::new(Scripted::new(|_| panic!("asked in a batch run")).with_slots(slots));
        let mut made = Vec::new();
        let mut taken = 0;
        for round in 0_u64.. {
            prop_assert!(round < 400, "it never ends");
            let tray = Tray::default();
            let mut recorder = RunRecorder::new(store.resume(&id).unwrap());
            let left = start_asking(Asking::Batch(&tray), &flow, &leaves, &silent, &mut recorder, CancellationToken::new());
            let summary = left.summary;
            recorder.finish(summary.outcome.clone(), Timestamp::UNIX_EPOCH).unwrap();
            prop_assert!(summary.adds_up(), "{:?}", summary);
            let posted = tray.0.into_inner().unwrap();
            prop_assert_eq!((summary.posted, summary.calls, summary.failed_calls), (posted.len(), 0, 0));
            let drops = store.open(&id).unwrap().drops().unwrap().records;
            let waiting = drops.iter().filter(|drop| drop.reason == DropReason::Waiting).count();
            prop_assert_eq!(waiting, summary.reasons.get(&DropReason::Waiting).copied().unwrap_or(0));
            // What is made stays: nothing has to be taken back when further answers come.
            let now = ids(&store.open(&id).unwrap().samples().unwrap().records);
            prop_assert!(made.iter().all(|id| now.contains(id)));
            made = now;
            if posted.is_empty() {
                prop_assert_eq!(summary.outcome, Outcome::Done);
                break;
            }
            prop_assert_eq!(summary.outcome, Outcome::Stopped);
            let noun = if posted.len() == 1 { "answer" } else { "answers" };
            prop_assert_eq!(summary.stopped_by.unwrap(), format!("it waits for {} {noun} of a batch", posted.len()));
            // Some of the answers come, the last ones first, some twice.
            let mut writer = store.amend(&id).unwrap();
            for (at, (key, (_, request))) in posted.iter().rev().enumerate() {
                let chance = (at as u64 * 37 + round * 11 + seed % 100) % 100;
                for _ in 0..(u64::from(chance < share) + u64::from(chance < share / 4)) {
                    let reply = reply(answered(request));
                    writer.append_request(&Request { key: key.clone(), reply, at: Timestamp::UNIX_EPOCH }).unwrap();
                }
                taken += usize::from(chance < share);
            }
        }
        prop_assert_eq!(taken, whole.summary.calls);
        prop_assert_eq!(made, ids(&expected.samples));
        prop_assert_eq!(told(&store.open(&id).unwrap().drops().unwrap().records), told(&expected.drops));
    }
}

#[test]
fn a_run_that_began_with_a_batch_may_go_on_live() {
    let folder = tempfile::tempdir().unwrap();
    let flow = staged(folder.path(), false);
    let leaves = [prepared(Kind::Skill, &flow, 4, 5)];
    let teacher = || Arc::new(Scripted::new(|request: &ChatRequest| Ok(reply(answered(request)))));
    let (_, expected) = go(&flow, &leaves, &teacher());
    let tray = Tray::default();
    let mut recorder = MemoryRecorder::default();
    start_asking(
        Asking::Batch(&tray),
        &flow,
        &leaves,
        &teacher(),
        &mut recorder,
        CancellationToken::new(),
    );
    let posted = tray.0.into_inner().unwrap();
    assert_eq!(posted.len(), 12);
    assert!(posted.values().all(|(block, _)| block == "ask"));
    let mut resumed = MemoryRecorder::default();
    for (key, (_, request)) in posted.iter().take(7) {
        resumed.requests.insert(key.clone(), reply(answered(request)));
    }
    let live = teacher();
    let left = start(&flow, &leaves, &live, &mut resumed, CancellationToken::new());
    assert_eq!((left.summary.outcome, left.summary.reused), (Outcome::Done, 7));
    assert_eq!(resumed.samples, expected.samples);
}

#[test]
fn what_cannot_be_put_down_stops_the_run_and_loses_no_row() {
    struct Full;
    impl Post for Full {
        fn post(&self, _: PostedCall<'_>) -> Result<(), String> {
            Err("the disk is full".to_owned())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let flow = staged(folder.path(), true);
    let leaves = [prepared(Kind::Skill, &flow, 30, 5)];
    let teacher = Arc::new(Scripted::new(|_| Ok(reply(""))));
    let mut recorder = MemoryRecorder::default();
    let left = start_asking(
        Asking::Batch(&Full),
        &flow,
        &leaves,
        &teacher,
        &mut recorder,
        CancellationToken::new(),
    );
    assert!(left.summary.adds_up());
    assert_eq!(
        left.summary.outcome,
        Outcome::Failed {
            reason: "the disk is full".to_owned()
        }
    );
    assert_eq!((left.summary.posted, left.summary.samples, teacher.calls()), (0, 0, 0));
}
