use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::taxonomy::{LeafFile, NodePath};
use crate::teacher::{Answering, Finish, OnText, Reply, Usage};
use crate::workbench::tests::Home;

#[test]
fn parts_of_a_document_are_used_as_far_as_contexts_quote_them() {
    let document = "# A\n\nCold air is denser than warm air and flows downhill.\n\n".to_owned()
        + "# B\n\nWater the soil the evening before a frost comes. "
        + &"More words about something else entirely here. ".repeat(50);
    let parts = parts_of(
        "a.md",
        &document,
        "Cold air is denser than warm air and flows downhill.",
    );
    assert!(parts.len() >= 2);
    assert!(parts[0].used > 0.8 && parts[0].is_used(), "{parts:?}");
    assert!(parts[1..].iter().all(|part| !part.is_used()));
}

#[test]
fn the_critics_word_is_found_wherever_it_stands() {
    assert_eq!(verdict_of("**PARTLY** – the hour is missing"), Some(Known::Partly));
    assert_eq!(verdict_of("Verdict: no. It says nothing."), Some(Known::DoesNotKnow));
    assert_eq!(verdict_of("nothing to say"), None);
}

/// Knows one thing, and counts what it is asked.
#[derive(Default)]
struct Pupil(AtomicUsize);

impl Teacher for Pupil {
    fn name(&self) -> &str {
        "pupil"
    }
    fn model(&self) -> &str {
        "pupil-1"
    }
    fn slots(&self) -> usize {
        2
    }
    fn is_remote(&self) -> bool {
        false
    }
    fn chat(&self, request: ChatRequest, _: OnText, _: CancellationToken) -> Answering<'_> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let asked = request
            .prompt
            .messages()
            .last()
            .map(|message| message.content.clone())
            .unwrap_or_default();
        Box::pin(async move {
            if asked.contains("broken") {
                return Err(TeacherError::Cancelled);
            }
            let text = if asked.contains("rose") {
                "In the evening."
            } else {
                "I do not know."
            };
            Ok(Reply {
                text: text.into(),
                reasoning: String::new(),
                finish: Finish::Stop,
                usage: Usage::default(),
                model: "pupil-1".into(),
            })
        })
    }
}

fn leaf(questions: &str) -> Leaf {
    let node = NodePath::parse("compositional_skills/a").unwrap();
    LeafFile::from_bytes(node, format!("seed_examples:\n{questions}").into_bytes()).leaf()
}

async fn examine(workbench: &Workbench, leaf: &Leaf, by: &Examination) -> (Vec<Asked>, bool) {
    let mut asked = Vec::new();
    let done = workbench
        .examine(leaf, by, &CancellationToken::new(), &mut |one| asked.push(one))
        .await;
    asked.sort_by_key(|one| one.example);
    (asked, done.is_ok())
}

#[tokio::test]
async fn nothing_is_asked_twice_and_a_failure_keeps_the_others() {
    let home = Home::new();
    let workbench = home.demo();
    let pupil = Arc::new(Pupil::default());
    let by = Examination {
        teacher: Arc::clone(&pupil) as Arc<dyn Teacher>,
        critic: None,
    };
    let seeds = leaf(
        "- {question: When do I water a rose, answer: In the evening}\n- {question: And a fern, answer: From below}\n",
    );
    let (asked, well) = examine(&workbench, &seeds, &by).await;
    assert!(well);
    assert_eq!(
        asked.iter().map(|one| one.known).collect::<Vec<_>>(),
        [Known::Knows, Known::DoesNotKnow]
    );
    assert_eq!(
        (
            pupil.0.load(Ordering::SeqCst),
            workbench.questions_to_ask(&seeds, pupil.as_ref())
        ),
        (2, 0)
    );
    // One more question, one that fails, and a line that a crash cut off.
    std::fs::OpenOptions::new()
        .append(true)
        .open(workbench.answers_file())
        .unwrap()
        .write_all(b"{\"key\":")
        .unwrap();
    let more = leaf(
        "- {question: When do I water a rose, answer: In the evening}\n- {question: broken, answer: b}\n- {question: New, answer: n}\n",
    );
    let (asked, well) = examine(&workbench, &more, &by).await;
    assert!(!well);
    assert_eq!(
        asked.iter().map(|one| (one.example, one.fresh)).collect::<Vec<_>>(),
        [(0, false), (2, true)]
    );
    assert_eq!(pupil.0.load(Ordering::SeqCst), 4);
    assert_eq!(workbench.asked_before(&seeds, &by).len(), 2);
}
