//! The grammar of TOML 1.1, one pass over the text.

use super::super::number;
use super::super::value::Value;
use super::tree::{Key, Node, Table, What};

/// What is not as it should be, and at which byte.
pub(super) struct Slip {
    pub(super) at: usize,
    pub(super) said: &'static str,
}

pub(super) type Read<T> = Result<T, Slip>;

/// Lists and tables in one another.
const DEPTH: usize = 80;
const NO_VALUE: &str = "neither a text, a number, true or false, a list nor a table";

/// Reads a whole text.
pub(super) fn document(text: &str) -> Read<Table> {
    let mut reader = Reader { text, at: if text.starts_with('\u{feff}') { 3 } else { 0 }, depth: DEPTH };
    let mut root = Table::root();
    let mut header: Option<Key> = None;
    loop {
        reader.blank();
        match reader.peek() {
            None => return Ok(root),
            Some(b'\n' | b'\r' | b'#') => {}
            Some(b'[') => {
                let (key, one_of_many) = reader.header()?;
                root.open(&key, one_of_many)?;
                header = Some(key);
            }
            Some(_) => {
                let at = reader.at;
                let (key, value) = reader.pair()?;
                root.opened(header.as_ref()).ok_or(Slip { at, said: "duplicate key" })?.put(key, value)?;
            }
        }
        reader.end_of_line()?;
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// How much deeper it may go.
    depth: usize,
}

impl<'a> Reader<'a> {
    fn slip<T>(&self, said: &'static str) -> Read<T> {
        Err(Slip { at: self.at, said })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes a text if it is next.
    fn eat(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        self.at += if there { text.len() } else { 0 };
        there
    }

    /// Takes as many bytes as are of a kind.
    fn take(&mut self, kind: fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(kind) {
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn blank(&mut self) {
        self.take(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn newline(&mut self) -> bool {
        self.eat("\n") || self.eat("\r\n")
    }

    fn comment(&mut self) {
        if self.eat("#") {
            self.take(is_of_a_line);
        }
    }

    /// What may stand behind a header or a value, and the end of the line.
    fn end_of_line(&mut self) -> Read<()> {
        self.blank();
        self.comment();
        if self.peek().is_none() || self.newline() { Ok(()) } else { self.slip("expected the end of the line") }
    }

    /// Blanks, newlines and comments.
    fn between(&mut self) {
        loop {
            self.blank();
            self.comment();
            if !self.newline() {
                return;
            }
        }
    }

    fn header(&mut self) -> Read<(Key, bool)> {
        self.at += 1;
        let one_of_many = self.eat("[");
        let key = self.key()?;
        if !self.eat(if one_of_many { "]]" } else { "]" }) {
            return self.slip("expected `]`");
        }
        Ok((key, one_of_many))
    }

    fn pair(&mut self) -> Read<(Key, Node)> {
        let key = self.key()?;
        if !self.eat("=") {
            return self.slip("expected `=`");
        }
        self.blank();
        Ok((key, self.value()?))
    }

    /// A key and the blanks around its parts.
    fn key(&mut self) -> Read<Key> {
        self.blank();
        let (at, mut way) = (self.at, Vec::new());
        loop {
            self.blank();
            let part = match self.peek() {
                Some(b'"') => self.quoted(false)?,
                Some(b'\'') => self.literal(false)?,
                _ => match self.take(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
                    "" => return self.slip("expected a key"),
                    bare => bare.to_owned(),
                },
            };
            self.blank();
            if !self.eat(".") {
                return Ok(Key { at, way, last: part });
            }
            way.push(part);
        }
    }

    fn value(&mut self) -> Read<Node> {
        let at = self.at;
        let what = match self.peek() {
            Some(b'"') => What::Plain(Value::String(self.quoted(true)?)),
            Some(b'\'') => What::Plain(Value::String(self.literal(true)?)),
            Some(b'[') => self.nested(Self::list)?,
            Some(b'{') => self.nested(Self::table)?,
            _ => match self
                .take(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-' | b'.' | b':'))
            {
                "true" => What::Plain(Value::Bool(true)),
                "false" => What::Plain(Value::Bool(false)),
                word => What::Plain(Value::Number(number_of(word).ok_or(Slip { at, said: NO_VALUE })?)),
            },
        };
        Ok(Node { at, what })
    }

    fn nested(&mut self, inside: fn(&mut Self) -> Read<What>) -> Read<What> {
        let Some(left) = self.depth.checked_sub(1) else { return self.slip("nested too deep") };
        (self.at, self.depth) = (self.at + 1, left);
        let what = inside(self)?;
        self.depth += 1;
        Ok(what)
    }

    fn list(&mut self) -> Read<What> {
        let mut items = Vec::new();
        loop {
            self.between();
            if self.eat("]") {
                return Ok(What::List(items));
            }
            items.push(self.value()?);
            self.between();
            if !self.eat(",") && self.peek() != Some(b']') {
                return self.slip("expected `,` or `]`");
            }
        }
    }

    fn table(&mut self) -> Read<What> {
        let mut table = Table::between_braces();
        loop {
            self.between();
            if self.eat("}") {
                return Ok(What::Table(table));
            }
            let (key, value) = self.pair()?;
            table.put(key, value)?;
            self.between();
            if !self.eat(",") && self.peek() != Some(b'}') {
                return self.slip("expected `,` or `}`");
            }
        }
    }

    /// A text between quotes, with escapes; between three of them it may have lines.
    fn quoted(&mut self, may_have_lines: bool) -> Read<String> {
        let lines = may_have_lines && self.eat("\"\"\"");
        if lines {
            self.newline();
        } else {
            self.at += 1;
        }
        let mut text = String::new();
        loop {
            text.push_str(self.take(|byte| is_of_a_line(byte) && byte != b'"' && byte != b'\\'));
            match self.peek() {
                Some(b'"') if self.ends("\"", lines, &mut text) => return Ok(text),
                Some(b'"') => {}
                Some(b'\\') => {
                    self.at += 1;
                    if !(lines && self.goes_on()) {
                        text.push(self.escape()?);
                    }
                }
                _ => self.line(lines, &mut text)?,
            }
        }
    }

    /// A text between apostrophes, as it stands.
    fn literal(&mut self, may_have_lines: bool) -> Read<String> {
        let lines = may_have_lines && self.eat("'''");
        if lines {
            self.newline();
        } else {
            self.at += 1;
        }
        let mut text = String::new();
        loop {
            text.push_str(self.take(|byte| is_of_a_line(byte) && byte != b'\''));
            match self.peek() {
                Some(b'\'') if self.ends("'", lines, &mut text) => return Ok(text),
                Some(b'\'') => {}
                _ => self.line(lines, &mut text)?,
            }
        }
    }

    /// Takes the quotes that are next: the end of a text, or one or two within it. Up to two may stand before the last three.
    fn ends(&mut self, quote: &str, lines: bool, text: &mut String) -> bool {
        let mut count = 0;
        while count < if lines { 5 } else { 1 } && self.eat(quote) {
            count += 1;
        }
        let within = if !lines {
            0
        } else if count < 3 {
            count
        } else {
            count - 3
        };
        text.push_str(&quote.repeat(within));
        !lines || count >= 3
    }

    /// The end of a line within a text.
    fn line(&mut self, lines: bool, text: &mut String) -> Read<()> {
        let start = self.at;
        if !lines || !self.newline() {
            return self.slip("a text without an end, or with a control character");
        }
        text.push_str(self.text.get(start..self.at).unwrap_or_default());
        Ok(())
    }

    /// After a backslash at the end of a line the text goes on with the next character that is not blank.
    fn goes_on(&mut self) -> bool {
        let back = self.at;
        self.blank();
        if !self.newline() {
            self.at = back;
            return false;
        }
        loop {
            self.blank();
            if !self.newline() {
                return true;
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let byte = self.peek();
        self.at += 1;
        let digits = match byte {
            Some(plain @ (b'"' | b'\\')) => return Ok(plain.into()),
            Some(b'b') => return Ok('\u{8}'),
            Some(b't') => return Ok('\t'),
            Some(b'n') => return Ok('\n'),
            Some(b'f') => return Ok('\u{c}'),
            Some(b'r') => return Ok('\r'),
            Some(b'e') => return Ok('\u{1b}'),
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => return self.slip("an escape that TOML does not have"),
        };
        let hex = self.rest().get(..digits).filter(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let point = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        self.at += digits;
        point.map_or_else(|| self.slip("an escape that names no character"), Ok)
    }
}

/// What may stand in a line: no control character but the tab.
fn is_of_a_line(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// The number that a word is, if it is one as TOML writes it, and a finite one.
fn number_of(word: &str) -> Option<f64> {
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(mark, radix)| Some((word.strip_prefix(mark)?, radix)));
    if let Some((digits, radix)) = radix {
        let digits = plain(digits, radix)?;
        return i64::from_str_radix(&digits, radix).ok().map(|it| it as f64);
    }
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(a, b)| (a, Some(b)));
    let (whole, part) = mantissa.split_once('.').map_or((mantissa, None), |(a, b)| (a, Some(b)));
    let digits = plain(whole, 10)?;
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    let minus = if word.starts_with('-') { "-" } else { "" };
    if part.is_none() && exponent.is_none() {
        return [minus, &digits].concat().parse::<i64>().ok().map(|it| it as f64);
    }
    let part = part.map_or(Some(String::new()), |part| Some([".", &plain(part, 10)?].concat()))?;
    let exponent = match exponent {
        Some(it) => {
            let sign = if it.starts_with('-') { "e-" } else { "e" };
            [sign, &plain(it.strip_prefix(['+', '-']).unwrap_or(it), 10)?].concat()
        }
        None => String::new(),
    };
    number::parse(&[minus, &digits, &part, &exponent].concat()).filter(|it| it.is_finite())
}

/// Digits without the underscores, each of which stands between two.
fn plain(digits: &str, radix: u32) -> Option<String> {
    let parts = digits.split('_');
    let whole = parts.clone().all(|part| !part.is_empty() && part.chars().all(|it| it.is_digit(radix)));
    whole.then(|| parts.collect())
}
