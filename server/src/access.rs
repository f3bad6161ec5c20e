//! Who may do what: the service's one token, or nobody is asked in development.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use crate::secret::Secret;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name under which the caller stands in records.
    pub name: String,
}

/// Who may do what.
#[derive(Debug)]
pub struct Access {
    service: Option<Secret>,
    dev_mode: bool,
}

impl Access {
    /// With the service's token; without one only in development.
    pub fn new(service: Option<Secret>, dev_mode: bool) -> Access {
        Access { service, dev_mode }
    }

    /// Whether callers must show a token.
    pub fn is_asked(&self) -> bool {
        self.service.is_some() || !self.dev_mode
    }

    /// Who asks; nothing where the token is absent or wrong.
    pub fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        match (&self.service, shown) {
            (Some(token), Some(shown)) if token.is(&Secret::of(shown)) => {
                Some(Caller { name: "service-token".to_owned() })
            }
            (None, _) if self.dev_mode => Some(Caller { name: "anybody (development)".to_owned() }),
            _ => None,
        }
    }
}
