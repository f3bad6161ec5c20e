//! Documents that are attached to an artifact after it was registered: evidence of a type of its own, with the document in
//! its details.

use super::evidence::{Evidence, Verdict};
use super::layout::Document;
use super::manifest::Contract;
use refmark_types::value::{Value, from_value};

impl Document {
    /// The documents that may come later, with the evidence type of each.
    pub const LATER: [(Document, &'static str); 3] = [
        (Document::Contract, "contract"),
        (Document::EvaluationCard, "evaluation-card"),
        (Document::ModelCard, "model-card"),
    ];

    /// The document that evidence of a type is, where it is one.
    pub fn of_evidence(evidence_type: &str) -> Option<Document> {
        Document::LATER.into_iter().find(|(_, of)| *of == evidence_type).map(|(document, _)| document)
    }

    /// The evidence type by which it may come later; nothing for what is part of the artifact for good.
    pub fn as_evidence(self) -> Option<&'static str> {
        Document::LATER.into_iter().find(|(document, _)| *document == self).map(|(_, of)| of)
    }
}

/// The contract that a piece of evidence attaches.
pub fn contract(evidence: &Evidence) -> Option<Contract> {
    let states = |of: &str| evidence.details.0.get(of).is_some();
    (states("inputs") || states("outputs")).then(|| from_value(&evidence.details.0).ok()).flatten()
}

/// The evaluation card that it attaches: an object that is not empty.
pub fn evaluation_card(evidence: &Evidence) -> Option<&Value> {
    let members = evidence.details.0.as_object()?;
    (!members.is_empty()).then_some(&evidence.details.0)
}

/// What such a piece of evidence lacks to be the document that its type promises; nothing where it is one, where it is of
/// another type, or where it is a fail, which objects to what stands and brings nothing.
pub fn lacks(evidence: &Evidence) -> Option<&'static str> {
    if evidence.verdict == Verdict::Fail {
        return None;
    }
    match Document::of_evidence(evidence.evidence_type.as_str())? {
        Document::Contract => {
            contract(evidence).is_none().then_some("it holds no contract: inputs and outputs, in JSON")
        }
        Document::EvaluationCard => evaluation_card(evidence).is_none().then_some("it holds no card, in JSON"),
        _ => evidence.text().is_none().then_some("it has no text"),
    }
}
