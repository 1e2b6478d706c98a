//! Finding the taxonomy around a folder.

use std::path::{Path, PathBuf};

use super::WorkbenchError;
use crate::taxonomy::{Branch, is_taxonomy};

/// Finds the taxonomy that a folder or file lies in: the nearest folder upwards that holds a branch folder.
///
/// A folder inside a branch may itself be named `knowledge`; its parent is not taken for a taxonomy of its own.
///
/// # Errors
/// [`WorkbenchError::NoSuchFolder`] and [`WorkbenchError::NoTaxonomy`].
pub fn find_taxonomy(start: &Path) -> Result<PathBuf, WorkbenchError> {
    let start = start.canonicalize().map_err(|source| WorkbenchError::NoSuchFolder {
        path: start.to_owned(),
        source,
    })?;
    let mut found: Option<&Path> = None;
    for folder in start.ancestors().filter(|folder| is_taxonomy(folder)) {
        let inside_a_branch = |inner: &Path| {
            let first = inner.strip_prefix(folder).ok().and_then(|below| below.iter().next());
            first.is_some_and(|name| Branch::ALL.iter().any(|branch| name == branch.folder()))
        };
        if found.is_none_or(inside_a_branch) {
            found = Some(folder);
        }
    }
    found
        .map(Path::to_owned)
        .ok_or(WorkbenchError::NoTaxonomy { path: start })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_taxonomy_is_found_from_anywhere_inside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("tax");
        let leaf = root.join("compositional_skills/writing/knowledge/deep");
        std::fs::create_dir_all(&leaf).unwrap();
        std::fs::write(leaf.join("qna.yaml"), "").unwrap();
        for start in [
            root.clone(),
            leaf.clone(),
            leaf.join("qna.yaml"),
            root.join("compositional_skills"),
        ] {
            assert_eq!(find_taxonomy(&start).unwrap(), root, "{start:?}");
        }
        assert!(matches!(
            find_taxonomy(folder.path()),
            Err(WorkbenchError::NoTaxonomy { .. })
        ));
        assert!(matches!(
            find_taxonomy(&root.join("gone")),
            Err(WorkbenchError::NoSuchFolder { .. })
        ));
    }

    #[test]
    fn a_taxonomy_beside_another_branch_folder_is_the_nearer_one() {
        let folder = tempfile::tempdir().unwrap();
        let outer = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(outer.join("knowledge")).unwrap();
        std::fs::create_dir_all(outer.join("tax/knowledge/a")).unwrap();
        assert_eq!(
            find_taxonomy(&outer.join("tax/knowledge/a")).unwrap(),
            outer.join("tax")
        );
    }
}
