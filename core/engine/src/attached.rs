//! The documents of an artifact as they stand: its own, or those that were attached later. A contract is part of what was
//! registered, and a later one only fills its place where there is none; a card is read in its newest form.

use crate::state_reader::{StateReader, TypedRecord};
use refmark_records::attached;
use refmark_records::evidence::{Evidence, Verdict};
use refmark_records::layout::Document;
use refmark_records::manifest::Contract;
use refmark_types::canonical::FreeJson;
use refmark_types::digest::ArtifactId;
use refmark_types::error::Result;
use refmark_types::printer::print;

impl StateReader<'_> {
    /// The newest document of a kind that was attached to an artifact after it was registered.
    ///
    /// # Errors
    /// Those of reading records.
    pub fn attached(self, artifact: &ArtifactId, document: Document) -> Result<Option<TypedRecord<Evidence>>> {
        let Some(of) = document.as_evidence() else { return Ok(None) };
        let is_one = |piece: &TypedRecord<Evidence>| {
            piece.evidence_type.as_str() == of && piece.verdict != Verdict::Fail && attached::lacks(piece).is_none()
        };
        Ok(self.evidence(artifact)?.into_iter().rev().find(is_one))
    }

    /// The contract that callers rely on: the artifact's own or, without one, the newest that was attached.
    ///
    /// # Errors
    /// Those of reading records; `bad-record` where the artifact's own is none.
    pub fn standing_contract(self, artifact: &ArtifactId) -> Result<Option<Contract>> {
        match self.contract(artifact)? {
            Some(own) => Ok(Some(own)),
            None => Ok(self.attached(artifact, Document::Contract)?.and_then(|piece| attached::contract(&piece))),
        }
    }

    /// The model card: the newest that was attached or, without one, the artifact's own.
    ///
    /// # Errors
    /// Those of reading records.
    pub fn standing_model_card(self, artifact: &ArtifactId) -> Result<Option<Vec<u8>>> {
        match self.attached(artifact, Document::ModelCard)? {
            Some(piece) => Ok(piece.text().map(|text| text.as_bytes().to_vec())),
            None => self.document(artifact, Document::ModelCard),
        }
    }

    /// The evaluation card, printed: the newest that was attached or, without one, the artifact's own.
    ///
    /// # Errors
    /// Those of reading records.
    pub fn standing_evaluation_card(self, artifact: &ArtifactId) -> Result<Option<Vec<u8>>> {
        match self.attached(artifact, Document::EvaluationCard)? {
            Some(piece) => print(&FreeJson(piece.details.0.clone())).map(|text| Some(text.into_bytes())),
            None => self.document(artifact, Document::EvaluationCard),
        }
    }
}
