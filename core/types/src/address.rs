//! Addresses of repositories and files, as they may be shown and kept: without passwords and tokens.

use crate::token::begins_like_a_token;

/// Names of query parameters that carry a secret in forges' and stores' addresses.
const SECRET_PARAMETERS: &[&str] = &[
    "token",
    "access_token",
    "private_token",
    "job_token",
    "oauth_token",
    "auth",
    "authorization",
    "password",
    "passwd",
    "secret",
    "client_secret",
    "api_key",
    "apikey",
    "key",
    "sig",
    "signature",
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-goog-signature",
    "x-goog-credential",
    "awsaccesskeyid",
    "sharedaccesssignature",
];

/// An address without what would let somebody in: a password, a user of `http` (forges take tokens there), and parameters
/// that carry a token. What is no address is left as it is. The result still names the same place.
pub fn without_secrets(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let host = match authority.rsplit_once('@') {
        Some((_, host)) if is_http(scheme) => host.to_owned(),
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
        None => authority.to_owned(),
    };
    let (before, fragment) = match tail.split_once('#') {
        Some((before, fragment)) => (before, without_secret_parameters('#', fragment)),
        None => (tail, String::new()),
    };
    let (path, query) = match before.split_once('?') {
        Some((path, query)) => (path, without_secret_parameters('?', query)),
        None => (before, String::new()),
    };
    format!("{scheme}://{host}{path}{query}{fragment}")
}

/// Whether an address carries a password or token.
pub fn has_secret(address: &str) -> bool {
    let Some((scheme, rest)) = address.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let in_user = authority.rsplit_once('@').is_some_and(|(user, _)| {
        user.contains(':') || (is_http(scheme) && (user.len() >= 20 || begins_like_a_token(user)))
    });
    in_user || rest.split(['?', '&', '#', ';']).skip(1).any(is_secret_parameter)
}

/// What follows `?` or `#` in an address, with it; nothing where nothing is left.
fn without_secret_parameters(mark: char, parameters: &str) -> String {
    let kept: Vec<&str> = parameters.split('&').filter(|it| !is_secret_parameter(it)).collect();
    if kept.is_empty() { String::new() } else { format!("{mark}{}", kept.join("&")) }
}

fn is_http(scheme: &str) -> bool {
    matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")
}

/// A name alone, such as the part `#token` of a page, lets nobody in.
fn is_secret_parameter(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        !value.is_empty() && SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_place_and_loses_what_lets_somebody_in() {
        for (address, kept) in [
            ("https://ci-token:hunter2@forge.example/g/p.git", "https://forge.example/g/p.git"),
            ("https://ghp_abc@forge.example/p", "https://forge.example/p"),
            ("https://forge.example:8443/p?private_token=x&ref=main", "https://forge.example:8443/p?ref=main"),
            ("https://forge.example/p?token=x#part", "https://forge.example/p#part"),
            ("https://forge.example/p#access_token=x&state=1", "https://forge.example/p#state=1"),
            ("https://forge.example/p#token", "https://forge.example/p#token"),
            ("ssh://git:pw@forge.example/p", "ssh://git@forge.example/p"),
            ("ssh://git@[::1]:22/p", "ssh://git@[::1]:22/p"),
            ("https://u:p@w@forge.example/p", "https://forge.example/p"),
            ("git@forge.example:g/p.git", "git@forge.example:g/p.git"),
            ("file:///srv/a@b", "file:///srv/a@b"),
            ("../models", "../models"),
        ] {
            assert_eq!(without_secrets(address), kept);
            assert_eq!(without_secrets(kept), kept);
        }
    }

    #[test]
    fn a_user_name_is_no_secret_and_a_token_in_its_place_is() {
        for secret in [
            "https://a:b@h/p",
            "ssh://a:b@h/p",
            "https://glpat-x@h/p",
            "https://h/p?sig=1",
            "https://h/?token=1#a",
            "https://h/#access_token=1",
            "https://h/p;token=1",
        ] {
            assert!(has_secret(secret), "{secret}");
        }
        for plain in [
            "https://ada@h/p",
            "ssh://git@h/p",
            "git@h:p",
            "https://h/p?ref=main",
            "/a:b@c",
            "https://h/a@b:c",
            "https://h/p#key",
        ] {
            assert!(!has_secret(plain), "{plain}");
        }
    }
}
