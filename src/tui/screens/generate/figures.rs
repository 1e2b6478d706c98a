//! Numbers as people read them.

use super::settings::Costs;

/// `12,345`.
pub fn grouped(figure: u64) -> String {
    let digits = figure.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `0:42`, `12:05`, `1:02:03`.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.clamp(0.0, 1e9) as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// `1 call`, `3 calls`.
pub fn count(number: u64, one: &str, several: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { several })
}

/// How many calls a run makes at most, and how many more when answers cannot be read.
pub fn calls_in_words(costs: &Costs) -> String {
    let calls = count(costs.calls, "call", "calls");
    match costs.second_calls {
        0 => calls,
        more => format!("{calls} ({} more where answers cannot be read)", grouped(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(
            (grouped(0), grouped(999), grouped(1000)),
            ("0".into(), "999".into(), "1,000".into())
        );
        assert_eq!(grouped(12_345_678), "12,345,678");
        assert_eq!(
            (clock(-1.0), clock(42.9), clock(3723.0)),
            ("0:00".into(), "0:42".into(), "1:02:03".into())
        );
        assert_eq!(clock(f64::NAN), "0:00");
        assert_eq!(
            (count(1, "call", "calls"), count(2, "call", "calls")),
            ("1 call".into(), "2 calls".into())
        );
    }
}
