//! The files of Amazon's own tools: `~/.aws/credentials` and `~/.aws/config`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::settings::Settings;
use crate::fs::read::read_text_bounded;
use refmark_types::error::{Code, Error, Result};

/// The largest of those files that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// What a profile says, by the names of its file. Some of it is secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Profile(BTreeMap<String, String>);

impl Profile {
    /// A value, such as of `region`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Reads a profile from both files. Nothing where no file has it, and an error of code `not-found` where it was asked for.
///
/// Profiles that ask another service or program for credentials (`sso_session`, `role_arn`, `credential_process`) are not
/// followed: an error of code `unsupported` says how to bring what they give.
pub fn find(name: Option<&str>, settings: &Settings) -> Result<Option<Profile>> {
    let asked = name.or(settings.variables.get("AWS_PROFILE"));
    let name = asked.unwrap_or("default");
    let home = settings.home.as_ref().map(|home| home.join(".aws"));
    let at = |variable: &str, file: &str| {
        settings.variables.get(variable).map(PathBuf::from).or_else(|| home.as_ref().map(|home| home.join(file)))
    };
    let mut profile = Profile::default();
    let in_config = if name == "default" { name.to_owned() } else { format!("profile {name}") };
    for (path, section) in
        [(at("AWS_CONFIG_FILE", "config"), &in_config[..]), (at("AWS_SHARED_CREDENTIALS_FILE", "credentials"), name)]
    {
        let Some(path) = path else { continue };
        if let Some(text) = read_text_bounded(&path, LIMIT)? {
            profile.0.extend(section_of(&text, section));
        }
    }
    if profile.0.is_empty() {
        return match asked {
            Some(name) => {
                Err(Error::new(Code::NotFound, format!("there is no profile {} of AWS", name.escape_debug()))
                    .hint("look at ~/.aws/config and ~/.aws/credentials"))
            }
            None => Ok(None),
        };
    }
    let asks = ["sso_session", "sso_start_url", "role_arn", "credential_process"];
    if let Some(way) = asks.into_iter().find(|way| profile.get(way).is_some())
        && profile.get("aws_access_key_id").is_none()
    {
        return Err(Error::new(
            Code::Unsupported,
            format!("the profile {} of AWS asks for credentials by {way}", name.escape_debug()),
        )
        .hint(format!(
            "bring them in the environment: eval \"$(aws configure export-credentials --profile {name} --format env)\""
        )));
    }
    Ok(Some(profile))
}

fn section_of(text: &str, wanted: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut inside = false;
    for line in text.lines() {
        let plain = line.trim();
        if plain.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = plain.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            inside = section.0.split_whitespace().eq(wanted.split_whitespace());
        } else if inside
            && !line.starts_with([' ', '\t'])
            && let Some((name, value)) = plain.split_once('=')
        {
            found.insert(name.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(home: &std::path::Path, variables: &[(&str, &str)]) -> Settings {
        let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Settings { variables, home: Some(home.to_owned()), jobs: None }
    }

    #[test]
    fn a_profile_is_read_from_both_files_as_amazons_tools_write_them() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let config = "[default]\nregion = eu-west-1\n\n[profile  work]\nregion=us-east-2\ns3 =\n  max_concurrent_requests = 20\nendpoint_url = https://s3.example.com\n";
        std::fs::write(home.path().join(".aws/config"), config).unwrap();
        let keys = "# comment\n[work]\naws_access_key_id = AK\naws_secret_access_key = a=b/c\n[other]\naws_access_key_id = NO\n";
        std::fs::write(home.path().join(".aws/credentials"), keys).unwrap();
        let work = find(Some("work"), &settings(home.path(), &[])).unwrap().unwrap();
        assert_eq!((work.get("region"), work.get("aws_secret_access_key")), (Some("us-east-2"), Some("a=b/c")));
        assert_eq!(
            (work.get("endpoint_url"), work.get("max_concurrent_requests")),
            (Some("https://s3.example.com"), None)
        );
        let named = find(None, &settings(home.path(), &[("AWS_PROFILE", "work")])).unwrap().unwrap();
        assert!(named == work);
        let default = find(None, &settings(home.path(), &[])).unwrap().unwrap();
        assert_eq!((default.get("region"), default.get("aws_access_key_id")), (Some("eu-west-1"), None));
        let error = find(Some("none"), &settings(home.path(), &[])).err().unwrap();
        assert_eq!(error.code, Code::NotFound);
        assert!(find(None, &settings(&home.path().join("elsewhere"), &[])).unwrap().is_none());
    }

    #[test]
    fn a_profile_that_asks_another_program_says_how_to_bring_what_it_gives() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/config"), "[default]\nsso_session = corp\n").unwrap();
        let error = find(None, &settings(home.path(), &[])).err().unwrap();
        assert_eq!(error.code, Code::Unsupported);
        assert!(error.hint.unwrap().to_string().contains("export-credentials"));
    }
}
