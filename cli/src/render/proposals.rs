//! Pages of proposals, approvals and landings.

use refmark_core::engine::gate::{Decision, GateReport};
use refmark_core::types::hint::Hint;
use refmark_core::types::text::counted;
use refmark_core::{ApproveAnswer, LandAnswer, ProposeAnswer};

use super::{Page, bold, doubtful, faint, good, report, safe};
use crate::answer::Render;

fn reports(page: &mut Page, all: &[GateReport]) {
    all.iter().for_each(|found| report::gates(page, found));
}

fn next(page: &mut Page, commands: &[Hint]) {
    if !commands.is_empty() {
        page.line("next:");
        commands.iter().for_each(|command| page.line(format!("  {}", safe(&command.to_string()))));
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
    }
}
