//! JSON as Python's reader takes it, flattened to paths and values.
//!
//! Looser than JSON on purpose (NaN, lone surrogates, keys that stand twice, a byte order mark): what Python reads and
//! refmark does not would be a way around the search for settings that name code.

use std::collections::BTreeMap;

use super::Setting;
use super::rules::{Frame, Value};
use refmark_types::digest::Hasher;

/// Python's own reader gives up at about a thousand.
const DEPTH_LIMIT: u32 = 512;
/// Keys are told apart by so many bytes.
const KEY_LIMIT: usize = 256;
/// A text is kept up to so many bytes; a longer one is followed by its digest.
const TEXT_LIMIT: usize = 32 * 1024;
/// So many values are listed; one digest stands for the rest.
const VALUES_LIMIT: usize = 500;
/// So many tensors of an index are read.
const SHARDS_LIMIT: usize = 1 << 20;

/// What a JSON text holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Json {
    /// Settings that name code.
    pub(crate) settings: Vec<Setting>,
    /// It is a notebook with so many cells of code.
    pub(crate) notebook: Option<u32>,
    /// The keys of the outermost object, up to 64.
    pub(crate) keys: Vec<String>,
    /// Its values by their paths; `(more)` stands for those that are not listed.
    pub(crate) values: BTreeMap<String, String>,
    /// Tensors and the files that hold them, of a sharded model's index.
    pub(crate) shards: Vec<(String, String)>,
}

/// How reading ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// An object or array, and nothing else.
    Json(Box<Json>),
    /// Not JSON.
    Other,
    /// Nested more than 512 deep: not searched.
    TooDeep,
}

/// Reads a whole text.
pub(crate) fn read(text: &[u8]) -> Read {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = Reader::new(text);
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
    Read::Json(Box::new(reader.finish()))
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    found: Json,
    path: String,
    deep: bool,
    cells: bool,
    nbformat: bool,
    code_cells: u32,
    /// Values beyond those that are listed.
    more: u64,
    hasher: Hasher,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8]) -> Reader<'a> {
        Reader {
            text,
            at: 0,
            found: Json::default(),
            path: String::new(),
            deep: false,
            cells: false,
            nbformat: false,
            code_cells: 0,
            more: 0,
            hasher: Hasher::new(),
        }
    }

    fn finish(mut self) -> Json {
        if self.more > 0 {
            let digest = self.hasher.finish();
            self.found.values.insert("(more)".into(), format!("{} values, {digest}", self.more));
        }
        self.found.notebook = (self.cells && self.nbformat).then_some(self.code_cells);
        self.found
    }

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
        let start = self.at;
        let value = match self.peek()? {
            b'{' => return self.object(depth),
            b'[' => return self.list(depth),
            b'"' => {
                let text = self.string(TEXT_LIMIT)?;
                if text.is_empty() { Value::Nothing } else { Value::Text(text) }
            }
            _ => self.word()?,
        };
        self.list_value(start, &value);
        Some(value)
    }

    /// A number, or one of the words.
    fn word(&mut self) -> Option<Value> {
        let rest = self.text.get(self.at..)?;
        let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let end = rest.iter().position(|byte| !inside(byte)).unwrap_or(rest.len());
        let word = rest.get(..end)?;
        self.at += word.len();
        match word {
            b"null" | b"false" | b"0" => Some(Value::Nothing),
            b"true" => Some(Value::True),
            b"NaN" | b"Infinity" | b"-Infinity" => Some(Value::Something(String::new())),
            _ => {
                let text = std::str::from_utf8(word).ok()?;
                let number = text.strip_prefix('-').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit());
                (number && text.parse::<f64>().is_ok()).then(|| Value::Something(text.to_owned()))
            }
        }
    }

    /// Keeps a scalar that begins at an offset and ends here.
    fn list_value(&mut self, start: usize, value: &Value) {
        let raw = self.text.get(start..self.at).unwrap_or_default();
        if self.found.values.len() >= VALUES_LIMIT {
            self.more += 1;
            self.hasher.update(self.path.as_bytes());
            self.hasher.update(&[0]);
            self.hasher.update(raw);
            self.hasher.update(&[0]);
            return;
        }
        let text = match value {
            Value::Text(text) if !looks_like_no_text(text) => {
                let cut = text.len() < raw.len().saturating_sub(2) && text.len() >= TEXT_LIMIT;
                let digest = || refmark_types::digest::Digest::of(raw);
                if cut { format!("{text}… {}", digest()) } else { text.clone() }
            }
            _ => String::from_utf8_lossy(raw).into_owned(),
        };
        self.found.values.insert(self.path.clone(), text);
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        let start = self.at;
        self.eat(b'[')?;
        if self.eat(b']').is_some() {
            self.list_value(start, &Value::Nothing);
            return Some(Value::Nothing);
        }
        let mut texts: Option<Vec<String>> = Some(Vec::new());
        let length = self.path.len();
        for index in 0usize.. {
            self.path.push_str(&format!("[{index}]"));
            let value = self.value(depth + 1)?;
            self.path.truncate(length);
            texts = match (texts, value) {
                (Some(mut texts), Value::Text(text)) if texts.len() < 4 => {
                    texts.push(text);
                    Some(texts)
                }
                _ => None,
            };
            if self.eat(b',').is_none() {
                self.eat(b']')?;
                break;
            }
        }
        Some(texts.map_or_else(|| Value::Something(self.slice(start)), Value::Texts))
    }

    /// The text since an offset, cut, as it stands.
    fn slice(&self, start: usize) -> String {
        let raw = self.text.get(start..self.at).unwrap_or_default();
        String::from_utf8_lossy(raw.get(..raw.len().min(KEY_LIMIT)).unwrap_or_default()).into_owned()
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        let start = self.at;
        self.eat(b'{')?;
        if self.eat(b'}').is_some() {
            self.list_value(start, &Value::Nothing);
            return Some(Value::Nothing);
        }
        let mut frame = Frame::default();
        let length = self.path.len();
        loop {
            self.blank();
            let key = self.string(KEY_LIMIT)?;
            self.eat(b':')?;
            self.step(&key);
            let value = self.value(depth + 1)?;
            self.member(&key, &value, depth);
            frame.member(&self.path, &key, value, &mut self.found.settings);
            self.path.truncate(length);
            if self.eat(b',').is_none() {
                self.eat(b'}')?;
                break;
            }
        }
        frame.finish(&self.path, &mut self.found.settings);
        Some(Value::Something(self.slice(start)))
    }

    /// Goes down to a member.
    fn step(&mut self, key: &str) {
        let plain = !key.is_empty() && !key.contains(['.', '[', ']', '"', ':', ' ']);
        match (plain, self.path.is_empty()) {
            (true, true) => self.path.push_str(key),
            (true, false) => {
                self.path.push('.');
                self.path.push_str(key);
            }
            (false, _) => self.path.push_str(&format!("[{key:?}]")),
        }
    }

    fn member(&mut self, key: &str, value: &Value, depth: u32) {
        if depth == 0 && self.found.keys.len() < 64 {
            self.found.keys.push(key.to_owned());
        }
        match (key, value) {
            ("cell_type", Value::Text(text)) if text == "code" => self.code_cells = self.code_cells.saturating_add(1),
            ("cells" | "worksheets", _) if depth == 0 => self.cells = true,
            ("nbformat", _) if depth == 0 => self.nbformat = true,
            (tensor, Value::Text(file))
                if depth == 1 && self.path.starts_with("weight_map") && self.found.shards.len() < SHARDS_LIMIT =>
            {
                self.found.shards.push((tensor.to_owned(), file.clone()));
            }
            _ => {}
        }
    }

    /// A string, its escapes read, cut at a limit.
    fn string(&mut self, limit: usize) -> Option<String> {
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
            if bytes.len() < limit {
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

/// A text that would be taken for a number or a word is listed with its quotes.
fn looks_like_no_text(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Vec<(String, String)> {
        match read(text.as_bytes()) {
            Read::Json(json) => json.settings.into_iter().map(|setting| (setting.path, setting.value)).collect(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn settings_that_name_code_are_found_in_all_that_pythons_reader_takes() {
        for text in [
            r#"{"auto_map": {"AutoModel": "m.M"}}"#,
            r#"{"a": NaN, "auto_map": "m.M"}"#,
            r#"{"a": "\ud800", "\u0061uto_map": {"x": 1}}"#,
            r#"{"auto_map": {"x": 1}, "auto_map": null}"#,
            r#"[-Infinity, {"deep": {"auto_map": [1]}}]"#,
            "\u{feff}{\"auto_map\": 1}",
            r#"{"class_name": "Lambda"}"#,
            r#"{"module": "os", "class_name": "system", "config": {}}"#,
            r#"{"model": {"_target_": "os.system"}}"#,
            r#"{"custom_pipelines": {"t": {"impl": "p.P"}}}"#,
            r#"{"attn_implementation": "someone/kernel"}"#,
            r#"{"_attn_implementation": "mine"}"#,
            r#"[{"idx": 0, "name": "0", "path": "", "type": "custom_st.Transformer"}]"#,
            r#"{"_class_name": ["pipeline", "Mine"]}"#,
            r#"{"_class_name": "P", "_diffusers_version": "0.1", "unet": ["my_unet", "Net"]}"#,
            r#"{"registered_name": "Custom>Layer", "class_name": "Layer"}"#,
            r#"{"chat_template": "{% for m in messages %}{{ m }}{% endfor %}"}"#,
            r#"{"chat_template": [{"name": "default", "template": "{{ messages }}"}]}"#,
            r#"{"py/object": "os.system"}"#,
            r#"{"trust_remote_code": true}"#,
            r#"{"_class_name": "StableDiffusionPipeline", "unet": ["MyUnet", "Net"]}"#,
            r#"{"unet": ["my_unet", "Net"], "_class_name": "X"}"#,
            r#"{"_diffusers_version": "0.1", "unet": ["MyUnet", "Net"]}"#,
            r#"{"_component_": "os.system"}"#,
            r#"{"custom_generate": "someone/loop"}"#,
            r#"{"auto_mapping": {"base_model_class": "X", "parent_library": "mine.models"}}"#,
        ] {
            assert_eq!(settings(text).len(), 1, "{text}: {:?}", settings(text));
        }
        for text in [
            r#"{"auto_map": null}"#,
            r#"{"auto_map": {}}"#,
            r#"{"text": "auto_map"}"#,
            "[]",
            "{}",
            r#"{"attn_implementation": "sdpa", "trust_remote_code": false}"#,
            r#"[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]"#,
            r#"{"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.1", "unet": ["diffusers", "UNet2DConditionModel"], "x": [null, null]}"#,
            r#"{"registered_name": null, "class_name": "Dense", "module": "keras.layers"}"#,
            // The settings of a component: a list of two blocks is no package and class.
            r#"{"_class_name": "UNet2DModel", "_diffusers_version": "0.1", "down_block_types": ["DownBlock2D", "AttnDownBlock2D"]}"#,
            r#"{"auto_mapping": {"base_model_class": "BertModel", "parent_library": "transformers.models.bert.modeling_bert"}}"#,
        ] {
            assert_eq!(settings(text), [], "{text}");
        }
    }

    #[test]
    fn a_setting_is_told_with_its_path_and_value() {
        let text = r#"{"model": {"layers": [{}, {"a.b": {"_target_": "os.system"}}]}}"#;
        assert_eq!(settings(text), [(r#"model.layers[1]["a.b"]._target_"#.to_owned(), "os.system".to_owned())]);
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_said_so() {
        for text in
            ["", "42", "{", "{\"a\"}", "[1,]", "{} {}", "[1 2]", "{'a': 1}", "[\"\\x\"]", "[\"\\u12\"]", "[inf]"]
        {
            assert_eq!(read(text.as_bytes()), Read::Other, "{text}");
        }
        assert_eq!(read("[".repeat(100_000).as_bytes()), Read::TooDeep);
    }

    #[test]
    fn values_are_the_same_however_a_text_is_laid_out_and_differ_where_a_value_does() {
        let values = |text: &str| match read(text.as_bytes()) {
            Read::Json(json) => json.values,
            other => panic!("{other:?}"),
        };
        let one = values(r#"{"num_labels": 3, "x": {"a": [1, "2"], "b": []}}"#);
        assert_eq!(one, values("{\"x\":{\"b\":[],\"a\":[1,\"2\"]},\n\"num_labels\":3}"));
        assert_eq!(one["num_labels"], "3");
        assert_eq!((one["x.a[0]"].as_str(), one["x.a[1]"].as_str()), ("1", "\"2\""));
        let many = |last: u32| format!("[{}{last}]", "1,".repeat(2000));
        assert_ne!(values(&many(1))["(more)"], values(&many(2))["(more)"]);
    }
}
