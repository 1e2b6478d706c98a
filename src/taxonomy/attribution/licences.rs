//! The licences a person may name: SPDX's list, with those marked that InstructLab's taxonomy accepts.

use super::is_accepted;
use crate::text::search::Matcher;

/// A licence as SPDX lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Licence {
    /// As in `CC-BY-SA-4.0`.
    pub id: &'static str,
    pub name: &'static str,
    /// InstructLab's taxonomy accepts it.
    pub accepted: bool,
}

/// InstructLab accepts works without copyright, for which SPDX has no name of its own.
const PUBLIC_DOMAIN: Licence = Licence {
    id: "Public domain",
    name: "no copyright, or no longer any",
    accepted: true,
};

/// The licences that fit what was typed, those first that InstructLab accepts, then the best fitting; all accepted ones when
/// nothing was typed.
pub fn find_licences(typed: &str, most: usize) -> Vec<Licence> {
    let mut matcher = Matcher::new();
    let current = spdx::identifiers::LICENSES
        .iter()
        .filter(|licence| licence.flags & spdx::flags::IS_DEPRECATED == 0)
        .map(|licence| Licence {
            id: licence.name,
            name: licence.full_name,
            accepted: is_accepted(licence.name),
        });
    let mut fitting: Vec<(u32, Licence)> = current
        .chain([PUBLIC_DOMAIN])
        .filter(|licence| licence.accepted || !typed.trim().is_empty())
        .filter_map(|licence| {
            // Exactly what was typed comes before longer names that hold it.
            let own = if licence.id.eq_ignore_ascii_case(typed.trim()) {
                10_000
            } else {
                0
            };
            let by_id = matcher.score(typed, licence.id).map(|score| score * 2);
            let by_name = matcher.score(typed, licence.name);
            Some((own + by_id.max(by_name)?, licence))
        })
        .collect();
    fitting.sort_by(|(a, first), (b, second)| {
        let rank = |score: u32, licence: &Licence| (score < 10_000, !licence.accepted, u32::MAX - score);
        rank(*a, first)
            .cmp(&rank(*b, second))
            .then_with(|| first.id.cmp(second.id))
    });
    fitting.into_iter().map(|(_, licence)| licence).take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(typed: &str) -> Vec<&'static str> {
        find_licences(typed, 8).into_iter().map(|licence| licence.id).collect()
    }

    #[test]
    fn accepted_licences_come_first_and_are_offered_unasked() {
        let offered = ids("");
        assert_eq!(offered.len(), 7, "{offered:?}");
        assert!(offered.contains(&"CC-BY-SA-4.0") && offered.contains(&"Public domain"));
        assert_eq!(ids("cc by sa")[0], "CC-BY-SA-4.0");
        assert_eq!(ids("apache")[0], "Apache-2.0");
        assert_eq!(ids("attribution share alike")[0], "CC-BY-SA-4.0");
        assert_eq!(ids("gpl-3.0-only")[0], "GPL-3.0-only");
        assert!(!find_licences("GPL-3.0-only", 1)[0].accepted);
        assert!(ids("zzqxj").is_empty());
    }
}
