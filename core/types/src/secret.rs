//! What looks like a key, a token or a password in a text. Records are signed and shared and stay for ever, so nothing of the
//! kind belongs there; a guess by shape, made to miss little of what people paste by mistake and to let ordinary text pass.

use crate::address::has_secret;
use crate::token::is_token;

/// What a text carries that lets somebody in, in words such as `a private key`; nothing where it carries none. The cost is
/// linear in the text.
///
/// ```
/// use refmark_types::secret::found;
///
/// assert_eq!(found("see https://me:hunter2@forge.example/run/7"), Some("an address with a password or token"));
/// assert_eq!(found("see https://forge.example/run/7"), None);
/// ```
pub fn found(text: &str) -> Option<&'static str> {
    if text.contains("PRIVATE KEY-----") && text.contains("-----BEGIN ") || text.contains("PuTTY-User-Key-File-") {
        return Some("a private key");
    }
    let words = text.split(|it: char| it.is_whitespace() || "\"'`<>()[]{},;|".contains(it));
    for word in words {
        if word.contains("://") && (has_secret(word) || has_secret(address_in(word))) {
            return Some("an address with a password or token");
        }
        if word.len() >= 16 && is_token(word) {
            return Some("an access token");
        }
    }
    None
}

/// An address that follows other text without a space, as in `run=https://…`.
fn address_in(word: &str) -> &str {
    let Some(at) = word.find("://") else { return word };
    let start = word[..at].rfind(|it: char| !it.is_ascii_alphanumeric() && it != '+').map_or(0, |at| at + 1);
    &word[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So that no scanner of this project's own text finds a token here.
    fn token(prefix: &str) -> String {
        format!("{prefix}{}", "a1B2c3D4e5".repeat(5))
    }

    #[test]
    fn what_people_paste_by_mistake_is_found_wherever_it_stands() {
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----";
        assert_eq!(found(key), Some("a private key"));
        for prefix in crate::token::prefixes() {
            for text in [
                token(prefix),
                format!("with TOKEN={} it ran", token(prefix)),
                format!("{{\"t\":\"{}\"}}", token(prefix)),
            ] {
                assert_eq!(found(&text), Some("an access token"), "{text}");
            }
        }
        // The Hub's tokens have no digits.
        assert_eq!(found(&format!("hf_{}", "aBCdEfgHiJ".repeat(4))), Some("an access token"));
        assert_eq!(found(&format!("AKIA{} is the key", "A1".repeat(8))), Some("an access token"));
        let parts = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxIn0", "dozjgNryP4J3jVmNHl0w5N"];
        assert_eq!(found(&format!("Authorization: Bearer {}", parts.join("."))), Some("an access token"));
        for address in [
            "https://me:hunter2@forge.example/run",
            "run=https://forge.example/run?token=abc",
            "s3://bucket/key?X-Amz-Signature=abc",
            "(https://forge.example/p?private_token=x)",
        ] {
            assert_eq!(found(address), Some("an address with a password or token"), "{address}");
        }
    }

    #[test]
    fn ordinary_words_addresses_digests_and_public_keys_pass() {
        for text in [
            "better on the March set",
            "https://forge.example/runs/7?ref=main#log",
            "git@forge.example:g/p.git",
            "mail me at ada@example.com",
            "hf_internal_testing/tiny-random-bert",
            "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",
            "sk-learn and sklearn, npm_config_registry, pypi-mirror, dapi, SG.1, AccountKey=",
            "sk-Learn-pipelines-for-tabular-data-2026-with-cross-validation",
            "eyJ.eyJ.x",
            "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGnJ1XzrYcBgX8LWEcKtPGQFFhO2KEDUc9QmT5LgmZEJ",
            "ratio 3:4 at 10:30, a://b",
            "-----BEGIN PUBLIC KEY-----",
            "",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
