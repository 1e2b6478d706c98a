//! The funnel of a run: how many rows each block was given, how many it passed on, and why the others left.

use std::collections::BTreeMap;

use crate::flow::RunSummary;
use crate::samples::DropReason;
use crate::text::visible::visible_line;
use crate::text::width::{cells, truncate};
use crate::tui::screens::generate::figures::grouped;
use crate::tui::theme::Role;
use crate::tui::widgets::Prose;

/// One line of the funnel: a block, or several that lost nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub rows_in: usize,
    pub rows_out: usize,
    /// Why rows left, the most frequent reason first.
    pub why: Vec<(DropReason, usize)>,
    /// Judgements that could not be read and were asked for once more.
    pub asked_again: usize,
}

impl Line {
    fn is_quiet(&self) -> bool {
        self.why.is_empty() && self.asked_again == 0
    }

    /// `✗ 3 wrong form, 1 cut off`.
    pub fn reasons(&self) -> String {
        let each = self.why.iter();
        let each: Vec<String> = each
            .map(|(reason, count)| format!("{} {}", grouped(*count as u64), reason.label()))
            .collect();
        each.join(", ")
    }
}

/// The lines of a run's funnel in the order of its blocks; those that no row reached yet are left out, unless `all`.
///
/// With more than `most` lines, neighbours that lost nothing become one; where that does not do, they are left out.
pub fn lines(
    summary: &RunSummary,
    lost: &BTreeMap<String, BTreeMap<DropReason, usize>>,
    most: usize,
    all: bool,
) -> Vec<Line> {
    let stages = summary.funnel.iter().filter(|stage| all || stage.rows_in > 0);
    let lines: Vec<Line> = stages
        .map(|stage| {
            let mut why: Vec<_> = lost
                .get(&stage.block)
                .into_iter()
                .flatten()
                .map(|(a, b)| (*a, *b))
                .collect();
            why.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            Line {
                name: stage.block.clone(),
                rows_in: stage.rows_in,
                rows_out: stage.rows_out,
                why,
                asked_again: stage.asked_again,
            }
        })
        .collect();
    if lines.len() <= most {
        return lines;
    }
    let mut merged: Vec<(usize, Line)> = Vec::new();
    for line in lines {
        match merged.last_mut() {
            Some((blocks, last)) if last.is_quiet() && line.is_quiet() => {
                *blocks += 1;
                last.name = format!("{blocks} blocks, nothing lost");
                last.rows_out = line.rows_out;
            }
            _ => merged.push((1, line)),
        }
    }
    let merged: Vec<Line> = merged.into_iter().map(|(_, line)| line).collect();
    if merged.len() <= most {
        return merged;
    }
    // Where there is hardly any room, what was lost matters more than what was not.
    merged.into_iter().filter(|line| !line.is_quiet()).collect()
}

/// The funnel as a text, one line a block; what does not fit of the reasons is cut.
pub fn prose(lines: &[Line], width: u16) -> Prose {
    let width = usize::from(width);
    let mut prose = Prose::default();
    let widest = |get: fn(&Line) -> usize| lines.iter().map(get).max().unwrap_or_default();
    let of_in = widest(|line| grouped(line.rows_in as u64).len());
    let of_out = widest(|line| grouped(line.rows_out as u64).len());
    let room = widest(|line| cells(&line.name)).min(width / 2).max(1);
    for line in lines {
        let name = visible_line(&line.name).into_owned();
        let name = truncate(&name, room);
        let pad = " ".repeat(room.saturating_sub(cells(&name)));
        prose.push(&format!("{name}{pad}  "), Role::Dim);
        let figures = format!(
            "{:>of_in$} → {:<of_out$}",
            grouped(line.rows_in as u64),
            grouped(line.rows_out as u64)
        );
        prose.push(&figures, if line.rows_in == 0 { Role::Dim } else { Role::Text });
        let mut left = width.saturating_sub(room + 2 + cells(&figures));
        if line.asked_again > 0 {
            let again = format!("  {} asked again", grouped(line.asked_again as u64));
            let again = truncate(&again, left);
            left = left.saturating_sub(cells(&again));
            prose.push(&again, Role::Warning);
        }
        if !line.why.is_empty() {
            let reasons = format!("  ✗ {}", line.reasons());
            prose.push(&truncate(&reasons, left), Role::Bad);
        }
        prose.push("\n", Role::Text);
    }
    prose
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::RunSummary;
    use crate::samples::{Outcome, Stage};
    use crate::teacher::Usage;

    fn summary(stages: &[(&str, usize, usize)]) -> RunSummary {
        let stage = |(block, rows_in, rows_out): &(&str, usize, usize)| Stage {
            block: (*block).to_owned(),
            rows_in: *rows_in,
            rows_out: *rows_out,
            asked_again: 0,
            dropped: 0,
        };
        RunSummary {
            outcome: Outcome::Running,
            rows: 10,
            grown: 0,
            samples: 0,
            drops: 0,
            not_started: 0,
            finished_rows: 0,
            calls: 0,
            failed_calls: 0,
            posted: 0,
            reused: 0,
            errors: BTreeMap::new(),
            reasons: BTreeMap::new(),
            usage: Usage::default(),
            cost: None,
            stopped_by: None,
            funnel: stages.iter().map(stage).collect(),
        }
    }

    #[test]
    fn quiet_neighbours_become_one_line_and_what_was_lost_stays_apart() {
        let summary = summary(&[
            ("prompt", 10, 10),
            ("ask", 10, 10),
            ("parse", 10, 7),
            ("rename", 7, 7),
            ("sample", 7, 7),
            ("later", 0, 0),
        ]);
        let of_parse = [(DropReason::Truncated, 1), (DropReason::Unparsable, 2)].into();
        let lost = [("parse".to_owned(), of_parse)].into();
        assert_eq!(lines(&summary, &lost, 9, false).len(), 5);
        assert_eq!(lines(&summary, &lost, 9, true).len(), 6);
        let few = lines(&summary, &lost, 3, false);
        let told: Vec<_> = few
            .iter()
            .map(|line| (line.name.as_str(), line.rows_in, line.rows_out))
            .collect();
        assert_eq!(
            told,
            [
                ("2 blocks, nothing lost", 10, 10),
                ("parse", 10, 7),
                ("2 blocks, nothing lost", 7, 7)
            ]
        );
        let fewest = lines(&summary, &lost, 2, false);
        assert_eq!(
            fewest.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(),
            ["parse"]
        );
        assert_eq!(few[1].reasons(), "2 wrong form, 1 cut off");
        assert!(
            prose(&few, 70)
                .text()
                .contains("parse                   10 → 7   ✗ 2 wrong form, 1 cut off")
        );
        assert_eq!(prose(&few, 40).height(40), 4);
    }

    #[test]
    fn judgements_that_were_asked_for_again_are_told() {
        let mut summary = summary(&[("judge", 10, 10), ("read", 10, 9), ("sample", 9, 9)]);
        summary.funnel[1].asked_again = 4;
        let lost = [("read".to_owned(), [(DropReason::Transport, 1)].into())].into();
        let told = prose(&lines(&summary, &lost, 9, false), 70);
        let told = told.text();
        assert!(told.contains("10 → 9   4 asked again  ✗ 1 "), "{told}");
        assert!(!told.contains("10 → 10  "), "{told}");
        summary.funnel[1].rows_out = 10;
        let few = lines(&summary, &BTreeMap::new(), 1, false);
        assert_eq!(few[0].name, "read");
    }
}
