//! Runs in the store that were killed and taken up again, where one call gives several answers.

use super::*;
use crate::samples::{Records, RunId};

/// Three answers to each prompt, each cut into a pair, each pair judged by a call of its own.
fn judged(folder: &std::path::Path) -> Flow {
    std::fs::write(folder.join("ask.yaml"), "- {role: user, content: 'Ask: {{ topic }}'}").unwrap();
    std::fs::write(
        folder.join("judge.yaml"),
        "- {role: user, content: 'Judge: {{ question }}'}",
    )
    .unwrap();
    let text = r#"
metadata: {name: judged}
blocks:
  - block_type: PromptBuilderBlock
    block_config: {block_name: prompt, input_cols: {icl_query_1: topic}, output_cols: messages, prompt_config_path: ask.yaml}
  - {block_type: LLMChatBlock, block_config: {block_name: ask, input_cols: messages, output_cols: answers, n: 3}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: text, input_cols: answers, field_prefix: raw_}}
  - block_type: TagParserBlock
    block_config: {block_name: parts, input_cols: raw_content, output_cols: [question, response], start_tags: ['[Question]', '[Answer]'], end_tags: ['[Answer]', '']}
  - block_type: PromptBuilderBlock
    block_config: {block_name: question, input_cols: question, output_cols: judge_messages, prompt_config_path: judge.yaml}
  - {block_type: LLMChatBlock, block_config: {block_name: judge, input_cols: judge_messages, output_cols: judgement}}
"#;
    let path = folder.join("flow.yaml");
    std::fs::write(&path, text).unwrap();
    Flow::load(&path).unwrap()
}

fn record(store: &RunStore, flow: &Flow, rows: usize) -> RunRecord {
    RunRecord {
        flow: flow.name.clone(),
        flow_hash: flow.hash.clone(),
        teacher: "scripted".to_owned(),
        model: "scripted-1".to_owned(),
        nodes: vec![leaf(Kind::Skill).path],
        wanted: rows,
        seed: 3,
        ..RunRecord::new(store.free_id(Timestamp::UNIX_EPOCH), Timestamp::UNIX_EPOCH)
    }
}

/// How many drops of the run have a reason.
fn count(drops: &Records<Drop>, reason: DropReason) -> usize {
    drops.records.iter().filter(|dropped| dropped.reason == reason).count()
}

fn drops_of(store: &RunStore, id: &RunId) -> Records<Drop> {
    store.open(id).unwrap().drops().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn answers_that_fail_alike_are_as_many_drops(rows in 1_usize..6, stop_after in 0_usize..30, slots in 1_usize..9) {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path());
        let flow = growing(folder.path());
        let leaves = [prepared(Kind::Skill, &flow, rows, 3)];
        let record = record(&store, &flow, rows);
        let id = record.id.clone();
        let mut recorder = RunRecorder::new(store.create(record).unwrap());
        // Killed: nobody writes how it ended. Then taken up twice, as by someone who doubts.
        for stop_after in [stop_after, usize::MAX, usize::MAX] {
            let cancel = CancellationToken::new();
            let (stop, asked) = (cancel.clone(), std::sync::atomic::AtomicUsize::new(0));
            let teacher = Arc::new(Scripted::new(move |_| {
                if asked.fetch_add(1, Ordering::SeqCst) == stop_after {
                    stop.cancel();
                }
                Ok(Reply { finish: Finish::Filtered, ..reply("no") })
            }).with_slots(slots));
            let left = start(&flow, &leaves, &teacher, &mut recorder, cancel);
            prop_assert!(left.summary.adds_up());
            std::mem::drop(recorder);
            prop_assert_eq!(store.open(&id).unwrap().record().unwrap().outcome, Outcome::Interrupted);
            recorder = RunRecorder::new(store.resume(&id).unwrap());
        }
        prop_assert_eq!(count(&drops_of(&store, &id), DropReason::Refused), rows * 6);
    }

    #[test]
    fn an_answer_that_comes_late_changes_nothing_about_the_others(seed in any::<u64>(), rows in 1_usize..8) {
        let folder = tempfile::tempdir().unwrap();
        let store = RunStore::new(folder.path());
        let flow = judged(folder.path());
        let leaves = [prepared(Kind::Skill, &flow, rows, seed)];
        // Some answers never have the proper form, some fail at the first attempt only, judgements always come.
        let script = |fails: bool| move |request: &ChatRequest| {
            let own = request.sampling.seed.unwrap_or(0) >> 7;
            if request.prompt.messages().iter().any(|message| message.content.starts_with("Judge")) {
                return Ok(reply("YES"));
            }
            match own % 5 {
                0 if fails => Err(timed_out()),
                1 => Ok(reply("Sure, here it is")),
                _ => Ok(reply(proper(request))),
            }
        };
        let (whole, expected) = go(&flow, &leaves, &Arc::new(Scripted::new(script(false))));

        let record = record(&store, &flow, rows);
        let id = record.id.clone();
        let mut recorder = RunRecorder::new(store.create(record).unwrap());
        let first = start(&flow, &leaves, &Arc::new(Scripted::new(script(true))), &mut recorder, CancellationToken::new());
        std::mem::drop(recorder);
        let mut recorder = RunRecorder::new(store.resume(&id).unwrap());
        let second = start(&flow, &leaves, &Arc::new(Scripted::new(script(false))), &mut recorder, CancellationToken::new());
        recorder.finish(second.summary.outcome.clone(), Timestamp::UNIX_EPOCH).unwrap();
        // Every answer of the first attempt is used again, and together they are as many as in a run without faults.
        prop_assert_eq!(second.summary.reused, first.summary.calls);
        prop_assert_eq!(first.summary.calls + second.summary.calls, whole.summary.calls);
        let made = store.open(&id).unwrap().samples().unwrap().records;
        let ids = |samples: &[Sample]| samples.iter().map(|sample| sample.id.clone()).collect::<HashSet<_>>();
        prop_assert_eq!(ids(&made), ids(&expected.samples));
        let unparsable = expected.drops.iter().filter(|dropped| dropped.reason == DropReason::Unparsable).count();
        prop_assert_eq!(count(&drops_of(&store, &id), DropReason::Unparsable), unparsable);
    }
}
