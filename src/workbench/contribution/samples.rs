//! How many samples changed leaves will make with the shipped flows.

use std::collections::BTreeMap;

use super::super::WorkbenchError;
use super::{ChangedLeaf, Contribution, Seeds};
use crate::flow::{Flow, Step};
use crate::taxonomy::{Kind, Leaf};

/// What one flow will make of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByFlow {
    pub flow: String,
    pub leaves: usize,
    /// At most: what a flow drops on the way is not known beforehand.
    pub samples: usize,
}

/// Fills in how many samples each leaf makes when a run asks for `count` candidates.
pub(super) fn count(leaves: &mut [ChangedLeaf], count: usize) -> Result<(), WorkbenchError> {
    let mut growth: BTreeMap<Kind, usize> = BTreeMap::new();
    for changed in leaves {
        let Some(seeds) = changed.seeds.as_ref().filter(|seeds| seeds.usable) else {
            continue;
        };
        let grows = match growth.get(&seeds.kind) {
            Some(grows) => *grows,
            None => {
                let grows = most_samples_of_a_row(&Flow::for_kind(seeds.kind)?);
                growth.insert(seeds.kind, grows);
                grows
            }
        };
        changed.samples = count.saturating_mul(grows);
    }
    Ok(())
}

/// One row becomes at most as many samples as its blocks multiply it.
fn most_samples_of_a_row(flow: &Flow) -> usize {
    let mut choices = 1;
    let product = flow.blocks.iter().fold(1_u64, |sum, block| {
        let before = if block.joins {
            std::mem::replace(&mut choices, 1)
        } else {
            1
        };
        if matches!(block.step, Step::Ask(_)) {
            choices = block.grows.max(1);
        }
        (sum / before).saturating_mul(block.grows)
    });
    usize::try_from(product).unwrap_or(usize::MAX)
}

impl Seeds {
    pub(super) fn of(leaf: Leaf) -> Self {
        Seeds {
            kind: leaf.kind,
            examples: leaf.seed_examples.len(),
            usable: is_usable(&leaf),
            document: leaf.document,
        }
    }
}

/// A run takes only whole examples; without one there is nothing to start from.
fn is_usable(leaf: &Leaf) -> bool {
    let filled = |text: &str| !text.trim().is_empty();
    leaf.seed_examples.iter().any(|example| {
        let context = example.context.as_deref().is_some_and(filled);
        (leaf.kind != Kind::GroundedSkill || context)
            && example
                .pairs
                .iter()
                .any(|pair| filled(&pair.question) && filled(&pair.answer))
    })
}

impl Contribution {
    /// How many samples the change will make, at most.
    pub fn samples(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.samples).sum()
    }

    /// The same for each flow that is used.
    ///
    /// # Errors
    /// When a flow inside the binary is damaged.
    pub fn by_flow(&self) -> Result<Vec<ByFlow>, WorkbenchError> {
        let mut flows = Vec::new();
        for kind in Kind::ALL {
            let of_kind = || {
                self.leaves
                    .iter()
                    .filter(move |leaf| leaf.kind() == Some(kind) && leaf.samples > 0)
            };
            let leaves = of_kind().count();
            if leaves > 0 {
                flows.push(ByFlow {
                    flow: Flow::for_kind(kind)?.name,
                    leaves,
                    samples: of_kind().map(|leaf| leaf.samples).sum(),
                });
            }
        }
        Ok(flows)
    }
}
