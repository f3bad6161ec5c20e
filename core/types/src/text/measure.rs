//! Quantities for people.

use crate::digest::Digest;
use crate::number;

/// A size in decimal units: `612 B`, `90.9 MB`.
pub fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    // A tenth of what is shown, so that nothing is multiplied.
    let mut tenth = 100;
    let mut names = ["kB", "MB", "GB", "TB"].into_iter();
    loop {
        // Rounded before it is looked at: 999,960 bytes are 1.0 MB, and not 1000.0 kB.
        let tenths = bytes.saturating_add(tenth / 2) / tenth;
        match names.next() {
            Some(_) if tenths >= 10_000 => tenth *= 1000,
            name => return format!("{}.{} {}", tenths / 10, tenths % 10, name.unwrap_or("PB")),
        }
    }
}

/// A span of time in its largest whole unit, up to days: `41 days`, `1 hour`, `0 seconds`.
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let (count, noun) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The first eight hex digits and a sign that there are more: `53aa5117…`.
pub fn short(digest: &Digest) -> String {
    format!("{}…", digest.short())
}

/// A number without the noise of binary arithmetic: twelve significant digits.
pub fn round(number: f64) -> f64 {
    number::round(number, 12)
}

/// A difference with its sign: `+0.019`, `−3`, `±0`.
pub fn signed(number: f64) -> String {
    let sign = if number > 0.0 { "+" } else { "−" };
    if number == 0.0 { "±0".to_owned() } else { sign.to_owned() + &number::print(round(number.abs())) }
}

/// A relative difference with its sign and one decimal: `+45.7 %`.
pub fn percent(number: f64) -> String {
    let sign = if number >= 0.0 { "+" } else { "−" };
    let tenths = (number.abs() * 10.0).round() as u64;
    format!("{sign}{}.{} %", tenths / 10, tenths % 10)
}
