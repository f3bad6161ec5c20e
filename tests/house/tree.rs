//! What must not stand in the tree.

use super::{sources, top};

#[test]
fn no_source_holds_unfinished_work() {
    for folder in ["core", "cli/src", "server/src", "bindings-wasm", "bindings-python"] {
        for (path, text) in sources(&top().join(folder), "rs") {
            for word in ["todo!(", "unimplemented!(", "FIXME", "XXX"] {
                assert!(!text.contains(word), "{} holds {word}", path.display());
            }
        }
    }
}

#[test]
fn core_and_cli_forbid_unsafe_code() {
    let roots = sources(&top().join("core"), "rs").into_iter().filter(|(path, _)| path.ends_with("src/lib.rs"));
    let faces = ["cli/src/main.rs", "server/src/main.rs", "server/src/lib.rs"].map(|path| top().join(path));
    let read = |path: std::path::PathBuf| (path.clone(), std::fs::read_to_string(&path).expect("a root of a crate"));
    let all: Vec<_> = roots.chain(faces.map(read)).collect();
    assert!(all.len() > 9, "only {} roots of crates were found", all.len());
    for (path, text) in all {
        assert!(text.contains("#![forbid(unsafe_code)]"), "{}", path.display());
    }
}

#[test]
fn links_between_the_pages_lead_somewhere() {
    let top = top();
    let mut broken = Vec::new();
    for (path, text) in sources(&top, "md") {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()) {
            let file = target.split('#').next().unwrap_or_default();
            let external = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            let folder = path.parent().expect("a file has a folder");
            if !external && !folder.join(file).exists() {
                broken.push(format!("{} → {target}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_test_that_a_guarantee_or_a_row_of_the_threat_model_names_exists() {
    let top = top();
    let mut code = String::new();
    for (folder, extension) in [("core", "rs"), ("server", "rs"), ("tests", "rs"), ("bindings-python/tests", "py")] {
        for (_, text) in sources(&top.join(folder), extension) {
            code.push_str(&text);
        }
    }
    for (file, least) in [("docs/guarantees.md", 20), ("docs/security.md", 10)] {
        let page = std::fs::read_to_string(top.join(file)).expect(file);
        let mut named = 0;
        for name in page.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() > 4) {
            named += 1;
            let there = ["fn", "def"].iter().any(|word| code.contains(&format!("{word} {name}(")));
            assert!(there, "{file} names {name}, and there is no such test");
        }
        assert!(named > least, "{file} names only {named} tests");
    }
}
