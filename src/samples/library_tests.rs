use std::fmt::Write as _;
use std::fs;

use tempfile::tempdir;

use super::tests::{at, node, record, sample};
use super::*;

#[test]
fn runs_and_curated_are_one_collection() {
    let folder = tempdir().unwrap();
    let (root, git_dir) = (folder.path().join("root"), folder.path().join("git"));
    fs::create_dir(&root).unwrap();
    let store = RunStore::new(&git_dir);
    let mut writer = store.create(record(&store)).unwrap();
    let run = writer.record().id.clone();
    let (first, second) = (sample("knowledge/a", "one", 1), sample("knowledge/a/b", "two", 2));
    writer.append_sample(&second).unwrap();
    writer.append_sample(&first).unwrap();
    let mut library = SampleLibrary::open(&root, &git_dir);
    assert_eq!((library.len(), library.notices().len()), (2, 0));
    assert!(!library.is_curated(&first.id));

    let mut curated = Curated::new(&root);
    assert!(curated.add(&first).unwrap());
    assert!(!curated.add(&first).unwrap());
    assert_eq!(
        library.refresh(),
        Refreshed {
            added: 0,
            rebuilt: false
        }
    );
    assert!(library.is_curated(&first.id));
    assert_eq!(library.load(&first.id).unwrap(), first);
    assert_eq!(library.load(&second.id).unwrap(), second);
    let ids = |found: Vec<std::sync::Arc<SampleRef>>| found.iter().map(|found| found.id.clone()).collect::<Vec<_>>();
    assert_eq!(
        ids(library.of_node(&node("knowledge/a"))),
        std::slice::from_ref(&first.id)
    );
    let nodes = [node("knowledge/a")];
    assert_eq!(
        ids(library.select(&Selection {
            nodes: &nodes,
            ..Selection::default()
        })),
        [first.id.clone(), second.id.clone()]
    );
    assert_eq!(
        library
            .select(&Selection {
                run: Some(&run),
                ..Selection::default()
            })
            .len(),
        2
    );
    let keep = |found: &SampleRef| found.id == second.id;
    assert_eq!(
        ids(library.select(&Selection {
            keep: Some(&keep),
            ..Selection::default()
        })),
        std::slice::from_ref(&second.id)
    );
    assert_eq!(
        library.matching(first.id.as_str().get(..9).unwrap(), 5),
        std::slice::from_ref(&first.id)
    );

    // A live run grows; an edit knows its parent.
    let mut edit = sample("knowledge/a", "one, edited", 3);
    edit.parent = Some(first.id.clone());
    edit.provenance.editor = "Anna".into();
    writer.append_sample(&edit).unwrap();
    assert_eq!(
        library.refresh_run(&run),
        Refreshed {
            added: 1,
            rebuilt: false
        }
    );
    assert_eq!(
        library.refresh_run(&run),
        Refreshed {
            added: 0,
            rebuilt: false
        }
    );
    assert_eq!(ids(library.children(&first.id)), std::slice::from_ref(&edit.id));
    assert!(library.get(&edit.id).unwrap().edited);

    // The order does not depend on which copy is there.
    let before = ids(library.select(&Selection::default()));
    drop(writer);
    fs::remove_dir_all(store.folder()).unwrap();
    assert!(library.refresh().rebuilt);
    assert_eq!(ids(library.select(&Selection::default())), before[..1]);
    let text = fs::read_to_string(root.join(".gitattributes")).unwrap();
    assert_eq!(text, "curated/**/*.jsonl merge=union\n");
}

#[test]
fn a_changed_file_is_searched_and_then_read_anew() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    let (one, two) = (sample("knowledge/a", "one", 1), sample("knowledge/a", "two", 2));
    Curated::new(root)
        .add_all(&node("knowledge/a"), &[&one, &two, &one])
        .unwrap();
    let mut library = SampleLibrary::open(root, &root.join(".git"));
    let path = samples_file(root, &node("knowledge/a"));
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    lines.reverse();
    fs::write(
        &path,
        format!(
            "not json\n{}\n{{\"id\":\"x\",\"node\":\"../etc\",\"kind\":\"skill\"}}",
            lines.join("\n")
        ),
    )
    .unwrap();
    assert_eq!(library.load(&one.id).unwrap(), one);
    assert!(library.refresh().rebuilt);
    assert_eq!((library.len(), library.notices().len()), (2, 2));
    assert!(matches!(
        library.load(&SampleId::from_text("x")),
        Err(StoreError::NoSuchSample { .. })
    ));
    // Another program's line ends and attributes stay.
    fs::write(root.join(".gitattributes"), "*.png binary").unwrap();
    Curated::new(root).add(&sample("knowledge/a", "three", 3)).unwrap();
    assert_eq!(
        fs::read_to_string(root.join(".gitattributes")).unwrap(),
        "*.png binary\ncurated/**/*.jsonl merge=union\n"
    );
}

#[test]
fn git_replacing_the_file_costs_no_sample() {
    let folder = tempdir().unwrap();
    let mut curated = Curated::new(folder.path());
    let (one, two) = (sample("knowledge/a", "one", 1), sample("knowledge/a", "two", 2));
    curated.add(&one).unwrap();
    fs::remove_dir_all(curated_folder(folder.path(), None)).unwrap();
    assert!(curated.add(&one).unwrap(), "another branch does not have it");
    curated.add(&two).unwrap();
    assert_eq!(SampleLibrary::open(folder.path(), folder.path()).len(), 2);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_links() {
    let folder = tempdir().unwrap();
    let (root, outside) = (folder.path().join("root"), folder.path().join("outside"));
    fs::create_dir_all(&root).unwrap();
    fs::create_dir_all(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, root.join("curated")).unwrap();
    let error = Curated::new(&root).add(&sample("knowledge/a", "one", 1)).unwrap_err();
    assert!(matches!(error, StoreError::Linked { .. }));
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn a_hundred_thousand_samples_open() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("seedbed/runs/r1");
    fs::create_dir_all(&run).unwrap();
    let template = serde_json::to_string(&sample("knowledge/a", "how?", 0)).unwrap();
    let id = sample("knowledge/a", "how?", 0).id;
    let mut text = String::new();
    for n in 0..100_000 {
        let line = template
            .replace(id.as_str(), &format!("{n:016x}"))
            .replace("knowledge/a", &format!("knowledge/n{}", n % 300));
        writeln!(text, "{line}").unwrap();
    }
    fs::write(run.join("samples.jsonl"), text).unwrap();
    let start = std::time::Instant::now();
    let library = SampleLibrary::open(folder.path(), folder.path());
    println!("opened {} samples in {:?}", library.len(), start.elapsed());
    assert_eq!(library.len(), 100_000);
    assert_eq!(library.counts().count(), 300);
    let last = SampleId::from_text(format!("{:016x}", 99_999));
    assert_eq!(library.load(&last).unwrap().provenance.made, Some(at(0)));
    let start = std::time::Instant::now();
    assert_eq!(library.select(&Selection::default()).len(), 100_000);
    println!("selected in {:?}", start.elapsed());
}
