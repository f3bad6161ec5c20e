//! Imports between the files of a crate form no cycle, but for a module and those below it.
//!
//! A file's imports are its `use` declarations and the paths in it that begin with `crate::` or `super::`. A name that a
//! module re-exports counts as an import of the file that has it. Tests may look anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::top;

/// The module that a file is, such as `["gate", "report"]`; the crate's root is empty.
type Module = Vec<String>;

/// The source without comments, texts and the inline test module.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut code = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        // Odd pieces are inside of quotes; what follows a comment on the same line is none of ours.
        let outside: String = line.split('"').step_by(2).collect();
        code.push_str(outside.split(" // ").next().unwrap_or_default());
        code.push('\n');
    }
    code
}

/// Every module of a crate with its code; those that are built for tests only are left out.
fn modules(file: &Path, module: Module, found: &mut BTreeMap<Module, String>) {
    let Ok(text) = std::fs::read_to_string(file) else { return };
    let code = code(&text);
    let is_folder = file.ends_with("lib.rs") || file.ends_with("mod.rs");
    let folder = if is_folder { file.parent().expect("a folder").to_owned() } else { file.with_extension("") };
    let mut for_tests = false;
    for line in code.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [.., "mod", name] = words.as_slice()
            && let Some(name) = name.strip_suffix(';')
            && !for_tests
        {
            let child = [module.as_slice(), &[name.to_owned()]].concat();
            for path in [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")] {
                modules(&path, child.clone(), found);
            }
        }
        for_tests = line.starts_with("#[cfg") && line.contains("test");
    }
    found.insert(module, code);
}

/// A `use` tree as single paths: `a::{b, c::d}` is `a::b` and `a::c::d`. A name in the crate after `as` is left out.
fn paths(prefix: &[String], tree: &str, all: &mut Vec<Module>) {
    let mut depth = 0;
    let parts = tree.split(|c: char| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    });
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        let (path, inner) = match part.split_once('{') {
            Some((path, inner)) => (path, inner.rsplit_once('}').map(|(inner, _)| inner)),
            None => (part.split(" as ").next().unwrap_or_default(), None),
        };
        let names = path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        let path: Module = prefix.iter().cloned().chain(names).collect();
        match inner {
            Some(inner) => paths(&path, inner, all),
            None => all.push(path),
        }
    }
}

/// The paths that a file names, each with whether it is a re-export.
fn imports(code: &str) -> Vec<(Module, bool)> {
    let mut all = Vec::new();
    let mut rest = String::new();
    for (at, item) in code.split(';').enumerate() {
        let uses = item.find("use ").filter(|start| {
            let before = item[..*start].trim_end().chars().last();
            before.is_none_or(|last| ")}]{".contains(last)) || item[..*start].trim_end().ends_with("pub")
        });
        match uses {
            Some(start) => {
                let mut single = Vec::new();
                paths(&[], &item[start + 4..], &mut single);
                let public = item[..start].lines().last().is_some_and(|line| line.trim_start().starts_with("pub"));
                all.extend(single.into_iter().map(|path| (path, public)));
                rest.push_str(&item[..start]);
            }
            None => rest.push_str(item),
        }
        rest.push(if at == 0 { ' ' } else { ';' });
    }
    for word in rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        if word.starts_with("crate::") || word.starts_with("super::") {
            all.push((word.split("::").map(str::to_owned).collect(), false));
        }
    }
    all
}

/// A path from the crate's root; none for one of another crate.
fn absolute(module: &Module, path: &Module, all: &BTreeMap<Module, String>) -> Option<Module> {
    let first = path.first()?;
    let child = [module.as_slice(), std::slice::from_ref(first)].concat();
    match first.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module.as_slice(), &path[1..]].concat()),
        "super" => {
            let ups = path.iter().take_while(|name| *name == "super").count();
            let base = module.len().checked_sub(ups)?;
            Some([&module[..base], &path[ups..]].concat())
        }
        _ => all.contains_key(&child).then(|| [module.as_slice(), path.as_slice()].concat()),
    }
}

/// The files that each file of a crate imports, those above and below it left out.
fn edges(source: &Path) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut all = BTreeMap::new();
    modules(&source.join("lib.rs"), Vec::new(), &mut all);
    let mut exports: BTreeMap<(Module, String), Module> = BTreeMap::new();
    let mut named = Vec::new();
    for (module, code) in &all {
        for (path, public) in imports(code) {
            let Some(target) = absolute(module, &path, &all) else { continue };
            if let (true, Some(name)) = (public, target.last()) {
                exports.insert((module.clone(), name.clone()), target.clone());
            }
            named.push((module.clone(), target));
        }
    }
    let mut edges: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for (module, mut target) in named {
        // Through re-exports, to the file that has the name.
        for _ in 0..5 {
            let depth = (0..=target.len()).rev().find(|depth| all.contains_key(&target[..*depth])).unwrap_or(0);
            let export = target.get(depth).and_then(|name| exports.get(&(target[..depth].to_vec(), name.clone())));
            match export {
                Some(export) => target = [export.as_slice(), &target[depth + 1..]].concat(),
                None => {
                    target.truncate(depth);
                    break;
                }
            }
        }
        if !module.starts_with(&target) && !target.starts_with(&module) {
            edges.entry(module).or_default().insert(target);
        }
    }
    edges
}

/// Everything that can be reached from a file over imports.
fn reached(edges: &BTreeMap<Module, BTreeSet<Module>>, from: &Module) -> BTreeSet<Module> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        open.extend(edges.get(module).into_iter().flatten().filter(|next| seen.insert((*next).clone())));
    }
    seen
}

/// The files of a crate that lie on a cycle of imports, each with those of them that it imports.
fn cycles(krate: &str) -> Vec<String> {
    let edges = edges(&top().join("core").join(krate).join("src"));
    let on_one = |module: &&Module| reached(&edges, module).contains(*module);
    let members: BTreeSet<Module> = edges.keys().filter(on_one).cloned().collect();
    let line = |module: &Module| {
        let to: Vec<String> =
            edges[module].iter().filter(|to| reached(&edges, to).contains(module)).map(|to| to.join("/")).collect();
        format!("{krate}: {} imports {}", module.join("/"), to.join(", "))
    };
    members.iter().map(line).collect()
}

#[test]
fn no_files_of_a_crate_import_each_other_but_a_module_and_those_below_it() {
    let mut crates = 0;
    for entry in std::fs::read_dir(top().join("core")).expect("core/").flatten() {
        let name = entry.file_name().into_string().expect("a name");
        if !entry.path().join("src/lib.rs").exists() {
            continue;
        }
        crates += 1;
        let cycles = cycles(&name);
        assert!(cycles.is_empty(), "imports form a cycle:\n{}", cycles.join("\n"));
    }
    assert!(crates > 8, "only {crates} crates were found");
}

#[test]
fn a_cycle_is_found_through_re_exports_and_one_of_parent_and_child_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("lib.rs", "pub mod a;\npub mod b;\n#[cfg(test)]\nmod tests;\n");
    write("a/mod.rs", "mod inner;\npub use inner::Inner;\n");
    write("a/inner.rs", "use super::Other;\nuse crate::b::B;\npub struct Inner;\n");
    write("b.rs", "use crate::a::{self, Inner};\npub struct B;\n");
    write("tests.rs", "use crate::b::B;\n");
    let edges = edges(folder.path());
    let path = |text: &str| -> Module { text.split('/').map(str::to_owned).collect() };
    assert!(reached(&edges, &path("b")).contains(&path("b")), "{edges:?}");
    assert!(edges[&path("a/inner")].iter().all(|to| *to == path("b")), "{edges:?}");
}
