//! Judging pins: what the registry says today of what a project is pinned to.

use serde::Serialize;

use refmark_engine::state_reader::StateReader;
use refmark_engine::verify::Problem;
use refmark_records::lock::{LockFile, Pin, PinnedFile, PinnedMove};
use refmark_records::manifest::Manifest;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::ArtifactId;
use refmark_types::error::{Code, Error, Exit, Result};
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
        let rank = |it: &&Problem| (it.code.exit() == Exit::Integrity, it.code != Code::StalePin);
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

/// What a lock alone says of a pin: whether the registry was asked lately enough.
pub fn judge_offline(pin: &Pin, max_offline: Option<Span>, now: Timestamp) -> PinReport {
    let mut report = PinReport::of(pin);
    if let Some(span) = max_offline
        && now.since(pin.checked) > i64::try_from(span.seconds()).unwrap_or(i64::MAX)
    {
        let error = Error::new(
            Code::StalePin,
            format!("pin {} was last checked at {}, and the lock allows {span} offline", pin.name, pin.checked),
        )
        .hint("`refmark pin update` asks the registry again")
        .field("checked", pin.checked)
        .field("max_offline", span);
        report.add(Standing::Stale, &error);
    }
    report
}

/// What the registry says of a pin.
pub fn judge(
    facts: StateReader<'_>,
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
    match contradiction(facts, pin)? {
        // A copy that lacks the lock's head cannot say that the lock lies: it may just not have heard.
        Some(error) if seen == HeadSeen::Unknown && error.fields.contains_key("missing") => {
            let error = Error::new(
                Code::StalePin,
                format!("pin {} was taken at {}, which is not here: {}", pin.name, pin.head.short(), error.message),
            )
            .hint("fetch the newest history: refmark fetch");
            report.add(Standing::Stale, &error);
            return Ok(report);
        }
        Some(error) => {
            report.add(Standing::Tampered, &error);
            return Ok(report);
        }
        None => {}
    }
    today(facts, pin, now, &mut report)?;
    Ok(report)
}

/// What in a pin is not as history has it; the field `missing` where history has nothing at all.
fn contradiction(facts: StateReader<'_>, pin: &Pin) -> Result<Option<Box<Error>>> {
    let Pin { name, model, version, artifact, .. } = pin;
    let lies = |what: String| {
        Error::new(Code::Tampered, format!("pin {name}: {what}"))
            .hint("somebody edited the lock file; put it back as it was committed, or pin anew: refmark pin update")
    };
    let Some(record) = facts.version(model, *version)? else {
        return Ok(Some(lies(format!("the registry has no {model}/{version}")).field("missing", true)));
    };
    if record.artifact != *artifact {
        let what = format!("the lock says that {model}/{version} is {artifact}, and history has {}", record.artifact);
        return Ok(Some(lies(what).field("expected", record.artifact).field("found", artifact)));
    }
    if let (Some(alias), Some(PinnedMove { sequence, statement })) = (&pin.alias, pin.moved) {
        let Some(moved) = facts.alias_move(model, alias, sequence)? else {
            let what = format!("{model}@{alias} has no move {sequence}");
            return Ok(Some(lies(what).field("missing", true)));
        };
        let brought = moved.to.map(|to| (to.version, to.artifact));
        if moved.record.digest() != statement || brought != Some((*version, *artifact)) {
            return Ok(Some(lies(format!("move {sequence} of {model}@{alias} is another one than the lock says"))));
        }
    }
    let Some(manifest) = facts.manifest(artifact)? else {
        return Ok(Some(lies(format!("{artifact} has no manifest in the registry")).field("missing", true)));
    };
    Ok(match files_of(&manifest)? == pin.files {
        true => None,
        false => Some(lies(format!("its files are not those of {artifact}"))),
    })
}

/// What has become of the artifact and the version since.
fn today(facts: StateReader<'_>, pin: &Pin, now: Timestamp, report: &mut PinReport) -> Result<()> {
    let Pin { name, model, version, artifact, .. } = pin;
    let trust = facts.trust(artifact)?.0;
    report.trust = Some(trust);
    let withdrawn = match trust {
        TrustState::Trusted => None,
        TrustState::Revoked => Some((Code::Revoked, "was revoked")),
        TrustState::Deleted => Some((Code::Deleted, "was deleted")),
        TrustState::Acquired | TrustState::Quarantined => Some((Code::NotTrusted, "is not trusted")),
    };
    if let Some((code, what)) = withdrawn {
        let error = Error::new(code, format!("pin {name}: {model}/{version} ({}) {what}", artifact.short()))
            .hint(format!("`refmark pin update {name}` follows {}; `refmark explain` says why", pin.follows()))
            .field("artifact", artifact);
        report.add(Standing::Withdrawn, &error);
    }
    let (stage, moved) = facts.stage(model, *version)?;
    report.stage = Some(stage);
    report.sunset = moved.as_ref().and_then(|it| it.sunset);
    if let Some(sunset) = report.sunset.filter(|sunset| *sunset <= now) {
        let instead = moved.as_ref().and_then(|it| it.replacement);
        let instead = instead.map(|it| format!("; {model}/{it} stands in for it")).unwrap_or_default();
        let error =
            Error::new(Code::StalePin, format!("pin {name}: {model}/{version} is past its sunset {sunset}{instead}"))
                .hint(format!("refmark pin update {name}"))
                .field("sunset", sunset);
        report.add(Standing::Stale, &error);
    }
    if let Some(alias) = &pin.alias {
        let newest = facts.alias(model, alias)?;
        report.now = newest.as_ref().and_then(|it| it.to).map(|to| to.version);
        let moved_on = newest.is_some_and(|it| pin.moved.is_none_or(|moved| moved.sequence < it.sequence));
        if moved_on && report.standing == Standing::Current {
            report.standing = Standing::Behind;
        }
    }
    Ok(())
}

/// The files of an artifact, as a lock lists them.
pub fn files_of(manifest: &Manifest) -> Result<Vec<PinnedFile>> {
    let file = |it: &refmark_records::manifest::FileEntry| {
        Ok(PinnedFile { path: PackagePath::parse(&it.path)?, size: it.size, sha256: it.sha256, class: it.class })
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
    pub facts: StateReader<'a>,
}

impl Taken<'_> {
    /// The pin.
    pub fn pin(self) -> Result<Pin> {
        let Taken { name, model, version, alias, head, now, facts } = self;
        let gone = |what: &str| Error::new(Code::NotFound, format!("{model}/{version} has no {what} in the registry"));
        let artifact = facts.version(&model, version)?.ok_or_else(|| gone("record"))?.artifact;
        let manifest = facts.manifest(&artifact)?.ok_or_else(|| gone("manifest"))?;
        let moved = match &alias {
            Some(alias) => facts.alias(&model, alias)?,
            None => None,
        };
        let moved = moved.map(|it| PinnedMove { sequence: it.sequence, statement: it.record.digest() });
        let files = files_of(&manifest)?;
        Ok(Pin { name, model, version, artifact, alias, moved, head, checked: now, files })
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
