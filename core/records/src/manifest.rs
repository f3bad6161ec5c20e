//! Manifests: what an artifact is.

use serde::{Deserialize, Serialize};

use super::evidence::{Direction, Metric, MetricValue};
use refmark_types::canonical::{FreeJson, FreeMap, MANIFEST_LIMIT, canonical_bytes, parse_printed};
use refmark_types::digest::{ArtifactId, Blake3, Digest};
use refmark_types::error::{Code, Error, Result};
use refmark_types::name::EntryId;
use refmark_types::package_path::{PackagePath, check_set};
use refmark_types::printer::print;

/// What a file's bytes are, decided by content: a fact; the policy decides what may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileClass {
    /// safetensors, GGUF, ONNX or plain npy, parsed with bounds.
    Tensors,
    /// UTF-8 text, JSON or an image.
    Data,
    /// What a program runs.
    Code,
    /// A configuration or template that names code: what reads it imports or runs that.
    ConfigCode,
    /// A page or drawing that a browser runs: HTML, SVG.
    ActiveContent,
    /// Pickle, in any wrapping: loading it can run anything.
    UnsafeFormat,
    /// Nobody looked inside, or nobody could.
    NotScanned,
}

impl FileClass {
    /// Every class.
    pub const ALL: [FileClass; 7] = [
        FileClass::Tensors,
        FileClass::Data,
        FileClass::Code,
        FileClass::ConfigCode,
        FileClass::ActiveContent,
        FileClass::UnsafeFormat,
        FileClass::NotScanned,
    ];

    /// How much what is worse outweighs what is better, when parts of a file come together: from 0 for tensors.
    pub const fn severity(self) -> u8 {
        match self {
            FileClass::Tensors => 0,
            FileClass::Data => 1,
            FileClass::NotScanned => 2,
            FileClass::ActiveContent => 3,
            FileClass::ConfigCode => 4,
            FileClass::Code => 5,
            FileClass::UnsafeFormat => 6,
        }
    }

    /// Whether something runs where such a file is loaded or shown.
    pub const fn runs(self) -> bool {
        matches!(self, FileClass::Code | FileClass::ConfigCode | FileClass::ActiveContent | FileClass::UnsafeFormat)
    }

    /// The class's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            FileClass::Tensors => "tensors",
            FileClass::Data => "data",
            FileClass::Code => "code",
            FileClass::ConfigCode => "config-code",
            FileClass::ActiveContent => "active-content",
            FileClass::UnsafeFormat => "unsafe-format",
            FileClass::NotScanned => "not-scanned",
        }
    }

    /// The class of this word.
    pub fn parse(text: &str) -> Option<FileClass> {
        FileClass::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

impl std::fmt::Display for FileClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file of an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its path in the package, `/` between folders.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes: the blob's key.
    pub sha256: Digest,
    /// What its bytes are.
    pub class: FileClass,
    /// Its format, such as `safetensors`.
    pub format: String,
}

impl FileEntry {
    /// The size in bytes; none where the file was registered by its digest alone, and nobody said how large it is.
    pub fn known_size(&self) -> Option<u64> {
        (self.size > 0 || self.sha256 == Digest::of(b"")).then_some(self.size)
    }
}

/// Why a package is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// A pointer of Git LFS stands for a file that is not here.
    LfsPointer,
    /// A web page, an error message or another text stands under a weight's name.
    NotWeights,
    /// An empty file stands under a weight's name.
    Empty,
    /// A file ends before its last tensor, or its directory.
    Truncated,
    /// A shard that an index or the numbers of other shards name is not here.
    ShardAbsent,
    /// A tensor that an index names is not in its shard, or tensors are fewer than the model says.
    TensorAbsent,
    /// A tensor stands in two shards.
    TensorTwice,
    /// A file with a model's external data is not here.
    ExternalAbsent,
    /// A file with a model's external data ends before the data does.
    ExternalShort,
    /// A file that another cannot be read without is not here.
    CompanionAbsent,
}

/// One thing that a package lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The file that is not as it should be, or that names what is not here.
    pub path: String,
    /// What kind of thing is lacking.
    pub kind: GapKind,
    /// What is wrong, in a sentence.
    pub detail: String,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.escape_debug(), self.detail)
    }
}

/// A tensor of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorEntry {
    /// The file that holds it.
    pub file: String,
    /// Its name.
    pub name: String,
    /// Its type, as its format spells it.
    pub dtype: String,
    /// Its shape.
    pub shape: Vec<u64>,
    /// Its size in bytes.
    pub bytes: u64,
    /// The SHA-256 of its bytes, where a manifest or a table of 0.1.0's kind has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
    /// The BLAKE3 of its bytes, where they were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<Blake3>,
}

impl TensorEntry {
    /// Whether its bytes are those of another; none where no digest of one kind is known of both.
    pub fn same_bytes(&self, other: &TensorEntry) -> Option<bool> {
        let by_blake3 = self.blake3.zip(other.blake3).map(|(one, other)| one == other);
        let by_sha256 = self.sha256.zip(other.sha256).map(|(one, other)| one == other);
        // Where both kinds are known, both must agree.
        match (by_blake3, by_sha256) {
            (Some(one), Some(other)) => Some(one && other),
            (one, other) => one.or(other),
        }
    }
}

/// How a manifest names the table of what its files hold, `contents.jsonl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentsEntry {
    /// The SHA-256 of `contents.jsonl` beside the manifest.
    pub sha256: Digest,
    /// How many tensors it lists.
    pub tensors: u64,
    /// How many findings it lists.
    pub findings: u64,
}

/// An input or output of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphValue {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub dtype: String,
    /// Its dimensions: numbers, or the names of dimensions that vary.
    pub shape: Vec<String>,
}

/// What an ONNX file says of its graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// The file.
    pub file: String,
    /// The operator sets that it imports: domain (`ai.onnx` for the default one) and version.
    pub opsets: FreeMap<u64>,
    /// Its inputs.
    pub inputs: Vec<GraphValue>,
    /// Its outputs.
    pub outputs: Vec<GraphValue>,
}

/// What an artifact is: a package of files and what is known of it. Immutable; its digest is the artifact's id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The type, an entry of the catalog's `artifact-type`.
    #[serde(rename = "type")]
    pub artifact_type: EntryId,
    /// The format of the weights, such as `safetensors`; `mixed` or `none` where that fits better.
    pub format: String,
    /// The files, sorted by path.
    pub files: Vec<FileEntry>,
    /// What the artifact can do, in words that people search for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Metrics that whoever registered it claims.
    #[serde(default, skip_serializing_if = "FreeMap::is_empty")]
    pub metrics: FreeMap<MetricValue>,
    /// The artifacts that it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<ArtifactId>,
    /// Where the bytes came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The SHA-256 of `contract.json` beside the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Digest>,
    /// The SHA-256 of `lineage.json` beside the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Digest>,
    /// The SHA-256 of `evaluation-card.json` beside the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_card: Option<Digest>,
    /// The SHA-256 of `model-card.md` beside the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_card: Option<Digest>,
    /// The table of what the files hold, `contents.jsonl` beside the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contents: Option<ContentsEntry>,
    /// What the package lacks, where whoever registered it knew and allowed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<Gap>,
    /// What ONNX files say of their graphs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub graphs: Vec<Graph>,
    /// The tensors, in the order of the files and of their bytes, of artifacts without a table of contents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tensors: Vec<TensorEntry>,
}

impl Manifest {
    /// Reads a stored manifest.
    pub fn parse(bytes: &[u8]) -> Result<Manifest> {
        let manifest: Manifest = parse_printed(bytes, MANIFEST_LIMIT)?;
        match manifest.broken_rule() {
            None => Ok(manifest),
            Some(rule) => Err(Error::new(Code::BadRecord, format!("the manifest breaks a rule: {rule}"))),
        }
    }

    /// The rule that this manifest breaks by itself, if any.
    pub fn broken_rule(&self) -> Option<String> {
        if self.files.is_empty() {
            return Some("it lists no file".to_owned());
        }
        if !self.files.windows(2).all(|pair| pair[0].path.as_bytes() < pair[1].path.as_bytes()) {
            return Some("its files are not sorted by path, each once".to_owned());
        }
        let paths: Result<Vec<PackagePath>> = self.files.iter().map(|file| PackagePath::parse(&file.path)).collect();
        paths.and_then(|paths| check_set(&paths)).err().map(|error| error.message.clone())
    }

    /// The stored form.
    pub fn print(&self) -> Result<String> {
        print(self)
    }

    /// The artifact's id.
    pub fn id(&self) -> Result<ArtifactId> {
        Ok(ArtifactId::new(Digest::of(&canonical_bytes(self)?)))
    }

    /// How many tensors the files are known to hold.
    pub fn tensor_count(&self) -> usize {
        self.contents.map_or(self.tensors.len(), |table| usize::try_from(table.tensors).unwrap_or(usize::MAX))
    }

    /// The sum of the files' sizes.
    pub fn size(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// The claimed metrics, with the direction that their names suggest.
    pub fn claimed_metrics(&self) -> impl Iterator<Item = (&str, Metric)> {
        self.metrics.iter().map(|(name, value)| (name, Metric { value: value.clone(), better: Direction::guess(name) }))
    }
}

/// One input or output that callers rely on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractField {
    /// Its name.
    pub name: String,
    /// Its type, such as `string`, `float32` or `int64`.
    #[serde(rename = "type")]
    pub field_type: String,
    /// Its shape; -1 for a dimension that varies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Vec<i64>>,
    /// Whether callers may leave it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// What callers rely on: `contract.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// What goes in.
    #[serde(default)]
    pub inputs: Vec<ContractField>,
    /// What comes out.
    #[serde(default)]
    pub outputs: Vec<ContractField>,
    /// What else is promised, freely.
    #[serde(default, skip_serializing_if = "FreeMap::is_empty")]
    pub notes: FreeMap<FreeJson>,
}

/// Where an artifact came from: `lineage.json`. Well-known keys are below; others are free.
pub type Lineage = FreeMap<String>;

/// The lineage keys that the gate `lineage-complete` asks for unless the policy names others.
pub const LINEAGE_KEYS: [&str; 3] = ["training_run", "dataset_version", "code_commit"];
