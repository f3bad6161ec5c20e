//! The floors: which crate may use which. The compiler holds the rest, because what is not a dependency cannot be named.

use super::{sources, top};

/// Each crate of `core/` with its floor and what it may depend on, DESIGN's table.
const CRATES: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("records", &["types"]),
    ("engine", &["types", "records"]),
    ("scan", &["types", "records"]),
    ("query", &["types", "records", "engine"]),
    ("render", &["types", "records", "engine", "query"]),
    ("pack", &["types", "engine"]),
    ("store", &["types", "records", "engine", "query", "pack"]),
    ("registry", &["types", "records", "engine", "scan", "query", "render", "pack", "store"]),
];

/// The crates that touch no file, no network, no clock and no environment, and build for wasm32.
pub const PURE: &[&str] = &["types", "records", "engine", "scan", "query", "render", "pack"];

/// The crates of this workspace that a manifest names as dependencies, those of tests left out.
fn dependencies(manifest: &str) -> Vec<String> {
    let section = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    section
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.strip_prefix("refmark-"))
        .map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect())
        .collect()
}

#[test]
fn each_crate_of_the_core_depends_on_the_floors_that_the_table_allows() {
    let mut folders: Vec<String> = std::fs::read_dir(top().join("core"))
        .expect("core/")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| top().join("core").join(name).join("Cargo.toml").exists())
        .collect();
    folders.sort();
    let mut listed: Vec<&str> = CRATES.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(folders, listed, "a crate of core/ is on no floor");
    for (name, allowed) in CRATES {
        let path = top().join("core").join(name).join("Cargo.toml");
        let manifest = std::fs::read_to_string(&path).expect("the manifest");
        for dependency in dependencies(&manifest) {
            assert!(allowed.contains(&dependency.as_str()), "core/{name} depends on {dependency}");
        }
    }
}

#[test]
fn only_the_git_adapter_knows_gix() {
    let mut seen = 0;
    for (path, text) in sources(&top().join("core"), "rs") {
        let inside = path.to_string_lossy().replace('\\', "/");
        let named = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("gix::"));
        seen += usize::from(named);
        assert!(!named || inside.contains("core/store/src/git/"), "{inside} names gix");
    }
    assert!(seen > 3, "the test found gix in only {seen} files");
}

#[test]
fn only_the_adapter_for_object_stores_knows_them_and_has_a_runtime() {
    let mut seen = 0;
    for (path, text) in sources(&top().join("core"), "rs") {
        let inside = path.to_string_lossy().replace('\\', "/");
        for name in ["object_store::", "tokio::", "futures_util::"] {
            let named = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(name));
            seen += usize::from(named);
            assert!(!named || inside.contains("core/store/src/remote/object/"), "{inside} names {name}");
        }
    }
    assert!(seen > 3, "the test found them in only {seen} files");
}

#[test]
fn a_feature_is_asked_for_on_mod_lines_of_lib_rs_and_nowhere_else() {
    let mut seen = 0;
    for (path, text) in sources(&top().join("core"), "rs") {
        for (number, line) in text.lines().enumerate() {
            let cfg = line.contains("cfg(") && line.contains("feature");
            seen += usize::from(cfg);
            let allowed = path.ends_with("src/lib.rs");
            assert!(!cfg || allowed, "{}:{} has a cfg on a feature", path.display(), number + 1);
        }
    }
    assert!(seen > 0, "no feature was found at all");
}
