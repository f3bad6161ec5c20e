//! Who may do what: the service's one token, tokens with names and rights, or nobody is asked in development.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use base64ct::{Base64, Encoding};
use refmark_core::types::digest::Digest;

use crate::fatal::Fatal;
use crate::inventory::found::state_folder;
use crate::oidc::Oidc;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::sync::locked;
use crate::tokens::{Right, Token, Tokens};

/// So many wrong tokens are answered at once; who goes on trying waits.
const FREE_TRIES: u64 = 64;
/// How long each further try waits.
const DELAY: Duration = Duration::from_millis(250);
/// After so long without a try the first ones are free again.
const FORGIVEN: Duration = Duration::from_secs(60);

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The name under which the caller stands in records.
    pub name: String,
    token: Option<Token>,
}

impl Caller {
    /// Somebody without a token, where reading is open to all.
    fn of_nobody() -> Caller {
        let name = "anybody".to_owned();
        let token = Token {
            name: name.clone(),
            principal: name.clone(),
            rights: vec![Right::Read, Right::Verify],
            models: Vec::new(),
            expires: None,
            sha256: Digest::of(b""),
        };
        Caller { name, token: Some(token) }
    }

    /// Whether the caller may do this.
    pub fn may(&self, right: Right) -> bool {
        self.token.as_ref().is_none_or(|token| token.rights.contains(&right))
    }

    /// Whether the caller may know of a model.
    pub fn sees(&self, name: &str) -> bool {
        self.token.as_ref().is_none_or(|token| token.fits(name))
    }

    /// Whether the caller may know of every model.
    pub fn sees_all(&self) -> bool {
        self.token.as_ref().is_none_or(|token| token.models.is_empty())
    }
}

/// The password of a request with a user and one; inside, nothing where it cannot be read.
pub fn password(headers: &HeaderMap) -> Option<Option<Vec<u8>>> {
    let basic = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let read = || {
        let decoded = Base64::decode_vec(basic).ok()?;
        let at = decoded.iter().position(|byte| *byte == b':')?;
        Some(decoded.get(at + 1..)?.to_vec())
    };
    Some(read())
}

/// Who may do what.
pub struct Access {
    service: Mutex<Option<Secret>>,
    tokens: Tokens,
    oidc: Mutex<Option<Arc<Oidc>>>,
    dev_mode: bool,
    open_reads: bool,
    failed: AtomicU64,
    last: Mutex<Option<Instant>>,
}

impl Access {
    /// With the service's token, the tokens in the state folder, and those of issuers.
    ///
    /// # Errors
    ///
    /// Where the issuers' rules or keys cannot be read.
    pub fn new(service: Option<Secret>, settings: &Settings) -> Result<Access, Fatal> {
        let (failed, last) = Default::default();
        let tokens = Tokens::at(&state_folder(settings));
        let oidc = settings.oidc.as_deref().map(Oidc::load).transpose()?.map(Arc::new).into();
        let service = Mutex::new(service);
        Ok(Access { service, tokens, oidc, dev_mode: settings.dev_mode, open_reads: settings.open_reads, failed, last })
    }

    /// Whether callers must show a token.
    pub fn is_asked(&self) -> bool {
        locked(&self.service).is_some() || !self.dev_mode
    }

    /// Takes another service token from now on.
    pub fn renew(&self, service: Option<Secret>) {
        *locked(&self.service) = service;
    }

    /// Reads the issuers' rules and their keys again.
    ///
    /// # Errors
    ///
    /// Where they cannot be read: those from before go on to count.
    pub fn renew_issuers(&self, path: &Path) -> Result<(), Fatal> {
        let known = locked(&self.oidc).clone();
        let renewed = Oidc::load_after(path, known.as_deref());
        match renewed {
            Ok(rules) => *locked(&self.oidc) = Some(Arc::new(rules)),
            Err(error) => {
                known.iter().for_each(|oidc| oidc.renew());
                return Err(error);
            }
        }
        Ok(())
    }

    /// Who asks; nothing where the token is absent or wrong.
    pub fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        self.who(shown)
    }

    /// The same for clients that send a user and a password: the password is the token.
    pub fn caller_of_tool(&self, headers: &HeaderMap) -> Option<Caller> {
        match password(headers) {
            None => self.caller(headers),
            Some(password) => self.who(Some(&password?)),
        }
    }

    fn who(&self, text: Option<&[u8]>) -> Option<Caller> {
        let shown = text.map(Secret::of);
        match (&*locked(&self.service), &shown) {
            (Some(token), Some(shown)) if token.is(shown) => {
                return Some(Caller { name: "service-token".to_owned(), token: None });
            }
            (None, _) if self.dev_mode => {
                return Some(Caller { name: "anybody (development)".to_owned(), token: None });
            }
            _ => {}
        }
        let of_issuer = || {
            let oidc = locked(&self.oidc).clone()?;
            oidc.find(text?)
        };
        match shown.and_then(|shown| self.tokens.find(&shown)).or_else(of_issuer) {
            Some(token) => Some(Caller { name: token.principal.clone(), token: Some(token) }),
            None => self.open_reads.then(Caller::of_nobody),
        }
    }

    /// How long the answer to a wrong token is held back. The try is counted.
    pub fn delay(&self) -> Option<Duration> {
        let mut last = locked(&self.last);
        if last.is_none_or(|last| last.elapsed() > FORGIVEN) {
            self.failed.store(0, Ordering::Relaxed);
        }
        *last = Some(Instant::now());
        let tries = self.failed.fetch_add(1, Ordering::Relaxed) + 1;
        if tries == FREE_TRIES || tries.is_multiple_of(1024) {
            tracing::warn!("{tries} requests with a wrong token or none");
        }
        (tries > FREE_TRIES).then_some(DELAY)
    }
}
