//! No two files of a face import each other, directly or through others; a module and its children may.

use std::collections::{BTreeMap, BTreeSet};

use crate::{sources, top};

/// The modules that a file names with `crate::`, as paths below `src`, longest known prefix first.
fn imported(text: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for after in text.split("crate::").skip(1) {
        // `crate::{a, b}` names several; `crate::a::b::{…}` one.
        let names: Vec<String> = match after.strip_prefix('{') {
            Some(list) => {
                list.split('}').next().unwrap_or_default().split(',').map(|name| name.trim().to_owned()).collect()
            }
            None => vec![after.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect()],
        };
        for name in names {
            let mut parts: Vec<&str> = name.split("::").filter(|part| !part.is_empty()).collect();
            while !parts.is_empty() && !known.contains(&parts.join("/")) {
                parts.pop();
            }
            if !parts.is_empty() {
                found.insert(parts.join("/"));
            }
        }
    }
    found
}

fn is_parent_or_child(one: &str, other: &str) -> bool {
    one.starts_with(&format!("{other}/")) || other.starts_with(&format!("{one}/"))
}

/// A way from one module back to itself, if there is one.
fn cycle(graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn walk(
        at: &str,
        graph: &BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = way.iter().position(|seen| seen == at) {
            return Some(way[start..].to_vec());
        }
        if done.contains(at) {
            return None;
        }
        way.push(at.to_owned());
        let found = graph.get(at).into_iter().flatten().find_map(|next| walk(next, graph, way, done));
        way.pop();
        done.insert(at.to_owned());
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|start| walk(start, graph, &mut Vec::new(), &mut done))
}

#[test]
fn no_files_of_a_face_import_each_other_in_a_circle() {
    for face in ["cli", "server", "bindings-python", "bindings-wasm"] {
        let folder = top().join(face).join("src");
        let files: BTreeMap<String, String> = sources(&folder, "rs")
            .into_iter()
            .map(|(path, text)| {
                let name = path.strip_prefix(&folder).expect("a file of the folder").with_extension("");
                let name = name.to_string_lossy().replace('\\', "/");
                (name.strip_suffix("/mod").unwrap_or(&name).to_owned(), text)
            })
            .collect();
        let known: BTreeSet<String> = files.keys().cloned().collect();
        let edges = |(name, text): (&String, &String)| {
            let used = imported(text, &known).into_iter();
            (name.clone(), used.filter(|other| other != name && !is_parent_or_child(other, name)).collect())
        };
        let graph: BTreeMap<String, BTreeSet<String>> = files.iter().map(edges).collect();
        assert_eq!(cycle(&graph), None, "{face}");
    }
}
