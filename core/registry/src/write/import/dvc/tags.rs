//! GTO's tags: `NAME@v1.2.3` is a version, `NAME#STAGE#N` gives it a stage, and an exclamation mark takes it back.

/// What a tag of GTO says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// The commit has this version.
    Version(String),
    /// The commit's version has, or with `false` no longer has, this stage.
    Stage(String, bool),
}

/// A tag of GTO: the artifact, what is said of it, and the number of the saying where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GtoTag {
    pub(super) artifact: String,
    pub(super) said: Said,
    pub(super) number: u64,
}

impl GtoTag {
    /// Reads a tag's name; none where it is no tag of GTO, or takes a version back.
    pub(super) fn parse(name: &str) -> Option<GtoTag> {
        let is_name = |text: &str| {
            let is_fit = |c: char| c.is_ascii_alphanumeric() || "-_/=".contains(c);
            !text.is_empty() && text.chars().all(is_fit)
        };
        if let Some((artifact, rest)) = name.split_once('@').filter(|(artifact, _)| is_name(artifact)) {
            let (version, number) = numbered(rest)?;
            let is_version =
                version.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            let said = Said::Version(version.to_owned());
            return (is_version && !version.ends_with('!')).then(|| GtoTag {
                artifact: artifact.to_owned(),
                said,
                number,
            });
        }
        let (artifact, rest) = name.split_once('#').filter(|(artifact, _)| is_name(artifact))?;
        let (stage, number) = numbered(rest)?;
        let (stage, has) = stage.strip_suffix('!').map_or((stage, true), |stage| (stage, false));
        let said = Said::Stage(stage.to_owned(), has);
        is_name(stage).then(|| GtoTag { artifact: artifact.to_owned(), said, number })
    }
}

/// The number behind the last `#`, 0 where there is none.
fn numbered(text: &str) -> Option<(&str, u64)> {
    match text.rsplit_once('#') {
        Some((before, number)) => Some((before, number.parse().ok()?)),
        None => Some((text, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::{GtoTag, Said};

    #[test]
    fn tags_of_gto_are_read_and_others_are_passed_over() {
        let read = |name: &str| GtoTag::parse(name).map(|it| (it.artifact, it.said, it.number));
        let version = |text: &str| Said::Version(text.to_owned());
        let stage = |text: &str, has| Said::Stage(text.to_owned(), has);
        assert_eq!(read("churn@v1.2.3"), Some(("churn".into(), version("v1.2.3"), 0)));
        assert_eq!(read("nlp/churn@v1.2.3-rc.1#4"), Some(("nlp/churn".into(), version("v1.2.3-rc.1"), 4)));
        assert_eq!(read("churn#prod#3"), Some(("churn".into(), stage("prod", true), 3)));
        assert_eq!(read("churn#prod"), Some(("churn".into(), stage("prod", true), 0)));
        assert_eq!(read("churn#prod!#4"), Some(("churn".into(), stage("prod", false), 4)));
        for other in [
            "v1.2.3",
            "churn@deprecated",
            "churn@v1.2.3!",
            "churn@latest",
            "a b@v1.0.0",
            "#prod",
            "churn#",
            "churn#a#b",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
