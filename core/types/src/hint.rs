//! What to do next, as a value: each face spells it in its own language.
//!
//! A rule knows *what* helps ("make the proposal again"); only the face knows how that is said there: a command line, a
//! Python call, a request, a button. So a [`Hint`] holds sentences and [`Next`] steps, and a [`Voice`] turns the steps into
//! words. A process that is one face sets its voice once with [`speak_as`]; a server that answers in several languages
//! calls [`Hint::spell`].
//!
//! ```
//! use refmark_types::hint::{Hint, Next};
//!
//! let hint = Hint::of("another change landed first: ").then(Next::Renew { branch: Some("propose/x".into()) });
//! assert_eq!(hint.spell(|_| "refmark renew propose/x".into()), "another change landed first: refmark renew propose/x");
//! ```

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use crate::code::Code;

mod plain;

/// How a face says a step.
pub type Voice = fn(&Next) -> String;

static VOICE: OnceLock<Voice> = OnceLock::new();

/// Sets how this process says steps. The first call counts; without one, steps are said in plain words.
pub fn speak_as(voice: Voice) {
    let _ = VOICE.set(voice);
}

/// An option that a caller may add to what was just asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Take bytes that no pinned root vouches for.
    AllowUnverified,
    /// Take what was archived.
    Archived,
    /// Take quarantined bytes into a marked folder, to look at them.
    Quarantined,
    /// Go on although history is not whole here.
    AcceptIncomplete,
    /// Register a package that lacks something, and record that it does.
    AllowIncomplete,
    /// Move an alias to a version whose bytes are not here.
    AllowAbsent,
    /// Register bytes that were revoked or deleted: into quarantine.
    AllowWithdrawn,
    /// Answer from the last good commit.
    LastGood,
    /// Name the trust root to hold the registry to.
    TrustRoot,
    /// Trust the root that is found, on first use.
    TrustOnFirstUse,
    /// Name the key to sign with.
    Key,
    /// Say why.
    Reason,
    /// Make a proposal in place of a change.
    Propose,
    /// Name the owner.
    Owner,
    /// Name another registry.
    Registry,
    /// Do it although it cannot be undone.
    Force,
    /// Take the files that links lead to.
    FollowLinks,
    /// Take what looks like a key or a password.
    AllowSecret,
}

/// One step that helps. Names that are not known here (a version that the reader must choose) are left out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// The same again with an option.
    With(Choice),
    /// Make a registry; `here` inside a project's own repository.
    Init {
        /// On a branch of the repository that is here.
        here: bool,
    },
    /// Clone a registry.
    Clone {
        /// From where, where that is known.
        url: Option<String>,
    },
    /// Make this registry the user's default.
    Use,
    /// Register a version.
    Register {
        /// Of which model, where that is known.
        model: Option<String>,
    },
    /// List what is registered, or the versions of a model.
    List {
        /// The model.
        model: Option<String>,
    },
    /// Show one thing whole.
    Show {
        /// What.
        reference: Option<String>,
    },
    /// The moves of an alias or model.
    Log {
        /// Of what.
        reference: Option<String>,
    },
    /// Why something is as it is.
    Explain {
        /// What.
        reference: Option<String>,
    },
    /// What a range of commits would change.
    Review {
        /// The range.
        range: String,
    },
    /// How the registry is.
    Status,
    /// Verify history and bytes.
    Verify,
    /// Move an alias to a version.
    Promote {
        /// `MODEL@ALIAS`.
        alias: String,
        /// The version, where it is known.
        version: Option<u64>,
    },
    /// Move an alias back to what it held before.
    Rollback {
        /// `MODEL@ALIAS`.
        alias: Option<String>,
    },
    /// Close an alias.
    Unset {
        /// `MODEL@ALIAS`.
        alias: String,
    },
    /// Approve a proposal.
    Approve {
        /// Its branch, where it is known.
        branch: Option<String>,
    },
    /// Make a proposal, or one's own unpushed changes, again on the newest head.
    Renew {
        /// The branch, where it is known.
        branch: Option<String>,
    },
    /// Bring a proposal onto the registry's branch.
    Land {
        /// The branch.
        branch: String,
    },
    /// Attach evidence.
    Attach {
        /// To what.
        reference: Option<String>,
        /// Of which evidence type.
        evidence: String,
        /// With a passing verdict.
        pass: bool,
    },
    /// Move a stage or a trust state.
    Transition {
        /// Of what.
        reference: String,
        /// To which.
        to: String,
    },
    /// Set what is said of a model or version: owner, description, tags.
    Describe {
        /// Of what.
        reference: String,
    },
    /// List the proposals that are open.
    Proposals,
    /// List retired versions and their last day.
    Sunset,
    /// Fetch what is new at the origin.
    Fetch,
    /// Push to the origin.
    Push,
    /// Copy bytes from and to remotes.
    Sync,
    /// Name a place with bytes.
    RemoteAdd,
    /// Forget a place with bytes.
    RemoteRemove {
        /// Its name.
        name: String,
    },
    /// List the places with bytes.
    RemoteList,
    /// Pin a version in the lock file.
    PinAdd {
        /// What to pin.
        reference: Option<String>,
    },
    /// Move a pin to what its alias holds now.
    PinUpdate {
        /// The pin; all, where none is named.
        name: Option<String>,
    },
    /// Bring the files of the pins.
    PinSync,
    /// Check the pins against the registry.
    PinCheck,
    /// Publish the lock file, so that the registry knows who uses what.
    PinPublish,
    /// Pin a trust root.
    TrustPin {
        /// The root, as `sha256:…`.
        root: Option<String>,
    },
    /// Believe a head that does not follow what was seen here.
    TrustAcceptHead {
        /// The head.
        head: String,
    },
    /// Show the trust root.
    TrustShow,
    /// Make a new trust root.
    TrustRotate,
    /// Sign a drafted trust root.
    TrustSign,
    /// Show the policy in force.
    PolicyShow,
    /// Put a policy into force, from a file or a preset.
    PolicyApply {
        /// The preset, such as `team`.
        preset: Option<String>,
    },
    /// Explain a policy before it is signed.
    PolicyCheck,
    /// Sign a drafted policy.
    PolicySign,
    /// List the members.
    MembersList,
    /// Add a member.
    MembersAdd,
    /// Witness the newest head and the time.
    Checkpoint,
    /// Say who owns models.
    MembersOwn {
        /// The pattern of the models' names.
        models: String,
    },
    /// Change a member's roles.
    MembersSet {
        /// The principal.
        id: String,
    },
    /// List a family of the catalog.
    CatalogList {
        /// The family.
        family: String,
    },
    /// Show an entry of the catalog.
    CatalogShow {
        /// The family.
        family: String,
        /// The entry.
        id: String,
    },
    /// Install the pre-receive hook.
    HookInstall,
    /// Write the CI files.
    SetupCi,
    /// Remove a dead writer's lock.
    Unlock,
    /// Make the index again.
    IndexRebuild,
    /// Write the site.
    ExportSite,
    /// Remove what nobody needs, and pack the records.
    Gc,
    /// Back the registry up.
    Backup,
    /// Restore a backup to a temporary place, to prove it.
    BackupDrill,
    /// List the webhooks, and what they did not take.
    WebhookList,
    /// What an error's code means.
    HelpError {
        /// The code.
        code: Code,
    },
    /// A program outside refmark: the same in every face, such as `git pull --rebase`.
    Run {
        /// The command line.
        command: String,
    },
}

/// A part of a hint.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Part {
    Text(Cow<'static, str>),
    Next(Box<Next>),
}

/// What to do next: sentences and steps, in the order in which they are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hint(Vec<Part>);

impl Hint {
    /// A hint that begins with words. The words name no command of any face.
    pub fn of(text: impl Into<Cow<'static, str>>) -> Hint {
        Hint(vec![Part::Text(text.into())])
    }

    /// Adds words.
    pub fn say(mut self, text: impl Into<Cow<'static, str>>) -> Hint {
        self.0.push(Part::Text(text.into()));
        self
    }

    /// Adds a step.
    pub fn then(mut self, next: Next) -> Hint {
        self.0.push(Part::Next(Box::new(next)));
        self
    }

    /// Adds all of another hint.
    pub fn with(mut self, other: Hint) -> Hint {
        self.0.extend(other.0);
        self
    }

    /// The same hint for something that waits on this branch: steps that need a branch and name none get it.
    ///
    /// ```
    /// use refmark_types::hint::{Hint, Next};
    ///
    /// let hint = Hint::from(Next::Approve { branch: None }).on_branch("propose/x");
    /// assert_eq!(hint, Next::Approve { branch: Some("propose/x".into()) }.into());
    /// ```
    pub fn on_branch(mut self, name: &str) -> Hint {
        for part in &mut self.0 {
            if let Part::Next(next) = part
                && let Next::Approve { branch } | Next::Renew { branch } = &mut **next
            {
                branch.get_or_insert_with(|| name.to_owned());
            }
        }
        self
    }

    /// The steps alone, for faces that show them as buttons.
    pub fn steps(&self) -> impl Iterator<Item = &Next> {
        self.0.iter().filter_map(|part| match part {
            Part::Next(next) => Some(&**next),
            Part::Text(_) => None,
        })
    }

    /// The hint in a face's own language.
    pub fn spell(&self, voice: Voice) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(words) => text.push_str(words),
                Part::Next(next) => text.push_str(&voice(next)),
            }
        }
        text
    }
}

impl From<Next> for Hint {
    fn from(next: Next) -> Hint {
        Hint::default().then(next)
    }
}

impl From<&'static str> for Hint {
    fn from(text: &'static str) -> Hint {
        Hint::of(text)
    }
}

impl From<String> for Hint {
    fn from(text: String) -> Hint {
        Hint::of(text)
    }
}

/// In the voice of this process.
impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spell(VOICE.get().copied().unwrap_or(plain::plain)))
    }
}

/// A hint as a reader's memory keeps it: the steps themselves, because another face may read them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StoredHint(Vec<Part>);

impl From<Hint> for StoredHint {
    fn from(hint: Hint) -> StoredHint {
        StoredHint(hint.0)
    }
}

impl From<StoredHint> for Hint {
    fn from(stored: StoredHint) -> Hint {
        Hint(stored.0)
    }
}

/// As text, in the voice of this process.
impl serde::Serialize for Hint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The steps of an answer, one a line: each stands by itself, so the marks that set a command apart in a sentence go.
pub fn lines(hints: &[Hint]) -> Vec<String> {
    hints.iter().map(|hint| hint.to_string().trim_matches('`').to_owned()).collect()
}

/// Serializes steps as [`lines`].
pub fn as_lines<S: serde::Serializer>(hints: &[Hint], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(lines(hints))
}
