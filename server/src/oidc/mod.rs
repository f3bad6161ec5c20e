//! OIDC bearer tokens: what an issuer signed for a person or a CI job is mapped to a principal, its rights and its models. Nothing of
//! a token counts before its signature, issuer, audience and times do, and none of its claims is a right by itself.

mod crypto;
mod keys;
mod rules;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use refmark_core::types::digest::Digest;
use serde_json::{Map, Value};

use self::keys::Keys;
use self::rules::{Issuer, Rules};
use crate::fatal::Fatal;
use crate::tokens::Token;

/// The longest token, in bytes.
const LONGEST: usize = 16 << 10;
/// Seconds that an issuer's clock may differ from ours.
const LEEWAY: u64 = 60;
/// What a signature may be made with. Never a shared secret: a public key is none.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// The issuers whose tokens count.
pub struct Oidc(HashMap<String, (Issuer, Arc<Keys>)>);

impl Oidc {
    /// Reads the rules, and the issuers' keys that lie in files; keys at addresses are fetched by a thread of their own.
    ///
    /// # Errors
    ///
    /// Where the rules, or a file of keys, cannot be read.
    pub fn load(path: &Path) -> Result<Oidc, Fatal> {
        Oidc::load_after(path, None)
    }

    /// The same, with the keys of an issuer whose place is as it was: until they are read again, those that are known count.
    ///
    /// # Errors
    ///
    /// As [`Oidc::load`].
    pub fn load_after(path: &Path, known: Option<&Oidc>) -> Result<Oidc, Fatal> {
        crypto::install();
        let mut issuers = HashMap::new();
        for issuer in Rules::read(path)?.issuers {
            let keys = match known.and_then(|known| known.keys_of(&issuer)) {
                Some(keys) => keys,
                None => Keys::open(&issuer.jwks, issuer.private)?,
            };
            let name = issuer.issuer.clone();
            if issuers.insert(name.clone(), (issuer, keys)).is_some() {
                return Err(Fatal::new(format!("{}: {} stands twice", path.display(), name.escape_debug())));
            }
        }
        Ok(Oidc(issuers))
    }

    /// The keys of an issuer, where they lie where they lay.
    fn keys_of(&self, issuer: &Issuer) -> Option<Arc<Keys>> {
        let (before, keys) = self.0.get(&issuer.issuer)?;
        let is_same = before.jwks == issuer.jwks && before.private == issuer.private;
        is_same.then(|| {
            keys.renew();
            Arc::clone(keys)
        })
    }

    /// Reads the keys again.
    pub fn renew(&self) {
        self.0.values().for_each(|(_, keys)| keys.renew());
    }

    /// Who a token speaks for, as a token of this service would; nothing where it is none of ours, or does not hold.
    pub fn find(&self, shown: &[u8]) -> Option<Token> {
        if shown.len() > LONGEST || shown.iter().filter(|byte| **byte == b'.').count() != 2 {
            return None;
        }
        match self.read(std::str::from_utf8(shown).ok()?) {
            Ok(claims) => self.principal(&claims),
            Err(why) => {
                tracing::warn!("an OIDC token was refused: {}", why.escape_debug());
                None
            }
        }
    }

    fn read(&self, token: &str) -> Result<Map<String, Value>, String> {
        let header = decode_header(token).map_err(|error| error.to_string())?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(format!("its algorithm {:?} is none that an issuer's public key checks", header.alg));
        }
        // Which issuer's keys are looked at, it says itself; that it is of that issuer, the signature says.
        let claimed: Map<String, Value> =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|error| error.to_string())?;
        let named = claimed.get("iss").and_then(Value::as_str).ok_or("it names no issuer")?;
        let (issuer, keys) = self.0.get(named).ok_or("its issuer is none of ours")?;
        let key = keys.find(header.kid.as_deref(), header.alg)?;
        let mut rules = Validation::new(header.alg);
        rules.leeway = LEEWAY;
        rules.validate_nbf = true;
        rules.set_issuer(&[&issuer.issuer]);
        rules.set_audience(&[&issuer.audience]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        decode::<Map<String, Value>>(token, &key, &rules).map(|read| read.claims).map_err(|error| error.to_string())
    }

    /// The first principal whose claims all fit.
    fn principal(&self, claims: &Map<String, Value>) -> Option<Token> {
        let (issuer, _) = self.0.get(claims.get("iss")?.as_str()?)?;
        let Some(found) = issuer.principals.iter().find(|principal| principal.fits(claims)) else {
            let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
            tracing::warn!("an OIDC token of {} holds and is no principal's", subject.escape_debug());
            return None;
        };
        Some(Token {
            name: "oidc".to_owned(),
            principal: found.principal.clone(),
            rights: found.rights.clone(),
            models: found.models.clone(),
            expires: None,
            sha256: Digest::of(b""),
        })
    }
}
