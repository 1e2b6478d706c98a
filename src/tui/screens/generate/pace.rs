//! How fast a run goes and how long it may still take, said only as far as it can be known.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// What counts as now, in seconds.
const RECENT: f64 = 30.0;
/// The shortest time between two readings that are kept, in milliseconds.
const APART: i64 = 500;
/// Below this time a rate says nothing, in seconds.
const SHORTEST: f64 = 3.0;
/// Rows that must be through, and seconds that must be gone, before a forecast is made.
const ENOUGH_ROWS: usize = 5;
const ENOUGH_TIME: f64 = 10.0;
/// A forecast whose ends lie further apart than this many times says nothing.
const WIDEST: f64 = 4.0;

/// Totals of a run at a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Totals {
    pub samples: usize,
    pub calls: usize,
    pub tokens: u64,
    /// Rows that are through.
    pub rows: usize,
}

/// Readings of the last half minute: bounded, whatever the length of the run.
#[derive(Debug, Default)]
pub struct Pace {
    readings: VecDeque<(Timestamp, Totals)>,
    latest: Totals,
    /// Seconds of pauses that are over.
    paused: f64,
    paused_since: Option<Timestamp>,
}

/// What a run does at present.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    pub samples_a_minute: f64,
    pub calls_a_minute: f64,
    pub tokens_a_second: f64,
    /// Rows that went through in this time.
    rows: usize,
    seconds: f64,
}

/// Between how many seconds the rest will probably take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    pub least: f64,
    pub most: f64,
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

impl Pace {
    /// Takes a reading.
    pub fn note(&mut self, now: Timestamp, totals: Totals) {
        self.latest = totals;
        let fresh = |last: &(Timestamp, Totals)| now.duration_since(last.0) < SignedDuration::from_millis(APART);
        if !self.readings.back().is_some_and(fresh) {
            self.readings.push_back((now, totals));
        }
        // One reading from before the half minute stays: the rate goes from there.
        while self.readings.get(1).is_some_and(|(at, _)| seconds(*at, now) > RECENT) {
            self.readings.pop_front();
        }
    }

    /// The pace of the last half minute; nothing while that is too short, or while the run is paused.
    pub fn rates(&self, now: Timestamp) -> Option<Rates> {
        let in_time = |reading: &&(Timestamp, Totals)| seconds(reading.0, now) <= RECENT;
        let first = self.readings.iter().find(in_time).or(self.readings.back())?;
        let gone = seconds(first.0, now);
        if gone < SHORTEST || self.paused_since.is_some() {
            return None;
        }
        let more = |get: fn(&Totals) -> f64| (get(&self.latest) - get(&first.1)).max(0.0);
        Some(Rates {
            samples_a_minute: more(|totals| totals.samples as f64) / gone * 60.0,
            calls_a_minute: more(|totals| totals.calls as f64) / gone * 60.0,
            tokens_a_second: more(|totals| totals.tokens as f64) / gone,
            rows: self.latest.rows.saturating_sub(first.1.rows),
            seconds: gone,
        })
    }

    /// Begins or ends a pause.
    pub fn pause(&mut self, paused: bool, now: Timestamp) {
        match (paused, self.paused_since) {
            (true, None) => self.paused_since = Some(now),
            (false, Some(since)) => {
                self.paused += seconds(since, now);
                self.paused_since = None;
                // What was done before the pause says nothing of what is done after it.
                self.readings.clear();
                self.readings.push_back((now, self.latest));
            }
            _ => {}
        }
    }

    /// Seconds in which the run stood still.
    pub fn paused(&self, now: Timestamp) -> f64 {
        self.paused + self.paused_since.map_or(0.0, |since| seconds(since, now))
    }

    /// How long `left` more rows will take, after `gone` seconds of work. The whole run so far and the last half minute each say
    /// something; the range covers both, each with the chance error of its count (its square root). Nothing while too few
    /// rows are through, or when the two are too far apart.
    pub fn forecast(&self, now: Timestamp, gone: f64, left: usize) -> Option<Forecast> {
        let through = self.latest.rows;
        if through < ENOUGH_ROWS || gone < ENOUGH_TIME || left == 0 || self.paused_since.is_some() {
            return None;
        }
        let range = |rows: usize, seconds: f64| {
            let middle = seconds / rows as f64 * left as f64;
            let error = 1.0 / (rows as f64).sqrt();
            (middle * (1.0 - error), middle * (1.0 + error))
        };
        let (mut least, mut most) = range(through, gone);
        if let Some(recent) = self.rates(now) {
            if recent.rows >= ENOUGH_ROWS {
                let (low, high) = range(recent.rows, recent.seconds);
                (least, most) = (least.min(low), most.max(high));
            } else if recent.seconds >= RECENT / 2.0 && gone / (through as f64) < recent.seconds / ENOUGH_ROWS as f64 {
                // It has nearly come to a stop.
                return None;
            }
        }
        (most <= least * WIDEST).then_some(Forecast { least, most })
    }
}

/// `about 3 min`, `about 3 to 5 min`, `under 10 s`: no finer than it is known.
pub fn told(forecast: Forecast) -> String {
    let Forecast { least, most } = forecast;
    if most < 10.0 {
        return "under 10 s".to_owned();
    }
    let (unit, step, word) = match most {
        most if most < 90.0 => (1.0, 10.0, "s"),
        most if most < 90.0 * 60.0 => (60.0, 1.0, "min"),
        _ => (3600.0, 0.5, "h"),
    };
    let least = ((least / unit / step).round() * step).max(step);
    let most = ((most / unit / step).round() * step).max(step);
    if (most - least).abs() < step / 2.0 {
        format!("about {most} {word}")
    } else {
        format!("about {least} to {most} {word}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn totals(rows: usize) -> Totals {
        Totals {
            samples: rows,
            calls: rows * 2,
            tokens: rows as u64 * 100,
            rows,
        }
    }

    #[test]
    fn a_rate_is_that_of_the_last_half_minute_and_falls_when_nothing_comes() {
        let mut pace = Pace::default();
        pace.note(at(0), totals(0));
        assert_eq!(pace.rates(at(2)), None);
        for second in 1..=100 {
            pace.note(at(second), totals(second as usize));
        }
        let rates = pace.rates(at(100)).unwrap();
        assert!((rates.samples_a_minute - 60.0).abs() < 1.0 && (rates.calls_a_minute - 120.0).abs() < 2.0);
        assert!((rates.tokens_a_second - 100.0).abs() < 2.0);
        assert!(pace.readings.len() < 70);
        assert!(pace.rates(at(115)).unwrap().samples_a_minute < 40.0);
        assert!(pace.rates(at(200)).unwrap().samples_a_minute < 1.0);
    }

    #[test]
    fn a_forecast_waits_until_there_is_something_to_go_by() {
        let mut pace = Pace::default();
        pace.note(at(0), totals(0));
        pace.note(at(9), totals(4));
        assert_eq!(pace.forecast(at(60), 60.0, 100), None);
        pace.note(at(20), totals(100));
        assert_eq!(pace.forecast(at(9), 9.0, 100), None);
        let forecast = pace.forecast(at(20), 20.0, 900).unwrap();
        assert!(forecast.least < 180.0 && forecast.most > 180.0, "{forecast:?}");
        assert_eq!(told(forecast), "about 3 min");
        // A standstill is no time to promise anything.
        assert_eq!(pace.forecast(at(90), 90.0, 900), None);
        pace.pause(true, at(90));
        assert_eq!((pace.rates(at(95)), pace.paused(at(100))), (None, 10.0));
        pace.pause(false, at(110));
        assert_eq!((pace.rates(at(111)), pace.paused(at(200))), (None, 20.0));
    }

    #[test]
    fn a_forecast_is_no_finer_than_it_is_known() {
        let told = |least, most| told(Forecast { least, most });
        assert_eq!(told(3.0, 9.0), "under 10 s");
        assert_eq!(told(31.0, 44.0), "about 30 to 40 s");
        assert_eq!(told(130.0, 290.0), "about 2 to 5 min");
        assert_eq!(told(3500.0, 3610.0), "about 58 to 60 min");
        assert_eq!(told(5000.0, 9000.0), "about 1.5 to 2.5 h");
    }
}
