//! Judging pins: what the registry says today of what a project is pinned to.

use serde::Serialize;

use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Problem;
use refmark_records::lock::{LockFile, ManifestRest, Pin, PinnedFile, PinnedMove};
use refmark_records::manifest::Manifest;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Exit, Result};
use refmark_types::hint::{Hint, Next};
use refmark_types::name::{AliasName, ModelName};
use refmark_types::oid::Oid;
use refmark_types::package_path::PackagePath;
use refmark_types::span::Span;
use refmark_types::time::Timestamp;

/// What a pin comes to. The order is that of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is what the registry has.
    Current,
    /// Its alias has moved on: `pin update` would change it.
    Behind,
    /// It is too old to go on with, past its sunset, or its lock is newer than the registry here.
    Stale,
    /// Its artifact is not handed out any more: revoked, deleted or not trusted.
    Withdrawn,
    /// The lock says what history does not: it was tampered with, or history was.
    Tampered,
}

/// What is known of one pin.
#[derive(Debug, Clone, Serialize)]
pub struct PinReport {
    /// What the project calls it.
    pub name: ModelName,
    /// The model.
    pub model: ModelName,
    /// The pinned version.
    pub version: u64,
    /// The pinned artifact.
    pub artifact: ArtifactId,
    /// The alias that it follows.
    pub alias: Option<AliasName>,
    /// What the pin comes to.
    pub standing: Standing,
    /// The version that the alias holds now; none without an alias, or where it was closed, or where nobody was asked.
    pub now: Option<u64>,
    /// The artifact's trust state now, where the registry was asked.
    pub trust: Option<TrustState>,
    /// The version's stage now, where the registry was asked.
    pub stage: Option<Stage>,
    /// From this day on nobody should use the version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sunset: Option<Timestamp>,
    /// When the registry was last asked about it.
    pub checked: Timestamp,
    /// Everything that speaks against it.
    pub problems: Vec<Problem>,
}

impl PinReport {
    fn of(pin: &Pin) -> PinReport {
        PinReport {
            name: pin.name.clone(),
            model: pin.model.clone(),
            version: pin.version,
            artifact: pin.artifact,
            alias: pin.alias.clone(),
            standing: Standing::Current,
            now: None,
            trust: None,
            stage: None,
            sunset: None,
            checked: pin.checked,
            problems: Vec::new(),
        }
    }

    /// Notes that what the pin holds rests on a key that was distrusted.
    pub fn taint(&mut self, error: &Error) {
        self.add(Standing::Withdrawn, error);
    }

    fn add(&mut self, standing: Standing, error: &Error) {
        self.standing = self.standing.max(standing);
        self.problems.push(Problem::of(error, None, None));
    }

    /// The worst problem as an error that a command ends with; none where the pin may be used.
    pub fn error(&self) -> Option<Box<Error>> {
        let rank = |problem: &&Problem| (problem.code.exit() == Exit::Integrity, problem.code != Code::StalePin);
        let worst = self.problems.iter().max_by_key(rank)?;
        let mut error = Error::new(worst.code, &worst.message).field("pin", &self.name);
        error.hint = worst.hint.clone();
        error.fields.extend(worst.fields.clone());
        Some(error)
    }
}

/// Where the head that a pin was taken from stands in the history that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadSeen {
    /// It is behind the head, or the head itself.
    Behind,
    /// It is not here: the lock was written against a newer registry than this copy.
    Unknown,
    /// It is here and the head does not descend from it.
    Elsewhere,
}

/// Clocks of machines that are looked after differ by no more seconds.
const SKEW: i64 = 600;

/// What a lock alone says of a pin: whether the registry was asked lately enough. A time that has not come yet says nothing
/// of that, and a limit must not sleep until it has.
pub fn judge_offline(pin: &Pin, max_offline: Option<Span>, now: Timestamp) -> PinReport {
    let mut report = PinReport::of(pin);
    if max_offline.is_some() && pin.checked.since(now) > SKEW {
        let error = Error::new(
            Code::StalePin,
            format!(
                "pin {} was last checked at {}, which is ahead of this machine's clock: {now}",
                pin.name, pin.checked
            ),
        )
        .hint(
            Hint::of("one of the two clocks is wrong; this asks the registry again: ")
                .then(Next::PinUpdate { name: Some(pin.name.to_string()) }),
        )
        .field("checked", pin.checked)
        .field("now", now);
        report.add(Standing::Stale, &error);
        return report;
    }
    if let Some(span) = max_offline
        && now.since(pin.checked) > i64::try_from(span.seconds()).unwrap_or(i64::MAX)
    {
        let error = Error::new(
            Code::StalePin,
            format!("pin {} was last checked at {}, and the lock allows {span} offline", pin.name, pin.checked),
        )
        .hint(Hint::of("to ask the registry again: ").then(Next::PinUpdate { name: Some(pin.name.to_string()) }))
        .field("checked", pin.checked)
        .field("max_offline", span);
        report.add(Standing::Stale, &error);
    }
    report
}

/// What the registry says of a pin.
pub fn judge(
    reader: StateReader<'_>,
    pin: &Pin,
    seen: HeadSeen,
    max_offline: Option<Span>,
    now: Timestamp,
) -> Result<PinReport> {
    let mut report = judge_offline(pin, max_offline, now);
    if seen == HeadSeen::Elsewhere {
        let error = Error::new(
            Code::HistoryRewritten,
            format!("pin {} was taken at {}, which is not behind the registry's head", pin.name, pin.head.short()),
        )
        .hint("the branch was rewritten, or the lock was edited; compare with a copy that you trust")
        .field("expected", pin.head);
        report.add(Standing::Tampered, &error);
    }
    match contradiction(reader, pin)? {
        // A copy without the lock's head cannot say that the lock is wrong: its history may end too early.
        Some(Contradiction::NotInHistory(what)) if seen == HeadSeen::Unknown => {
            let error = Error::new(
                Code::StalePin,
                format!("pin {} was taken at {}, which is not here: {what}", pin.name, pin.head.short()),
            )
            .hint(Hint::of("fetch the newest history: ").then(Next::Fetch));
            report.add(Standing::Stale, &error);
            return Ok(report);
        }
        Some(contradiction) => {
            report.add(Standing::Tampered, &contradiction.into_error(pin));
            return Ok(report);
        }
        None => {}
    }
    today(reader, pin, now, &mut report)?;
    Ok(report)
}

/// What in a pin is not as history has it.
#[derive(Debug, thiserror::Error)]
enum Contradiction {
    /// History has no such thing. A copy that ends before the lock's head may just not have it yet.
    #[error("{0}")]
    NotInHistory(String),
    /// The version is another artifact.
    #[error("the lock names {found}, and {version} is {expected}")]
    OtherArtifact { version: String, expected: ArtifactId, found: ArtifactId },
    /// The alias's move is another statement, or moved to something else.
    #[error("move {sequence} of {alias} is not the one that the lock names")]
    OtherMove { alias: String, sequence: u64 },
    /// The files differ.
    #[error("its files are not those of {0}")]
    OtherFiles(ArtifactId),
}

impl Contradiction {
    fn into_error(self, pin: &Pin) -> Box<Error> {
        let error = Error::new(Code::Tampered, format!("pin {}: {self}", pin.name)).hint(
            Hint::of("the lock file was edited; restore it as it was committed, or pin again: ")
                .then(Next::PinUpdate { name: Some(pin.name.to_string()) }),
        );
        match &self {
            Contradiction::OtherArtifact { expected, found, .. } => {
                error.field("expected", expected).field("found", found)
            }
            _ => error,
        }
    }
}

fn contradiction(reader: StateReader<'_>, pin: &Pin) -> Result<Option<Contradiction>> {
    let Pin { model, version, artifact, .. } = pin;
    let none = |what: String| Ok(Some(Contradiction::NotInHistory(what)));
    let Some(record) = reader.version(model, *version)? else {
        return none(format!("the registry has no {model}/{version}"));
    };
    if record.artifact != *artifact {
        let version = format!("{model}/{version}");
        return Ok(Some(Contradiction::OtherArtifact { version, expected: record.artifact, found: *artifact }));
    }
    if let (Some(alias), Some(PinnedMove { sequence, statement })) = (&pin.alias, pin.moved) {
        let Some(moved) = reader.alias_move(model, alias, sequence)? else {
            return none(format!("{model}@{alias} has no move {sequence}"));
        };
        let target = moved.to.map(|to| (to.version, to.artifact));
        if moved.record.digest() != statement || target != Some((*version, *artifact)) {
            return Ok(Some(Contradiction::OtherMove { alias: format!("{model}@{alias}"), sequence }));
        }
    }
    let Some(manifest) = reader.manifest(artifact)? else {
        return none(format!("the registry has no manifest of {artifact}"));
    };
    Ok((files_of(&manifest)? != pin.files).then_some(Contradiction::OtherFiles(*artifact)))
}

/// What has become of the artifact and the version since.
fn today(reader: StateReader<'_>, pin: &Pin, now: Timestamp, report: &mut PinReport) -> Result<()> {
    let Pin { name, model, version, artifact, .. } = pin;
    let trust = reader.trust(artifact)?.0;
    report.trust = Some(trust);
    let withdrawn = match trust {
        TrustState::Trusted => None,
        TrustState::Revoked => Some((Code::Revoked, "was revoked")),
        TrustState::Deleted => Some((Code::Deleted, "was deleted")),
        TrustState::Acquired | TrustState::Quarantined => Some((Code::NotTrusted, "is not trusted")),
    };
    if let Some((code, what)) = withdrawn {
        let error = Error::new(code, format!("pin {name}: {model}/{version} ({}) {what}", artifact.short()))
            .hint(
                Hint::of(format!("to follow {}: ", pin.follows()))
                    .then(Next::PinUpdate { name: Some(name.to_string()) })
                    .say("; why: ")
                    .then(Next::Explain { reference: Some(format!("{model}/{version}")) }),
            )
            .field("artifact", artifact);
        report.add(Standing::Withdrawn, &error);
    }
    let (stage, moved) = reader.stage(model, *version)?;
    report.stage = Some(stage);
    report.sunset = moved.as_ref().and_then(|moved| moved.sunset);
    if let Some(sunset) = report.sunset.filter(|sunset| *sunset <= now) {
        let instead = moved.as_ref().and_then(|moved| moved.replacement);
        let instead = instead.map(|replacement| format!("; {model}/{replacement} replaces it")).unwrap_or_default();
        let error =
            Error::new(Code::StalePin, format!("pin {name}: {model}/{version} is past its sunset {sunset}{instead}"))
                .hint(Next::PinUpdate { name: Some(name.to_string()) })
                .field("sunset", sunset);
        report.add(Standing::Stale, &error);
    }
    if let Some(alias) = &pin.alias {
        let newest = reader.alias(model, alias)?;
        report.now = newest.as_ref().and_then(|moved| moved.to).map(|to| to.version);
        let moved_on = newest.is_some_and(|newest| pin.moved.is_none_or(|moved| moved.sequence < newest.sequence));
        if moved_on && report.standing == Standing::Current {
            report.standing = Standing::Behind;
        }
    }
    Ok(())
}

/// The files of an artifact, as a lock lists them.
pub fn files_of(manifest: &Manifest) -> Result<Vec<PinnedFile>> {
    let file = |entry: &refmark_records::manifest::FileEntry| {
        Ok(PinnedFile {
            path: PackagePath::parse(&entry.path)?,
            size: entry.size,
            sha256: entry.sha256,
            class: entry.class,
            format: entry.format.clone(),
        })
    };
    manifest.files.iter().map(file).collect()
}

/// A pin of what an alias or a version is now, in a view whose head is this. Not judged: callers look at its trust first.
pub struct Taken<'a> {
    /// What the project calls it.
    pub name: ModelName,
    /// The model.
    pub model: ModelName,
    /// The version.
    pub version: u64,
    /// The alias to follow.
    pub alias: Option<AliasName>,
    /// The head.
    pub head: Oid,
    /// The present time.
    pub now: Timestamp,
    /// What has taken effect.
    pub reader: StateReader<'a>,
}

impl Taken<'_> {
    /// The pin.
    pub fn pin(self) -> Result<Pin> {
        let Taken { name, model, version, alias, head, now, reader } = self;
        let gone = |what: &str| Error::new(Code::NotFound, format!("{model}/{version} has no {what} in the registry"));
        let artifact = reader.version(&model, version)?.ok_or_else(|| gone("record"))?.artifact;
        let manifest = reader.manifest(&artifact)?.ok_or_else(|| gone("manifest"))?;
        let moved = match &alias {
            Some(alias) => reader.alias(&model, alias)?,
            None => None,
        };
        let moved = moved.map(|moved| PinnedMove { sequence: moved.sequence, statement: moved.record.digest() });
        let (rest, files) = (ManifestRest::of(&manifest)?, files_of(&manifest)?);
        Ok(Pin { name, model, version, artifact, alias, moved, head, checked: now, rest, files })
    }
}

/// An error where a lock is for another registry.
pub fn same_registry(lock: &LockFile, id: refmark_records::registry_id::RegistryId) -> Result<()> {
    if lock.registry.id == id {
        return Ok(());
    }
    Err(Error::new(
        Code::WrongRegistry,
        format!("the lock file is for registry {} ({}), and this one is {id}", lock.registry.id, lock.registry.name),
    )
    .hint("name the right one with -R, or keep pins of two registries in two folders")
    .field("expected", lock.registry.id)
    .field("found", id))
}
