//! Imports look down only. The list is DESIGN's table; a module that is in none of the floors fails the test.

use super::{sources, top};

/// Modules of `core/src`, by floor.
const FLOORS: &[(&str, u8)] = &[
    ("words", 0),
    ("records", 1),
    ("judgement", 2),
    ("ports", 3),
    ("blob", 4),
    ("git", 4),
    ("key", 4),
    ("pack", 4),
    ("sqlite", 4),
    ("testing", 4),
    ("tree", 4),
    ("registry", 5),
];

fn floor_of(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// The modules that a text names as `crate::<module>`, outside of its tests.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("#[cfg(test)]") {
            break;
        }
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            found.push((number + 1, name));
        }
    }
    found
}

#[test]
fn no_module_of_the_core_imports_from_a_floor_above() {
    let core = top().join("core/src");
    let mut upward = Vec::new();
    let mut seen = 0;
    for (path, text) in sources(&core, "rs") {
        let inside = path.strip_prefix(&core).expect("it was found there").to_string_lossy().into_owned();
        let module = inside.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        if module == "lib" || inside.contains("tests") {
            continue;
        }
        let own = floor_of(&module).unwrap_or_else(|| panic!("{inside}: module {module} is on no floor"));
        for (line, name) in imports(&text) {
            seen += 1;
            // Conformance suites and stand-ins serve tests on every floor, behind `cfg(test)` or their own feature.
            if let Some(other) = floor_of(&name)
                && other > own
            {
                upward.push(format!("{inside}:{line} imports {name} (floor {other}) from floor {own}"));
            }
        }
    }
    assert!(seen > 200, "the test found only {seen} imports");
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

#[test]
fn only_the_git_adapter_knows_gix() {
    for (path, text) in sources(&top().join("core/src"), "rs") {
        let inside = path.to_string_lossy().replace('\\', "/");
        let named = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("gix::"));
        assert!(!named || inside.contains("/src/git/"), "{inside} names gix");
    }
}

#[test]
fn features_stand_on_mod_lines_of_lib_rs_and_nowhere_else() {
    for (path, text) in sources(&top().join("core/src"), "rs") {
        if path.ends_with("src/lib.rs") || path.to_string_lossy().contains("/testing/") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let cfg = line.contains("cfg(") && line.contains("feature") && !line.contains("testing");
            assert!(!cfg, "{}:{} has a cfg on a feature", path.display(), number + 1);
        }
    }
}
