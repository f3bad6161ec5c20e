//! Gates: named checks that a policy demands of a change, one file a family, and the report that every face shows.

mod documents;
mod evidence;
mod field;
mod interest;
mod later;
mod lost_keys;
mod metric;
mod package;
mod people;
mod report;
mod retirement;

pub use evidence::{Heard, evidence_of};
pub use lost_keys::LostKeys;
pub use package::{describe_classes, has_document};
pub use report::{Decision, GateReport, GateResult, Refusal, SignerResult, Status};

use super::clock::{SKEW, dated};
use super::state_reader::StateReader;
use refmark_records::gate::{Gate, GateRule};
use refmark_records::policy::Policy;
use refmark_records::statement::Record;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::Result;
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{ModelName, PrincipalId};
use refmark_types::time::Timestamp;

/// Something about which a gate is asked.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// What has taken effect, and the change itself.
    pub reader: StateReader<'a>,
    /// What had taken effect before the landing that brings the change.
    pub before: StateReader<'a>,
    /// The policy that judges.
    pub policy: &'a Policy,
    /// Which evidence counts for nothing.
    pub lost_keys: &'a LostKeys<'a>,
    /// The change.
    pub record: &'a Record,
    /// The artifact that it is about.
    pub artifact: ArtifactId,
    /// The model and version, where it is about one.
    pub version: Option<(&'a ModelName, u64)>,
    /// Who stands behind it: the author and every approver that counts.
    pub people: &'a [(PrincipalId, Timestamp)],
    /// The models that the change is about: what somebody holds who is limited to scopes must reach them.
    pub over: &'a [ModelName],
    /// The author.
    pub author: &'a PrincipalId,
    /// The gate's clock: the statement's own time, and not before the head that its signer saw.
    pub now: Timestamp,
    /// The time of the commit that brings the change, where it is known.
    pub brought: Option<Timestamp>,
    /// Whether only disinterested parties' evidence counts.
    pub independent: bool,
}

impl Subject<'_> {
    /// When something was said, as far as this change can tell.
    fn dated(&self, record: &Record) -> Timestamp {
        dated(self.reader, record, self.now, self.brought)
    }

    /// Whether something is dated after the change, by more than clocks differ.
    fn is_ahead(&self, record: &Record) -> bool {
        record.common().time > self.now.plus(SKEW)
    }

    /// The step that attaches passing evidence of a type to what is judged.
    fn attach(&self, evidence: impl ToString) -> Next {
        let reference = match self.version {
            Some((model, version)) => format!("{model}/{version}"),
            None => self.artifact.to_string(),
        };
        Next::Attach { reference: Some(reference), evidence: evidence.to_string(), pass: true }
    }
}

/// What a gate found, before waivers.
struct Finding {
    status: Status,
    expected: String,
    found: String,
    evidence: Option<Digest>,
    next: Option<Hint>,
}

impl Finding {
    fn new(status: Status, expected: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding { status, expected: expected.into(), found: found.into(), evidence: None, next: None }
    }

    fn check(holds: bool, expected: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding::new(if holds { Status::Passed } else { Status::Failed }, expected, found)
    }

    fn next(mut self, next: impl Into<Hint>) -> Finding {
        if self.status != Status::Passed {
            self.next = Some(next.into());
        }
        self
    }

    fn by(mut self, evidence: Digest) -> Finding {
        self.evidence = Some(evidence);
        self
    }
}

/// Asks one gate.
pub fn judge(rule: &GateRule, subject: &Subject<'_>) -> Result<GateResult> {
    let subject = Subject { independent: rule.independent.unwrap_or(subject.independent), ..*subject };
    let found = ask(&rule.gate, &subject)?;
    Ok(GateResult {
        name: rule.label(),
        status: found.status,
        expected: found.expected,
        found: found.found,
        evidence: found.evidence,
        next: found.next.or_else(|| {
            (found.status != Status::Passed)
                .then(|| Hint::of("take another version, or see what the policy asks: ").then(Next::PolicyShow))
        }),
        waivable: rule.waivable,
    })
}

fn ask(gate: &Gate, s: &Subject<'_>) -> Result<Finding> {
    match gate {
        Gate::OwnerNamed => package::owner_named(s),
        Gate::LineageComplete { keys, patterns } => package::lineage_complete(s, keys, patterns),
        Gate::Evidence { .. } => evidence::evidence(gate, s),
        Gate::Metric { .. } => metric::metric(gate, s),
        Gate::Field { of, path, op, value } => field::field(s, of, path, *op, value.as_ref()),
        Gate::SignedBy { roles } => Ok(people::signed_by(s, roles, 1, true)),
        Gate::Approvals { count, roles } => Ok(people::signed_by(s, roles, *count, false)),
        Gate::ClassAllowed { classes, with_sign_off } => package::class_allowed(s, classes, with_sign_off),
        Gate::NotWorse { baseline, metrics, min_improvement } => {
            metric::not_worse(s, baseline, metrics, *min_improvement)
        }
        Gate::Licence { allow, deny } => documents::licence(s, allow, deny),
        Gate::ContractStated => documents::contract_stated(s),
        Gate::ContractCompatible { baseline } => documents::contract_compatible(s, baseline),
        Gate::ModelCard { sections } => documents::model_card(s, sections),
        Gate::EvaluationCard { fields } => documents::evaluation_card(s, fields),
        Gate::Scan { tools, max_age_days } => evidence::scan(s, tools, *max_age_days),
        Gate::Size { max_bytes } => package::size(s, *max_bytes),
        Gate::NoCode => package::no_code(s),
        Gate::Complete => package::complete(s),
        Gate::BytesPresent => Ok(package::bytes_present(s)),
        Gate::ReplacementInProduction => retirement::replacement(s),
        Gate::SunsetPassed => retirement::sunset_passed(s),
        Gate::NoConsumers => retirement::no_consumers(s),
        Gate::All { gates } => several(s, gates, true),
        Gate::Any { gates } => several(s, gates, false),
    }
}

fn several(s: &Subject<'_>, gates: &[GateRule], all: bool) -> Result<Finding> {
    let mut results = Vec::new();
    for gate in gates {
        results.push(judge(gate, s)?);
    }
    let statuses = results.iter().map(|result| result.status);
    // Nothing to ask is nothing that holds: an empty `all` fails as an empty `any` does.
    let status = if all { statuses.max() } else { statuses.min() }.unwrap_or(Status::Failed);
    let said = |what: fn(&GateResult) -> &str| {
        results.iter().map(what).collect::<Vec<_>>().join(if all { " and " } else { " or " })
    };
    Ok(Finding::new(status, said(|gate| &gate.expected), said(|gate| &gate.found)))
}
