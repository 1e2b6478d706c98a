//! Properties: nothing is lost, nothing depends on the order of answers, nothing is asked twice.

use super::*;

/// One of the ways in which an answer can go wrong, chosen by the request's own seed.
fn trouble(request: &ChatRequest, severity: u64) -> Result<Reply, TeacherError> {
    let seed = request.sampling.seed.unwrap_or(0);
    let fine = proper(request);
    Ok(match (seed >> 5) % (14 + 4 * (10 - severity)) {
        0 => return Err(timed_out()),
        1 => reply(""),
        2 => reply("Sure, I can help with that"),
        3 => Reply {
            finish: Finish::Length,
            ..reply(fine)
        },
        4 => Reply {
            finish: Finish::Filtered,
            ..reply("no")
        },
        5 => Reply {
            finish: Finish::Repetition,
            ..reply(fine)
        },
        6 => reply("[Context]\nc c\n[Question]\nHow does one care for roses number 1?\n[Answer]\nOne does.\n"),
        7 => reply("[Question]\nWhat?\n[Answer]\n\n[End]"),
        8 => reply(format!(
            "{fine}[End]\n[Question]\nAnd then, {seed} of them?\n[Answer]\nYes {seed}.\n[End]"
        )),
        9 => reply("[Context]\nThe same.\n[Question]\nThe same thing again, is it not so?\n[Answer]\nThe same.\n[End]"),
        10 => reply(format!("{fine} as said [Question]")),
        11 => reply("word ".repeat(40_000)),
        12 => reply("\u{1b}[2J[Question]\n\u{0}?\n[Answer]\n\u{202e}x\n[End]"),
        13 => {
            return Err(TeacherError::Malformed {
                url: "http://x".into(),
                detail: "<html>".into(),
            });
        }
        _ => reply(fine),
    })
}

fn check_accounts(left: &Left, recorder: &MemoryRecorder) -> Result<(), TestCaseError> {
    let dropped: usize = left.summary.funnel.iter().map(|stage| stage.dropped).sum();
    prop_assert_eq!(dropped, left.summary.drops);
    let summary = &left.summary;
    prop_assert!(summary.adds_up(), "{summary:?}");
    prop_assert_eq!(summary.samples, recorder.samples.len());
    prop_assert_eq!(summary.drops, recorder.drops.len());
    let told = |wanted: fn(&RunEvent) -> bool| left.events.iter().filter(|event| wanted(event)).count();
    prop_assert_eq!(told(|event| matches!(event, RunEvent::Sample(_))), summary.samples);
    prop_assert_eq!(told(|event| matches!(event, RunEvent::Dropped(_))), summary.drops);
    let ids: HashSet<_> = recorder.samples.iter().map(|sample| &sample.id).collect();
    prop_assert_eq!(ids.len(), recorder.samples.len());
    // What a stage lets out the next one takes in.
    for pair in summary.funnel.windows(2) {
        prop_assert_eq!(pair[0].rows_out, pair[1].rows_in, "{:?}", summary.funnel);
    }
    prop_assert_eq!(summary.funnel[0].rows_in, summary.rows - summary.not_started);
    prop_assert_eq!(summary.funnel.last().unwrap().rows_out, summary.samples);
    prop_assert!(
        recorder
            .drops
            .iter()
            .all(|dropped| !dropped.message.is_empty() && !dropped.block.is_empty())
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_accounted_for(
        seed in any::<u64>(), count in 1_usize..60, which in 0_usize..4, severity in 0_u64..=10,
        slots in 1_usize..9, stop_after in proptest::option::of(0_usize..80),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let kind = Kind::ALL[which % 3];
        let flow = if which == 3 { growing(folder.path()) } else { Flow::for_kind(kind).unwrap() };
        let cancel = CancellationToken::new();
        let (stop, asked) = (cancel.clone(), std::sync::atomic::AtomicUsize::new(0));
        let script = move |request: &ChatRequest| {
            if Some(asked.fetch_add(1, Ordering::SeqCst)) == stop_after {
                stop.cancel();
            }
            trouble(request, severity)
        };
        let delay = |request: &ChatRequest| (request.sampling.seed.unwrap_or(0) % 7) as usize;
        let teacher = Arc::new(Scripted::new(script).with_slots(slots).with_delay(delay));
        let leaves = [prepared(kind, &flow, count, seed), prepared(kind, &flow, count / 2 + 1, seed ^ 1)];
        let mut recorder = MemoryRecorder::default();
        let left = start(&flow, &leaves, &teacher, &mut recorder, cancel);
        check_accounts(&left, &recorder)?;
        prop_assert!(teacher.most_under_way.load(Ordering::SeqCst) <= slots);
    }

    #[test]
    fn the_order_of_answers_does_not_matter(seed in any::<u64>(), salt in any::<u64>(), slots in 1_usize..9) {
        let flow = Flow::for_kind(Kind::Skill).unwrap();
        let leaves = [prepared(Kind::Skill, &flow, 30, seed)];
        let mut made = Vec::new();
        for salt in [0, salt] {
            // Only a few different answers, so that rows compete.
            let script = |request: &ChatRequest| {
                let number = request.sampling.seed.unwrap_or(0) % 9;
                Ok(reply(format!("[Question]\nWhat is thing {number} of {number} good for {number}?\n[Answer]\nFor {}.", request.sampling.seed.unwrap_or(0))))
            };
            let delay = move |request: &ChatRequest| ((request.sampling.seed.unwrap_or(0) ^ salt) % 23) as usize;
            let teacher = Arc::new(Scripted::new(script).with_slots(slots).with_delay(delay));
            made.push(go(&flow, &leaves, &teacher).1.samples);
        }
        prop_assert!(!made[0].is_empty());
        prop_assert_eq!(&made[0], &made[1]);
    }

    #[test]
    fn a_resumed_run_asks_nothing_twice(seed in any::<u64>(), stop_after in 0_usize..30, severity in 0_u64..6) {
        let flow = Flow::for_kind(Kind::Knowledge).unwrap();
        let leaves = [prepared(Kind::Knowledge, &flow, 30, seed)];
        let whole = Arc::new(Scripted::new(move |request| trouble(request, severity)));
        let (all, expected) = go(&flow, &leaves, &whole);

        let cancel = CancellationToken::new();
        let (stop, asked) = (cancel.clone(), std::sync::atomic::AtomicUsize::new(0));
        let teacher = Arc::new(Scripted::new(move |request| {
            if asked.fetch_add(1, Ordering::SeqCst) == stop_after {
                stop.cancel();
            }
            trouble(request, severity)
        }));
        let mut recorder = MemoryRecorder::default();
        let first = start(&flow, &leaves, &teacher, &mut recorder, cancel);
        prop_assert!(first.summary.adds_up());
        let again = Arc::new(Scripted::new(move |request| trouble(request, severity)));
        let mut resumed = MemoryRecorder { requests: recorder.requests.clone(), ..MemoryRecorder::default() };
        let second = start(&flow, &leaves, &again, &mut resumed, CancellationToken::new());
        prop_assert_eq!(second.summary.reused, recorder.requests.len());
        let before: HashSet<_> = recorder.requests.keys().collect();
        let (_, fresh) = (before, second.summary.calls);
        prop_assert_eq!(fresh + second.summary.failed_calls, again.calls());
        prop_assert_eq!(resumed.requests.len(), recorder.requests.len() + fresh);
        // Calls that fail again stand closer together when the others are not asked; a run that stops itself for that is right.
        prop_assume!(all.summary.outcome == Outcome::Done && second.summary.outcome == Outcome::Done);
        prop_assert_eq!(resumed.samples, expected.samples);
    }
}
