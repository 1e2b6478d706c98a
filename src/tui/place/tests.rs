use std::fs;

use jiff::SignedDuration;

use super::file::file_of;
use super::*;
use crate::samples::SampleId;
use crate::taxonomy::FolderFound;
use crate::tui::report::Report;
use crate::tui::screens::browse::Report as Browse;
use crate::tui::testing::Stage;

const REPLY: &str = "compositional_skills/writing/reply";
const SUMMARY: &str = "compositional_skills/writing/summary";
const FROST: &str = "knowledge/frost";
const SEEDS: &str = "version: 3\ntask_description: t\ncreated_by: ada\nseed_examples:\n- question: Q\n  answer: A\n";

fn node(path: &str) -> NodePath {
    NodePath::parse(path).unwrap()
}

fn stage() -> Stage {
    Stage::new(&[(REPLY, SEEDS), (SUMMARY, SEEDS), (FROST, SEEDS)])
}

fn at(screen: ScreenName, chosen: &str) -> Place {
    Place {
        screen,
        chosen: Some(node(chosen)),
        closed: Vec::new(),
        leaf: None,
        row: 0,
        sample: None,
    }
}

fn begin(stage: &mut Stage, start: Start, left: Option<Place>) {
    super::begin(&mut stage.model, start, left, &mut stage.effects);
}

/// The folders that a walk finds, those above each leaf first.
fn find(stage: &mut Stage, folders: &[(&str, bool)]) {
    let found = folders.iter().map(|(path, is_leaf)| FolderFound {
        path: node(path),
        is_leaf: *is_leaf,
    });
    stage.report(Report::Browse(Browse::Folders {
        found: found.collect(),
        again: false,
    }));
}

fn walked(stage: &mut Stage) {
    stage.report(Report::Browse(Browse::Walked(Vec::new())));
}

fn chosen(stage: &Stage) -> String {
    stage.model.tree.chosen().unwrap().path.to_string()
}

const FIRST: [(&str, bool); 3] = [
    ("compositional_skills", false),
    ("compositional_skills/writing", false),
    (REPLY, true),
];
const THEN: [(&str, bool); 2] = [("knowledge", false), (FROST, true)];

#[test]
fn a_place_is_read_as_it_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (state, root) = (folder.path().join("state"), folder.path().join("taxonomy"));
    assert_eq!(read(&state, &root), None);
    let place = Place {
        closed: vec![node("knowledge")],
        leaf: Some(node(REPLY)),
        row: 3,
        sample: Some(OnShow {
            sample: SampleId::from_text("3f9a"),
            undecided: true,
        }),
        ..at(ScreenName::Review, FROST)
    };
    keep(&state, &root, place.clone()).unwrap();
    assert_eq!(read(&state, &root), Some(place.clone()));
    assert_eq!(read(&state, &folder.path().join("another")), None);
    keep(&state, &root, at(ScreenName::Commit, FROST)).unwrap();
    assert_eq!(read(&state, &root), Some(at(ScreenName::Commit, FROST)));
}

#[test]
fn what_cannot_be_understood_is_moved_aside() {
    let folder = tempfile::tempdir().unwrap();
    let (state, root) = (folder.path().join("state"), folder.path().join("taxonomy"));
    let file = file_of(&state, &root);
    keep(&state, &root, at(ScreenName::Browse, FROST)).unwrap();
    let good = fs::read_to_string(&file).unwrap();
    for bad in [
        String::new(),
        "{".to_owned(),
        good.replace("\"version\":1", "\"version\":2"),
        good.replace("/taxonomy", "/elsewhere"),
        good.replace("browse", "bowling"),
        good.replace("knowledge/frost", "../frost"),
    ] {
        assert_ne!(bad, good);
        fs::write(&file, &bad).unwrap();
        assert_eq!(read(&state, &root), None, "{bad}");
        assert!(!file.exists());
        assert_eq!(fs::read_to_string(file.with_extension("json.unread")).unwrap(), bad);
    }
}

#[test]
fn the_node_is_chosen_when_its_folder_appears() {
    let mut stage = stage();
    let place = Place {
        closed: vec![node("compositional_skills/writing"), node("knowledge/gone")],
        ..at(ScreenName::Browse, FROST)
    };
    begin(&mut stage, Start::WhereLeft, Some(place));
    find(&mut stage, &FIRST);
    assert_eq!(chosen(&stage), "compositional_skills");
    assert!(!stage.model.tree.is_open(&node("compositional_skills/writing")));
    find(&mut stage, &THEN);
    assert_eq!(chosen(&stage), FROST);
    walked(&mut stage);
    assert_eq!(chosen(&stage), FROST);
    // A folder that is gone is not written down again.
    stage.press("up");
    stage.act(Action::Terminate);
    let kept = stage.kept_place().unwrap();
    assert_eq!(kept.closed, [node("compositional_skills/writing")]);
    assert_eq!(kept.chosen, Some(node("knowledge")));
}

#[test]
fn whoever_moves_meanwhile_stays_where_they_are() {
    for keys in ["down", "down up", "-", "/ r e enter"] {
        let mut stage = stage();
        begin(&mut stage, Start::WhereLeft, Some(at(ScreenName::Browse, FROST)));
        find(&mut stage, &FIRST);
        stage.press(keys);
        if keys.starts_with('/') {
            stage.report(Report::Browse(Browse::Searched {
                query: "re".into(),
                results: vec![node(REPLY)],
            }));
        }
        let here = chosen(&stage);
        find(&mut stage, &THEN);
        walked(&mut stage);
        assert_eq!(chosen(&stage), here, "after {keys}");
    }
}

#[test]
fn a_node_that_is_gone_gives_way_to_the_folder_it_lay_in() {
    let mut stage = stage();
    begin(
        &mut stage,
        Start::WhereLeft,
        Some(at(ScreenName::Browse, "knowledge/gone/long")),
    );
    find(&mut stage, &FIRST);
    find(&mut stage, &THEN);
    walked(&mut stage);
    assert_eq!(chosen(&stage), "knowledge");
}

#[test]
fn a_node_that_was_named_wins_and_a_new_start_forgets() {
    let mut named = stage();
    let left = Place {
        leaf: Some(node(FROST)),
        ..at(ScreenName::Edit, FROST)
    };
    begin(&mut named, Start::At(node(REPLY)), Some(left.clone()));
    find(&mut named, &FIRST);
    find(&mut named, &THEN);
    walked(&mut named);
    assert_eq!(
        (named.model.screen, chosen(&named)),
        (ScreenName::Browse, REPLY.to_owned())
    );
    let mut anew = stage();
    begin(&mut anew, Start::Anew, Some(left));
    find(&mut anew, &FIRST);
    walked(&mut anew);
    assert_eq!(
        (anew.model.screen, chosen(&anew)),
        (ScreenName::Browse, REPLY.to_owned())
    );
}

#[test]
fn a_form_opens_at_its_row_before_the_tree_is_read() {
    let mut stage = stage();
    let left = Place {
        leaf: Some(node(SUMMARY)),
        row: 2,
        ..at(ScreenName::Edit, SUMMARY)
    };
    begin(&mut stage, Start::WhereLeft, Some(left.clone()));
    assert_eq!(stage.model.screen, ScreenName::Edit);
    // Leaving before anything was read loses nothing.
    stage.act(Action::Terminate);
    assert!(stage.kept_place().is_none());
    stage.settle();
    assert_eq!(stage.model.edit.row(), 2);
    stage.press("down");
    stage.wait(SignedDuration::from_secs(3));
    let kept = stage.kept_place().unwrap();
    assert_eq!(*kept, Place { row: 3, ..left });
}

#[test]
fn review_goes_on_with_the_sample_on_show() {
    let mut stage = stage();
    for question in ["one?", "two?", "three?"] {
        stage.add_sample(REPLY, question);
    }
    // Opens review anew, as a new start does.
    let come_back = |stage: &mut Stage, sample: Option<OnShow>| {
        stage.model.review = review::Review::default();
        let left = Place {
            leaf: Some(node(REPLY)),
            sample,
            ..at(ScreenName::Review, REPLY)
        };
        begin(stage, Start::WhereLeft, Some(left));
        stage.settle();
        stage.model.review.on_show()
    };
    let first = come_back(&mut stage, None);
    stage.press("n");
    let second = stage.model.review.on_show();
    stage.press("n");
    let third = stage.model.review.on_show();
    assert!(first != second && second != third && third != first);

    assert_eq!(come_back(&mut stage, second.clone()), second);
    stage.press("b");
    assert_eq!(stage.model.review.on_show(), first);
    stage.act(Action::Terminate);
    assert_eq!(stage.kept_place().unwrap().sample, first);

    stage.press("n a");
    stage.settle();
    // Killed after the decision, before the place was kept again: on to what wants one.
    assert_eq!(come_back(&mut stage, second.clone()), third);
    // Who looked at what was decided before comes back to it.
    let decided = second.map(|second| OnShow {
        undecided: false,
        ..second
    });
    assert_eq!(come_back(&mut stage, decided.clone()), decided);
}

#[test]
fn a_screen_whose_leaf_is_gone_is_not_opened() {
    for screen in [ScreenName::Edit, ScreenName::Generate, ScreenName::Review] {
        let mut stage = stage();
        let left = Place {
            leaf: Some(node("knowledge/gone")),
            ..at(screen, FROST)
        };
        begin(&mut stage, Start::WhereLeft, Some(left));
        assert_eq!(stage.model.screen, ScreenName::Browse);
    }
    // Its samples may be gone, too.
    let mut stage = stage();
    let left = Place {
        leaf: Some(node(REPLY)),
        ..at(ScreenName::Review, REPLY)
    };
    begin(&mut stage, Start::WhereLeft, Some(left));
    stage.settle();
    assert_eq!(stage.model.screen, ScreenName::Browse);
}

#[test]
fn only_what_a_person_does_is_written_down_soon() {
    let mut stage = stage();
    begin(&mut stage, Start::WhereLeft, None);
    find(&mut stage, &FIRST);
    walked(&mut stage);
    assert_eq!(stage.model.place.wake_at(), None, "nothing runs when nothing happens");
    stage.press("down up");
    assert!(stage.model.place.wake_at().is_some());
    assert!(stage.kept_place().is_none());
    stage.wait(SignedDuration::from_secs(2));
    assert_eq!(
        stage.kept_place().unwrap().chosen,
        Some(node("compositional_skills/writing"))
    );
    assert_eq!(stage.model.place.wake_at(), None);
}
