//! Who may wait for approvals: so many landings at a time, shared fairly between their authors. A full queue delays what
//! comes, and refuses nothing; nobody can keep another one out of it.

use std::collections::BTreeMap;

use super::{Inert, PENDING_LIMIT, Standing, Walk};
use crate::effective::Effective;
use refmark_types::error::{Code, Error};
use refmark_types::hint::{Hint, Next};

impl Walk<'_> {
    /// Gives a landing that lacks something a place among those that are judged again, or behind them. Whoever has more
    /// places than others gives one up.
    pub(super) fn queue(&mut self, key: u64) {
        if self.pending.len() < PENDING_LIMIT {
            self.admit(key);
            return;
        }
        let counts = self.places();
        let own = counts.get(&self.author(key)).copied().unwrap_or_default();
        let most = counts.iter().max_by_key(|(author, count)| (**count, std::cmp::Reverse(*author)));
        match most.map(|(author, count)| (author.clone(), *count)).filter(|(_, count)| own + 2 <= *count) {
            Some((author, _)) => {
                let last = self.pending.iter().rev().copied().find(|key| self.author(*key) == author);
                last.into_iter().for_each(|last| self.delay(last));
                self.admit(key);
            }
            None => self.delay(key),
        }
    }

    /// The landing that gets the next free place: the oldest of the author who has the fewest places.
    pub(super) fn next_in_line(&self) -> Option<u64> {
        if self.pending.len() >= PENDING_LIMIT {
            return None;
        }
        let counts = self.places();
        let places = |key: &u64| (counts.get(&self.author(*key)).copied().unwrap_or_default(), *key);
        self.waiting.iter().copied().min_by_key(places)
    }

    /// How many places each author has.
    fn places(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for key in &self.pending {
            *counts.entry(self.author(*key)).or_default() += 1;
        }
        counts
    }

    /// Who signed a landing: only what a member signed can be pending. Of several, the first by path.
    fn author(&self, key: u64) -> String {
        let Some(landing) = self.find(key) else { return String::new() };
        let records = landing.files.values().filter_map(|(_, oid)| self.state.objects().record(*oid).ok());
        records.map(|record| record.common().by.to_string()).next().unwrap_or_default()
    }

    fn admit(&mut self, key: u64) {
        self.waiting.remove(&key);
        self.pending.insert(key);
        self.stand(key, Standing::Pending, None);
    }

    fn delay(&mut self, key: u64) {
        self.pending.remove(&key);
        self.waiting.insert(key);
        let error = Error::new(
            Code::Pending,
            format!("{PENDING_LIMIT} landings are pending already, and this one waits for a place among them"),
        )
        .hint(Hint::of("approve or remove some of them first: ").then(Next::Status));
        self.stand(key, Standing::Waiting, Some(error));
    }

    fn stand(&mut self, key: u64, standing: Standing, why: Option<Box<Error>>) {
        let Ok(at) = self.inert.binary_search_by_key(&key, |landing| landing.key) else { return };
        let landing: &mut Inert = &mut self.inert[at];
        landing.standing = standing;
        let path = landing.files.keys().next().cloned().unwrap_or_default();
        landing.findings.extend(why.map(|why| (path, why)));
    }
}
