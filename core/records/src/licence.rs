//! Licences, as SPDX spells them.

use super::manifest::Lineage;

/// The keys under which a licence is found, in lineage and in a model card's front matter.
pub const KEYS: [&str; 2] = ["license", "licence"];

/// So many lines of a model card's front matter are read.
const FRONT_LINES: usize = 200;

/// How deep the brackets of an expression may stand.
const DEPTH: usize = 16;

/// The licence that lineage or, without it there, the model card's front matter names.
pub fn named(lineage: &Lineage, card: Option<&[u8]>) -> Option<String> {
    if let Some(named) = KEYS.iter().find_map(|key| lineage.get(key)) {
        return Some(named.clone());
    }
    let card = std::str::from_utf8(card?).ok()?;
    let mut lines = card.lines();
    lines.next().filter(|first| first.trim_end() == "---")?;
    let front = lines.take(FRONT_LINES).take_while(|line| line.trim_end() != "---");
    let found = front.filter_map(|line| line.split_once(':')).find(|(key, _)| KEYS.contains(key))?;
    let value = found.1.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// Whether an SPDX expression can be met by licences for which `allowed` says yes: all of an `AND`, any of an `OR`. `X WITH Y`
/// and `X+` are asked for whole and as X. Nothing where it is no expression.
///
/// # Examples
///
/// ```
/// use refmark_records::licence::met;
///
/// let allowed = |id: &str| ["apache-2.0", "mit"].contains(&id.to_lowercase().as_str());
/// assert_eq!(met("GPL-3.0-only OR Apache-2.0", &allowed), Some(true));
/// assert_eq!(met("MIT AND GPL-3.0-only", &allowed), Some(false));
/// assert_eq!(met("MIT AND", &allowed), None);
/// ```
pub fn met(expression: &str, allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, at: 0, allowed };
    let found = reader.any(0)?;
    (reader.at == words.len()).then_some(found)
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
    allowed: &'a dyn Fn(&str) -> bool,
}

impl Reader<'_> {
    fn takes(&mut self, word: &str) -> bool {
        let here = self.words.get(self.at).is_some_and(|found| found.eq_ignore_ascii_case(word));
        self.at += usize::from(here);
        here
    }

    fn any(&mut self, depth: usize) -> Option<bool> {
        let mut found = self.all(depth)?;
        while self.takes("OR") {
            found |= self.all(depth)?;
        }
        Some(found)
    }

    fn all(&mut self, depth: usize) -> Option<bool> {
        let mut found = self.one(depth)?;
        while self.takes("AND") {
            found &= self.one(depth)?;
        }
        Some(found)
    }

    fn one(&mut self, depth: usize) -> Option<bool> {
        if self.takes("(") {
            let found = (depth < DEPTH).then(|| self.any(depth + 1)).flatten()?;
            return self.takes(")").then_some(found);
        }
        let id = *self.words.get(self.at)?;
        if [")", "AND", "OR", "WITH"].iter().any(|word| id.eq_ignore_ascii_case(word)) {
            return None;
        }
        self.at += 1;
        if !self.takes("WITH") {
            return Some((self.allowed)(id) || id.strip_suffix('+').is_some_and(|id| (self.allowed)(id)));
        }
        let exception = *self.words.get(self.at)?;
        self.at += 1;
        // An exception only gives more than the licence alone.
        Some((self.allowed)(&format!("{id} WITH {exception}")) || (self.allowed)(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_spdx_means_them() {
        let allowed = |id: &str| ["Apache-2.0", "MIT", "LGPL-2.1-only"].contains(&id);
        for (text, expected) in [
            ("MIT", Some(true)),
            ("mit OR GPL-3.0-only", Some(false)),
            ("(MIT OR GPL-3.0-only) AND Apache-2.0", Some(true)),
            ("MIT AND (GPL-3.0-only OR AGPL-3.0-only)", Some(false)),
            ("GPL-3.0-only or MIT and Apache-2.0", Some(true)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("LGPL-2.1-only+", Some(true)),
            ("", None),
            ("MIT MIT", None),
            ("MIT OR", None),
            ("(MIT", None),
            ("OR", None),
        ] {
            assert_eq!(met(text, &allowed), expected, "{text}");
        }
        assert_eq!(met(&"(".repeat(10_000), &allowed), None);
    }
}
