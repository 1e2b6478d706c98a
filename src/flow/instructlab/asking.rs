//! The blocks of pipelines that ask a model.

use serde_json::{Map, Value, json};

use super::{FRAME, Reading, config_file, prompt_of};
use crate::flow::blocks::pipeline_parts as parts;
use crate::flow::error::FlowError;
use crate::flow::row::Columns;
use crate::flow::template::text_variables;

/// How many answers `n: scaled` asks for: InstructLab's usual scale factor.
const SCALED: u64 = 30;
/// The longest answer where a block says nothing.
const MOST_TOKENS: u64 = 4096;

impl Reading<'_> {
    /// The prompt files of a block that chooses among them, each with the condition for it.
    pub(super) fn conditions(
        &self,
        name: &str,
        paths: &Value,
        selector: &str,
    ) -> Result<Vec<(Value, Option<String>)>, FlowError> {
        let pairs: Vec<(Value, String)> = paths
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|pair| match pair.as_array()?.as_slice() {
                [path, key] => Some((path.clone(), key.as_str()?.to_owned())),
                _ => None,
            })
            .collect();
        match pairs.as_slice() {
            [] => Err(self.fault(
                name,
                "'config_paths' must list pairs of a prompt file and a choice".to_owned(),
            )),
            [(path, all)] if all == "All" => Ok(vec![(path.clone(), None)]),
            _ => Ok(pairs
                .into_iter()
                .map(|(path, key)| (path, Some(format!("{selector} == {}", json!(key)))))
                .collect()),
        }
    }

    /// A block that fills in a prompt, asks, and cuts columns out of the answer.
    pub(super) fn ask(
        &mut self,
        name: &str,
        block_type: &str,
        files: Vec<(Value, Option<String>)>,
        config: Columns,
    ) -> Result<(), FlowError> {
        let (prompt, answers, prefix) = (format!("{name}/prompt"), format!("{name}/answers"), format!("{name}/"));
        let content = format!("{prefix}content");
        let batch = config.get("batch_kwargs").and_then(Value::as_object);
        if let Some(number) = batch
            .and_then(|batch| batch.get("num_samples"))
            .filter(|number| !number.is_null())
        {
            self.add(
                &format!("{name}: number"),
                parts::SET_COLUMNS,
                json!({"columns": {"num_samples": number}}),
            );
        }
        let mut first: Option<Columns> = None;
        for (path, when) in files {
            let path = path.as_str().unwrap_or_default().to_owned();
            let read = config_file(self.files, &path);
            let read =
                read.map_err(|reason| self.fault(name, format!("its prompt file '{path}' cannot be read: {reason}")))?;
            let variables = text_variables(&prompt_of(&read)).map_err(|reason| {
                self.fault(
                    name,
                    format!("its prompt file '{path}' is not a Jinja2 template: {reason}"),
                )
            })?;
            self.add_when(
                &format!("{name}: prompt"),
                "PromptBuilderBlock",
                json!({"input_cols": variables, "output_cols": prompt, "prompt_config_path": path}),
                when.into_iter().collect(),
            );
            first.get_or_insert(read);
        }
        let mut chat = sampling(config.get("gen_kwargs"));
        chat.insert("input_cols".to_owned(), json!(prompt));
        chat.insert("output_cols".to_owned(), json!(answers));
        for (key, value) in FRAME.iter().filter_map(|key| config.get_key_value(*key)) {
            chat.insert(key.clone(), value.clone());
        }
        self.add(name, block_type, Value::Object(chat));
        self.add(
            &format!("{name}: text"),
            "LLMResponseExtractorBlock",
            json!({"input_cols": answers, "field_prefix": prefix}),
        );
        let outputs = config.get("output_cols").cloned().unwrap_or_default();
        let parser = config.get("parser_kwargs").and_then(Value::as_object);
        let parser = |key: &str| parser.and_then(|parser| parser.get(key)).cloned().unwrap_or_default();
        let mut made = Map::from_iter([
            ("input_cols".to_owned(), json!(content)),
            ("output_cols".to_owned(), outputs.clone()),
        ]);
        let cutting = format!("{name}: cut");
        if parser("parser_name") == "custom" {
            made.insert("parsing_pattern".to_owned(), parser("parsing_pattern"));
            made.insert("parser_cleanup_tags".to_owned(), parser("parser_cleanup_tags"));
            made.insert("strips".to_owned(), json!(true));
            self.add(&cutting, "RegexParserBlock", made.into());
        } else {
            for key in ["start_tags", "end_tags"] {
                made.insert(
                    key.to_owned(),
                    first
                        .as_ref()
                        .and_then(|read| read.get(key))
                        .cloned()
                        .unwrap_or_default(),
                );
            }
            self.add(&cutting, parts::TAGS, made.into());
        }
        self.add(
            &format!("{name}: tidy"),
            parts::DROP_COLUMNS,
            json!({"input_cols": [prompt, answers, content]}),
        );
        self.last_columns = match &outputs {
            Value::Array(columns) => columns.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Ok(())
    }

    pub(super) fn messages(&mut self, name: &str, config: &Columns) -> Result<(), FlowError> {
        let column = |key: &str| config.get(key).and_then(Value::as_str).map(str::to_owned);
        let (Some(input), Some(output)) = (column("input_col"), column("output_col")) else {
            return Err(self.fault(name, "'input_col' and 'output_col' must name a column each".to_owned()));
        };
        let mut chat = sampling(config.get("gen_kwargs"));
        let several = chat.get("n").and_then(Value::as_u64).is_some_and(|n| n > 1);
        if several
            && chat
                .get("temperature")
                .and_then(Value::as_f64)
                .is_none_or(|temperature| temperature <= 0.0)
        {
            chat.insert("temperature".to_owned(), json!(0.7));
        }
        let (answers, prefix) = (format!("{name}/answers"), format!("{name}/"));
        let content = format!("{prefix}content");
        chat.insert("input_cols".to_owned(), json!(input));
        chat.insert("output_cols".to_owned(), json!(answers));
        self.add(name, "LLMChatBlock", Value::Object(chat));
        let take = json!({"input_cols": answers, "field_prefix": prefix, "expand_lists": !several});
        self.add(&format!("{name}: text"), "LLMResponseExtractorBlock", take);
        let copy = json!({"input_cols": Map::from_iter([(content.clone(), json!(output))])});
        self.add(&format!("{name}: column"), "DuplicateColumnsBlock", copy);
        self.add(
            &format!("{name}: tidy"),
            parts::DROP_COLUMNS,
            json!({"input_cols": [answers, content]}),
        );
        Ok(())
    }
}

/// `gen_kwargs` with what InstructLab sets where they say nothing.
fn sampling(given: Option<&Value>) -> Columns {
    let mut chat = Columns::from_iter([
        ("temperature".to_owned(), json!(0)),
        ("max_tokens".to_owned(), json!(MOST_TOKENS)),
    ]);
    for (key, value) in given.and_then(Value::as_object).into_iter().flatten() {
        let value = match (key.as_str(), value) {
            ("n", Value::String(_)) => json!(SCALED),
            ("temperature", Value::String(text)) => json!(text.trim().parse::<f64>().unwrap_or(0.0)),
            ("max_tokens", Value::String(text)) => json!(text.trim().parse::<u64>().unwrap_or(MOST_TOKENS)),
            (_, value) => value.clone(),
        };
        chat.insert(key.clone(), value);
    }
    chat
}
