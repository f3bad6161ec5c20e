//! What references meant at the head that was seen last.

use std::collections::HashMap;

use refmark_query::answer::resolve::ResolveAnswer;
use refmark_types::oid::Oid;
use refmark_types::reference::Reference;

/// Answers that hold while a head has not moved. What a reference means follows from the head alone.
#[derive(Default)]
pub struct Answers {
    head: Option<Oid>,
    known: HashMap<String, ResolveAnswer>,
}

/// So many answers are kept before they are made anew.
pub(crate) const KEPT_ANSWERS: usize = 4096;

impl Answers {
    pub(crate) fn at(&self, head: Oid) -> Option<&HashMap<String, ResolveAnswer>> {
        (self.head == Some(head)).then_some(&self.known)
    }

    pub(crate) fn keep(&mut self, head: Oid, reference: &Reference, answer: &ResolveAnswer) {
        if self.head != Some(head) || self.known.len() >= KEPT_ANSWERS {
            self.known.clear();
            self.head = Some(head);
        }
        self.known.insert(reference.to_string(), answer.clone());
    }
}
