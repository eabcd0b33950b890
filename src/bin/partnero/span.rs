//! Lengths of time, as a person writes and reads them.

use std::time::Duration;

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Reads `90s`, `10m`, `2h` or `14d`: the value of an option.
///
/// # Errors
///
/// What to write instead.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    // A number without a unit is refused: in other programs it means seconds or milliseconds.
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = UNITS
        .iter()
        .find(|(unit, _)| *unit == &text[digits.len()..]);
    let number = digits.parse::<u64>().ok();
    let millis = unit
        .zip(number)
        .and_then(|((_, millis), number)| number.checked_mul(*millis));
    millis
        .map(Duration::from_millis)
        .ok_or_else(|| "write a whole number and a unit: `90s`, `10m`, `2h` or `14d`".to_owned())
}

/// A length of time in its two largest units.
pub(crate) fn show(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_needs_its_unit() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("2h", 7_200), ("14d", 1_209_600)] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)));
        }
        assert_eq!(parse("250ms"), Ok(Duration::from_millis(250)));
        for text in [
            "",
            "10",
            "m",
            "1.5h",
            "-1s",
            "10 m",
            "10M",
            "99999999999999999d",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_two_largest_units_are_shown() {
        for (seconds, text) in [
            (7, "7 s"),
            (61, "1 min 1 s"),
            (7_380, "2 h 3 min"),
            (90_000, "1 d 1 h"),
        ] {
            assert_eq!(show(Duration::from_secs(seconds)), text);
        }
    }
}
