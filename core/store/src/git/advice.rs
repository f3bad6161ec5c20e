//! What to do where `git` failed: its own words tell what happened, and rarely what next.

use refmark_types::hint::{Choice, Hint, Next};

/// Signs in Git's words, in lower case, and what to do. The first that is found decides.
const ADVICE: &[(&[&str], &str)] = &[
    (
        &["dubious ownership"],
        "the repository belongs to another user: where you trust its owner, tell Git so, as it says",
    ),
    (
        &[
            "could not read username",
            "could not read password",
            "terminal prompts disabled",
            "authentication failed",
            "returned error: 401",
            "invalid credentials",
        ],
        "the host asks for a password, and refmark shows no prompt: set up a credential helper (git config --global \
         credential.helper), or take the ssh address; in CI hand the token to Git as GIT_CONFIG_COUNT with \
         http.extraHeader. `git ls-remote ADDRESS` tries it",
    ),
    (
        &["permission denied (publickey", "host key verification failed", "no supported authentication methods"],
        "ssh did not let you in: `ssh -T` to the host tells why; an agent must hold your key, and known_hosts the host's",
    ),
    (
        &[
            "protected branch",
            "gh006",
            "gh013",
            "code to protected branches",
            "protected ref",
            "you cannot push commits for",
        ],
        "the branch is protected: what is made here already goes as a branch of its own, by `git push origin \
         HEAD:refs/heads/propose/NAME`, and is merged there; from now on, make changes as proposals: ",
    ),
    (
        &[
            "returned error: 403",
            "write access to repository not granted",
            "you are not allowed to push",
            "permission to",
        ],
        "the host knows you, and does not let you do this: ask its owner for the right to read, or to push",
    ),
    (
        &["pre-receive hook declined", "remote rejected", "hook declined"],
        "the other side refused it, and says why above; a change on a branch of its own, for others to land: ",
    ),
    (
        &["repository not found", "not appear to be a git repository", "does not exist", "returned error: 404"],
        "there is no such repository, or this user may not see it: check the address with `git ls-remote ADDRESS`",
    ),
    (
        &[
            "could not resolve host",
            "couldn't connect",
            "failed to connect",
            "connection refused",
            "timed out",
            "network is unreachable",
        ],
        "the host cannot be reached from here: check the address, the network, and proxies (http.proxy, HTTPS_PROXY)",
    ),
    (
        &["certificate", "ssl"],
        "the host's certificate is not trusted here: http.sslCAInfo or GIT_SSL_CAINFO names the authority's file",
    ),
    (&["transport 'none'", "transport '"], "file, git, http, https and ssh addresses are taken, and nothing else"),
];

/// What to do about an error, by Git's own words for it (in the C locale).
pub(super) fn advice(said: &str) -> Option<Hint> {
    let said = said.to_ascii_lowercase();
    let (_, advice) = ADVICE.iter().find(|(signs, _)| signs.iter().any(|sign| said.contains(sign)))?;
    let hint = Hint::of(*advice);
    // Words that end open name the step that they are about.
    Some(if advice.ends_with(": ") { hint.then(Next::With(Choice::Propose)) } else { hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hosts_answer_has_a_next_step() {
        for (said, word) in [
            ("fatal: could not read Username for 'https://h': terminal prompts disabled", "credential helper"),
            ("remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://h/'", "credential helper"),
            ("git@h: Permission denied (publickey).", "ssh"),
            ("remote: error: GH006: Protected branch update failed for refs/heads/main.", "protected"),
            ("remote: GitLab: You are not allowed to push code to protected branches on this project.", "protected"),
            (" ! [remote rejected] main -> main (pre-receive hook declined)", "propose"),
            ("fatal: unable to access 'https://h/': Could not resolve host: h", "proxies"),
            ("fatal: detected dubious ownership in repository at '/r'", "another user"),
        ] {
            let hint = advice(said).map(|advice| advice.to_string().to_lowercase()).unwrap_or_default();
            assert!(hint.contains(word), "{said}: {hint}");
        }
        assert_eq!(advice("fatal: bad object HEAD"), None);
    }
}
