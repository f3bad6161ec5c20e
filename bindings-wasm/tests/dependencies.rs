//! What may not be in the browser's module: Git, files, a database, a command line, another language's bindings.
#![allow(missing_docs, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::process::Command;

/// Packages that `package` is built of for a target, without those that only build it.
fn tree(package: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let args = ["tree", "-p", package, "--edges", "normal", "--prefix", "none", "--format", "{p}", "--locked"];
    let output = Command::new(cargo)
        .args(args)
        .args(["--target", "wasm32-unknown-unknown"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn is_banned(name: &str) -> bool {
    const BANNED: [&str; 14] = [
        "gix",
        "clap",
        "pyo3",
        "rusqlite",
        "libsqlite3-sys",
        "rustix",
        "libc",
        "tokio",
        "async-std",
        "getrandom",
        "memmap2",
        "tempfile",
        "ssh-key",
        "ignore",
    ];
    BANNED.contains(&name) || ["gix-", "clap_", "pyo3-"].iter().any(|family| name.starts_with(family))
}

#[test]
fn git_files_databases_and_command_lines_are_not_in_the_module() {
    let tree = tree("refmark-wasm");
    assert!(tree.contains("refmark-engine") && tree.contains("miniz_oxide"), "{tree:?}");
    let banned: Vec<_> = tree.iter().filter(|name| is_banned(name)).collect();
    assert!(
        banned.is_empty(),
        "{banned:?}: `cargo tree -p refmark-wasm --target wasm32-unknown-unknown -i NAME` says why"
    );
}

#[test]
fn the_list_of_what_is_banned_finds_what_the_command_line_is_built_of() {
    let tree = tree("refmark");
    for name in ["gix", "clap", "rusqlite"] {
        assert!(is_banned(name) && tree.contains(name), "{name}");
    }
}
