//! Finds out how many requests side by side are worth it: more of them, as long as that brings more text a second.

/// Fewest answers by which a limit is judged.
const FEWEST_ANSWERS: usize = 8;
/// Answers after a step that did not help, before another one is tried: the work may have changed.
const REST: usize = 100;
/// The first steps double the limit; once one did not help, the later ones are smaller.
const BIG_STEP: f64 = 2.0;
const SMALL_STEP: f64 = 1.25;

/// The search for the best limit; told of each answer, it says when to change the limit.
#[derive(Debug, Default)]
pub struct Climb {
    /// Tokens a second of single answers under the present limit.
    rates: Vec<f64>,
    /// The limit before the present step, and what it brought in all.
    before: Option<(usize, f64)>,
    careful: bool,
    /// Answers that are not looked at.
    rest: usize,
}

impl Climb {
    /// Takes the rate of one answer, in tokens a second; returns the new limit when it is to change.
    ///
    /// The median of the single rates, times their number, is what all of them bring together: when answers take longer in
    /// proportion to their number, nothing is gained.
    pub fn heard(&mut self, limit: usize, cap: usize, rate: f64) -> Option<usize> {
        if self.rest > 0 {
            self.rest -= 1;
            return None;
        }
        self.rates.push(rate);
        if self.rates.len() < limit.max(FEWEST_ANSWERS) {
            return None;
        }
        let mut rates = std::mem::take(&mut self.rates);
        rates.sort_by(f64::total_cmp);
        let median = rates.get(rates.len() / 2).copied().unwrap_or_default();
        let brings = median * limit as f64;
        if let Some((before, brought)) = self.before.take() {
            // A part of what the step would bring at best is asked for; small steps must stand out from chance.
            let step = limit as f64 / before.max(1) as f64;
            let part = if self.careful { 0.5 } else { 0.25 };
            if brings < brought * (1.0 + (step - 1.0) * part) {
                self.careful = true;
                self.rest = REST;
                return Some(before);
            }
        }
        if limit >= cap {
            self.rest = REST;
            return None;
        }
        let step = if self.careful { SMALL_STEP } else { BIG_STEP };
        self.before = Some((limit, brings));
        let next = ((limit as f64 * step).ceil() as usize).min(cap);
        // The first answers found shorter queues at the server than the later ones will.
        self.rest = next;
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Climbs against a server that writes so many answers at full speed and shares that speed among more.
    fn climbed(serves: usize, answers: usize) -> usize {
        let mut climb = Climb::default();
        let mut limit = 4;
        for _ in 0..answers {
            let rate = 50.0 * (serves as f64 / limit as f64).min(1.0);
            limit = climb.heard(limit, 64, rate).unwrap_or(limit);
        }
        limit
    }

    #[test]
    fn it_stays_near_what_the_server_serves() {
        for (serves, least, most) in [
            (1, 4, 5),
            (4, 4, 5),
            (8, 8, 10),
            (20, 16, 40),
            (64, 64, 64),
            (1000, 64, 64),
        ] {
            let limit = climbed(serves, 2000);
            assert!((least..=most).contains(&limit), "{serves}: {limit}");
        }
        assert_eq!(climbed(1000, 300), 64, "soon");
    }
}
