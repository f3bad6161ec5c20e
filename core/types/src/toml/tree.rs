//! What a text of TOML says: values with the bytes where they begin, and which tables may still grow.

use super::super::value::Value;
use super::read::{Read, Slip};

/// A value and where it begins.
pub(super) struct Node {
    pub(super) at: usize,
    pub(super) what: What,
}

pub(super) enum What {
    Plain(Value),
    List(Vec<Node>),
    /// What `[[name]]` makes, and adds to.
    Tables(Vec<Node>),
    Table(Table),
}

/// How a table came to be, which says who may add to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    /// On the way to another one's header: its own header may follow.
    OnTheWay,
    /// By a header, once.
    ByHeader,
    /// By a dotted key.
    ByKey,
    /// Between braces: whole as it stands.
    Inline,
}

pub(super) struct Table {
    made: Made,
    members: Vec<(String, Node)>,
}

/// A key as it is written: its parts, and where it begins.
pub(super) struct Key {
    pub(super) at: usize,
    pub(super) way: Vec<String>,
    pub(super) last: String,
}

impl Key {
    fn twice(&self) -> Slip {
        Slip { at: self.at, said: "duplicate key" }
    }
}

impl Table {
    pub(super) fn root() -> Table {
        Table { made: Made::ByHeader, members: Vec::new() }
    }

    pub(super) fn between_braces() -> Table {
        Table { made: Made::Inline, members: Vec::new() }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(have, _)| have == name)
    }

    /// The table of a name, which is made where it is not there; of `[[name]]` the newest. None where it may not grow.
    fn inner(&mut self, at: usize, name: &str, made: Made) -> Option<&mut Table> {
        let found = self.find(name).unwrap_or(self.members.len());
        if found == self.members.len() {
            self.members.push((name.to_owned(), Node { at, what: What::Table(Table { made, members: Vec::new() }) }));
        }
        let by_key = made == Made::ByKey;
        match &mut self.members.get_mut(found)?.1.what {
            What::Table(table) if table.made == Made::Inline || (by_key && table.made == Made::ByHeader) => None,
            What::Table(table) => Some(table),
            What::Tables(all) if !by_key => match &mut all.last_mut()?.what {
                What::Table(table) => Some(table),
                _ => None,
            },
            _ => None,
        }
    }

    /// Goes to what a header named.
    pub(super) fn opened(&mut self, header: Option<&Key>) -> Option<&mut Table> {
        let Some(header) = header else { return Some(self) };
        let names = header.way.iter().chain([&header.last]);
        names.into_iter().try_fold(self, |table, name| table.inner(header.at, name, Made::OnTheWay))
    }

    /// Takes `[key]`, or `[[key]]`.
    pub(super) fn open(&mut self, header: &Key, one_of_many: bool) -> Read<()> {
        let way = header.way.iter();
        let parent = way.into_iter().try_fold(self, |table, name| table.inner(header.at, name, Made::OnTheWay));
        let parent = parent.ok_or_else(|| header.twice())?;
        let new = || Node { at: header.at, what: What::Table(Table::root()) };
        let Some(found) = parent.find(&header.last) else {
            let node = match one_of_many {
                true => Node { at: header.at, what: What::Tables(vec![new()]) },
                false => new(),
            };
            parent.members.push((header.last.clone(), node));
            return Ok(());
        };
        match parent.members.get_mut(found).map(|(_, node)| &mut node.what) {
            Some(What::Tables(all)) if one_of_many => all.push(new()),
            Some(What::Table(table)) if !one_of_many && table.made == Made::OnTheWay => table.made = Made::ByHeader,
            _ => return Err(header.twice()),
        }
        Ok(())
    }

    /// Takes `key = value`.
    pub(super) fn put(&mut self, key: Key, value: Node) -> Read<()> {
        let parent = key.way.iter().try_fold(self, |table, name| table.inner(key.at, name, Made::ByKey));
        match parent {
            Some(parent) if parent.find(&key.last).is_none() => parent.members.push((key.last, value)),
            _ => return Err(key.twice()),
        }
        Ok(())
    }

    /// Where the value at a place begins; the innermost one on the way that is there.
    pub(super) fn offset_of(&self, place: &[&str]) -> Option<usize> {
        let (first, rest) = place.split_first()?;
        let mut at = &self.members.get(self.find(first)?)?.1;
        for step in rest {
            let inner = match &at.what {
                What::Table(table) => table.find(step).and_then(|it| table.members.get(it)).map(|it| &it.1),
                What::List(items) | What::Tables(items) => step.parse().ok().and_then(|step: usize| items.get(step)),
                What::Plain(_) => None,
            };
            let Some(inner) = inner else { break };
            at = inner;
        }
        Some(at.at)
    }

    /// What it says, without the places; members by name.
    pub(super) fn value(&self) -> Value {
        let mut members: Vec<(String, Value)> = Vec::with_capacity(self.members.len());
        for (name, node) in &self.members {
            members.push((name.clone(), node.value()));
        }
        members.sort_by(|a, b| a.0.cmp(&b.0));
        Value::Object(members)
    }
}

impl Node {
    fn value(&self) -> Value {
        match &self.what {
            What::Plain(value) => value.clone(),
            What::List(items) | What::Tables(items) => Value::Array(items.iter().map(Node::value).collect()),
            What::Table(table) => table.value(),
        }
    }
}
