//! JSON as Python's reader takes it, searched for what makes a loader run code.
//!
//! Looser than JSON on purpose (NaN, lone surrogates, keys that stand twice, a byte order mark): what Python reads and
//! refmark does not would be a way around this search. Only names are looked at, nothing is kept.

/// Python's own reader gives up at about a thousand.
const DEPTH_LIMIT: u32 = 512;
/// Names and values that matter are shorter than this.
const WORD_LIMIT: usize = 128;

/// What a JSON text holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Json {
    /// Why a loader of this file may run code.
    pub(super) reasons: Vec<String>,
    /// Top-level keys of a notebook were seen.
    pub(super) notebook: bool,
    /// Code cells of a notebook.
    pub(super) code_cells: u32,
}

/// How reading ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// An object or array, and nothing else.
    Json(Json),
    /// Not JSON.
    Other,
    /// Nested more than 512 deep: not searched.
    TooDeep,
}

/// Reads a whole text.
pub(super) fn read(text: &[u8]) -> Read {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = Reader { text, at: 0, found: Json::default(), deep: false, cells: false, nbformat: false };
    reader.blank();
    if !matches!(reader.peek(), Some(b'{' | b'[')) {
        return Read::Other;
    }
    let whole = reader.value(0).is_some();
    reader.blank();
    if reader.deep {
        return Read::TooDeep;
    }
    if !whole || reader.at != text.len() {
        return Read::Other;
    }
    reader.found.notebook = reader.cells && reader.nbformat;
    Read::Json(reader.found)
}

/// As much of a value as the search needs.
enum Value {
    /// null, false, zero, or an empty text, list or object.
    Nothing,
    Text(String),
    Something,
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    found: Json,
    deep: bool,
    cells: bool,
    nbformat: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.blank();
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        if depth > DEPTH_LIMIT {
            self.deep = true;
            return None;
        }
        self.blank();
        match self.peek()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => {
                let text = self.string()?;
                Some(if text.is_empty() { Value::Nothing } else { Value::Text(text) })
            }
            _ => {
                let rest = self.text.get(self.at..)?;
                let end = rest
                    .iter()
                    .position(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.'));
                let word = rest.get(..end.unwrap_or(rest.len()))?;
                self.at += word.len();
                match word {
                    b"null" | b"false" | b"0" => Some(Value::Nothing),
                    b"true" | b"NaN" | b"Infinity" | b"-Infinity" => Some(Value::Something),
                    _ => std::str::from_utf8(word).ok()?.parse::<f64>().ok().map(|_| Value::Something),
                }
            }
        }
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        self.eat(b'[')?;
        if self.eat(b']').is_some() {
            return Some(Value::Nothing);
        }
        loop {
            self.value(depth + 1)?;
            if self.eat(b',').is_none() {
                return self.eat(b']').map(|()| Value::Something);
            }
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        self.eat(b'{')?;
        if self.eat(b'}').is_some() {
            return Some(Value::Nothing);
        }
        let (mut class, mut module) = (None, None);
        loop {
            self.blank();
            let key = self.string()?;
            self.eat(b':')?;
            let value = self.value(depth + 1)?;
            self.member(&key, &value, depth);
            match (key.as_str(), value) {
                ("class_name", Value::Text(text)) => class = Some(text),
                ("module", Value::Text(text)) => module = Some(text),
                _ => {}
            }
            if self.eat(b',').is_none() {
                self.eat(b'}')?;
                break;
            }
        }
        if let (Some(class), Some(module)) = (class, module) {
            self.keras(&class, &module);
        }
        Some(Value::Something)
    }

    fn member(&mut self, key: &str, value: &Value, depth: u32) {
        match (key, value) {
            ("auto_map" | "custom_pipelines", Value::Text(_) | Value::Something) => {
                self.reason(format!("`{key}` makes transformers run Python of this package or of another"));
            }
            ("class_name", Value::Text(text)) if text == "Lambda" || text == "__lambda__" => {
                self.reason("a Keras Lambda layer holds Python bytecode".into());
            }
            ("cell_type", Value::Text(text)) if text == "code" => {
                self.found.code_cells = self.found.code_cells.saturating_add(1);
            }
            ("cells" | "worksheets", _) if depth == 0 => self.cells = true,
            ("nbformat", _) if depth == 0 => self.nbformat = true,
            _ => {}
        }
    }

    /// Keras imports the module that an object names, so one that is not Keras's own runs other code.
    fn keras(&mut self, class: &str, module: &str) {
        let own = ["keras", "tf_keras", "keras_nlp", "keras_hub", "keras_cv", "builtins", "tensorflow", "numpy"];
        let root = module.split('.').next().unwrap_or(module);
        if !own.contains(&root) {
            self.reason(format!("Keras would import {}.{}", module.escape_debug(), class.escape_debug()));
        }
    }

    fn reason(&mut self, reason: String) {
        if self.found.reasons.len() < 16 && !self.found.reasons.contains(&reason) {
            self.found.reasons.push(reason);
        }
    }

    /// A string, its escapes read; what is longer than any word that matters is cut.
    fn string(&mut self) -> Option<String> {
        self.eat(b'"')?;
        let mut bytes = Vec::new();
        loop {
            let byte = self.peek()?;
            self.at += 1;
            let mut encoded = [0; 4];
            let piece: &[u8] = match byte {
                b'"' => return Some(String::from_utf8_lossy(&bytes).into_owned()),
                b'\\' => self.escape()?.encode_utf8(&mut encoded).as_bytes(),
                0x00..=0x1f => return None,
                other => {
                    encoded[0] = other;
                    encoded.get(..1)?
                }
            };
            if bytes.len() < WORD_LIMIT {
                bytes.extend_from_slice(piece);
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = self.peek()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let digits = std::str::from_utf8(self.text.get(self.at..self.at + 4)?).ok()?;
                self.at += 4;
                char::from_u32(u32::from_str_radix(digits, 16).ok()?).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(text: &str) -> usize {
        match read(text.as_bytes()) {
            Read::Json(json) => json.reasons.len(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn remote_code_is_found_in_all_that_pythons_reader_takes() {
        for text in [
            r#"{"auto_map": {"AutoModel": "m.M"}}"#,
            r#"{"a": NaN, "auto_map": "m.M"}"#,
            r#"{"a": "\ud800", "\u0061uto_map": {"x": 1}}"#,
            r#"{"auto_map": {"x": 1}, "auto_map": null}"#,
            r#"[-Infinity, {"deep": {"auto_map": [1]}}]"#,
            "\u{feff}{\"auto_map\": 1}",
            r#"{"class_name": "Lambda"}"#,
            r#"{"module": "os", "class_name": "system", "config": {}}"#,
        ] {
            assert_eq!(reasons(text), 1, "{text}");
        }
        for text in [r#"{"auto_map": null}"#, r#"{"auto_map": {}}"#, r#"{"text": "auto_map"}"#, "[]", "{}"] {
            assert_eq!(reasons(text), 0, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_said_so() {
        for text in ["", "42", "{", "{\"a\"}", "[1,]", "{} {}", "[1 2]", "{'a': 1}", "[\"\\x\"]", "[\"\\u12\"]"] {
            assert_eq!(read(text.as_bytes()), Read::Other, "{text}");
        }
        assert_eq!(read("[".repeat(100_000).as_bytes()), Read::TooDeep);
    }
}
