//! TOML, which people write, as the same [`Value`](super::value::Value) that JSON is read into.
//!
//! A reader of its own, as for JSON: the crate `toml` made a twentieth of the browser's module. The tests hold the two against
//! each other.

mod read;
#[cfg(test)]
mod tests;
mod tree;

use serde::de::DeserializeOwned;

use super::value::from_value;

/// Why a text is not what was asked for.
#[derive(Debug)]
pub struct Mistake {
    /// The line where it stands, from 1; none where it is in no line.
    pub line: Option<usize>,
    /// The line and what is wrong, as a message says it.
    pub said: String,
}

impl Mistake {
    fn new(text: &str, offset: Option<usize>, said: &str) -> Mistake {
        let line = offset.map(|offset| text.get(..offset).unwrap_or(text).matches('\n').count() + 1);
        let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        Mistake { line, said: at + said }
    }
}

/// Reads a text of TOML.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    let table = read::document(text).map_err(|slip| Mistake::new(text, Some(slip.at), slip.said))?;
    from_value(&table.value()).map_err(|wrong| Mistake::new(text, table.offset_of(&wrong.place()), &wrong.to_string()))
}
