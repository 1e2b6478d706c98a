//! old-version: a skill of version 1 or 2, which is still read but no longer taken.

use super::Advice;
use crate::taxonomy::check::SchemaName;
use crate::taxonomy::check::version::VERSION_FIX;
use crate::taxonomy::yaml::{Node, YamlPath};

pub(super) fn look(root: &Node, schema: SchemaName, advice: &mut Advice<'_>) {
    let Some(node) = root.get("version") else { return };
    if let Some(number @ 1..=2) = node.as_int()
        && schema == SchemaName::Skill
    {
        let message = format!(
            "Version {number} is still read here, but contributions to InstructLab must be version 3; write 'version: 3'."
        );
        let path = YamlPath::root().key("version");
        advice.tell("old-version", node, &path, message, Some(VERSION_FIX.to_owned()));
    }
}
