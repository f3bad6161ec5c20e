//! Manifests of a GGUF file's tensors, in the form that `gguf-guard` writes: made, and held against a file.
//!
//! A manifest is held against everything that it says: each tensor's digest and shape, tensors that only one of both has, the
//! digest of the file, the digest of the structure, and the root over the tensors.

use serde::{Deserialize, Serialize};

use super::format::Format;
use super::hasher::TensorHasher;
use super::report::{Inspection, Tensor, elements, shown};
use super::source::{Source, read_up_to};
use refmark_types::digest::{Digest, Hasher, encode_hex};
use refmark_types::error::{Code, Error, Result};
use std::collections::BTreeMap;

/// The form's version.
const VERSION: &str = "1.0";
/// How much is read at once.
const CHUNK: usize = 1 << 20;
/// So many mismatches are told one by one.
const TOLD: usize = 64;

/// The digests of a GGUF file and of each of its tensors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GgufManifest {
    /// The form's version.
    #[serde(default)]
    pub manifest_version: String,
    /// The SHA-256 of the file.
    #[serde(default)]
    pub file_hash: String,
    /// The SHA-256 of the sorted lines `NAME:[DIMENSIONS]:TYPE`.
    #[serde(default)]
    pub structure_hash: String,
    /// What the file says in `general.architecture`.
    #[serde(default)]
    pub architecture: String,
    /// The type that most tensors have; of equals the first by name.
    #[serde(default)]
    pub quant_type: String,
    /// How many tensors there are.
    #[serde(default)]
    pub tensor_count: u64,
    /// How many elements they have together.
    #[serde(default)]
    pub parameters: u64,
    /// The size of the file in bytes.
    #[serde(default)]
    pub file_size: u64,
    /// The root over the tensors' digests, in the order of their bytes.
    #[serde(default)]
    pub merkle_root: String,
    /// The tensors, in the order of their bytes.
    #[serde(default)]
    pub tensors: Vec<GgufTensor>,
}

/// One tensor of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GgufTensor {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(default, rename = "type")]
    pub dtype: String,
    /// Its dimensions as the file has them.
    #[serde(default)]
    pub shape: Vec<u64>,
    /// Where it starts, from the start of the tensors.
    #[serde(default)]
    pub offset: u64,
    /// Its size in bytes.
    #[serde(default)]
    pub data_size: u64,
    /// The SHA-256 of its bytes.
    pub hash: String,
    /// How many elements it has.
    #[serde(default)]
    pub element_count: u64,
}

/// One thing in which a file is not as a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// A tensor has other bytes.
    Hash {
        /// Its name.
        tensor: String,
        /// The digest in the manifest.
        expected: String,
        /// The digest of the file's bytes.
        found: String,
    },
    /// A tensor has another shape.
    Shape(String),
    /// The manifest does not have a tensor of the file.
    NotInManifest(String),
    /// The file does not have a tensor of the manifest.
    NotInFile(String),
    /// The file's own digest, its structure's, or the root over its tensors is another.
    Whole(&'static str),
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start = |hex: &str| hex.chars().take(16).collect::<String>();
        match self {
            Mismatch::Hash { tensor, expected, found } => {
                write!(f, "{}: hash mismatch (expected {}, got {})", shown(tensor), start(expected), start(found))
            }
            Mismatch::Shape(tensor) => write!(f, "{}: another shape", shown(tensor)),
            Mismatch::NotInManifest(tensor) => write!(f, "{}: not in manifest", shown(tensor)),
            Mismatch::NotInFile(tensor) => write!(f, "{}: not in the file", shown(tensor)),
            Mismatch::Whole(what) => write!(f, "{what} is another"),
        }
    }
}

impl GgufManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// `bad-argument` where the text is no manifest of this form.
    pub fn parse(bytes: &[u8]) -> Result<GgufManifest> {
        let bad = |why: String| Error::new(Code::BadArgument, format!("this is no manifest of a GGUF file: {why}"));
        // Read as a list, a manifest without fields would be an empty one.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(bad("it is no JSON object".to_owned()));
        }
        serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))
    }

    /// Makes the manifest of a file that was inspected. Reads the whole file once.
    ///
    /// # Errors
    ///
    /// `bad-argument` where it is no whole GGUF file; the source's own errors.
    pub fn of(found: &Inspection, source: &dyn Source) -> Result<GgufManifest> {
        if found.format != Format::Gguf {
            return Err(Error::new(Code::BadArgument, format!("the file is {}, and not GGUF", found.format.as_str())));
        }
        if !found.is_sound() {
            let said = found.problems.first().map(|error| error.message.clone()).unwrap_or_default();
            return Err(Error::new(Code::BadArgument, format!("the file cannot be read as GGUF: {said}")));
        }
        let (file_hash, digests) = hash(&found.tensors, source)?;
        let mut order: Vec<usize> = (0..found.tensors.len()).collect();
        order.sort_by_key(|at| found.tensors.get(*at).map(|tensor| (tensor.offset, tensor.bytes)));
        let start = order.first().and_then(|at| found.tensors.get(*at)).map_or(0, |tensor| tensor.offset);
        let mut tensors = Vec::new();
        for at in order {
            let (Some(tensor), Some(digest)) = (found.tensors.get(at), digests.get(at)) else { continue };
            tensors.push(entry(tensor, *digest, start));
        }
        Ok(GgufManifest {
            manifest_version: VERSION.to_owned(),
            file_hash: file_hash.hex(),
            structure_hash: structure(&tensors),
            architecture: found.metadata.get("general.architecture").cloned().unwrap_or_else(|| "unknown".to_owned()),
            quant_type: most_frequent(&tensors),
            tensor_count: tensors.len() as u64,
            parameters: tensors.iter().map(|tensor| tensor.element_count).fold(0, u64::saturating_add),
            file_size: source.len(),
            merkle_root: root(&tensors),
            tensors,
        })
    }

    /// The form that is written: two spaces a level, a newline at the end.
    pub fn print(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }

    /// In what a file is not as this manifest says: `found` is the file's own manifest. What this one leaves empty is not
    /// compared, but for the tensors. Names of types differ between tools, and are not compared; what they come to, the
    /// digest over the structure, must be that of this manifest's own list.
    pub fn mismatches(&self, found: &GgufManifest) -> Vec<Mismatch> {
        let said: BTreeMap<&str, &GgufTensor> =
            self.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let here: BTreeMap<&str, &GgufTensor> =
            found.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let mut all = Vec::new();
        for tensor in &found.tensors {
            let name = tensor.name.clone();
            match said.get(tensor.name.as_str()) {
                None => all.push(Mismatch::NotInManifest(name)),
                Some(said) if said.hash != tensor.hash => {
                    all.push(Mismatch::Hash { tensor: name, expected: said.hash.clone(), found: tensor.hash.clone() })
                }
                Some(said) if !said.shape.is_empty() && said.shape != tensor.shape => all.push(Mismatch::Shape(name)),
                Some(_) => {}
            }
        }
        let absent = self.tensors.iter().filter(|tensor| !here.contains_key(tensor.name.as_str()));
        all.extend(absent.map(|tensor| Mismatch::NotInFile(tensor.name.clone())));
        let is_another = |said: &str, is: &str| !said.is_empty() && said != is;
        if is_another(&self.structure_hash, &structure(&self.tensors)) {
            all.push(Mismatch::Whole("the digest of the structure"));
        }
        if is_another(&self.merkle_root, &found.merkle_root) {
            all.push(Mismatch::Whole("the root over the tensors"));
        }
        if is_another(&self.file_hash, &found.file_hash) {
            all.push(Mismatch::Whole("the digest of the file"));
        }
        all
    }
}

/// What the comparison comes to, as the tool says it: whether all is as it should be, and lines for people.
pub fn verdict(mismatches: &[Mismatch]) -> (bool, String) {
    if mismatches.is_empty() {
        return (true, "PASS: all tensors match manifest".to_owned());
    }
    let mut text = format!("FAIL: {} mismatches", mismatches.len());
    for mismatch in mismatches.iter().take(TOLD) {
        text.push_str(&format!("\n  {mismatch}"));
    }
    (false, text)
}

fn hash(tensors: &[Tensor], source: &dyn Source) -> Result<(Digest, Vec<Digest>)> {
    let mut whole = Hasher::new();
    let mut each = TensorHasher::<Hasher>::new(tensors)?;
    let mut at = 0;
    while at < source.len() {
        let bytes = read_up_to(source, at, CHUNK)?;
        if bytes.is_empty() {
            return Err(Error::new(Code::SourceChanged, format!("the file ended at byte {at} while it was read")));
        }
        whole.update(&bytes);
        each.update(&bytes);
        at += bytes.len() as u64;
    }
    Ok((whole.finish(), each.finish()?))
}

fn entry(tensor: &Tensor, digest: Digest, start: u64) -> GgufTensor {
    GgufTensor {
        name: tensor.name.clone(),
        dtype: tensor.dtype.clone(),
        shape: tensor.shape.clone(),
        offset: tensor.offset.saturating_sub(start),
        data_size: tensor.bytes,
        hash: digest.hex(),
        element_count: elements(&tensor.name, &tensor.shape).unwrap_or_default(),
    }
}

fn structure(tensors: &[GgufTensor]) -> String {
    let line = |tensor: &GgufTensor| {
        let dimensions: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
        format!("{}:[{}]:{}\n", tensor.name, dimensions.join(","), tensor.dtype)
    };
    let mut lines: Vec<String> = tensors.iter().map(line).collect();
    lines.sort_unstable();
    Digest::of(lines.concat().as_bytes()).hex()
}

fn most_frequent(tensors: &[GgufTensor]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for tensor in tensors {
        *counts.entry(&tensor.dtype).or_default() += 1;
    }
    let most = counts.iter().max_by(|one, other| one.1.cmp(other.1).then(other.0.cmp(one.0)));
    most.map(|(dtype, _)| (*dtype).to_owned()).unwrap_or_default()
}

/// The root: a parent is the SHA-256 of its two children, an odd one pairs with itself, one leaf is the root.
fn root(tensors: &[GgufTensor]) -> String {
    let mut level: Vec<[u8; 32]> = Vec::new();
    for tensor in tensors {
        match Digest::parse(&tensor.hash) {
            Ok(digest) => level.push(*digest.as_bytes()),
            Err(_) => return String::new(),
        }
    }
    while level.len() > 1 {
        let parent = |pair: &[[u8; 32]]| {
            let mut hasher = Hasher::new();
            hasher.update(pair.first().map_or(&[][..], |left| left));
            hasher.update(pair.last().map_or(&[][..], |right| right));
            *hasher.finish().as_bytes()
        };
        level = level.chunks(2).map(parent).collect();
    }
    level.first().map(|root| encode_hex(root)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sniff::inspect;

    /// A GGUF file with tensors of 8-bit integers: names and bytes, each shorter than 32.
    fn gguf(tensors: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3u32.to_le_bytes());
        bytes.extend((tensors.len() as u64).to_le_bytes());
        bytes.extend(0u64.to_le_bytes());
        for (at, (name, data)) in tensors.iter().enumerate() {
            bytes.extend((name.len() as u64).to_le_bytes());
            bytes.extend(name.as_bytes());
            bytes.extend(1u32.to_le_bytes());
            bytes.extend(Source::len(*data).to_le_bytes());
            bytes.extend(24u32.to_le_bytes());
            bytes.extend((at as u64 * 32).to_le_bytes());
        }
        for (_, data) in tensors {
            bytes.resize(bytes.len().next_multiple_of(32), 0);
            bytes.extend(*data);
        }
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes
    }

    fn manifest(bytes: &[u8]) -> GgufManifest {
        GgufManifest::of(&inspect("m.gguf", &bytes).unwrap(), &bytes).unwrap()
    }

    #[test]
    fn a_manifest_is_made_and_every_alteration_of_the_file_or_of_it_is_told() {
        let file = gguf(&[("a", b"one"), ("b", b"two"), ("c", b"three")]);
        let made = manifest(&file);
        assert_eq!((made.tensor_count, made.parameters, made.quant_type.as_str()), (3, 11, "I8"));
        assert_eq!(made.file_hash, Digest::of(&file).hex());
        assert_eq!(made.tensors[1].hash, Digest::of(b"two").hex());
        let pair = |left: &str, right: &str| {
            let mut hasher = Hasher::new();
            hasher.update(Digest::parse(left).unwrap().as_bytes());
            hasher.update(Digest::parse(right).unwrap().as_bytes());
            hasher.finish().hex()
        };
        let leaf = |bytes: &[u8]| Digest::of(bytes).hex();
        let odd = leaf(b"three");
        assert_eq!(made.merkle_root, pair(&pair(&leaf(b"one"), &leaf(b"two")), &pair(&odd, &odd)));
        let read = GgufManifest::parse(made.print().as_bytes()).unwrap();
        assert_eq!(read, made);
        assert_eq!(verdict(&read.mismatches(&made)), (true, "PASS: all tensors match manifest".to_owned()));
        let other = manifest(&gguf(&[("a", b"one"), ("b", b"TWO"), ("d", b"three")]));
        let told: Vec<String> = read.mismatches(&other).iter().map(ToString::to_string).collect();
        assert!(told[0].starts_with("b: hash mismatch (expected ") && told[1] == "d: not in manifest", "{told:?}");
        assert!(told.contains(&"c: not in the file".to_owned()) && told.len() == 5, "{told:?}");
        let altered = |alter: fn(&mut GgufManifest)| {
            let mut said = made.clone();
            alter(&mut said);
            said.mismatches(&made).len()
        };
        assert_eq!(altered(|said| said.merkle_root = "00".repeat(32)), 1);
        assert_eq!(altered(|said| said.file_hash = "00".repeat(32)), 1);
        assert_eq!(altered(|said| said.structure_hash = "00".repeat(32)), 1);
        assert_eq!(altered(|said| said.tensors[0].shape = vec![1, 3]), 2);
        assert_eq!(altered(|said| said.tensors.truncate(2)), 2);
    }

    #[test]
    fn the_form_of_the_tool_is_read_where_it_says_less_or_more() {
        let file = gguf(&[("a", b"one")]);
        let made = manifest(&file);
        let hash = Digest::of(b"one").hex();
        let short = format!(r#"{{"tensors": [{{"name": "a", "hash": "{hash}", "later": 1}}], "other": true}}"#);
        assert!(GgufManifest::parse(short.as_bytes()).unwrap().mismatches(&made).is_empty());
        assert!(GgufManifest::parse(b"[]").is_err());
        let text: &[u8] = b"no model";
        assert!(GgufManifest::of(&inspect("m.gguf", &text).unwrap(), &text).is_err());
    }
}
