//! What an object is, and why one was not read.

/// Why bytes cannot be read; the caller says where.
pub(super) type Why = &'static str;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Commit => "commit",
            Kind::Tree => "tree",
            Kind::Blob => "blob",
            Kind::Tag => "tag",
        }
    }

    pub(super) fn parse(word: &[u8]) -> Option<Kind> {
        [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag].into_iter().find(|kind| kind.word().as_bytes() == word)
    }
}

/// Why an object was not read.
pub(super) enum Trouble {
    Broken(Why),
    /// With its size.
    TooLarge(u64),
}

impl From<Why> for Trouble {
    fn from(why: Why) -> Trouble {
        Trouble::Broken(why)
    }
}
