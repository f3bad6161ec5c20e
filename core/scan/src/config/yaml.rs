//! YAML, TOML and the like, line by line: settings that name code, told with a path by indentation.
//!
//! No YAML is parsed: its readers differ too much. A key counts wherever it stands as a key, quoted, escaped, in a flow
//! mapping or behind a `?`; a comment does not, nor does a fence of Markdown in a page that is named like one: in YAML three
//! backticks may stand in a text, and everything behind them would be passed over.

use super::Setting;

const SETTINGS_LIMIT: usize = 256;
const DEPTH_LIMIT: usize = 64;

/// Whether a value of a key names nobody's code.
type IsHarmless = fn(&str) -> bool;

/// Keys that name code, and what of their values is harmless.
const KEYS: &[(&str, IsHarmless)] = &[
    ("_target_", |_| false),
    ("_component_", |_| false),
    ("class_path", |_| false),
    ("auto_map", |_| false),
    ("loader_module", |value| value.starts_with("mlflow.")),
    ("trust_remote_code", |value| !matches!(value.to_ascii_lowercase().as_str(), "true" | "yes" | "on")),
    ("custom_pipeline", |_| false),
    ("custom_ops_library", |_| false),
    ("op_library_filename", |_| false),
    ("py/object", |_| false),
];

/// The settings of a text that name code.
pub(crate) fn settings(name: &str, text: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let lower = name.to_ascii_lowercase();
    let is_page = [".md", ".markdown", ".mdx"].iter().any(|ending| lower.ends_with(ending));
    if !KEYS.iter().any(|(key, _)| text.contains(key)) && !text.contains('\\') {
        return found;
    }
    let mut above: Vec<(usize, String)> = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        let bare = line.trim_start_matches([' ', '\t', '-']);
        if is_page && (bare.starts_with("```") || bare.starts_with("~~~")) {
            fenced = !fenced;
            continue;
        }
        if fenced || bare.starts_with('#') || bare.is_empty() {
            continue;
        }
        // A section of TOML stands above all that follows it.
        let indent = 1 + line.len() - bare.len();
        while above.last().is_some_and(|(depth, _)| *depth >= indent) {
            above.pop();
        }
        let plain = if bare.contains('\\') { unescaped(bare) } else { bare.to_owned() };
        for (key, harmless) in KEYS {
            if let Some(value) = value_of(&plain, key)
                && !harmless(&value)
                && found.len() < SETTINGS_LIMIT
            {
                let mut path: Vec<&str> = above.iter().map(|(_, key)| key.as_str()).collect();
                path.push(key);
                found.push(Setting { path: path.join("."), value });
            }
        }
        if let Some(section) = plain.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            above = vec![(0, section.trim_matches(['[', '"']).to_owned())];
        } else if let Some((key, _)) = plain.split_once(':')
            && above.len() < DEPTH_LIMIT
        {
            above.push((indent, key.trim().trim_matches(['"', '\'']).to_owned()));
        }
    }
    found
}

/// What stands behind a key that stands as one; an empty text where its value is on the next lines.
fn value_of(line: &str, key: &str) -> Option<String> {
    let mut from = 0;
    while let Some(at) = line.get(from..)?.find(key).map(|at| at + from) {
        from = at + key.len();
        let before = line.get(..at)?.chars().next_back();
        let rest = line.get(from..)?.trim_start_matches(['"', '\'']).trim_start();
        let starts = before.is_none_or(|c| c.is_whitespace() || "\"'{,?&!".contains(c));
        let complex = line.trim_start().starts_with('?');
        if starts && (rest.starts_with([':', '=']) || complex) {
            let value = rest.trim_start_matches([':', '=']).trim();
            let value = value.split([',', '}']).next().unwrap_or_default().split(" #").next().unwrap_or_default();
            return Some(value.trim().trim_matches(['"', '\'']).to_owned());
        }
    }
    None
}

/// The escapes of a double-quoted key, read.
fn unescaped(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('\\') {
        out.push_str(rest.get(..at).unwrap_or_default());
        let (width, skip) = match rest.as_bytes().get(at + 1) {
            Some(b'x') => (2, 2),
            Some(b'u') => (4, 2),
            Some(b'U') => (8, 2),
            _ => (0, 1),
        };
        let digits = rest.get(at + skip..at + skip + width).unwrap_or_default();
        let read = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        match read {
            Some(c) => {
                out.push(c);
                rest = rest.get(at + skip + width..).unwrap_or_default();
            }
            None => {
                out.push('\\');
                rest = rest.get(at + 1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether a text is a Jinja template, or a name says so: a template is a program that runs when a model is used.
pub(crate) fn is_template(name: &str, text: &str) -> bool {
    let named = [".jinja", ".jinja2", ".j2"].iter().any(|ending| name.to_ascii_lowercase().ends_with(ending));
    let loops = |text: &str| text.contains("{%") && text.contains("%}") && text.contains("messages");
    named || !text.contains("```") && loops(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<(String, String)> {
        named("config.yaml", text)
    }

    fn named(name: &str, text: &str) -> Option<(String, String)> {
        settings(name, text).into_iter().map(|setting| (setting.path, setting.value)).next()
    }

    #[test]
    fn a_target_is_found_in_every_form_of_yaml_and_toml_with_its_path_and_value() {
        let found = |path: &str| Some((path.to_owned(), "os.system".to_owned()));
        assert_eq!(one("encoder:\n  _target_: os.system\n  command: id\n"), found("encoder._target_"));
        assert_eq!(one("a:\n  - b:\n      _target_: 'os.system' # no\n"), found("a.b._target_"));
        assert_eq!(one("m: {x: 1, _target_: os.system, command: id}"), found("_target_"));
        assert_eq!(one("m: {\"_target_\": \"os.system\"}"), found("_target_"));
        assert_eq!(one("\"\\x5ftarget_\": os.system"), found("_target_"));
        assert_eq!(one("\"\\u005ftarget_\": os.system"), found("_target_"));
        assert_eq!(one("[model]\n_target_ = \"os.system\"\n"), found("model._target_"));
        assert!(one("? _target_\n: os.system\n").is_some());
        assert_eq!(one("  python_function:\n    loader_module: mine\n").unwrap().1, "mine");
    }

    #[test]
    fn prose_comments_fences_and_harmless_values_are_none() {
        for text in [
            "# _target_: x\n",
            "Use `_target_` to name a class.\n",
            "my_target_: 3\n",
            "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n",
            "trust_remote_code: false\n",
            "a: C:\\dir\n",
        ] {
            assert_eq!(one(text), None, "{text}");
        }
        let example = "```yaml\n_target_: a.b\n```\n";
        assert_eq!(named("README.md", example), None);
        assert!(named("model.yaml", example).is_some());
    }

    #[test]
    fn three_backticks_in_a_text_of_yaml_hide_nothing_behind_them() {
        for text in [
            "a: |\n  ```\nm:\n  _target_: os.system\n",
            "a: \"x\n```\n\"\nm:\n  _target_: os.system\nb: \"x\n```\n\"\n",
        ] {
            assert_eq!(one(text).unwrap(), ("m._target_".to_owned(), "os.system".to_owned()), "{text}");
        }
    }
}
