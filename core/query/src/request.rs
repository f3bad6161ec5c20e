//! Texts that people type, as values of the engine: one rule each, so that a mistake has the same code in every face.

use refmark_engine::state_reader::StateReader;
use refmark_records::evidence::{Direction, Verdict};
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{AliasName, ModelName, Release};
use refmark_types::reference::{Reference, parse_version};

use crate::answer::diff::side;
use crate::index::SearchOrder;

/// `MODEL@ALIAS`, for verbs that move one.
///
/// # Errors
/// `bad-reference` where the text names no alias, `bad-name` where one of its names breaks a rule.
pub fn alias(text: &str) -> Result<(ModelName, AliasName)> {
    match Reference::parse(text)? {
        Reference::Alias(model, alias) => Ok((model, alias)),
        other => Err(Error::new(Code::BadReference, format!("`{other}` names no alias")).hint(
            Hint::of("write MODEL@ALIAS, such as sentiment@champion; to move a stage or a trust state: ")
                .then(Next::Transition { reference: "MODEL/VERSION".into(), to: "STAGE".into() }),
        )),
    }
}

/// The number of a version of a model: a number, a release, or either behind the model's name.
///
/// # Errors
/// `bad-reference` where a number is none, `bad-argument` where the text names another model or an alias, `not-found` where
/// the model has no such release. Whether a number is registered is not asked here.
pub fn version(state: StateReader<'_>, model: &ModelName, text: &str) -> Result<u64> {
    let text = text.strip_prefix("models:/").unwrap_or(text);
    let bare = text.strip_prefix(&format!("{model}/")).unwrap_or(text);
    // A sign makes a number of another kind, and not a release.
    if bare.trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit()) {
        return parse_version(bare);
    }
    if bare.contains(['/', '@']) {
        return Err(Error::new(Code::BadArgument, format!("`{}` is not a version of {model}", bare.escape_debug()))
            .hint("give its number or its release"));
    }
    let release = Reference::Release(model.clone(), Release::parse(bare)?);
    match side(state, &release)?.version {
        Some((_, version)) => Ok(version),
        None => Err(Error::new(Code::NotFound, format!("{model} has no release {bare}"))),
    }
}

/// The version that a reference names, for verbs that are about versions.
///
/// # Errors
/// `bad-argument` where the reference names an artifact, `not-found` where it names nothing.
pub fn version_of(state: StateReader<'_>, reference: &Reference) -> Result<(ModelName, u64)> {
    side(state, reference)?.version.ok_or_else(|| {
        Error::new(Code::BadArgument, format!("{reference} is an artifact, and not a version"))
            .hint("write MODEL/VERSION")
    })
}

/// What an alias is expected to hold: a version, or `none` for nothing.
///
/// # Errors
/// Those of [`version`].
pub fn expected(state: StateReader<'_>, model: &ModelName, text: &str) -> Result<Option<u64>> {
    match text {
        "none" => Ok(None),
        text => version(state, model, text).map(Some),
    }
}

/// Statements by their SHA-256, with or without `sha256:` before it.
///
/// # Errors
/// `bad-argument` where one is not 64 hex digits.
pub fn digests<T: AsRef<str>>(texts: &[T]) -> Result<Vec<Digest>> {
    texts.iter().map(|text| Digest::parse(text.as_ref())).collect()
}

/// A stage by its name.
///
/// # Errors
/// `bad-argument`, with the stages in its hint.
pub fn stage(text: &str) -> Result<Stage> {
    Stage::parse(text).ok_or_else(|| unknown("stage", text, &Stage::ALL.map(Stage::as_str)))
}

/// A trust state by its name.
///
/// # Errors
/// `bad-argument`, with the states in its hint.
pub fn trust_state(text: &str) -> Result<TrustState> {
    TrustState::parse(text).ok_or_else(|| unknown("trust state", text, &TrustState::ALL.map(TrustState::as_str)))
}

/// The order of a search's rows by its name.
///
/// # Errors
/// `bad-argument`, with the orders in its hint.
pub fn order(text: &str) -> Result<SearchOrder> {
    match text {
        "best" => Ok(SearchOrder::Best),
        "newest" => Ok(SearchOrder::Newest),
        "name" => Ok(SearchOrder::Name),
        _ => Err(unknown("order", text, &["best", "newest", "name"])),
    }
}

/// What evidence comes to, by its name.
///
/// # Errors
/// `bad-argument`, with the verdicts in its hint.
pub fn verdict(text: &str) -> Result<Verdict> {
    Verdict::parse(text).ok_or_else(|| unknown("verdict", text, &["pass", "fail", "info"]))
}

/// Which way a metric gets better, by its name.
///
/// # Errors
/// `bad-argument`, with the two directions in its hint.
pub fn direction(text: &str) -> Result<Direction> {
    match text {
        "higher" => Ok(Direction::Higher),
        "lower" => Ok(Direction::Lower),
        _ => Err(unknown("direction", text, &["higher", "lower"])),
    }
}

fn unknown(what: &str, text: &str, known: &[&str]) -> Box<Error> {
    Error::new(Code::BadArgument, format!("`{}` is no {what}", text.escape_debug()))
        .hint(format!("it is one of {}", known.join(", ")))
}
