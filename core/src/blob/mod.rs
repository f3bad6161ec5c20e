//! Floor 4: the content-addressed store of large files.
