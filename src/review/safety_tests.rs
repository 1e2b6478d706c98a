use std::fs;

use proptest::prelude::*;
use tempfile::tempdir;

use super::fold::Fold;
use super::tests::{anna, at, journal, node, sample};
use super::*;

#[test]
fn fields_and_actions_of_another_version_are_left_alone() {
    let folder = tempdir().unwrap();
    let path = journal(folder.path());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let theirs = format!(
        "{{\"id\":\"1\",\"sample\":\"{}\",\"action\":\"accept\",\"at\":\"2026-01-01T00:00:00Z\",\"mood\":\"good\"}}\n{{\"id\":\"2\",\"sample\":\"s\",\"action\":\"adopt\",\"at\":\"2026-01-01T00:00:00Z\"}}\n",
        sample(1).id
    );
    fs::write(&path, &theirs).unwrap();
    let mut reviews = Reviews::open(folder.path(), anna());
    assert_eq!(reviews.verdict(&sample(1).id), Standing::Accepted);
    assert_eq!(reviews.take_notices().len(), 1);
    reviews
        .decide(&sample(2), Verdict::Accepted, &[], "", at(1), 1.0)
        .unwrap();
    assert!(
        fs::read_to_string(&path).unwrap().starts_with(&theirs),
        "whole lines are never set aside"
    );
}

/// Cut at every byte: what was whole counts, what was torn is kept beside the file, and the next decision is whole.
#[test]
fn a_cut_journal_loses_only_the_torn_event() {
    let folder = tempdir().unwrap();
    let mut reviews = Reviews::open(folder.path(), anna());
    reviews
        .decide(&sample(1), Verdict::Accepted, &[], "ä", at(1), 1.0)
        .unwrap();
    reviews
        .decide(&sample(1), Verdict::Rejected, &["style".to_owned()], "", at(2), 1.0)
        .unwrap();
    reviews.undo_last(at(3)).unwrap();
    let whole = fs::read(journal(folder.path())).unwrap();
    let ends: Vec<usize> = whole
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(end, _)| end)
        .collect();
    for cut in 0..=whole.len() {
        fs::write(journal(folder.path()), &whole[..cut]).unwrap();
        let mut reviews = Reviews::open(folder.path(), anna());
        let events = ends.iter().filter(|end| cut >= **end).count();
        let expected = [
            Standing::Pending,
            Standing::Accepted,
            Standing::Rejected,
            Standing::Accepted,
        ][events];
        assert_eq!(reviews.verdict(&sample(1).id), expected, "cut at {cut}");
        let torn = cut > 0 && !ends.iter().any(|end| cut == *end || cut == *end + 1);
        assert_eq!(reviews.take_notices().len(), usize::from(torn), "cut at {cut}");
        if cut % 16 == 0 {
            reviews
                .decide(&sample(2), Verdict::Accepted, &[], "", at(9), 1.0)
                .unwrap();
            assert_eq!(reviews.take_notices().len(), usize::from(torn));
            let mut reviews = Reviews::open(folder.path(), anna());
            assert_eq!(reviews.take_notices(), []);
            assert_eq!(reviews.verdict(&sample(1).id), expected);
            assert_eq!(reviews.verdict(&sample(2).id), Standing::Accepted);
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Decide(usize, Verdict),
    UndoLast,
    UndoSample(usize),
    Reopen,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..4usize, prop::sample::select(&Verdict::ALL[..])).prop_map(|(n, verdict)| Act::Decide(n, verdict)),
        3 => Just(Act::UndoLast),
        1 => (0..4usize).prop_map(Act::UndoSample),
        1 => Just(Act::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// The plainest model: a list of decisions from which undo takes the last one.
    #[test]
    fn any_sequence_of_decisions_and_undos_folds_right(acts in prop::collection::vec(act(), 1..25)) {
        let folder = tempdir().unwrap();
        let mut reviews = Reviews::open(folder.path(), anna());
        let mut model: Vec<(usize, Verdict)> = Vec::new();
        for act in acts {
            match act {
                Act::Decide(n, verdict) => {
                    reviews.decide(&sample(n), verdict, &[], "", at(0), 1.0).unwrap();
                    model.push((n, verdict));
                }
                Act::UndoLast => prop_assert_eq!(reviews.undo_last(at(0)).unwrap().len(), usize::from(model.pop().is_some())),
                Act::UndoSample(n) => {
                    reviews.undo_sample(&sample(n).id, at(0)).unwrap();
                    if let Some(last) = model.iter().rposition(|(decided, _)| *decided == n) {
                        model.remove(last);
                    }
                }
                Act::Reopen => reviews = Reviews::open(folder.path(), anna()),
            }
            let mut counts = Counts::default();
            for n in 0..4 {
                let verdict = model.iter().rev().find(|(decided, _)| *decided == n).map(|(_, verdict)| *verdict);
                prop_assert_eq!(reviews.own_verdict(&sample(n).id), verdict);
                match verdict {
                    Some(Verdict::Accepted) => counts.accepted += 1,
                    Some(Verdict::Rejected) => counts.rejected += 1,
                    Some(Verdict::Skipped) => counts.skipped += 1,
                    Some(Verdict::Flagged) => counts.flagged += 1,
                    None => {}
                }
            }
            prop_assert_eq!(reviews.counts(&node()), counts);
            prop_assert_eq!(reviews.last(99).len(), model.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// `merge=union` may leave lines in any order and twice: the verdicts are the same.
    #[test]
    fn the_order_of_lines_says_nothing(
        acts in prop::collection::vec((0..2usize, 0..5usize, 0..5usize, 0..3i64), 1..40),
        shuffled in any::<u64>(),
    ) {
        let people = [anna().unwrap(), Reviewer::new("Bo", "").unwrap()];
        let mut lines: Vec<(usize, ReviewEvent)> = Vec::new();
        for (who, n, what, second) in acts {
            let earlier = lines.iter().rev().find(|(by, event)| *by == who && event.action != Action::Undo);
            let action = Verdict::ALL.get(what).map_or(Action::Undo, |verdict| verdict.action());
            let mut event = ReviewEvent::unnamed(sample(n).id, action, at(second));
            if action == Action::Undo {
                event.undoes = earlier.map(|(_, event)| event.id.clone());
            }
            event.name(&people[who], lines.last().map(|(_, event)| &event.id));
            lines.push((who, event));
        }
        let fold = |lines: &[(usize, ReviewEvent)]| {
            let mut fold = Fold::default();
            let index = [fold.reviewer(people[0].slug()), fold.reviewer(people[1].slug())];
            for (who, event) in lines {
                fold.take(index[*who], &node(), event.clone());
            }
            fold
        };
        let straight = fold(&lines);
        let mut state = shuffled | 1;
        let mut mixed = [lines.clone(), lines.clone()].concat();
        for place in (1..mixed.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            mixed.swap(place, (state >> 33) as usize % (place + 1));
        }
        let mixed = fold(&mixed);
        prop_assert_eq!(straight.counts().get(&node()).copied().unwrap_or_default(), mixed.counts().get(&node()).copied().unwrap_or_default());
        for n in 0..5 {
            prop_assert_eq!(straight.standing(&sample(n).id), mixed.standing(&sample(n).id));
        }
        for who in 0..2 {
            let order = |fold: &Fold| fold.timeline(who).map(|decided| decided.event.clone()).collect::<Vec<_>>();
            prop_assert_eq!(order(&straight), order(&mixed));
        }
    }
}

#[test]
fn a_merge_in_any_order_is_read_anew_and_its_oddities_are_told_once() {
    let folder = tempdir().unwrap();
    let mut reviews = Reviews::open(folder.path(), anna());
    for (n, verdict) in [(1, Verdict::Accepted), (1, Verdict::Rejected), (2, Verdict::Flagged)] {
        reviews.decide(&sample(n), verdict, &[], "", at(n as i64), 1.0).unwrap();
    }
    reviews.undo_sample(&sample(2).id, at(5)).unwrap();
    let text = fs::read_to_string(journal(folder.path())).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.reverse();
    lines.insert(1, "=======");
    lines.push(lines[0]);
    fs::write(journal(folder.path()), lines.join("\n")).unwrap();
    assert!(reviews.refresh());
    assert_eq!(reviews.take_notices().len(), 1);
    assert!(!reviews.refresh());
    assert_eq!(reviews.take_notices(), []);
    assert_eq!(reviews.verdict(&sample(1).id), Standing::Rejected);
    assert_eq!(reviews.verdict(&sample(2).id), Standing::Pending);
    assert_eq!(reviews.undo_last(at(6)).unwrap()[0].now, Some(Verdict::Accepted));
}

#[test]
fn a_hundred_thousand_decisions_open() {
    let folder = tempdir().unwrap();
    let path = journal(folder.path());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let line = |n: usize| {
        format!(
            "{{\"id\":\"{n:016x}\",\"sample\":\"{:016x}\",\"action\":\"{}\",\"at\":\"{}\",\"seconds\":3.2,\"blind\":true}}\n",
            n / 2,
            if n.is_multiple_of(2) { "skip" } else { "accept" },
            at(n as i64)
        )
    };
    fs::write(&path, (0..100_000).map(line).collect::<String>()).unwrap();
    let start = std::time::Instant::now();
    let mut reviews = Reviews::open(folder.path(), anna());
    println!("opened in {:?}", start.elapsed());
    assert_eq!(
        reviews.counts(&node()),
        Counts {
            accepted: 50_000,
            ..Counts::default()
        }
    );
    let start = std::time::Instant::now();
    reviews
        .decide(&sample(1), Verdict::Accepted, &[], "", at(0), 1.0)
        .unwrap();
    println!("decided in {:?}", start.elapsed());
    assert_eq!(reviews.last(1)[0].sample, sample(1).id);
}
