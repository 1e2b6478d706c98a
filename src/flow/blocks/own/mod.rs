//! Seedbed's own types of block: what the methods need and sdg_hub does not have. One file for each type.
//!
//! A flow that uses them runs in Seedbed only. All draws follow from the run's seed, the row's name and the block's
//! name, so that the same run always draws the same.

mod branch;
mod choice_options;
mod claim_check;
mod clean_instruction;
mod compute_columns;
mod critique_parser;
mod draw;
mod evolution_gate;
mod evolution_rules;
mod fields_parser;
mod instruction_rules;
mod issue_order;
mod kept_words;
mod list_parser;
mod llm_completion;
mod plurality_filter;
mod revision_gate;
mod rule_filter;
mod scored_answers;
mod seed_pool;
mod sift_answers;
mod source_signs;

use super::*;

/// See [`super::block_types`].
pub(super) const BLOCK_TYPES: &[BlockType] = &[
    BlockType {
        name: compute_columns::NAME,
        about: "Seedbed's own: works columns out of others by expressions.",
        build: compute_columns::build,
    },
    BlockType {
        name: rule_filter::NAME,
        about: "Seedbed's own: keeps rows for which an expression is true, and says why the others leave.",
        build: rule_filter::build,
    },
    BlockType {
        name: draw::NAME,
        about: "Seedbed's own: draws values by chance, or so that all combinations get their turn.",
        build: draw::build,
    },
    BlockType {
        name: fields_parser::NAME,
        about: "Seedbed's own: reads named fields out of an answer in JSON, or in prose where there is none.",
        build: fields_parser::build,
    },
    BlockType {
        name: list_parser::NAME,
        about: "Seedbed's own: makes a row of every entry of a list in an answer.",
        build: list_parser::build,
    },
    BlockType {
        name: branch::NAME,
        about: "Seedbed's own: lets a copy of the row end as a sample while the row goes on.",
        build: branch::build,
    },
    BlockType {
        name: choice_options::NAME,
        about: "Seedbed's own: puts four options in a drawn order and tells the right letter.",
        build: choice_options::build,
    },
    BlockType {
        name: claim_check::NAME,
        about: "Seedbed's own: checks a judge's claims by their quotations and keeps texts that rest on the source.",
        build: claim_check::build,
    },
    BlockType {
        name: critique_parser::NAME,
        about: "Seedbed's own: reads a critic's score and issues, and leaves out issues whose quotation is not in the draft.",
        build: critique_parser::build,
    },
    BlockType {
        name: evolution_gate::NAME,
        about: "Seedbed's own: lets an evolved instruction live on and become a sample, or goes on with the old one.",
        build: evolution_gate::build,
    },
    BlockType {
        name: evolution_rules::NAME,
        about: "Seedbed's own: says what is wrong with an evolved instruction before a judge is paid.",
        build: evolution_rules::build,
    },
    BlockType {
        name: instruction_rules::NAME,
        about: "Seedbed's own: drops instructions that a text model cannot follow.",
        build: instruction_rules::build,
    },
    BlockType {
        name: plurality_filter::NAME,
        about: "Seedbed's own: keeps an answer on which most of several agree.",
        build: plurality_filter::build,
    },
    BlockType {
        name: revision_gate::NAME,
        about: "Seedbed's own: keeps a revision that is no worse in both orders, and tells when it is enough.",
        build: revision_gate::build,
    },
    BlockType {
        name: scored_answers::NAME,
        about: "Seedbed's own: takes the best of several scored answers, and the worse one for a pair.",
        build: scored_answers::build,
    },
    BlockType {
        name: seed_pool::NAME,
        about: "Seedbed's own: draws seed questions as a numbered list, with instructions that a later block kept.",
        build: seed_pool::build,
    },
    BlockType {
        name: sift_answers::NAME,
        about: "Seedbed's own: leaves out answers that are cut off, refused, empty or repeated before any is judged.",
        build: sift_answers::build,
    },
    BlockType {
        name: source_signs::NAME,
        about: "Seedbed's own: marks answers with strange numbers, little of the source or all of it, and questions that point at it.",
        build: source_signs::build,
    },
    BlockType {
        name: issue_order::NAME,
        about: "Seedbed's own: takes the issues that an adjudicator let stand, in its order.",
        build: issue_order::build,
    },
    BlockType {
        name: llm_completion::NAME,
        about: "Seedbed's own: has the teacher continue a raw text, as the beginning of a person's turn.",
        build: llm_completion::build,
    },
    BlockType {
        name: clean_instruction::NAME,
        about: "Seedbed's own: tidies an instruction that a model wrote freely.",
        build: clean_instruction::build,
    },
];

pub(in crate::flow) use llm_completion::Family;
pub(in crate::flow) use seed_pool::FROM_BLOCK;
