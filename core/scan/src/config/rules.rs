//! Which settings of JSON name code, one rule a loader.

use super::Setting;

/// Attention that transformers itself carries.
const ATTENTION: &[&str] =
    &["eager", "sdpa", "flash_attention_2", "flash_attention_3", "flash_attention_4", "flex_attention"];
/// Packages whose classes a diffusers pipeline is made of.
const PIPELINE: &[&str] = &["diffusers", "transformers", "stable_diffusion", "peft", "onnxruntime", "k_diffusion"];
/// Libraries that PEFT takes base models from.
const LIBRARIES: &[&str] = &["transformers", "diffusers", "peft", "sentence_transformers", "timm", "torch"];
/// Packages that Keras knows as its own.
const KERAS: &[&str] = &["keras", "tf_keras", "keras_nlp", "keras_hub", "keras_cv", "builtins", "tensorflow", "numpy"];

/// As much of a value as the rules need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// null, false, zero, or an empty text, list or object.
    Nothing,
    True,
    Text(String),
    /// A list of up to four texts, and nothing else.
    Texts(Vec<String>),
    /// Anything else, cut.
    Something(String),
}

/// The members of one object that are judged together.
#[derive(Default)]
pub(super) struct Frame {
    class: Option<String>,
    module: Option<String>,
    kind: Option<String>,
    /// Keys of an entry of `modules.json`.
    entry: u8,
    /// The version of diffusers that wrote it is there.
    diffusers: bool,
    /// The class of diffusers that it is of; whether that is a pipeline.
    pipeline: Option<bool>,
    /// Components of a pipeline: path, package and class.
    components: Vec<(String, String, String)>,
    lc: bool,
    id: Option<String>,
}

impl Frame {
    /// Judges a member by itself, and keeps what is judged with others.
    pub(super) fn member(&mut self, path: &str, key: &str, value: Value, settings: &mut Vec<Setting>) {
        if let Some(said) = by_itself(path, key, &value) {
            add(settings, path, &said);
        }
        match (key, value) {
            ("class_name", Value::Text(text)) => self.class = Some(text),
            ("module", Value::Text(text)) => self.module = Some(text),
            ("type", Value::Text(text)) => self.kind = Some(text),
            ("idx" | "path" | "name", _) => self.entry += 1,
            // What the loader reads is decided by the file's name, not by these; a component's settings have lists, too.
            ("_class_name", Value::Text(text)) => self.pipeline = Some(text.contains("Pipeline")),
            ("_diffusers_version", _) => self.diffusers = true,
            ("lc", _) => self.lc = true,
            ("id", Value::Texts(parts)) if self.id.is_none() => self.id = Some(parts.join(".")),
            (_, Value::Texts(pair)) => {
                if let [package, class] = pair.as_slice()
                    && self.components.len() < 64
                {
                    self.components.push((path.to_owned(), package.clone(), class.clone()));
                }
            }
            _ => {}
        }
    }

    /// Judges the members together.
    pub(super) fn finish(self, path: &str, settings: &mut Vec<Setting>) {
        if let (Some(class), Some(module)) = (&self.class, &self.module) {
            // Keras imports the module that an object names.
            let root = module.split('.').next().unwrap_or(module);
            if !KERAS.contains(&root) {
                add(settings, &join(path, "module"), &format!("{module}.{class}"));
            }
        }
        // sentence-transformers imports the type of each entry of `modules.json`.
        if let Some(kind) = &self.kind
            && self.entry >= 3
            && kind.contains('.')
            && !kind.starts_with("sentence_transformers.")
        {
            add(settings, &join(path, "type"), kind);
        }
        if self.diffusers || self.pipeline.is_some() {
            for (path, package, class) in &self.components {
                // Blocks and other classes are named in capitals, modules are not.
                let is_module =
                    self.pipeline != Some(false) || package.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
                if is_module && !PIPELINE.contains(&package.as_str()) && !path.ends_with("_class_name") {
                    add(settings, path, &format!("{package}.{class}"));
                }
            }
        }
        if let (true, Some(id)) = (self.lc, self.id) {
            add(settings, &join(path, "id"), &id);
        }
    }
}

/// What a member that names code by itself says.
fn by_itself(path: &str, key: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::Nothing => return None,
        Value::True => "true",
        Value::Text(text) | Value::Something(text) => text,
        Value::Texts(_) => "",
    };
    let names = match key {
        // transformers, sentence-transformers.
        "auto_map" | "custom_pipelines" | "custom_pipeline" => true,
        "trust_remote_code" => matches!(value, Value::True),
        "attn_implementation" | "_attn_implementation" | "attn_impl" | "_attn_implementation_internal" => {
            matches!(value, Value::Text(_)) && !ATTENTION.contains(&text.trim_start_matches("paged|"))
        }
        "chat_template" => matches!(value, Value::Text(_)),
        "template" => matches!(value, Value::Text(_)) && path.contains("chat_template"),
        // Hydra and NeMo; Lightning.
        "_target_" | "class_path" => matches!(value, Value::Text(_)),
        // torchtune.
        "_component_" => matches!(value, Value::Text(_)),
        // transformers: a program that generates in place of its own.
        "custom_generate" => matches!(value, Value::Text(_)),
        // PEFT imports the library of the base model's class.
        "parent_library" => !LIBRARIES.iter().any(|own| text.split('.').next() == Some(own)),
        // diffusers: a list is a module of the package and its class.
        "_class_name" => matches!(value, Value::Texts(_)),
        // Keras.
        "class_name" => matches!(text, "Lambda" | "__lambda__"),
        "registered_name" => text.contains('>') && !text.starts_with("keras>"),
        // MLflow.
        "loader_module" => !text.starts_with("mlflow."),
        // jsonpickle.
        "py/object" | "py/function" | "py/reduce" | "py/type" | "py/newargs" | "py/newargsex" | "py/newobj" => true,
        // ONNX Runtime, TensorRT, Triton, TorchServe.
        "custom_ops_library"
        | "custom_op_library"
        | "custom_ops"
        | "plugin_path"
        | "plugins_path"
        | "op_library_filename" => matches!(value, Value::Text(_) | Value::Texts(_) | Value::Something(_)),
        "handler" => matches!(value, Value::Text(_)) && (text.contains(".py") || text.contains(':')),
        // skops: the type that a node is rebuilt as.
        "__loader__" => !matches!(text, "DictNode" | "ListNode" | "TupleNode" | "NdArrayNode" | "JsonNode" | "SetNode"),
        _ => false,
    };
    names.then(|| match value {
        Value::Texts(parts) => parts.join("."),
        _ => text.to_owned(),
    })
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn add(settings: &mut Vec<Setting>, path: &str, value: &str) {
    const LIMIT: usize = 256;
    let setting = Setting { path: path.to_owned(), value: value.to_owned() };
    if settings.len() < LIMIT && !settings.contains(&setting) {
        settings.push(setting);
    }
}
