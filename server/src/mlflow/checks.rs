//! What MLflow asks of names, versions and tags.

use super::failure::{Failure, Result};

/// The tag of prompts, which are models to a registry.
pub const IS_PROMPT: &str = "mlflow.prompt.is_prompt";
const LONGEST_KEY: usize = 250;
const LONGEST_VALUE: usize = 100_000;
const LONGEST_ALIAS: usize = 255;

/// The name of a model.
pub fn model(name: &str) -> Result<()> {
    let is_elsewhere = matches!(name, "." | "..") || name.starts_with("..");
    if name.trim().is_empty() {
        return Err(Failure::parameter("Missing value for required parameter 'name'."));
    }
    if name.contains(['/', ':']) || is_elsewhere {
        return Err(Failure::parameter(format!("Invalid model name '{name}'. Names cannot contain '/' or ':'.")));
    }
    Ok(())
}

/// The number of a version.
pub fn version(text: &str) -> Result<u64> {
    let wrong = || Failure::parameter(format!("Parameter 'version' must be an integer, got '{text}'."));
    text.trim().parse().map_err(|_| wrong())
}

/// A tag, or the key of one.
pub fn tag(key: &str, value: &str) -> Result<()> {
    let is_word = |char: char| char.is_alphanumeric() || "/_.- :".contains(char);
    let is_elsewhere =
        key.starts_with('/') || key.split('/').any(|part| matches!(part, "" | "." | "..")) && !key.is_empty();
    if !key.chars().all(is_word) || is_elsewhere || key.is_empty() {
        return Err(Failure::parameter(format!(
            "Invalid value '{key}' for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), \
             periods (.), spaces ( ), colon(:) and slashes (/)."
        )));
    }
    for (what, text, longest) in [("key", key, LONGEST_KEY), ("value", value, LONGEST_VALUE)] {
        if text.chars().count() > longest {
            return Err(Failure::parameter(format!("'{what}' exceeds the maximum length of {longest} characters")));
        }
    }
    Ok(())
}

/// The name of an alias, to read it.
pub fn alias(name: &str) -> Result<()> {
    let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-');
    if !name.chars().all(is_word) || name.is_empty() || name.chars().count() > LONGEST_ALIAS {
        return Err(Failure::parameter(format!(
            "Invalid alias name: '{name}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )));
    }
    Ok(())
}

/// The name of an alias, to set it.
pub fn new_alias(name: &str) -> Result<()> {
    alias(name)?;
    let digits = name.strip_prefix(['v', 'V']).unwrap_or_default();
    let is_version = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_latest(name) || is_version {
        return Err(Failure::parameter(format!("the alias name '{name}' is reserved")));
    }
    Ok(())
}

/// Whether an alias means the newest version, whatever was promoted.
pub fn is_latest(alias: &str) -> bool {
    alias.eq_ignore_ascii_case("latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keys_and_aliases_are_as_mlflow_has_them() {
        for good in ["sentiment", "größe", "a b", "(v2)"] {
            assert!(model(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "a/b", "a:b", "..", "../x"] {
            assert!(model(bad).is_err(), "{bad}");
        }
        assert!(tag("a/b.c-d e:f", "").is_ok());
        for bad in ["", "/a", "a/../b", "a//b", "a;b", ".", &"k".repeat(251)] {
            assert!(tag(bad, "").is_err(), "{bad}");
        }
        assert!(tag("k", &"v".repeat(100_001)).is_err());
        assert!(new_alias("champion").is_ok() && alias("latest").is_ok());
        for bad in ["latest", "LATEST", "v12", "V1", "a b", ""] {
            assert!(new_alias(bad).is_err(), "{bad}");
        }
        assert!(version("-1").is_err() && version("x").is_err() && version("3").is_ok());
    }
}
