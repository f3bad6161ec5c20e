//! Templates of notifications: a text with the names of what an event has, in braces.

use refmark_types::error::{Code, Error, Result};

/// What a template may name.
pub const VARIABLES: [&str; 12] =
    ["kind", "what", "subject", "from", "to", "reason", "by", "approvers", "artifact", "commit", "time", "registry"];

/// So many bytes a template has at most.
pub const TEMPLATE_LIMIT: usize = 4096;

/// A part of a template.
enum Part<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// Whether a text is a template: no variable that nobody knows, and no brace that stands alone.
///
/// # Errors
///
/// `bad-argument`, with what is wrong and the variables that there are.
pub fn check(template: &str) -> Result<()> {
    if template.trim().is_empty() || template.len() > TEMPLATE_LIMIT {
        return Err(Error::new(Code::BadArgument, format!("a template has 1 to {TEMPLATE_LIMIT} bytes")));
    }
    parts(template).map(drop)
}

/// A template with the values of an event. `value` gives nothing for what the event does not have.
///
/// # Errors
///
/// Those of [`check`].
///
/// # Examples
///
/// ```
/// let said = refmark_records::template::render("{what} by {by} {{sic}}", &|name| match name {
///     "what" => "promote m@champion".to_owned(),
///     _ => "ada".to_owned(),
/// })?;
/// assert_eq!(said, "promote m@champion by ada {sic}");
/// # Ok::<(), Box<refmark_types::error::Error>>(())
/// ```
pub fn render(template: &str, value: &dyn Fn(&str) -> String) -> Result<String> {
    let said = |part| match part {
        Part::Text(text) => str::to_owned(text),
        Part::Variable(name) => value(name),
    };
    Ok(parts(template)?.into_iter().map(said).collect())
}

fn parts(template: &str) -> Result<Vec<Part<'_>>> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        found.push(Part::Text(before));
        if from.starts_with("{{") || from.starts_with("}}") {
            found.push(Part::Text(&from[..1]));
            rest = &from[2..];
            continue;
        }
        let inside = from.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        let Some((name, after)) = inside else {
            return Err(wrong("a brace stands alone: `{{` and `}}` are braces of the text".to_owned()));
        };
        if !VARIABLES.contains(&name) {
            let name: String = name.chars().take(60).collect();
            return Err(wrong(format!("the template names `{{{}}}`, which no event has", name.escape_debug())));
        }
        found.push(Part::Variable(name));
        rest = after;
    }
    found.push(Part::Text(rest));
    Ok(found)
}

fn wrong(what: String) -> Box<Error> {
    Error::new(Code::BadArgument, what).hint(format!("events have {{{}}}", VARIABLES.join("}, {")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_names_only_what_an_event_has() {
        for good in ["moved", "{what}: {from} → {to}, {reason} ({by})", "{{}} {kind}"] {
            check(good).unwrap();
        }
        for (bad, said) in [
            ("{secret}", "secret"),
            ("{ what }", "no event has"),
            ("{what", "alone"),
            ("a } b", "alone"),
            (" ", "1 to"),
        ] {
            let error = check(bad).unwrap_err();
            assert!(error.code == Code::BadArgument && error.message.contains(said), "{bad}: {error}");
        }
        assert!(check(&"x".repeat(TEMPLATE_LIMIT + 1)).is_err());
    }
}
