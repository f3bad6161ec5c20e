//! The page of a diff: its heading, and below it the page that every face shows.

use refmark_core::query::diff::ArtifactDiff;
use refmark_core::render::diff;

use super::{Page, bold, safe};
use crate::answer::Render;

impl Render for ArtifactDiff {
    fn render(&self, page: &mut Page) {
        let before = self.old.as_ref();
        let old = before.map_or_else(|| "nothing".to_owned(), |old| old.name(&self.new));
        let new = before.map_or_else(|| self.new.name(&self.new), |old| self.new.name(old));
        let model = match (&self.new.model, before.is_some_and(|old| old.model == self.new.model)) {
            (Some(model), true) => format!("{model} "),
            _ => String::new(),
        };
        page.line(bold(safe(&format!("{model}{old} → {new}"))));
        page.gap();
        page.raw(&diff::page(self).terminal(true));
    }
}
