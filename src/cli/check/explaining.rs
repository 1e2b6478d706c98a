//! What a rule means, in the words of the documentation.

use super::super::output::shown;
use super::super::{Ended, Usage};
use crate::cli::session::Session;
use crate::taxonomy::check::rules::{RULES, page, rule};
use crate::text::distance::edit_distance;

pub(super) fn explain(session: &Session, name: &str) -> anyhow::Result<Ended> {
    if name == "all" {
        session.output.bytes(page().as_bytes())?;
        return Ok(Ended::Well);
    }
    let Some(rule) = rule(name) else {
        let near = RULES
            .iter()
            .map(|rule| (edit_distance(rule.name, name), rule.name))
            .min();
        let near = near.filter(|(distance, _)| *distance <= 3);
        let meant = near.map_or_else(
            || "`seedbed check --explain all` lists them".to_owned(),
            |(_, name)| format!("did you mean {name}?"),
        );
        return Err(Usage(format!("there is no rule '{}'; {meant}", shown(name))).into());
    };
    session.output.bytes(rule.explained().as_bytes())?;
    session
        .output
        .line(format!("\n{}: {}", rule.family.title(), rule.family.weight()))?;
    Ok(Ended::Well)
}
