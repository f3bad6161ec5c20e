//! Paths inside an artifact: relative, portable, and unable to leave the folder that they are written to.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::{Code, Error, Result};
use std::collections::BTreeMap;

/// The longest path, in bytes.
pub const MAX_BYTES: usize = 1024;
/// The longest component, in bytes: what common file systems hold.
pub const MAX_COMPONENT_BYTES: usize = 255;

/// A file's path inside an artifact: 1 to 1024 bytes of UTF-8, components separated by `/`. Ordered by its bytes.
///
/// Every component can be written on Linux, macOS and Windows and names a file below the folder it is joined to:
/// not empty, `.`, `..` or `.git`, at most 255 bytes, without any of `\ : < > " | ? *`, control or invisible characters, without a dot
/// or space at its end, and not a Windows device.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PackagePath(String);

impl PackagePath {
    /// Reads a path. The error has code `bad-argument` and names the rule that is broken.
    pub fn parse(text: &str) -> Result<PackagePath> {
        let rule = match text.len() {
            0 => Some("is empty"),
            1..=MAX_BYTES => text.split('/').find_map(broken_rule),
            _ => Some("is longer than 1024 bytes"),
        };
        match rule {
            None => Ok(PackagePath(text.to_owned())),
            Some(rule) => {
                let start: String = text.chars().take(120).collect();
                Err(Error::new(
                    Code::BadArgument,
                    format!("`{}` cannot be a file's path in a package: it {rule}", start.escape_debug()),
                )
                .hint("rename the file; paths are relative, with `/`, and must work on every system")
                .field("path", start))
            }
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The components, from the outermost folder to the file's name.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// The file's name: the last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

/// Refuses a set of paths that cannot stand in one folder on every system: two that are equal but for the case of ASCII
/// letters, and a file where another path needs a folder. The error has code `bad-argument` and names both.
///
/// No more than ASCII: this is part of a verdict, and a verdict must not depend on the version of a Unicode table. Who
/// reads a package from a disk, or writes one to it, asks for more (`blob::check_spelling`).
pub fn check_set<'a>(paths: impl IntoIterator<Item = &'a PackagePath>) -> Result<()> {
    check_set_by(paths, str::to_ascii_lowercase)
}

/// [`check_set`], where paths that fold to the same text are taken for the same.
pub fn check_set_by<'a>(paths: impl IntoIterator<Item = &'a PackagePath>, fold: impl Fn(&str) -> String) -> Result<()> {
    let mut files: BTreeMap<String, &PackagePath> = BTreeMap::new();
    for path in paths {
        if let Some(other) = files.insert(fold(&path.0), path) {
            let how = if other == path { "stands twice" } else { "differ only in case or Unicode form" };
            return Err(clash(other, path, how));
        }
    }
    let mut folders: BTreeMap<String, (&str, &PackagePath)> = BTreeMap::new();
    for path in files.values() {
        for (end, _) in path.0.match_indices('/') {
            let written = &path.0[..end];
            let folded = fold(written);
            if let Some(file) = files.get(&folded) {
                return Err(clash(file, path, "cannot both be: the first would be a file and a folder"));
            }
            // One folder in two spellings would be one on some systems and two on others.
            match folders.insert(folded, (written, path)) {
                Some((other, first)) if other != written => {
                    return Err(clash(first, path, "lie in folders that differ only in case or Unicode form"));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn clash(first: &PackagePath, second: &PackagePath, how: &str) -> Box<Error> {
    Error::new(Code::BadArgument, format!("`{first}` and `{second}` {how}"))
        .hint("rename one of them: a package must unpack to the same files on every system")
        .field("paths", [first, second])
}

fn broken_rule(component: &str) -> Option<&'static str> {
    let lower = component.to_ascii_lowercase();
    Some(match component {
        "" => "has an empty component, such as a leading or doubled `/`",
        "." | ".." => "has a component `.` or `..`",
        _ if component.len() > MAX_COMPONENT_BYTES => "has a component longer than 255 bytes",
        _ if component.contains('\\') => "has a backslash",
        _ if component.contains(':') => "has a colon",
        _ if component.contains(['<', '>', '"', '|', '?', '*']) => {
            "has one of `< > \" | ? *`, which Windows cannot hold"
        }
        _ if component.chars().any(char::is_control) => "has a control character",
        _ if component.chars().any(is_invisible) => "has an invisible or direction-changing character",
        _ if component.ends_with(['.', ' ']) => "has a component that ends in a dot or a space",
        _ if lower == ".git" || lower == "git~1" => "has a component that Git takes for a repository",
        _ if is_device(&lower) => "has a component that names a Windows device",
        _ => return None,
    })
}

/// Characters that some systems drop from names, or that make a name read as another.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Device names count with any extension, and with spaces before it.
fn is_device(lower: &str) -> bool {
    let stem = lower.split('.').next().unwrap_or(lower).trim_end_matches(' ');
    let numbered = |prefix| {
        stem.strip_prefix(prefix)
            .is_some_and(|n: &str| n.chars().count() == 1 && n.chars().all(|c| c.is_ascii_digit() || "¹²³".contains(c)))
    };
    matches!(stem, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$") || numbered("com") || numbered("lpt")
}

impl fmt::Display for PackagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PackagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for PackagePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PackagePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        PackagePath::parse(&text).map_err(|error| serde::de::Error::custom(error.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_of_models_are_read_as_they_are() {
        for path in [
            "model.safetensors",
            "onnx/model_quantized.onnx",
            ".gitattributes",
            "1_Pooling/config.json",
            "a b/ü (1)…",
            "console/commit.txt",
            &format!("{}/x", "d".repeat(255)),
        ] {
            assert_eq!(PackagePath::parse(path).unwrap().as_str(), path);
        }
    }

    #[test]
    fn a_path_that_climbs_or_fails_on_some_system_is_refused_with_the_rule() {
        for (path, rule) in [
            ("", "empty"),
            ("/etc/passwd", "empty component"),
            ("a//b", "empty component"),
            ("a/", "empty component"),
            ("../x", "`..`"),
            ("a/./b", "`.`"),
            ("a\\b", "backslash"),
            ("c:x", "colon"),
            ("less<", "Windows"),
            ("a/quote\"", "Windows"),
            ("pipe|/b", "Windows"),
            ("q?", "Windows"),
            ("star*.txt", "Windows"),
            ("a\nb", "control"),
            ("a\u{202e}b", "direction"),
            (".g\u{200c}it/config", "invisible"),
            (".GIT/config", "Git"),
            ("a./b", "dot or a space"),
            ("nul", "device"),
            ("x/Com1.tar.gz", "device"),
            ("lpt¹", "device"),
            (&"x".repeat(256), "255"),
            (&"x/".repeat(600), "1024"),
        ] {
            let error = PackagePath::parse(path).unwrap_err();
            assert_eq!(error.code, Code::BadArgument, "{path:?}");
            assert!(error.message.contains(rule), "{path:?}: {}", error.message);
        }
    }

    #[test]
    fn paths_that_are_one_on_another_system_cannot_stand_together() {
        let set = |paths: &[&str]| {
            let paths: Vec<_> = paths.iter().map(|p| PackagePath::parse(p).unwrap()).collect();
            check_set(&paths)
        };
        set(&["a", "b/a", "b/c", "ba"]).unwrap();
        for pair in [["a", "a"], ["README", "readme"], ["a", "a/b"], ["A", "a/b"], ["a/b/c", "a/b"], ["x/a", "X/b"]] {
            let error = set(&pair).unwrap_err();
            assert_eq!(error.code, Code::BadArgument, "{pair:?}");
            assert_eq!(error.fields["paths"].as_array().unwrap().len(), 2);
        }
    }
}
