use proptest::prelude::*;

use super::*;
use crate::value::{Value, to_value};
use std::collections::BTreeMap;

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    name: String,
    #[serde(default)]
    inner: BTreeMap<String, Vec<u64>>,
    #[serde(default)]
    real: f64,
}

#[test]
fn a_text_is_read_as_its_own_crate_reads_it() {
    let text = "# why\nname = 'x'\nreal = -0.5\n[inner]\nb = [1, 0x10, 1_000]\na = []\n";
    assert_eq!(read::<Sample>(text).unwrap(), ::toml::from_str::<Sample>(text).unwrap());
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (text, line, said) in [
        ("name = 'x'\nname = 'y'\n", Some(2), "duplicate"),
        ("name = 'x'\n\n[inner]\na = [\n  1,\n  'two',\n]\n", Some(6), "expected u64"),
        ("name = 'x'\nodd = 1\n", Some(2), "unknown field `odd`"),
        ("real = 1\n", None, "missing field `name`"),
        ("name = 'x'\nreal = 2026-11-20\n", Some(2), "neither a text"),
        ("name = 'x'\nreal = nan\n", Some(2), "neither a text"),
        ("name = 'x\n", Some(1), ""),
    ] {
        let mistake = read::<Sample>(text).unwrap_err();
        assert!(mistake.said.contains(said), "{text}: {}", mistake.said);
        assert_eq!(mistake.line, line, "{text}: {}", mistake.said);
    }
}

/// What the crate `toml` makes of a text, where it can be said in JSON.
fn theirs(text: &str) -> Option<Value> {
    fn is_json(value: &::toml::Value) -> bool {
        match value {
            ::toml::Value::Datetime(_) => false,
            ::toml::Value::Float(it) => it.is_finite(),
            ::toml::Value::Array(all) => all.iter().all(is_json),
            ::toml::Value::Table(all) => all.iter().all(|(_, it)| is_json(it)),
            _ => true,
        }
    }
    let table: ::toml::Table = ::toml::from_str(text).ok()?;
    table.iter().all(|(_, it)| is_json(it)).then(|| to_value(&table))
}

fn agree(text: &str) {
    assert_eq!(read::<Value>(text).ok(), theirs(text), "{text:?}");
}

#[test]
fn a_value_is_toml_or_refused() {
    for value in [
        "1",
        "+1",
        "-1",
        "0",
        "-0",
        "00",
        "01",
        "1_000",
        "_1",
        "1_",
        "1__0",
        "0x1F",
        "0xG",
        "+0x1",
        "0o17",
        "0b101",
        "0x",
        "1.",
        ".1",
        "1.5",
        "-1.5e3",
        "1e06",
        "1.5_0",
        "1e1_0",
        "1.e1",
        "1e",
        "9223372036854775807",
        "9223372036854775808",
        "inf",
        "-nan",
        "true",
        "True",
        "tru",
        "",
        "1979-05-27",
        "07:32:00",
        "1979-05-27 07:32:00",
        r#""""#,
        "''",
        r#""a\u00e9""#,
        r#""\U0001f600""#,
        r#""\ud800""#,
        r#""\x41\e""#,
        r#""\q""#,
        r#""\u12""#,
        r"'a\b'",
        r#""a"#,
        "'a",
        "\"\u{7f}\"",
        "\"\t\"",
        "\"\n\"",
        r#""a" # why"#,
        r#""a" 1"#,
        "\"\"\"\na\nb\"\"\"",
        "\"\"\"a \\\n \n  b\"\"\"",
        "\"\"\"a \\ b\"\"\"",
        "\"\"\"a\"\"b\"\"\"",
        "\"\"\"a\"\"\"\"",
        "\"\"\"a\"\"\"\"\"",
        "\"\"\"a\"\"\"\"\"\"",
        "'''a''b'''",
        "'''\na\\\n'''",
        "'''a",
        "[]",
        "[1, 2,]",
        "[,]",
        "[1 2]",
        "[ # why\n 1,\n [2],\n]",
        "[",
        "{}",
        "{a = 1, b.c = 2}",
        "{a = 1,}",
        "{a = 1\n, b = 2 # c\n}",
        "{a = 1, a = 2}",
        "{a.b = 1, a.c = 2}",
        "{a = {}, a.b = 1}",
        "{a = 1 b = 2}",
        "{a.b = 1, a = 2}",
        "{",
        "1 # c\u{1}",
        "\r",
    ] {
        agree(&format!("k = {value}\n"));
    }
}

#[test]
fn keys_and_headers_are_toml_or_refused() {
    for text in [
        "",
        "\u{feff}a = 1",
        "a = 1\r\nb = 2",
        "a = 1\rb = 2",
        "a",
        "a =",
        "= 1",
        "a.b = 1\na.c = 2",
        "a = 1\na.b = 2",
        "\"a b\".'c' = 1",
        "a . b = 1",
        "'' = 1",
        "a..b = 1",
        "a = 1 b = 2",
        "[a]\n[a]",
        "[a]\nb = 1\n[a.c]\n[a.b]",
        "[a.b]\n[a]\nc = 1",
        "[[a]]\nb = 1\n[[a]]\n[a.c]",
        "[[a]]\n[a]",
        "[a]\n[[a]]",
        "a = []\n[[a]]",
        "a = {}\n[a.b]",
        "a.b = 1\n[a]",
        "[a]\nb.c = 1\n[a.b]",
        "[a.b.c]\n[a]\nb.c.d = 1",
        "[a",
        "[a]]",
        "[[a]",
        "[[a] ]",
        "[ a . 'b' ]",
        "[]",
        "[a] b = 1",
        "[[a.b]]\n[[a.b]]\nc = 1",
        "[a]\nb = 1\nb = 2",
        "# \u{7f}",
        "é = 1",
        "a = 1 # é",
        "\"\"\"a\"\"\" = 1",
    ] {
        agree(text);
    }
}

/// Texts that are TOML, or nearly.
fn texts() -> impl Strategy<Value = String> {
    let key = || prop_oneof!["[ab]", "[ab]\\.[ab]", "'[ab]'", "[ab] \\. \"[ab]\""];
    let leaf = prop_oneof![
        "[0-9_xeb.+-]{1,5}",
        "\"([ab]|\\\\[nu\"x]|\\\\u00[0-9a-f]{2})*\"",
        "'[a\\\\]*'",
        "\"{3}[a\"\n\\\\ ]*\"{3}",
        "'{3}[a'\n]*'{3}",
        Just("true".to_owned()),
        "[ -~]{0,3}",
    ];
    let value = leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|all| format!("[{}]", all.join(" , "))),
            prop::collection::vec((key(), inner), 0..3).prop_map(|all| {
                let all: Vec<_> = all.iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{{ {} }}", all.join(", "))
            }),
        ]
    });
    let key = prop_oneof!["[ab]", "[ab]\\.[ab]", "'[ab]'"];
    let line = prop_oneof![
        4 => (key.clone(), value).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => key.prop_map(|key| format!("[{key}]")),
        1 => "[ab]".prop_map(|key| format!("[[{key}]]")),
    ];
    prop::collection::vec(line, 0..4).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn what_is_read_is_what_its_crate_reads(text in texts()) {
        prop_assert_eq!(read::<Value>(&text).ok(), theirs(&text), "{}", text);
    }
}
