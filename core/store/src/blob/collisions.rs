//! Names that one file system keeps apart and another takes for the same.

use unicode_normalization::UnicodeNormalization;

use refmark_types::error::Result;
use refmark_types::package_path::{PackagePath, check_set_by};

/// Refuses a set of paths of which two are equal but for case or Unicode form, or of which one is a file where another
/// needs a folder. The error has code `bad-argument` and names both.
pub fn check_spelling<'a>(paths: impl IntoIterator<Item = &'a PackagePath>) -> Result<()> {
    check_set_by(paths, fold)
}

/// Upper case first, so that letters with several lower forms (the two small sigmas, the sharp s) fall together.
fn fold(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.nfd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refmark_types::error::Code;

    #[test]
    fn one_name_in_two_spellings_is_refused() {
        let parse = |text: &str| PackagePath::parse(text).unwrap();
        for (one, other) in [("caf\u{e9}", "cafe\u{301}"), ("Stra\u{df}e", "STRASSE"), ("A/b", "a/c"), ("A", "a")] {
            let error = check_spelling(&[parse(one), parse(other)]).unwrap_err();
            assert_eq!(error.code, Code::BadArgument, "{one} {other}");
        }
        check_spelling(&[parse("a"), parse("b/c"), parse("b/d")]).unwrap();
    }
}
