//! Leaves that are drafts, put among the folders of the tree where they will stand once they are written.

use crate::taxonomy::{FolderFound, NodePath};

/// Drafts with the folders above them, in the order of the walk, waiting for their places.
pub struct Drafted {
    /// The next one is at the end.
    waiting: Vec<FolderFound>,
}

impl Drafted {
    pub fn new(drafts: &[NodePath]) -> Self {
        let mut waiting: Vec<FolderFound> = Vec::new();
        for draft in drafts {
            let mut above = draft.parent();
            while let Some(path) = above {
                above = path.parent();
                waiting.push(FolderFound { path, is_leaf: false });
            }
            waiting.push(FolderFound {
                path: draft.clone(),
                is_leaf: true,
            });
        }
        // Backwards, and of one path the draft itself last: it is then the one that is kept.
        waiting.sort_by(|a, b| b.path.segments().cmp(a.path.segments()).then(b.is_leaf.cmp(&a.is_leaf)));
        waiting.dedup_by(|a, b| a.path == b.path);
        Drafted { waiting }
    }

    /// Hands out what stands before a folder that the walk found, then the folder.
    pub fn place(&mut self, mut folder: FolderFound, hand_out: &mut dyn FnMut(FolderFound)) {
        while let Some(next) = self
            .waiting
            .pop_if(|next| !next.path.segments().gt(folder.path.segments()))
        {
            if next.path == folder.path {
                folder.is_leaf |= next.is_leaf;
                break;
            }
            hand_out(next);
        }
        hand_out(folder);
    }

    /// Hands out what stands behind the last folder.
    pub fn rest(self, hand_out: &mut dyn FnMut(FolderFound)) {
        self.waiting.into_iter().rev().for_each(hand_out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(paths: &[&str]) -> Vec<FolderFound> {
        let folder = |text: &&str| {
            let (is_leaf, path) = text.strip_suffix('*').map_or((false, *text), |path| (true, path));
            FolderFound {
                path: NodePath::parse(path).unwrap(),
                is_leaf,
            }
        };
        paths.iter().map(folder).collect()
    }

    #[test]
    fn drafts_stand_where_they_will_stand() {
        let drafts: Vec<NodePath> = [
            "knowledge/b/new",
            "compositional_skills/z",
            "knowledge/a/x",
            "knowledge/a",
        ]
        .map(|path| NodePath::parse(path).unwrap())
        .to_vec();
        let walked = found(&[
            "compositional_skills",
            "compositional_skills/c*",
            "knowledge",
            "knowledge/b",
            "knowledge/b-c*",
        ]);
        let mut drafted = Drafted::new(&drafts);
        let mut placed = Vec::new();
        for folder in walked {
            drafted.place(folder, &mut |found| placed.push(found));
        }
        drafted.rest(&mut |found| placed.push(found));
        assert_eq!(
            placed,
            found(&[
                "compositional_skills",
                "compositional_skills/c*",
                "compositional_skills/z*",
                "knowledge",
                "knowledge/a*",
                "knowledge/a/x*",
                "knowledge/b",
                "knowledge/b/new*",
                "knowledge/b-c*",
            ])
        );
    }
}
