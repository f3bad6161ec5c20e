//! A review of a range of commits that are here.

use refmark_engine::snapshot::first_parents;
use refmark_query::answer::QueryContext;
use refmark_query::review::{Range, Review, ReviewOptions, merge_base};
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use refmark_types::oid::Oid;

/// What the commits from `base` to `head` change. Judged from the first commit, unless the view stands at `base`.
pub(crate) fn review(basis: &QueryContext<'_, '_>, pin: Option<Digest>, base: &str, head: &str) -> Result<Review> {
    let options = ReviewOptions { base_name: base.to_owned(), head_name: head.to_owned(), landed: false };
    let (base, head) = (Oid::parse(base)?, Oid::parse(head)?);
    let history = basis.history;
    let landed = merge_base(history, basis.head, head)? == Some(head)
        && first_parents(history, basis.head, Some(head))?.is_some();
    let remembered = basis.walked.filter(|_| base == basis.head).and_then(|it| it.remember());
    let merge_base = merge_base(history, base, head)?;
    let range = Range { history, base, head, merge_base, pin, remembered };
    refmark_query::review::review(&range, &ReviewOptions { landed, ..options })
}
