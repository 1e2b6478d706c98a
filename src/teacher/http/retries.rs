//! When to ask again, and how long to wait before.

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// How often and how patiently a request is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// Tries in all when the server fails or its answer breaks off; at least 1.
    pub tries: u32,
    /// Tries in all when nobody answers and nobody did before: fewer, so that a server that is not running is said soon.
    pub connect_tries: u32,
    /// Tries in all when the server is busy: more, since limits are often those of a minute.
    pub busy_tries: u32,
    /// The first wait; each further one is twice as long. All differ by up to a fifth at random.
    pub first_wait: Duration,
    /// The first wait of all requests when the server is busy and does not say how long.
    pub busy_wait: Duration,
    pub longest_wait: Duration,
    /// A server that asks for a longer wait than this gets no further try.
    pub longest_asked: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Retries {
            tries: 5,
            connect_tries: 3,
            busy_tries: 7,
            first_wait: Duration::from_millis(500),
            busy_wait: Duration::from_secs(2),
            longest_wait: Duration::from_secs(30),
            longest_asked: Duration::from_secs(120),
        }
    }
}

impl Retries {
    /// The wait after so many failures, 1 or more.
    pub fn wait(&self, failures: u32) -> Duration {
        self.grown(self.first_wait, failures)
    }

    /// The wait of everyone after the server said so often that it is busy, 1 or more.
    pub fn busy_wait(&self, failures: u32) -> Duration {
        self.grown(self.busy_wait, failures)
    }

    fn grown(&self, first: Duration, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1).min(16));
        let wait = first.saturating_mul(factor).min(self.longest_wait);
        // Those that failed together must not come back together.
        wait.mul_f64(rand::random_range(0.8..=1.2))
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
        let waits = || (1..=40).map(|failures| retries.wait(failures)).collect::<Vec<_>>();
        for (wait, middle) in waits().into_iter().zip([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]) {
            let wait = wait.as_secs_f64();
            assert!(wait >= middle * 0.799 && wait <= middle * 1.201, "{wait} {middle}");
        }
        assert!(waits().iter().all(|wait| *wait <= retries.longest_wait.mul_f64(1.2)));
        assert_ne!(waits(), waits());
        assert!(retries.busy_wait(1) >= Duration::from_millis(1600));
    }
}
