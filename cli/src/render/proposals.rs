//! Pages of proposals, approvals and landings.

use refmark_core::engine::gate::{Decision, GateReport};
use refmark_core::types::hint::{Hint, lines};
use refmark_core::types::text::counted;
use refmark_core::{ApproveAnswer, Lacking, LandAnswer, ProposalRow, ProposalsAnswer, ProposeAnswer};

use super::{Page, bad, bold, doubtful, faint, good, report, safe};
use crate::answer::Render;

fn reports(page: &mut Page, all: &[GateReport]) {
    all.iter().for_each(|found| report::gates(page, found));
}

fn next(page: &mut Page, commands: &[Hint]) {
    if !commands.is_empty() {
        page.line("next:");
        lines(commands).iter().for_each(|command| page.line(format!("  {}", safe(command))));
    }
}

impl Render for ProposeAnswer {
    fn render(&self, page: &mut Page) {
        let commit = faint(format!("commit {}, on {}", self.commit.short(), self.base.short()));
        page.line(format!(
            "proposed {} on branch {}  {commit}",
            counted(self.records.len(), "record"),
            bold(safe(&self.branch))
        ));
        page.line(match self.decision {
            Decision::Ok => good("it would take effect as it stands"),
            Decision::Pending => doubtful("it lacks something yet, and has no effect until then"),
            Decision::Refused => doubtful("it would be refused as it stands"),
        });
        reports(page, &self.reports);
        next(page, &self.next);
    }
}

impl Render for ApproveAnswer {
    fn render(&self, page: &mut Page) {
        let commit = faint(format!("commit {}", self.commit.short()));
        let statements = counted(self.statements.len(), "statement");
        page.line(format!("{} approved {statements} on {}  {commit}", self.by, bold(safe(&self.branch))));
        page.line(match self.complete {
            true => good("that was the last that it needed"),
            false => doubtful("it still lacks something"),
        });
        reports(page, &self.reports);
        next(page, &self.next);
    }
}

impl Render for LandAnswer {
    fn render(&self, page: &mut Page) {
        let commit = faint(format!("commit {}", self.commit.short()));
        page.line(format!(
            "landed {}: {} took effect  {commit}",
            bold(safe(&self.branch)),
            counted(self.records.len(), "record")
        ));
        let by = self.approved_by.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ");
        page.facts([("approved by", safe(&by))]);
        next(page, &self.next);
    }
}

fn lacking(it: &Lacking) -> String {
    let who: Vec<&str> = it.who.iter().map(|it| it.as_str()).collect();
    if who.is_empty() { safe(&it.what) } else { format!("{} ({})", safe(&it.what), who.join(", ")) }
}

fn row(page: &mut Page, it: &ProposalRow) {
    let by: Vec<&str> = it.by.iter().map(|it| it.as_str()).collect();
    let place = if it.here { "" } else { "  at the origin only" };
    page.line(format!(
        "{}  {}  {}",
        bold(safe(&it.branch)),
        safe(&it.subject),
        faint(format!("by {}{place}", by.join(", ")))
    ));
    match (&it.problem, it.decision) {
        (Some(problem), _) => page.line(format!("  {} {}", bad("cannot land:"), safe(&problem.message))),
        (None, Decision::Ok) => page.line(format!("  {}", good("complete"))),
        (None, _) => {
            let all: Vec<String> = it.waits_for.iter().map(lacking).collect();
            page.line(format!("  {} {}", doubtful("waits for"), all.join("; ")));
        }
    }
    if !it.approved_by.is_empty() {
        let who: Vec<&str> = it.approved_by.iter().map(|it| it.as_str()).collect();
        page.line(format!("  approved by {}", who.join(", ")));
    }
}

impl Render for ProposalsAnswer {
    fn render(&self, page: &mut Page) {
        if self.proposals.is_empty() {
            page.line("no proposal is open");
        }
        self.proposals.iter().for_each(|it| row(page, it));
        let yours: Vec<_> = self.proposals.iter().flat_map(|it| lines(&it.yours)).collect();
        if let (Some(you), false) = (&self.you, yours.is_empty()) {
            page.gap();
            page.line(format!("waits for you ({you}):"));
            yours.iter().for_each(|it| page.line(format!("  {}", safe(it))));
        }
    }
}
