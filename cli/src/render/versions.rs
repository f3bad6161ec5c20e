//! Pages of versions: register, list, show, log, resolve, pull, path, and init.

use refmark_core::records::evidence::{Evidence, MetricValue, Verdict};
use refmark_core::records::trust::TrustState;
use refmark_core::types::text::{counted, size};
use refmark_core::{
    PathAnswer, PullAnswer, QUARANTINE_FILES, QUARANTINE_MARK, QuarantinePull, RegisterAnswer, ResolveAnswer,
    ShowAnswer,
};

use super::scanning::{self, class_look};
use super::{Cell, LISTED, Look, Page, Table, bad, bold, doubtful, faint, good, safe, safe_lines};
use crate::answer::Render;
use crate::commands::init::{Initialised, typed};
use crate::commands::list::{Models, Versions};
use crate::commands::register::Bulk;

/// A trust state in its colour.
pub fn trust(state: TrustState) -> String {
    match state {
        TrustState::Trusted => good(state),
        TrustState::Revoked | TrustState::Deleted => bad(state),
        _ => doubtful(state),
    }
}

/// The trust state of a row; what rests on a lost key has none that counts.
fn trust_of(state: TrustState, tainted: bool) -> Cell {
    match tainted {
        true => Cell::of("tainted", Look::Bad),
        false => Cell::of(state.as_str(), trust_look(state)),
    }
}

fn trust_look(state: TrustState) -> Look {
    match state {
        TrustState::Trusted => Look::Good,
        TrustState::Revoked | TrustState::Deleted => Look::Bad,
        _ => Look::Doubtful,
    }
}

/// A metric's value, short.
fn metric(value: &MetricValue) -> String {
    match value {
        MetricValue::Number(number) => refmark_core::types::text::round(*number).to_string(),
        MetricValue::Text(text) => text.clone(),
    }
}

fn metrics<'v>(all: impl Iterator<Item = (&'v String, &'v MetricValue)>) -> String {
    all.map(|(name, value)| format!("{name} {}", metric(value))).collect::<Vec<_>>().join(", ")
}

impl Render for Initialised {
    fn render(&self, page: &mut Page) {
        let it = &self.registry;
        let path = typed(std::path::Path::new(&it.registry));
        page.line(format!("made the registry {} in {}", bold(safe(&it.name)), safe(&path)));
        let made = if self.key.made { "made for you, mode 0600: keep a copy" } else { "yours" };
        page.facts([
            ("trust root", it.trust_root.clone()),
            ("key", format!("{} ({}; {made})", self.key.keyid, safe(&self.key.from))),
            ("you are", it.by.to_string()),
            ("pinned", if it.pinned { "the root, for you, in trust.toml".to_owned() } else { String::new() }),
            (
                "default",
                if it.is_default { "yes: commands use it where no other is near".to_owned() } else { String::new() },
            ),
        ]);
        let at = if it.is_default { String::new() } else { format!(" -R {}", safe(&path)) };
        page.line(format!("next: refmark{at} register MODEL PATH"));
    }
}

impl Render for RegisterAnswer {
    fn render(&self, page: &mut Page) {
        let name = bold(format!("{}/{}", self.model, self.version));
        let artifact = faint(self.artifact.short());
        if !self.created {
            page.line(format!("{name} has exactly this content already  {artifact}"));
            return;
        }
        let bytes = size(self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size)));
        let files = counted(self.files.len(), "file");
        page.line(format!("registered {name}  {files}, {bytes}  {artifact}  {}", trust(self.trust)));
        page.line(format!("scan: {}", safe(&self.scan)));
        const SHOWN: usize = 10;
        let mut table = Table::new(["", "", ""]);
        for file in self.files.iter().take(SHOWN) {
            let class = Cell::of(format!("  {}", file.class), class_look(file.class));
            table.row([class, Cell::number(size(file.size)), file.path.as_str().into()]);
        }
        page.table(table);
        if self.files.len() > SHOWN {
            page.line(faint(format!("  and {} more", self.files.len() - SHOWN)));
        }
        if let Some(commit) = self.commit {
            page.line(faint(format!("commit {}", commit.short())));
        }
    }
}

impl Render for Bulk {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new(["VERSION", "FILES", "SIZE", "ARTIFACT", "TRUST", ""]);
        for it in &self.versions {
            table.row([
                format!("{}/{}", it.model, it.version).into(),
                Cell::number(it.files.len()),
                Cell::number(size(it.files.iter().fold(0, |sum, file| sum.saturating_add(file.size)))),
                it.artifact.short().into(),
                Cell::of(it.trust.as_str(), trust_look(it.trust)),
                if it.created { "" } else { "was there" }.into(),
            ]);
        }
        page.table(table);
        match self.commit {
            Some(commit) => {
                let versions = counted(self.created, "new version");
                page.line(format!("registered {versions} in commit {}", commit.short()));
            }
            None => page.line("nothing was new"),
        }
    }
}

impl Render for Models {
    fn render(&self, page: &mut Page) {
        if self.models.is_empty() {
            page.line("the registry is empty; next: refmark register MODEL PATH");
            return;
        }
        let mut table = Table::new(["MODEL", "VERSIONS", "ALIASES", "OWNER", "DESCRIPTION"]);
        for it in &self.models {
            let aliases = it.aliases.iter().map(|(alias, version)| format!("{alias} → {version}"));
            table.row([
                Cell::of(it.model.as_str(), Look::Bold),
                Cell::number(it.versions),
                aliases.collect::<Vec<_>>().join(", ").into(),
                it.owner.clone().unwrap_or_default().into(),
                it.description.clone().unwrap_or_default().into(),
            ]);
        }
        page.table(table);
    }
}

impl Render for Versions {
    fn render(&self, page: &mut Page) {
        let mut table = Table::new([
            "VERSION",
            "RELEASE",
            "ALIASES",
            "STAGE",
            "TRUST",
            "SIZE",
            "METRICS (CLAIMED)",
            "BY",
            "TIME",
            "ARTIFACT",
        ]);
        for it in &self.versions {
            let aliases = it.aliases.iter().map(|alias| alias.as_str()).collect::<Vec<_>>().join(", ");
            table.row([
                Cell::of(format!("{}/{}", it.model, it.version), Look::Bold),
                it.release.as_ref().map(ToString::to_string).unwrap_or_default().into(),
                aliases.into(),
                it.stage.as_str().into(),
                trust_of(it.trust, it.tainted),
                Cell::number(size(it.size)),
                metrics(it.metrics.iter()).into(),
                it.by.as_str().into(),
                it.time.to_string().into(),
                Cell::of(it.artifact.short(), Look::Faint),
            ]);
        }
        page.table(table);
    }
}

impl Render for ShowAnswer {
    fn render(&self, page: &mut Page) {
        let manifest = &self.manifest;
        let title = match &self.version {
            Some(version) => format!("{}/{}", version.model, version.version),
            None => self.reference.clone(),
        };
        let aliases = self.aliases.iter().map(|it| format!("@{it}")).collect::<Vec<_>>().join(" ");
        page.line(format!("{}  {aliases}", bold(safe(&title))));
        let version = self.version.as_ref();
        let text = |it: Option<String>| safe(&it.unwrap_or_default());
        let vouched = match self.verified {
            true => good("yes, against the root that you pinned"),
            false => doubtful("no: no root is pinned, or history is not whole"),
        };
        let values =
            manifest.metrics.iter().map(|(name, value)| format!("{} {}", safe(name), safe(&value.to_string())));
        page.facts([
            ("artifact", self.artifact.to_string()),
            ("release", text(version.and_then(|it| it.release.as_ref()).map(ToString::to_string))),
            ("about", text(version.and_then(|it| it.description.clone()))),
            ("trust", trust(self.trust)),
            ("closed", text(self.closed_by.as_ref().map(|file| format!("{file} was revoked in another artifact")))),
            ("tainted", text(self.tainted.as_ref().map(|path| format!("{path} rests on a key that was distrusted")))),
            ("stage", self.stage.map(|it| it.to_string()).unwrap_or_default()),
            ("verified", vouched),
            ("registered", version.map(|it| format!("{} by {}", it.time, it.by)).unwrap_or_default()),
            ("type", format!("{} ({})", manifest.artifact_type, safe(&manifest.format))),
            ("size", format!("{} in {}", size(self.size), counted(manifest.files.len(), "file"))),
            (
                "absent",
                if self.absent > 0 {
                    format!("{} not here: refmark sync", counted(self.absent as usize, "file"))
                } else {
                    String::new()
                },
            ),
            ("tensors", if manifest.tensor_count() == 0 { String::new() } else { manifest.tensor_count().to_string() }),
            ("can", safe(&manifest.capabilities.join(", "))),
            ("metrics", {
                let all = values.collect::<Vec<_>>().join(", ");
                if all.is_empty() { all } else { format!("{all}  (claimed)") }
            }),
            ("source", text(manifest.source.clone())),
            ("parents", manifest.parents.iter().map(|it| it.short()).collect::<Vec<_>>().join(", ")),
        ]);
        if let Some(lineage) = self.lineage.as_ref().filter(|it| !it.is_empty()) {
            page.gap();
            page.line(bold("lineage"));
            let mut table = Table::new(["", ""]);
            lineage.iter().for_each(|(key, value)| table.row([format!("  {key}").into(), value.as_str().into()]));
            page.table(table);
        }
        page.gap();
        page.line(bold("files"));
        let mut files = Table::new(["", "", "", ""]);
        for file in manifest.files.iter().take(LISTED) {
            let class = Cell::of(format!("  {}", file.class), class_look(file.class));
            files.row([
                class,
                Cell::number(size(file.size)),
                file.path.as_str().into(),
                Cell::of(format!("sha256:{}", file.sha256.short()), Look::Faint),
            ]);
        }
        page.table(files);
        page.left_out(manifest.files.len(), LISTED);
        scanning::findings(page, &self.findings, &self.manifest.incomplete);
        self.history(page);
    }
}

/// Who attached the document that stands, where it came later.
fn attached(answer: &ShowAnswer, of: &str, comes_later: bool) -> String {
    let is_one = |it: &&Evidence| it.evidence_type.as_str() == of && it.verdict != Verdict::Fail;
    let newest = answer.evidence.iter().rev().map(|(_, it)| it).find(is_one).filter(|_| comes_later);
    newest.map(|it| format!(", attached by {}", it.by)).unwrap_or_default()
}

/// What is known of an artifact beside its manifest.
trait History {
    fn history(&self, page: &mut Page);
}

impl History for ShowAnswer {
    fn history(&self, page: &mut Page) {
        if !self.evidence.is_empty() {
            page.gap();
            page.line(bold("evidence"));
            let mut table = Table::new(["", "", "", "", ""]);
            for (_, it) in &self.evidence {
                table.row([
                    format!("  {}", it.evidence_type).into(),
                    it.verdict.as_str().into(),
                    it.by.as_str().into(),
                    it.time.to_string().into(),
                    it.summary.clone().unwrap_or_default().into(),
                ]);
            }
            page.table(table);
            for (_, it) in &self.evidence {
                let Some(text) = it.text().filter(|text| self.model_card.as_deref() != Some(*text)) else { continue };
                page.gap();
                page.line(bold(format!("{} by {}", it.evidence_type, it.by)));
                page.line(safe_lines(text.trim()));
            }
        }
        let moves =
            self.trust_moves.iter().map(|it| (it.from.to_string(), it.to.to_string(), &it.by, it.time, &it.reason));
        let stages =
            self.stage_moves.iter().map(|it| (it.from.to_string(), it.to.to_string(), &it.by, it.time, &it.reason));
        let mut table = Table::new(["", "", "", ""]);
        let mut any = false;
        for (from, to, by, time, reason) in moves.chain(stages) {
            any = true;
            table.row([
                format!("  {from} → {to}").into(),
                by.as_str().into(),
                time.to_string().into(),
                reason.as_str().into(),
            ]);
        }
        if any {
            page.gap();
            page.line(bold("moves"));
            page.table(table);
        }
        if let Some(contract) = &self.contract {
            page.gap();
            page.line(bold(format!("contract{}", attached(self, "contract", self.manifest.contract.is_none()))));
            let mut table = Table::new(["", "", ""]);
            let inputs = contract.inputs.iter().map(|field| ("  in", field));
            for (what, field) in inputs.chain(contract.outputs.iter().map(|field| ("  out", field))) {
                let optional = if field.optional { "?" } else { "" };
                let of = format!("{}{optional}", field.field_type);
                table.row([what.into(), field.name.as_str().into(), of.into()]);
            }
            page.table(table);
        }
        if let Some(card) = &self.model_card {
            page.gap();
            page.line(bold(format!("model card{}", attached(self, "model-card", true))));
            page.line(safe_lines(card.trim_end()));
        }
    }
}

impl Render for ResolveAnswer {
    fn render(&self, page: &mut Page) {
        let means = match (&self.model, self.version) {
            (Some(model), Some(version)) => format!("{model}/{version}"),
            _ => self.artifact.short(),
        };
        page.line(format!("{} → {}", safe(&self.reference), bold(safe(&means))));
        let vouched = match self.verified {
            true => good("yes: every commit, against the root that you pinned"),
            false => doubtful("no: nothing vouches for this; pin the root with `refmark trust pin`"),
        };
        let commit = self.commit.map(|it| it.short()).unwrap_or_default();
        let moved = self.sequence.map(|it| it.to_string()).unwrap_or_default();
        let at = self.at.as_ref().map(|at| {
            let landed = at.landed.map(|it| format!(", took effect {it}")).unwrap_or_default();
            let dated = if at.dated_by == "claimed" { "as its committer claims" } else { "bounded by a checkpoint" };
            format!("{}{landed} ({dated})", at.time)
        });
        page.facts([
            ("artifact", self.artifact.to_string()),
            ("trust", trust(self.trust_state)),
            ("stage", self.stage.map(|it| it.to_string()).unwrap_or_default()),
            ("move", moved),
            ("commit", commit),
            ("at", at.unwrap_or_default()),
            ("verified", vouched),
            ("as of", format!("{}  {}", self.as_of.head.short(), self.as_of.time)),
        ]);
    }
}

impl Render for PullAnswer {
    fn render(&self, page: &mut Page) {
        let bytes = size(self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size)));
        let files = counted(self.files.len(), "file");
        let verb = if self.was_there { "found" } else { "pulled" };
        page.line(format!(
            "{verb} {} in {}  {files}, {bytes}",
            bold(safe(&self.resolved.reference)),
            safe(&self.path.display().to_string())
        ));
        page.line(match self.resolved.verified {
            true => format!("{} every byte is what {} says", good("verified:"), self.artifact.short()),
            false => format!(
                "{} the bytes are {}'s, and nothing vouches for it",
                doubtful("not verified:"),
                self.artifact.short()
            ),
        });
        warn(page, &self.warnings);
    }
}

impl Render for QuarantinePull {
    fn render(&self, page: &mut Page) {
        let bytes = size(self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size)));
        let (files, place) = (counted(self.files.len(), "file"), safe(&self.path.display().to_string()).to_string());
        page.line(format!(
            "{} {} in {place}/{QUARANTINE_FILES}  {files}, {bytes}",
            bad("quarantined:"),
            self.artifact.short()
        ));
        page.line(format!("nobody trusts them yet: {place}/{QUARANTINE_MARK} says what may be done"));
        page.line(faint(format!(
            "recorded: {} took them in commit {}",
            self.evidence.by,
            self.evidence.commit.short()
        )));
    }
}

/// A line of doubt for each warning.
fn warn(page: &mut Page, warnings: &[String]) {
    warnings.iter().for_each(|it| page.line(format!("{} {}", doubtful("warning:"), safe(it))));
}

impl Render for PathAnswer {
    fn render(&self, page: &mut Page) {
        page.line(self.path.display());
    }
}
