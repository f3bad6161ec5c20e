//! Pages of backups.

use refmark_core::types::text::{counted, size};
use refmark_core::{BackupAnswer, BackupCheck, DrillAnswer};

use super::{LISTED, Page, bad, bold, doubtful, good, safe};
use crate::answer::Render;
use crate::commands::backup::Restored;

fn never_had(absent: usize) -> String {
    format!(
        "{} {} not on this machine when it was made: the backup has them not",
        doubtful("absent:"),
        match absent {
            1 => "1 file was".to_owned(),
            many => format!("{many} files were"),
        }
    )
}

impl Render for BackupAnswer {
    fn render(&self, page: &mut Page) {
        let place = safe(&self.backup.display().to_string());
        if self.new {
            page.line(format!("backup {} in {place}, up to {}", bold(self.number), self.head.short()));
            page.line(format!(
                "added {} of records and {} ({})",
                size(self.git_bytes),
                counted(self.blobs as usize, "file"),
                size(self.blob_bytes)
            ));
        } else {
            page.line(format!("backup {} in {place} has everything up to {}", bold(self.number), self.head.short()));
        }
        if !self.absent.is_empty() {
            page.line(never_had(self.absent.len()));
        }
        page.line("next: refmark backup check DIR --drill; keys are not in it, keep them apart");
    }
}

impl Render for BackupCheck {
    fn render(&self, page: &mut Page) {
        page.line(format!(
            "{}  backup {} of {}, made {}: {} ({}) up to {}",
            good(bold("whole")),
            self.number,
            bold(safe(&self.name)),
            self.time,
            counted(self.files as usize, "file"),
            size(self.bytes),
            self.head.short()
        ));
        if self.absent > 0 {
            page.line(never_had(self.absent as usize));
        }
    }
}

impl Render for DrillAnswer {
    fn render(&self, page: &mut Page) {
        let verdict = if self.passed { good(bold("passed")) } else { bad(bold("not passed")) };
        page.line(format!(
            "{verdict}  backup {} of {}, made {}: restored, {} and {} ({}) verified",
            self.number,
            bold(safe(&self.name)),
            self.made,
            counted(self.commits as usize, "commit"),
            counted(self.blobs as usize, "file"),
            size(self.blob_bytes)
        ));
        page.line(format!(
            "{} compared; the registry is {} ahead",
            aliases(self.aliases.len()),
            counted(self.behind as usize, "commit")
        ));
        let differ = self.aliases.iter().filter(|it| it.restored != it.registry);
        for it in differ.take(LISTED) {
            let held = |it: &Option<refmark_core::Held>| it.map_or("nothing".to_owned(), |it| it.version.to_string());
            let (restored, here) = (held(&it.restored), held(&it.registry));
            page.line(format!("{} {} holds {restored}, and {here} in the registry", bad("differs:"), safe(&it.alias)));
        }
        if self.absent > 0 {
            page.line(never_had(self.absent as usize));
        }
    }

    fn status(&self) -> u8 {
        u8::from(!self.passed)
    }
}

fn aliases(count: usize) -> String {
    if count == 1 { "1 alias".to_owned() } else { format!("{count} aliases") }
}

impl Render for Restored {
    fn render(&self, page: &mut Page) {
        let it = &self.0;
        page.line(format!("restored {} to {}", bold(safe(&it.name)), safe(&it.registry.display().to_string())));
        page.line(format!(
            "verified: {}, {}, {} ({}), as of {}, {}",
            counted(it.commits as usize, "commit"),
            aliases(it.aliases as usize),
            counted(it.blobs as usize, "file"),
            size(it.blob_bytes),
            it.head.short(),
            it.time
        ));
        if !it.absent.is_empty() {
            page.line(never_had(it.absent.len()));
        }
        if !it.pinned {
            page.line(format!("{} no root is pinned: compare {} with its owner's", doubtful("note:"), it.trust_root));
        }
        page.line(format!(
            "readers who saw newer commits ask before they go back: refmark trust accept-head {}",
            it.head
        ));
    }
}
