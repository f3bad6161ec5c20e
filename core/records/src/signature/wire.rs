//! The two encodings that OpenSSH builds all else from: length-prefixed strings, and base64 between armor lines.

use base64ct::{Base64, Base64Unpadded, Encoding as _};

/// Standard base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Standard base64 without padding.
pub fn base64_unpadded(bytes: &[u8]) -> String {
    Base64Unpadded::encode_string(bytes)
}

/// The bytes of standard base64 with padding. None where the text is not exactly what [`base64`] prints for them.
pub fn unbase64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// The bytes of standard base64 without padding. None where the text is not exactly what [`base64_unpadded`] prints.
pub fn unbase64_unpadded(text: &str) -> Option<Vec<u8>> {
    Base64Unpadded::decode_vec(text).ok()
}

/// Appends a string as SSH writes it: four bytes of length, most significant first, then the bytes.
pub fn put_string(into: &mut Vec<u8>, bytes: &[u8]) {
    // Nothing here comes near four GiB: messages are hashed first.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(bytes);
}

/// Reads what SSH wrote, front to back. Every read is None once the bytes end too early.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader at the first byte.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    /// The next four bytes as a number.
    pub fn number(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// The next length-prefixed string.
    pub fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    /// The next length-prefixed string, where it is UTF-8.
    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok()
    }

    /// True once all bytes were read.
    pub fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// The base64 body between `-----BEGIN <label>-----` and `-----END <label>-----`, with the label. Line widths and line
/// ends do not matter, because mailers, forges and CI secrets change them; text outside the two lines does, and is None.
pub fn unarmor(text: &str) -> Option<(&str, String)> {
    let rest = text.trim().strip_prefix("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let body = rest.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")?;
    let body: String = body.split_ascii_whitespace().collect();
    Some((label, body))
}

/// Armors bytes in lines of 70 base64 characters, as OpenSSH does, with a newline at the end.
pub fn armor(label: &str, bytes: &[u8]) -> String {
    let body = base64(bytes);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at_checked(70).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
