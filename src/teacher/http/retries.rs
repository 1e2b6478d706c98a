//! When to ask again, and how long to wait before.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// How often and how patiently a request is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// Tries in all when the server is busy or fails; at least 1.
    pub tries: u32,
    /// Tries in all when nobody answers: fewer, so that a server that is not running is said soon.
    pub connect_tries: u32,
    /// The first wait; each further one is twice as long, and up to as much again is added at random.
    pub first_wait: Duration,
    pub longest_wait: Duration,
    /// A server that asks for a longer wait than this gets no further try.
    pub longest_asked: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Retries {
            tries: 5,
            connect_tries: 3,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            longest_asked: Duration::from_secs(120),
        }
    }
}

impl Retries {
    /// The waits between tries, without end; the tries are counted by whoever asks.
    pub fn waits(&self) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_factor(2.0)
            .with_min_delay(self.first_wait)
            .with_max_delay(self.longest_wait)
            .without_max_times()
            .with_jitter()
            // Without a seed every process would draw the same "random" waits and all would return at once.
            .with_jitter_seed(rand::random())
            .build()
    }
}

/// How long the server asks to wait: `retry-after-ms`, else `Retry-After` in seconds or as an HTTP date.
///
/// A date is compared with the server's own `Date`, so that a clock that is wrong here does no harm; without one it is ignored.
pub fn asked_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let positive = |number: f64| Duration::try_from_secs_f64(number).ok();
    if let Some(wait) = text(HeaderName::from_static("retry-after-ms"))
        .and_then(|ms| ms.parse::<f64>().ok())
        .and_then(|ms| positive(ms / 1000.0))
    {
        return Some(wait);
    }
    let asked = text(RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse::<f64>() {
        return positive(seconds);
    }
    let parser = DateTimeParser::new().relaxed_weekday(true);
    let then = parser.parse_timestamp(asked).ok()?;
    let now = parser.parse_timestamp(text(DATE)?).ok()?;
    // A moment that has passed means: at once.
    Some(Duration::from_secs(
        u64::try_from(then.as_second() - now.as_second()).unwrap_or(0),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn retry_after_in_every_form() {
        let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        for (given, wait) in [
            (vec![("retry-after", "7")], Some(7000)),
            (vec![("retry-after", " 0.25 ")], Some(250)),
            (vec![("retry-after", "7"), ("retry-after-ms", "120")], Some(120)),
            (
                vec![("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT"), date],
                Some(30_000),
            ),
            (vec![("retry-after", "Wed, 21 Oct 2015 07:27:30 GMT"), date], Some(0)),
            (vec![("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")], None),
            (vec![("retry-after", "-5")], None),
            (vec![("retry-after", "nan")], None),
            (vec![("retry-after", "1e300")], None),
            (vec![("retry-after", "soon")], None),
            (vec![], None),
        ] {
            assert_eq!(
                asked_wait(&headers(&given)),
                wait.map(Duration::from_millis),
                "{given:?}"
            );
        }
    }

    #[test]
    fn waits_grow_and_differ_between_processes() {
        let retries = Retries::default();
        let waits: Vec<_> = retries.waits().take(12).collect();
        assert!(waits[0] >= retries.first_wait && waits[0] <= retries.first_wait * 2);
        assert!(waits[2] >= retries.first_wait * 4);
        assert!(waits.iter().all(|wait| *wait <= retries.longest_wait * 2));
        assert_ne!(waits, retries.waits().take(12).collect::<Vec<_>>());
    }
}
