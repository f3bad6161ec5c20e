//! Patterns of names, as a policy writes them: `*` stands for any run of characters.

/// Whether a model's name fits a pattern, to the letter.
pub fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// One piece of a pattern of aliases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// This character, in lower case; separators before it are passed over.
    Letter(char),
    /// At least one separator: the pattern has one beside a star, where it says how far the star reaches.
    Separator,
    /// Any run of characters.
    Star,
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | '_' | '-')
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let letters: Vec<char> = pattern.chars().collect();
    let star = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| *c == '*');
    let piece = |(at, c): (usize, &char)| match *c {
        '*' => Some(Piece::Star),
        c if is_separator(c) => (star(at.checked_sub(1)) || star(Some(at + 1))).then_some(Piece::Separator),
        c => Some(Piece::Letter(c.to_ascii_lowercase())),
    };
    letters.iter().enumerate().filter_map(piece).collect()
}

/// Whether an alias fits a pattern, whatever the case and the separators (`.`, `_`, `-`) of either: people read `Champion`,
/// `cham-pion` and `champion` as one. A separator beside a star stands for at least one, so that `dev-*` fits `dev_anna` and
/// not `device`.
///
/// # Examples
///
/// ```
/// use refmark_records::pattern::fits_alias;
///
/// assert!(fits_alias("champion-eu", "Champion_EU"));
/// assert!(fits_alias("dev-*", "dev.anna") && !fits_alias("dev-*", "device"));
/// ```
pub fn fits_alias(pattern: &str, alias: &str) -> bool {
    let pieces = pieces(pattern);
    let name: Vec<char> = alias.chars().map(|c| c.to_ascii_lowercase()).collect();
    // Which prefixes of the name the pieces so far can fit.
    let mut here = vec![false; name.len() + 1];
    here[0] = true;
    for piece in pieces {
        let mut next = vec![false; name.len() + 1];
        match piece {
            Piece::Star => {
                let mut reached = false;
                for (at, fits) in here.iter().enumerate() {
                    reached |= *fits;
                    next[at] = reached;
                }
            }
            Piece::Separator => {
                for at in 0..name.len() {
                    next[at + 1] = is_separator(name[at]) && (here[at] || next[at]);
                }
            }
            Piece::Letter(letter) => {
                let mut reached = false;
                for at in 0..name.len() {
                    // Separators of the name before the letter are passed over.
                    reached = here[at] || (reached && at > 0 && is_separator(name[at - 1]));
                    next[at + 1] = reached && name[at] == letter;
                }
            }
        }
        here = next;
    }
    (0..=name.len()).any(|at| here[at] && name[at..].iter().all(|c| is_separator(*c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("champion", "champion", true),
            ("champion", "champion2", false),
            ("nlp.*", "nlp.sentiment", true),
            ("nlp.*", "vision", false),
            ("*-eu", "champion-eu", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn an_alias_fits_whatever_its_case_and_separators() {
        for (pattern, alias, expected) in [
            ("champion", "Champion", true),
            ("champion", "cham-pion", true),
            ("champion", "CHAMPION_", true),
            ("champion", "champions", false),
            ("champion-eu", "championEU", true),
            ("champion_eu", "champion.eu", true),
            ("dev-*", "dev-anna", true),
            ("dev-*", "DEV.anna", true),
            ("dev-*", "dev__anna", true),
            ("dev-*", "dev", false),
            ("dev-*", "device", false),
            ("dev-*", "de-vice", false),
            ("*-dev", "anna.dev", true),
            ("*-dev", "mydev", false),
            ("canary*", "Canary-2", true),
            ("c*y", "can-ary", true),
            ("*", "x", true),
            ("a*b*c", "A-b.B_c", true),
            ("a*b*c", "a-c", false),
        ] {
            assert_eq!(fits_alias(pattern, alias), expected, "{pattern} {alias}");
        }
    }
}
