//! The engine as a whole, with a teacher that answers from a script.

mod accounts;
mod batches;
mod endings;
mod method_teacher;
mod methods;
mod repairs;
mod resuming;
mod shapes;
mod waves;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use proptest::prelude::*;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::scripted::{Scripted, documents, leaf, prepared, proper, reply};
use super::*;
use crate::samples::{Drop, DropReason, Outcome, RunRecord, RunStore, Sample, StoreError};
use crate::taxonomy::Kind;
use crate::teacher::{ChatRequest, Finish, Reply, TeacherError, Usage};

/// What a run left behind.
struct Left {
    summary: RunSummary,
    events: Vec<RunEvent>,
}

fn start(
    flow: &Flow,
    leaves: &[Prepared],
    teacher: &Arc<Scripted>,
    recorder: &mut dyn Recorder,
    cancel: CancellationToken,
) -> Left {
    start_asking(Asking::Live, flow, leaves, teacher, recorder, cancel)
}

fn start_asking(
    asking: Asking<'_>,
    flow: &Flow,
    leaves: &[Prepared],
    teacher: &Arc<Scripted>,
    recorder: &mut dyn Recorder,
    cancel: CancellationToken,
) -> Left {
    let (events, mut heard) = mpsc::channel(1 << 20);
    let run_of = Run {
        id: "20261122-094501-a1b2".to_owned(),
        asking,
        cancel,
        ..Run::new(
            flow,
            leaves,
            Cast::of(teacher.clone()),
            recorder,
            events,
            Arc::new(|| Timestamp::UNIX_EPOCH),
        )
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let summary = runtime.block_on(run(run_of));
    let mut events = Vec::new();
    while let Ok(event) = heard.try_recv() {
        events.push(event);
    }
    Left { summary, events }
}

fn go(flow: &Flow, leaves: &[Prepared], teacher: &Arc<Scripted>) -> (Left, MemoryRecorder) {
    let mut recorder = MemoryRecorder::default();
    let left = start(flow, leaves, teacher, &mut recorder, CancellationToken::new());
    (left, recorder)
}

fn timed_out() -> TeacherError {
    TeacherError::TimedOut {
        url: "http://127.0.0.1:1".to_owned(),
        after: std::time::Duration::from_secs(1),
    }
}

/// A flow whose rows multiply: two copies of each, three answers to each copy, every answer cut into pairs.
fn growing(folder: &std::path::Path) -> Flow {
    std::fs::write(folder.join("ask.yaml"), "- {role: user, content: 'Ask: {{ topic }}'}").unwrap();
    let text = r#"
metadata: {name: growing}
blocks:
  - {block_type: RowMultiplierBlock, block_config: {block_name: twice, num_samples: 2}}
  - block_type: PromptBuilderBlock
    block_config: {block_name: prompt, input_cols: {icl_query_1: topic}, output_cols: messages, prompt_config_path: ask.yaml}
  - {block_type: LLMChatBlock, block_config: {block_name: ask, input_cols: messages, output_cols: answers, n: 3}}
  - {block_type: LLMResponseExtractorBlock, block_config: {block_name: text, input_cols: answers, field_prefix: raw_}}
  - block_type: TagParserBlock
    block_config: {block_name: parts, input_cols: raw_content, output_cols: [question, response], start_tags: ['[Question]', '[Answer]'], end_tags: ['[Answer]', '[End]']}
  - {block_type: TextQualityFilterBlock, block_config: {block_name: check, input_cols: [question, response]}}
  - {block_type: NearSeedFilterBlock, block_config: {block_name: novel, input_cols: question, sibling_threshold: 0.9}}
"#;
    let path = folder.join("flow.yaml");
    std::fs::write(&path, text).unwrap();
    Flow::load(&path).unwrap()
}

#[test]
fn every_kind_of_leaf_becomes_samples_with_their_origin() {
    for kind in Kind::ALL {
        let flow = Flow::for_kind(kind).unwrap();
        let teacher = Arc::new(Scripted::new(|request| Ok(reply(proper(request)))));
        let leaves = [prepared(kind, &flow, 12, 7)];
        let (left, recorder) = go(&flow, &leaves, &teacher);
        assert_eq!(left.summary.outcome, Outcome::Done);
        assert_eq!(
            (left.summary.samples, left.summary.drops),
            (12, 0),
            "{kind}: {:?}",
            recorder.drops
        );
        assert_eq!(teacher.calls(), 12);
        assert_eq!(teacher.most_under_way.load(Ordering::SeqCst), 4);
        assert_eq!(
            left.summary.usage,
            Usage {
                prompt_tokens: 120,
                completion_tokens: 60
            }
        );
        for sample in &recorder.samples {
            assert_eq!(sample.kind, kind);
            assert!(sample.messages[0].content.starts_with("What of"), "{sample:?}");
            assert!(sample.messages[1].content.starts_with("It is about"));
            let provenance = &sample.provenance;
            assert_eq!(
                (provenance.flow.as_str(), provenance.teacher.as_str()),
                (flow.name.as_str(), "scripted")
            );
            assert_eq!(
                (provenance.model.as_str(), provenance.seed_hash.as_str()),
                ("scripted-1", "abc")
            );
            assert_eq!(provenance.run, "20261122-094501-a1b2");
            assert_eq!(provenance.flow_hash, flow.hash);
            assert!(provenance.made.is_some() && provenance.parameters.contains_key("seed"));
            assert!(recorder.requests.contains_key(&provenance.requests[0]));
            assert!(!provenance.seeds.is_empty() && provenance.seeds.iter().all(|seed| *seed < 5));
            match kind {
                Kind::Skill => assert_eq!((&sample.context, &provenance.document), (&None, &None)),
                Kind::GroundedSkill => assert!(sample.context.as_deref().unwrap().starts_with("A note on")),
                Kind::Knowledge => {
                    let span = provenance.document.as_ref().unwrap();
                    let (_, text) = &documents()[0];
                    // The context is the span, under the headings that stand before it.
                    let context = sample.context.as_deref().unwrap();
                    let above = context.strip_suffix(text.get(span.start..span.end).unwrap());
                    assert!(matches!(above, Some("" | "Roses\n\n")), "{context}");
                    assert!(span.heading.starts_with("Roses"), "{}", span.heading);
                    assert_eq!(span.commit.len(), 40);
                }
            }
        }
        assert!(matches!(left.events.first(), Some(RunEvent::Started { rows: 12 })));
        assert!(matches!(left.events.last(), Some(RunEvent::Finished(_))));
    }
}
