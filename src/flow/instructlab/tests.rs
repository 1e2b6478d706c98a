use std::fs;
use std::path::Path;

use super::*;
use crate::flow::blocks::tests::row;
use crate::flow::{Flow, Step};

const PROMPT: &str = "system: You help.\nintroduction: |\n  About {{ task_description }} and {{ seed_question }}\nprinciples: null\ngeneration: Go, {{ num_samples }} times.\nstart_tags: ['[Q]']\nend_tags: ['[/Q]']\n";

fn pipeline(folder: &Path, name: &str, blocks: &str) -> Result<Flow, FlowError> {
    fs::write(folder.join("ask.yaml"), PROMPT).unwrap();
    let file = folder.join(name);
    fs::write(&file, format!("version: \"1.0\"\nblocks:\n{blocks}")).unwrap();
    Flow::load(&file)
}

#[test]
fn a_pipeline_becomes_a_flow() {
    let folder = tempfile::tempdir().unwrap();
    let flow = pipeline(
        folder.path(),
        "freeform_skills.yaml",
        "  - name: gen\n    type: LLMBlock\n    config:\n      config_path: ask.yaml\n      output_cols: [question]\n      model_family: mixtral\n      batch_kwargs: {num_samples: 3}\n      gen_kwargs: {n: scaled, temperature: '0.7'}\n    drop_duplicates: [question]\n  - name: keep\n    type: FilterByValueBlock\n    config: {filter_column: question, filter_value: a, operation: contains}\n    drop_columns: [num_samples]\n",
    )
    .unwrap();
    assert_eq!(
        flow.check_columns(["task_description", "seed_question"].into_iter()),
        Ok(())
    );
    let chat = flow
        .blocks
        .iter()
        .find_map(|block| match &block.step {
            Step::Ask(chat) => Some(chat),
            _ => None,
        })
        .unwrap();
    assert_eq!(
        (chat.choices, chat.sampling.temperature, chat.most_tokens()),
        (30, Some(0.7), Some(4096))
    );
    let prompt = flow.blocks.iter().find_map(|block| block.prompt.as_ref()).unwrap();
    let given = json!({"task_description": "frost", "seed_question": "Why?", "num_samples": 3});
    let messages = prompt.prompt.render(given.as_object().unwrap()).unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!(
        messages[0].content,
        "You help.\nAbout frost and Why?\n\n\n\nGo, 3 times."
    );
    let row = row(json!({chat.input.as_str(): [{"role": "user", "content": "Go."}]}));
    let framed = |model: &str| chat.request(&row, 1, model).unwrap().framed;
    assert_eq!(
        (framed("my-own").as_deref(), framed("qwen2.5")),
        (Some("[INST] Go. [/INST]"), None)
    );
    // By the folder's path, and by its name in one of the places where pipelines are kept.
    let above = folder.path().parent().unwrap();
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    for (typed, places) in [
        (folder.path().to_str().unwrap(), vec![]),
        (name, vec![above.to_owned()]),
    ] {
        let opened = Flow::open_for(typed, Kind::Skill, &[], &places).unwrap();
        assert_eq!(opened.hash, flow.hash);
        assert!(Flow::open_for(typed, Kind::Knowledge, &[], &places).is_err());
    }
}

#[test]
fn what_a_pipeline_cannot_have_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let error = pipeline(
        folder.path(),
        "knowledge.yaml",
        "  - name: likely\n    type: LLMLogProbBlock\n    config: {}\n  - name: mine\n    type: MyBlock\n    config: {}\n",
    )
    .unwrap_err()
    .to_string();
    for words in [
        ":4: block 'likely' has the type LLMLogProbBlock",
        ":7: block 'mine' has the type MyBlock",
        "IterBlock",
    ] {
        assert!(error.contains(words), "{words}: {error}");
    }
    let missing = "  - name: gen\n    type: LLMBlock\n    config: {config_path: none.yaml, output_cols: [a]}\n";
    let error = pipeline(folder.path(), "knowledge.yaml", missing)
        .unwrap_err()
        .to_string();
    assert!(error.contains("'gen'") && error.contains("none.yaml"), "{error}");
    fs::write(
        folder.path().join("knowledge.yaml"),
        "version: '2.0'\nblocks: [{name: a, type: LLMBlock}]\n",
    )
    .unwrap();
    let error = Flow::load(&folder.path().join("knowledge.yaml"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("'2.0'"), "{error}");
}

#[test]
fn instructlabs_names_stand_for_shipped_flows() {
    for name in ["simple", "full", "llama"] {
        for kind in [Kind::Skill, Kind::GroundedSkill, Kind::Knowledge] {
            let flow = Flow::open_for(name, kind, &[], &[]).unwrap();
            assert!(Flow::is_shipped(&flow.name), "{name}");
        }
    }
}
