//! The shipped methods from end to end, with a teacher that answers each prompt in its form.

use std::collections::BTreeMap;

use serde_json::json;

use super::method_teacher::{Mood, good, in_mood, wanted};
use super::*;
use crate::flow::row::Columns;

fn kinds(flow: &Flow) -> Vec<Kind> {
    let word = |kind: &Kind| match kind {
        Kind::Skill => "skill",
        Kind::GroundedSkill => "grounded-skill",
        Kind::Knowledge => "knowledge",
    };
    Kind::ALL
        .into_iter()
        .filter(|kind| flow.metadata.tags.iter().any(|tag| tag == word(kind)))
        .collect()
}

fn reasons(recorder: &MemoryRecorder) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for dropped in &recorder.drops {
        let key = format!("{} {:?}: {}", dropped.block, dropped.reason, dropped.message);
        *counts.entry(key).or_default() += 1;
    }
    counts
}

fn methods() -> Vec<Flow> {
    let flows = Flow::shipped().unwrap();
    flows
        .into_iter()
        .filter(|flow| !["freeform-skill", "grounded-skill", "knowledge"].contains(&flow.name.as_str()))
        .collect()
}

#[test]
fn every_method_makes_samples_of_every_kind_of_leaf_it_names() {
    for flow in methods() {
        let kinds = kinds(&flow);
        assert!(!kinds.is_empty(), "{} has no tags", flow.name);
        for kind in kinds {
            let script = |request: &ChatRequest| {
                Ok(Reply {
                    reasoning: "I think so.".to_owned(),
                    ..reply(good(request))
                })
            };
            let teacher = Arc::new(Scripted::new(script).with_model("scripted-qwen"));
            let leaves = [prepared(kind, &flow, 6, 7)];
            let (left, recorder) = go(&flow, &leaves, &teacher);
            assert_eq!(left.summary.outcome, Outcome::Done, "{} for {kind}", flow.name);
            assert!(left.summary.adds_up());
            let drops = reasons(&recorder);
            assert!(
                left.summary.samples >= 5 && left.summary.samples > recorder.drops.len(),
                "{} for {kind}: {} samples, {drops:#?}",
                flow.name,
                left.summary.samples
            );
            let has_signs = flow.blocks.iter().any(|block| block.block_type == "SourceSignsBlock");
            for sample in &recorder.samples {
                assert_eq!(
                    sample.context.is_some(),
                    kind != Kind::Skill,
                    "{} for {kind}: {sample:?}",
                    flow.name
                );
                assert!(
                    sample
                        .messages
                        .iter()
                        .all(|message| !message.content.contains("Final answer:"))
                );
                // This teacher never says what the passage does.
                assert!(
                    sample.flags.iter().all(|flag| flag == "little-overlap" && has_signs),
                    "{}: {:?}",
                    flow.name,
                    sample.flags
                );
                // Pairs and choices are written several at a time, or as JSON: their call's reasoning is about the whole.
                let is_own = !["lab-knowledge", "multiple-choice"].contains(&flow.name.as_str());
                assert_eq!(
                    sample.reasoning.as_deref(),
                    is_own.then_some("I think so."),
                    "{}",
                    flow.name
                );
                assert!(!sample.messages[1].content.contains("I think so."));
            }
        }
    }
}

#[test]
fn judges_that_say_no_and_answers_without_form_leave_drops_with_reasons() {
    for flow in methods() {
        let kind = kinds(&flow)[0];
        for mood in [Mood::Strict, Mood::Rambling] {
            let teacher =
                Arc::new(Scripted::new(move |request| Ok(reply(in_mood(request, mood)))).with_model("scripted-qwen"));
            let leaves = [prepared(kind, &flow, 4, 7)];
            let (left, recorder) = go(&flow, &leaves, &teacher);
            assert!(left.summary.adds_up(), "{} {mood:?}", flow.name);
            assert!(
                recorder
                    .drops
                    .iter()
                    .all(|dropped| !dropped.message.is_empty() && dropped.reason != DropReason::Other)
            );
            assert!(
                recorder
                    .drops
                    .iter()
                    .all(|dropped| dropped.reason != DropReason::Template),
                "{}: {:#?}",
                flow.name,
                reasons(&recorder)
            );
            // Judges that cannot be read leave the decision to a person, and nothing passes for judged.
            let is_unmarked = |sample: &Sample| !sample.flags.iter().any(|flag| flag == "unjudged");
            let is_unjudged = |sample: &&Sample| is_unmarked(sample) && sample.scores.is_empty();
            let passed = recorder.samples.iter().filter(is_unjudged).count();
            assert!(
                passed == 0 || flow.name == "self-instruct",
                "{} {mood:?}: {passed}",
                flow.name
            );
        }
    }
}

#[test]
fn evolution_goes_on_from_successes_and_past_failures() {
    let flow = Flow::named("evol-instruct").unwrap();
    let teacher = Arc::new(Scripted::new(|request| {
        let mut answer = good(request);
        // A constraint always comes out as it went in.
        if wanted(request) == "evolved"
            && request.prompt.messages()[0]
                .content
                .contains("exactly one more requirement")
        {
            answer = request.prompt.messages()[3].content.lines().last().unwrap().to_owned();
        }
        Ok(reply(answer))
    }));
    let (left, recorder) = go(&flow, &[prepared(Kind::Skill, &flow, 12, 7)], &teacher);
    assert_eq!(left.summary.samples + left.summary.drops, 12 * 4);
    assert!(!recorder.drops.is_empty());
    for dropped in &recorder.drops {
        assert!(
            dropped.message.contains("constraint: nothing was changed"),
            "{}",
            dropped.message
        );
    }
    let depths: BTreeMap<u32, usize> = recorder.samples.iter().fold(BTreeMap::new(), |mut counts, sample| {
        *counts.entry(sample.depth).or_default() += 1;
        counts
    });
    assert!(depths.len() == 4, "{depths:?}");
    let mut seen = HashSet::new();
    for sample in &recorder.samples {
        let operators = &sample.provenance.operators;
        assert_eq!(operators.len(), sample.depth as usize);
        assert!(!operators.iter().any(|operator| operator == "constraint"));
        seen.extend(operators.iter().cloned());
        // What was added before is still there, unless it was made anew.
        let added = sample.messages[0].content.matches("Mind").count();
        assert_eq!(added, operators.len(), "{operators:?}: {}", sample.messages[0].content);
    }
    assert_eq!(seen.len(), 5);
}

#[test]
fn a_text_for_other_readers_is_a_sample_beside_its_passage() {
    let flow = Flow::named("re-represent").unwrap();
    let teacher = Arc::new(Scripted::new(|request| {
        Ok(reply(match wanted(request) {
            // One of ten claims is made up: too much for an article, not for a story.
            "claims" => {
                let claims = json!({"claim": "So.", "verdict": "common", "quote": ""});
                let mut claims = vec![claims; 9];
                claims.push(json!({"claim": "Not so.", "verdict": "not found", "quote": ""}));
                json!({"claims": claims}).to_string()
            }
            _ => good(request),
        }))
    }));
    let (left, recorder) = go(&flow, &[prepared(Kind::Knowledge, &flow, 24, 7)], &teacher);
    assert!(left.summary.adds_up());
    assert!(recorder.drops.iter().any(|dropped| dropped.block == "check_claims"));
    assert!(recorder.drops.iter().all(|dropped| dropped.block != "check_story"));
    let (texts, questions): (Vec<_>, Vec<_>) = recorder
        .samples
        .iter()
        .partition(|sample| sample.messages[0].content.starts_with("Tell me of"));
    assert!(!texts.is_empty() && questions.len() > texts.len());
    for text in texts {
        assert!(text.messages[1].content.starts_with("Here 0 stands the fact"));
        let (_, document) = &documents()[0];
        let span = text.provenance.document.as_ref().unwrap();
        let passage = document.get(span.start..span.end).unwrap();
        assert!(text.context.as_deref().unwrap().ends_with(passage), "{text:?}");
        assert_eq!(text.scores["faithfulness_score"], 0.9);
    }
}

#[test]
fn revisions_leave_the_way_they_went_and_a_pair() {
    let flow = Flow::named("self-revision").unwrap();
    let teacher = Arc::new(Scripted::new(|request| Ok(reply(good(request)))));
    let (_, recorder) = go(&flow, &[prepared(Kind::GroundedSkill, &flow, 4, 7)], &teacher);
    assert_eq!(recorder.samples.len(), 4, "{:#?}", reasons(&recorder));
    for sample in &recorder.samples {
        assert!(sample.messages[1].content.contains("mended"));
        assert!(sample.rejected.as_ref().unwrap().contains("short"));
        let [step] = sample.provenance.trajectory.as_slice() else {
            panic!("{sample:?}")
        };
        assert_eq!((step["round"].as_u64(), step["kept"].as_bool()), (Some(1), Some(true)));
        assert_eq!(step["issues"].as_array().unwrap().len(), 4);
        assert_eq!(step["addressed"], "1");
        assert_eq!(sample.scores["critic_score"], 5.0);
    }
    // A critic that always prefers the first text shown lets no revision through.
    let teacher = Arc::new(Scripted::new(|request| {
        Ok(reply(match wanted(request) {
            "comparison" => json!({"explanation": "First.", "verdict": "A"}).to_string(),
            _ => good(request),
        }))
    }));
    let (_, recorder) = go(&flow, &[prepared(Kind::GroundedSkill, &flow, 4, 7)], &teacher);
    for sample in &recorder.samples {
        assert!(sample.messages[1].content.contains("short") && sample.rejected.is_none());
        assert_eq!(sample.provenance.trajectory[0]["kept"], false);
    }
}

#[test]
fn pairs_choices_and_agreement_stand_in_the_samples() {
    let made = |name: &str, kind: Kind| {
        let flow = Flow::named(name).unwrap();
        let teacher = Arc::new(Scripted::new(|request| Ok(reply(good(request)))));
        go(&flow, &[prepared(kind, &flow, 8, 7)], &teacher).1.samples
    };
    for sample in made("preference-pairs", Kind::Skill) {
        assert!(sample.messages[1].content.contains("better") && sample.rejected.unwrap().contains("plain"));
    }
    let choices: Vec<_> = made("multiple-choice", Kind::Knowledge)
        .into_iter()
        .map(|sample| sample.choices.unwrap())
        .collect();
    assert!(
        choices
            .iter()
            .all(|choices| choices.options.len() == 4 && choices.options[choices.correct].starts_with("right"))
    );
    assert!(
        choices
            .iter()
            .map(|choices| choices.correct)
            .collect::<HashSet<_>>()
            .len()
            > 1
    );
    let distilled = made("distil", Kind::Skill);
    assert!(
        distilled
            .iter()
            .any(|sample| sample.scores.get("agreement_score") == Some(&1.0))
    );
    assert!(
        distilled
            .iter()
            .any(|sample| sample.scores.contains_key("critic_score"))
    );
}

/// A judge that is only shown good work learns to say yes.
#[test]
fn judges_are_shown_a_no_that_is_right() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/flow/shipped");
    let mut judged = 0;
    for entry in std::fs::read_dir(&folder)
        .unwrap()
        .chain(std::fs::read_dir(folder.join("prompts")).unwrap())
    {
        let path = entry.unwrap().path();
        let prompts = if path.is_dir() {
            path.join("prompts")
        } else {
            path.clone()
        };
        let files: Vec<_> = if prompts.is_dir() {
            std::fs::read_dir(prompts)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect()
        } else {
            vec![path]
        };
        for file in files
            .into_iter()
            .filter(|file| file.extension().is_some_and(|end| end == "yaml"))
        {
            let prompt: Vec<Columns> = serde_yaml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
            let shown: Vec<serde_json::Value> = prompt
                .iter()
                .filter(|message| message["role"] == "assistant")
                .filter_map(|message| serde_json::from_str(message["content"].as_str().unwrap()).ok())
                .collect();
            if shown.is_empty() {
                continue;
            }
            // First the explanation, then what follows from it; and never the same outcome twice.
            let outcome = |answer: &serde_json::Value| {
                answer
                    .as_object()
                    .unwrap()
                    .iter()
                    .skip(1)
                    .map(|(_, value)| value.to_string())
                    .collect::<String>()
            };
            assert!(
                shown.iter().all(
                    |answer| answer.as_object().unwrap().keys().next().unwrap() == "explanation"
                        || answer.get("claims").is_some()
                ),
                "{file:?}"
            );
            let outcomes: HashSet<String> = shown.iter().map(outcome).collect();
            assert!(outcomes.len() == shown.len(), "{file:?}");
            judged += 1;
        }
    }
    assert!(judged >= 10, "{judged}");
}

/// A card that promises fewer calls than there can be would be paid for.
#[test]
fn cards_name_the_calls_that_there_can_be() {
    for flow in methods() {
        let card = &flow.metadata.description;
        let told = card.lines().find(|line| line.starts_with("Costs:")).unwrap();
        let told_more = told.split_once(" more where answers").map_or(0, |(before, _)| {
            before.rsplit('(').next().unwrap().parse::<u64>().unwrap()
        });
        let told = told.split(" calls").filter_map(|part| part.rsplit(' ').next());
        let told = told.filter_map(|word| match word {
            "four" => Some(4),
            "five" => Some(5),
            "three" => Some(3),
            number => number.parse::<u64>().ok(),
        });
        let told = told.max().unwrap();
        for kind in kinds(&flow) {
            // Enough rows for every draw to come.
            let found = (0..8).map(|seed| estimate(&flow, &[prepared(kind, &flow, 1, seed)]));
            let (calls, more): (Vec<u64>, Vec<u64>) = found.map(|one| (one.calls, one.second_calls)).unzip();
            let most = (calls.into_iter().max().unwrap(), more.into_iter().max().unwrap());
            assert_eq!((told, told_more), most, "{} for {kind}: {card}", flow.name);
        }
    }
}
