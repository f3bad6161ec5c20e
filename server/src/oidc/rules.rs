//! The file of rules: issuers, and which of their tokens are whose.

use std::collections::BTreeMap;
use std::path::Path;

use refmark_core::store::fs::read::read_bounded;
use refmark_core::types::name::PrincipalId;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::fatal::Fatal;
use crate::tokens::{Right, matches};

/// The largest file, in bytes.
const LIMIT: u64 = 1 << 20;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// The issuers.
    pub issuers: Vec<Issuer>,
}

/// An issuer of tokens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// What stands in `iss`.
    pub issuer: String,
    /// What must stand in `aud`: this service.
    pub audience: String,
    /// Where its keys are: a path, or an address.
    pub jwks: String,
    /// Whether that address may be in the own network, and without TLS.
    #[serde(default)]
    pub private: bool,
    /// Whose tokens they are. The first that fits counts.
    pub principals: Vec<Principal>,
}

/// Somebody that tokens speak for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// Stands in the record of each change.
    pub principal: String,
    /// What the claims must be, `*` for any run of characters. All must fit.
    pub claims: BTreeMap<String, String>,
    /// What the tokens are for.
    pub rights: Vec<Right>,
    /// Patterns of models; all where there is none.
    #[serde(default)]
    pub models: Vec<String>,
}

impl Principal {
    /// Whether all its claims fit.
    pub fn fits(&self, claims: &Map<String, Value>) -> bool {
        self.claims.iter().all(|(name, pattern)| match claims.get(name) {
            Some(Value::String(text)) => matches(pattern, text),
            Some(Value::Bool(flag)) => pattern == if *flag { "true" } else { "false" },
            Some(Value::Array(all)) => all.iter().any(|it| it.as_str().is_some_and(|text| matches(pattern, text))),
            _ => false,
        })
    }
}

impl Rules {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, or says what would let in anybody.
    pub fn read(path: &Path) -> Result<Rules, Fatal> {
        let bad = |why: String| Fatal::new(format!("OIDC_PATH {}: {why}", path.display()));
        let bytes = read_bounded(path, LIMIT).map_err(|error| bad(error.message.clone()))?;
        let bytes = bytes.ok_or_else(|| bad("there is no such file".to_owned()))?;
        let rules: Rules = serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
        for issuer in &rules.issuers {
            if issuer.issuer.is_empty() || issuer.audience.is_empty() {
                return Err(bad("an issuer has no name or no audience".to_owned()));
            }
            for principal in &issuer.principals {
                PrincipalId::parse(&principal.principal).map_err(|error| bad(error.message.clone()))?;
                // Everybody with an account at a large issuer has a token of it.
                let is_anybody = principal.claims.values().all(|pattern| pattern.chars().all(|char| char == '*'));
                if is_anybody || principal.rights.is_empty() {
                    return Err(bad(format!(
                        "{} has no claims that tell it from others, or no rights",
                        principal.principal
                    )));
                }
            }
        }
        Ok(rules)
    }
}
