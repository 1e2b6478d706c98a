//! What a move or a deletion will do, found out before anything is touched: what goes along, what stands in the way, what else
//! speaks of the leaf.

use std::fs;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;

use super::carry::{is_there, only_case_differs};
use super::error::MovingError;
use super::kept::size_of;
use super::record::{Carry, TreeChange, TreeChangeKind};
use super::step_of;
use crate::samples::{CURATED, Outcome, RunRecord, curated_folder};
use crate::taxonomy::naming::{admit, branch_of, reads_as_knowledge};
use crate::taxonomy::{Branch, Drafts, Kind, NodePath, SEED_FILE};
use crate::workbench::{Workbench, WorkbenchError};

/// A move that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovePlan {
    pub from: NodePath,
    pub to: NodePath,
    /// How many leaves move, drafts included.
    pub leaves: usize,
    /// Curated samples or decisions go along.
    pub has_samples: bool,
    /// Drafts go along.
    pub drafts: usize,
    pub(super) carries: Vec<Carry>,
    pub(super) made: Vec<String>,
    pub(super) recorded: bool,
}

/// What else speaks of a leaf or folder, in figures and file names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Files of the repository outside the seeds and samples that name its path, relative to the repository's root.
    pub files: Vec<String>,
    /// Runs that were stopped and could be taken up.
    pub open_runs: Vec<String>,
}

/// Files larger than this are no place where people write paths down.
const MOST_BYTES: u64 = 512 * 1024;

impl Workbench {
    /// Plans a move or a rename. A target that is a folder without seeds of its own takes the leaf in, as the shell's `mv` does.
    ///
    /// # Errors
    /// [`MovingError`] with what stands in the way; nothing is touched in any case.
    pub fn plan_move(&self, from: &NodePath, to: &NodePath) -> Result<MovePlan, WorkbenchError> {
        let root = self.root();
        if from.parent().is_none() {
            return Err(MovingError::Branch(from.clone()).into());
        }
        if to != from && to.is_within(from) {
            return Err(MovingError::IntoItself {
                from: from.clone(),
                to: to.clone(),
            }
            .into());
        }
        admit(to, None)?;
        self.stays_of_its_kind(from, to)?;
        let (old, new) = (from.folder(root), to.folder(root));
        if is_there(&new) || (new.exists() && !only_case_differs(&old, &new)) {
            return Err(MovingError::Taken(to.clone()).into());
        }
        let drafts = self.drafts();
        if let Some(taken) = drafts.within(to).into_iter().find(|node| !node.is_within(from)) {
            return Err(MovingError::DraftInTheWay(taken).into());
        }
        let along = drafts.within(from);
        let on_disk = is_there(&old);
        if !on_disk && along.is_empty() {
            return Err(MovingError::Vanished { path: old }.into());
        }
        let runs = self.runs_on(from)?;
        if runs.iter().any(|run| run.outcome == Outcome::Running) {
            return Err(MovingError::RunUnderWay(from.clone()).into());
        }
        let (samples, samples_to) = (curated_folder(root, Some(from)), curated_folder(root, Some(to)));
        let has_samples = is_there(&samples);
        if is_there(&samples_to) && !only_case_differs(&samples, &samples_to) {
            // Empty folders, as git leaves them behind, are in nobody's way.
            if size_of(&samples_to) > 0 || (has_samples && fs::remove_dir_all(&samples_to).is_err()) {
                return Err(MovingError::SamplesInTheWay { path: samples_to }.into());
            }
        }
        let mut carries = Vec::new();
        let mut made = Vec::new();
        if on_disk {
            carries.push(step_of(format!("taxonomy/{from}"), format!("taxonomy/{to}")));
            made.extend(to_be_made(root, to.as_str()));
        }
        if has_samples {
            carries.push(step_of(
                format!("taxonomy/curated/{from}"),
                format!("taxonomy/curated/{to}"),
            ));
            made.extend(to_be_made(root, &format!("curated/{to}")));
        }
        let tracked = self.repository()?.tracks(&self.in_repository(from.as_str()));
        // What was recorded once is followed on, or earlier lines would lead nowhere.
        let told = self
            .moves()
            .records()
            .iter()
            .any(|record| record.to.is_within(from) || from.is_within(&record.to));
        Ok(MovePlan {
            leaves: leaves_within(&old) + along.iter().filter(|node| !node.qna(root).is_file()).count(),
            has_samples,
            drafts: along.len(),
            // A leaf that nobody else has and nothing was made of leaves no trace.
            recorded: on_disk && (has_samples || !runs.is_empty() || tracked || told),
            carries,
            made,
            from: from.clone(),
            to: to.clone(),
        })
    }

    /// Where a target as typed leads: into a folder that is there and is no leaf, else to the path itself.
    pub fn move_target(&self, from: &NodePath, to: NodePath, into: bool) -> NodePath {
        let folder = to.folder(self.root());
        let takes_in = to != *from
            && is_there(&folder)
            && !to.qna(self.root()).is_file()
            && !only_case_differs(&from.folder(self.root()), &folder);
        if !(takes_in || into) {
            return to;
        }
        NodePath::parse(&format!("{to}/{}", from.name())).unwrap_or(to)
    }

    fn stays_of_its_kind(&self, from: &NodePath, to: &NodePath) -> Result<(), MovingError> {
        let (was, will) = (reads_as_knowledge(from), reads_as_knowledge(to));
        // Without a schema's folder in the path the file decides, so that nothing is known here.
        if was == will || from.branch() == Branch::FoundationalSkills {
            return Ok(());
        }
        let (what, other, wanted) = if was {
            ("knowledge", "skills", branch_of(Kind::Knowledge))
        } else {
            ("skills", "knowledge", branch_of(Kind::Skill))
        };
        Err(MovingError::OtherKind {
            from: from.clone(),
            to: to.clone(),
            what,
            other,
            wanted: wanted.folder(),
        })
    }

    pub(super) fn deletion(&self, node: &NodePath, id: String, now: Timestamp) -> Result<TreeChange, WorkbenchError> {
        if node.parent().is_none() {
            return Err(MovingError::Branch(node.clone()).into());
        }
        let runs = self.runs_on(node)?;
        if runs.iter().any(|run| run.outcome == Outcome::Running) {
            return Err(MovingError::RunUnderWay(node.clone()).into());
        }
        let folder = node.folder(self.root());
        let samples = curated_folder(self.root(), Some(node));
        let mut carries = Vec::new();
        let kept = |place: &str| format!("seedbed/trash/{id}/kept/{place}");
        for (path, place) in [(&folder, node.to_string()), (&samples, format!("curated/{node}"))] {
            if is_there(path) {
                carries.push(step_of(format!("taxonomy/{place}"), kept(&place)));
            }
        }
        let drafts = self.drafts().within(node);
        carries.extend(self.draft_steps(&drafts, &id));
        if carries.is_empty() {
            return Err(MovingError::Vanished { path: folder }.into());
        }
        Ok(TreeChange {
            leaves: leaves_within(&folder) + drafts.iter().filter(|node| !node.qna(self.root()).is_file()).count(),
            bytes: size_of(&folder) + size_of(&samples),
            carries,
            ..TreeChange::begun(id, TreeChangeKind::Deleted, node, now)
        })
    }

    pub(super) fn discarding(&self, node: &NodePath, id: String, now: Timestamp) -> Result<TreeChange, WorkbenchError> {
        let carries = self.draft_steps(std::slice::from_ref(node), &id);
        if carries.is_empty() {
            let path = self.drafts().file(node);
            return Err(MovingError::Vanished { path }.into());
        }
        Ok(TreeChange {
            carries,
            ..TreeChange::begun(id, TreeChangeKind::Discarded, node, now)
        })
    }

    fn draft_steps(&self, nodes: &[NodePath], id: &str) -> Vec<Carry> {
        let stores = [Drafts::new(self.git_dir()), Drafts::of_attribution(self.git_dir())];
        let files = nodes
            .iter()
            .flat_map(|node| stores.iter().map(|store| store.file(node)));
        files
            .filter(|file| is_there(file))
            .filter_map(|file| Some(file.file_name()?.to_str()?.to_owned()))
            .map(|name| {
                step_of(
                    format!("seedbed/drafts/{name}"),
                    format!("seedbed/trash/{id}/kept/drafts/{name}"),
                )
            })
            .collect()
    }

    fn runs_on(&self, node: &NodePath) -> Result<Vec<RunRecord>, WorkbenchError> {
        let moves = self.moves();
        let mut runs = self.runs().list()?;
        runs.retain(|run| {
            let mut nodes = run.nodes.iter();
            nodes.any(|made_for| moves.now(made_for, Some(run.started)).is_within(node))
        });
        Ok(runs)
    }

    /// Looks for what else names a leaf or folder: runs that wait, files of the repository beside the seeds.
    ///
    /// # Errors
    /// When the repository or the runs cannot be read.
    pub fn references(&self, node: &NodePath) -> Result<References, WorkbenchError> {
        let waiting = self.runs_on(node)?.into_iter().filter(|run| run.outcome.can_resume());
        let repository = self.repository()?;
        let mut files = Vec::new();
        for path in repository.tracked()? {
            let first = self.inside(&path).and_then(|inside| inside.split('/').next());
            let is_own = first == Some(CURATED) || Branch::ALL.iter().any(|branch| first == Some(branch.folder()));
            if !is_own && names(&repository.root().join(&path), node.as_str()) {
                files.push(path);
            }
        }
        Ok(References {
            files,
            open_runs: waiting.map(|run| run.id.to_string()).collect(),
        })
    }
}

/// True when a text file names a path as a whole, not as the beginning of a longer name.
fn names(file: &Path, path: &str) -> bool {
    let is_small = fs::symlink_metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() <= MOST_BYTES);
    let mut text = String::new();
    let read = is_small && fs::File::open(file).is_ok_and(|mut file| file.read_to_string(&mut text).is_ok());
    let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    read && text.match_indices(path).any(|(at, _)| {
        !text
            .get(at + path.len()..)
            .is_some_and(|rest| rest.starts_with(goes_on))
    })
}

/// The folders above a new path that are not there yet, the uppermost first.
fn to_be_made(root: &Path, path: &str) -> Vec<String> {
    let mut made = Vec::new();
    let mut above = path.rsplit_once('/').map(|(above, _)| above);
    while let Some(folder) = above {
        if root.join(folder).is_dir() {
            break;
        }
        made.push(format!("taxonomy/{folder}"));
        above = folder.rsplit_once('/').map(|(above, _)| above);
    }
    made.reverse();
    made
}

/// How many leaves a folder holds, itself included.
fn leaves_within(folder: &Path) -> usize {
    let mut leaves = 0;
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        leaves += usize::from(folder.join(SEED_FILE).is_file());
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        waiting.extend(
            entries
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
                .map(|entry| entry.path()),
        );
    }
    leaves
}
