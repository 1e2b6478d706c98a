//! A run from its start on this screen to its end on the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use super::live::State;
use super::tests::{cheap, choice, price, stage, started, tell};
use super::*;
use crate::flow::Budget;
use crate::samples::{DropReason, Outcome};
use crate::teacher::{Answering, ChatRequest, Finish, OnText, Reply, Teacher, TeacherError, Told, Usage};
use crate::tui::jobs::{Jobs, Slot};
use crate::tui::report::Report as AnyReport;
use crate::workbench::{GenerateRequest, Keep, TeacherOrigin};

/// Writes another example with each call; the third has no answer in it, and from the fifth on it hangs.
struct Author(AtomicUsize);

impl Teacher for Author {
    fn name(&self) -> &str {
        "author"
    }
    fn model(&self) -> &str {
        "author-1"
    }
    fn slots(&self) -> usize {
        1
    }
    fn is_remote(&self) -> bool {
        false
    }
    fn chat(&self, _request: ChatRequest, mut on_text: OnText, cancel: CancellationToken) -> Answering<'_> {
        Box::pin(async move {
            let call = self.0.fetch_add(1, Ordering::SeqCst);
            let text = match call {
                0 => "[Question]\nWhich apples keep all winter?\n[Answer]\nLate ones, laid apart in a cool cellar.\n",
                1 => "[Question]\nHow deep are tulip bulbs planted?\n[Answer]\nThree times their own height.\n",
                2 => "nothing of the kind",
                3 => "[Question]\nWhy do tomatoes split?\n[Answer]\nBecause water came unevenly after a dry spell.\n",
                _ => "[Question]\nWhat is seen",
            };
            let text = text.to_owned();
            on_text(Told::More(&text));
            if call >= 4 {
                cancel.cancelled().await;
                return Err(TeacherError::Cancelled);
            }
            let usage = Usage {
                prompt_tokens: 100,
                completion_tokens: 20,
            };
            Ok(Reply {
                text,
                reasoning: String::new(),
                finish: Finish::Stop,
                usage,
                model: "author-1".into(),
            })
        })
    }
}

#[test]
fn a_real_run_arrives_is_stopped_and_can_be_taken_up() {
    let mut stage = stage(vec![choice("author", TeacherOrigin::Settings)]);
    price(&mut stage, Ok(cheap()));
    stage.press("enter");
    let (number, wish) = started(&stage).unwrap();
    stage.effects.clear();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let handle = runtime.handle().clone();
    let workbench = Arc::clone(&stage.rooms.workbench);
    let request = GenerateRequest {
        node: wish.node.clone(),
        seeds: None,
        flow: None,
        overrides: Vec::new(),
        count: 8,
        seed: 7,
        chunks: Default::default(),
        fetch_documents: false,
    };
    let planned = workbench
        .plan(&request, Arc::new(Author(Default::default())), &|| false)
        .unwrap();
    runtime.block_on(async {
        let (mut jobs, mut reports) = Jobs::new(handle.clone());
        let running = workbench
            .start(
                planned,
                Keep::OnDisk,
                Budget::default(),
                Arc::new(jiff::Timestamp::now),
                &handle,
            )
            .unwrap();
        tell(
            &mut stage,
            Report::Started {
                number,
                id: running.id.clone(),
                notes: vec![],
                currency: String::new(),
            },
        );
        jobs.future(Slot::Run(number), move |post, cancel| async move {
            assert!(
                following::follow(running, &post, &cancel, tokio::sync::watch::channel(false).1, |news| {
                    Report::News {
                        number,
                        news: Box::new(news),
                    }
                })
                .await
            );
            post.send(AnyReport::Generate(Report::Ended { number })).await;
        });
        while stage.model.generate.run().unwrap().is_under_way() {
            let report = jobs.accept(reports.recv().await.unwrap()).unwrap();
            stage.report(report);
            let run = stage.model.generate.run().unwrap();
            // The last one hangs: it is seen being written.
            if run.state == State::Running && !run.writing.is_empty() && run.items.len() == 4 {
                stage.press("ctrl-k");
                jobs.cancel(Slot::Run(number));
            }
        }
    });
    let run = stage.model.generate.run().unwrap();
    assert_eq!(run.state, State::Ended(Outcome::Stopped));
    assert_eq!(run.made(), 3, "{:?}", run.reasons);
    assert!(run.reasons.contains_key(&DropReason::Unparsable));
    assert!(stage.notice().starts_with("stopped: 3 made"), "{}", stage.notice());
    stage.settle();
    let screen = stage.draw(120, 36);
    assert!(screen.contains("take up") && screen.contains("3 of 8 made"), "{screen}");
    assert!(screen.contains("Which apples keep all winter?"), "{screen}");
    assert_eq!(stage.model.tree.counts_below(&wish.node).pending, 3);
    // The stopped run is wished for as it was.
    stage.press("tab end");
    let again = settings::wish(&stage.model).unwrap();
    assert_eq!((again.count, again.seed, again.resume.is_some()), (8, 7, true));
}
