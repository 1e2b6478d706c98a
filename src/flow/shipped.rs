//! The flows inside the binary: a folder each under `shipped/`, with `flow.yaml` and its own prompts; prompts that several
//! flows use lie in `shipped/prompts/`.

use std::collections::BTreeSet;

use rust_embed::RustEmbed;

use super::config::Files;

#[derive(RustEmbed)]
#[folder = "src/flow/shipped/"]
#[include = "*.yaml"]
struct Shipped;

/// Those that are taken when nobody chooses stand first.
const FIRST: [&str; 3] = ["freeform-skill", "grounded-skill", "knowledge"];
const FLOW_FILE: &str = "/flow.yaml";

pub(super) fn names() -> impl Iterator<Item = String> {
    let all: BTreeSet<String> = Shipped::iter()
        .filter_map(|path| path.strip_suffix(FLOW_FILE).map(str::to_owned))
        .collect();
    let others: Vec<String> = all.into_iter().filter(|name| !FIRST.contains(&name.as_str())).collect();
    FIRST.into_iter().map(str::to_owned).chain(others)
}

pub(super) fn files(name: &str) -> Option<impl Files + use<>> {
    Shipped::get(&format!("{name}{FLOW_FILE}")).map(|_| Inside(name.to_owned()))
}

/// The files of a flow with their paths: its own under its name, and the prompts that it shares.
pub(super) fn whole(name: &str) -> Option<Vec<(String, String)>> {
    let inside = Inside(name.to_owned());
    let flow = inside.read("flow.yaml").ok()?;
    let own = format!("{name}/");
    let is_its_own = |path: &str| match path.strip_prefix("prompts/") {
        Some(_) => flow.contains(&format!("../{path}")),
        None => path.starts_with(&own),
    };
    let mut files: Vec<(String, String)> = Shipped::iter()
        .filter(|path| is_its_own(path))
        .filter_map(|path| Some((path.to_string(), inside.read(&format!("../{path}")).ok()?)))
        .collect();
    files.sort();
    Some(files)
}

struct Inside(String);

impl Files for Inside {
    fn read(&self, relative: &str) -> Result<String, String> {
        let path = match relative.strip_prefix("../") {
            Some(shared) => shared.to_owned(),
            None => format!("{}/{relative}", self.0),
        };
        let file = Shipped::get(&path).ok_or_else(|| "it is not among the flows inside the program".to_owned())?;
        String::from_utf8(file.data.into_owned()).map_err(|error| error.to_string())
    }
}
