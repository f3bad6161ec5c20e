//! The files of a package: those of a folder, or one file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ignore::WalkBuilder;
use ignore::overrides::OverrideBuilder;

use super::collisions::check_spelling;
use crate::fs::disk::{io_error, shown};
use crate::fs::parallel::locked;
use crate::fs::read::{not_a_file, read_bounded};
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::package_path::PackagePath;

/// A file of patterns like `.gitignore`, in any folder of a package. `.gitignore` itself is not heeded: people leave
/// their weights out of Git with it.
pub const IGNORE_FILE: &str = ".refmarkignore";

/// The largest ignore file, in bytes.
const IGNORE_LIMIT: u64 = 1 << 20;

/// So deep a package is looked into. Its paths are shorter than that.
const MOST_FOLDERS: usize = 1024;

/// What is never part of a model, by name.
const LEFT_OUT: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    "__pycache__",
    ".ipynb_checkpoints",
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "__MACOSX",
    IGNORE_FILE,
];

/// Names under which programs keep passwords, tokens and keys. Blobs are shared, and stay.
const SECRET: &[&str] = &[
    ".env",
    ".netrc",
    ".git-credentials",
    ".pypirc",
    ".npmrc",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "kaggle.json",
    ".pgpass",
    ".dockercfg",
    ".htpasswd",
    "application_default_credentials.json",
    "terraform.tfstate",
];
/// Endings of files that hold keys.
const SECRET_ENDINGS: &[&str] = &[".pem", ".p12", ".pfx", ".ppk", ".jks", ".kdbx"];
/// Files that hold passwords or tokens where they lie in the folder of the tool that keeps them.
const SECRET_PLACES: &[(&str, &str)] = &[
    (".aws", "credentials"),
    (".docker", "config.json"),
    (".kube", "config"),
    (".huggingface", "token"),
    ("huggingface", "token"),
    ("huggingface", "stored_tokens"),
    (".streamlit", "secrets.toml"),
];
/// Folders of which every file is one.
const SECRET_FOLDERS: &[&str] = &[".ssh", ".gnupg"];

/// At most so many folders without files are named.
const NAMED: usize = 3;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path in the package.
    pub path: PackagePath,
    /// Where it is: a regular file; behind a link, the link's target.
    pub file: PathBuf,
    /// Its size in bytes, now.
    pub size: u64,
}

/// The files of a package, and what people should know of those that were left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// The files, by the bytes of their paths.
    pub files: Vec<Found>,
    /// A sentence each.
    pub warnings: Vec<String>,
}

/// Lists the files of a package, by the bytes of their paths: all below a folder, or the one that `root` names.
///
/// `ignores` are patterns as in `.gitignore` for what to leave out besides. A symbolic link to a file of the same folder
/// counts as that file; one to a file elsewhere only with `follow_links`. Files under names that programs give to keys are taken
/// only with `secrets`.
///
/// Errors: `not-a-file` for links that lead out or nowhere or to folders, devices, FIFOs and sockets; `bad-argument`
/// for names that cannot stand in a package and for a package without files; `bad-glob`; `io`.
pub fn walk_package(root: &Path, ignores: &[String], follow_links: bool, secrets: bool) -> Result<Walked> {
    let real = std::fs::canonicalize(root).map_err(|e| io_error("read", root, &e))?;
    let found = std::fs::metadata(&real).map_err(|e| io_error("read", root, &e))?;
    let mut files = Vec::new();
    if found.is_file() {
        let name = root.file_name().or(real.file_name()).unwrap_or_default();
        files.push(Found { path: package_path(Path::new(name), root)?, file: real, size: found.len() });
        return Ok(Walked { files, warnings: Vec::new() });
    }
    if !found.is_dir() {
        return Err(not_a_file(root, &found));
    }
    let mut folders = BTreeSet::new();
    check_ignore_file(&real)?;
    let trouble = Arc::new(Mutex::new(None));
    for entry in walker(&real, ignores, trouble.clone())?.build() {
        let entry = entry.map_err(|e| walk_error(root, &e))?;
        let Some(kind) = entry.file_type().filter(|kind| !kind.is_dir()) else {
            folders.insert(entry.path().to_owned());
            continue;
        };
        entry.path().ancestors().skip(1).for_each(|folder| {
            folders.remove(folder);
        });
        if !secrets {
            refuse_secret(entry.path())?;
        }
        let relative = entry.path().strip_prefix(&real).unwrap_or(entry.path());
        let mut file = entry.path().to_owned();
        if kind.is_symlink() {
            file = target(&file, &real, follow_links)?;
        }
        let found = std::fs::symlink_metadata(&file).map_err(|e| io_error("read", &file, &e))?;
        if !found.is_file() {
            return Err(not_a_file(entry.path(), &found));
        }
        files.push(Found { path: package_path(relative, entry.path())?, file, size: found.len() });
    }
    if let Some(error) = locked(&trouble).take() {
        return Err(error);
    }
    if files.is_empty() {
        return Err(Error::new(Code::BadArgument, format!("{} holds no files for a package", shown(root)))
            .hint(format!("look at {IGNORE_FILE} and at the patterns that leave files out"))
            .at(shown(root)));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    check_spelling(files.iter().map(|found| &found.path))?;
    folders.remove(&real);
    Ok(Walked { files, warnings: empty_folders(&real, &folders).into_iter().collect() })
}

/// Says that folders without files are not kept.
fn empty_folders(root: &Path, folders: &BTreeSet<PathBuf>) -> Option<String> {
    let names: Vec<String> =
        folders.iter().take(NAMED).map(|it| it.strip_prefix(root).unwrap_or(it).display().to_string()).collect();
    let more = folders.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("folders without files are not kept: {}{more}", names.join(", ")))
}

fn refuse_secret(path: &Path) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let is_secret = SECRET.contains(&&*name)
        || name.starts_with(".env.")
        || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending))
        || SECRET_PLACES.contains(&(&*folder, &*name))
        || SECRET_FOLDERS.contains(&&*folder);
    if is_secret {
        return Err(Error::new(Code::Secret, format!("{} usually holds passwords or keys", shown(path)))
            .hint(
                Hint::of(format!("leave it out with a line in {IGNORE_FILE}; if it holds none: "))
                    .then(Next::With(Choice::AllowSecret)),
            )
            .at(shown(path)));
    }
    Ok(())
}

/// An error where a folder's ignore file is no plain file, or larger than anybody writes one.
fn check_ignore_file(folder: &Path) -> Result<()> {
    read_bounded(&folder.join(IGNORE_FILE), IGNORE_LIMIT).map(drop)
}

fn walker(root: &Path, ignores: &[String], found: Arc<Mutex<Option<Box<Error>>>>) -> Result<WalkBuilder> {
    let mut overrides = OverrideBuilder::new(root);
    for pattern in ignores {
        let bad = |e| {
            Error::new(Code::BadGlob, format!("`{}` is not a pattern: {e}", pattern.escape_debug()))
                .hint("write it as in .gitignore, such as `*.log` or `/runs/`")
        };
        // An override names what is taken; with a mark before it, what is left out.
        let flipped = pattern.strip_prefix('!').map_or_else(|| format!("!{pattern}"), str::to_owned);
        overrides.add(&flipped).map_err(bad)?;
    }
    let overrides = overrides.build().map_err(|e| Error::new(Code::BadGlob, format!("the patterns clash: {e}")))?;
    let mut walker = WalkBuilder::new(root);
    walker.standard_filters(false).follow_links(false).parents(false).overrides(overrides);
    walker.add_custom_ignore_filename(IGNORE_FILE);
    // A file deeper than any path of a package could be is refused by its path; what is below that is not listed.
    walker.max_depth(Some(MOST_FOLDERS));
    walker.filter_entry(move |entry| {
        let name = entry.file_name().to_string_lossy();
        let cache = name == "huggingface" && entry.path().parent().is_some_and(|p| p.ends_with(".cache"));
        if entry.depth() == 0 {
            return true;
        }
        if LEFT_OUT.contains(&&*name) || name.ends_with(".tmp") || name.starts_with("._") || cache {
            return false;
        }
        // The walker reads the ignore file of each folder that it goes into, whole: it does not go where one never ends.
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        match is_folder.then(|| check_ignore_file(entry.path())) {
            Some(Err(error)) => {
                locked(&found).get_or_insert(error);
                false
            }
            _ => true,
        }
    });
    Ok(walker)
}

/// The regular file behind a link, where it may be taken.
fn target(link: &Path, root: &Path, follow_links: bool) -> Result<PathBuf> {
    let leads = |how: &str| {
        Error::new(Code::NotAFile, format!("{} is a symbolic link {how}", shown(link)))
            .field("kind", "a symbolic link")
            .at(shown(link))
    };
    let Ok(real) = std::fs::canonicalize(link) else {
        return Err(leads("to nothing").hint("remove the link, or leave it out with a line in .refmarkignore"));
    };
    if real.is_dir() {
        return Err(leads("to a folder").hint("copy the folder into the package; links to folders are not followed"));
    }
    if !follow_links && !real.starts_with(root) {
        let hint = Hint::of("to take the files that links lead to, as in a hub's cache: ")
            .then(Next::With(Choice::FollowLinks));
        return Err(leads(&format!("that leads out of the package, to {}", shown(&real))).hint(hint));
    }
    Ok(real)
}

fn package_path(relative: &Path, whole: &Path) -> Result<PackagePath> {
    let Some(text) = relative.to_str() else {
        return Err(Error::new(Code::BadArgument, format!("the name of {} is not UTF-8", shown(whole)))
            .hint("rename the file, or leave it out with a line in .refmarkignore")
            .at(shown(whole)));
    };
    PackagePath::parse(text).map_err(|error| error.at(shown(whole)))
}

fn walk_error(root: &Path, error: &ignore::Error) -> Box<Error> {
    match error.io_error() {
        Some(io) => io_error("list", root, io),
        None => Error::new(Code::BadGlob, format!("{}: {error}", shown(root))).at(shown(root)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        dir
    }

    fn walk(root: &Path, ignores: &[&str]) -> Result<Vec<String>> {
        let ignores: Vec<String> = ignores.iter().map(|p| (*p).to_owned()).collect();
        Ok(walk_package(root, &ignores, false, false)?.files.into_iter().map(|found| found.path.to_string()).collect())
    }

    #[test]
    fn weights_that_git_ignores_are_taken_and_clutter_is_not() {
        let files = [
            "z.bin",
            "a/b.txt",
            "a.txt",
            ".hidden",
            ".git/config",
            "__pycache__/x.pyc",
            "sub/.ipynb_checkpoints/n",
            "x.tmp",
            "._z.bin",
            "__MACOSX/x",
            ".DS_Store",
            ".cache/huggingface/m",
            "runs/1/log",
            "skip/me",
        ];
        let dir = tree(&files);
        std::fs::write(dir.path().join(".gitignore"), "*.bin\n").unwrap();
        std::fs::write(dir.path().join(IGNORE_FILE), "/runs\n").unwrap();
        assert_eq!(walk(dir.path(), &["skip/"]).unwrap(), [".gitignore", ".hidden", "a.txt", "a/b.txt", "z.bin"]);
        assert_eq!(walk(&dir.path().join("x.tmp"), &[]).unwrap(), ["x.tmp"], "a file that is named is taken");
        assert_eq!(walk(dir.path(), &["*"]).unwrap_err().code, Code::BadArgument);
        assert_eq!(walk(dir.path(), &["{"]).unwrap_err().code, Code::BadGlob);
    }

    #[test]
    fn folders_without_files_are_told_and_files_with_passwords_are_refused_unless_named() {
        let dir = tree(&["a", "b/c"]);
        std::fs::create_dir_all(dir.path().join("empty/inner")).unwrap();
        let walked = walk_package(dir.path(), &[], false, false).unwrap();
        assert_eq!(walked.warnings, ["folders without files are not kept: empty, empty/inner"]);
        for name in [".env", ".ENV", ".env.local", "id_rsa", ".netrc", "server.pem", "Server.PEM", "store.p12"] {
            let dir = tree(&["a", &format!("sub/{name}")]);
            assert_eq!(walk(dir.path(), &[]).unwrap_err().code, Code::Secret, "{name}");
            assert_eq!(walk(dir.path(), &[name]).unwrap(), ["a"]);
            assert_eq!(walk(&dir.path().join("sub").join(name), &[]).unwrap(), [name]);
        }
        for place in [".aws/credentials", "home/.docker/config.json", ".ssh/config", ".kube/config", "a/.gnupg/x"] {
            let dir = tree(&["a.txt", place]);
            assert_eq!(walk(dir.path(), &[]).unwrap_err().code, Code::Secret, "{place}");
        }
        let harmless = tree(&["config.json", "credentials/config.json", "token", "tokenizer/token", "a.pem.txt"]);
        assert_eq!(walk(harmless.path(), &[]).unwrap().len(), 5);
    }

    #[test]
    fn a_link_that_leads_out_is_refused_with_the_option_that_takes_it() {
        let cache = tree(&["blobs/1", "snapshot/config.json"]);
        let snapshot = cache.path().join("snapshot");
        symlink("config.json", snapshot.join("same")).unwrap();
        assert_eq!(walk(&snapshot, &[]).unwrap(), ["config.json", "same"]);
        symlink("../blobs/1", snapshot.join("model.bin")).unwrap();
        let error = walk(&snapshot, &[]).unwrap_err();
        assert_eq!(error.code, Code::NotAFile);
        assert!(error.hint.unwrap().to_string().contains("FollowLinks"));
        let all = walk_package(&snapshot, &[], true, false).unwrap().files;
        assert_eq!((all[1].path.as_str(), all[1].size), ("model.bin", 7));
        assert_eq!(all[1].file, std::fs::canonicalize(cache.path().join("blobs/1")).unwrap());
    }

    #[test]
    fn links_to_nothing_or_to_folders_devices_and_fifos_are_refused() {
        for make in [
            |dir: &Path| symlink("nowhere", dir.join("x")).unwrap(),
            |dir: &Path| symlink("sub", dir.join("x")).unwrap(),
            |dir: &Path| symlink("/dev/null", dir.join("x")).unwrap(),
            |dir: &Path| rustix::fs::mkfifoat(rustix::fs::CWD, dir.join("x"), rustix::fs::Mode::RUSR).unwrap(),
        ] {
            let dir = tree(&["a", "sub/b"]);
            make(dir.path());
            assert_eq!(walk_package(dir.path(), &[], true, false).unwrap_err().code, Code::NotAFile);
        }
    }

    #[test]
    fn an_ignore_file_that_blocks_or_never_ends_is_refused_in_any_folder() {
        for folder in ["", "sub"] {
            let dir = tree(&["a", "sub/b"]);
            let path = dir.path().join(folder).join(IGNORE_FILE);
            rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
            assert_eq!(walk(dir.path(), &[]).unwrap_err().code, Code::NotAFile, "{folder}");
            std::fs::remove_file(&path).unwrap();
            symlink("/dev/zero", &path).unwrap();
            assert_eq!(walk(dir.path(), &[]).unwrap_err().code, Code::NotAFile, "{folder}");
            std::fs::remove_file(&path).unwrap();
            std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
            assert_eq!(walk(dir.path(), &[]).unwrap_err().code, Code::TooLarge, "{folder}");
        }
    }

    #[test]
    fn names_that_fail_on_some_system_are_refused_with_the_file() {
        let dir = tree(&["a"]);
        std::fs::write(dir.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
        assert_eq!(walk(dir.path(), &[]).unwrap_err().code, Code::BadArgument);
        for pair in [["README", "readme"], ["nul.txt", "b"]] {
            assert_eq!(walk(tree(&pair).path(), &[]).unwrap_err().code, Code::BadArgument);
        }
    }
}
