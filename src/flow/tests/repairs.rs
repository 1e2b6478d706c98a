//! Judges that cannot be read are asked once more, and no more than once.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::method_teacher::{good, wanted};
use super::*;

fn is_judge(request: &ChatRequest) -> bool {
    matches!(wanted(request), "verdict" | "grade")
}

/// The second question about an answer: its demand is the last message.
fn is_repair(request: &ChatRequest) -> bool {
    let last = request.prompt.messages().last().unwrap();
    last.content.starts_with("This could not be read: ")
}

/// What a judge says that is read, when it is asked again.
fn repaired(request: &ChatRequest) -> String {
    match wanted(request) {
        "grade" => r#"{"explanation": "Well.", "score": 3}"#,
        _ => r#"{"explanation": "Well.", "verdict": "YES"}"#,
    }
    .to_owned()
}

fn rambling(mends: impl Fn(&ChatRequest) -> Result<Reply, TeacherError> + Send + Sync + 'static) -> Arc<Scripted> {
    Arc::new(Scripted::new(move |request: &ChatRequest| {
        match (is_judge(request), is_judge(request) && is_repair(request)) {
            (_, true) => mends(request),
            (true, _) => Ok(reply("It is a wide field.")),
            _ => Ok(reply(good(request))),
        }
    }))
}

fn asked_again(summary: &RunSummary) -> BTreeMap<String, usize> {
    let asked = summary.funnel.iter().filter(|stage| stage.asked_again > 0);
    asked.map(|stage| (stage.block.clone(), stage.asked_again)).collect()
}

#[test]
fn a_judge_is_shown_its_answer_and_the_form() {
    let flow = Flow::named("lab-freeform").unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 4, 7)];
    let teacher = rambling(|request| Ok(reply(repaired(request))));
    let (left, recorder) = go(&flow, &leaves, &teacher);
    assert!(left.summary.adds_up() && left.summary.samples > 4);
    assert!(recorder.samples.iter().all(|sample| sample.flags.is_empty()));
    let asked = teacher.asked.lock().unwrap();
    let again: Vec<_> = asked.iter().filter(|request| is_repair(request)).collect();
    let counts = asked_again(&left.summary);
    assert_eq!(counts.values().sum::<usize>(), again.len());
    assert_eq!(counts.len(), 2, "{counts:?}");
    assert_eq!(
        again.len() * 2,
        asked.iter().filter(|request| is_judge(request)).count()
    );
    for request in again {
        let [.., shown, demand] = request.prompt.messages() else {
            panic!()
        };
        assert_eq!(shown.content, "It is a wide field.");
        assert!(
            demand.content.contains("the answer holds no JSON object"),
            "{}",
            demand.content
        );
        let form = demand.content.lines().last().unwrap();
        let forms = [
            r#"{"explanation": "…", "verdict": "YES" or "NO"}"#,
            r#"{"explanation": "…", "score": a whole number from 1 to 3}"#,
        ];
        assert!(forms.contains(&form), "{form}");
        assert!(request.extra.contains_key("response_format") && request.sampling.temperature == Some(0.0));
    }
    // Each of both answers is recorded, and belongs to the sample.
    let requests = &recorder.samples[0].provenance.requests;
    assert_eq!(requests.len(), 6);
    assert!(requests.iter().all(|key| recorder.requests.contains_key(key)));
    let mut second = MemoryRecorder {
        requests: recorder.requests.clone(),
        ..MemoryRecorder::default()
    };
    let resumed = start(
        &flow,
        &leaves,
        &teacher_that_is_not_asked(),
        &mut second,
        CancellationToken::new(),
    );
    assert_eq!((resumed.summary.calls, &second.samples), (0, &recorder.samples));
    assert_eq!(asked_again(&resumed.summary), counts);
}

fn teacher_that_is_not_asked() -> Arc<Scripted> {
    Arc::new(Scripted::new(|request: &ChatRequest| panic!("asked: {request:?}")))
}

#[test]
fn what_still_cannot_be_read_goes_to_a_person_and_is_not_asked_a_third_time() {
    let flow = Flow::named("lab-freeform").unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 4, 7)];
    for mends in ["It is a wider field.", ""] {
        let teacher = rambling(move |_| Ok(reply(mends)));
        let (left, recorder) = go(&flow, &leaves, &teacher);
        assert!(left.summary.samples > 4);
        assert!(recorder.samples.iter().all(|sample| sample.flags == ["unjudged"]));
        let asked = teacher.asked.lock().unwrap();
        let judged = asked.iter().filter(|request| is_judge(request));
        let (again, first): (Vec<_>, Vec<_>) = judged.partition(|request| is_repair(request));
        assert_eq!(again.len(), first.len());
    }
    // A server that filters the second answer takes no sample away.
    let teacher = rambling(|_| {
        Ok(Reply {
            finish: Finish::Filtered,
            ..reply("")
        })
    });
    let (left, recorder) = go(&flow, &leaves, &teacher);
    assert!(left.summary.samples > 4 && left.summary.adds_up());
    assert!(recorder.samples.iter().all(|sample| sample.flags == ["unjudged"]));
}

#[test]
fn a_server_that_never_takes_the_second_question_stops_nothing() {
    let flow = Flow::named("lab-freeform").unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 12, 7)];
    let teacher = rambling(|_| {
        Err(TeacherError::ContextTooLong {
            model: "small".to_owned(),
            detail: "4096 tokens".to_owned(),
        })
    });
    let (left, recorder) = go(&flow, &leaves, &teacher);
    assert_eq!(left.summary.outcome, Outcome::Done);
    assert!(left.summary.samples > 12 && left.summary.failed_calls > 10);
    assert!(recorder.samples.iter().all(|sample| sample.flags == ["unjudged"]));
}

#[test]
fn rows_that_nobody_was_asked_about_again_are_not_counted() {
    let flow = Flow::named("lab-freeform").unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 4, 7)];
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let ending = Scripted::new(move |request: &ChatRequest| {
        assert!(!is_repair(request), "asked after the end");
        if !is_judge(request) {
            return Ok(reply(good(request)));
        }
        stop.cancel();
        Ok(reply("It is a wide field."))
    });
    let mut recorder = MemoryRecorder::default();
    let left = start(&flow, &leaves, &Arc::new(ending), &mut recorder, cancel);
    assert!(left.summary.adds_up());
    assert_eq!(asked_again(&left.summary), BTreeMap::new());
}

#[test]
fn a_block_names_the_one_whose_answers_it_reads() {
    for (setting, words) in [
        ("judge_pair_read.repair=judge_question", "reads nothing of its answers"),
        ("judge_pair_read.repair=nobody", "'nobody' is none"),
    ] {
        let error = Flow::open_with("lab-freeform", &[Override::parse(setting).unwrap()]).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn an_empty_answer_makes_no_empty_turn() {
    let flow = Flow::named("lab-freeform").unwrap();
    let teacher = Arc::new(Scripted::new(|request: &ChatRequest| {
        let last = &request.prompt.messages().last().unwrap().content;
        match is_judge(request) {
            true if last.contains("This could not be read: ") => Ok(reply(repaired(request))),
            true => Ok(reply(" \n")),
            false => Ok(reply(good(request))),
        }
    }));
    let (_, recorder) = go(&flow, &[prepared(Kind::Skill, &flow, 2, 7)], &teacher);
    assert!(!recorder.samples.is_empty() && recorder.samples.iter().all(|sample| sample.flags.is_empty()));
    for request in teacher.asked.lock().unwrap().iter() {
        let messages = request.prompt.messages();
        assert!(messages.iter().all(|message| !message.content.trim().is_empty()));
        assert!(messages.windows(2).all(|pair| pair[0].role != pair[1].role));
    }
}

#[test]
fn a_second_question_that_does_not_arrive_is_taken_up_again() {
    let flow = Flow::named("lab-freeform").unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 4, 7)];
    let (_, expected) = go(&flow, &leaves, &rambling(|request| Ok(reply(repaired(request)))));
    let flaky = rambling(|request| match request.sampling.seed.unwrap_or(0) % 5 {
        0 => Err(timed_out()),
        _ => Ok(reply(repaired(request))),
    });
    let (first, recorder) = go(&flow, &leaves, &flaky);
    assert!(first.summary.failed_calls > 0 && first.summary.adds_up());
    let lost = |dropped: &Drop| dropped.reason == DropReason::Transport && dropped.block.ends_with("_read");
    assert!(recorder.drops.iter().any(lost));
    let mut second = MemoryRecorder {
        requests: recorder.requests,
        ..MemoryRecorder::default()
    };
    let teacher = rambling(|request| Ok(reply(repaired(request))));
    let left = start(&flow, &leaves, &teacher, &mut second, CancellationToken::new());
    assert_eq!(left.summary.reused, first.summary.calls);
    assert_eq!(second.samples, expected.samples);
}

/// Takes down what is posted, with the block that it is for.
#[derive(Default)]
struct Posted(Mutex<BTreeMap<String, (String, ChatRequest)>>);

impl Post for Posted {
    fn post(&self, call: PostedCall<'_>) -> Result<(), String> {
        let posted = (call.block.to_owned(), call.request.clone());
        assert!(self.0.lock().unwrap().insert(call.key.to_owned(), posted).is_none());
        Ok(())
    }
}

#[test]
fn in_a_batch_the_second_question_is_a_round_of_its_own() {
    let flow = Flow::named("lab-freeform").unwrap();
    let leaves = [prepared(Kind::Skill, &flow, 3, 7)];
    let teacher = rambling(|request| Ok(reply(repaired(request))));
    let (_, expected) = go(&flow, &leaves, &teacher);
    let mut rounds = Vec::new();
    let mut requests = std::collections::HashMap::new();
    loop {
        let tray = Posted::default();
        let mut recorder = MemoryRecorder {
            requests,
            ..MemoryRecorder::default()
        };
        let asking = Asking::Batch(&tray);
        let left = start_asking(
            asking,
            &flow,
            &leaves,
            &teacher_that_is_not_asked(),
            &mut recorder,
            CancellationToken::new(),
        );
        assert!(left.summary.adds_up());
        let posted = tray.0.into_inner().unwrap();
        if posted.is_empty() {
            assert_eq!(recorder.samples, expected.samples);
            break;
        }
        rounds.push(posted.values().map(|(block, _)| block.clone()).collect::<HashSet<_>>());
        requests = recorder.requests;
        for (key, (_, request)) in posted {
            let text = match (is_judge(&request), is_judge(&request) && is_repair(&request)) {
                (_, true) => repaired(&request),
                (true, _) => "It is a wide field.".to_owned(),
                _ => good(&request),
            };
            requests.insert(key, reply(text));
        }
    }
    let names: Vec<String> = rounds
        .into_iter()
        .map(|round| round.into_iter().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(names.len(), 6, "{names:?}");
    assert!(
        names.iter().filter(|name| name.ends_with("_read")).count() == 2,
        "{names:?}"
    );
}

#[test]
fn only_an_earlier_block_with_one_answer_can_be_asked_again() {
    let read = |name: &str, setting: &str| {
        Flow::open_with(name, &[Override::parse(setting).unwrap()])
            .unwrap_err()
            .to_string()
    };
    assert!(read("lab-freeform", "judge_question_read.repair=nobody").contains("'nobody' is none"));
    let several = read("distil", "grade_read.repair=answer");
    assert!(several.contains("several answers"), "{several}");
}
