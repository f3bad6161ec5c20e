//! Public keys as people hand them over: a `.pub` file, or the `.keys` page that a forge shows of an account.

use refmark_records::signature::PublicKey;

/// Reads every ed25519 key of a text with one OpenSSH key a line, once each, in order. Empty lines and lines that begin
/// with `#` say nothing. The second value has a sentence for each line that was passed over, and why.
pub fn read_public_keys(text: &str) -> (Vec<PublicKey>, Vec<String>) {
    let (mut keys, mut passed_over) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match PublicKey::parse(line) {
            Ok(key) if keys.contains(&key) => {}
            Ok(key) => keys.push(key),
            Err(error) => passed_over.push(format!("line {} was passed over: {}", index + 1, error.message)),
        }
    }
    (keys, passed_over)
}
