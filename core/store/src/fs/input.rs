//! Files that a person names, read whole up to a limit.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::fs::disk::{io_error, shown};
use refmark_types::canonical::{DOCUMENT_LIMIT, strict};
use refmark_types::error::{Code, Error, Result};
use serde::de::DeserializeOwned;

/// The bytes of a file that a person named, at most `limit`; the system's word for its size is not believed, because a
/// shell's pipe (`<(…)`) has none and a device never ends. Errors: `too-large`, and what the system says of the path.
pub fn read_given(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let unreadable = |error: std::io::Error| io_error("read", path, &error);
    let mut file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    let mut bytes = Vec::new();
    if size <= limit {
        (&mut file).take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if size.max(bytes.len() as u64) > limit {
        let message = format!("{} is too large: at most {limit} bytes of it are read", shown(path));
        return Err(Error::new(Code::TooLarge, message).at(shown(path)));
    }
    Ok(bytes)
}

/// A text file that a person named, as long as anything that is registered may be. Errors: those of [`read_given`], and
/// `bad-argument` where it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String> {
    const LIMIT: u64 = 256 << 20;
    String::from_utf8(read_given(path, LIMIT)?).map_err(|_| {
        let message = format!("{} cannot be read: it is not UTF-8 text", path.display());
        Error::new(Code::BadArgument, message).at(path.display().to_string())
    })
}

/// A JSON file that a person named. `what` says what it should be: "a contract". Errors: those of [`read_text`] and
/// [`document`].
pub fn read_json<T: DeserializeOwned>(path: &Path, what: &str) -> Result<T> {
    let what = format!("{what} in {}", path.display());
    document(&read_text(path)?, &what, Code::BadArgument).map_err(|error| error.at(path.display().to_string()))
}

/// A JSON document, read strictly: a key that stands twice, or a number that nobody reads the same, is refused here as
/// everywhere. `what` names it: "the contract". Errors: the given code.
pub fn document<T: DeserializeOwned>(text: &str, what: &str, code: Code) -> Result<T> {
    let wrong = |why: &dyn std::fmt::Display| Error::new(code, format!("{what} cannot be read: {why}"));
    strict(text.as_bytes(), DOCUMENT_LIMIT).map_err(|error| wrong(&error.message))?;
    serde_json::from_str(text).map_err(|error| wrong(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_hides_its_size_or_never_ends_is_read_to_the_limit_and_no_further() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(read_given(&path, 3).unwrap(), b"abc");
        for endless in [path.as_path(), Path::new("/dev/zero")] {
            let error = read_given(endless, 2).unwrap_err();
            assert_eq!(error.code, Code::TooLarge);
            assert!(error.message.contains(&*endless.to_string_lossy()), "{}", error.message);
        }
        // The system says that it has no bytes at all.
        assert!(!read_given(Path::new("/proc/self/status"), 1 << 16).unwrap().is_empty());
        assert_eq!(read_given(&dir.path().join("none"), 2).unwrap_err().code, Code::Io);
    }
}
