//! Names: of models, aliases, principals, releases and consumers, and how a name is written in a path.

use std::fmt;

use super::error::{Code, Error, Result};

/// The longest form that a name may take in a path, in bytes.
const LONGEST_IN_A_PATH: usize = 120;

/// What a kind of name allows.
struct Grammar {
    what: &'static str,
    longest: usize,
    spaces: bool,
    first: fn(u8) -> bool,
    more: &'static [u8],
}

const MODEL: Grammar = Grammar { what: "model name", longest: 128, spaces: true, first: starts_a_name, more: b"" };
const ALIAS: Grammar = Grammar { what: "alias", longest: 64, spaces: false, first: starts_a_name, more: b"" };
const PRINCIPAL: Grammar =
    Grammar { what: "principal id", longest: 64, spaces: false, first: starts_a_name, more: b"@+" };
const RELEASE: Grammar = Grammar { what: "release", longest: 64, spaces: false, first: starts_a_name, more: b"+" };
const CONSUMER: Grammar = Grammar { what: "consumer id", longest: 128, spaces: false, first: starts_a_name, more: b"" };
const REMOTE: Grammar = Grammar { what: "remote name", longest: 64, spaces: false, first: starts_a_name, more: b"" };
const ENTRY: Grammar = Grammar { what: "catalog id", longest: 64, spaces: false, first: starts_a_name, more: b"" };
const ROLE: Grammar = Grammar { what: "role", longest: 64, spaces: false, first: starts_a_name, more: b"" };

fn starts_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Grammar {
    fn check(&self, text: &str) -> Result<()> {
        let error = |rule: &str| {
            let shown: String = text.chars().take(80).collect();
            let a = if self.what.starts_with('a') { "an" } else { "a" };
            Err(Error::new(Code::BadName, format!("`{}` is not {a} {}: {rule}", shown.escape_debug(), self.what))
                .field("name", shown)
                .field("rule", rule))
        };
        let bytes = text.as_bytes();
        let Some(first) = bytes.first() else { return error("it is empty") };
        if bytes.len() > self.longest {
            return error(&format!("it is over {} characters", self.longest));
        }
        if !(self.first)(*first) {
            return error("it starts with neither a letter, a digit nor `_`");
        }
        let allowed = |b: u8| {
            b.is_ascii_alphanumeric() || b"._-".contains(&b) || (self.spaces && b == b' ') || self.more.contains(&b)
        };
        if let Some(wrong) = text.chars().find(|c| !c.is_ascii() || !allowed(*c as u8)) {
            let spaces = if self.spaces { ", spaces" } else { "" };
            return error(&format!("`{}` is not one of letters, digits{spaces}, `.`, `_`, `-`", wrong.escape_debug()));
        }
        if let Some(rule) = reserved(text) {
            return error(rule);
        }
        if escape(text).len() > LONGEST_IN_A_PATH {
            return error("it is over 120 bytes as it is written in paths, where each capital and space takes three");
        }
        Ok(())
    }
}

/// The rule that a reserved text breaks, if it is one.
fn reserved(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let hex = |t: &str| t.bytes().all(|b| b.is_ascii_hexdigit());
    let stem = lower.split('.').next().unwrap_or(&lower).trim_end();
    let device = matches!(stem, "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.as_bytes()[3].is_ascii_digit());
    if lower == "latest" {
        Some("`latest` is reserved: it would move without anybody's signature")
    } else if lower.len() > 1 && lower.starts_with('v') && lower[1..].bytes().all(|b| b.is_ascii_digit()) {
        Some("`v` and digits are reserved for versions")
    } else if lower.starts_with("sha256-") || (hex(&lower) && matches!(lower.len(), 32 | 40 | 64)) {
        Some("it looks like a digest")
    } else if device {
        Some("it is a device name on Windows")
    } else if lower.contains("..") {
        Some("it contains `..`")
    } else if lower.ends_with('.') || lower.ends_with(' ') {
        Some("it ends with a dot or a space")
    } else if lower.ends_with(".lock") {
        Some("it ends with `.lock`, which Git keeps for itself")
    } else {
        None
    }
}

/// A name as it is written in a path: each byte but `[a-z0-9._-]` as `%xx`, so that no two differ in case alone.
pub fn escape(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' => text.push(byte as char),
            _ => {
                text.push('%');
                text.push_str(&super::digest::encode_hex(&[byte]));
            }
        }
    }
    text
}

/// Reads what [`escape`] writes, and nothing else.
pub fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, more)) = rest.split_first() {
        if first == b'%' {
            let mut one = [0u8];
            let pair = std::str::from_utf8(more.get(..2)?).ok()?;
            if !super::digest::decode_hex(pair, &mut one) {
                return None;
            }
            bytes.push(one[0]);
            rest = &more[2..];
        } else {
            bytes.push(first);
            rest = more;
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    (escape(&name) == text).then_some(name)
}

macro_rules! names {
    ($($type:ident $grammar:ident $about:literal;)*) => {$(
        #[doc = $about]
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// Reads a name, or says which rule it breaks (code `bad-name`).
            pub fn parse(text: &str) -> Result<$type> {
                $grammar.check(text)?;
                Ok($type(text.to_owned()))
            }

            /// The name.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name as it is written in a path.
            pub fn escaped(&self) -> String {
                escape(&self.0)
            }

            /// Reads a name from its form in a path.
            pub fn from_escaped(text: &str) -> Option<$type> {
                unescape(text).and_then(|name| $type::parse(&name).ok())
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                $type::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
            }
        }
    )*};
}

names! {
    ModelName MODEL "A model's name: 1 to 128 ASCII characters, a letter, digit or `_`, then also spaces, `.`, `_`, `-`.";
    AliasName ALIAS "An alias on a model: as a model's name, without spaces, up to 64 characters.";
    PrincipalId PRINCIPAL "A person's or agent's id: as an alias, and `@` and `+` too.";
    Release RELEASE "An immutable name that a version may carry, such as 1.4.0.";
    ConsumerId CONSUMER "The id under which a project publishes its lock file.";
    RemoteName REMOTE "The name of another place that holds blobs.";
    EntryId ENTRY "The stable id of a catalog entry.";
    Role ROLE "The name of a role that a policy gives to its members.";
}

impl Release {
    /// Whether this text could be taken for a version number, which a release must not.
    pub fn looks_like_a_version(&self) -> bool {
        self.0.bytes().all(|b| b.is_ascii_digit())
    }
}

/// What two names have in common that people would mix up: lower case, and `. _ -` and spaces as one.
pub fn folded(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '.' | '_' | '-' | ' ') { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_people_use_are_taken() {
        for name in
            ["sentiment", "nlp.sentiment", "_x", "7b", "BERT base", "a-b_c.d", "con-artist", "v2-large", "vision"]
        {
            assert_eq!(ModelName::parse(name).unwrap().as_str(), name);
        }
        assert!(PrincipalId::parse("nora@example.com").is_ok());
        assert!(Release::parse("1.4.0+cu12").is_ok());
    }

    #[test]
    fn a_refused_name_is_told_its_rule() {
        for (name, rule) in [
            ("", "empty"),
            ("latest", "reserved"),
            ("Latest", "reserved"),
            ("v12", "versions"),
            ("sha256-00", "digest"),
            ("con", "device"),
            ("CON.txt", "device"),
            ("com1", "device"),
            ("a..b", "`..`"),
            ("a.", "dot"),
            ("a ", "dot or a space"),
            ("main.lock", ".lock"),
            ("-a", "starts"),
            (".a", "starts"),
            ("a/b", "not one of"),
            ("a\u{202e}b", "not one of"),
            ("é", "starts"),
            ("a\nb", "not one of"),
            (&"A".repeat(41), "120 bytes"),
            (&"a".repeat(129), "128"),
        ] {
            let error = ModelName::parse(name).unwrap_err();
            assert_eq!(error.code, Code::BadName, "{name}");
            assert!(error.message.contains(rule), "{name}: {}", error.message);
        }
        assert!(AliasName::parse("a b").is_err());
    }

    #[test]
    fn a_path_form_reads_back_and_has_no_capitals() {
        for name in ["sentiment", "BERT base", "a@b"] {
            let path = escape(name);
            assert!(!path.bytes().any(|b| b.is_ascii_uppercase()));
            assert_eq!(unescape(&path).as_deref(), Some(name));
        }
        for wrong in ["%4", "%zz", "%61", "A", "a b", "%", "%c3"] {
            assert_eq!(unescape(wrong), None, "{wrong}");
        }
    }
}
