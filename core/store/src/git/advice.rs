//! What to do where `git` failed: its own words tell what happened, and rarely what next.

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
            "returned error: 403",
            "write access to repository not granted",
            "you are not allowed to push",
            "permission to",
        ],
        "the host knows you, and does not let you do this: ask its owner for the right to read, or to push",
    ),
    (
        &["protected branch", "gh006", "gh013", "not allowed to push code to protected", "you cannot push commits for"],
        "the branch is protected: make the change on a branch with --propose, push that, and let it be merged there",
    ),
    (
        &["pre-receive hook declined", "remote rejected", "hook declined"],
        "the other side refused it, and says why above; `refmark check` judges the same here, and --propose makes a \
         change on a branch of its own",
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
pub(super) fn advice(said: &str) -> Option<&'static str> {
    let said = said.to_ascii_lowercase();
    ADVICE.iter().find(|(signs, _)| signs.iter().any(|sign| said.contains(sign))).map(|(_, advice)| *advice)
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
            ("remote: error: GH006: Protected branch update failed for refs/heads/main.", "--propose"),
            ("remote: GitLab: You are not allowed to push code to protected branches on this project.", "push"),
            (" ! [remote rejected] main -> main (pre-receive hook declined)", "--propose"),
            ("fatal: unable to access 'https://h/': Could not resolve host: h", "proxies"),
            ("fatal: detected dubious ownership in repository at '/r'", "another user"),
        ] {
            assert!(advice(said).is_some_and(|advice| advice.contains(word)), "{said}: {:?}", advice(said));
        }
        assert_eq!(advice("fatal: bad object HEAD"), None);
    }
}
