//! The rules of style, as yamllint judges them in the configuration that InstructLab uses.
//!
//! Built from observed behaviour, not from yamllint's code: trailing-spaces, new-line-at-end-of-file, empty-lines, key-duplicates,
//! indentation, colons, commas, hyphens, braces, brackets, with its directives in comments. Two more rules of that configuration
//! can never speak: new-lines, since the validator turns every line end into one kind first, and anchors, since a star without its
//! anchor is no readable YAML.

mod directives;
mod duplicates;
mod indentation;
mod lines;
mod spacing;

use self::directives::Directives;
pub(super) use self::lines::{MOST_EMPTY_LINES, lines};
use super::{At, Findings, Profile};
use crate::taxonomy::diagnostic::Severity;
use crate::taxonomy::yaml::Document;

pub(super) const TRAILING_SPACES: &str = "trailing-spaces";
pub(super) const FINAL_NEW_LINE: &str = "new-line-at-end-of-file";
pub(super) const EMPTY_LINES: &str = "empty-lines";
pub(super) const KEY_DUPLICATES: &str = "key-duplicates";
pub(super) const INDENTATION: &str = "indentation";
pub(super) const COLONS: &str = "colons";
pub(super) const COMMAS: &str = "commas";
pub(super) const HYPHENS: &str = "hyphens";
pub(super) const BRACES: &str = "braces";
pub(super) const BRACKETS: &str = "brackets";

/// Every rule of style, also those that never speak: a directive without names means all.
const ALL: [&str; 10] = [
    TRAILING_SPACES,
    FINAL_NEW_LINE,
    EMPTY_LINES,
    KEY_DUPLICATES,
    INDENTATION,
    COLONS,
    COMMAS,
    HYPHENS,
    BRACES,
    BRACKETS,
];

/// Looks at the style of a file. In the profile of contributions, all but four rules are warnings.
pub(super) fn lint(document: &Document, profile: Profile, findings: &mut Findings) {
    let lines = lines(document.text());
    let directives = Directives::read(document, &lines);
    if directives.whole_file() {
        return;
    }
    let mut lint = Lint {
        directives,
        lesser: match profile {
            Profile::Ilab => Severity::Error,
            Profile::Ci => Severity::Warning,
        },
        findings,
    };
    lines::look(&lines, &mut lint);
    if let Some(root) = document.root() {
        duplicates::look(root, &mut lint);
    }
    let tokens = document.tokens();
    spacing::look(&tokens, &mut lint);
    indentation::look(&tokens, &mut lint);
}

/// Takes the findings of style that no directive turns off.
struct Lint<'d, 'f> {
    directives: Directives<'d>,
    /// How bad the lesser rules are in this profile.
    lesser: Severity,
    findings: &'f mut Findings,
}

impl Lint<'_, '_> {
    /// A finding that is an error in both profiles.
    fn error(&mut self, rule: &'static str, line: usize, column: usize, message: String, fix: Option<&str>) {
        self.tell(Severity::Error, rule, line, column, message, fix);
    }

    fn lesser(&mut self, rule: &'static str, line: usize, column: usize, message: String, fix: Option<&str>) {
        self.tell(self.lesser, rule, line, column, message, fix);
    }

    fn tell(
        &mut self,
        severity: Severity,
        rule: &'static str,
        line: usize,
        column: usize,
        message: String,
        fix: Option<&str>,
    ) {
        if self.directives.off(rule, line) {
            return;
        }
        let at = At {
            line,
            column,
            yaml_path: "",
        };
        self.findings.tell(severity, rule, at, message, fix.map(str::to_owned));
    }
}
