//! Flows of the user's own, in their config folder: found by name, begun as copies of shipped ones.

use std::path::{Path, PathBuf};

use super::{Workbench, WorkbenchError};
use crate::flow::{Flow, FlowError, Override};
use crate::taxonomy::Kind;

const FLOW_FILE: &str = "flow.yaml";
/// What the name of a copy begins with.
const COPY: &str = "my-";

impl Workbench {
    /// The folder of the user's own flows, `flows` beside the settings: a folder each, with `flow.yaml` and its prompts. Need
    /// not exist.
    pub fn own_flows_folder(&self) -> PathBuf {
        self.places().config_file.with_file_name("flows")
    }

    /// The user's own flows, each as it could be read, by name.
    pub fn own_flows(&self) -> Vec<(String, Result<Flow, FlowError>)> {
        let mut flows: Vec<_> = std::fs::read_dir(self.own_flows_folder())
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|name| {
                let path = self.own_flow(&name)?;
                Some((name, Flow::load(&path)))
            })
            .collect();
        flows.sort_by(|a, b| a.0.cmp(&b.0));
        flows
    }

    /// The file of an own flow.
    fn own_flow(&self, name: &str) -> Option<PathBuf> {
        let is_name = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
        let path = self.own_flows_folder().join(name).join(FLOW_FILE);
        (is_name && path.is_file()).then_some(path)
    }

    /// Opens a flow for a kind of leaf by its name, shipped, own or InstructLab's, or by its file's or folder's path.
    ///
    /// # Errors
    /// When there is none, or it is not right.
    pub fn open_flow(&self, name_or_path: &str, kind: Kind, overrides: &[Override]) -> Result<Flow, FlowError> {
        let opened = Flow::open_for(name_or_path, kind, overrides, &self.pipeline_folders());
        match (opened, self.own_flow(name_or_path)) {
            (Err(FlowError::NoSuchFlow { .. }), Some(path)) => Flow::open_with(&path.to_string_lossy(), overrides),
            (opened, _) => opened,
        }
    }

    /// Copies a shipped flow into the user's own flows, under a name of its own. Returns that name; a copy that is there
    /// already stays as it is.
    ///
    /// # Errors
    /// When there is no such shipped flow, or the folder cannot be written.
    pub fn copy_flow(&self, name: &str) -> Result<String, WorkbenchError> {
        let texts = Flow::files_of(name)?;
        let copy = format!("{COPY}{name}");
        let folder = self.own_flows_folder();
        for (path, text) in texts {
            let own = path.strip_prefix(name).and_then(|rest| rest.strip_prefix('/'));
            let (file, text) = match own {
                Some(rest) => (
                    folder.join(&copy).join(rest),
                    text.replacen(&format!("name: {name}\n"), &format!("name: {copy}\n"), 1),
                ),
                // Shared prompts keep their place beside the flows.
                None => (folder.join(&path), text),
            };
            write_new(&file, &text)?;
        }
        Ok(copy)
    }
}

/// Writes a file that is not there yet.
fn write_new(file: &Path, text: &str) -> Result<(), WorkbenchError> {
    if file.exists() {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(WorkbenchError::io("make the folder", folder))?;
    }
    std::fs::write(file, text).map_err(WorkbenchError::io("write", file))
}
