//! Pages of search, the index, and words about models and versions.

use refmark_core::types::text::{bounded, size};
use refmark_core::{LabelAnswer, SearchAnswer};

use super::{Cell, Look, Page, Table, bold, doubtful, faint, good, safe};
use crate::answer::Render;
use crate::commands::index::Index;

impl Render for SearchAnswer {
    fn render(&self, page: &mut Page) {
        if self.found.is_empty() {
            page.line("nothing fits");
            return;
        }
        let mut table = Table::new(["VERSION", "ALIASES", "STAGE", "TRUST", "FORMAT", "BECAUSE OF"]);
        for it in &self.found {
            let aliases = it.version.aliases.iter().map(|alias| alias.as_str()).collect::<Vec<_>>().join(", ");
            let because = it.matched.iter().map(|it| format!("{}: {}", it.field, bounded(&it.value, 60)));
            table.row([
                Cell::of(format!("{}/{}", it.version.model, it.version.version), Look::Bold),
                aliases.into(),
                it.version.stage.as_str().into(),
                it.version.trust.as_str().into(),
                it.format.as_str().into(),
                because.collect::<Vec<_>>().join("; ").into(),
            ]);
        }
        page.table(table);
    }
}

impl Render for Index {
    fn render(&self, page: &mut Page) {
        let it = &self.0;
        let current = if it.current { good("yes") } else { doubtful("no: the next search catches up") };
        page.facts([
            ("index", safe(&it.path.display().to_string())),
            ("current", current),
            ("size", size(it.bytes)),
            ("commits", it.commits.to_string()),
            ("models", it.models.to_string()),
            ("versions", it.versions.to_string()),
            ("moves", it.moves.to_string()),
        ]);
    }
}

impl Render for LabelAnswer {
    fn render(&self, page: &mut Page) {
        let version = self.version.map(|it| format!("/{it}")).unwrap_or_default();
        let commit = faint(format!("commit {}", self.commit.short()));
        page.line(format!("described {}{version}  {commit}", bold(&self.model)));
    }
}
