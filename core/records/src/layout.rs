//! Where everything lies in the tree. Nothing else in refmark knows a path.

use super::approval::Approval;
use super::catalog::Family;
use super::contents::CONTENTS_LIMIT;
use super::predicate::Predicate;
use refmark_types::canonical::MANIFEST_LIMIT;
use refmark_types::digest::{ArtifactId, Digest, encode_hex};
use refmark_types::error::Result;
use refmark_types::name::{AliasName, ConsumerId, EntryId, ModelName, PrincipalId, escape};

/// An unsigned file of an artifact's folder, bound by the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// `manifest.json`.
    Manifest,
    /// `contract.json`.
    Contract,
    /// `lineage.json`.
    Lineage,
    /// `evaluation-card.json`.
    EvaluationCard,
    /// `model-card.md`.
    ModelCard,
    /// `contents.jsonl`.
    Contents,
}

impl Document {
    /// Every document.
    pub const ALL: [Document; 6] = [
        Document::Manifest,
        Document::Contract,
        Document::Lineage,
        Document::EvaluationCard,
        Document::ModelCard,
        Document::Contents,
    ];

    /// The most bytes that it may have.
    pub const fn limit(self) -> u64 {
        match self {
            Document::Contents => CONTENTS_LIMIT,
            _ => MANIFEST_LIMIT,
        }
    }

    /// The file's name.
    pub const fn file_name(self) -> &'static str {
        match self {
            Document::Manifest => "manifest.json",
            Document::Contract => "contract.json",
            Document::Lineage => "lineage.json",
            Document::EvaluationCard => "evaluation-card.json",
            Document::ModelCard => "model-card.md",
            Document::Contents => "contents.jsonl",
        }
    }
}

/// A place in the tree where a file of ours may lie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Trust root n.
    Root(u64),
    /// The text of policy n.
    PolicyText(u64),
    /// The statement that signs policy n.
    Policy(u64),
    /// What a model is, text n.
    About(ModelName, u64),
    /// A version.
    Version(ModelName, u64),
    /// Stage move n of a version.
    Stage(ModelName, u64, u64),
    /// Label n of a version.
    Label(ModelName, u64, u64),
    /// Move n of an alias.
    Alias(ModelName, AliasName, u64),
    /// An unsigned file of an artifact.
    Document(ArtifactId, Document),
    /// Trust move n of an artifact.
    Trust(ArtifactId, u64),
    /// A piece of evidence.
    Evidence(ArtifactId, EntryId, Digest),
    /// What a principal says to a statement.
    Approval(Digest, PrincipalId),
    /// List n of a consumer's pins.
    Consumer(ConsumerId, u64),
    /// Checkpoint n.
    Checkpoint(u64),
    /// Text n of a catalog entry.
    Catalog(Family, EntryId, u64),
}

/// `<x>/<y>`: two sixteen-way folders by the SHA-256 of a name.
fn fan(name: &str) -> String {
    let hex = encode_hex(&Digest::of(name.as_bytes()).as_bytes()[..1]);
    format!("{}/{}", &hex[..1], &hex[1..])
}

/// `<nnnn>/<nn>`: a hundred numbers a folder.
fn pages(number: u64) -> String {
    format!("{:04}/{:02}", number / 100, number % 100)
}

/// The folder of a model.
pub fn model_folder(model: &ModelName) -> String {
    format!("models/{}/{}", fan(model.as_str()), model.escaped())
}

/// The folder of a model's aliases.
pub fn aliases_folder(model: &ModelName) -> String {
    format!("{}/aliases", model_folder(model))
}

/// The folder of an alias's moves.
pub fn alias_folder(model: &ModelName, alias: &AliasName) -> String {
    format!("{}/aliases/{}", model_folder(model), alias.escaped())
}

/// The folder of a model's versions.
pub fn versions_folder(model: &ModelName) -> String {
    format!("{}/versions", model_folder(model))
}

/// The folder of one version.
pub fn version_folder(model: &ModelName, version: u64) -> String {
    format!("{}/{}", versions_folder(model), pages(version))
}

/// The folder of what a model is.
pub fn about_folder(model: &ModelName) -> String {
    format!("{}/about", model_folder(model))
}

/// The folder of an artifact.
pub fn artifact_folder(artifact: &ArtifactId) -> String {
    let hex = artifact.digest().hex();
    format!("artifacts/{}/{}/{}/{}/{artifact}", &hex[..1], &hex[1..2], &hex[2..3], &hex[3..4])
}

/// The folder of an artifact's evidence.
pub fn evidence_folder(artifact: &ArtifactId) -> String {
    format!("{}/evidence", artifact_folder(artifact))
}

/// The folder of what was said to a statement.
pub fn approvals_folder(statement: &Digest) -> String {
    let hex = statement.hex();
    format!("approvals/{}/{}/{hex}", &hex[..2], &hex[2..4])
}

/// The folder of a consumer's lists.
pub fn consumer_folder(consumer: &ConsumerId) -> String {
    format!("consumers/{}/{}", fan(consumer.as_str()), escape(consumer.as_str()))
}

/// The folder of a catalog entry's texts.
pub fn catalog_folder(family: Family, id: &EntryId) -> String {
    format!("catalog/{}/{}", family.as_str(), id.escaped())
}

impl Place {
    /// Whether this is a root or a policy, which are judged before all else.
    pub fn is_meta(&self) -> bool {
        matches!(self, Place::Root(_) | Place::Policy(_) | Place::PolicyText(_))
    }

    /// The path, `/` between folders.
    pub fn path(&self) -> String {
        match self {
            Place::Root(n) => format!("trust/{n:04}.json"),
            Place::PolicyText(n) => format!("policy/{n:04}.toml"),
            Place::Policy(n) => format!("policy/{n:04}.json"),
            Place::About(model, n) => format!("{}/{}.json", about_folder(model), pages(*n)),
            Place::Version(model, v) => format!("{}/version.json", version_folder(model, *v)),
            Place::Stage(model, v, n) => format!("{}/stage-{n:03}.json", version_folder(model, *v)),
            Place::Label(model, v, n) => format!("{}/label-{n:03}.json", version_folder(model, *v)),
            Place::Alias(model, alias, n) => format!("{}/{}.json", alias_folder(model, alias), pages(*n)),
            Place::Document(artifact, document) => format!("{}/{}", artifact_folder(artifact), document.file_name()),
            Place::Trust(artifact, n) => format!("{}/trust-{n:03}.json", artifact_folder(artifact)),
            Place::Evidence(artifact, of, digest) => {
                format!("{}/{}-{digest}.json", evidence_folder(artifact), of.escaped())
            }
            Place::Approval(statement, by) => format!("{}/{}.json", approvals_folder(statement), by.escaped()),
            Place::Consumer(consumer, n) => format!("{}/{}.json", consumer_folder(consumer), pages(*n)),
            Place::Checkpoint(n) => format!("checkpoints/{}.json", pages(*n)),
            Place::Catalog(family, id, n) => format!("{}/{}.json", catalog_folder(*family, id), pages(*n)),
        }
    }

    /// The place of a path, if it is exactly the path of one.
    pub fn parse(path: &str) -> Option<Place> {
        let parts: Vec<&str> = path.split('/').collect();
        let place = match parts.as_slice() {
            ["trust", file] => Place::Root(number(file.strip_suffix(".json")?)?),
            ["policy", file] => match file.strip_suffix(".toml") {
                Some(stem) => Place::PolicyText(number(stem)?),
                None => Place::Policy(number(file.strip_suffix(".json")?)?),
            },
            ["models", _, _, model, rest @ ..] => in_model(ModelName::from_escaped(model)?, rest)?,
            ["artifacts", _, _, _, _, artifact, rest @ ..] => in_artifact(ArtifactId::parse(artifact).ok()?, rest)?,
            ["approvals", _, _, statement, file] => {
                Place::Approval(Digest::parse(statement).ok()?, PrincipalId::from_escaped(file.strip_suffix(".json")?)?)
            }
            ["consumers", _, _, consumer, high, low] => {
                Place::Consumer(ConsumerId::from_escaped(consumer)?, paged(high, low)?)
            }
            ["checkpoints", high, low] => Place::Checkpoint(paged(high, low)?),
            ["catalog", family, id, high, low] => {
                Place::Catalog(Family::parse(family)?, EntryId::from_escaped(id)?, paged(high, low)?)
            }
            _ => return None,
        };
        // One spelling each: folders that do not belong to the name, other widths and other escapes are no place.
        (place.path() == path).then_some(place)
    }

    /// The place of the record that says this.
    pub fn of(predicate: &Predicate) -> Result<Place> {
        Ok(match predicate {
            Predicate::Root(root) => Place::Root(root.number),
            Predicate::Policy(policy) => Place::Policy(policy.number),
            Predicate::About(about) => Place::About(about.model.clone(), about.sequence),
            Predicate::Version(version) => Place::Version(version.model.clone(), version.version),
            Predicate::Stage(moved) => Place::Stage(moved.model.clone(), moved.version, moved.sequence),
            Predicate::Label(label) => Place::Label(label.model.clone(), label.version, label.sequence),
            Predicate::Alias(moved) => Place::Alias(moved.model.clone(), moved.alias.clone(), moved.sequence),
            Predicate::Trust(moved) => Place::Trust(moved.artifact, moved.sequence),
            Predicate::Evidence(evidence) => {
                Place::Evidence(evidence.artifact, evidence.evidence_type.clone(), evidence.path_digest()?)
            }
            Predicate::Approval(approval) => approval_place(approval),
            Predicate::Consumer(consumer) => Place::Consumer(consumer.consumer.clone(), consumer.sequence),
            Predicate::Checkpoint(checkpoint) => Place::Checkpoint(checkpoint.sequence),
            Predicate::Catalog(entry) => Place::Catalog(entry.family, entry.id.clone(), entry.sequence),
        })
    }
}

fn approval_place(approval: &Approval) -> Place {
    Place::Approval(approval.statement, approval.by.clone())
}

fn in_model(model: ModelName, rest: &[&str]) -> Option<Place> {
    Some(match rest {
        ["about", high, low] => Place::About(model, paged(high, low)?),
        ["aliases", alias, high, low] => Place::Alias(model, AliasName::from_escaped(alias)?, paged(high, low)?),
        ["versions", high, low, file] => {
            let version = number(high)? * 100 + number(low)?;
            if *file == "version.json" {
                Place::Version(model, version)
            } else if let Some(n) = file.strip_prefix("stage-") {
                Place::Stage(model, version, number(n.strip_suffix(".json")?)?)
            } else {
                Place::Label(model, version, number(file.strip_prefix("label-")?.strip_suffix(".json")?)?)
            }
        }
        _ => return None,
    })
}

fn in_artifact(artifact: ArtifactId, rest: &[&str]) -> Option<Place> {
    match rest {
        ["evidence", file] => {
            let (of, digest) = file.strip_suffix(".json")?.rsplit_once('-')?;
            Some(Place::Evidence(artifact, EntryId::from_escaped(of)?, Digest::parse(digest).ok()?))
        }
        [file] => match file.strip_prefix("trust-") {
            Some(n) => Some(Place::Trust(artifact, number(n.strip_suffix(".json")?)?)),
            None => {
                let document = Document::ALL.into_iter().find(|document| document.file_name() == *file)?;
                Some(Place::Document(artifact, document))
            }
        },
        _ => None,
    }
}

/// A number in a path: digits only, from 0, small enough that no arithmetic on it can overflow.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The number of `<nnnn>/<nn>.json`.
fn paged(high: &str, low: &str) -> Option<u64> {
    Some(number(high)? * 100 + number(low.strip_suffix(".json")?)?)
}

/// The number that a folder's or file's own name stands for: `0001`, `23`, `23.json`, `stage-004.json`.
pub fn number_in_name(name: &str, prefix: &str) -> Option<u64> {
    let bare = name.strip_prefix(prefix)?;
    number(bare.strip_suffix(".json").unwrap_or(bare))
}

/// Whether a path is a companion: it stands beside the records, may change, and carries no authority.
pub fn is_companion(path: &str) -> bool {
    const FILES: [&str; 4] = ["README.md", "LICENSE", "CODEOWNERS", ".gitlab-ci.yml"];
    const FOLDERS: [&str; 3] = [".github/", ".gitlab/", "docs/"];
    FILES.contains(&path) || FOLDERS.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ModelName {
        ModelName::parse(text).unwrap()
    }

    #[test]
    fn every_place_reads_back_from_its_path() {
        let artifact = ArtifactId::new(Digest::of(b"a"));
        let digest = Digest::of(b"b");
        let places = [
            Place::Root(1),
            Place::PolicyText(12345),
            Place::Policy(2),
            Place::About(name("BERT base"), 1),
            Place::Version(name("m"), 123),
            Place::Stage(name("m"), 1, 1000),
            Place::Label(name("m"), 99, 2),
            Place::Alias(name("m"), AliasName::parse("champion").unwrap(), 100),
            Place::Document(artifact, Document::ModelCard),
            Place::Trust(artifact, 1),
            Place::Evidence(artifact, EntryId::parse("sign-off").unwrap(), digest),
            Place::Approval(digest, PrincipalId::parse("nora@example.com").unwrap()),
            Place::Consumer(ConsumerId::parse("search").unwrap(), 7),
            Place::Checkpoint(1),
            Place::Catalog(Family::EvidenceType, EntryId::parse("scan").unwrap(), 1),
        ];
        for place in places {
            assert_eq!(Place::parse(&place.path()), Some(place.clone()), "{}", place.path());
        }
        assert!(Place::Version(name("m"), 123).path().ends_with("/versions/0001/23/version.json"));
    }

    #[test]
    fn only_the_one_spelling_of_a_path_is_a_place() {
        let good = Place::Version(name("m"), 1).path();
        for wrong in [
            good.replace("models/", "Models/"),
            good.replace("/0000/", "/00000/"),
            good.replace("/m/", "/%6d/"),
            format!("{good}/x"),
            format!("/{good}"),
            good.replace("/m/", "//"),
            good.replace("models/6/2", "models/6/3"),
            "trust/1.json".into(),
            "trust/-001.json".into(),
            "trust/0001.json:evil".into(),
            "trust/0001\\x.json".into(),
            "policy/../trust/0001.json".into(),
        ] {
            assert_eq!(Place::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn companions_are_a_short_list() {
        assert!(is_companion("README.md") && is_companion(".github/workflows/x.yml") && is_companion("docs/a"));
        for wrong in ["readme.md", "docs", "models/README.md", ".gitattributes", ".gitmodules", "src/x"] {
            assert!(!is_companion(wrong), "{wrong}");
        }
    }
}
