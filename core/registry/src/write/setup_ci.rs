//! `setup-ci`: workflows for forges, and a `CODEOWNERS` from the policy, as companions on the registry's branch.
//!
//! The workflow and the pin are the base branch's own, and the change is fetched as objects and never checked out. None of
//! it carries authority: it tells people early what readers would refuse.

use crate::registry::Writer;
use refmark_engine::plan::Plan;
use serde::Serialize;

use refmark_engine::snapshot::History;
use refmark_engine::state_reader::StateReader;
use refmark_query::review::quoted;
use refmark_records::layout::model_folder;
use refmark_records::policy::{MemberKind, Policy, Right};
use refmark_types::digest::Digest;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::name::{ModelName, PrincipalId};
use refmark_types::oid::Oid;

#[cfg(test)]
mod tests;

const GITHUB: &str = include_str!("setup_ci/github.yml");
const GITLAB: &str = include_str!("setup_ci/gitlab.yml");
/// A companion is not larger than this.
const COMPANION_LIMIT: u64 = 1 << 20;

/// For which forges.
#[derive(Debug, Clone, Copy)]
pub struct SetupCiRequest {
    /// `.github/workflows/refmark.yml`.
    pub github: bool,
    /// `.gitlab-ci.yml`.
    pub gitlab: bool,
    /// `CODEOWNERS`.
    pub codeowners: bool,
    /// Whether files that are there already, and are others, are replaced.
    pub replace: bool,
    /// The SHA-256 of the program that the workflows install: of the release's `refmark-x86_64-unknown-linux-gnu.tar.gz`.
    /// Without one they end with an error that asks for it.
    pub sha256: Option<Digest>,
}

/// What was written.
#[derive(Debug, Clone, Serialize)]
pub struct SetupCiAnswer {
    /// The files that are new or changed.
    pub files: Vec<String>,
    /// The root that the workflows pin.
    pub trust_root: String,
    /// The commit; none where everything was there already.
    pub commit: Option<Oid>,
    /// What is left to do by hand.
    pub next: Vec<String>,
}

impl Writer<'_> {
    /// Writes the companions in one commit. The pin that they carry is this reader's own: an error `unverified` without one.
    pub fn setup_ci(&self, request: &SetupCiRequest) -> Result<SetupCiAnswer> {
        let Some(pin) = self.registry.world.pin_of(self.registry.id())? else {
            return Err(Error::new(
                Code::Unverified,
                "no trust root is pinned here, so there is none for the workflow",
            )
            .hint(Hint::of("pin it first, by a fingerprint from its owner: ").then(Next::TrustPin { root: None })));
        };
        let mut files = Vec::new();
        let written = self.change(|view, _| {
            let wanted = self.companions(view.facts()?, pin, request)?;
            let tree = self.registry.repo.snapshot(view.head)?;
            files.clear();
            let mut carried = Vec::new();
            for (path, text) in wanted {
                match tree.read(path, COMPANION_LIMIT)? {
                    Some(there) if there == text.as_bytes() => continue,
                    Some(_) if !request.replace => {
                        return Err(Error::new(Code::Exists, format!("{path} is there already, and is another"))
                            .hint(Hint::of("to write it anew: ").then(Next::With(Choice::Force)))
                            .at(path));
                    }
                    _ => {}
                }
                files.push(path.to_owned());
                carried.push((path.to_owned(), text.into_bytes()));
            }
            if carried.is_empty() {
                return Err(Error::new(Code::NothingToDo, "the files for CI are there already"));
            }
            let (subject, body) = ("set up CI".to_owned(), "Companions without authority.".to_owned());
            Ok(Plan { subject, body, carried, ..Plan::default() })
        });
        let commit = match written {
            Ok(written) => Some(written.commit),
            Err(error) if error.code == Code::NothingToDo => None,
            Err(error) => return Err(error),
        };
        let next = next_steps(request, &self.registry.branch);
        Ok(SetupCiAnswer { files, trust_root: pin.prefixed(), commit, next })
    }

    fn companions(
        &self,
        facts: StateReader<'_>,
        pin: Digest,
        request: &SetupCiRequest,
    ) -> Result<Vec<(&'static str, String)>> {
        let fill = |template: &str| {
            template
                .replace("@PIN@", &pin.prefixed())
                .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
                .replace("@SHA256@", &request.sha256.map(|it| it.hex()).unwrap_or_default())
                .replace("@BRANCH@", &self.registry.branch)
        };
        if !self.registry.branch.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c)) {
            return Err(Error::new(
                Code::Unsupported,
                format!("branch `{}` cannot be named in a workflow", quoted(&self.registry.branch)),
            ));
        }
        let mut files = Vec::new();
        if request.github {
            files.push((".github/workflows/refmark.yml", fill(GITHUB)));
        }
        if request.gitlab {
            files.push((".gitlab-ci.yml", fill(GITLAB)));
        }
        if request.codeowners {
            let policy = facts.policy_in_force()?;
            let root = facts.newest_root()?;
            let keepers = root.map(|root| root.policy.principals.clone()).unwrap_or_default();
            files.push(("CODEOWNERS", codeowners(&policy, &keepers)));
        }
        Ok(files)
    }
}

fn next_steps(request: &SetupCiRequest, branch: &str) -> Vec<String> {
    let mut next = Vec::new();
    if request.sha256.is_none() && (request.github || request.gitlab) {
        next.push(
            "name the checksum of the program that they install, from the SHA256SUMS of its release: \
             refmark setup-ci --force --sha256 HEX"
                .to_owned(),
        );
    }
    if request.gitlab {
        next.push(
            "GitLab: give the variable REFMARK_COMMENT_TOKEN to the environment refmark-comment alone, protected and masked"
                .to_owned(),
        );
    }
    if request.github {
        next.push(format!("GitHub: protect {branch}, and require the check `refmark` to pass on an up-to-date branch"));
    }
    if request.gitlab {
        next.push(format!("GitLab: set the CI/CD configuration file to .gitlab-ci.yml@GROUP/PROJECT:{branch}"));
    }
    if request.codeowners {
        next.push(
            "the names in CODEOWNERS are those of the policy: change those that the forge spells otherwise".to_owned(),
        );
    }
    next
}

/// Who a forge should ask, from the policy. It asks; it grants nothing.
pub fn codeowners(policy: &Policy, keepers: &[PrincipalId]) -> String {
    let handle = |id: &PrincipalId| if id.as_str().contains('@') { id.to_string() } else { format!("@{id}") };
    let line = |path: &str, ids: &[&PrincipalId]| match ids.is_empty() {
        true => String::new(),
        false => format!("{path} {}\n", ids.iter().map(|id| handle(id)).collect::<Vec<_>>().join(" ")),
    };
    let person = |id: &&PrincipalId| policy.members.get(*id).is_some_and(|it| it.kind == MemberKind::Person);
    let approvers: Vec<&PrincipalId> = policy.who_may(Right::Approve).into_iter().filter(person).collect();
    let keepers: Vec<&PrincipalId> = keepers.iter().collect();
    let mut text = format!(
        "# Written by `refmark setup-ci` from policy {}. It tells the forge whom to ask, and grants nothing:\n# what counts are signed approvals (`refmark approve`).\n",
        policy.number
    );
    text.push_str(&line("*", &approvers));
    for owners in &policy.owners {
        let ids: Vec<&PrincipalId> = owners.members.iter().collect();
        // A pattern has no folder of its own: models lie by the hash of their names.
        for model in owners.models.iter().filter(|it| !it.contains('*')).filter_map(|it| ModelName::parse(it).ok()) {
            text.push_str(&line(&format!("/{}/", model_folder(&model)), &ids));
        }
    }
    for path in ["/trust/", "/policy/", "/catalog/", "/CODEOWNERS", "/.github/", "/.gitlab/", "/.gitlab-ci.yml"] {
        text.push_str(&line(path, &keepers));
    }
    text
}
