//! Who founds a registry, and with which key, where nobody says so.

use std::path::Path;

use refmark_store::key::{Found, KeySearch, generate, look, own_key_path};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::PrincipalId;

/// The founder's id where none is given: the login name (`USER`, `LOGNAME`, `USERNAME`), else that of the home folder, with
/// what an id cannot hold written as `-`; `owner` where neither makes an id.
pub fn founder_from_env() -> Result<PrincipalId> {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    founder_of(user.as_deref(), std::env::home_dir().as_deref())
}

fn founder_of(user: Option<&str>, home: Option<&Path>) -> Result<PrincipalId> {
    let home = home.and_then(|it| it.file_name()).map(|name| name.to_string_lossy().into_owned());
    let fitting = [user, home.as_deref()].into_iter().flatten().find_map(|name| PrincipalId::parse(&fit(name)).ok());
    fitting.map_or_else(|| PrincipalId::parse("owner"), Ok)
}

fn fit(name: &str) -> String {
    let fit: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    fit.trim_matches('-').to_owned()
}

/// The founder's key: the one that the search finds, else a new one of refmark's own; and whether it was made just now. A
/// key that somebody named is used or is an error, and never a new one in its place.
pub fn founders_key(search: &KeySearch<'_>) -> Result<(Found, bool)> {
    let named = search.explicit.is_some() || search.variable.as_ref().is_some_and(|it| !it.is_empty());
    match look(search) {
        Err(error) if error.code == Code::NoKey && !named => {}
        found => return found.map(|it| (it, false)),
    }
    let Some(config) = &search.config else {
        return Err(Error::new(Code::NoKey, "no signing key was found, and there is no folder to keep a new one in")
            .hint(Hint::of("set HOME, or name a key by REFMARK_KEY or ").then(Next::With(Choice::Key))));
    };
    let signer = generate(&own_key_path(config))?;
    Ok((Found { signer, notes: Vec::new() }, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_name_that_is_no_id_is_made_one() {
        let of = |user, home: &str| founder_of(user, Some(Path::new(home))).unwrap().to_string();
        assert_eq!(of(Some("Ada Lovelace"), "/home/ada"), "ada-lovelace");
        assert_eq!(of(Some("CORP\\Ada"), "/home/ada"), "corp-ada");
        assert_eq!(of(Some("+++"), "/home/Ada"), "ada");
        assert_eq!(of(None, "/home/jo.hn"), "jo-hn");
        assert_eq!(of(None, "/"), "owner");
    }

    #[test]
    fn a_key_that_was_named_is_never_replaced_by_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let config = Some(folder.path().to_owned());
        let search =
            KeySearch { variable: Some("/no/such/key".into()), config: config.clone(), ..KeySearch::default() };
        assert!(founders_key(&search).is_err());
        assert!(!own_key_path(folder.path()).exists());
        let search = KeySearch { variable: Some("".into()), config, ..KeySearch::default() };
        let (first, made) = founders_key(&search).unwrap();
        assert!(made);
        let (again, made) = founders_key(&search).unwrap();
        assert!(!made);
        assert_eq!(first.signer.public(), again.signer.public());
    }
}
