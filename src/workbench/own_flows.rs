//! Flows of the user's own, in their config folder: found by name, begun as copies of shipped ones.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Workbench, WorkbenchError};
use crate::config::Places;
use crate::disk::write_folder;
use crate::flow::{Flow, FlowError, Override, Place};
use crate::taxonomy::Kind;

const FLOW_FILE: &str = "flow.yaml";
/// What the name of a copy begins with.
const COPY: &str = "my-";
/// How the first line of a copy begins: a comment to every reader of YAML.
const ORIGIN: &str = "# A copy of ";
/// Where a copy has the prompts that the shipped flows share.
const SHARED: &str = "shared/";

/// The folder of the user's own flows, `flows` beside the settings: a folder each, with `flow.yaml` and its prompts.
#[derive(Debug, Clone)]
pub struct OwnFlows(PathBuf);

/// A flow of the user's own.
#[derive(Debug)]
pub struct OwnFlow {
    /// Its folder's name, by which it is opened.
    pub name: String,
    /// Its `flow.yaml`.
    pub file: PathBuf,
    pub flow: Result<Flow, FlowError>,
    /// `None` where its file does not say so.
    pub copied_from: Option<CopiedFrom>,
}

/// The shipped flow that one was copied from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedFrom {
    pub flow: String,
    pub version: String,
    /// The hash that the shipped flow had then.
    pub hash: String,
}

impl CopiedFrom {
    fn line(&self) -> String {
        format!("{ORIGIN}{} {} {}\n", self.flow, self.version, self.hash)
    }

    /// Reads the first line of a flow file.
    fn of(text: &str) -> Option<Self> {
        let mut words = text.lines().next()?.strip_prefix(ORIGIN)?.split(' ').map(str::to_owned);
        Some(CopiedFrom {
            flow: words.next()?,
            version: words.next()?,
            hash: words.next()?,
        })
    }

    /// True when the flow that comes with this program is another one by now.
    pub fn has_changed_since(&self) -> bool {
        Flow::named(&self.flow).is_ok_and(|flow| flow.hash != self.hash)
    }
}

impl OwnFlow {
    /// Says where it lies and what it was.
    pub fn in_words(&self) -> String {
        let file = self.file.display();
        let Some(from) = &self.copied_from else {
            return format!("your own, in {file}");
        };
        let since = if from.has_changed_since() {
            ", which has changed since"
        } else {
            ""
        };
        format!("your own, in {file}; a copy of {} {}{since}", from.flow, from.version)
    }
}

impl OwnFlows {
    /// Those beside somebody's settings. The folder need not exist.
    pub fn of(places: &Places) -> Self {
        OwnFlows(places.config_file.with_file_name("flows"))
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Reads all of them, by name.
    pub fn list(&self) -> Vec<OwnFlow> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten();
        let mut flows: Vec<_> = entries
            .filter_map(|entry| self.look_at(&entry.ok()?.file_name().to_string_lossy()))
            .collect();
        flows.sort_by(|a, b| a.name.cmp(&b.name));
        flows
    }

    /// Reads one of them by its name; `None` when there is none of that name.
    pub fn look_at(&self, name: &str) -> Option<OwnFlow> {
        let file = self.file(name)?;
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        Some(OwnFlow {
            name: name.to_owned(),
            flow: match Flow::is_shipped(name) {
                true => Err(FlowError::Shape {
                    place: Place::file(&file.to_string_lossy()),
                    reason: format!(
                        "'{name}' is a flow that comes with seedbed and is meant by that name; rename the folder"
                    ),
                }),
                false => Flow::load(&file).map(|flow| Flow {
                    name: name.to_owned(),
                    ..flow
                }),
            },
            copied_from: CopiedFrom::of(&text),
            file,
        })
    }

    /// The file of an own flow.
    fn file(&self, name: &str) -> Option<PathBuf> {
        let is_name = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
        let path = self.0.join(name).join(FLOW_FILE);
        (is_name && path.is_file()).then_some(path)
    }

    /// Opens a flow by its name, shipped or own, or by its file's path.
    ///
    /// # Errors
    /// When there is none, or it is not right.
    pub fn open(&self, name_or_path: &str) -> Result<Flow, FlowError> {
        self.or_own(&[], Flow::open(name_or_path))
    }

    /// What was opened, else the own flow of that name. The message that there is none names the own ones, too.
    fn or_own(&self, overrides: &[Override], opened: Result<Flow, FlowError>) -> Result<Flow, FlowError> {
        match opened {
            Err(FlowError::NoSuchFlow { name, known, .. }) => match self.file(&name) {
                Some(path) => Flow::open_with(&path.to_string_lossy(), overrides),
                None => Err(FlowError::NoSuchFlow {
                    own: self.list().into_iter().map(|own| own.name).collect(),
                    name,
                    known,
                }),
            },
            opened => opened,
        }
    }

    /// Copies a shipped flow among the own ones, under a name of its own, which it returns.
    ///
    /// # Errors
    /// As [`copy_flow`].
    pub fn copy(&self, name: &str) -> Result<String, WorkbenchError> {
        let copy = format!("{COPY}{name}");
        copy_flow(name, &self.0, &copy)?;
        Ok(copy)
    }
}

/// Copies a shipped flow into a folder of that name below another, with all its prompts, those that it shares as well; the
/// folder appears whole or not at all. Returns its `flow.yaml`, whose first line says what it is a copy of.
///
/// # Errors
/// When there is no such shipped flow, the folder is there already ([`WorkbenchError::FlowThere`]), or it cannot be written.
pub fn copy_flow(name: &str, below: &Path, copy: &str) -> Result<PathBuf, WorkbenchError> {
    let shipped = Flow::named(name)?;
    let origin = CopiedFrom {
        flow: name.to_owned(),
        version: shipped.metadata.version.clone(),
        hash: shipped.hash,
    };
    let own = format!("{name}/");
    let texts: Vec<(String, String)> = Flow::files_of(name)?
        .into_iter()
        .map(|(path, text)| match path.strip_prefix(&own) {
            Some(FLOW_FILE) => {
                let named = text.replacen(&format!("name: {name}\n"), &format!("name: {copy}\n"), 1);
                let text = named.replace("../prompts/", SHARED);
                (FLOW_FILE.to_owned(), origin.line() + &text)
            }
            Some(inside) => (inside.to_owned(), text),
            // Each copy has its own: editing a prompt changes no other flow.
            None => (format!("{SHARED}{}", path.trim_start_matches("prompts/")), text),
        })
        .collect();
    let folder = below.join(copy);
    match write_folder(&folder, &texts) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(WorkbenchError::FlowThere { path: folder }),
        written => written
            .map(|()| folder.join(FLOW_FILE))
            .map_err(WorkbenchError::io("write the folder", &folder)),
    }
}

impl Workbench {
    /// The user's own flows.
    pub fn own_flows(&self) -> OwnFlows {
        OwnFlows::of(self.places())
    }

    /// Opens a flow for a kind of leaf by its name, shipped, own or InstructLab's, or by its file's or folder's path.
    ///
    /// # Errors
    /// When there is none, or it is not right.
    pub fn open_flow(&self, name_or_path: &str, kind: Kind, overrides: &[Override]) -> Result<Flow, FlowError> {
        let opened = Flow::open_for(name_or_path, kind, overrides, &self.pipeline_folders());
        self.own_flows().or_own(overrides, opened)
    }
}
