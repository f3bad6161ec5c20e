//! The strict reading of JSON: one pass, each name once, bounded depth, every number in range, with byte offsets.

use super::number;
use super::value::{Value, sorted};

/// The largest magnitude that a number may have: what every reader holds exactly as an integer.
pub const NUMBER_LIMIT: f64 = 9_007_199_254_740_991.0;

/// What is not as it should be in a text, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The byte.
    pub offset: usize,
    /// What is wrong.
    pub said: String,
}

/// Reads a whole text. Nested deeper than `depth` it is refused.
pub fn read(text: &str, depth: usize) -> Result<Value, Mistake> {
    let mut reader = Reader { text, at: 0, depth };
    let value = reader.value()?;
    reader.blank();
    if reader.at < text.len() {
        return Err(reader.mistake("something follows the value"));
    }
    Ok(value)
}

/// Where the value at a place (names of members, numbers of items, outermost first) of a text that [`read`] takes begins;
/// of the innermost one that is there.
pub fn offset_of(text: &str, place: &[&str]) -> usize {
    let mut reader = Reader { text, at: 0, depth: usize::MAX };
    for step in place {
        if reader.enter(step).is_none() {
            break;
        }
    }
    reader.blank();
    reader.at
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// How much deeper it may go.
    depth: usize,
}

type Read<T> = Result<T, Mistake>;

impl<'a> Reader<'a> {
    fn mistake(&self, said: impl Into<String>) -> Mistake {
        Mistake { offset: self.at, said: said.into() }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes a byte, after blanks, if it is the next one.
    fn eat(&mut self, byte: u8) -> bool {
        self.blank();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Read<()> {
        if self.eat(byte) {
            Ok(())
        } else {
            Err(self.mistake(["expected `", &char::from(byte).to_string(), "`"].concat()))
        }
    }

    /// Takes as many bytes as are of a kind.
    fn take(&mut self, kind: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&kind) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn value(&mut self) -> Read<Value> {
        self.blank();
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::list),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            _ => self.word(),
        }
    }

    fn nested(&mut self, inside: fn(&mut Self) -> Read<Value>) -> Read<Value> {
        let Some(left) = self.depth.checked_sub(1) else { return Err(self.mistake("nested too deep")) };
        self.at += 1;
        self.depth = left;
        let value = inside(self)?;
        self.depth += 1;
        Ok(value)
    }

    fn list(&mut self) -> Read<Value> {
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            if !self.eat(b',') {
                self.expect(b']')?;
                return Ok(Value::Array(items));
            }
        }
    }

    fn object(&mut self) -> Read<Value> {
        let mut members: Vec<(String, Value)> = Vec::new();
        if self.eat(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            let name = self.name()?;
            members.push((name, self.value()?));
            if !self.eat(b',') {
                break;
            }
        }
        self.expect(b'}')?;
        match twice(&members) {
            Some(name) => Err(self.mistake(["the key `", &name.escape_debug().to_string(), "` stands twice"].concat())),
            None => Ok(Value::Object(members)),
        }
    }

    /// A member's name and the colon after it.
    fn name(&mut self) -> Read<String> {
        self.blank();
        let name = self.string()?;
        self.expect(b':')?;
        Ok(name)
    }

    fn word(&mut self) -> Read<Value> {
        let start = self.at;
        match self.take(|byte| byte.is_ascii_alphabetic()) {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(Mistake { offset: start, said: "expected a value".to_owned() }),
        }
    }

    fn number(&mut self) -> Read<f64> {
        let start = self.at;
        let text = self.take(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        let wrong = |said: &str| Mistake { offset: start, said: said.to_owned() };
        let number = number::parse(text).filter(|_| is_number(text.as_bytes()));
        let number = number.ok_or_else(|| wrong("not a number as JSON writes it"))?;
        if number.abs() > NUMBER_LIMIT {
            return Err(wrong("a number beyond ±(2^53−1)"));
        }
        Ok(number)
    }

    fn string(&mut self) -> Read<String> {
        if self.peek() != Some(b'"') {
            return Err(self.mistake("expected `\"`"));
        }
        self.at += 1;
        let mut text = String::new();
        loop {
            text.push_str(self.take(|byte| byte >= b' ' && byte != b'"' && byte != b'\\'));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                Some(_) => return Err(self.mistake("a control character in a text")),
                None => return Err(self.mistake("a text without an end")),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let byte = self.peek();
        self.at += 1;
        Ok(match byte {
            Some(plain @ (b'"' | b'\\' | b'/')) => plain.into(),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.unit()?;
                let more =
                    matches!(first, 0xd800..0xdc00) && self.text.get(self.at..).is_some_and(|it| it.starts_with("\\u"));
                let mut units = vec![first];
                if more {
                    self.at += 2;
                    units.push(self.unit()?);
                }
                match char::decode_utf16(units).collect::<Result<Vec<char>, _>>().as_deref() {
                    Ok([one]) => *one,
                    _ => return Err(self.mistake("a lone surrogate")),
                }
            }
            _ => return Err(self.mistake("an escape that JSON does not have")),
        })
    }

    /// The four hex digits of an escape.
    fn unit(&mut self) -> Read<u16> {
        let digits = self.text.get(self.at..self.at + 4).filter(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        self.at += 4;
        unit.ok_or_else(|| self.mistake("expected four hex digits"))
    }

    /// Goes to the value of a member or to an item of what begins here.
    fn enter(&mut self, step: &str) -> Option<()> {
        self.blank();
        let back = self.at;
        let found = match self.peek()? {
            b'{' => self.seek(step, |reader, _| reader.name().ok()),
            b'[' => self.seek(step, |_, at| Some(at.to_string())),
            _ => None,
        };
        if found.is_none() {
            self.at = back;
        }
        found
    }

    fn seek(&mut self, step: &str, next: impl Fn(&mut Self, usize) -> Option<String>) -> Option<()> {
        self.at += 1;
        for at in 0.. {
            if next(self, at)? == step {
                break;
            }
            self.value().ok()?;
            self.eat(b',').then_some(())?;
        }
        Some(())
    }
}

/// A name that two members have. The few of a record are told apart quicker as they stand.
fn twice(members: &[(String, Value)]) -> Option<&str> {
    if members.len() <= 24 {
        let mut before = members.iter().enumerate().map(|(at, it)| (it, members.get(..at).unwrap_or_default()));
        return before.find(|(it, before)| before.iter().any(|had| had.0 == it.0)).map(|(it, _)| it.0.as_str());
    }
    sorted(members).windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[0].0.as_str())
}

/// Whether a text is a number in JSON's own grammar, which is narrower than Rust's.
fn is_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.starts_with(b"0")) {
        return false;
    }
    rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix(b".") {
        let count = digits(after);
        if count == 0 {
            return false;
        }
        rest = &after[count..];
    }
    match rest {
        [] => true,
        [b'e' | b'E', exponent @ ..] => {
            let exponent = exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn as_serde_json_reads_it(text: &str) -> Option<Value> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn what_is_json_is_read_and_nothing_else() {
        for text in [
            "null",
            " true ",
            "false",
            "0",
            "-0",
            "-1.5e3",
            "0.1",
            "1E-7",
            "1e+2",
            "9007199254740991",
            "\"\"",
            r#""é😀é\"\\\/\b\f\n\r\t""#,
            "[]",
            "[ ]",
            "{}",
            "{ }",
            "[1,[2 , 3],{\"a\" :[]}]",
            "\t{\r\n\"a\":1}",
        ] {
            assert_eq!(read(text, 16).ok(), Some(as_serde_json_reads_it(text).unwrap()), "{text}");
        }
        for text in [
            "",
            " ",
            "nul",
            "nullx",
            "True",
            "NaN",
            "-",
            "01",
            "-01",
            "1.",
            ".1",
            "1e",
            "1e+",
            "+1",
            "0x1",
            "1_0",
            "- 1",
            "Infinity",
            "inf",
            "\"",
            "\"\\",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u+123\"",
            r#""\ud800""#,
            r#""\ud800A""#,
            r#""\udc00""#,
            "\"\n\"",
            "\"\u{0}\"",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,]",
            "]",
            "{",
            "{1:2}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":1 \"b\":2}",
            "1 2",
            "[]]",
            "'a'",
            "\u{feff}1",
            "\u{a0}1",
        ] {
            assert!(read(text, 16).is_err(), "{text}");
            assert!(as_serde_json_reads_it(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_json_allows_and_records_do_not_is_refused_with_its_byte() {
        for (text, offset, said) in [
            ("[1, 9007199254740992]", 4, "beyond"),
            ("[1e400]", 1, "beyond"),
            (r#"{"a": 1, "b": 2, "a": 3}"#, 24, "`a` stands twice"),
            ("[[[1]]]", 2, "too deep"),
            ("[1] x", 4, "follows"),
            ("[tru]", 1, "expected a value"),
        ] {
            let mistake = read(text, 2).unwrap_err();
            assert!(mistake.said.contains(said), "{text}: {}", mistake.said);
            assert_eq!(mistake.offset, offset, "{text}");
        }
    }

    #[test]
    fn the_place_of_a_value_is_its_first_byte() {
        let text = r#"{"a": 1, "b": [ 2, {"c": "x"} ]}"#;
        for (place, offset) in
            [(&[][..], 0), (&["a"], 6), (&["b", "0"], 16), (&["b", "1", "c"], 25), (&["b", "7"], 14), (&["z"], 0)]
        {
            assert_eq!(offset_of(text, place), offset, "{place:?}");
        }
    }

    /// Texts that are JSON, or nearly.
    fn texts() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "[0-9eE.+-]{1,8}",
            "\"([a-c]|\\\\[nu\"]|\\\\u[0-9a-fA-D]{4}|é)*\"",
            Just("null".to_owned()),
            Just("true".to_owned()),
            "[ -~]{0,4}",
        ];
        leaf.prop_recursive(4, 40, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(","))),
                prop::collection::vec(("[a-z]{1,2}", inner), 0..4).prop_map(|all| {
                    let all: Vec<_> = all.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
                    format!("{{{}}}", all.join(", "))
                }),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn what_is_read_is_what_serde_json_reads(text in texts()) {
            match (read(&text, 16), as_serde_json_reads_it(&text)) {
                (Ok(ours), Some(theirs)) => prop_assert_eq!(ours, theirs),
                (Ok(_), None) => prop_assert!(false, "read, and serde_json refuses it"),
                (Err(mistake), _) => prop_assert!(mistake.offset <= text.len() + 4),
            }
        }
    }
}
