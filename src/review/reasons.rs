//! Why a sample is rejected: nine reasons under the keys 1 to 9, stored by their code.

/// One reason, as offered on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// `1` to `9`.
    pub key: char,
    /// As stored and as typed on the command line.
    pub code: &'static str,
    /// As shown.
    pub label: &'static str,
}

/// The reasons in the order of their keys.
pub const REASONS: [Reason; 9] = [
    Reason {
        key: '1',
        code: "off-topic",
        label: "off topic",
    },
    Reason {
        key: '2',
        code: "wrong",
        label: "wrong",
    },
    Reason {
        key: '3',
        code: "not-in-source",
        label: "not in the source",
    },
    Reason {
        key: '4',
        code: "unclear",
        label: "unclear",
    },
    Reason {
        key: '5',
        code: "too-short",
        label: "too short",
    },
    Reason {
        key: '6',
        code: "repeats",
        label: "repeats another",
    },
    Reason {
        key: '7',
        code: "style",
        label: "wrong style",
    },
    Reason {
        key: '8',
        code: "unsafe",
        label: "unsafe",
    },
    Reason {
        key: '9',
        code: "other",
        label: "other",
    },
];

/// The code given to an original that a reviewer's edit replaced; not offered as a reason.
pub const EDITED: &str = "edited";

/// The reason under a key.
pub fn reason_for_key(key: char) -> Option<&'static Reason> {
    REASONS.iter().find(|reason| reason.key == key)
}

/// How a stored code is shown; a code of another version is shown as it is.
pub fn reason_label(code: &str) -> &str {
    if code == EDITED {
        return "replaced by an edit";
    }
    REASONS
        .iter()
        .find(|reason| reason.code == code)
        .map_or(code, |reason| reason.label)
}
