//! Inspection against the shared vectors, every prefix of them, and bytes changed at random.

#![allow(clippy::disallowed_methods, reason = "the vectors are files that all languages read")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use refmark_types::digest::{Digest, Hasher};
use refmark_types::error::{Code, Error, Result};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/inspect")
}

struct Case {
    name: String,
    file: String,
    bytes: Vec<u8>,
    expected: Json,
}

fn cases() -> Vec<Case> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(vectors()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    let cases: Vec<Case> = folders
        .iter()
        .map(|folder| {
            let expected: Json = serde_json::from_slice(&std::fs::read(folder.join("expected.json")).unwrap()).unwrap();
            let file = expected["file"].as_str().unwrap().to_owned();
            let bytes = std::fs::read(folder.join(&file)).unwrap();
            Case { name: folder.file_name().unwrap().to_string_lossy().into_owned(), file, bytes, expected }
        })
        .collect();
    assert!(cases.len() > 40, "only {} cases in {}", cases.len(), vectors().display());
    cases
}

/// The inspection in the words of `expected.json`, with only those optional members that are expected.
fn told(case: &Case, found: &Inspection) -> Json {
    let tensors: Vec<Json> = found.tensors.iter().map(|t| json!([t.name, t.dtype, t.shape, t.bytes])).collect();
    let problems: Vec<&str> = found.problems.iter().map(|problem| problem.code.as_str()).collect();
    let mut told = json!({"file": case.file, "class": found.class, "format": found.format, "tensors": tensors, "problems": problems});
    for key in ["metadata", "notes", "onnx"] {
        let Some(expected) = case.expected.get(key) else { continue };
        told[key] = match (key, expected) {
            ("metadata", Json::Object(wanted)) => wanted
                .keys()
                .map(|key| (key.clone(), json!(found.metadata.get(key))))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            ("notes", Json::Array(wanted)) => {
                wanted.iter().filter(|note| found.notes.iter().any(|have| *note == have)).cloned().collect()
            }
            _ => json!(found.onnx),
        };
    }
    told
}

#[test]
fn every_vector_is_what_its_maker_says() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = inspect(&case.file, &case.bytes.as_slice()).unwrap();
        let told = told(&case, &found);
        if told != case.expected {
            wrong.push(format!(
                "{}\n  expected {}\n  found    {told}\n  {:?} {:?}",
                case.name, case.expected, found.problems, found.notes
            ));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_has_a_problem_is_neither_tensors_nor_data_and_lists_none() {
    for case in cases() {
        let found = inspect(&case.file, &case.bytes.as_slice()).unwrap();
        if !found.problems.is_empty() {
            assert!(!matches!(found.class, FileClass::Tensors | FileClass::Data), "{}", case.name);
        }
        let listed = matches!(found.class, FileClass::Tensors | FileClass::ConfigCode);
        assert!(found.tensors.is_empty() || listed, "{}", case.name);
    }
}

#[test]
fn no_prefix_of_any_vector_panics_or_passes_for_tensors() {
    let cases = cases();
    let whole: Vec<&[u8]> =
        cases.iter().filter(|case| case.expected["class"] == "tensors").map(|case| case.bytes.as_slice()).collect();
    let models: Vec<Vec<Tensor>> = whole.iter().map(|bytes| inspect("", bytes).unwrap().tensors).collect();
    for case in &cases {
        // Each cut of a bomb goes off anew.
        let limit = if case.name.ends_with("bomb") { 100 } else { 1200 };
        for cut in 0..case.bytes.len().min(limit) {
            let (prefix, rest) = case.bytes.split_at(cut);
            let found = inspect(&case.file, &prefix).unwrap();
            // A GGUF file without the padding behind its last tensor has lost nothing.
            let padding = found.format == Format::Gguf && rest.len() < 32;
            // A protocol buffer does not say where it ends: without its last fields a model can still be whole.
            let fields = found.format == Format::Onnx && models.contains(&found.tensors);
            let good = found.class != FileClass::Tensors || padding || fields || whole.contains(&prefix);
            assert!(good, "{} cut at {cut}", case.name);
        }
    }
}

#[test]
fn no_pickle_cut_behind_its_call_passes_for_harmless() {
    for case in cases().iter().filter(|case| case.name.starts_with("pickle-protocol")) {
        for cut in case.bytes.len() - 1..case.bytes.len() {
            let found = inspect("vocab.txt", &&case.bytes[..cut]).unwrap();
            assert_eq!(found.class, FileClass::UnsafeFormat, "{} cut at {cut}", case.name);
        }
    }
}

#[test]
fn tensor_ranges_lie_in_the_file_in_order_and_can_be_digested_in_one_pass() {
    for case in cases() {
        let found = inspect(&case.file, &case.bytes.as_slice()).unwrap();
        assert!(found.tensors.is_sorted_by_key(|tensor| tensor.offset), "{}", case.name);
        let mut hasher = TensorHasher::<Hasher>::new(&found.tensors).unwrap();
        case.bytes.chunks(13).for_each(|chunk| hasher.update(chunk));
        let digests = hasher.finish().unwrap();
        for (tensor, digest) in found.tensors.iter().zip(digests).filter(|(tensor, _)| tensor.packed.is_none()) {
            let range = tensor.offset as usize..(tensor.offset + tensor.bytes) as usize;
            assert_eq!(digest, Digest::of(&case.bytes[range]), "{} {}", case.name, tensor.name);
        }
    }
}

#[test]
fn the_same_weights_have_the_same_digest_in_every_format_that_stores_them_plainly() {
    let of = |name: &str, tensor: &str| {
        let case = cases().into_iter().find(|case| case.name == name).unwrap();
        let found = inspect(&case.file, &case.bytes.as_slice()).unwrap();
        let tensor = found.tensors.iter().find(|have| have.name == tensor).unwrap();
        Digest::of(&case.bytes[tensor.offset as usize..(tensor.offset + tensor.bytes) as usize])
    };
    let plain = of("safetensors-plain", "a");
    assert_eq!(of("npy-plain", "array"), plain);
    assert_eq!(of("gguf-plain", "f32"), plain);
}

/// A source that breaks at an offset, or is shorter than it says.
struct Broken(u64, bool);

impl Source for Broken {
    fn len(&self) -> u64 {
        1000
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<usize> {
        if offset >= self.0 {
            return if self.1 { Err(Error::new(Code::Io, "the disk is gone")) } else { Ok(0) };
        }
        into.fill(0);
        Ok(into.len().min((self.0 - offset) as usize))
    }
}

#[test]
fn only_a_source_that_cannot_be_read_is_a_fault() {
    assert_eq!(inspect("x", &Broken(100, true)).unwrap_err().code, Code::Io);
    assert_eq!(inspect("x", &Broken(100, false)).unwrap_err().code, Code::SourceChanged);
}

#[test]
fn an_inspection_prints_as_json_with_the_words_of_the_design() {
    let found = inspect("a.txt", &b"hello".as_slice()).unwrap();
    assert_eq!(serde_json::to_value(&found).unwrap()["class"], "data");
}

proptest! {
    #[test]
    fn changed_bytes_never_panic_and_tensors_stay_within_the_file(
        pick in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        thread_local!(static CASES: Vec<Case> = cases());
        CASES.with(|cases| {
            let case = &cases[pick.index(cases.len())];
            let mut bytes = case.bytes.clone();
            if !bytes.is_empty() {
                for (at, byte) in &changes {
                    let at = at.index(bytes.len().min(4096));
                    bytes[at] = *byte;
                }
            }
            let found = inspect(&case.file, &bytes.as_slice()).unwrap();
            for tensor in &found.tensors {
                assert!(tensor.end().unwrap() <= bytes.len() as u64);
            }
            TensorHasher::<Hasher>::new(&found.tensors).unwrap();
        });
    }

    #[test]
    fn random_bytes_behind_any_magic_never_panic(magic in 0usize..16, bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        const MAGICS: [&[u8]; 16] = [
            b"", b"GGUF\x03\0\0\0", b"\x93NUMPY\x01\0", b"PK\x03\x04", b"\x80\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff",
            b"\x1f\x8b\x08\0", b"\x78\x9c", b"\x08\x08\x12", b"\x20\0\0\0\0\0\0\0{", b"RIFF", b"GIF89a", b"\x89HDF\r\n\x1a\n",
            b"c__main__\nx\n", b"(",
        ];
        let whole = [MAGICS[magic], &bytes].concat();
        let found = inspect("model.safetensors", &whole.as_slice()).unwrap();
        assert!(found.class != FileClass::Tensors);
    }
}

#[test]
fn a_safetensors_header_of_128_bytes_is_no_pickle() {
    for length in [128u64, 640] {
        let mut header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#.to_vec();
        header.resize(length as usize, b' ');
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend(1.0f32.to_le_bytes());
        let found = inspect("model.safetensors", &bytes.as_slice()).unwrap();
        assert_eq!(
            (found.format, found.class),
            (Format::Safetensors, FileClass::Tensors),
            "{length}: {:?}",
            found.notes
        );
    }
}
