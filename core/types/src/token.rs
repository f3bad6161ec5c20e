//! How access tokens of forges, clouds and hubs look.

/// Which letters a token goes on with after its prefix.
#[derive(Clone, Copy)]
enum Letters {
    /// Letters and digits.
    Plain,
    /// And `_` and `-`.
    Joined,
    /// Capitals and digits, exactly as many as said.
    Capitals,
    /// Letters of base64.
    Base64,
}

/// How tokens of forges, clouds and hubs begin, with what they go on, and how many letters of it at least.
const TOKENS: &[(&str, Letters, usize)] = &[
    ("ghp_", Letters::Plain, 30),
    ("gho_", Letters::Plain, 30),
    ("ghu_", Letters::Plain, 30),
    ("ghs_", Letters::Plain, 30),
    ("ghr_", Letters::Plain, 30),
    ("github_pat_", Letters::Joined, 30),
    ("glpat-", Letters::Joined, 18),
    ("gldt-", Letters::Joined, 18),
    ("glcbt-", Letters::Joined, 18),
    ("glrt-", Letters::Joined, 18),
    ("gloas-", Letters::Joined, 18),
    ("glptt-", Letters::Joined, 18),
    ("glft-", Letters::Joined, 18),
    ("glsoat-", Letters::Joined, 18),
    ("glsa_", Letters::Joined, 30),
    ("hf_", Letters::Plain, 28),
    ("hvs.", Letters::Joined, 24),
    ("ATATT3", Letters::Joined, 40),
    ("lin_api_", Letters::Plain, 40),
    ("aws_secret_access_key=", Letters::Base64, 40),
    ("AWS_SECRET_ACCESS_KEY=", Letters::Base64, 40),
    ("xoxb-", Letters::Joined, 20),
    ("xoxp-", Letters::Joined, 20),
    ("xoxa-", Letters::Joined, 20),
    ("xoxs-", Letters::Joined, 20),
    ("xapp-", Letters::Joined, 20),
    ("dckr_pat_", Letters::Joined, 20),
    ("AIza", Letters::Joined, 35),
    ("ya29.", Letters::Joined, 20),
    ("AccountKey=", Letters::Base64, 40),
    ("SharedAccessKey=", Letters::Base64, 40),
    ("dapi", Letters::Plain, 32),
    ("sk-", Letters::Plain, 40),
    ("sk-ant-", Letters::Joined, 30),
    ("sk-proj-", Letters::Joined, 30),
    ("gsk_", Letters::Plain, 40),
    ("r8_", Letters::Plain, 36),
    ("nvapi-", Letters::Joined, 40),
    ("sk_live_", Letters::Plain, 20),
    ("rk_live_", Letters::Plain, 20),
    ("SG.", Letters::Joined, 20),
    ("shpat_", Letters::Plain, 30),
    ("pypi-", Letters::Joined, 50),
    ("npm_", Letters::Plain, 30),
    ("AKIA", Letters::Capitals, 16),
    ("ASIA", Letters::Capitals, 16),
    ("dop_v1_", Letters::Plain, 40),
    ("AGE-SECRET-KEY-1", Letters::Plain, 40),
];

/// Whether a word is a token, or ends with one after `=`, `:`, `/` or `\n` as JSON writes it.
pub(crate) fn is_token(word: &str) -> bool {
    has_json_web_token(word)
        || TOKENS.iter().any(|(prefix, letters, least)| {
            word.match_indices(prefix).any(|(at, _)| {
                let free = word[..at]
                    .chars()
                    .next_back()
                    .is_none_or(|it| !it.is_ascii_alphanumeric() && it != '_' && it != '-')
                    || word[..at].ends_with("\\n");
                let rest = &word[at + prefix.len()..];
                let takes = |it: char| match letters {
                    Letters::Plain => it.is_ascii_alphanumeric(),
                    Letters::Joined => it.is_ascii_alphanumeric() || it == '_' || it == '-',
                    Letters::Capitals => it.is_ascii_uppercase() || it.is_ascii_digit(),
                    Letters::Base64 => it.is_ascii_alphanumeric() || it == '+' || it == '/',
                };
                let length = rest.find(|it| !takes(it)).unwrap_or(rest.len());
                let goes_on = rest[length..].starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_');
                free && match letters {
                    Letters::Capitals => length == *least && !goes_on,
                    _ => length >= *least && looks_drawn(&rest[..length]),
                }
            })
        })
}

/// Whether letters look as if they were drawn by lot, and not written by somebody: with a digit, or, as the Hub's tokens
/// have none, with many letters of either case.
fn looks_drawn(letters: &str) -> bool {
    let capitals = letters.bytes().filter(u8::is_ascii_uppercase).count();
    let small = letters.bytes().filter(u8::is_ascii_lowercase).count();
    letters.contains(|it: char| it.is_ascii_digit()) || capitals.min(small) * 4 >= letters.len()
}

/// How a token begins, for places in which the beginning alone tells: the user of an address.
pub(crate) fn begins_like_a_token(word: &str) -> bool {
    TOKENS.iter().any(|(prefix, ..)| word.starts_with(prefix))
}

/// Whether a word has three parts of base64 with dots between, the first two of which are JSON objects.
fn has_json_web_token(word: &str) -> bool {
    word.match_indices("eyJ").any(|(at, _)| {
        let mut parts = word[at..].split('.');
        let long = |part: Option<&str>| {
            part.is_some_and(|it| {
                it.bytes().take_while(|it| it.is_ascii_alphanumeric() || b"_-".contains(it)).count() >= 16
            })
        };
        long(parts.next()) && parts.next().is_some_and(|it| it.starts_with("eyJ")) && long(parts.next())
    })
}

/// The beginnings of tokens that go on with letters of any kind.
#[cfg(test)]
pub(crate) fn prefixes() -> impl Iterator<Item = &'static str> {
    TOKENS.iter().filter(|(_, letters, _)| !matches!(letters, Letters::Capitals)).map(|(prefix, ..)| *prefix)
}
