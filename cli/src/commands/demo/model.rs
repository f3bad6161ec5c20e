//! A small model that is a real one: a classifier of made-up reviews, trained here, with its accuracy measured on
//! reviews that it has not seen. Nothing but sums and products, so that it comes out the same everywhere.

use std::path::Path;

use refmark_core::types::error::{Code, Error, Result};

/// Words that it knows.
const WORDS: usize = 1024;
/// Numbers a word.
const WIDTH: usize = 256;
/// Numbers a review, when it is read.
const HIDDEN: usize = 64;
/// Words a review.
const LENGTH: usize = 9;
/// Reviews that it is tested on.
const TESTED: usize = 500;

/// Draws numbers that are the same everywhere: splitmix64.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From -1 to 1.
    fn unit(&mut self) -> f32 {
        ((self.next() >> 40) as f32) / (1u32 << 23) as f32 - 1.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// What reads a review: the same in both versions.
pub struct Encoder {
    embeddings: Vec<f32>,
    weight: Vec<f32>,
    bias: Vec<f32>,
    norm: Vec<f32>,
    good: Vec<bool>,
}

/// What judges it.
pub struct Classifier {
    weight: Vec<f32>,
    bias: [f32; 2],
}

/// Reviews as the encoder reads them, each with whether it is a good one.
pub type Reviews = Vec<(Vec<f32>, bool)>;

impl Encoder {
    /// The encoder, as if it had been trained before.
    pub fn new() -> Encoder {
        let mut draw = Draw(2026);
        let good: Vec<bool> = (0..WORDS).map(|_| draw.next() & 1 == 1).collect();
        let direction: Vec<f32> = (0..WIDTH).map(|_| draw.unit()).collect();
        let mut embeddings = Vec::with_capacity(WORDS * WIDTH);
        for is_good in &good {
            let sign = if *is_good { 0.35 } else { -0.35 };
            embeddings.extend(direction.iter().map(|d| draw.unit() + sign * d));
        }
        let weight = (0..HIDDEN * WIDTH).map(|_| draw.unit() * 0.125).collect();
        Encoder { embeddings, weight, bias: vec![0.25; HIDDEN], norm: vec![1.0; HIDDEN], good }
    }

    /// Draws reviews: good where most of its words are, but for one in sixteen that somebody marked wrongly.
    pub fn reviews(&self, count: usize, seed: u64) -> Reviews {
        let mut draw = Draw(seed);
        let mut review = || {
            let words: Vec<usize> = (0..LENGTH).map(|_| draw.below(WORDS)).collect();
            let kind = words.iter().filter(|word| self.good.get(**word).copied().unwrap_or_default()).count();
            let wrong = draw.below(16) == 0;
            (self.read(&words), (kind * 2 > LENGTH) != wrong)
        };
        (0..count).map(|_| review()).collect()
    }

    fn read(&self, words: &[usize]) -> Vec<f32> {
        let mut mean = vec![0f32; WIDTH];
        for word in words {
            let row = self.embeddings.chunks_exact(WIDTH).nth(*word).unwrap_or_default();
            mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x / LENGTH as f32);
        }
        let rows = self.weight.chunks_exact(WIDTH).zip(self.bias.iter().zip(&self.norm));
        rows.map(|(row, (bias, norm))| (dot(row, &mean) + bias).max(0.0) * norm).collect()
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Classifier {
    /// Trains on reviews: an averaged perceptron.
    pub fn train(reviews: &Reviews, rounds: usize) -> Classifier {
        let (mut now, mut sum) = (vec![0f32; HIDDEN + 1], vec![0f32; HIDDEN + 1]);
        for _ in 0..rounds {
            for (features, is_good) in reviews {
                let wanted = if *is_good { 1.0 } else { -1.0 };
                let (bias, weight) = now.split_last().map_or((0.0, &[][..]), |(bias, weight)| (*bias, weight));
                if (dot(weight, features) + bias) * wanted <= 0.0 {
                    let step = features.iter().chain(std::iter::once(&1.0));
                    now.iter_mut().zip(step).for_each(|(w, x)| *w += x * wanted);
                }
                sum.iter_mut().zip(&now).for_each(|(sum, w)| *sum += w);
            }
        }
        let scale = 1.0 / (reviews.len() * rounds).max(1) as f32;
        let mean: Vec<f32> = sum.iter().map(|w| w * scale).collect();
        let (bias, weight) = mean.split_last().map_or((0.0, &[][..]), |(bias, weight)| (*bias, weight));
        let bad = weight.iter().map(|w| -w);
        Classifier { weight: bad.chain(weight.iter().copied()).collect(), bias: [-bias, bias] }
    }

    /// How many of these reviews it judges right, from 0 to 1.
    pub fn accuracy(&self, reviews: &Reviews) -> f64 {
        let (bad, good) = self.weight.split_at(HIDDEN);
        let [bias_bad, bias_good] = self.bias;
        let right = reviews.iter().filter(|(features, is_good)| {
            (dot(good, features) + bias_good > dot(bad, features) + bias_bad) == *is_good
        });
        right.count() as f64 / reviews.len() as f64
    }
}

/// The reviews for training, and those for testing.
pub fn data(encoder: &Encoder) -> (Reviews, Reviews) {
    (encoder.reviews(600, 1), encoder.reviews(TESTED, 2))
}

/// Writes the model's folder: config.json, model.safetensors, tokenizer.json.
pub fn write(folder: &Path, encoder: &Encoder, classifier: &Classifier) -> Result<()> {
    let config = serde_json::json!({
        "model_type": "tiny-sentiment", "hidden_size": WIDTH, "intermediate_size": HIDDEN, "vocab_size": WORDS,
        "id2label": {"0": "negative", "1": "positive"},
    });
    let words: serde_json::Map<String, serde_json::Value> = (0..WORDS).map(|at| (word(at), at.into())).collect();
    let tokenizer = serde_json::json!({
        "version": "1.0", "pre_tokenizer": {"type": "Whitespace"}, "model": {"type": "WordLevel", "vocab": words},
    });
    let weights = safetensors(&[
        ("embeddings.weight", &[WORDS, WIDTH], &encoder.embeddings),
        ("encoder.weight", &[HIDDEN, WIDTH], &encoder.weight),
        ("encoder.bias", &[HIDDEN], &encoder.bias),
        ("norm.weight", &[HIDDEN], &encoder.norm),
        ("classifier.weight", &[2, HIDDEN], &classifier.weight),
        ("classifier.bias", &[2], &classifier.bias),
    ]);
    let error = |error: std::io::Error| {
        Error::new(Code::Io, format!("the model cannot be written to {}: {error}", folder.display()))
    };
    std::fs::create_dir_all(folder).map_err(error)?;
    std::fs::write(folder.join("config.json"), format!("{config:#}\n")).map_err(error)?;
    std::fs::write(folder.join("tokenizer.json"), format!("{tokenizer}\n")).map_err(error)?;
    std::fs::write(folder.join("model.safetensors"), weights).map_err(error)
}

/// A word that can be spoken, different for each number.
fn word(at: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za"];
    let syllable = |shift: usize| SYLLABLES.get((at >> shift) & 15).copied().unwrap_or_default();
    format!("{}{}{}", syllable(8), syllable(4), syllable(0))
}

/// A tensor: its name, shape and numbers.
type Tensor<'t> = (&'t str, &'t [usize], &'t [f32]);

/// The safetensors format: the header's length, the header, the numbers in little-endian order.
fn safetensors(tensors: &[Tensor<'_>]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut bytes = Vec::new();
    for (name, shape, numbers) in tensors {
        let start = bytes.len();
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        let entry = serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, bytes.len()] });
        header.insert((*name).to_owned(), entry);
    }
    let mut header = serde_json::Value::Object(header).to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.into_bytes());
    file.extend(bytes);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_training_makes_the_model_better_and_the_same_on_every_run() {
        let encoder = Encoder::new();
        let (train, test) = data(&encoder);
        let first = Classifier::train(&train[..60].to_vec(), 1).accuracy(&test);
        let second = Classifier::train(&train, 4).accuracy(&test);
        assert!(0.6 < first && first < second && second < 1.0, "{first} {second}");
        let again = Encoder::new();
        assert_eq!(Classifier::train(&data(&again).0, 4).accuracy(&data(&again).1), second);
    }
}
