//! The verifier of the core, in steps, so that a page can show how far it is and stop it.

use std::rc::Rc;

use refmark_core::judgement::snapshot::History;
use refmark_core::judgement::verify::{Outcome, Problem, Verifier};
use refmark_core::pack::Repository;
use refmark_core::words::digest::Digest;
use refmark_core::words::fault::Result as Judged;
use refmark_core::words::oid::Oid;
use self_cell::self_cell;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::value::{misuse, thrown, value};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Something that is not as it should be. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly path?: string;
  readonly commit?: string;
  readonly hint?: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}
/** What a verification came to. Only `ok` with `pinned` says that all is as the reader's root allows. */
export interface VerifyReport {
  readonly outcome: "ok" | "pending" | "incomplete" | "failed";
  readonly head: string;
  /** The newest commit in which everything that took effect stands; null where none is. */
  readonly lastGood: string | null;
  readonly commits: number;
  /** Whether the given root is the registry's. */
  readonly pinned: boolean;
  /** The newest root, by digest; null where the registry has none. */
  readonly root: string | null;
  readonly bad: readonly string[];
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

/// Nothing once it is finished.
type Walking<'h> = Option<Verifier<'h>>;

self_cell!(
    struct Walk {
        owner: Rc<Repository>,

        #[not_covariant]
        dependent: Walking,
    }
);

/// A verification under way: call `step` until `remaining` is 0, then `finish`.
#[wasm_bindgen]
pub struct Verification {
    walk: Walk,
    total: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    outcome: Outcome,
    head: Oid,
    last_good: Option<Oid>,
    commits: usize,
    pinned: bool,
    root: Option<String>,
    bad: Vec<Oid>,
    tainted: Vec<String>,
    problems: Vec<Problem>,
}

#[wasm_bindgen]
impl Verification {
    /// Verifies up to `commits` commits more. Says how many remain.
    pub fn step(&mut self, commits: usize) -> Result<usize, JsValue> {
        self.walk.with_dependent_mut(|_, walking| {
            let verifier = walking.as_mut().ok_or_else(finished)?;
            for _ in 0..commits {
                if verifier.step().map_err(thrown)?.is_none() {
                    break;
                }
            }
            Ok(verifier.remaining())
        })
    }

    /// How many commits remain.
    pub fn remaining(&self) -> usize {
        self.walk.with_dependent(|_, walking| walking.as_ref().map_or(0, Verifier::remaining))
    }

    /// How many commits there are.
    pub fn total(&self) -> usize {
        self.total
    }

    /// Verifies what remains and says what it came to. Nothing can be asked of it after that.
    pub fn finish(&mut self) -> Result<JsReport, JsValue> {
        let commits = self.total;
        self.walk.with_dependent_mut(|_, walking| {
            let verifier = walking.take().ok_or_else(finished)?;
            Ok(value(&report(verifier, commits).map_err(thrown)?)?.unchecked_into())
        })
    }
}

impl Verification {
    pub(crate) fn begin(repository: Rc<Repository>, head: Oid, pin: Option<Digest>) -> Judged<Verification> {
        let walk = Walk::try_new(repository, |repository| {
            let history: &dyn History = &**repository;
            Verifier::from_the_start(history, head, pin).map(Some)
        })?;
        let total = walk.with_dependent(|_, walking| walking.as_ref().map_or(0, Verifier::remaining));
        Ok(Verification { walk, total })
    }
}

fn report(mut verifier: Verifier<'_>, commits: usize) -> Judged<Report> {
    verifier.run(|_| Ok(()))?;
    let verified = verifier.finish()?;
    Ok(Report {
        outcome: verified.outcome(),
        head: verified.head,
        last_good: verified.last_good,
        commits,
        pinned: verified.pinned,
        root: verified.newest_root.map(|root| root.prefixed()),
        problems: verified.problems(),
        bad: verified.bad,
        tainted: verified.tainted,
    })
}

fn finished() -> JsValue {
    misuse("this verification has been finished")
}
