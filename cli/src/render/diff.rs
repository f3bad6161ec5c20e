//! The page of a diff: its heading, and below it the page that every face shows.

use refmark_core::query::diff::ArtifactDiff;
use refmark_core::render::diff;

use super::{Page, bold, safe};
use crate::answer::Render;

impl Render for ArtifactDiff {
    fn render(&self, page: &mut Page) {
        let (old, new) = (self.old.name(&self.new), self.new.name(&self.old));
        let model = match (&self.old.model, self.old.model == self.new.model) {
            (Some(model), true) => format!("{model} "),
            _ => String::new(),
        };
        page.line(bold(safe(&format!("{model}{old} → {new}"))));
        page.gap();
        page.raw(&diff::page(self).terminal(true));
    }
}
