//! Pages of changes: promote, rollback, unset, transition, revoke, delete, and the log of aliases.

use refmark_core::engine::gate::{GateReport, Status};
use refmark_core::records::alias::Target;
use refmark_core::records::trust::TrustState;
use refmark_core::types::text::counted;
use refmark_core::{RevokeAnswer, TransitionAnswer};

use super::{Cell, Look, Page, Table, bold, doubtful, faint, report, safe};
use crate::answer::Render;
use crate::commands::log::{Events, Log, SHOWN};
use crate::commands::promote::Moved;

/// What an alias held, or will hold.
pub fn held(target: Option<Target>) -> String {
    target.map_or_else(|| "(none)".to_owned(), |it| it.version.to_string())
}

impl Render for Moved {
    fn render(&self, page: &mut Page) {
        let it = &self.answer;
        let name = bold(format!("{}@{}", it.model, it.alias));
        let commit = faint(format!("commit {}", it.commit.short()));
        page.line(format!("{} {name} {} → {}  {commit}", self.verb, held(it.from), held(it.to)));
        if !it.reason.is_empty() {
            page.line(format!("reason: {}", safe(&it.reason)));
        }
        for note in &it.notes {
            page.line(format!("{} {}", doubtful("note:"), safe(&note.to_string())));
        }
        still_to_do(page, &it.reports);
    }
}

/// The reports with something that somebody has yet to do. What passed is in the records.
fn still_to_do(page: &mut Page, reports: &[GateReport]) {
    for found in reports {
        let open = found.signers.iter().any(|signer| signer.by.is_none());
        if open || found.gates.iter().any(|gate| gate.status != Status::Passed) {
            report::gates(page, found);
        }
    }
}

impl Render for TransitionAnswer {
    fn render(&self, page: &mut Page) {
        let what = self.version.clone().unwrap_or_else(|| self.artifact.short());
        let commit = faint(format!("commit {}", self.commit.short()));
        page.line(format!("moved {} {} → {}  {commit}", bold(safe(&what)), self.from, self.to));
        still_to_do(page, &self.reports);
    }
}

impl Render for RevokeAnswer {
    fn render(&self, page: &mut Page) {
        let commit = faint(format!("commit {}", self.commit.short()));
        page.line(format!(
            "{} is {} now: its bytes are handed out to nobody  {commit}",
            self.artifact.short(),
            bold(self.to)
        ));
        let versions = self.versions.iter().map(|(model, version)| format!("{model}/{version}")).collect::<Vec<_>>();
        let aliases = self.aliases.iter().map(|(model, alias)| format!("{model}@{alias}")).collect::<Vec<_>>();
        let pinned = self.consumers.iter().map(|it| it.as_str()).collect::<Vec<_>>();
        page.facts([
            ("versions", safe(&versions.join(", "))),
            ("aliases", safe(&aliases.join(", "))),
            ("pinned by", safe(&pinned.join(", "))),
            ("files", safe(&few(&self.files))),
        ]);
        for closed in &self.closed {
            let names = closed.versions.iter().map(|(model, version)| format!("{model}/{version}"));
            let names = names.chain(closed.aliases.iter().map(|(model, alias)| format!("{model}@{alias}")));
            let names = safe(&names.collect::<Vec<_>>().join(", "));
            let file = safe(&closed.file);
            page.line(format!(
                "closed, too: {} {names}  {}",
                closed.artifact.short(),
                faint(format!("it holds {file}"))
            ));
        }
        if let Some((model, alias)) = self.aliases.first() {
            page.line(format!(
                "{} these resolve to nothing until they move: refmark rollback {model}@{alias}",
                doubtful("note:")
            ));
        }
        if self.to == TrustState::Deleted && self.removed.is_empty() {
            page.line("its files stay: live artifacts share them, or they were not here");
        }
        if !self.removed.is_empty() {
            page.line(format!("{} moved to the trash, for two weeks", counted(self.removed.len(), "file")));
        }
    }
}

impl Render for Log {
    fn render(&self, page: &mut Page) {
        let moves = &self.answer.moves;
        if moves.is_empty() {
            page.line("no alias has moved yet; next: refmark promote MODEL@ALIAS VERSION");
            return;
        }
        let shown = if self.all { moves.len() } else { SHOWN };
        let mut table = Table::new(["ALIAS", "MOVE", "FROM → TO", "BY", "TIME", "COMMIT", "REASON"]);
        for it in moves.iter().take(shown) {
            table.row([
                Cell::of(format!("{}@{}", it.model, it.alias), Look::Bold),
                Cell::number(it.sequence),
                format!("{} → {}", held(it.from), held(it.to)).into(),
                it.by.as_str().into(),
                it.time.to_string().into(),
                Cell::of(it.commit.map(|it| it.short()).unwrap_or_default(), Look::Faint),
                it.reason.as_str().into(),
            ]);
        }
        page.table(table);
        if moves.len() > shown {
            page.line(faint(format!("and {} older; --all shows them", counted(moves.len() - shown, "move"))));
        }
    }
}

/// The first of a list, and how many more there are.
fn few(all: &[String]) -> String {
    let first: Vec<&str> = all.iter().take(4).map(String::as_str).collect();
    let more = all.len() - first.len();
    if more > 0 { format!("{} and {more} more", first.join(", ")) } else { first.join(", ") }
}

impl Render for Events {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(["KIND", "WHAT", "BY", "LANDED", "COMMIT", "REASON"]);
        for it in &self.0.events {
            let what = match it.details.is_empty() {
                true => it.what.clone(),
                false => format!("{}: {}", it.what, it.details.join("; ")),
            };
            table.row([
                it.kind.into(),
                Cell::of(what, Look::Bold),
                it.by.as_str().into(),
                it.landed.to_string().into(),
                Cell::of(it.commit.short(), Look::Faint),
                it.reason.as_str().into(),
            ]);
        }
        page.table(table);
    }
}
