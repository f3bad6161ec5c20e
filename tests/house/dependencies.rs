//! What may be in whose dependency tree.

use std::process::Command;

use super::floors::PURE;
use super::top;

fn tree(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--prefix", "none", "--edges", "normal"])
        .args(arguments)
        .current_dir(top())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn names(tree: &str) -> Vec<&str> {
    tree.lines().filter_map(|line| line.split_whitespace().next()).collect()
}

#[test]
fn the_pure_floors_have_no_git_no_arguments_no_python_and_no_runtime() {
    let packages: Vec<String> = PURE.iter().flat_map(|name| ["-p".to_owned(), format!("refmark-{name}")]).collect();
    let tree = tree(&packages.iter().map(String::as_str).collect::<Vec<_>>());
    let names = names(&tree);
    assert!(names.contains(&"serde_json"), "{tree}");
    for banned in ["gix", "clap", "pyo3", "tokio", "async-std", "rusqlite", "rustix", "libc", "getrandom", "ignore"] {
        assert!(!names.contains(&banned), "the pure build has {banned}:\n{tree}");
    }
}

#[test]
fn core_never_has_a_face() {
    let tree = tree(&["-p", "refmark-core", "--all-features"]);
    let names = names(&tree);
    for banned in ["clap", "pyo3", "wasm-bindgen", "indicatif", "axum", "openssl-sys", "aws-lc-rs"] {
        assert!(!names.contains(&banned), "core has {banned}");
    }
}

#[test]
fn core_without_object_stores_has_no_runtime() {
    let tree = tree(&["-p", "refmark-core", "--features", "testing"]);
    let names = names(&tree);
    assert!(names.contains(&"gix"), "{tree}");
    for banned in ["object_store", "tokio", "reqwest", "hyper"] {
        assert!(!names.contains(&banned), "core has {banned} without being asked");
    }
}

#[test]
fn every_direct_dependency_is_accounted_for_in_the_docs() {
    let page = std::fs::read_to_string(top().join("docs/dependencies.md")).expect("docs/dependencies.md");
    let manifest = std::fs::read_to_string(top().join("Cargo.toml")).expect("Cargo.toml");
    let section = manifest.split("[workspace.dependencies]").nth(1).expect("the section");
    for line in section.lines().take_while(|line| !line.starts_with('[')) {
        let Some((name, _)) = line.split_once(" = ") else { continue };
        let name = name.trim();
        if !name.starts_with("refmark-") {
            assert!(page.contains(&format!("`{name}`")), "docs/dependencies.md does not say why there is {name}");
        }
    }
}
