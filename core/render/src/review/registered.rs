//! What a range registers.

use super::moves::{gates, mark, people, with};
use super::package::described;
use crate::diff;
use crate::doc::{Block, Line, Page};
use crate::table::gate_table;
use refmark_query::review::{Review, VersionReview};
use refmark_types::text::when;

/// A version that was registered: who brought it, its state, and what differs from the one before, or everything.
pub(super) fn registered(page: &mut Page, review: &Review, it: &VersionReview) {
    let title = format!(" {}/{} is registered", it.model, it.version);
    page.push(Block::Heading(2, Line::mark(mark(it.decision)).say(title)));
    let came = with(review, &it.path);
    let line = Line::of(format!("by {}, {}, as ", it.by, when(it.time))).code(it.artifact.short());
    let states = came.iter().map(|it| Line::of(", ").word(it.to.as_deref().unwrap_or_default()));
    let mut lines = vec![states.fold(line, Line::line)];
    lines.extend(it.package.iter().flat_map(|package| described(package, it.diff.is_some())));
    page.push(Block::Lines(lines));
    people(page, review, &came);
    page.push(Block::Table(gate_table(&gates(&came))));
    if let Some(diff) = &it.diff {
        if let Some(old) = &diff.old {
            page.push(Block::Lines(vec![Line::of(format!("Against {}:", old.name(&diff.new)))]));
        }
        diff::page(diff).0.into_iter().for_each(|block| page.push(block));
    }
}
