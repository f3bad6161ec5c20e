//! UTF-8 text: JSON, Python and other scripts told from prose.
//!
//! Signs of Python are counted at the left margin, outside Markdown's fences, so that a model card with an example stays
//! data. A name may add suspicion (`.py`, `.sh`); it never takes any away.

use super::config::json::{self, Json, Read};
use super::config::yaml;
use super::format::{FileClass, Format};
use super::recipes;
use super::report::{Inspection, Reference};
use super::source::{Source, read_up_to};
use refmark_types::error::{Code, Error, Result};

/// Text is read whole, so it is bounded.
const TEXT_LIMIT: u64 = 64 << 20;

/// Names that Python or a shell runs, or a compiler compiles.
const SCRIPTS: &[&str] = &[
    "bash", "bat", "c", "cc", "cjs", "cmd", "cpp", "cu", "fish", "go", "java", "jl", "js", "lua", "mjs", "php", "pl",
    "ps1", "psm1", "r", "rb", "rs", "sh", "ts", "vbs", "zsh",
];
const PYTHON: &[&str] = &["ipy", "pth", "py", "pyi", "pyw", "pyx"];

/// Whether bytes that start so may be text: no control characters but those of text, and UTF-8 but for a cut end.
pub(super) fn claims(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    valid && plain(head)
}

fn plain(bytes: &[u8]) -> bool {
    !bytes.iter().any(|byte| matches!(byte, 0x00..=0x08 | 0x0e..=0x1a | 0x1c..=0x1f))
}

/// Reads the whole text; nothing where it is none.
pub(super) fn inspect(name: &str, source: &dyn Source) -> Result<Option<Inspection>> {
    if source.len() > TEXT_LIMIT {
        let mut found = Inspection::new(Format::Text, FileClass::NotScanned);
        found.problem(
            Error::new(Code::TooLarge, format!("a text of {} bytes; the limit is {TEXT_LIMIT}", source.len()))
                .hint("split it, or have somebody sign it off"),
        );
        return Ok(Some(found));
    }
    let bytes = read_up_to(source, 0, usize::try_from(source.len()).unwrap_or_default())?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if plain(&bytes) => Ok(Some(judge(name, text))),
        _ => Ok(None),
    }
}

/// Judges a text by its content, and by its name where that makes it worse.
pub(super) fn judge(name: &str, text: &str) -> Inspection {
    match json::read(text.as_bytes()) {
        Read::Json(json) => return of_json(*json),
        Read::TooDeep => {
            let mut found = Inspection::new(Format::Json, FileClass::NotScanned);
            found.problem(Error::new(Code::TooLarge, "a JSON text nested more than 512 deep is not searched"));
            return found;
        }
        Read::Other => {}
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(found) = known(name, text) {
        return found;
    }
    let found = program(name, text).or_else(|| recipes::claims(name, text));
    let mut found = found.unwrap_or_else(|| Inspection::new(Format::Text, FileClass::Data));
    if found.class == FileClass::Data && is_named_like_a_page(name) {
        found.class = FileClass::ActiveContent;
        found.note("a browser takes it for a page by its name");
    }
    for setting in yaml::settings(name, text) {
        found.names_code(&setting.path, &setting.value);
    }
    for (line, place) in recipes::places(name, text) {
        found.names_code(&line, place);
    }
    if yaml::is_template(name, text) {
        found.names_code("", text.trim());
        found.note("a Jinja template, which runs when the model is used");
    }
    found
}

/// So much of the start of a text is looked at for the element that says what it is, in bytes.
const PROLOGUE: usize = 4096;

/// Whether a text is a page or a drawing that a browser runs, by its first element.
fn page(start: &str) -> Option<Format> {
    let head: String = start.chars().take(PROLOGUE).collect::<String>().to_ascii_lowercase();
    let svg = head.starts_with("<svg") || (head.starts_with("<?xml") && head.contains("<svg"));
    if svg || head.starts_with("<!doctype svg") {
        return Some(Format::Svg);
    }
    let html = ["<!doctype html", "<html", "<script", "<iframe"].iter().any(|begin| head.starts_with(begin));
    let xhtml = head.starts_with("<?xml") && head.contains("<html");
    (html || xhtml).then_some(Format::Html)
}

/// Whether a browser takes a file of this name for a page or a drawing, whatever is in it.
fn is_named_like_a_page(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, it)| it.to_ascii_lowercase()).unwrap_or_default();
    matches!(extension.as_str(), "htm" | "html" | "mhtml" | "svg" | "xhtml")
}

/// Texts of a form of their own.
fn known(name: &str, text: &str) -> Option<Inspection> {
    let start = text.trim_start();
    if text.starts_with("version https://git-lfs.github.com/spec/v") && text.contains("\noid sha256:") {
        let mut found = Inspection::new(Format::GitLfsPointer, FileClass::NotScanned);
        for line in text.lines() {
            if let Some((key, value)) = line.split_once(' ') {
                found.keep(&format!("lfs.{key}"), value);
            }
        }
        found.note("a pointer of Git LFS: the file itself is not here");
        return Some(found);
    }
    if let Some(format) = page(start) {
        let mut found = Inspection::new(format, FileClass::ActiveContent);
        found.note("a browser that shows it runs what is in it");
        return Some(found);
    }
    if text.starts_with("tree\nversion=v") && text.contains("\nmax_feature_idx=") {
        return Some(Inspection::new(Format::Lightgbm, FileClass::Data));
    }
    if start.starts_with('<') && is_openvino(start) {
        let mut found = Inspection::new(Format::OpenvinoIr, FileClass::Data);
        if let Some(stem) = name.strip_suffix(".xml") {
            found.references.push(Reference::Companion { file: format!("{stem}.bin") });
        }
        return Some(found);
    }
    None
}

/// `<net name="…" version="10">` at the start, behind what XML may begin with.
fn is_openvino(text: &str) -> bool {
    let head: String = text.chars().take(2048).collect();
    head.split_once("<net ").is_some_and(|(before, rest)| {
        let tag = rest.split('>').next().unwrap_or_default();
        tag.contains("version=")
            && tag.contains("name=")
            && before.split('<').skip(1).all(|it| it.starts_with(['?', '!']))
    })
}

/// A program, by its content, or by its name where that makes it worse.
fn program(name: &str, text: &str) -> Option<Inspection> {
    let code = |format, note: &str| {
        let mut found = Inspection::new(format, FileClass::Code);
        found.note(note);
        Some(found)
    };
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if let Some(line) = text.strip_prefix("#!") {
        let line = line.lines().next().unwrap_or_default();
        let format = if line.contains("python") { Format::Python } else { Format::Script };
        return code(format, "starts with `#!`");
    }
    if PYTHON.contains(&ending.as_str()) {
        return code(Format::Python, "its name is that of Python source");
    }
    if SCRIPTS.contains(&ending.as_str()) {
        return code(Format::Script, "its name is that of a script or source file");
    }
    match signs(text) {
        Some(Sign::Python) => code(Format::Python, "reads like Python source"),
        Some(Sign::Tag) => code(Format::Script, "a YAML tag `!!python/` builds Python objects"),
        Some(Sign::Php) => code(Format::Script, "holds a script tag at its start"),
        None => None,
    }
}

fn of_json(json: Json) -> Inspection {
    let mut found = Inspection::new(json_format(&json), FileClass::Data);
    if let Some(cells @ 1..) = json.notebook {
        found.class = FileClass::Code;
        found.note(format!("a notebook with {cells} code cells"));
    }
    for setting in json.settings {
        let (path, value) = (super::report::shown(&setting.path), super::report::shown(&setting.value));
        found.note(match setting.value.as_str() {
            "Lambda" | "__lambda__" => "a Keras Lambda layer holds Python bytecode".to_owned(),
            _ if setting.path.ends_with("module") => format!("Keras would import {value}"),
            _ => format!("`{path}` names code: {value}"),
        });
        found.names_code(&setting.path, &setting.value);
    }
    facts(&json.values, &mut found);
    for (key, value) in &json.values {
        found.keep(key, value);
    }
    for (tensor, file) in json.shards {
        found.references.push(Reference::Shard { tensor, file });
    }
    found
}

fn json_format(json: &Json) -> Format {
    let has = |key: &str| json.keys.iter().any(|have| have == key);
    if json.notebook.is_some() {
        Format::Notebook
    } else if has("learner") && has("version") {
        Format::XgboostJson
    } else if has("model_info") && (has("oblivious_trees") || has("trees")) && has("features_info") {
        Format::CatboostJson
    } else {
        Format::Json
    }
}

/// What people ask of a model's configuration, in a sentence each.
fn facts(values: &std::collections::BTreeMap<String, String>, found: &mut Inspection) {
    let get = |key: &str| values.get(key).map(|value| super::report::shown(value));
    if let (Some(kind), Some(base)) = (get("peft_type"), get("base_model_name_or_path")) {
        let rank = get("r").map(|rank| format!(" of rank {rank}")).unwrap_or_default();
        found.note(format!("an adapter ({kind}){rank} for {base}"));
    }
    for place in ["quantization_config.", "quantization.", ""] {
        let method = get(&format!("{place}quant_method")).or_else(|| get(&format!("{place}quant_algo")));
        if let Some(method) = method {
            let bits = ["bits", "w_bit", "num_bits"].iter().find_map(|key| get(&format!("{place}{key}")));
            let bits = bits.map(|bits| format!(", {bits} bits")).unwrap_or_default();
            found.note(format!("quantized by {method}{bits}"));
            break;
        }
    }
}

enum Sign {
    Python,
    Tag,
    Php,
}

/// Counts the signs of code; two weak ones or one strong one are enough.
fn signs(text: &str) -> Option<Sign> {
    if text.trim_start().starts_with("<?php") {
        return Some(Sign::Php);
    }
    // Whatever stands around it: a fence of Markdown may lie in a text of YAML. Tags are written short, in full, or by a handle.
    if text.contains("!!python/") || text.contains("tag:yaml.org,2002:python") || names_a_handle(text) {
        return Some(Sign::Tag);
    }
    // A fence that is never closed is none: the rest of the text is not an example.
    statements_of(text, true).unwrap_or_else(|| statements_of(text, false).flatten())
}

/// Whether a directive of YAML gives another name to the tags of the language, by which Python's are written, too.
fn names_a_handle(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("%TAG") && line.contains("tag:yaml.org"))
}

/// Counts the statements of Python, but for those in fences of Markdown, if these count. Nothing where a fence stays open.
fn statements_of(text: &str, with_fences: bool) -> Option<Option<Sign>> {
    let mut score = 0u32;
    let mut fence: Option<&str> = None;
    let mut opened = false;
    for (number, line) in text.split(['\n', '\r', '\u{c}']).enumerate() {
        let bare = line.trim_start();
        let tick = ["```", "~~~"].into_iter().find(|tick| with_fences && bare.starts_with(tick));
        match (fence, tick) {
            (None, Some(tick)) => {
                fence = Some(tick);
                continue;
            }
            (Some(open), Some(tick)) if open == tick => {
                fence = None;
                continue;
            }
            (Some(_), _) => continue,
            (None, None) => {}
        }
        // Python takes its encoding from a comment in the first two lines.
        let cookie = number < 2 && bare.starts_with('#') && (bare.contains("coding:") || bare.contains("coding="));
        if cookie || bare.contains("__import__(") || bare.contains("importlib.import_module(") {
            return Some(Some(Sign::Python));
        }
        let margin = bare.len() == line.len();
        if margin && !bare.is_empty() {
            opened = opens(bare);
        }
        if margin || opened {
            score += statements(bare);
        }
        if score >= 2 {
            return Some(Some(Sign::Python));
        }
    }
    fence.is_none().then_some(None)
}

/// Whether a line opens a block of Python.
fn opens(line: &str) -> bool {
    const OPENERS: &[&str] = &["async", "class", "def", "else", "for", "if", "try", "while", "with"];
    let word = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    let code = line.split('#').next().unwrap_or_default();
    OPENERS.contains(&word) && code.trim_end().ends_with(':')
}

/// The weight of the statements on one line.
fn statements(line: &str) -> u32 {
    line.split(';').map(|part| statement(part.trim())).sum()
}

fn statement(line: &str) -> u32 {
    let code = line.split(" #").next().unwrap_or_default().trim();
    let (word, rest) = code.split_at(code.find(|c: char| !is_word(c)).unwrap_or(code.len()));
    let rest = rest.trim_start();
    match word {
        "import" => u32::from(rest.split(',').all(imported)),
        "from" => u32::from(rest.split_once("import").is_some_and(|(module, names)| {
            dotted(module.trim()) && (names.trim_start().starts_with(['(', '*']) || names.split(',').all(imported))
        })),
        "def" | "class" => u32::from(rest.starts_with(|c: char| c.is_alphabetic() || c == '_') && ends_block(code)),
        "async" => u32::from(rest.starts_with("def ") || rest.starts_with("with ") || rest.starts_with("for ")),
        "if" if rest.starts_with("__name__") => 2,
        "exec" | "eval" | "compile" if rest.starts_with('(') => 2,
        "if" | "for" | "while" | "with" | "try" => u32::from(ends_block(code) && opens(code)),
        "return" | "raise" | "yield" => u32::from(!rest.is_empty() && rest.ends_with(')')),
        "" => u32::from(code.strip_prefix('@').is_some_and(|name| dotted(name.split('(').next().unwrap_or_default()))),
        // A call of something with a dot, alone on its line.
        _ => u32::from(
            code.ends_with(')') && code.split_once('(').is_some_and(|(name, _)| name.contains('.') && dotted(name)),
        ),
    }
}

fn ends_block(code: &str) -> bool {
    code.ends_with(':') || code.split_once(':').is_some_and(|(head, _)| head.ends_with(')'))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `name`, `a.b` or `.a`, with letters only where Python has them.
fn dotted(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| is_word(c) || c == '.') && !name.contains("..a")
}

/// `module`, or `module as name`.
fn imported(part: &str) -> bool {
    let mut words = part.split_whitespace();
    match (words.next(), words.next(), words.next(), words.next()) {
        (Some(name), None, ..) => dotted(name),
        (Some(name), Some("as"), Some(other), None) => dotted(name) && dotted(other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str, text: &str) -> FileClass {
        judge(name, text).class
    }

    #[test]
    fn python_is_known_by_its_content_under_any_name() {
        for text in [
            "import os\nos.system('id')\n",
            "import os;os.system('id')",
            "from os import system\nsystem('id')\n\ndef f(x):\n    return x\n",
            "try:\n    import os\nexcept Exception:\n    pass\n",
            "x = __import__('os').system('id')\n",
            "exec(open('x').read())\n",
            "# -*- coding: utf-7 -*-\n+AGk-mport os\n",
            "#!/usr/bin/env python\nprint(1)\n",
            "import os\rimport sys\r",
            "class A(B):\n    pass\n\n@decorated\ndef f(): pass\n",
        ] {
            assert_eq!(class("vocab.txt", text), FileClass::Code, "{text:?}");
        }
        assert_eq!(class("x.py", "x = 1\n"), FileClass::Code);
        assert_eq!(class("run.sh", "ls\n"), FileClass::Code);
        assert_eq!(class("a.txt", "#!/bin/sh\nls\n"), FileClass::Code);
        assert_eq!(class("a.yaml", "a: !!python/object/apply:os.system [id]\n"), FileClass::Code);
    }

    #[test]
    fn a_tag_of_python_is_found_however_it_is_written_and_whatever_stands_around_it() {
        for text in [
            "a: |\n  ```\nb: !!python/object/apply:os.system [id]\nc: |\n  ```\n",
            "%TAG !p! tag:yaml.org,2002:python/\n---\na: !p!object/apply:os.system [id]\n",
            "%TAG !p! tag:yaml.org,2002:pyth\n---\na: !p!on/object/apply:os.system [id]\n",
            "a: !<tag:yaml.org,2002:python/object/apply:os.system> [id]\n",
        ] {
            assert_eq!(class("a.yaml", text), FileClass::Code, "{text}");
        }
        // A fence that is opened in a docstring and never closed hides nothing.
        assert_eq!(class("notes", "\"\"\"\n```\n\"\"\"\nimport os\nos.system('id')\n"), FileClass::Code);
    }

    #[test]
    fn recipes_requirements_from_elsewhere_and_documents_that_act_are_told() {
        for name in ["Dockerfile", "Dockerfile.gpu", "serve.dockerfile", "Makefile", "Jenkinsfile"] {
            assert_eq!(class(name, "all:\n\ttrue\n"), FileClass::Code, "{name}");
        }
        assert_eq!(
            class("a.xml", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///x\">]><a/>"),
            FileClass::ActiveContent
        );
        assert_eq!(class("a.pdf", "%PDF-1.4\n1 0 obj << /OpenAction 2 0 R >>\n"), FileClass::ActiveContent);
        for line in ["--index-url http://x", "-e .", "git+https://x/y", "x @ https://x/y.whl", "-f=x"] {
            let text = format!("numpy==2.0\n{line}\n");
            assert_eq!(class("requirements.txt", &text), FileClass::ConfigCode, "{line}");
            assert_eq!(class("notes.txt", &text), FileClass::Data, "{line}");
        }
        assert_eq!(
            class("requirements.txt", "# see https://x\nnumpy==2.0  # https://x\ntorch>=2\n-r other.txt\n"),
            FileClass::Data
        );
    }

    #[test]
    fn prose_lists_and_model_cards_with_examples_are_data() {
        for text in [
            "",
            "# A model\n\nUse it:\n\n```python\nimport torch\nfrom x import y\ny.run(torch)\n```\n\nimport duties apply.\n",
            "from there import taxes rose.\nThe class of 1999: good.\n",
            "the\nof\nand\nimport\nclass\ndef\n",
            "torch>=2.0\nnumpy==1.26\n",
            "a: 1\nb:\n  - x\n  - y\n",
            "name,age\nx,1\n",
            "For example:\n\n    import torch\n",
            "If you like it: say so.\nFor all of us:\nWith love:\n",
        ] {
            assert_eq!(class("README.md", text), FileClass::Data, "{text:?}");
        }
    }
}
