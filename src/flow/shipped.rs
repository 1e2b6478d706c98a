//! The flows inside the binary.

use super::config::Files;

struct Shipped {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
}

const SHIPPED: [Shipped; 3] = [
    Shipped {
        name: "freeform-skill",
        files: &[
            ("flow.yaml", include_str!("shipped/freeform-skill/flow.yaml")),
            (
                "prompts/example.yaml",
                include_str!("shipped/freeform-skill/prompts/example.yaml"),
            ),
        ],
    },
    Shipped {
        name: "grounded-skill",
        files: &[
            ("flow.yaml", include_str!("shipped/grounded-skill/flow.yaml")),
            (
                "prompts/example.yaml",
                include_str!("shipped/grounded-skill/prompts/example.yaml"),
            ),
        ],
    },
    Shipped {
        name: "knowledge",
        files: &[
            ("flow.yaml", include_str!("shipped/knowledge/flow.yaml")),
            (
                "prompts/question.yaml",
                include_str!("shipped/knowledge/prompts/question.yaml"),
            ),
        ],
    },
];

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|flow| flow.name)
}

pub(super) fn files(name: &str) -> Option<impl Files + use<>> {
    SHIPPED
        .iter()
        .find(|flow| flow.name == name)
        .map(|flow| Inside(flow.files))
}

struct Inside(&'static [(&'static str, &'static str)]);

impl Files for Inside {
    fn read(&self, relative: &str) -> Result<String, String> {
        let found = self.0.iter().find(|(name, _)| *name == relative);
        found
            .map(|(_, text)| (*text).to_owned())
            .ok_or_else(|| "it is not among the flow's files".to_owned())
    }
}
