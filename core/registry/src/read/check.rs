//! `check`: may this range land? The review's rules as an exit status.

use crate::registry::Reader;
use refmark_engine::ports::store::RecordStore;
use refmark_query::check::{Arrival, CheckAnswer, check};
use refmark_query::review::RangeVerdict;
use refmark_types::error::{Code, Error, Result};
use refmark_types::hint::{Choice, Hint, Next};
use refmark_types::oid::Oid;

#[cfg(test)]
mod tests;

/// How to check.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckOptions {
    /// The range's end becomes the branch's head as it is.
    pub push: bool,
    /// Go on where no trust root is pinned.
    pub allow_unverified: bool,
}

impl<'r> Reader<'r> {
    /// Checks `BASE..HEAD` against the newest head of the registry's branch that is here.
    pub fn check(&self, text: &str, options: CheckOptions) -> Result<CheckAnswer> {
        if self.registry.world.pin_of(self.registry.id())?.is_none() && !options.allow_unverified {
            return Err(Error::new(
                Code::Unverified,
                "no trust root is pinned here, so nothing can be checked against it",
            )
            .hint(
                Hint::of("in CI it stands in the base branch's workflow; name it by REFMARK_TRUST_ROOT or ")
                    .then(Next::With(Choice::TrustRoot)),
            ));
        }
        let named = self.range(text)?;
        let base = self.newest_of(named.base, named.head)?;
        let range = self.registry.range_of(&self.registry.repo, base, named.head)?;
        // What is part of the branch is judged as it stands there.
        let landed = self.registry.has_behind(self.head()?, named.head)?;
        let arrival = if options.push || landed { Arrival::Push } else { Arrival::Merge };
        let mut answer = check(&range, arrival, self.registry.world.clock.now())?;
        for problem in self.registry.false_claims(&self.registry.repo, range.merge_base, range.head)? {
            answer.add_problem(RangeVerdict::Refused, problem);
        }
        if self.registry.repo.resolve_revision(&format!("refs/heads/{}", named.head_name)).is_ok() {
            let problems = answer.problems.into_iter();
            answer.problems = problems.map(|problem| problem.on_branch(&named.head_name)).collect();
        }
        Ok(answer)
    }

    /// The newest head of the branch that has `base` behind it, unless `head` is part of it already.
    fn newest_of(&self, base: Oid, head: Oid) -> Result<Oid> {
        let mut newest = base;
        for name in [self.registry.branch.clone(), format!("origin/{}", self.registry.branch)] {
            let Ok(current) = self.registry.repo.resolve_revision(&name) else { continue };
            if current != head
                && self.registry.has_behind(current, newest)?
                && !self.registry.has_behind(current, head)?
            {
                newest = current;
            }
        }
        Ok(newest)
    }
}
