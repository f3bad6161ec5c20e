//! Pages of the bridge, of smoke tests, and of doctor.

use refmark_core::types::text::counted;
use refmark_core::{BridgeAnswer, DoctorAnswer, Health, ServedAnswer};

use super::{Cell, LISTED, Look, Page, Table, bad, bold, doubtful, faint, good, safe};
use crate::answer::Render;
use crate::commands::bridge::{BridgeChecked, Bridged};

fn edits(page: &mut Page, answer: &BridgeAnswer) {
    let changed = || answer.edits.iter().filter(|it| it.changed);
    for it in changed().take(LISTED) {
        let place = faint(format!("{}:{}", safe(&it.file), it.line));
        page.line(format!("{place}  {} → {}  {}", safe(&it.from), bold(safe(&it.to)), safe(&alias(it))));
    }
    page.left_out(changed().count(), LISTED);
    for it in answer.problems.iter().take(LISTED) {
        page.line(format!("{} {}: {}", bad("problem:"), safe(&it.file), safe(&it.error.message)));
        if let Some(hint) = &it.error.hint {
            page.line(format!("   {} {}", doubtful("hint:"), safe(&hint.to_string())));
        }
    }
}

fn alias(it: &refmark_core::BridgeEdit) -> String {
    format!("{}@{}", it.wanted.model, it.wanted.alias)
}

impl Render for Bridged {
    fn render(&self, page: &mut Page) {
        let answer = &self.answer;
        edits(page, answer);
        let changes = counted(answer.changes(), "value");
        page.line(match (&answer.commit, answer.problems.is_empty()) {
            (_, false) => "nothing was written".to_owned(),
            (Some(commit), _) => {
                let branch = answer.branch.as_deref().unwrap_or_default();
                format!("pushed {} to {}: {changes}", commit.short(), safe(branch))
            }
            (None, _) if answer.changes() == 0 => {
                format!("{} as approved already", counted(answer.edits.len(), "value"))
            }
            (None, _) if self.dry => format!("{changes} would be written"),
            (None, _) => format!("{changes} written"),
        });
    }

    fn status(&self) -> u8 {
        if self.answer.problems.is_empty() { 0 } else { 3 }
    }
}

impl Render for BridgeChecked {
    fn render(&self, page: &mut Page) {
        edits(page, &self.answer);
        for it in self.answer.moving.iter().take(LISTED) {
            let place = faint(format!("{}:{}", safe(&it.file.display().to_string()), it.finding.line));
            page.line(format!("{place}  {} {}", doubtful("moves:"), safe(&it.finding.text)));
        }
        page.left_out(self.answer.moving.len(), LISTED);
        page.line(match self.current {
            true => format!("{}  {}", good(bold("as approved")), counted(self.answer.edits.len(), "value")),
            false => bad(bold("not as approved")),
        });
    }

    fn status(&self) -> u8 {
        if self.current { 0 } else { 3 }
    }
}

impl Render for ServedAnswer {
    fn render(&self, page: &mut Page) {
        let approved = match (&self.approved.model, self.approved.version) {
            (Some(model), Some(version)) => format!("{model}/{version}"),
            _ => self.approved.artifact.short(),
        };
        page.line(match (self.served, &self.said) {
            (true, _) => format!("{}  {}", good(bold("served")), safe(&approved)),
            (false, Some(said)) => {
                format!(
                    "{}  {} is approved, and the runtime says {}",
                    bad(bold("not served")),
                    approved,
                    safe(&said.to_string())
                )
            }
            (false, None) => {
                format!(
                    "{}  {approved} is approved, and the runtime's answer names nothing there",
                    bad(bold("not served"))
                )
            }
        });
    }

    fn status(&self) -> u8 {
        if self.served { 0 } else { 3 }
    }
}

impl Render for DoctorAnswer {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(["", "", ""]);
        for it in &self.checks {
            let mark = match it.health {
                Health::Good => Cell::of("ok", Look::Good),
                Health::Doubtful => Cell::of("look", Look::Doubtful),
                Health::Bad => Cell::of("wrong", Look::Bad),
            };
            table.row([mark, Cell::of(it.what, Look::Bold), Cell::from(it.said.as_str())]);
        }
        page.table(table);
        for it in self.checks.iter().filter(|it| it.health != Health::Good) {
            if let Some(hint) = &it.hint {
                page.line(format!("{} {}: {}", doubtful("next:"), it.what, safe(&hint.to_string())));
            }
        }
    }

    fn status(&self) -> u8 {
        u8::from(self.health == Health::Bad)
    }
}
