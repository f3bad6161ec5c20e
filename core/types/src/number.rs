//! Numbers as texts: read exactly, and printed as ECMAScript prints them, which is RFC 8785's form.
//!
//! Everything below the faces goes through these two. The standard library's own reader and printer bring 30 KB of tables
//! and code into a browser; these are exact too, and a fifth of that.

use lexical_parse_float::FromLexical;
use ryu_js::Float;

/// The number that a decimal text such as `0.91`, `-3` or `1e-7` is nearest to; none where it is no number.
pub fn parse(text: &str) -> Option<f64> {
    f64::from_lexical(text.as_bytes()).ok()
}

/// The shortest text that reads back as this number: `1`, `0.1`, `1e-7`, `1e+21`.
pub fn print(number: impl Float) -> String {
    ryu_js::Buffer::new().format(number).to_owned()
}

/// The nearest number of so many significant digits.
pub fn round(number: f64, significant: usize) -> f64 {
    let text = print(number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let digits = mantissa.replace('.', "");
    let excess = digits.trim_start_matches('0').len().saturating_sub(significant);
    let (Ok(digits), Ok(exponent)) = (digits.parse::<u64>(), exponent.parse::<i64>()) else { return number };
    if excess == 0 {
        return number;
    }
    let unit = 10u64.pow(excess as u32);
    let exponent = exponent - decimals as i64 + excess as i64;
    parse(&format!("{}e{exponent}", (digits + unit / 2) / unit)).map_or(number, |rounded| rounded.copysign(number))
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
            assert_eq!(parse(text), Some(f64::from_bits(bits)));
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

    #[test]
    fn what_is_no_number_is_not_read() {
        for text in ["", "-", ".", "e5", "1e", "1x", "0x10", " 1", "1 ", "1_0", "1,5", "--1"] {
            assert_eq!(parse(text), None, "{text}");
            assert!(text.parse::<f64>().is_err(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn any_number_reads_back(bits: u64) {
            let number = f64::from_bits(bits);
            if number.is_finite() {
                prop_assert_eq!(parse(&print(number)), Some(if number == 0.0 { 0.0 } else { number }));
            }
        }

        #[test]
        fn any_decimal_is_read_as_the_standard_library_reads_it(text in "-?[0-9]{1,30}(\\.[0-9]{1,30})?(e[-+]?[0-9]{1,3})?") {
            prop_assert_eq!(parse(&text), text.parse::<f64>().ok());
        }

        /// Halfway between two numbers, and one digit off: where a reader that is not exact goes wrong.
        #[test]
        fn the_middle_between_two_numbers_goes_to_the_even_one(bits in 0u64..0x7fe0_0000_0000_0000, more in "[0-9]?") {
            let (below, above) = (f64::from_bits(bits), f64::from_bits(bits + 1));
            let text = format!("{:.1080}", below / 2.0 + above / 2.0);
            let text = text + &more;
            prop_assert_eq!(parse(&text), text.parse::<f64>().ok());
        }
    }
}
