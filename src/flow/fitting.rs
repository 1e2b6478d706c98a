//! Which flows are for which leaves, and why others are not.

use super::file::Flow;
use crate::taxonomy::Kind;

/// What only some kinds of leaf have, by the column that holds it, with what a person would call it.
const NEEDS: [(&[&str], Kind, &str); 2] = [
    (
        &["document", "icl_document", "document_outline", "domain"],
        Kind::Knowledge,
        "needs documents",
    ),
    (
        &["seed_context", "icl_context_1"],
        Kind::GroundedSkill,
        "needs contexts",
    ),
];

impl Flow {
    /// Says why the flow is not for a kind of leaf, as in `needs documents`; `None` when it is. What its tags say counts, and
    /// where they name no kind, the columns that it requires.
    pub fn unfit_for(&self, kind: Kind) -> Option<String> {
        let required = &self.metadata.dataset_requirements.required_columns;
        let needs = |(columns, of, why): &(&[&str], Kind, &str)| {
            let is_needed = required.iter().any(|column| columns.contains(&column.as_str()));
            (is_needed && *of != kind).then(|| (*why).to_owned())
        };
        let has_no_task = kind == Kind::Knowledge && required.iter().any(|column| column == "task_description");
        let no_task = || has_no_task.then(|| "needs a task".to_owned());
        let missing = NEEDS.iter().find_map(needs).or_else(no_task);
        let tags = &self.metadata.tags;
        let named: Vec<Kind> = Kind::ALL
            .into_iter()
            .filter(|kind| tags.iter().any(|tag| tag == kind.word()))
            .collect();
        if named.is_empty() {
            return missing;
        }
        if named.contains(&kind) {
            return None;
        }
        let reason = match (named.contains(&Kind::GroundedSkill), named.contains(&Kind::Knowledge)) {
            (false, true) if named.len() == 1 => "needs documents",
            (true, false) if named.len() == 1 => "needs contexts",
            (true, true) => "needs a source",
            _ => "makes no contexts",
        };
        Some(missing.unwrap_or_else(|| reason.to_owned()))
    }

    /// The flows that are for a kind of leaf, the usual one first, and the others with the reason.
    pub fn sorted_for(kind: Kind, flows: Vec<Flow>) -> (Vec<Flow>, Vec<(Flow, String)>) {
        let (mut fit, mut unfit) = (Vec::new(), Vec::new());
        for flow in flows {
            match flow.unfit_for(kind) {
                None => fit.push(flow),
                Some(why) => unfit.push((flow, why)),
            }
        }
        fit.sort_by_key(|flow| flow.name != Flow::name_for_kind(kind));
        (fit, unfit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::inputs::{Inputs, PromptLimits, prepare};
    use crate::flow::scripted::{documents, leaf};

    #[test]
    fn flows_that_are_offered_can_be_run_and_the_others_say_why_not() {
        for kind in Kind::ALL {
            let (fit, unfit) = Flow::sorted_for(kind, Flow::shipped().unwrap());
            assert_eq!(fit[0].name, Flow::name_for_kind(kind));
            assert!(fit.len() > 4 && !unfit.is_empty());
            for flow in &fit {
                let (leaf, documents) = (leaf(kind), documents());
                let inputs = Inputs {
                    leaf: &leaf,
                    seed_hash: "",
                    documents: &documents,
                    count: 1,
                    seed: 1,
                    limits: PromptLimits::FULL,
                };
                prepare(&inputs, flow).unwrap();
            }
            let why = |name: &str| {
                unfit
                    .iter()
                    .find(|(flow, _)| flow.name == name)
                    .map(|(_, why)| why.as_str())
            };
            assert_eq!(
                (why("re-represent"), why("lab-grounded"), why("self-instruct")),
                match kind {
                    Kind::Skill => (Some("needs documents"), Some("needs contexts"), None),
                    Kind::GroundedSkill => (Some("needs documents"), None, Some("makes no contexts")),
                    Kind::Knowledge => (None, Some("needs contexts"), Some("needs a task")),
                }
            );
        }
    }
}
