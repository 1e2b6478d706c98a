//! Lists the folders and leaves of a taxonomy without reading a single file, so that the tree shows at once.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::error::TaxonomyError;
use super::node::{Branch, NodePath};

/// The name of a leaf's seed file, case and all.
pub const SEED_FILE: &str = "qna.yaml";

/// One folder of the taxonomy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderFound {
    pub path: NodePath,
    /// It holds a `qna.yaml`. A leaf may have folders below it that are leaves too.
    pub is_leaf: bool,
}

/// How a walk ended.
#[derive(Debug, Default)]
pub struct WalkEnd {
    /// The caller asked to stop; what was found so far has been handed out.
    pub cancelled: bool,
    pub folders: usize,
    pub leaves: usize,
    /// Folders that could not be listed and files that look meant as seeds but will not be read.
    pub notices: Vec<TaxonomyError>,
}

/// Tells whether a folder looks like a taxonomy: one of the three branch folders is there.
pub fn is_taxonomy(root: &Path) -> bool {
    Branch::ALL.iter().any(|branch| root.join(branch.folder()).is_dir())
}

/// Hands out every folder below the branches, parents first, siblings sorted by name.
///
/// Links to folders are not followed and dot folders are skipped. `cancel` is asked before each folder is listed.
pub fn walk(root: &Path, cancel: &dyn Fn() -> bool, on_folder: &mut dyn FnMut(FolderFound)) -> WalkEnd {
    let mut end = WalkEnd::default();
    // The next folder is at the end of the stack, hence the reversals.
    let mut waiting: Vec<NodePath> = Vec::new();
    for branch in Branch::ALL.iter().rev() {
        let folder = root.join(branch.folder());
        match fs::symlink_metadata(&folder) {
            Ok(meta) if meta.is_dir() => waiting.extend(NodePath::parse(branch.folder()).ok()),
            Ok(meta) if meta.is_symlink() => end.notices.push(TaxonomyError::LeftOut {
                path: folder,
                reason: "it is a link, and links to folders are not followed; move the folder itself here",
            }),
            Ok(_) | Err(_) => {}
        }
    }
    while let Some(path) = waiting.pop() {
        if cancel() {
            end.cancelled = true;
            return end;
        }
        let folder = path.folder(root);
        let listing = match fs::read_dir(&folder) {
            Ok(listing) => listing,
            Err(source) => {
                end.notices.push(TaxonomyError::List { path: folder, source });
                end.folders += 1;
                on_folder(FolderFound { path, is_leaf: false });
                continue;
            }
        };
        let mut is_leaf = false;
        let mut near_misses = Vec::new();
        let mut below: Vec<NodePath> = Vec::new();
        for entry in listing {
            let (name, kind) = match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
                Ok(found) => found,
                Err(source) => {
                    end.notices.push(TaxonomyError::List {
                        path: folder.clone(),
                        source,
                    });
                    continue;
                }
            };
            if kind.is_dir() {
                match folder_below(&path, &name) {
                    Ok(found) => below.extend(found),
                    Err(reason) => end.notices.push(TaxonomyError::LeftOut {
                        path: folder.join(&name),
                        reason,
                    }),
                }
            } else if name == SEED_FILE {
                // A link to a seed file is fine: saving writes through it.
                is_leaf = kind.is_file() || folder.join(&name).is_file();
            } else if looks_like_seed_file(&name) {
                near_misses.push(name);
            }
        }
        end.notices
            .extend(near_misses.into_iter().map(|name| TaxonomyError::LeftOut {
                path: folder.join(name),
                reason: "seed files must be named exactly qna.yaml; rename it to have it read",
            }));
        below.sort_unstable_by(|a, b| b.cmp(a));
        waiting.append(&mut below);
        end.folders += 1;
        end.leaves += usize::from(is_leaf);
        on_folder(FolderFound { path, is_leaf });
    }
    end
}

/// The node of a folder in a folder; `None` for dot folders.
fn folder_below(above: &NodePath, name: &OsString) -> Result<Option<NodePath>, &'static str> {
    let Some(name) = name.to_str() else {
        return Err("its name is not valid UTF-8, so it cannot be written in files; rename the folder");
    };
    if name.starts_with('.') {
        return Ok(None);
    }
    if name == SEED_FILE {
        return Err("a folder is named qna.yaml, where the seed file belongs; rename the folder");
    }
    NodePath::parse(&format!("{above}/{name}"))
        .map(Some)
        .map_err(|_| "its name cannot be part of a node's path; rename it")
}

fn looks_like_seed_file(name: &OsString) -> bool {
    name.to_str()
        .is_some_and(|name| name.eq_ignore_ascii_case("qna.yaml") || name.eq_ignore_ascii_case("qna.yml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plant(root: &Path, leaves: &[&str]) {
        for leaf in leaves {
            let folder = root.join(leaf);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(SEED_FILE), "version: 3\n").unwrap();
        }
    }

    fn listed(root: &Path) -> (Vec<String>, WalkEnd) {
        let mut found = Vec::new();
        let end = walk(root, &|| false, &mut |folder| {
            found.push(format!("{}{}", folder.path, if folder.is_leaf { " *" } else { "" }));
        });
        (found, end)
    }

    #[test]
    fn lists_parents_first_and_siblings_sorted() {
        let root = tempfile::tempdir().unwrap();
        plant(
            root.path(),
            &[
                "knowledge/b/z",
                "knowledge/b/a",
                "knowledge/a b",
                "compositional_skills/x",
                "compositional_skills/x/y",
            ],
        );
        fs::create_dir_all(root.path().join("knowledge/.hidden/leaf")).unwrap();
        fs::create_dir_all(root.path().join("docs/other")).unwrap();
        let (found, end) = listed(root.path());
        assert_eq!(
            found,
            [
                "compositional_skills",
                "compositional_skills/x *",
                "compositional_skills/x/y *",
                "knowledge",
                "knowledge/a b *",
                "knowledge/b",
                "knowledge/b/a *",
                "knowledge/b/z *",
            ]
        );
        assert_eq!(
            (end.folders, end.leaves, end.cancelled, end.notices.len()),
            (8, 5, false, 0)
        );
        assert!(is_taxonomy(root.path()));
    }

    #[test]
    fn says_what_was_left_out() {
        let root = tempfile::tempdir().unwrap();
        plant(root.path(), &["knowledge/a"]);
        fs::write(root.path().join("knowledge/a/QNA.yml"), "").unwrap();
        fs::create_dir_all(root.path().join("knowledge/b/qna.yaml")).unwrap();
        let (found, end) = listed(root.path());
        assert_eq!(found, ["knowledge", "knowledge/a *", "knowledge/b"]);
        assert_eq!(end.notices.len(), 2);
        assert!(
            end.notices
                .iter()
                .any(|notice| notice.to_string().contains("named exactly qna.yaml"))
        );
    }

    #[test]
    #[cfg(unix)]
    fn does_not_follow_links_to_folders_but_reads_a_linked_seed_file() {
        let root = tempfile::tempdir().unwrap();
        plant(root.path(), &["knowledge/a"]);
        std::os::unix::fs::symlink(root.path().join("knowledge"), root.path().join("knowledge/a/loop")).unwrap();
        fs::create_dir_all(root.path().join("knowledge/b")).unwrap();
        std::os::unix::fs::symlink(
            root.path().join("knowledge/a/qna.yaml"),
            root.path().join("knowledge/b/qna.yaml"),
        )
        .unwrap();
        assert_eq!(listed(root.path()).0, ["knowledge", "knowledge/a *", "knowledge/b *"]);
    }

    #[test]
    fn stops_when_asked() {
        let root = tempfile::tempdir().unwrap();
        plant(root.path(), &["knowledge/a", "knowledge/b", "knowledge/c"]);
        let seen = std::cell::Cell::new(0);
        let end = walk(root.path(), &|| seen.get() >= 2, &mut |_| seen.set(seen.get() + 1));
        assert!(end.cancelled);
        assert_eq!(seen.get(), 2);
    }

    #[test]
    fn an_empty_folder_is_no_taxonomy() {
        let root = tempfile::tempdir().unwrap();
        assert!(!is_taxonomy(root.path()));
        assert_eq!(listed(root.path()).0.len(), 0);
    }
}
