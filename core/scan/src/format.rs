//! The two words that inspection gives a file: its format and its class.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use refmark_records::manifest::FileClass;
use refmark_types::error::{Code, Error, Result};

macro_rules! words {
    ($(#[$about:meta])* $name:ident: $what:literal { $($variant:ident $text:literal $doc:literal;)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $(#[doc = $doc] #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The text that stands in manifests.
            pub const fn as_str(self) -> &'static str { match self { $($name::$variant => $text,)* } }

            /// What it means, in one sentence.
            pub const fn about(self) -> &'static str { match self { $($name::$variant => $doc,)* } }

            /// Reads what [`Self::as_str`] prints; anything else is an error with code `bad-argument`.
            pub fn parse(text: &str) -> Result<$name> {
                $name::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| {
                    let all: Vec<&str> = $name::ALL.iter().map(|word| word.as_str()).collect();
                    Error::new(Code::BadArgument, format!("`{}` is not a {}", text.escape_debug(), $what))
                        .hint(format!("it is one of {}", all.join(", ")))
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

words! {
    /// What a file is, by its content.
    Format: "file format" {
        Safetensors "safetensors" "Safetensors: a JSON header, then tensors without holes.";
        Gguf "gguf" "GGUF, the format of llama.cpp.";
        Onnx "onnx" "An ONNX model.";
        OnnxData "onnx-data" "The external data of an ONNX model in the same package.";
        Npy "npy" "One NumPy array.";
        Npz "npz" "A zip archive of NumPy arrays.";
        Pickle "pickle" "A Python pickle, bare.";
        PytorchZip "pytorch-zip" "A PyTorch checkpoint: a zip archive around a pickle.";
        KerasZip "keras-zip" "A Keras 3 model: a zip archive with config.json.";
        Hdf5 "hdf5" "An HDF5 file; Keras 2 weights and models are such files.";
        TensorflowSavedModel "tensorflow-saved-model" "A TensorFlow SavedModel graph.";
        TensorflowCheckpoint "tensorflow-checkpoint" "The index of a TensorFlow checkpoint.";
        Tflite "tflite" "A TensorFlow Lite model.";
        Coreml "coreml" "A Core ML model.";
        OpenvinoIr "openvino-ir" "The graph of an OpenVINO model, in XML.";
        XgboostJson "xgboost-json" "An XGBoost model in JSON.";
        XgboostUbj "xgboost-ubj" "An XGBoost model in Universal Binary JSON.";
        XgboostBinary "xgboost-binary" "An XGBoost model in the binary form before version 1.";
        Lightgbm "lightgbm" "A LightGBM model in text.";
        Catboost "catboost" "A CatBoost model.";
        CatboostJson "catboost-json" "A CatBoost model in JSON.";
        Ggml "ggml" "A model in one of the forms of ggml before GGUF.";
        Llamafile "llamafile" "A program with a model in it, which runs on several systems.";
        TensorrtEngine "tensorrt-engine" "A TensorRT engine: compiled code for a GPU.";
        Nemo "nemo" "A NeMo model: a tar archive with its configuration and weights.";
        FlaxMsgpack "flax-msgpack" "Parameters of Flax in MessagePack.";
        SpacyMsgpack "spacy-msgpack" "A component's weights as spaCy writes them, in MessagePack.";
        Msgpack "msgpack" "A MessagePack value.";
        Cbor "cbor" "A CBOR value.";
        Ubjson "ubjson" "A Universal Binary JSON value.";
        Torchscript "torchscript" "A TorchScript model: a zip archive with its code and pickles.";
        GitLfsPointer "git-lfs-pointer" "A pointer of Git LFS: the file itself is not here.";
        Html "html" "An HTML page.";
        Svg "svg" "An SVG drawing.";
        Zip "zip" "A zip archive of another kind.";
        Tar "tar" "A tar archive.";
        Gzip "gzip" "A gzip stream.";
        Zlib "zlib" "A zlib stream, as joblib writes it.";
        Bzip2 "bzip2" "A bzip2 stream.";
        Xz "xz" "An xz stream.";
        Lzma "lzma" "An LZMA stream of the old form.";
        Zstd "zstd" "A Zstandard stream.";
        Lz4 "lz4" "An LZ4 frame.";
        SevenZip "seven-zip" "A 7z archive.";
        Parquet "parquet" "A Parquet table.";
        Json "json" "A JSON text.";
        Notebook "notebook" "A Jupyter notebook.";
        Text "text" "UTF-8 text.";
        Python "python" "Python source.";
        PythonBytecode "python-bytecode" "Compiled Python.";
        Script "script" "A script or source file in another language.";
        Elf "elf" "A program or library for Linux.";
        Pe "pe" "A program or library for Windows.";
        MachO "mach-o" "A program or library for macOS.";
        Wasm "wasm" "A WebAssembly module.";
        JavaClass "java-class" "A Java class.";
        Png "png" "A PNG image.";
        Jpeg "jpeg" "A JPEG image.";
        Gif "gif" "A GIF image.";
        Webp "webp" "A WebP image.";
        Empty "empty" "No bytes at all.";
        Unknown "unknown" "None of the formats that refmark knows.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_what_it_prints_in_json_too() {
        for class in FileClass::ALL {
            assert_eq!(FileClass::parse(class.as_str()), Some(class));
            assert_eq!(serde_json::to_string(&class).unwrap(), format!("\"{class}\""));
        }
        for format in Format::ALL {
            assert_eq!(Format::parse(format.as_str()).unwrap(), *format);
            assert_eq!(serde_json::to_string(format).unwrap(), format!("\"{format}\""));
        }
        assert_eq!(FileClass::parse("Tensors"), None);
    }
}
