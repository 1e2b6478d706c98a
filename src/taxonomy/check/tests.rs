use super::*;

const SKILL: &str = "version: 3\ntask_description: Reply politely.\ncreated_by: a\nseed_examples:\n  - question: q1\n    answer: a1\n  - question: q2\n    answer: a2\n  - question: q3\n    answer: a3\n  - question: q4\n    answer: a4\n  - question: q5\n    answer: a5\n";

fn brief(path: &str, text: &str, profile: Profile) -> Vec<String> {
    check_file(path, text.as_bytes(), profile)
        .into_iter()
        .map(|one| {
            format!(
                "{:?} {}:{} {} {}",
                one.severity, one.line, one.column, one.rule, one.yaml_path
            )
        })
        .collect()
}

fn skill(text: &str) -> Vec<String> {
    brief("compositional_skills/a/qna.yaml", text, Profile::Ilab)
}

#[test]
fn a_right_file_has_no_findings() {
    assert_eq!(skill(SKILL), Vec::<String>::new());
    assert_eq!(
        brief("compositional_skills/a/qna.yaml", SKILL, Profile::Ci),
        Vec::<String>::new()
    );
    assert_eq!(
        skill(&format!("\u{feff}{}", SKILL.replace('\n', "\r\n"))),
        Vec::<String>::new()
    );
}

#[test]
fn findings_stand_at_their_true_place() {
    let text = SKILL
        .replace("answer: a3", "answer: 12")
        .replace("    answer: a4\n", "    anwser: a4\n")
        .replace("created_by: a\n", "created_by:\n");
    assert_eq!(
        skill(&text),
        [
            "Error 3:1 type .created_by",
            "Error 10:13 type .seed_examples[2].answer",
            "Error 11:5 required .seed_examples[3]",
            "Error 12:5 unknown-key .seed_examples[3]",
        ]
    );
    let found = check_file("compositional_skills/a/qna.yaml", text.as_bytes(), Profile::Ilab);
    assert!(
        found[1]
            .message
            .contains("'answer' of seed example 3 is read as a number (12)"),
        "{}",
        found[1].message
    );
    assert!(found[1].message.contains("put it in quotes"));
    assert!(
        found[3].message.contains("did you mean 'answer'?"),
        "{}",
        found[3].message
    );
}

#[test]
fn too_few_point_at_the_key_and_repetitions_at_the_repetition() {
    let text = SKILL
        .replace("q5", "q1")
        .replace("a5", "a1")
        .replace("  - question: q4\n    answer: a4\n", "");
    assert_eq!(
        skill(&text),
        [
            "Error 4:1 min-items .seed_examples",
            "Error 11:5 unique-items .seed_examples"
        ]
    );
}

#[test]
fn the_profiles_differ_where_the_programs_do() {
    let old = SKILL.replace("version: 3", "version: 2");
    assert_eq!(skill(&old), Vec::<String>::new());
    let path = "compositional_skills/a/qna.yaml";
    assert_eq!(brief(path, &old, Profile::Ci), ["Error 1:10 version .version"]);
    let blank = format!("{SKILL}\n");
    assert_eq!(skill(&blank), ["Error 15:1 empty-lines "]);
    assert_eq!(brief(path, &blank, Profile::Ci), ["Warning 15:1 empty-lines "]);
}

#[test]
fn style_is_looked_at_from_version_2_on() {
    let untidy = SKILL.replace("created_by: a\n", "created_by: a  \n");
    assert_eq!(skill(&untidy), ["Error 3:14 trailing-spaces "]);
    assert_eq!(
        skill(&untidy.replace("version: 3\n", "version: 1\n")),
        Vec::<String>::new()
    );
    assert_eq!(
        skill(&SKILL.replace("created_by: a\n", "created_by: a\ncreated_by: b\n")),
        ["Error 4:1 key-duplicates "]
    );
    assert_eq!(skill(SKILL.trim_end()), ["Error 14:15 new-line-at-end-of-file "]);
}

#[test]
fn directives_turn_style_off() {
    let untidy = |first: &str| format!("{first}{}", SKILL.replace("created_by: a\n", "created_by: a  \n"));
    for quiet in [
        "# yamllint disable-file\n",
        "# yamllint disable\n",
        "# yamllint disable rule:trailing-spaces\n",
    ] {
        assert_eq!(skill(&untidy(quiet)), Vec::<String>::new(), "{quiet}");
    }
    for loud in [
        "#yamllint disable\n",
        "# yamllint disable rule:empty-lines\n",
        "# yamllint disable-line\n",
        "# yamllint disable\n# yamllint enable\n",
    ] {
        assert_eq!(skill(&untidy(loud)).len(), 1, "{loud}");
    }
    let inside = SKILL.replace(
        "task_description: Reply politely.",
        "task_description: |\n  # yamllint disable\n  x ",
    );
    assert_eq!(skill(&inside), ["Error 4:4 trailing-spaces "]);
}

#[test]
fn files_that_cannot_be_judged_have_one_finding() {
    assert_eq!(skill(""), ["Warning 1:1 empty-file "]);
    assert_eq!(skill("# only a comment\n"), ["Warning 1:1 empty-file "]);
    assert_eq!(skill("{}\n"), ["Warning 1:1 empty-file "]);
    assert_eq!(skill("- a\n"), ["Error 1:1 top-level "]);
    assert_eq!(skill("version: 4\n"), ["Error 1:10 version "]);
    assert_eq!(skill("version: true\n"), ["Error 1:10 version "]);
    assert_eq!(
        brief("compositional_skills/a/qna.yml", SKILL, Profile::Ilab),
        ["Error 1:1 file-name "]
    );
    assert_eq!(
        brief("knowledge/a/qna.yaml", "version: 2\n", Profile::Ilab),
        ["Error 1:10 deprecated-version "]
    );
    // PyYAML ends a text without quotes at a '?' inside brackets, and only there.
    assert_eq!(skill("- {question: Why?, answer: a}\n"), ["Error 1:14 syntax "]);
    assert_eq!(skill("- question: Why?\n- ['Why?']\n"), ["Error 1:1 top-level "]);
    let broken = check_file("knowledge/a/qna.yaml", b"a: b: c\n", Profile::Ilab);
    assert_eq!((broken.len(), broken[0].rule, broken[0].line), (1, "syntax", 1));
}

#[test]
fn the_last_folder_that_names_a_schema_decides() {
    let knowledge = "compositional_skills/a/knowledge/b/qna.yaml";
    assert!(
        brief(knowledge, SKILL, Profile::Ilab)
            .iter()
            .any(|one| one.ends_with("required ."))
    );
    assert_eq!(
        brief("foundational_skills/a/qna.yaml", SKILL, Profile::Ilab),
        Vec::<String>::new()
    );
    // Contributions never touch the foundational skills, which are of version 1.
    let old = SKILL.replace("version: 3\n", "");
    assert_eq!(
        brief("foundational_skills/a/qna.yaml", &old, Profile::Ci),
        Vec::<String>::new()
    );
}

#[test]
fn contributions_need_their_sources_named() {
    let root = tempfile::tempdir().unwrap();
    let node = NodePath::parse("compositional_skills/a").unwrap();
    std::fs::create_dir_all(node.folder(root.path())).unwrap();
    std::fs::write(node.qna(root.path()), SKILL).unwrap();
    let rules = |profile| {
        check_leaf(root.path(), &node, profile)
            .into_iter()
            .map(|one| (one.severity, one.rule, one.path))
            .collect::<Vec<_>>()
    };
    let sources = "compositional_skills/a/attribution.txt".to_owned();
    assert_eq!(rules(Profile::Ilab), []);
    assert_eq!(rules(Profile::Ci), [(Severity::Error, "attribution", sources.clone())]);
    let file = root.path().join(&sources);
    std::fs::write(&file, "").unwrap();
    assert_eq!(rules(Profile::Ci).len(), 1);
    std::fs::write(
        &file,
        "Title of work: T\nLink to work: -\nLicense of the work: GPL-3.0\nCreator names: C\n",
    )
    .unwrap();
    assert_eq!(rules(Profile::Ci), [(Severity::Advice, "attribution-licence", sources)]);
    std::fs::remove_file(node.qna(root.path())).unwrap();
    assert_eq!(rules(Profile::Ci)[0].1, "unreadable");
}

#[test]
fn a_tree_is_judged_leaf_by_leaf() {
    let root = tempfile::tempdir().unwrap();
    for (leaf, text) in [
        ("compositional_skills/a", SKILL),
        ("compositional_skills/a/b", "x: [\n"),
        ("knowledge/c", ""),
    ] {
        std::fs::create_dir_all(root.path().join(leaf)).unwrap();
        std::fs::write(root.path().join(leaf).join(SEED_FILE), text).unwrap();
    }
    let mut seen = Vec::new();
    check_tree(root.path(), Profile::Ilab, &|| false, &mut |node, found| {
        seen.push((node.to_string(), found.len()))
    });
    assert_eq!(
        seen,
        [
            ("compositional_skills/a".to_owned(), 0),
            ("compositional_skills/a/b".to_owned(), 1),
            ("knowledge/c".to_owned(), 1)
        ]
    );
}
