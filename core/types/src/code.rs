//! The stable codes of errors, what each means, and how a process ends for it.

use std::fmt;

/// How the process ends for an error of this kind (see `refmark help error CODE`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// 1: the request was understood and could not be done.
    Failed,
    /// 2: the request itself is wrong.
    Usage,
    /// 3: the policy does not allow it (or does not allow it yet).
    Refused,
    /// 4: bytes, signatures or history are not what was promised.
    Integrity,
    /// 5: somebody else was first; trying again may work.
    Conflict,
    /// 70: a bug in refmark.
    Bug,
}

impl Exit {
    /// The exit status.
    pub const fn status(self) -> u8 {
        match self {
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Refused => 3,
            Exit::Integrity => 4,
            Exit::Conflict => 5,
            Exit::Bug => 70,
        }
    }
}

macro_rules! codes {
    ($($variant:ident $text:literal $exit:ident $about:literal;)*) => {
        /// A stable, documented reason. Its text form is a contract: scripts match on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $about] $variant,)* }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The stable text, such as `alias-moved`.
            pub const fn as_str(self) -> &'static str { match self { $(Code::$variant => $text,)* } }

            /// What it means, in one or two sentences.
            pub const fn about(self) -> &'static str { match self { $(Code::$variant => $about,)* } }

            /// The exit status that a command ends with.
            pub const fn exit(self) -> Exit { match self { $(Code::$variant => Exit::$exit,)* } }
        }
    };
}

codes! {
    // Usage: the request itself is wrong.
    BadArgument "bad-argument" Usage "An argument or option has a form that refmark does not take; the message names the rule.";
    BadName "bad-name" Usage "A name of a model, alias, principal, release or remote breaks a naming rule; the message names the rule.";
    BadReference "bad-reference" Usage "A reference is not NAME/VERSION, NAME/RELEASE, NAME@ALIAS, NAME or an artifact id.";
    BadTime "bad-time" Usage "A time is not RFC 3339 in UTC with whole seconds, such as 2026-11-20T14:02:00Z.";
    BadGlob "bad-glob" Usage "A file pattern cannot be read as a glob.";
    NoRegistry "no-registry" Usage "No registry was named, and none was found on the way up from the working directory.";

    // Failed: understood, and not possible.
    NotFound "not-found" Failed "The model, version, alias, artifact, file or record that was named is not in the registry.";
    NotPinned "not-pinned" Failed "The lock file has no pin for this name.";
    Ambiguous "ambiguous" Failed "A shortened artifact id fits more than one artifact.";
    Exists "exists" Failed "The target exists already and refmark does not overwrite it.";
    NothingToDo "nothing-to-do" Failed "The request asks for the state that already holds.";
    Absent "absent" Failed "The bytes of a file are in no store that can be reached from here. They are not damaged, only elsewhere.";
    MissingObject "missing-object" Failed "A Git object that the answer needs was not given. Its id is in the field `oid`: add it and ask again.";
    NotAFile "not-a-file" Failed "A path in a package is a symbolic link out of it, a device, a FIFO or a socket; refmark takes files and folders only.";
    SourceChanged "source-changed" Failed "A file changed while it was being read; nothing was stored of it.";
    Io "io" Failed "The operating system refused a file operation; the message names the path and the reason.";
    NoSpace "no-space" Failed "The disk is full; nothing half-written was left behind.";
    AccessDenied "access-denied" Failed "A remote does not know the credentials, or they do not allow this there.";
    ReadOnly "read-only" Failed "The registry or its store cannot be written by this user.";
    NoKey "no-key" Failed "No signing key was found: none was named, REFMARK_KEY is not set, and the user has no ed25519 key.";
    BadKey "bad-key" Failed "A key cannot be read, is weak, or is of a type that refmark does not use (it signs with ed25519).";
    GitFailed "git-failed" Failed "Git or its object database reported an error; the message has its words.";
    Unsupported "unsupported" Failed "This build, platform or format does not support the request.";
    FormatRetired "format-retired" Failed "The registry uses a format that this refmark reads no more; an older refmark reads it.";
    UpgradeNeeded "upgrade-needed" Failed "The registry uses a newer format than this refmark reads; upgrade refmark.";
    TooLarge "too-large" Failed "A record, manifest, header or request is over its stated limit.";
    Unreachable "unreachable" Failed "A server could not be asked, gave too little, or did not take what it was sent; the message has its words.";
    Cancelled "cancelled" Failed "The work was stopped on request; nothing half-written was left behind.";
    NotARegistry "not-a-registry" Failed "The path is not a refmark registry.";
    Secret "secret" Failed "A text or URI carries a credential; refmark keeps none in its records.";

    // Refused: the policy says no, or not yet.
    Refused "refused" Refused "The policy does not allow this change; the report lists every gate and who could make it.";
    Pending "pending" Refused "The change breaks no rule and still lacks an approval or evidence; it has no effect yet.";
    NotTrusted "not-trusted" Refused "The artifact is not in trust state `trusted`, so its bytes are not handed out.";
    Revoked "revoked" Refused "The artifact was revoked; its bytes are not handed out and aliases that hold it resolve to this.";
    Deleted "deleted" Refused "The artifact was deleted; its metadata stays and its bytes are gone.";
    StalePin "stale-pin" Refused "A pin is older than the lock's max_offline, past its sunset, or its lock does not cover the request.";
    NotYours "not-yours" Refused "A lock file belongs to somebody else, who could decide by it which registry and root this user trusts.";
    Unverified "unverified" Refused "No trust root is pinned here, so nothing vouches for these bytes; pin one or pass --allow-unverified.";
    Incomplete "incomplete" Refused "History is shallow, grafted, replaced or missing, so it cannot be verified whole; pass --accept-incomplete to go on.";
    PackageIncomplete "package-incomplete" Refused "A package lacks a file or tensor that its own files name, or holds a pointer or an error page in its place; pass --allow-incomplete to register it as it is.";

    // Integrity: not what was promised.
    NotCanonical "not-canonical" Integrity "A record is not byte for byte what refmark's printer writes; the message has the byte offset.";
    BadRecord "bad-record" Integrity "A record has an unknown kind, field or value, or does not fit its place.";
    WrongPath "wrong-path" Integrity "A record or file lies at a path that is not its own, or at one that no record may have.";
    BadSignature "bad-signature" Integrity "A signature does not verify, is duplicated, or is by a key that is not its author's.";
    BadBase "bad-base" Integrity "A statement's base is not a good commit strictly before the one in which it would take effect.";
    PremiseGone "premise-gone" Integrity "What a statement builds on is not what came before it: another move or version landed first.";
    Distrusted "distrusted" Integrity "The key was distrusted from a commit on, and this statement is outside what it may still vouch for.";
    WrongRegistry "wrong-registry" Integrity "A record names another registry's id.";
    WrongRoot "wrong-root" Integrity "The registry's trust root is not the one that was pinned.";
    Damaged "damaged" Integrity "Stored bytes do not have the digest that names them.";
    Inconsistent "inconsistent" Integrity "A model file's header claims what its bytes do not hold, such as a tensor beyond the end.";
    InconsistentManifest "inconsistent-manifest" Integrity "A manifest claims of its files what their bytes do not say: another class, other tensors, or a package that is whole.";
    BadTip "bad-tip" Integrity "At the newest commit a file that had taken effect is missing or changed; pass --last-good for the last good state.";
    Tampered "tampered" Integrity "A file that had taken effect was changed or removed in history.";
    HistoryRewritten "history-rewritten" Integrity "The head that was last seen is not on the first-parent chain of the new head. Where its owner put a backup back, a reader may accept the older head, by name.";
    BadTree "bad-tree" Integrity "The tree holds an entry that refmark never writes: a link, a submodule, an odd mode or a hostile name.";
    BadPack "bad-pack" Integrity "A Git pack, index, bundle or object is damaged or lies about its size.";

    // Conflict: somebody else was first.
    AliasMoved "alias-moved" Conflict "The alias moved since this change was planned; the fields say by whom, when, from what to what.";
    HeadMoved "head-moved" Conflict "The registry's branch moved while the change was being written.";
    Overtaken "overtaken" Conflict "Another change landed first and stands where this one would. A proposal can be made again on top of it.";
    Locked "locked" Conflict "Another writer holds the registry's lock; the fields name its host and process.";

    Bug "bug" Bug "refmark broke one of its own rules. Nothing was written; please report it.";
}

impl Code {
    /// The code of this text, if there is one.
    pub fn parse(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        let text = String::deserialize(deserializer)?;
        Code::parse(&text).ok_or_else(|| serde::de::Error::custom("no such code"))
    }
}
