//! Pages of export-site.

use refmark_core::types::text::{counted, size};
use refmark_core::{SinglePageAnswer, SiteAnswer};

use super::{Page, bold, doubtful, faint, safe};
use crate::answer::Render;

impl Render for SiteAnswer {
    fn render(&self, page: &mut Page) {
        let path = safe(&self.path.display().to_string());
        match self.changed || self.files_written > 0 {
            true => page.line(format!("exported {} to {}", self.head.short(), bold(path))),
            false => page.line(format!("{} shows {} already: not one byte changed", bold(path), self.head.short())),
        }
        let added: u64 = self.packs_added.iter().map(|it| it.bytes).sum();
        let kept = match self.repacked {
            true => "in place of many small ones".to_owned(),
            false => format!("{} kept", self.packs_kept),
        };
        page.line(format!(
            "{}, {}, {} · packs: {} added ({}), {kept} · {} in all",
            counted(self.models as usize, "model"),
            counted(self.versions as usize, "version"),
            counted(self.refs.len().saturating_sub(1), "open proposal"),
            self.packs_added.len(),
            size(added),
            size(self.bytes),
        ));
        if let Some(blobs) = &self.blobs {
            page.line(format!(
                "with {} of trusted versions ({})",
                counted(blobs.files as usize, "file"),
                size(blobs.bytes)
            ));
            if !blobs.absent.is_empty() {
                let absent = counted(blobs.absent.len(), "file");
                page.line(format!("{} {absent} in no store here; refmark sync", doubtful("absent:")));
            }
        }
        page.line(format!("link to it with {}", faint(&self.fragment)));
        self.warnings.iter().for_each(|it| page.line(format!("{} {}", doubtful("note:"), safe(it))));
    }
}

impl Render for SinglePageAnswer {
    fn render(&self, page: &mut Page) {
        let path = safe(&self.path.display().to_string());
        match self.changed {
            true => page.line(format!("wrote {} ({}): {}", bold(path), size(self.bytes), self.head.short())),
            false => page.line(format!("{} shows {} already: not one byte changed", bold(path), self.head.short())),
        }
        page.line(format!("link to it with {}", faint(&self.fragment)));
        self.warnings.iter().for_each(|it| page.line(format!("{} {}", doubtful("note:"), safe(it))));
    }
}
