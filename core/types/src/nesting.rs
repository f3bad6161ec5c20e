//! How deep a text of TOML nests, found out before anything is built of it: a tree of a hundred thousand tables in one
//! another overflows the stack of whoever reads, or only drops, it.

/// Brackets and the parts of one key, at most. What refmark writes and reads nests five deep.
pub const NESTING_LIMIT: usize = 16;

/// The byte at which a text nests deeper than [`NESTING_LIMIT`]; none where it does not. A text that is no TOML at all is
/// for its reader to refuse. Linear in the text, without recursion.
pub fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut brackets, mut parts) = (0, 0usize, 1usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => {
                at += line_length(&bytes[at..]);
                continue;
            }
            b'"' | b'\'' => {
                at += text_length(&bytes[at..], *byte);
                continue;
            }
            b'[' | b'{' => (brackets, parts) = (brackets + 1, 1),
            b']' | b'}' => (brackets, parts) = (brackets.saturating_sub(1), 1),
            b'.' => parts += 1,
            b'=' | b',' | b'\n' => parts = 1,
            _ => {}
        }
        if brackets > NESTING_LIMIT || parts > NESTING_LIMIT {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// How many bytes there are to the end of the line.
fn line_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len())
}

/// How many bytes a text in quotes has, with them. One without an end goes to the end of its line, or of everything.
fn text_length(bytes: &[u8], quote: u8) -> usize {
    let triple = bytes.len() > 2 && bytes[..3] == [quote; 3];
    let mut at = if triple { 3 } else { 1 };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 1,
            b'\n' if !triple => return at,
            byte if *byte == quote && !triple => return at + 1,
            byte if *byte == quote && bytes[at..].starts_with(&[quote; 3]) => {
                // Up to two more quotes may stand before the last three.
                let more = bytes[at + 3..].iter().take(2).take_while(|byte| **byte == quote).count();
                return at + 3 + more;
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_headers_lists_and_tables_that_nest_without_end_are_found() {
        let many = 100_000;
        for text in [
            vec!["a"; many].join(".") + " = 1\n",
            format!("[{}]\n", vec!["a"; many].join(" . ")),
            format!("[[{}]]\n", vec!["\"a\""; many].join(".")),
            format!("a = {}", "[".repeat(many)),
            format!("a = {}", "{ a = ".repeat(many)),
            format!("a = {}", "[{ a = ".repeat(many)),
            format!("a = {{ {} = 1 }}", vec!["'a'"; many].join(".")),
            format!("a = \"\"\"x\"\"\"\"\"\nb = {}", "[".repeat(many)),
        ] {
            assert!(too_deep(&text).is_some(), "{}", &text[..20]);
        }
    }

    #[test]
    fn what_stands_in_texts_and_comments_nests_nothing() {
        let dots = ".[{".repeat(1000);
        let text = format!(
            "# {dots}\na = \"{dots}\\\"{dots}\" # {dots}\nb = '{dots}'\nc = '''\n{dots}\n'''\nd = \"\"\"{dots}\"\"\"\ne = 1.5\n"
        );
        assert_eq!(too_deep(&text), None);
        assert_eq!(too_deep(&"[a.b]\nc = [[1.0, 2.0], [3.0]]\n".repeat(1000)), None);
        assert_eq!(too_deep("a = \"never ends"), None);
    }
}
