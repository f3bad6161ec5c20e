//! Queries of URLs.

/// The first value of a parameter, decoded; nothing where it is not there. What is no UTF-8 is no value.
pub fn first(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = query?.split('&').filter(|pair| !pair.contains(';'));
    for pair in pairs {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decode(key, true)?.as_slice() == name.as_bytes() {
            return String::from_utf8(decode(value, true)?).ok();
        }
    }
    None
}

/// The names of all parameters, decoded; nothing where one, or its value, cannot be read.
pub fn names(query: Option<&str>) -> Option<Vec<String>> {
    let pairs = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            String::from_utf8(decode(value, true)?).ok()?;
            String::from_utf8(decode(key, true)?).ok()
        })
        .collect()
}

/// Undoes percent-encoding; `plus` makes `+` a space. Nothing where a `%` is followed by no two hex digits.
pub fn decode(text: &str, plus: bool) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                u8::try_from(high * 16 + low).ok()?
            }
            b'+' if plus => b' ',
            other => other,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::first;

    #[test]
    fn the_first_value_counts_and_is_decoded() {
        let query = Some("x=1&name=a+b%2Fc%C3%A9&name=second");
        assert_eq!(first(query, "name").as_deref(), Some("a b/cé"));
        assert_eq!(first(Some("name"), "name").as_deref(), Some(""));
        assert_eq!(first(Some("name=%zz"), "name"), None);
        assert_eq!(first(Some("name=%ff"), "name"), None);
        assert_eq!(first(None, "name"), None);
    }
}
