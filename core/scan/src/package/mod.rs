//! What only the files of a package together tell: whether the package is whole, and what external data is.
//!
//! A download that failed leaves a pointer, an error page, an empty file or half of one under a weight's name; a copied
//! folder lacks a shard. Each file by itself is harmless then, and the package is no model.

mod external;
mod shards;

use std::collections::HashMap;

use super::format::Format;
use super::report::{Inspection, Reference, shown};
use refmark_records::manifest::{Gap, GapKind};

/// A file of a package.
#[derive(Debug, Clone)]
pub struct PackageFile {
    /// Its path in the package, `/` between folders.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it is by itself.
    pub inspection: Inspection,
}

/// At most so many gaps are told.
const GAPS_LIMIT: usize = 256;

/// Endings of names under which people keep weights, and which are never text.
const WEIGHTS: &[&str] = &[
    "bin",
    "caffemodel",
    "cbm",
    "ckpt",
    "engine",
    "ggml",
    "gguf",
    "h5",
    "hdf5",
    "joblib",
    "keras",
    "llamafile",
    "mlmodel",
    "msgpack",
    "nemo",
    "npy",
    "npz",
    "onnx",
    "onnx_data",
    "params",
    "pb",
    "pdparams",
    "pickle",
    "pkl",
    "plan",
    "pt",
    "pth",
    "safetensors",
    "tflite",
    "ubj",
];

/// How the names of weights begin that end in `.bin`: the ending alone names no format, and other programs give it to text.
const BIN_WEIGHTS: &[&str] = &[
    "adapter_model",
    "consolidated",
    "diffusion_pytorch_model",
    "flax_model",
    "ggml",
    "model",
    "open_clip",
    "optimizer",
    "pytorch_",
    "tf_model",
    "training_args",
];

/// Endings that programs give to files which they have not downloaded whole.
const UNFINISHED: &[&str] = &[".incomplete", ".part", ".partial", ".crdownload", ".aria2", ".download"];

/// Looks at the files of a package together: lists the tensors of external data under the files that hold them, and says
/// what the package lacks.
///
/// Paths are unique, in any order. The cost is that of the listed tensors.
///
/// ```
/// use refmark_scan::{GapKind, PackageFile, inspect, inspect_package};
///
/// let page = b"<!doctype html><title>Not found</title>";
/// let inspection = inspect("model.gguf", &page.as_slice()).unwrap();
/// let mut files = [PackageFile { path: "model.gguf".into(), size: page.len() as u64, inspection }];
/// let gaps = inspect_package(&mut files);
/// assert_eq!(gaps[0].kind, GapKind::NotWeights);
/// ```
pub fn inspect_package(files: &mut [PackageFile]) -> Vec<Gap> {
    external::attach(files);
    let mut gaps = Gaps { all: Vec::new() };
    for file in files.iter() {
        by_itself(file, &mut gaps);
    }
    let by_path: HashMap<&str, &PackageFile> = files.iter().map(|file| (file.path.as_str(), file)).collect();
    for file in files.iter() {
        references(file, &by_path, &mut gaps);
    }
    shards::indexes(files, &by_path, &mut gaps);
    shards::numbered(files, &by_path, &mut gaps);
    shards::splits(files, &mut gaps);
    gaps.all.sort_by(|a, b| (&a.path, a.kind).cmp(&(&b.path, b.kind)));
    gaps.all.dedup();
    gaps.all
}

struct Gaps {
    all: Vec<Gap>,
}

impl Gaps {
    fn add(&mut self, kind: GapKind, path: &str, detail: String) {
        if self.all.len() < GAPS_LIMIT {
            self.all.push(Gap { kind, path: path.to_owned(), detail });
        }
    }
}

fn by_itself(file: &PackageFile, gaps: &mut Gaps) {
    let found = &file.inspection;
    let name = file.path.rsplit('/').next().unwrap_or(&file.path).to_ascii_lowercase();
    let weights = name.rsplit_once('.').is_some_and(|(_, ending)| WEIGHTS.contains(&ending));
    if found.format == Format::GitLfsPointer {
        let size = found.metadata.get("lfs.size").map(|size| format!(" of {size} bytes")).unwrap_or_default();
        gaps.add(
            GapKind::LfsPointer,
            &file.path,
            format!("a pointer of Git LFS, and not the file{size} that it stands for"),
        );
    } else if UNFINISHED.iter().any(|ending| name.ends_with(ending)) {
        gaps.add(GapKind::Truncated, &file.path, "a download that was not finished".into());
    } else if weights && found.format == Format::Empty {
        gaps.add(GapKind::Empty, &file.path, "empty, under the name of weights".into());
    } else if weights && (found.format == Format::Html || is_written(found.format) && !may_be_text(&name)) {
        let what = if found.format == Format::Html { "a web page" } else { "text" };
        gaps.add(GapKind::NotWeights, &file.path, format!("{what}, under the name of weights"));
    } else if let Some(problem) = found.problems.iter().find(|problem| problem.fields.contains_key("truncated")) {
        gaps.add(GapKind::Truncated, &file.path, format!("it ends too early: {}", problem.message));
    }
}

fn is_written(format: Format) -> bool {
    matches!(format, Format::Text | Format::Json | Format::Script)
}

/// A file in `.bin` that no tool for weights named.
fn may_be_text(name: &str) -> bool {
    name.ends_with(".bin") && !BIN_WEIGHTS.iter().any(|start| name.starts_with(start))
}

/// The path of a file that another names, from the folder of that other; nothing where it leads out of the package.
fn beside(path: &str, named: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    if named.starts_with('/') || named.contains('\\') {
        return None;
    }
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn references(file: &PackageFile, by_path: &HashMap<&str, &PackageFile>, gaps: &mut Gaps) {
    let here = |named: &str| beside(&file.path, named).and_then(|path| by_path.get(path.as_str()).copied());
    let mut told: Vec<&str> = Vec::new();
    for reference in &file.inspection.references {
        match reference {
            Reference::External { file: named, end } if !told.contains(&named.as_str()) => match here(named) {
                None => {
                    told.push(named);
                    gaps.add(
                        GapKind::ExternalAbsent,
                        &file.path,
                        format!("its data in `{}` is not here", shown(named)),
                    );
                }
                Some(other) if end.is_some_and(|end| end > other.size) => {
                    told.push(named);
                    let (size, end) = (other.size, end.unwrap_or_default());
                    let detail = format!("its data in `{}` goes to byte {end}, and the file to {size}", shown(named));
                    gaps.add(GapKind::ExternalShort, &file.path, detail);
                }
                Some(_) => {}
            },
            Reference::Companion { file: named } if here(named).is_none() => {
                gaps.add(
                    GapKind::CompanionAbsent,
                    &file.path,
                    format!("`{}`, which it needs, is not here", shown(named)),
                );
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect;

    fn file(path: &str, bytes: &[u8]) -> PackageFile {
        let name = path.rsplit('/').next().unwrap();
        PackageFile { path: path.into(), size: bytes.len() as u64, inspection: inspect(name, &bytes).unwrap() }
    }

    fn safetensors(names: &[&str]) -> Vec<u8> {
        let entries: Vec<String> = names
            .iter()
            .enumerate()
            .map(|(n, name)| format!(r#""{name}":{{"dtype":"U8","shape":[1],"data_offsets":[{n},{}]}}"#, n + 1))
            .collect();
        let header = format!("{{{}}}", entries.join(","));
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(vec![7; names.len()]);
        bytes
    }

    fn kinds(mut files: Vec<PackageFile>) -> Vec<(GapKind, String)> {
        inspect_package(&mut files).into_iter().map(|gap| (gap.kind, gap.path)).collect()
    }

    fn gap(kind: GapKind, path: &str) -> (GapKind, String) {
        (kind, path.to_owned())
    }

    #[test]
    fn pointers_pages_empty_files_and_half_files_under_weight_names_are_gaps() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n";
        let whole = safetensors(&["a"]);
        let files = vec![
            file("a/model.safetensors", pointer),
            file("b/model.gguf", b"<html>no</html>"),
            file("c/pytorch_model.bin", b""),
            file("d/model.safetensors", &whole[..whole.len() - 1]),
            file("e/model.onnx", br#"{"error": "no such file"}"#),
            file("f/model.safetensors.incomplete", &whole),
            file("g/pytorch_model.bin", b"Entry not found"),
            file("h/words.bin", b"<html>no</html>"),
            file("words.bin", b"a list of words"),
            file("README.md", b""),
            file("config.json", b"{}"),
            file("good.safetensors", &whole),
        ];
        let expected = [
            gap(GapKind::LfsPointer, "a/model.safetensors"),
            gap(GapKind::NotWeights, "b/model.gguf"),
            gap(GapKind::Empty, "c/pytorch_model.bin"),
            gap(GapKind::Truncated, "d/model.safetensors"),
            gap(GapKind::NotWeights, "e/model.onnx"),
            gap(GapKind::Truncated, "f/model.safetensors.incomplete"),
            gap(GapKind::NotWeights, "g/pytorch_model.bin"),
            gap(GapKind::NotWeights, "h/words.bin"),
        ];
        assert_eq!(kinds(files), expected);
    }

    #[test]
    fn an_index_that_names_absent_shards_or_tensors_and_tensors_in_two_shards_are_gaps() {
        let index = br#"{"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors", "c": "m-3.safetensors"}}"#;
        let files = vec![
            file("m/model.safetensors.index.json", index),
            file("m/m-1.safetensors", &safetensors(&["a", "x"])),
            file("m/m-2.safetensors", &safetensors(&["x"])),
        ];
        let place = "m/model.safetensors.index.json";
        let expected =
            [gap(GapKind::ShardAbsent, place), gap(GapKind::TensorAbsent, place), gap(GapKind::TensorTwice, place)];
        assert_eq!(kinds(files), expected);
        let index = br#"{"weight_map": {"a": "m-1.safetensors"}}"#;
        assert_eq!(kinds(vec![file("i.index.json", index), file("m-1.safetensors", &safetensors(&["a"]))]), []);
    }

    #[test]
    fn numbered_shards_are_all_here_or_one_is_missed() {
        let shard = |n: u32| file(&format!("model-{n:05}-of-00003.safetensors"), &safetensors(&[&format!("t{n}")]));
        assert_eq!(kinds(vec![shard(1), shard(2), shard(3)]), []);
        assert_eq!(kinds(vec![shard(1), shard(3)]), [gap(GapKind::ShardAbsent, "model-00001-of-00003.safetensors")]);
    }
}
