//! The people of the example, their keys, their clock, and what each of them does by hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use refmark_core::engine::plan::{Author, PromoteRequest};
use refmark_core::engine::policy::{TeamMember, team_policy};
use refmark_core::engine::ports::Clock;
use refmark_core::engine::ports::signer::Signer;
use refmark_core::records::evidence::{Named, Verdict};
use refmark_core::records::policy::{MemberKind, Owners};
use refmark_core::records::registry_id::RegistryId;
use refmark_core::store::git::Format;
use refmark_core::store::key::{generate, keep};
use refmark_core::types::digest::Digest;
use refmark_core::types::error::{Code, Error, Result, bug};
use refmark_core::types::name::{AliasName, EntryId, ModelName, PrincipalId, Role};
use refmark_core::types::reference::Reference;
use refmark_core::types::time::Timestamp;
use refmark_core::{
    ApproveRequest, AttachRequest, Context, InitAnswer, InitRequest, Package, RegisterAnswer, Registry,
    TransitionRequest,
};
use std::collections::BTreeMap;

/// Id, name, kind, roles. Ada founds the registry.
const PEOPLE: [(&str, &str, MemberKind, &[&str]); 7] = [
    ("ada", "Ada Okafor", MemberKind::Person, &["platform-lead", "model-owner"]),
    ("bo", "Bo Lindqvist", MemberKind::Person, &["mlops-engineer"]),
    ("chen", "Chen Wei", MemberKind::Person, &["platform-lead"]),
    ("nora", "Nora Haddad", MemberKind::Person, &["data-scientist"]),
    ("ci", "The build service", MemberKind::Agent, &["ci-agent"]),
    ("olu", "Olu Adeyemi", MemberKind::Person, &["on-call"]),
    ("rivera", "Sam Rivera", MemberKind::Person, &["auditor"]),
];

/// A clock that stands where the story is. Each deed takes a minute of it, and reading it takes nothing: how often the
/// code looks at the time must not be seen in the example's bytes.
pub struct StoryClock {
    start: i64,
    now: AtomicI64,
}

impl StoryClock {
    /// A story that begins at this midnight, in seconds since 1970.
    pub fn new(start: i64) -> Arc<StoryClock> {
        Arc::new(StoryClock { start, now: AtomicI64::new(start) })
    }

    /// Goes on to a day of the story and an hour of it; never back.
    pub fn at(&self, day: i64, hour: i64) {
        self.now.fetch_max(self.start + day * 86_400 + hour * 3_600, Ordering::SeqCst);
    }

    /// Goes on to the next deed.
    fn tick(&self) {
        self.now.fetch_add(60, Ordering::SeqCst);
    }

    /// A day of the story.
    pub fn day(&self, day: i64) -> Timestamp {
        Timestamp::from_unix(self.start + day * 86_400)
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.now.load(Ordering::SeqCst))
    }
}

/// Everybody's key, in files of their own.
pub struct Keys(BTreeMap<&'static str, Box<dyn Signer>>);

impl Keys {
    /// Makes a key for each; `fixed`: keys that everybody knows, the same each time.
    pub fn make(folder: &Path, fixed: bool) -> Result<Keys> {
        let key = |id: &'static str| {
            let path = folder.join(id);
            let signer = match fixed {
                true => keep(Digest::of(format!("the key of {id} in the example").as_bytes()).as_bytes(), &path),
                false => generate(&path),
            };
            Ok((id, signer?))
        };
        PEOPLE.iter().map(|(id, ..)| key(id)).collect::<Result<_>>().map(Keys)
    }

    fn of(&self, who: &str) -> Result<&dyn Signer> {
        self.0.get(who).map(|it| &**it).ok_or_else(|| bug(format!("nobody is called {who}")))
    }
}

/// A registry with its team at work.
pub struct Cast {
    /// The registry.
    pub registry: Registry,
    /// What it was founded as.
    pub founded: InitAnswer,
    /// The clock.
    pub clock: Arc<StoryClock>,
    /// Where packages are made.
    pub workshop: PathBuf,
    keys: Keys,
}

impl Cast {
    /// Founds the registry under the team policy.
    pub fn found(
        path: &Path,
        id: Option<RegistryId>,
        world: Context,
        clock: Arc<StoryClock>,
        keys: Keys,
    ) -> Result<Cast> {
        let members = PEOPLE.iter().map(|person| member(person, &keys)).collect::<Result<Vec<_>>>()?;
        let owners =
            [("nlp", vec!["sentiment", "text-encoder"]), ("payments", vec!["fraud-score"]), ("growth", vec!["churn"])];
        let ada = || PrincipalId::parse("ada").map(|ada| vec![ada]);
        let team = |(name, models): (&str, Vec<&str>)| {
            let models = models.into_iter().map(str::to_owned).collect();
            Ok(Owners { name: Some(name.to_owned()), models, members: ada()? })
        };
        let mut owners = owners.into_iter().map(team).collect::<Result<Vec<_>>>()?;
        owners.push(Owners { name: Some("search".to_owned()), models: vec!["*".to_owned()], members: ada()? });
        let policy = |author: &Author| Ok(team_policy(author.registry, 1, &members, &owners));
        let request = InitRequest {
            name: Some("Example models".to_owned()),
            founder: PrincipalId::parse("ada")?,
            here: false,
            format: Format::Sha1,
            policy: Some(&policy),
        };
        let writer = keys.of("ada")?;
        let (registry, founded) = match id {
            Some(id) => Registry::init_as(id, path, world, writer, &request)?,
            None => Registry::init(path, world, writer, &request)?,
        };
        let workshop = path.parent().unwrap_or(path).join("packages");
        Ok(Cast { registry, founded, clock, workshop, keys })
    }

    /// Somebody's hand, for one deed.
    pub fn hand(&self, who: &str) -> Result<&dyn Signer> {
        self.clock.tick();
        self.keys.of(who)
    }

    /// Registers a package.
    pub fn register(&self, who: &str, package: &Package) -> Result<RegisterAnswer> {
        self.registry.write(self.hand(who)?).register(package)
    }

    /// Attaches evidence in a few words.
    pub fn attach(&self, who: &str, of: &str, kind: &str, verdict: Verdict, summary: &str) -> Result<()> {
        let request = AttachRequest {
            verdict: Some(verdict),
            summary: Some(summary.to_owned()),
            ..AttachRequest::new(Reference::parse(of)?, EntryId::parse(kind)?)
        };
        self.registry.write(self.hand(who)?).attach(&request).map(drop)
    }

    /// The build service evaluates a version on the team's test set.
    pub fn evaluate(&self, of: &str, metrics: &[(&str, f64)]) -> Result<()> {
        let named = |name: &str, version: &str| Named {
            name: name.to_owned(),
            version: Some(version.to_owned()),
            sha256: Some(Digest::of(name.as_bytes())),
        };
        let request = AttachRequest {
            verdict: Some(Verdict::Pass),
            summary: Some("above the bar on every slice".to_owned()),
            produced_by: Some(format!("https://ci.example.com/evaluations/{}", of.replace('/', "-"))),
            suite: Some(Named { sha256: None, ..named("core", "2026.3") }),
            dataset: Some(named("held-out", "2026-08")),
            metrics: metrics.iter().map(|(name, value)| ((*name).to_owned(), *value, None)).collect(),
            tool: Some(Named { sha256: None, ..named("evaluate", "4.1") }),
            ..AttachRequest::new(Reference::parse(of)?, EntryId::parse("evaluation")?)
        };
        self.registry.write(self.hand("ci")?).attach(&request).map(drop)
    }

    /// Everything that production asks for, and the stage before it.
    pub fn stage(&self, of: &str, metrics: &[(&str, f64)]) -> Result<()> {
        self.evaluate(of, metrics)?;
        let plan = "# Rollback\n\nPoint the alias back with `refmark rollback`. Caches expire in a minute.\n";
        self.attach_text("bo", of, "rollback-plan", plan)?;
        let runbook = "# Runbook\n\n1. Look at the error rate of the last hour.\n2. Roll back.\n3. Call the owner.\n";
        self.attach_text("bo", of, "runbook", runbook)?;
        self.transition("bo", of, "staging", "evaluated, owned, and described")
    }

    /// The canary went well.
    pub fn canary(&self, of: &str) -> Result<()> {
        let told = serde_json::json!({
            "traffic_share": 0.05, "duration": "24 h", "compared_with": "what was live", "result": "no alarms"
        });
        let request = AttachRequest {
            verdict: Some(Verdict::Pass),
            summary: Some("5 % of the traffic for a day, no alarms".to_owned()),
            produced_by: Some(format!("https://ci.example.com/canaries/{}", of.replace('/', "-"))),
            file: Some(self.document("canary.json", &told.to_string())?),
            ..AttachRequest::new(Reference::parse(of)?, EntryId::parse("canary")?)
        };
        self.registry.write(self.hand("ci")?).attach(&request).map(drop)
    }

    /// Attaches a text that people rely on.
    pub fn attach_text(&self, who: &str, of: &str, kind: &str, text: &str) -> Result<()> {
        let request = AttachRequest {
            verdict: Some(Verdict::Info),
            file: Some(self.document(&format!("{kind}.md"), text)?),
            ..AttachRequest::new(Reference::parse(of)?, EntryId::parse(kind)?)
        };
        self.registry.write(self.hand(who)?).attach(&request).map(drop)
    }

    /// Writes a document beside the packages.
    fn document(&self, name: &str, text: &str) -> Result<PathBuf> {
        let folder = self.workshop.join("documents");
        let path = folder.join(name);
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| Error::new(Code::Io, format!("{} cannot be written: {error}", path.display())))?;
        Ok(path)
    }

    /// Moves a stage or a trust state.
    pub fn transition(&self, who: &str, of: &str, to: &str, reason: &str) -> Result<()> {
        self.registry.write(self.hand(who)?).transition(&moved(of, to, reason)?).map(drop)
    }

    /// Moves an alias at once.
    pub fn promote(&self, who: &str, alias: &str, version: u64, reason: &str) -> Result<()> {
        self.registry.write(self.hand(who)?).promote(&request(alias, version, reason)?).map(drop)
    }

    /// Proposes a move of an alias; the branch.
    pub fn propose(&self, who: &str, alias: &str, version: u64, reason: &str) -> Result<String> {
        let request = request(alias, version, reason)?;
        Ok(self.registry.write(self.hand(who)?).propose(None, |it| it.promote(&request))?.branch)
    }

    /// Approves a branch, or what stands on the registry's own.
    pub fn approve(&self, who: &str, target: &str, reason: &str) -> Result<()> {
        let request =
            ApproveRequest { target: target.to_owned(), reason: Some(reason.to_owned()), ..ApproveRequest::default() };
        self.registry.write(self.hand(who)?).approve(&request).map(drop)
    }

    /// Merges a branch that has all it needs.
    pub fn land(&self, who: &str, branch: &str) -> Result<()> {
        self.registry.write(self.hand(who)?).land(branch).map(drop)
    }

    /// Proposes, has two people approve, and lands.
    pub fn live(&self, alias: &str, version: u64, reason: &str, approvers: [&str; 2]) -> Result<()> {
        let branch = self.propose("nora", alias, version, reason)?;
        for who in approvers {
            self.approve(who, &branch, "looked at the evaluation and the canary")?;
        }
        self.land("nora", &branch)
    }
}

/// A move to a stage or a trust state.
pub fn moved(of: &str, to: &str, reason: &str) -> Result<TransitionRequest> {
    Ok(TransitionRequest {
        reference: Reference::parse(of)?,
        to: to.to_owned(),
        reason: reason.to_owned(),
        replacement: None,
        sunset: None,
        evidence: Vec::new(),
    })
}

/// A move of `MODEL@ALIAS`.
fn request(alias: &str, version: u64, reason: &str) -> Result<PromoteRequest> {
    let (model, alias) = alias.split_once('@').ok_or_else(|| bug(format!("{alias} is no alias")))?;
    Ok(PromoteRequest {
        model: ModelName::parse(model)?,
        alias: AliasName::parse(alias)?,
        version,
        reason: reason.to_owned(),
        expect: None,
        evidence: Vec::new(),
    })
}

fn member(person: &(&'static str, &str, MemberKind, &[&str]), keys: &Keys) -> Result<TeamMember> {
    let (id, name, kind, roles) = person;
    Ok(TeamMember {
        id: PrincipalId::parse(id)?,
        kind: *kind,
        name: Some((*name).to_owned()),
        roles: roles.iter().map(|role| Role::parse(role)).collect::<Result<_>>()?,
        keys: vec![keys.of(id)?.public()],
    })
}
