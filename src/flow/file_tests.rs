use super::*;

fn loaded(flow: &str, prompt: &str) -> Result<Flow, FlowError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("prompts")).unwrap();
    std::fs::write(folder.path().join("prompts/ask.yaml"), prompt).unwrap();
    std::fs::write(folder.path().join("flow.yaml"), flow).unwrap();
    Flow::load(&folder.path().join("flow.yaml"))
}

const FLOW: &str = "metadata:
  name: small
  description: A small one.
blocks:
- block_type: PromptBuilderBlock
  block_config:
    block_name: prompt
    input_cols:
      topic: subject
    output_cols: messages
    prompt_config_path: prompts/ask.yaml
- block_type: LLMChatBlock
  block_config:
    block_name: ask
    input_cols: messages
    output_cols: answers
    async_mode: true
    temperature: 0
    max_tokens: 20
    response_format: {type: json_object}
  scaffold: [{text: 'A: ', until: '.', max_tokens: 9}]
- block_type: LLMResponseExtractorBlock
  block_config:
    block_name: text
    input_cols: answers
    extract_content: true
    colour: green
";

#[test]
fn a_flow_file_is_read_as_sdg_hub_reads_it() {
    let flow = loaded(FLOW, "- {role: user, content: 'On {{ subject }}'}").unwrap();
    assert_eq!((flow.name.as_str(), flow.blocks.len()), ("small", 3));
    assert_eq!(flow.blocks[2].writes, ["text_content"]);
    assert!(flow.check_columns(["topic"].into_iter()).is_ok());
    assert_eq!(flow.notes.len(), 1);
    assert!(flow.notes[0].contains("colour"), "{:?}", flow.notes);
    let other = loaded(FLOW, "- {role: user, content: 'About {{ subject }}'}").unwrap();
    assert_ne!(flow.hash, other.hash);
    assert_eq!(flow.hash.len(), 16);
}

#[test]
fn faults_name_the_file_the_line_and_the_block() {
    let prompt = "- {role: user, content: 'On {{ subject }}'}";
    for (from, to, prompt, parts) in [
        (
            "LLMChatBlock",
            "MeltAllBlock",
            prompt,
            vec![
                "flow.yaml:12",
                "'ask'",
                "MeltAllBlock",
                "no such type",
                "TagParserBlock",
            ],
        ),
        (
            "",
            "",
            "- role: system\n  content: Hi\n- role: user\n  content: 'On {{ topic }}'",
            vec!["prompts/ask.yaml:4", "'topic'", "message 2", "'prompt'"],
        ),
        (
            "prompts/ask.yaml",
            "prompts/none.yaml",
            prompt,
            vec!["flow.yaml:5", "prompts/none.yaml"],
        ),
        (
            "max_tokens: 20",
            "max_tokens: many",
            prompt,
            vec!["flow.yaml:12", "'max_tokens'", "many"],
        ),
        (
            "block_name: text",
            "block_name: ask",
            prompt,
            vec!["flow.yaml:22", "'ask'"],
        ),
        (
            "    input_cols: messages\n",
            "",
            prompt,
            vec!["flow.yaml:12", "input_cols"],
        ),
        (
            "LLMResponseExtractorBlock\n  block_config:\n",
            "RegexParserBlock\n  block_config:\n    output_cols: a\n    parsing_pattern: '(?<=x'\n",
            prompt,
            vec!["flow.yaml:22", "'text'", "'parsing_pattern'", "opening parenthesis"],
        ),
        ("metadata:\n", "metadata: [\n", prompt, vec!["flow.yaml:", "YAML"]),
        (
            "",
            "",
            "- {role: user, content: 'On {{ subject'}",
            vec!["prompts/ask.yaml", "message 1"],
        ),
    ] {
        let error = loaded(&FLOW.replacen(from, to, 1), prompt).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "'{part}' in: {error}");
        }
    }
}

#[test]
fn blocks_of_others_are_named_all_at_once() {
    let flow = FLOW.replacen("LLMChatBlock", "MCPAgentBlock", 1).replacen(
        "LLMResponseExtractorBlock",
        "PythonInterpreterBlock",
        1,
    );
    let error = loaded(&flow, "- {role: user, content: 'On {{ subject }}'}")
        .unwrap_err()
        .to_string();
    for part in [
        "flow.yaml:12: block 'ask' has the type MCPAgentBlock: it lets",
        "flow.yaml:22: block 'text' has the type PythonInterpreterBlock: it runs",
        "take them out",
    ] {
        assert!(error.contains(part), "'{part}' in: {error}");
    }
}

#[test]
fn columns_that_a_block_opens_are_not_asked_for_and_promised_ones_are() {
    let opens = "blocks:\n- block_type: JSONParserBlock\n  block_config: {block_name: a, input_cols: text}\n- block_type: DuplicateColumnsBlock\n  block_config: {block_name: b, input_cols: {score: copy}}\n";
    let flow = loaded(opens, "").unwrap();
    assert_eq!(flow.check_columns(["text"].into_iter()), Ok(()));
    let promising = "metadata: {output_columns: [joined]}\nblocks:\n- block_type: TextConcatBlock\n  block_config: {block_name: a, input_cols: [x], output_cols: half}\n- block_type: TextConcatBlock\n  block_config: {block_name: b, input_cols: [half, x], output_cols: joined}\n- block_type: TextConcatBlock\n  block_config: {block_name: c, input_cols: [joined], output_cols: half}\n";
    // The name of a column that nobody reads or keeps any more is free again.
    let flow = loaded(promising, "").unwrap();
    assert_eq!(flow.check_columns(["x"].into_iter()), Ok(()));
    assert!(
        flow.keeps("joined", std::iter::empty())
            && flow.keeps("x", ["x"].into_iter())
            && !flow.keeps("half", ["x"].into_iter())
    );
    let flow = loaded(&promising.replace("[joined]}\n", "[nothing]}\n"), "").unwrap();
    let error = flow.check_columns(["x"].into_iter()).unwrap_err().to_string();
    assert!(error.contains("'nothing'"), "{error}");
}

#[test]
fn columns_are_checked_before_anything_runs() {
    let flow = loaded(FLOW, "- {role: user, content: 'On {{ subject }}'}").unwrap();
    let error = flow.check_columns(["other"].into_iter()).unwrap_err().to_string();
    assert!(
        error.contains("'topic'") && error.contains("'prompt'") && error.contains("other"),
        "{error}"
    );
    let error = flow
        .check_columns(["topic", "answers"].into_iter())
        .unwrap_err()
        .to_string();
    assert!(error.contains("'answers'"), "{error}");
}

#[test]
fn a_prompt_without_end_is_named_before_the_run() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
    let prompt = format!("- {{role: system, content: Hi}}\n- {{role: user, content: '{{{{ subject }}}}{endless}'}}");
    let flow = loaded(&FLOW.replace("topic: subject", "icl_query_1: subject"), &prompt).unwrap();
    let leaf = crate::flow::scripted::leaf(Kind::Skill);
    let inputs = crate::flow::Inputs {
        leaf: &leaf,
        seed_hash: "",
        documents: &[],
        count: 3,
        seed: 1,
        limits: crate::flow::PromptLimits::FULL,
    };
    let error = crate::flow::prepare(&inputs, &flow).unwrap_err().to_string();
    for part in [
        "small",
        "'prompt'",
        "prompts/ask.yaml",
        "message 2",
        "steps",
        "make its loops shorter",
    ] {
        assert!(error.contains(part), "'{part}' in: {error}");
    }
}

#[test]
fn shipped_flows_load_and_have_a_card() {
    let flows = Flow::shipped().unwrap();
    let names: Vec<_> = flows.iter().map(|flow| flow.name.as_str()).collect();
    assert_eq!(names[..4], ["freeform-skill", "grounded-skill", "knowledge", "distil"]);
    assert_eq!(names.len(), 16);
    for flow in flows {
        assert_eq!(flow.notes, Vec::<String>::new());
        for word in ["Needs:", "Costs:", "Use it when"] {
            assert!(flow.metadata.description.contains(word), "{}: {word}", flow.name);
        }
        assert_eq!(Flow::open(&flow.name).unwrap().hash, flow.hash);
    }
    let error = Flow::open("nothing").unwrap_err().to_string();
    assert!(error.contains("grounded-skill"), "{error}");
    assert!(matches!(Flow::open("./none.yaml"), Err(FlowError::Unreadable { .. })));
}
