//! InstructLab's schemas as tables. Source: `instructlab/schema/v{1,2,3}/*.json` of instructlab-schema 0.4.2.

/// What a value must look like.
pub(super) enum Shape {
    /// A text; `filled` when it needs at least one character.
    Text {
        filled: bool,
    },
    /// The whole number that names the schema.
    Version(i64),
    List {
        at_least: usize,
        unique: bool,
        item: &'static Shape,
    },
    Group(Group),
}

/// Keys with values.
pub(super) struct Group {
    /// In the order in which the validator asks for them.
    pub required: &'static [&'static str],
    /// Every known key, in the order in which the validator judges them.
    pub known: &'static [(&'static str, &'static Shape)],
    /// Unknown keys are let pass.
    pub open: bool,
}

const FILLED: Shape = Shape::Text { filled: true };
const TEXT: Shape = Shape::Text { filled: false };
const V1: Shape = Shape::Version(1);
const V2: Shape = Shape::Version(2);
const V3: Shape = Shape::Version(3);

const SKILL_EXAMPLE: Shape = Shape::Group(Group {
    required: &["question", "answer"],
    known: &[("context", &FILLED), ("question", &FILLED), ("answer", &FILLED)],
    open: false,
});
const SKILL_EXAMPLES_V1: Shape = Shape::List {
    at_least: 1,
    unique: false,
    item: &SKILL_EXAMPLE,
};
const SKILL_EXAMPLES: Shape = Shape::List {
    at_least: 5,
    unique: true,
    item: &SKILL_EXAMPLE,
};
const SKILL_REQUIRED: &[&str] = &["version", "created_by", "task_description", "seed_examples"];

pub(super) const SKILL_V1: Group = Group {
    required: &["created_by", "task_description", "seed_examples"],
    known: &[
        ("version", &V1),
        ("created_by", &FILLED),
        ("task_description", &TEXT),
        ("seed_examples", &SKILL_EXAMPLES_V1),
    ],
    open: false,
};

const fn skill(version: &'static [(&'static str, &'static Shape)]) -> Group {
    Group {
        required: SKILL_REQUIRED,
        known: version,
        open: false,
    }
}

pub(super) const SKILL_V2: Group = skill(&[
    ("version", &V2),
    ("created_by", &FILLED),
    ("task_description", &FILLED),
    ("seed_examples", &SKILL_EXAMPLES),
]);

pub(super) const SKILL_V3: Group = skill(&[
    ("version", &V3),
    ("created_by", &FILLED),
    ("task_description", &FILLED),
    ("seed_examples", &SKILL_EXAMPLES),
]);

const PAIR: Shape = Shape::Group(Group {
    required: &["question", "answer"],
    known: &[("question", &FILLED), ("answer", &FILLED)],
    // The schema forgot to forbid others here, and so do we.
    open: true,
});
const PAIRS: Shape = Shape::List {
    at_least: 3,
    unique: true,
    item: &PAIR,
};
const KNOWLEDGE_EXAMPLE: Shape = Shape::Group(Group {
    required: &["context", "questions_and_answers"],
    known: &[("context", &FILLED), ("questions_and_answers", &PAIRS)],
    open: false,
});
const KNOWLEDGE_EXAMPLES: Shape = Shape::List {
    at_least: 5,
    unique: true,
    item: &KNOWLEDGE_EXAMPLE,
};
const PATTERNS: Shape = Shape::List {
    at_least: 1,
    unique: true,
    item: &FILLED,
};
const DOCUMENT: Shape = Shape::Group(Group {
    required: &["repo", "commit", "patterns"],
    known: &[("repo", &FILLED), ("commit", &FILLED), ("patterns", &PATTERNS)],
    open: false,
});

pub(super) const KNOWLEDGE_V3: Group = Group {
    required: &[
        "version",
        "created_by",
        "domain",
        "seed_examples",
        "document",
        "document_outline",
    ],
    known: &[
        ("version", &V3),
        ("created_by", &FILLED),
        ("domain", &FILLED),
        ("seed_examples", &KNOWLEDGE_EXAMPLES),
        ("document", &DOCUMENT),
        ("document_outline", &FILLED),
    ],
    open: false,
};
