//! What of a package needs attention by itself: what its files can do, what it lacks, and what was said against it.

use super::{Attention, AttentionKind, Gravity, Watched};
use crate::findings::{FileFinding, findings_of};
use refmark_engine::state_reader::{StateReader, TypedRecord};
use refmark_records::evidence::{Evidence, Verdict};
use refmark_records::manifest::{FileClass, FileEntry, Manifest};
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use refmark_types::text::{bounded, counted, day};

/// So many files of a kind are named one by one.
const FILES: usize = 6;
/// So many findings of a file are said.
const FINDINGS: usize = 2;

pub(super) fn look(reader: StateReader<'_>, one: &Watched<'_>, found: &mut Vec<Attention>) -> Result<()> {
    let Some(manifest) = reader.manifest(&one.artifact)? else { return Ok(()) };
    let old = match &one.old {
        Some((artifact, _)) => reader.manifest(artifact)?,
        None => None,
    };
    let evidence = reader.evidence(&one.artifact)?;
    files(
        &Held { manifest: &manifest, old: old.as_deref(), one },
        &findings_of(reader, &one.artifact)?,
        &evidence,
        found,
    );
    if let Some(first) = manifest.incomplete.first() {
        let more = manifest.incomplete.len() - 1;
        let more = if more > 0 { format!("; and {}", counted(more, "more gap")) } else { String::new() };
        found.push(one.item(
            Gravity::Danger,
            AttentionKind::NotWhole,
            format!("{}{more}", bounded(&first.to_string(), 200)),
        ));
    }
    failures(one, &evidence, found);
    Ok(())
}

impl Watched<'_> {
    pub(super) fn item(&self, gravity: Gravity, kind: AttentionKind, says: String) -> Attention {
        Attention { gravity, kind, about: self.about.clone(), says, by: self.registrar.clone() }
    }
}

/// A package beside the one that it is held against.
struct Held<'a> {
    manifest: &'a Manifest,
    old: Option<&'a Manifest>,
    one: &'a Watched<'a>,
}

impl Held<'_> {
    fn before(&self, path: &str) -> Option<Digest> {
        self.old?.files.iter().find(|file| file.path == path).map(|file| file.sha256)
    }

    fn is_as_before(&self, file: &FileEntry) -> bool {
        self.before(&file.path) == Some(file.sha256)
    }

    /// Whether a file is new, beside what it is held against.
    fn since(&self, file: &FileEntry) -> String {
        let Some((_, name)) = self.one.old.as_ref().filter(|_| self.old.is_some()) else { return String::new() };
        match self.before(&file.path) {
            None => format!(", not in {name}"),
            Some(_) => format!(", changed since {name}"),
        }
    }
}

/// Files that run, name code or were not looked into: those that are new one by one, the rest counted.
fn files(held: &Held<'_>, findings: &[FileFinding], evidence: &[TypedRecord<Evidence>], found: &mut Vec<Attention>) {
    let one = held.one;
    let signed: Vec<&str> = evidence
        .iter()
        .filter(|it| it.evidence_type.as_str() == "sign-off" && it.verdict == Verdict::Pass)
        .map(|it| it.by.as_str())
        .collect();
    let signed = if signed.is_empty() {
        "nobody signed it off".to_owned()
    } else {
        format!("signed off by {}", signed.join(", "))
    };
    let registered = one.registrar.as_ref().map(|by| format!("registered by {by}; ")).unwrap_or_default();
    let mut same: Vec<&str> = Vec::new();
    let mut named: Vec<(AttentionKind, usize)> = Vec::new();
    for file in &held.manifest.files {
        let of_file = findings.iter().filter(|it| it.file == file.path && it.is_told());
        let found_here: Vec<&FileFinding> = of_file.collect();
        let Some(kind) = kind_of(file.class, !found_here.is_empty()) else { continue };
        if held.is_as_before(file) {
            same.push(&file.path);
            continue;
        }
        let at = named.iter().position(|(known, _)| *known == kind).unwrap_or_else(|| {
            named.push((kind, 0));
            named.len() - 1
        });
        named[at].1 += 1;
        if named[at].1 > FILES {
            continue;
        }
        let mut said: Vec<String> = found_here.iter().take(FINDINGS).map(|it| bounded(&it.in_words(), 120)).collect();
        let rest = found_here.len().saturating_sub(FINDINGS);
        said.extend((rest > 0).then(|| counted(rest, "more finding")));
        let said = if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
        let says =
            format!("{} ({}{}){said}; {registered}{signed}", bounded(&file.path, 100), file.class, held.since(file));
        found.push(one.item(Gravity::Danger, kind, says));
    }
    for (kind, count) in named.into_iter().filter(|(_, count)| *count > FILES) {
        let count = count - FILES;
        found.push(one.item(
            Gravity::Danger,
            kind,
            format!("{} of this kind; {registered}{signed}", counted(count, "more file")),
        ));
    }
    if let (false, Some((_, old))) = (same.is_empty(), &one.old) {
        let first: Vec<String> = same.iter().take(3).map(|path| bounded(path, 60)).collect();
        let rest = same.len() - first.len();
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let says = format!("{} as in {old} that may run code: {}{rest}", counted(same.len(), "file"), first.join(", "));
        found.push(one.item(Gravity::Caution, AttentionKind::Code, says));
    }
}

fn kind_of(class: FileClass, has_findings: bool) -> Option<AttentionKind> {
    match class {
        FileClass::ConfigCode => Some(AttentionKind::ConfigCode),
        FileClass::NotScanned => Some(AttentionKind::NotScanned),
        class if class.runs() => Some(AttentionKind::Code),
        _ => has_findings.then_some(AttentionKind::Finding),
    }
}

/// Evidence that speaks against the artifact, and whether a later pass of its type answers it. Which answers count for a gate is
/// the gate's to say.
fn failures(one: &Watched<'_>, evidence: &[TypedRecord<Evidence>], found: &mut Vec<Attention>) {
    for fail in evidence.iter().filter(|it| it.verdict == Verdict::Fail) {
        let answer = evidence.iter().find(|pass| {
            pass.verdict == Verdict::Pass && pass.evidence_type == fail.evidence_type && pass.time >= fail.time
        });
        let why = fail.summary.as_ref().map(|text| format!(": {}", bounded(text, 120))).unwrap_or_default();
        let said = format!("{} by {} on {} says fail{why}", fail.evidence_type, fail.by, day(fail.time));
        let (gravity, kind, says) = match answer {
            Some(pass) => (
                Gravity::Caution,
                AttentionKind::SupersededFailure,
                format!("{said}; a later pass by {} answers it", pass.by),
            ),
            None => (Gravity::Danger, AttentionKind::StandingFailure, format!("{said}; nothing answers it")),
        };
        found.push(Attention { by: Some(fail.by.clone()), ..one.item(gravity, kind, says) });
    }
}
