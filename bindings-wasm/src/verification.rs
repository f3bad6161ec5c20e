//! The verifier of the core, in steps, so that a page can show how far it is and stop it.

use std::rc::Rc;

use refmark_engine::verify::{Outcome, Problem, Verified};
use refmark_types::oid::Oid;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::value::{misuse, thrown, value};
use crate::view::View;
use crate::walk::Walk;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What a verification came to. Only `ok` with `pinned` says that all is as the reader's root allows. */
export interface VerifyReport {
  readonly verdict: "ok" | "pending" | "incomplete" | "failed";
  readonly head: string;
  /** The newest commit in which everything that took effect stands; null where none is. */
  readonly last_good: string | null;
  readonly commits: number;
  /** Whether the given root is the registry's. */
  readonly pinned: boolean;
  /** The newest root, by digest; null where the registry has none. */
  readonly root: string | null;
  /** Whether all that took effect stands as it was signed, under the given root and by keys that nobody lost: what a verdict
   * of `failed` or `pending` is then about are files without effect, which anybody who can push could have put there. */
  readonly whole: boolean;
  /** Commits of the chain at which a file that had taken effect was missing or changed. */
  readonly bad_commits: readonly string[];
  readonly tainted: readonly string[];
  readonly problems: readonly Problem[];
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `VerifyReport` in TypeScript.
    #[wasm_bindgen(typescript_type = "VerifyReport")]
    pub type JsReport;
}

/// A verification under way: call `step` until `remaining` is 0, then `finish`, and `view` for what took effect.
#[wasm_bindgen]
pub struct Verification {
    walk: Rc<Walk>,
    total: usize,
}

#[derive(Serialize)]
struct Report<'a> {
    verdict: Outcome,
    head: Oid,
    last_good: Option<Oid>,
    commits: usize,
    pinned: bool,
    root: Option<String>,
    whole: bool,
    bad_commits: &'a [Oid],
    tainted: &'a [String],
    problems: Vec<Problem>,
}

#[wasm_bindgen]
impl Verification {
    /// Verifies up to `commits` commits more. Says how many remain.
    pub fn step(&self, commits: usize) -> Result<usize, JsValue> {
        self.walk.step(commits).map_err(thrown)
    }

    /// How many commits remain.
    pub fn remaining(&self) -> usize {
        self.walk.remaining()
    }

    /// How many commits there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Verifies what remains and says what it came to.
    pub fn finish(&self) -> Result<JsReport, JsValue> {
        self.walk.finish().map_err(thrown)?;
        let report = self.walk.verified(|verified| value(&Report::of(verified, self.total))).map_err(thrown)?;
        Ok(report?.unchecked_into())
    }

    /// What took effect, once all commits are verified.
    pub fn view(&self) -> Result<View, JsValue> {
        if self.walk.remaining() > 0 {
            return Err(misuse("this verification has not reached the head"));
        }
        self.walk.finish().map_err(thrown)?;
        Ok(View::of(Rc::clone(&self.walk)))
    }
}

impl Verification {
    pub(crate) fn begin(walk: Walk) -> Verification {
        let walk = Rc::new(walk);
        let total = walk.remaining();
        Verification { walk, total }
    }
}

impl<'a> Report<'a> {
    fn of(verified: &'a Verified<'_>, commits: usize) -> Report<'a> {
        Report {
            verdict: verified.outcome(),
            head: verified.head,
            last_good: verified.last_good,
            commits,
            pinned: verified.pinned,
            root: verified.newest_root.map(|root| root.prefixed()),
            whole: verified.tip_error.is_none() && verified.root_error.is_none() && verified.tainted.is_empty(),
            problems: verified.problems(),
            bad_commits: &verified.bad,
            tainted: &verified.tainted,
        }
    }
}
