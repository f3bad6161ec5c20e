//! References: how people and programs name a version.

use std::fmt;

use super::digest::{ArtifactId, decode_hex};
use super::error::{Code, Error, Result};
use super::name::{AliasName, ModelName, Release};

/// What names a version: `NAME/VERSION`, `NAME/RELEASE`, `NAME@ALIAS`, `NAME` or an artifact id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// `NAME/VERSION`.
    Version(ModelName, u64),
    /// `NAME/RELEASE`.
    Release(ModelName, Release),
    /// `NAME@ALIAS`.
    Alias(ModelName, AliasName),
    /// `NAME`: its pin in the lock file.
    Pin(ModelName),
    /// `sha256-<hex>`.
    Artifact(ArtifactId),
    /// `sha256-` and fewer digits: for people at a terminal, never in files.
    ArtifactPrefix(String),
}

impl Reference {
    /// Reads a reference. `models:/` before it is accepted, as MLflow writes it.
    ///
    /// # Errors
    /// `bad-reference`, or `bad-name` where a part of it breaks the rules of names.
    ///
    /// ```
    /// use refmark_types::reference::Reference;
    ///
    /// assert!(matches!(Reference::parse("models:/sentiment/3").unwrap(), Reference::Version(_, 3)));
    /// assert!(matches!(Reference::parse("sentiment/1.4.0").unwrap(), Reference::Release(..)));
    /// assert!(matches!(Reference::parse("sentiment").unwrap(), Reference::Pin(_)));
    /// ```
    pub fn parse(text: &str) -> Result<Reference> {
        let bare = text.strip_prefix("models:/").map(|t| t.trim_start_matches('/')).unwrap_or(text);
        if let Some(hex) = bare.strip_prefix("sha256-").or_else(|| bare.strip_prefix("sha256:")) {
            return Self::artifact(text, hex);
        }
        if let Some((model, alias)) = bare.split_once('@') {
            return Ok(Reference::Alias(ModelName::parse(model)?, AliasName::parse(alias)?));
        }
        if let Some((model, version)) = bare.split_once('/') {
            let model = ModelName::parse(model)?;
            if !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()) {
                return Ok(Reference::Version(model, parse_version(version)?));
            }
            let release = Release::parse(version).map_err(|error| {
                error.hint("write NAME/VERSION with a number, NAME/RELEASE, or NAME@ALIAS, such as sentiment@champion")
            })?;
            return Ok(Reference::Release(model, release));
        }
        Ok(Reference::Pin(ModelName::parse(bare).map_err(|error| {
            Error::new(Code::BadReference, format!("`{}` is not a reference: {}", text.escape_debug(), error.message))
                .hint("write NAME/VERSION, NAME/RELEASE, NAME@ALIAS, NAME (its pin) or sha256-<hex>")
        })?))
    }

    fn artifact(text: &str, hex: &str) -> Result<Reference> {
        if hex.len() == 64 {
            return ArtifactId::parse(&format!("sha256-{hex}")).map(Reference::Artifact);
        }
        let mut even = vec![0u8; hex.len() / 2];
        // An even number of bytes may end within a letter of another alphabet.
        let whole = hex.get(..hex.len() & !1).is_some_and(|pairs| decode_hex(pairs, &mut even));
        let last = hex.bytes().last().is_none_or(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !(4..64).contains(&hex.len()) || !hex.is_ascii() || !whole || !last {
            return Err(Error::new(
                Code::BadReference,
                format!(
                    "`{}` is not an artifact id: expected sha256- and 64 hex digits (at least 4)",
                    text.escape_debug()
                ),
            ));
        }
        Ok(Reference::ArtifactPrefix(hex.to_owned()))
    }
}

/// Reads a version number: from 1, no leading zero.
pub fn parse_version(text: &str) -> Result<u64> {
    let version = text.parse::<u64>().ok().filter(|n| (1..=99_999_999).contains(n) && !text.starts_with(['0', '+']));
    version.ok_or_else(|| {
        Error::new(Code::BadReference, format!("`{}` is not a version: expected a number from 1", text.escape_debug()))
    })
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Version(model, version) => write!(f, "{model}/{version}"),
            Reference::Release(model, release) => write!(f, "{model}/{release}"),
            Reference::Alias(model, alias) => write!(f, "{model}@{alias}"),
            Reference::Pin(model) => write!(f, "{model}"),
            Reference::Artifact(id) => write!(f, "{id}"),
            Reference::ArtifactPrefix(hex) => write!(f, "sha256-{hex}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_prints_as_it_was_read() {
        for text in ["sentiment/3", "sentiment/1.4.0", "sentiment@champion", "BERT base/2", "sentiment", "sha256-abcd"]
        {
            assert_eq!(Reference::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Reference::parse("models:/m@champion").unwrap().to_string(), "m@champion");
        assert!(matches!(Reference::parse(&format!("sha256-{}", "a".repeat(64))).unwrap(), Reference::Artifact(_)));
    }

    #[test]
    fn what_would_move_by_itself_is_no_reference() {
        for wrong in [
            "m@latest",
            "m/latest",
            "m/0",
            "m/01",
            "m@",
            "m/",
            "/3",
            "",
            "sha256-abc",
            "sha256-äää",
            "sha256-86db748e9ӌ",
            "m/v3",
            "m/1/2",
        ] {
            assert!(Reference::parse(wrong).is_err(), "{wrong}");
        }
    }
}
