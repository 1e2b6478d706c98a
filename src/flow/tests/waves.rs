//! A growing pool: what a run makes is shown to its later rows, and what they are shown depends on nothing but the answers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::method_teacher::{good, wanted};
use super::*;

const ROWS: usize = 30;

fn pooled() -> Flow {
    Flow::named("self-instruct").unwrap()
}

/// Answers by the prompt alone, as a server does that keeps no seeds: another prompt gives another answer.
fn by_prompt(request: &ChatRequest) -> String {
    let text: String = request
        .prompt
        .messages()
        .iter()
        .map(|message| message.content.as_str())
        .collect();
    let number = text
        .bytes()
        .fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let mut request = request.clone();
    request.sampling.seed = Some(number ^ request.sampling.seed.unwrap_or(0));
    good(&request)
}

fn teacher() -> Scripted {
    Scripted::new(|request: &ChatRequest| Ok(reply(by_prompt(request))))
}

/// The lists of instructions that were asked to be gone on with.
fn pools(asked: &[ChatRequest]) -> Vec<Vec<String>> {
    let of = |request: &ChatRequest| {
        let (_, list) = request.prompt.messages()[0].content.rsplit_once("\n\n").unwrap();
        let lines = list.lines().filter_map(|line| line.split_once(". "));
        lines.map(|(_, text)| text.trim().to_owned()).collect()
    };
    let is_list = |request: &&ChatRequest| wanted(request) == "tasks";
    asked.iter().filter(is_list).map(of).collect()
}

#[test]
fn kept_instructions_come_into_later_prompts() {
    let flow = pooled();
    let teacher = Arc::new(teacher());
    let (left, recorder) = go(&flow, &[prepared(Kind::Skill, &flow, ROWS, 7)], &teacher);
    assert_eq!(left.summary.outcome, Outcome::Done);
    assert!(left.summary.adds_up());
    let seeds: Vec<String> = leaf(Kind::Skill)
        .seed_examples
        .iter()
        .map(|example| example.pairs[0].question.clone())
        .collect();
    let kept: HashSet<String> = recorder
        .samples
        .iter()
        .map(|sample| sample.messages[0].content.lines().next().unwrap().to_owned())
        .collect();
    let made: Vec<usize> = pools(&teacher.asked.lock().unwrap())
        .iter()
        .map(|pool| {
            let made: Vec<_> = pool.iter().filter(|text| !seeds.contains(text)).collect();
            assert!(made.iter().all(|text| kept.contains(*text)), "{made:?}");
            // There are five seeds only: those stand in every list, and two more at most.
            assert_eq!(pool.len(), 5 + made.len());
            made.len()
        })
        .collect();
    assert_eq!(made.len(), ROWS);
    assert_eq!(
        made.iter().filter(|made| **made == 0).count(),
        8,
        "the first wave knows nothing"
    );
    assert_eq!(made.iter().filter(|made| **made == 2).count(), ROWS - 8);
}

#[test]
fn without_a_block_that_feeds_it_the_pool_is_the_seeds() {
    for (setting, words) in [
        ("draw_pool.from_block=nobody", "there is no such block"),
        ("draw_pool.from_block=check_text", "does not take rows in their order"),
        ("draw_pool.from_column=nothing", "has the column 'nothing'"),
    ] {
        let error = Flow::open_with("self-instruct", &[Override::parse(setting).unwrap()]).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    let seeds_only = [Override::parse("draw_pool.from_block=null").unwrap()];
    let flow = Flow::open_with("self-instruct", &seeds_only).unwrap();
    let teacher = Arc::new(teacher());
    go(&flow, &[prepared(Kind::Skill, &flow, ROWS, 7)], &teacher);
    assert!(pools(&teacher.asked.lock().unwrap()).iter().all(|pool| pool.len() == 5));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_answers_does_not_matter_to_the_pool(seed in any::<u64>(), salt in any::<u64>(), slots in 1_usize..40) {
        let flow = pooled();
        let leaves = [prepared(Kind::Skill, &flow, 11, seed), prepared(Kind::Skill, &flow, 19, seed ^ 1)];
        let delay = move |request: &ChatRequest| ((request.sampling.seed.unwrap_or(0) ^ salt) % 23) as usize;
        let (_, at_once) = go(&flow, &leaves, &Arc::new(teacher()));
        let (_, mixed) = go(&flow, &leaves, &Arc::new(teacher().with_slots(slots).with_delay(delay)));
        prop_assert!(!at_once.samples.is_empty());
        prop_assert_eq!(at_once.samples, mixed.samples);
    }

    #[test]
    fn a_killed_run_goes_on_to_the_same_samples(seed in any::<u64>(), stop_after in 0_usize..120, slots in 1_usize..20) {
        let flow = pooled();
        let leaves = [prepared(Kind::Skill, &flow, ROWS, seed)];
        let (whole, expected) = go(&flow, &leaves, &Arc::new(teacher()));
        let cancel = CancellationToken::new();
        let (stop, asked) = (cancel.clone(), std::sync::atomic::AtomicUsize::new(0));
        let stopping = Scripted::new(move |request: &ChatRequest| {
            if asked.fetch_add(1, Ordering::SeqCst) == stop_after {
                stop.cancel();
            }
            Ok(reply(by_prompt(request)))
        });
        let mut first = MemoryRecorder::default();
        let stopped = start(&flow, &leaves, &Arc::new(stopping.with_slots(slots)), &mut first, cancel);
        prop_assert!(stopped.summary.adds_up());
        let mut second = MemoryRecorder { requests: first.requests, ..MemoryRecorder::default() };
        let left = start(&flow, &leaves, &Arc::new(teacher()), &mut second, CancellationToken::new());
        prop_assert_eq!(left.summary.reused, stopped.summary.calls);
        prop_assert_eq!(left.summary.calls + stopped.summary.calls, whole.summary.calls);
        prop_assert_eq!(second.samples, expected.samples);
    }

    #[test]
    fn an_answer_that_comes_late_changes_no_list_that_was_answered(seed in any::<u64>(), salt in 0_u64..1000) {
        let flow = pooled();
        let leaves = [prepared(Kind::Skill, &flow, ROWS, seed)];
        let fails = move |request: &ChatRequest| {
            wanted(request) == "tasks" && (request.sampling.seed.unwrap_or(0) ^ salt).is_multiple_of(7)
        };
        let failing = Arc::new(Scripted::new(move |request: &ChatRequest| match fails(request) {
            true => Err(timed_out()),
            false => Ok(reply(by_prompt(request))),
        }));
        let mut first = MemoryRecorder::default();
        let faulty = start(&flow, &leaves, &failing, &mut first, CancellationToken::new());
        prop_assert!(faulty.summary.adds_up());
        let failed = faulty.summary.failed_calls;
        let mut second = MemoryRecorder { requests: first.requests, ..MemoryRecorder::default() };
        let late = Arc::new(teacher());
        let left = start(&flow, &leaves, &late, &mut second, CancellationToken::new());
        prop_assert_eq!(&left.summary.outcome, &Outcome::Done);
        // The lists that failed are asked for, and what was not begun; none that was answered.
        let open = faulty.summary.not_started + faulty.summary.reasons.get(&DropReason::Cancelled).copied().unwrap_or(0);
        prop_assert!(pools(&late.asked.lock().unwrap()).len() <= failed + open);
    }

    #[test]
    fn a_batch_takes_a_round_for_each_wave_to_the_same_samples(seed in any::<u64>()) {
        let flow = pooled();
        let leaves = [prepared(Kind::Skill, &flow, ROWS, seed)];
        let (_, expected) = go(&flow, &leaves, &Arc::new(teacher()));
        let mut requests = std::collections::HashMap::new();
        for round in 1.. {
            let tray = Lists::default();
            let mut recorder = MemoryRecorder { requests, ..MemoryRecorder::default() };
            let asking = Asking::Batch(&tray);
            let left = start_asking(asking, &flow, &leaves, &Arc::new(teacher()), &mut recorder, CancellationToken::new());
            prop_assert!(left.summary.adds_up());
            let posted = tray.0.into_inner().unwrap();
            if posted.is_empty() {
                prop_assert_eq!(&recorder.samples, &expected.samples);
                // Four waves, and two calls behind the last.
                prop_assert_eq!(round, 4 + 2 + 1);
                break;
            }
            requests = recorder.requests;
            requests.extend(posted.into_iter().map(|(key, request)| (key, reply(by_prompt(&request)))));
        }
    }
}

/// Takes down what is posted.
#[derive(Default)]
struct Lists(Mutex<BTreeMap<String, ChatRequest>>);

impl Post for Lists {
    fn post(&self, call: PostedCall<'_>) -> Result<(), String> {
        self.0.lock().unwrap().insert(call.key.to_owned(), call.request.clone());
        Ok(())
    }
}
