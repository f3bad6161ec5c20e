//! The packages of the example: small, and real where it costs nothing.

use std::path::{Path, PathBuf};

use refmark_core::Package;
use refmark_core::records::manifest::{Contract, ContractField};
use refmark_core::types::canonical::{FreeJson, FreeMap};
use refmark_core::types::digest::{ArtifactId, Digest};
use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::{ModelName, Release};
use refmark_core::types::value::to_value;

use super::super::model::{self, Classifier, Encoder, Reviews};

/// Trains the classifiers.
pub struct Training {
    encoder: Encoder,
    train: Reviews,
    test: Reviews,
}

impl Training {
    /// The reviews, read once.
    pub fn new() -> Training {
        let encoder = Encoder::new();
        let (train, test) = model::data(&encoder);
        Training { encoder, train, test }
    }

    /// Version n of `sentiment`: trained on so many reviews, so many times over. The package and its accuracy.
    pub fn sentiment(
        &self,
        folder: &Path,
        n: u64,
        (reviews, rounds): (usize, usize),
        parent: ArtifactId,
    ) -> Result<(Package, f64)> {
        let classifier = Classifier::train(&self.train.iter().take(reviews).cloned().collect(), rounds);
        let folder = folder.join(format!("sentiment-{n}"));
        model::write(&folder, &self.encoder, &classifier)?;
        let accuracy = classifier.accuracy(&self.test);
        let mut package = described("sentiment", vec![folder], n, "nlp")?;
        package.metrics = vec![("accuracy".to_owned(), accuracy), ("train_reviews".to_owned(), reviews as f64)];
        package.capabilities = vec!["text-classification".to_owned()];
        package.parents = vec![parent];
        package.release = Some(Release::parse(&format!("1.{}.0", n - 1))?);
        package.contract = Some(contract(&[("review", "string")], &[("label", "string"), ("score", "float32")]));
        package.card = Some(card(n, reviews, rounds, accuracy));
        Ok((package, accuracy))
    }
}

fn card(n: u64, reviews: usize, rounds: usize, accuracy: f64) -> String {
    let read = if rounds == 1 { "read once".to_owned() } else { format!("read {rounds} times") };
    format!(
        "# Sentiment {n}\n\nSays whether a review of a product is a good one.\n\n## Training\n\n\
         {reviews} made-up reviews, {read} by an averaged perceptron over a fixed text encoder.\n\n\
         ## Measured\n\n| what | value |\n|---|---|\n| accuracy on 500 reviews that it has not seen | {accuracy} |\n\n\
         ## Not for\n\nPeople. It judges texts, not those who wrote them.\n"
    )
}

/// The encoder that all classifiers read with.
pub fn text_encoder(folder: &Path) -> Result<Package> {
    let folder = folder.join("text-encoder");
    write(&folder, "config.json", "{\"hidden_size\": 256, \"model_type\": \"tiny-encoder\"}\n")?;
    write(&folder, "vocabulary.txt", &(0..64).map(|n| format!("word-{n}\n")).collect::<String>())?;
    let mut package = described("text-encoder", vec![folder], 1, "nlp")?;
    package.capabilities = vec!["feature-extraction".to_owned()];
    package.source = Some("https://models.example.com/text-encoder".to_owned());
    package.contract = Some(contract(&[("text", "string")], &[("features", "float32")]));
    Ok(package)
}

/// Version n of a model that is one table of numbers.
pub fn table(folder: &Path, name: &str, n: u64, owner: &str, auc: f64) -> Result<Package> {
    let at = folder.join(format!("{name}-{n}"));
    let rows: Vec<String> = (0..24).map(|row| format!("  [{row}, {}]", (row * 37 + n * 11) % 101)).collect();
    write(&at, "trees.json", &format!("[\n{}\n]\n", rows.join(",\n")))?;
    write(&at, "features.json", "[\"amount\", \"country\", \"hour\", \"merchant\"]\n")?;
    let mut package = described(name, vec![at], n, owner)?;
    package.metrics = vec![("auc".to_owned(), auc), ("latency_ms".to_owned(), 3.0 + n as f64 / 4.0)];
    package.capabilities = vec!["tabular-classification".to_owned()];
    package.contract = Some(contract(&[("row", "float32")], &[("score", "float32")]));
    Ok(package)
}

/// A model that brings code: it waits for a person's sign-off.
pub fn reranker(folder: &Path) -> Result<Package> {
    let at = folder.join("reranker");
    write(&at, "config.json", "{\"auto_map\": {\"AutoModel\": \"modeling.Reranker\"}}\n")?;
    write(
        &at,
        "modeling.py",
        "class Reranker:\n    def score(self, query, text):\n        return len(set(query) & set(text))\n",
    )?;
    let mut package = described("reranker", vec![at], 1, "search")?;
    package.metrics = vec![("ndcg".to_owned(), 0.412)];
    package.capabilities = vec!["rerank".to_owned()];
    package.contract = Some(contract(&[("query", "string"), ("text", "string")], &[("score", "float32")]));
    Ok(package)
}

/// A package with everything that the team policy asks of one.
fn described(name: &str, paths: Vec<PathBuf>, n: u64, owner: &str) -> Result<Package> {
    let mut package = Package::new(ModelName::parse(name)?, paths)?;
    let commit = Digest::of(format!("{name} {n}").as_bytes()).to_string();
    package.owner = Some(owner.to_owned());
    package.description = Some(format!("{name}, run {n}"));
    package.card = Some(format!("# {name} {n}\n\nAn example of a model card.\n"));
    let card = serde_json::json!({ "suite": "core", "measured_on": "held-out 2026-08" });
    package.evaluation_card = Some(FreeJson(to_value(&card)));
    package.lineage = [
        ("code_commit".to_owned(), commit.get(..40).unwrap_or_default().to_owned()),
        ("dataset_version".to_owned(), "reviews@2026-08".to_owned()),
        ("training_run".to_owned(), format!("https://train.example.com/{name}/{n}")),
    ]
    .into_iter()
    .collect();
    Ok(package)
}

fn contract(inputs: &[(&str, &str)], outputs: &[(&str, &str)]) -> Contract {
    let field = |(name, kind): &(&str, &str)| ContractField {
        name: (*name).to_owned(),
        field_type: (*kind).to_owned(),
        shape: None,
        optional: false,
    };
    Contract {
        inputs: inputs.iter().map(field).collect(),
        outputs: outputs.iter().map(field).collect(),
        notes: FreeMap::default(),
    }
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(folder.join(name), text));
    written.map_err(|error| Error::new(Code::Io, format!("{} cannot be written: {error}", folder.join(name).display())))
}
