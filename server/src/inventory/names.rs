//! Names of the service as models of the registry, and back.
//!
//! A name is free UTF-8 of up to 256 bytes. A model's name is ASCII, and so is its path. What a model's name allows stands for
//! itself; every other byte is written `_xx`. Where that is too long for a path, the model is named by the digest of the
//! name. The name itself is part of what is hashed and signed, so nothing is lost.

use refmark_core::types::digest::{Digest, encode_hex};
use refmark_core::types::error::Result;
use refmark_core::types::name::{ModelName, escape};

/// The longest name, in bytes.
pub const NAME_LIMIT: usize = 256;
/// So every model of a name begins; what follows can then be no reserved word.
const SPELLED: &str = "n-";
/// So the model of a long name begins.
const HASHED: &str = "h-";
/// The longest form in a path, less room for the beginning.
const PATH_LIMIT: usize = 118;

/// Whether a text may be a name: 1 to 256 bytes, without white space at its ends, NUL, CR or LF.
pub fn is_name(text: &str) -> bool {
    (1..=NAME_LIMIT).contains(&text.len()) && text.trim() == text && !text.contains(['\0', '\r', '\n'])
}

/// The model of a name.
pub fn model_of(name: &str) -> Result<ModelName> {
    let spelled = format!("{SPELLED}{}", spell(name));
    if escape(&spelled).len() <= PATH_LIMIT
        && let Ok(model) = ModelName::parse(&spelled)
    {
        return Ok(model);
    }
    let digest = Digest::of(name.as_bytes()).hex();
    ModelName::parse(&format!("{HASHED}{digest}"))
}

/// The name of a model, where the model spells it.
#[cfg(test)]
fn name_of(model: &ModelName) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = model.as_str().strip_prefix(SPELLED)?.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'_' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            other => bytes.push(other),
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    (spell(&name) == model.as_str().strip_prefix(SPELLED)?).then_some(name)
}

fn spell(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut text = String::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        let is_last = at + 1 == bytes.len();
        // Two dots, and a dot or `.lock` at the end, are refused in names of models.
        let is_safe_dot = *byte == b'.' && !is_last && bytes[at + 1] != b'.' && !ends_as_lock(&bytes[at..]);
        if byte.is_ascii_alphanumeric() || *byte == b'-' || (*byte == b' ' && !is_last) || is_safe_dot {
            text.push(char::from(*byte));
        } else {
            text.push('_');
            text.push_str(&encode_hex(&[*byte]));
        }
    }
    text
}

fn ends_as_lock(rest: &[u8]) -> bool {
    rest.eq_ignore_ascii_case(b".lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_a_model_and_comes_back_byte_for_byte() {
        let names =
            ["Phi-3 Mini 3.8B (Q4_K_M)", "latest", "v12", "a..b", "a.", "x.lock", "con", "naïve ☃", "a/b", "_5f"];
        let mut seen = std::collections::BTreeSet::new();
        for name in names {
            let model = model_of(name).unwrap();
            assert_eq!(name_of(&model).as_deref(), Some(name), "{model}");
            assert!(seen.insert(model));
        }
        let long = "é".repeat(128);
        let model = model_of(&long).unwrap();
        assert!(model.as_str().starts_with(HASHED) && name_of(&model).is_none());
    }

    #[test]
    fn a_name_has_no_white_space_at_its_ends_and_no_line_breaks() {
        assert!(is_name("a b") && is_name(&"x".repeat(256)) && is_name("☃"));
        for bad in ["", " a", "a\u{a0}", "a\nb", "a\0b", "a\r", &"x".repeat(257)] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
