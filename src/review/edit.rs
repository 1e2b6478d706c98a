//! A reviewer's edit: a new sample beside the one it came from.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::samples::{Message, Provenance, Sample, SampleId};

/// Makes the sample that a reviewer's new text is; `None` when the text is the same.
///
/// It keeps where the original came from and adds the editor. Depth stays, for it counts generations of models, and no
/// model had a hand in this. Scores and flags are left behind: they were said of another text.
pub fn edited_sample(
    original: &Sample,
    messages: Vec<Message>,
    context: Option<String>,
    editor: &str,
    now: Timestamp,
) -> Option<Sample> {
    let id = SampleId::of(&original.node, &messages, context.as_deref());
    if id == original.id || (messages == original.messages && context == original.context) {
        return None;
    }
    // An empty name would make the sample look generated.
    let editor = if editor.trim().is_empty() { "unknown" } else { editor };
    Some(Sample {
        reasoning: None,
        rejected: original.rejected.clone(),
        choices: original.choices.clone(),
        id,
        node: original.node.clone(),
        kind: original.kind,
        messages,
        context,
        provenance: Provenance {
            editor: editor.to_owned(),
            made: Some(now),
            ..original.provenance.clone()
        },
        scores: BTreeMap::new(),
        flags: Vec::new(),
        parent: Some(original.id.clone()),
        depth: original.depth,
    })
}
