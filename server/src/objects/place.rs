//! Names of files: which are allowed, and when two of them are one file.

/// The longest name of a file, in bytes.
pub const FILENAME_LIMIT: usize = 4096;
/// The folders that the service keeps for itself.
const OWN: [&str; 3] = ["objects", ".refmark", ".refmark-state"];

/// Why a name is no name of a dropped file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadPlace {
    /// It is empty, too long, or has a NUL or a backslash.
    Form,
    /// It begins at the root.
    Absolute,
    /// It leads out of the registry's folder, or to the folder itself.
    Outside,
    /// It lies where the service keeps its own files.
    Own,
}

impl std::fmt::Display for BadPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            BadPlace::Form => "it is empty, too long, or holds a NUL or a backslash",
            BadPlace::Absolute => "it is not relative to the registry's folder",
            BadPlace::Outside => "it leads out of the registry's folder",
            BadPlace::Own => "that folder is the service's own",
        })
    }
}

/// The one spelling of a file's name: without `.`, `..` and doubled slashes.
pub fn canonical(filename: &str) -> Result<String, BadPlace> {
    if filename.is_empty() || filename.len() > FILENAME_LIMIT || filename.contains(['\0', '\\']) {
        return Err(BadPlace::Form);
    }
    if filename.starts_with('/') {
        return Err(BadPlace::Absolute);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in filename.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(BadPlace::Outside)?;
            }
            part => parts.push(part),
        }
    }
    match parts.first() {
        None => Err(BadPlace::Outside),
        Some(first) if OWN.contains(first) => Err(BadPlace::Own),
        Some(_) => Ok(parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_file_are_one_place_and_none_leads_out() {
        for same in ["x.gguf", "./x.gguf", "x/../x.gguf", "a/..//./x.gguf"] {
            assert_eq!(canonical(same).as_deref(), Ok("x.gguf"), "{same}");
        }
        assert_eq!(canonical("a//b/./c.gguf").as_deref(), Ok("a/b/c.gguf"));
        assert_eq!(canonical("/etc/x.gguf"), Err(BadPlace::Absolute));
        for outside in ["../x.gguf", "a/../../x", ".", "a/.."] {
            assert_eq!(canonical(outside), Err(BadPlace::Outside), "{outside}");
        }
        for own in ["objects/sha256/ab/x.gguf", "./objects/x.gguf", ".refmark/HEAD", "a/../.refmark/x.gguf"] {
            assert_eq!(canonical(own), Err(BadPlace::Own), "{own}");
        }
        for form in ["", "a\\b", "a\0b"] {
            assert_eq!(canonical(form), Err(BadPlace::Form));
        }
    }
}
