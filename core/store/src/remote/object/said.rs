//! What an object store answered, as an error of ours. Addresses lose their queries: signatures and tokens stand there.

use std::error::Error as _;

use super::ObjectRemote;
use object_store::Error as Said;
use refmark_types::error::{Code, Error};

impl ObjectRemote {
    /// The error of a request. `doing` is a verb that goes before the remote's name.
    pub(super) fn said(&self, doing: &str, error: Said) -> Box<Error> {
        said(doing, &self.name, &error)
    }
}

/// The same, without a remote that is open yet.
pub(super) fn said(doing: &str, name: &str, error: &Said) -> Box<Error> {
    let (code, hint) = match error {
        Said::NotFound { .. } => (Code::Absent, None),
        Said::PermissionDenied { .. } | Said::Unauthenticated { .. } => {
            (Code::AccessDenied, Some("look at the credentials, and at what they may do there"))
        }
        Said::NotSupported { .. } | Said::NotImplemented { .. } => (Code::Unsupported, None),
        _ if is_denied(error) => (Code::AccessDenied, Some("look at the credentials, and at what they may do there")),
        _ => (Code::Unreachable, Some("look at the address and the network, and try again")),
    };
    let error = Error::new(code, format!("cannot {doing} {name}: {}", without_queries(&innermost(error))));
    let error = error.field("remote", name);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// Some stores answer 403 where the crate has no kind for it.
fn is_denied(error: &Said) -> bool {
    let text = chain(error);
    ["InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "403 Forbidden", "401 Unauthorized"]
        .iter()
        .any(|sign| text.contains(sign))
}

fn chain(error: &Said) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(inner) = next {
        text = format!("{text}: {inner}");
        next = inner.source();
    }
    text
}

/// The sentence that says most: the outermost repeats the key and the store, the innermost is the reason.
fn innermost(error: &Said) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(inner) = next {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        next = inner.source();
    }
    let flat: Vec<&str> = text.split_whitespace().collect();
    let mut flat = flat.join(" ");
    if let Some((at, _)) = flat.char_indices().nth(400) {
        flat.truncate(at);
        flat.push('…');
    }
    flat
}

/// Cuts what follows `?` in an address.
fn without_queries(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, address) = rest.split_at(at + 3);
        out.push_str(before);
        let end = address.find(|c: char| c.is_whitespace() || "\"'<>()`,".contains(c)).unwrap_or(address.len());
        let (address, after) = address.split_at(end);
        match address.split_once('?') {
            Some((place, _)) => {
                out.push_str(place);
                out.push_str("?…");
            }
            None => out.push_str(address),
        }
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_no_signature_of_an_address() {
        let said = "error sending request for url (https://h/c/a?sig=SECRET&se=1): timeout; see http://x/?y=z.";
        assert_eq!(without_queries(said), "error sending request for url (https://h/c/a?…): timeout; see http://x/?…");
        assert_eq!(without_queries("plain"), "plain");
    }
}
