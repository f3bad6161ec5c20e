//! Tokens with a name: who, what, which models, until when. Kept as digests; a token itself is shown once, when it is made.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use refmark_core::store::fs::disk::RealDisk;
use refmark_core::store::fs::durable::{make_dirs_durably, replace};
use refmark_core::store::fs::read::read_bounded;
use refmark_core::types::digest::{Digest, encode_hex};
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::PrincipalId;
use refmark_core::types::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::secret::Secret;
use crate::sync::locked;

/// The largest file of tokens, in bytes.
const LIMIT: u64 = 4 << 20;
/// So every token begins: scanners for leaked secrets know it by that.
const PREFIX: &str = "refmark_";

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Read records, paths and bytes.
    Read,
    /// Have bytes verified.
    Verify,
    /// Acquire, quarantine and promote.
    Change,
    /// Revoke and delete.
    Withdraw,
}

impl Right {
    /// The right of this word.
    pub fn parse(text: &str) -> Option<Right> {
        match text {
            "read" => Some(Right::Read),
            "verify" => Some(Right::Verify),
            "change" => Some(Right::Change),
            "withdraw" => Some(Right::Withdraw),
            _ => None,
        }
    }
}

/// A token, without itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Its name.
    pub name: String,
    /// Who uses it: stands in the records of what is done with it.
    pub principal: String,
    /// What it is for.
    pub rights: Vec<Right>,
    /// Patterns of the models that it is for, `*` for any run of characters; all where there is none.
    #[serde(default)]
    pub models: Vec<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// The SHA-256 of the token.
    pub sha256: Digest,
}

impl Token {
    /// Whether a model's name fits one of the patterns.
    pub fn fits(&self, name: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| matches(pattern, name))
    }
}

/// Whether a text fits a pattern, `*` for any run of characters.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What a new token shall be.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// Its name.
    pub name: String,
    /// Who uses it.
    pub principal: String,
    /// What it is for.
    pub rights: Vec<Right>,
    /// Patterns of models.
    pub models: Vec<String>,
    /// In how many days it ends.
    pub days: Option<u32>,
}

type Loaded = Option<((u64, i64, i64), Vec<Token>)>;

/// The tokens of a service.
pub struct Tokens {
    file: PathBuf,
    loaded: Mutex<Loaded>,
}

impl Tokens {
    /// Those in the state folder.
    pub fn at(state: &Path) -> Tokens {
        Tokens { file: state.join("tokens.json"), loaded: Mutex::default() }
    }

    /// The token that was shown, if it is one and has not ended. The file is read again when it has changed.
    pub fn find(&self, shown: &Secret) -> Option<Token> {
        let meta = std::fs::metadata(&self.file).ok()?;
        let stamp = (meta.ino(), meta.mtime(), meta.mtime_nsec());
        let mut loaded = locked(&self.loaded);
        if loaded.as_ref().is_none_or(|(known, _)| *known != stamp) {
            *loaded = Some((stamp, self.list().ok()?));
        }
        let (_, all) = loaded.as_ref()?;
        // All are compared: the time does not tell which one it was.
        let mut found = None;
        for token in all {
            if Secret::from(token.sha256).is(shown) {
                found = Some(token);
            }
        }
        let found = found?;
        found.expires.is_none_or(|expires| expires > now()).then(|| found.clone())
    }

    /// All tokens.
    pub fn list(&self) -> Result<Vec<Token>> {
        let Some(bytes) = read_bounded(&self.file, LIMIT)? else { return Ok(Vec::new()) };
        serde_json::from_slice(&bytes)
            .map_err(|error| Error::new(Code::BadArgument, format!("{} cannot be read: {error}", self.file.display())))
    }

    /// Makes a token, and gives it: it is kept as a digest only.
    pub fn add(&self, request: &TokenRequest) -> Result<(String, Token)> {
        let mut all = self.list()?;
        if all.iter().any(|token| token.name == request.name) {
            return Err(Error::new(Code::Exists, format!("there is a token {} already", request.name.escape_debug())));
        }
        PrincipalId::parse(&request.principal)?;
        let mut random = [0u8; 32];
        getrandom::fill(&mut random)
            .map_err(|error| Error::new(Code::Io, format!("the system gives no random bytes: {error}")))?;
        let text = format!("{PREFIX}{}", encode_hex(&random));
        let token = Token {
            name: request.name.clone(),
            principal: request.principal.clone(),
            rights: request.rights.clone(),
            models: request.models.clone(),
            expires: request.days.map(|days| now().plus(i64::from(days) * 86_400)),
            sha256: Digest::of(text.as_bytes()),
        };
        all.push(token.clone());
        self.save(&all)?;
        Ok((text, token))
    }

    /// Ends a token.
    pub fn revoke(&self, name: &str) -> Result<Token> {
        let mut all = self.list()?;
        let at = all.iter().position(|token| token.name == name);
        let at = at.ok_or_else(|| Error::new(Code::NotFound, format!("there is no token {}", name.escape_debug())))?;
        let token = all.remove(at);
        self.save(&all)?;
        Ok(token)
    }

    fn save(&self, all: &[Token]) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            make_dirs_durably(&RealDisk, folder)?;
        }
        let text = serde_json::to_string_pretty(all).map_err(refmark_core::types::error::bug)?;
        replace(&RealDisk, &self.file, (text + "\n").as_bytes(), 0o600)
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_kept_as_a_digest_ends_by_name_or_by_time_and_fits_its_models() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::at(folder.path());
        let request = TokenRequest {
            name: "ci".to_owned(),
            principal: "ci-bot".to_owned(),
            rights: vec![Right::Read],
            models: vec!["team-*".to_owned()],
            days: Some(0),
        };
        let (ended, _) = tokens.add(&request).unwrap();
        assert!(tokens.find(&Secret::of(ended.as_bytes())).is_none(), "it has ended");
        tokens.revoke("ci").unwrap();
        let (text, _) = tokens.add(&TokenRequest { days: Some(1), ..request.clone() }).unwrap();
        assert!(!std::fs::read_to_string(folder.path().join("tokens.json")).unwrap().contains(&text));
        let found = tokens.find(&Secret::of(text.as_bytes())).unwrap();
        assert!(found.fits("team-a") && !found.fits("other"));
        assert!(tokens.add(&request).is_err() && tokens.find(&Secret::of(b"x")).is_none());
        tokens.revoke("ci").unwrap();
        assert!(tokens.find(&Secret::of(text.as_bytes())).is_none());
        for (pattern, text, fits) in
            [("*", "", true), ("a*c", "abc", true), ("a*c", "ab", false), ("a", "ab", false), ("*b*", "abc", true)]
        {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }
}
