//! Seeded pipelines over all types of blocks, with odd rows to run them on.

use serde_json::{Map, Value, json};

use crate::mutations::Dice;

/// A flow with its prompt files and its rows.
pub struct Pipeline {
    pub flow: Value,
    pub prompts: Vec<(String, Value)>,
    pub rows: Vec<Value>,
}

pub const TAGS: [(&str, &str); 4] = [("[Q]", "[/Q]"), ("<a>", "</a>"), ("[SCORE]", "[/SCORE]"), ("**T**", "")];

const TEXTS: &[&str] = &[
    "Frost comes at night.",
    "[Q] one [/Q] <a>first</a>\n[Q]two[/Q]<a> second </a> [Q]three",
    "<a></a>[SCORE] 3 [/SCORE]",
    "霜は夜に降りる。[Q]いつ？[/Q]",
    "",
    "   ",
    "{\"a\": 1, \"b\": \"x\"}",
    "text {\"a\": [1, 2,], \"c\": {\"d\": \"é\"},} more",
    "Ж\u{0301} and 😀\tand \u{a0}\"quotes\" 'here' \\ back",
    "Q: Why?\nA: Because.\n\nQ: How?\nA: So.",
    "**T** to the end\n",
    "YES",
];
const NUMBERS: &[&str] = &["1", "2.0", " 3 ", "4.5", "five", "", "1_0", "٣", "-2", "1e1"];

const PATTERNS: &[&str] = &[
    r"\[Q\](.*?)\[/Q\]",
    r"Q:\s*(.*?)\nA:\s*(.*?)(?=\n|$)",
    r"\w+",
    r"(?i)\b(yes|no)\b",
    r"(?P<first>\S+)\s+(\S+)\s+(\S+)",
    r"(.+)",
];

const TEMPLATES: &[&str] = &[
    "Ask [Q] and <a> about {{ X }}.",
    "{% if X %}Given: {{ X | upper }}{% else %}nothing{% endif %}\n[SCORE]",
    "  {{ X | trim | default('none') }}\n\n**T** {{ X | length }} [Q]",
    "{% for part in X.split() %}{{ loop.index }}. {{ part }}\n{% endfor %}<a>",
    "{{ X[:5] }} … {{ X | replace('e', 'E') }} [Q]<a>",
    "Plain words for {{ X }}",
    "{{ X.strip().lower() }} {% if 'frost' in X.lower() %}cold{% endif %} {{ X.count('e') }} [Q]",
    "{{ X | e }} {{ X | title }} {{ X | wordcount }} {{ X | truncate(9) }} <a>",
    "{%- set n = X | length -%}{{ n + 1 }} {{ 'long' if n > 10 else 'short' }} [Q] [SCORE] <a>",
];

/// Templates over other columns, too.
const WIDE: &[&str] = &[
    "{{ list }} {{ weights }} [Q]",
    "{% for one in list %}- {{ one }}{% if not loop.last %};{% endif %}\n{% endfor %}{{ whole + 1 }} <a>",
    "{% for name, share in weights.items() %}{{ name }}: {{ '%.1f' | format(share) }}\n{% endfor %}[SCORE]",
    "{{ list | join(', ') }} {{ list | length }} {{ weights | tojson }} {{ weights.missing }} <a> [Q]",
    "{{ list | unique | sort | list }} {{ weights.low }} {{ whole / 2 }} {{ whole // 2 }} {{ whole * 1.5 }}",
    "{{ weights['mid'] | round(1) }} {{ list | first }} {{ (list + ['z'])[:2] }} {{ list | tojson(indent=2) }}",
    "{{ weights.get('high', 0) }} {% if whole is odd %}odd{% else %}even{% endif %} {{ whole ~ '/' ~ list | length }}",
    "{% set ns = namespace(n=0) %}{% for one in list %}{% set ns.n = ns.n + one | length %}{% endfor %}{{ ns.n }} [Q]",
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    /// Numbers written as text.
    Digits,
    Whole,
    /// A text or nothing.
    Maybe,
    List,
    Weights,
    Choice,
    /// Answers or messages, which other blocks leave alone.
    Opaque,
}

struct Writing<'a> {
    dice: &'a mut Dice,
    columns: Vec<(String, Kind)>,
    blocks: Vec<Value>,
    prompts: Vec<(String, Value)>,
}

impl Writing<'_> {
    fn name(&self, stem: &str) -> String {
        format!("{stem}{}", self.blocks.len())
    }

    fn of(&mut self, kinds: &[Kind]) -> Option<String> {
        let fitting: Vec<&String> = self
            .columns
            .iter()
            .filter(|(_, kind)| kinds.contains(kind))
            .map(|(name, _)| name)
            .collect();
        let count = fitting.len();
        if count == 0 {
            return None;
        }
        let at = self.dice.below(count);
        Some(fitting[at].clone())
    }

    fn add(&mut self, block_type: &str, mut config: Value, new: &[(&str, Kind)]) {
        config["block_name"] = json!(self.name("block_"));
        self.blocks
            .push(json!({"block_type": block_type, "block_config": config}));
        for (name, kind) in new {
            self.columns.push(((*name).to_owned(), *kind));
        }
    }

    fn ask(&mut self, text: &str) {
        let (prompt, answers) = (self.name("prompt_"), self.name("answers_"));
        let file = format!("{prompt}.yaml");
        let mut template = self.dice.pick(TEMPLATES).to_owned();
        // A variable may have another name than its column.
        let renamed = self.dice.below(3) == 0;
        template = template.replace('X', if renamed { "given" } else { text });
        let mut messages = vec![json!({"role": "user", "content": template})];
        if self.dice.below(3) == 0 {
            let system =
                "{% if LEFT == 'YES' %}Be brief.{% endif %}".replace("LEFT", if renamed { "given" } else { text });
            messages.insert(0, json!({"role": "system", "content": system}));
        }
        let mut inputs = if renamed { json!({text: "given"}) } else { json!([text]) };
        let is_there = |name: &str| {
            self.columns
                .iter()
                .any(|(column, kind)| column == name && *kind != Kind::Opaque)
        };
        if ["list", "weights", "whole"].into_iter().all(is_there) && !renamed && self.dice.below(3) == 0 {
            let template = self.dice.pick(WIDE);
            messages.push(json!({"role": "user", "content": template}));
            inputs = json!([text, "list", "weights", "whole"]);
        }
        self.prompts.push((file.clone(), Value::Array(messages)));
        self.add(
            "PromptBuilderBlock",
            json!({"input_cols": inputs, "output_cols": prompt, "prompt_config_path": file}),
            &[(&prompt, Kind::Opaque)],
        );
        let mut chat = json!({"input_cols": prompt, "output_cols": [answers], "async_mode": true, "max_tokens": 100});
        if self.dice.below(3) == 0 {
            chat["n"] = json!(1 + self.dice.below(3));
        }
        self.add("LLMChatBlock", chat, &[(&answers, Kind::Opaque)]);
        let prefix = self.name("said_");
        // A list that stays a list is read by the parsers alone.
        let expand = self.dice.below(5) > 0;
        let content = format!("{prefix}content");
        let kind = if expand { Kind::Text } else { Kind::Opaque };
        let thoughts = self.dice.below(4) == 0;
        let calls = expand && !thoughts && self.dice.below(6) == 0;
        self.add(
            "LLMResponseExtractorBlock",
            json!({
                "input_cols": answers, "field_prefix": prefix, "expand_lists": expand, "extract_reasoning_content": thoughts,
                "extract_tool_calls": calls,
            }),
            &[(&content, kind)],
        );
        if self.dice.below(2) == 0 || !expand {
            self.tags(&content);
            if !expand {
                for column in &mut self.columns {
                    // What comes out of lists are lists.
                    if column.0.starts_with("cut_") && self.blocks.len() > 3 {
                        column.1 = Kind::Opaque;
                    }
                }
            }
        }
    }

    fn tags(&mut self, text: &str) {
        let first = self.dice.below(TAGS.len());
        let second = (first + 1 + self.dice.below(TAGS.len() - 1)) % TAGS.len();
        let chosen = if self.dice.below(2) == 0 {
            vec![first]
        } else {
            vec![first, second]
        };
        let (starts, ends): (Vec<&str>, Vec<&str>) = chosen.iter().map(|at| TAGS[*at]).unzip();
        let outputs: Vec<String> = (0..chosen.len()).map(|at| self.name(&format!("cut_{at}_"))).collect();
        let mut config = json!({"input_cols": [text], "output_cols": outputs, "start_tags": starts, "end_tags": ends});
        if self.dice.below(3) == 0 {
            config["parser_cleanup_tags"] = json!(["[END]", "[/Q]", "\""]);
        }
        let new: Vec<(&str, Kind)> = outputs.iter().map(|name| (name.as_str(), Kind::Text)).collect();
        self.add("TagParserBlock", config, &new);
    }

    fn step(&mut self) {
        let Some(text) = self.of(&[Kind::Text]) else { return };
        let out = self.name("made_");
        match self.dice.below(15) {
            0..=2 => self.ask(&text),
            3 => self.tags(&text),
            4 => {
                let pattern = self.dice.pick(PATTERNS);
                let groups =
                    pattern.matches('(').count() - pattern.matches("(?").count() + pattern.matches("(?P").count();
                let outputs: Vec<String> = (0..groups.max(1)).map(|at| format!("{out}_{at}")).collect();
                let new: Vec<(&str, Kind)> = outputs.iter().map(|name| (name.as_str(), Kind::Text)).collect();
                let config = json!({"input_cols": text, "output_cols": outputs, "parsing_pattern": pattern});
                self.add("RegexParserBlock", config, &new);
            }
            5 => {
                let (column, value, operation, convert) = match self.dice.below(5) {
                    0 => (self.of(&[Kind::Digits]), json!([2, 3.0]), "ge", json!("float")),
                    1 => (
                        self.of(&[Kind::Whole]),
                        json!(2),
                        self.dice.pick(&["ne", "lt", "le", "gt"]),
                        json!(null),
                    ),
                    2 => (Some(text), json!(["a", "o", "霜"]), "contains", json!(null)),
                    3 => (
                        self.of(&[Kind::Maybe]),
                        json!("here"),
                        self.dice.pick(&["eq", "ne"]),
                        json!(null),
                    ),
                    _ => (
                        self.of(&[Kind::Choice]),
                        json!([["left", "middle"], ["x"]]),
                        "in",
                        json!(null),
                    ),
                };
                let Some(column) = column else { return };
                let mut config = json!({"input_cols": [column], "filter_value": value, "operation": operation});
                if !convert.is_null() {
                    config["convert_dtype"] = convert;
                    // From now on it holds numbers.
                    self.columns.retain(|(name, _)| *name != column);
                    self.columns.push((column, Kind::Opaque));
                }
                self.add("ColumnValueFilterBlock", config, &[]);
            }
            6 => {
                let kind = self
                    .columns
                    .iter()
                    .find(|(name, _)| *name == text)
                    .map_or(Kind::Text, |(_, kind)| *kind);
                self.add(
                    "DuplicateColumnsBlock",
                    json!({"input_cols": {text: out}}),
                    &[(&out, kind)],
                );
            }
            7 => {
                let at = self.dice.below(self.columns.len());
                let (old, kind) = self.columns.remove(at);
                self.add("RenameColumnsBlock", json!({"input_cols": {old: out}}), &[(&out, kind)]);
            }
            8 => {
                let other = self
                    .of(&[Kind::Text, Kind::Digits, Kind::Whole, Kind::List, Kind::Weights])
                    .unwrap_or_default();
                let mut config = json!({"input_cols": [text, other], "output_cols": out});
                if self.dice.below(2) == 0 {
                    config["separator"] = json!(" | ");
                }
                if text != other {
                    self.add("TextConcatBlock", config, &[(&out, Kind::Text)]);
                }
            }
            9 => {
                let mut config = json!({"num_samples": 1 + self.dice.below(3)});
                if self.dice.below(2) == 0 {
                    config["shuffle"] = json!(true);
                    config["random_seed"] = json!(self.dice.below(1000));
                }
                self.add("RowMultiplierBlock", config, &[]);
            }
            10 => {
                let Some(column) = self.of(&[Kind::List, Kind::Weights, Kind::Text]) else {
                    return;
                };
                let scalar = self.dice.below(2) == 0;
                let config = json!({
                    "input_cols": column, "output_cols": out, "random_seed": self.dice.below(1000),
                    "num_samples": if scalar { 1 } else { 1 + self.dice.below(4) }, "return_scalar": scalar,
                });
                self.add("SamplerBlock", config, &[(&out, Kind::Opaque)]);
            }
            11 => {
                let Some(other) = self.of(&[Kind::Text, Kind::Digits]) else {
                    return;
                };
                if other == text {
                    return;
                }
                let name = format!("{out}_name");
                self.columns.retain(|(column, _)| *column != text && *column != other);
                self.add(
                    "MeltColumnsBlock",
                    json!({"input_cols": [text, other], "output_cols": [out, name]}),
                    &[(&out, Kind::Text), (&name, Kind::Text)],
                );
            }
            12 => {
                let (Some(choice), Some(other)) = (self.of(&[Kind::Choice]), self.of(&[Kind::Digits])) else {
                    return;
                };
                let config = json!({
                    "input_cols": [choice, text, other], "output_cols": [out], "choice_cols": [choice],
                    "choice_map": {"left": text, "right": other, "middle": text},
                });
                self.add("IndexBasedMapperBlock", config, &[(&out, Kind::Text)]);
            }
            13 => {
                let (column, strategy) = if self.dice.below(2) == 0 {
                    (
                        self.of(&[Kind::Whole]),
                        self.dice.pick(&["mode", "min", "max", "mean", "median"]),
                    )
                } else {
                    (
                        self.of(&[Kind::Choice, Kind::Digits]),
                        self.dice.pick(&["mode", "min", "max"]),
                    )
                };
                let Some(column) = column else { return };
                // A mean is no whole number any more.
                if strategy.starts_with("me") {
                    self.columns.retain(|(name, _)| *name != column);
                    self.columns.push((column.clone(), Kind::Opaque));
                }
                self.add(
                    "UniformColumnValueSetter",
                    json!({"input_cols": column, "reduction_strategy": strategy}),
                    &[],
                );
            }
            _ if self.dice.below(2) == 0 => {
                let mut config = json!({"input_cols": [text], "field_prefix": format!("{out}_")});
                if self.dice.below(2) == 0 {
                    config["output_cols"] = json!(["b", "a"]);
                }
                if self.dice.below(3) == 0 {
                    config["extract_embedded"] = json!(false);
                }
                if self.dice.below(3) == 0 {
                    config["drop_input"] = json!(true);
                    self.columns.retain(|(name, _)| *name != text);
                }
                self.add("JSONParserBlock", config, &[]);
            }
            _ => {
                let mut columns = vec![text];
                for kind in [Kind::Digits, Kind::List, Kind::Weights] {
                    columns.extend(self.of(&[kind]));
                }
                let pretty = self.dice.below(2) == 0;
                let config = json!({"input_cols": columns, "output_cols": [out], "pretty_print": pretty});
                self.add("JSONStructureBlock", config, &[(&out, Kind::Text)]);
            }
        }
    }
}

fn row(number: usize, dice: &mut Dice) -> Value {
    let mut row = Map::new();
    // Input rows must differ, says sdg_hub.
    row.insert("id".to_owned(), json!(format!("row {number}")));
    for column in ["text", "other"] {
        row.insert(column.to_owned(), json!(dice.pick(TEXTS)));
    }
    row.insert("digits".to_owned(), json!(dice.pick(NUMBERS)));
    row.insert("whole".to_owned(), json!(dice.below(4)));
    row.insert(
        "maybe".to_owned(),
        if dice.below(2) == 0 {
            Value::Null
        } else {
            json!(dice.pick(&["here", "there"]))
        },
    );
    let list: Vec<&str> = (0..dice.below(6))
        .map(|_| dice.pick(&["a", "b", "it's", "霜", ""]))
        .collect();
    row.insert("list".to_owned(), json!(list));
    let weights: Map<String, Value> = ["low", "mid", "high", "none"]
        .iter()
        .map(|name| ((*name).to_owned(), json!([0.0, 0.5, 1.0, 2.5][dice.below(4)])))
        .collect();
    row.insert("weights".to_owned(), Value::Object(weights));
    row.insert("choice".to_owned(), json!(dice.pick(&["left", "right", "middle"])));
    Value::Object(row)
}

/// One pipeline of two to nine blocks.
pub fn pipeline(number: usize, dice: &mut Dice) -> Pipeline {
    let rows = (0..3 + dice.below(4)).map(|number| row(number, dice)).collect();
    let given = [
        ("id", Kind::Text),
        ("text", Kind::Text),
        ("other", Kind::Text),
        ("digits", Kind::Digits),
        ("whole", Kind::Whole),
        ("maybe", Kind::Maybe),
        ("list", Kind::List),
        ("weights", Kind::Weights),
        ("choice", Kind::Choice),
    ];
    let wanted = 2 + dice.below(6);
    let mut writing = Writing {
        columns: given.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
        dice,
        blocks: Vec::new(),
        prompts: Vec::new(),
    };
    for _ in 0..40 {
        if writing.blocks.len() >= wanted {
            break;
        }
        writing.step();
    }
    let mut metadata = json!({"name": format!("pipeline {number}"), "id": "a-pipeline"});
    // The names known to be there at the end.
    let made: Vec<String> = writing
        .columns
        .iter()
        .filter(|(name, _)| !given.iter().any(|(given, _)| given == name))
        .map(|(name, _)| name.clone())
        .collect();
    if !made.is_empty() && writing.dice.below(4) == 0 {
        metadata["output_columns"] = json!([made[writing.dice.below(made.len())]]);
    }
    Pipeline {
        flow: json!({"metadata": metadata, "blocks": writing.blocks}),
        prompts: writing.prompts,
        rows,
    }
}
