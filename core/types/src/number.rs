//! Numbers as ECMAScript prints them, which is RFC 8785's form.

use ryu_js::Float;

/// The largest magnitude that a number may have: what every reader holds exactly as an integer.
pub const NUMBER_LIMIT: f64 = 9_007_199_254_740_991.0;

/// The shortest text that reads back as this number: `1`, `0.1`, `1e-7`, `1e+21`.
///
/// ```
/// assert_eq!(refmark_types::number::print(0.1), "0.1");
/// assert_eq!(refmark_types::number::print(1e21), "1e+21");
/// ```
pub fn print(number: impl Float) -> String {
    ryu_js::Buffer::new().format(number).to_owned()
}

/// The nearest number of so many significant digits, at least one.
pub fn round(number: f64, significant: usize) -> f64 {
    format!("{number:.*e}", significant.saturating_sub(1)).parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_numbers_of_rfc_8785_are_spelled_as_it_spells_them() {
        for (bits, text) in [
            (0x0000000000000000, "0"),
            (0x8000000000000000, "0"),
            (0x0000000000000001, "5e-324"),
            (0x8000000000000001, "-5e-324"),
            (0x7fefffffffffffff, "1.7976931348623157e+308"),
            (0x4340000000000000, "9007199254740992"),
            (0xc340000000000000, "-9007199254740992"),
            (0x4430000000000000, "295147905179352830000"),
            (0x44b52d02c7e14af5, "9.999999999999997e+22"),
            (0x44b52d02c7e14af6, "1e+23"),
            (0x444b1ae4d6e2ef50, "1e+21"),
            (0x444b1ae4d6e2ef4f, "999999999999999900000"),
            (0x3eb0c6f7a0b5ed8d, "0.000001"),
            (0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"),
            (0x41b3de4355555553, "333333333.3333332"),
            (0xbecbf647612f3696, "-0.0000033333333333333333"),
            (0x43143ff3c1cb0959, "1424953923781206.2"),
        ] {
            assert_eq!(print(f64::from_bits(bits)), text);
            assert_eq!(text.parse(), Ok(f64::from_bits(bits)));
        }
    }

    #[test]
    fn rounding_takes_away_the_noise_of_binary_arithmetic_and_nothing_else() {
        for (number, rounded) in [
            (0.1 + 0.2, 0.3),
            (-(0.1 + 0.2), -0.3),
            (0.91, 0.91),
            (1e-15 + 1e-30, 1e-15),
            (1e300, 1e300),
            (0.0, 0.0),
            (0.07 * 3.0, 0.21),
        ] {
            assert_eq!(round(number, 12), rounded);
        }
        assert_eq!(round(123_456_789.123_456_7, 12), 123_456_789.123);
        assert!(round(f64::NAN, 12).is_nan());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn any_number_reads_back(bits: u64) {
            let number = f64::from_bits(bits);
            if number.is_finite() {
                prop_assert_eq!(print(number).parse(), Ok(if number == 0.0 { 0.0 } else { number }));
            }
        }
    }
}
