//! document-commit: documents pinned by something that can move or be mistaken.

use super::Advice;
use super::texts::Seeds;
use crate::taxonomy::yaml::YamlPath;

/// Digits of a full commit: SHA-1, and SHA-256 for repositories that use it.
const FULL: [usize; 2] = [40, 64];

pub(super) fn look(seeds: &Seeds<'_>, advice: &mut Advice<'_>) {
    let Some(node) = seeds.root.get("document").and_then(|document| document.get("commit")) else {
        return;
    };
    let Some(commit) = node.as_text().map(str::trim).filter(|commit| !commit.is_empty()) else {
        return;
    };
    if !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) || !FULL.contains(&commit.len()) {
        let message = "The commit of the documents is not a full commit of 40 digits, so what is read may change or not be found; \
                       write the full commit, as `git rev-parse HEAD` prints it in the documents' repository."
            .to_owned();
        let path = YamlPath::root().key("document").key("commit");
        advice.tell("document-commit", node, &path, message, None);
    }
}
