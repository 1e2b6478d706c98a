//! InstructLab's older pipelines against the real `instructlab-sdg` package.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use super::mutations::Dice;
use super::{Case, Program, answers, compare, copy, number, python, yaml};

/// Where the package is; says so when it is not there.
fn package(python: &Path) -> Option<PathBuf> {
    let script = "import importlib.util as u; found = u.find_spec('instructlab'); print([*found.submodule_search_locations][0] if found else '')";
    let found = Command::new(python).args(["-c", script]).output().unwrap();
    let folder = PathBuf::from(String::from_utf8(found.stdout).unwrap().trim()).join("sdg");
    if folder.is_dir() {
        return Some(folder);
    }
    let left_out = "LEFT OUT: the comparison with instructlab-sdg. Install it into the Python of SEEDBED_HUB_PYTHON, with datasets, to \
         run it.\n";
    let _ = std::io::stderr().write_all(left_out.as_bytes());
    None
}

fn program(python: &Path) -> Program<'_> {
    Program {
        python,
        oracle: "instructlab_sdg.py",
    }
}

/// The tags of all prompt files.
fn tags(folder: &Path, tags: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            self::tags(&path, tags);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let prompt = yaml(&path);
            let texts = |key: &str| -> Vec<String> { serde_json::from_value(prompt[key].clone()).unwrap_or_default() };
            tags.extend(texts("start_tags").into_iter().zip(texts("end_tags")));
        }
    }
}

const TEXTS: [&str; 3] = [
    "Frost kills seedlings. Why? Wet ground gives off heat.",
    "霜は苗を枯らす。なぜ?土に水をやる。",
    "La helada mata las plántulas; ¿por qué? Riegue la tierra.",
];

#[test]
fn instructlabs_own_pipelines_give_the_same_rows() {
    let Some(python) = python() else { return };
    let Some(package) = package(&python) else { return };
    let folder = tempfile::tempdir().unwrap();
    for part in ["pipelines", "configs"] {
        copy(&package.join(part), &folder.path().join(part));
    }
    let mut cases = Vec::new();
    for name in ["simple", "full", "llama"] {
        for file in ["freeform_skills", "grounded_skills", "knowledge"] {
            let columns: &[&str] = match file {
                "knowledge" => &[
                    "document",
                    "icl_document",
                    "document_outline",
                    "domain",
                    "icl_query_1",
                    "icl_response_1",
                    "icl_query_2",
                    "icl_response_2",
                    "icl_query_3",
                    "icl_response_3",
                ],
                "grounded_skills" => &["task_description", "seed_question", "seed_response", "seed_context"],
                _ => &["task_description", "seed_question", "seed_response"],
            };
            let row = |text: &&str| -> Value {
                let value = |column: &&str| ((*column).to_owned(), json!(format!("{column}: {text}")));
                Value::Object(columns.iter().map(value).collect())
            };
            cases.push(Case {
                flow: format!("pipelines/{name}/{file}.yaml"),
                rows: TEXTS.iter().map(row).collect(),
            });
        }
    }
    let mut pairs = vec![("[QUESTION]".to_owned(), "[ANSWER] so [END]".to_owned())];
    tags(&folder.path().join("configs"), &mut pairs);
    pairs.retain(|(start, _)| !start.is_empty());
    pairs.sort();
    pairs.dedup();
    let server = answers::serving(pairs);
    let (rows, refused) = compare(folder.path(), &cases, &server, &program(&python));
    println!("9 pipelines of InstructLab gave {rows} rows; in {refused} it gave up");
    assert!(rows >= 30 && refused == 0, "{rows} rows, {refused} given up");
}

const PAIRS: [(&str, &str); 3] = [("[Q]", "[/Q]"), ("<a>", "</a>"), ("[SCORE]", "[/SCORE]")];

struct Writing<'a> {
    dice: &'a mut Dice,
    columns: Vec<String>,
    blocks: Vec<Value>,
    prompts: Vec<(String, Value)>,
    /// The table went through pandas and was not built anew since: then datasets writes numbers into text columns as texts.
    through_pandas: bool,
}

impl Writing<'_> {
    fn column(&mut self) -> String {
        let at = self.dice.below(self.columns.len());
        self.columns[at].clone()
    }

    fn add(&mut self, block_type: &str, config: Value) {
        let mut block = json!({"name": format!("block {}", self.blocks.len()), "type": block_type, "config": config});
        match block_type {
            "LLMBlock" | "ConditionalLLMBlock" | "IterBlock" => self.through_pandas = false,
            "FlattenColumnsBlock" | "SetToMajorityValueBlock" => self.through_pandas = true,
            _ => {}
        }
        match self.dice.below(6) {
            0 => {
                self.through_pandas = true;
                block["drop_duplicates"] = json!([self.column()]);
            }
            1 if self.columns.len() > 3 => {
                let at = self.dice.below(self.columns.len());
                if !["id", "kind"].contains(&self.columns[at].as_str()) {
                    block["drop_columns"] = json!([self.columns.remove(at), "not there"]);
                }
            }
            _ => {}
        }
        self.blocks.push(block);
    }

    fn prompt(&mut self, column: &str, tags: &[usize]) -> String {
        let file = format!("prompt{}.yaml", self.prompts.len());
        let asked: String = tags.iter().map(|at| format!("{} … ", PAIRS[*at].0)).collect();
        let (starts, ends): (Vec<&str>, Vec<&str>) = tags.iter().map(|at| PAIRS[*at]).unzip();
        let system = if self.dice.below(2) == 0 {
            json!("You help.")
        } else {
            Value::Null
        };
        let prompt = json!({
            "system": system, "introduction": format!("About {{{{ {column} }}}}\n"), "principles": "Be brief.",
            "examples": format!("{{% if id == 'row 1' %}}first{{% endif %}} {asked}"), "generation": "Go {{ id }}",
            "start_tags": starts, "end_tags": ends,
        });
        self.prompts.push((file.clone(), prompt));
        file
    }

    fn ask(&mut self, iterated: bool) {
        let column = self.column();
        let tags: Vec<usize> = match self.dice.below(3) {
            0 => vec![self.dice.below(3)],
            1 => vec![0, 1 + self.dice.below(2)],
            _ => vec![2, 0],
        };
        let outputs: Vec<String> = tags.iter().map(|at| format!("out{}_{at}", self.blocks.len())).collect();
        let mut config = json!({"output_cols": outputs});
        if self.dice.below(3) == 0 {
            config["gen_kwargs"] = json!({"n": 1 + self.dice.below(3), "temperature": "0.5", "max_tokens": 50});
        }
        if self.dice.below(3) == 0 {
            config["batch_kwargs"] = json!({"num_samples": 5});
        }
        if self.dice.below(4) == 0 {
            config["parser_kwargs"] = json!({
                "parser_name": "custom", "parsing_pattern": r"(\[Q\]|<a>|\[SCORE\])\s*(.*?)\s*(?=\[|<|$)",
                "parser_cleanup_tags": ["[/Q]", "\""],
            });
            config["output_cols"] = json!([format!("tag{}", self.blocks.len()), outputs[0]]);
        }
        let made: Vec<String> = serde_json::from_value(config["output_cols"].clone()).unwrap();
        match self.dice.below(5) {
            0 => config["model_prompt"] = json!(""),
            1 => config["model_prompt"] = json!("<|user|>\n{{ prompt }}\n<|assistant|>\n"),
            2 => config["model_prompt"] = json!("{% for m in messages %}[{{ m.role }}] {{ m['content'] }}{% endfor %}"),
            3 => config["model_family"] = json!("blank"),
            _ => {}
        }
        let mut block_type = "LLMBlock";
        if self.dice.below(4) == 0 && !iterated {
            block_type = "ConditionalLLMBlock";
            let paths: Vec<Value> = ["left", "right"]
                .iter()
                .map(|kind| json!([self.prompt(&column, &tags), kind]))
                .collect();
            config["config_paths"] = json!(paths);
            config["selector_column_name"] = json!("kind");
        } else {
            config["config_path"] = json!(self.prompt(&column, &tags));
        }
        if iterated {
            config["num_iters"] = json!(2);
            config["block_type"] = json!(block_type);
            block_type = "IterBlock";
        }
        self.columns.extend(made);
        self.add(block_type, config);
    }

    fn step(&mut self) {
        let (column, other, out) = (self.column(), self.column(), format!("made{}", self.blocks.len()));
        match self.dice.below(11) {
            0..=2 => self.ask(false),
            3 => self.ask(true),
            4 => {
                let dtype = self.dice.pick(&["float", "int", ""]);
                let mut config = match dtype {
                    "" => json!({"filter_column": column, "filter_value": ["a", "o"], "operation": "contains"}),
                    _ => json!({
                        "filter_column": column, "filter_value": 0.0, "operation": self.dice.pick(&["eq", "ge", "ne"]),
                        "convert_dtype": dtype,
                    }),
                };
                if !dtype.is_empty() {
                    // The only column with a number in its first row: where none can be read, datasets keeps texts.
                    if column != "score" || self.through_pandas {
                        return;
                    }
                    if self.dice.below(2) == 0 {
                        config["default_value"] = json!("3");
                    }
                    self.columns.retain(|name| *name != column);
                }
                self.add("FilterByValueBlock", config);
            }
            5 => {
                self.columns.push(out.clone());
                self.add(
                    "CombineColumnsBlock",
                    json!({"columns": [column, other], "output_col": out}),
                );
            }
            6 => {
                self.columns.push(out.clone());
                let map = json!({"left": column, "right": other});
                self.add(
                    "SelectorBlock",
                    json!({"choice_map": map, "choice_col": "kind", "output_col": out}),
                );
            }
            7 if column != other
                && ![&column, &other]
                    .iter()
                    .any(|name| ["id", "kind"].contains(&name.as_str())) =>
            {
                self.columns.retain(|name| *name != column && *name != other);
                self.columns.push(out.clone());
                let config = json!({"var_cols": [column, other], "value_name": out, "var_name": format!("{out}_name")});
                self.add("FlattenColumnsBlock", config);
            }
            8 => {
                self.columns.push(out.clone());
                self.add(
                    "DuplicateColumnsBlock",
                    json!({"columns_map": Map::from_iter([(column, json!(out))])}),
                );
            }
            9 if !["id", "kind"].contains(&column.as_str()) => {
                self.columns.retain(|name| *name != column);
                self.columns.push(out.clone());
                self.add(
                    "RenameColumnsBlock",
                    json!({"columns_map": Map::from_iter([(column, json!(out))])}),
                );
            }
            10 if self.dice.below(2) == 0 => self.add("SetToMajorityValueBlock", json!({"col_name": column})),
            _ => {
                self.columns.push(out.clone());
                let config = json!({"input_col": "chat", "output_col": out, "gen_kwargs": {"max_tokens": 20}});
                self.add("LLMMessagesBlock", config);
            }
        }
    }
}

#[test]
fn seeded_older_pipelines_give_the_same_rows() {
    let Some(python) = python() else { return };
    if package(&python).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(number("SEEDBED_PARITY_SEED", 1) + 1000);
    let count = usize::try_from(number("SEEDBED_PARITY_PIPELINES", 160)).unwrap() / 4;
    let mut cases = Vec::new();
    for number in 0..count {
        let rows = (0..2 + dice.below(3))
            .map(|row| {
                json!({
                    "id": format!("row {row}"), "text": dice.pick(&["one", " two\n", "霜", "3", ""]), "score": if row == 0 { "1.5" } else { dice.pick(&["1", "2.5", "x", "0"]) },
                    "kind": dice.pick(&["left", "right"]), "chat": [{"role": "user", "content": format!("<a> {row}")}],
                })
            })
            .collect();
        let wanted = 2 + dice.below(5);
        let mut writing = Writing {
            dice: &mut dice,
            columns: ["id", "text", "score", "kind"].map(str::to_owned).to_vec(),
            blocks: Vec::new(),
            prompts: Vec::new(),
            through_pandas: false,
        };
        for _ in 0..30 {
            if writing.blocks.len() >= wanted {
                break;
            }
            writing.step();
        }
        let place = folder.path().join(number.to_string());
        fs::create_dir(&place).unwrap();
        let pipeline = json!({"version": "1.0", "blocks": writing.blocks});
        fs::write(
            place.join("pipeline.yaml"),
            serde_json::to_vec_pretty(&pipeline).unwrap(),
        )
        .unwrap();
        for (file, prompt) in writing.prompts {
            fs::write(place.join(file), prompt.to_string()).unwrap();
        }
        cases.push(Case {
            flow: format!("{number}/pipeline.yaml"),
            rows,
        });
    }
    let server = answers::serving(PAIRS.map(|(start, end)| (start.to_owned(), end.to_owned())).to_vec());
    let (rows, refused) = compare(folder.path(), &cases, &server, &program(&python));
    println!("{count} older pipelines gave {rows} rows; in {refused} instructlab-sdg gave up");
    assert!(rows > count && refused * 3 < count, "{rows} rows, {refused} given up");
}
