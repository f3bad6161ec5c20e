//! Pages of keeping: verify, trust, gc, unlock, remotes and sync.

use refmark_core::engine::verify::Outcome;
use refmark_core::types::text::{counted, size};
use refmark_core::{GcAnswer, RemoteCheckAnswer, RemoteGcAnswer, SyncAnswer, TrustAnswer, VerifyAnswer};

use super::{Cell, LISTED, Look, Page, Table, bad, bold, doubtful, faint, good, safe, warning};
use crate::answer::Render;
use crate::commands::remote::{Added, Remotes, Removed};
use crate::commands::trust::Pinned;
use crate::commands::unlock::Unlocked;

impl Render for VerifyAnswer {
    fn render(&self, page: &mut Page) {
        let verdict = match self.verdict {
            Outcome::Ok => good(bold("ok")),
            Outcome::Pending => doubtful(bold("pending")),
            Outcome::Incomplete => doubtful(bold("incomplete")),
            Outcome::Failed => bad(bold("failed")),
        };
        page.line(format!(
            "{verdict}  {}, {}, {} ({}) at {}",
            counted(self.commits as usize, "commit"),
            counted(self.records as usize, "record"),
            counted(self.blobs as usize, "file"),
            size(self.bytes),
            self.head.short()
        ));
        page.line(match &self.trust_root {
            Some(root) => format!("held to the root {root}"),
            None => format!(
                "{} no root is pinned: the registry is consistent with itself, and nothing more is known",
                doubtful("note:")
            ),
        });
        if !self.absent.is_empty() {
            page.line(format!(
                "{} absent: not damaged, only elsewhere; refmark sync",
                counted(self.absent.len(), "file")
            ));
        }
        for problem in self.problems.iter().take(LISTED) {
            let place = problem.commit.map(|it| format!(" at {}", it.short())).unwrap_or_default();
            page.line(format!(
                "{} {}{place} {}",
                bad("problem:"),
                safe(&problem.message),
                faint(format!("[{}]", problem.code))
            ));
            if let Some(hint) = &problem.hint {
                page.line(format!("   {} {}", doubtful("hint:"), safe(&hint.to_string())));
            }
        }
        page.left_out(self.problems.len(), LISTED);
        for warning in &self.warnings {
            page.line(format!("{} {}", doubtful("warning:"), safe(&warning.message)));
        }
        if let (Some(trust), Some(safe_to_use)) = (self.trust, self.safe_to_use) {
            let may = if safe_to_use { good("safe to use") } else { bad("not safe to use") };
            page.line(format!("{trust}, {may}"));
        }
    }

    fn status(&self) -> u8 {
        match self.verdict {
            Outcome::Ok => 0,
            Outcome::Pending | Outcome::Incomplete => 3,
            Outcome::Failed => 4,
        }
    }
}

impl Render for TrustAnswer {
    fn render(&self, page: &mut Page) {
        let pinned = match (&self.pinned, self.is_pinned) {
            (Some(_), true) => match self.roots.iter().find(|it| it.pinned) {
                Some(root) if self.number > 1 => good(format!("yes, root {}", root.number)),
                _ => good("yes"),
            },
            (Some(other), false) => bad(format!("no: you pinned {other}, which is another registry's root")),
            (None, _) => doubtful("no: `refmark trust pin` pins it"),
        };
        page.facts([
            ("registry", format!("{}  {}", bold(safe(&self.name)), faint(self.id))),
            ("root", self.trust_root.clone()),
            ("pinned", pinned),
            ("number", self.number.to_string()),
            ("signs", format!("root: {} of its principals; policy: {}", self.root_threshold, self.policy_threshold)),
        ]);
        let mut table = Table::new(["", ""]);
        for key in &self.keys {
            table.row([format!("  {}", key.principal).into(), key.keyid.to_string().into()]);
        }
        page.line(faint("keys"));
        page.table(table);
    }
}

impl Render for Pinned {
    fn render(&self, page: &mut Page) {
        let root = &self.root;
        page.line(format!("pinned the root of {}: {}", bold(safe(&root.name)), root.trust_root));
        for key in &root.keys {
            page.line(format!("  {}  {}", key.keyid, key.principal));
        }
    }
}

impl Render for GcAnswer {
    fn render(&self, page: &mut Page) {
        let (would, left) = if self.dry_run { ("would remove", "would remain") } else { ("removed", "remain") };
        let mut table = Table::new(["", "", ""]);
        let mut row = |count: u64, what: &str, note: String| table.row([Cell::number(count), what.into(), note.into()]);
        row(self.trash, "deleted files", size(self.trash_bytes));
        row(self.leftovers, "temporary files of processes that are gone", size(self.leftover_bytes));
        row(self.unreachable, "Git objects that nothing reaches", String::new());
        page.line(would);
        page.table(table);
        if self.trash_kept > 0 {
            page.line(format!(
                "{} {left} in the trash until two weeks have passed",
                counted(self.trash_kept as usize, "file")
            ));
        }
        if self.dry_run {
            page.line(format!(
                "Git's data: {}, {} not packed",
                size(self.git_bytes),
                counted(self.loose_objects as usize, "object")
            ));
        } else {
            page.line(format!("Git's data: {} → {}", size(self.git_bytes), size(self.git_bytes_after)));
        }
    }
}

impl Render for Unlocked {
    fn render(&self, page: &mut Page) {
        match &self.holder {
            Some(holder) => page.line(format!(
                "cleared the lock of process {} on {}, held since {}",
                holder.identity.pid,
                safe(&holder.identity.host),
                holder.since
            )),
            None => page.line("cleared a lock whose holder could not be read"),
        }
    }
}

impl Render for Remotes {
    fn render(&self, page: &mut Page) {
        if self.remotes.is_empty() {
            page.line("no remotes; next: refmark remote add NAME DIR|URL");
            return;
        }
        let mut table = Table::new(["REMOTE", "KIND", "PLACE"]);
        for it in &self.remotes {
            table.row([Cell::of(it.name.as_str(), Look::Bold), it.kind.into(), it.url.as_str().into()]);
        }
        page.table(table);
    }
}

impl Render for Added {
    fn render(&self, page: &mut Page) {
        let it = &self.remote;
        page.line(format!("added the remote {} at {}", bold(&it.name), safe(&it.url)));
        it.warnings.iter().for_each(|said| page.line(warning(said)));
        page.line("next: refmark sync");
    }
}

impl Render for Removed {
    fn render(&self, page: &mut Page) {
        page.line(format!("forgot the remote {}; its files stay where they are", bold(&self.removed)));
    }
}

impl Render for RemoteCheckAnswer {
    fn render(&self, page: &mut Page) {
        let it = self;
        page.line(format!(
            "{} holds {} of {} that the registry needs ({}){}",
            bold(&it.remote),
            it.held,
            counted((it.held as usize) + it.missing.len() + it.wrong.len(), "file"),
            size(it.held_bytes),
            if it.hashed { ", each byte hashed" } else { "" }
        ));
        if !it.missing.is_empty() {
            page.line(format!("{} {}", doubtful("missing:"), counted(it.missing.len(), "file")));
        }
        for wrong in &it.wrong {
            page.line(format!("{} {}", bad("wrong:"), safe(&wrong.message)));
        }
        if it.others > 0 {
            page.line(format!(
                "{} that no artifact here names ({})",
                counted(it.others as usize, "other file"),
                size(it.other_bytes)
            ));
        }
    }

    fn status(&self) -> u8 {
        match (self.wrong.is_empty(), self.missing.is_empty()) {
            (false, _) => 4,
            (true, false) => 1,
            (true, true) => 0,
        }
    }
}

impl Render for RemoteGcAnswer {
    fn render(&self, page: &mut Page) {
        let would = if self.dry_run { "would remove" } else { "removed" };
        page.line(format!(
            "{would} {} of deleted artifacts from {} ({})",
            counted(self.removed as usize, "file"),
            bold(&self.remote),
            size(self.removed_bytes)
        ));
        if self.waiting > 0 {
            page.line(format!("{} until two weeks have passed", counted(self.waiting as usize, "file")));
        }
        if self.others > 0 {
            page.line(format!(
                "{} that no artifact here names ({}): left alone",
                counted(self.others as usize, "other file"),
                size(self.other_bytes)
            ));
        }
    }
}

impl Render for SyncAnswer {
    fn render(&self, page: &mut Page) {
        let moved = |count: u64, bytes: u64| format!("{} ({})", counted(count as usize, "file"), size(bytes));
        page.line(format!(
            "sent {}, fetched {}",
            moved(self.sent, self.sent_bytes),
            moved(self.fetched, self.fetched_bytes)
        ));
        if !self.absent.is_empty() {
            page.line(format!(
                "{} {} in no place that can be reached",
                doubtful("absent:"),
                counted(self.absent.len(), "file")
            ));
        }
        for problem in &self.problems {
            page.line(format!("{} {}", bad("problem:"), safe(&problem.message)));
        }
    }
}
