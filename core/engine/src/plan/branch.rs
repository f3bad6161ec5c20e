//! What a proposal is called where nobody names it.

use super::Plan;
use refmark_records::layout::Place;
use refmark_records::statement::Predicate;
use refmark_types::digest::ArtifactId;
use refmark_types::name::escape;

impl Plan {
    /// The branch on which it is proposed where nobody names one, such as `propose/sentiment-champion-4`: after the first
    /// record that people would speak of, with the number that it has.
    pub fn branch(&self) -> String {
        let signed = self.statements.iter().filter_map(|it| {
            let place = Place::of(&it.predicate).ok()?;
            Some((rank(&place), name(&place, Some(&it.predicate))?))
        });
        let carried = self.carried.iter().filter_map(|(path, _)| {
            let place = Place::parse(path)?;
            Some((rank(&place), name(&place, None)?))
        });
        let best = signed.chain(carried).min_by_key(|it| it.0);
        format!("propose/{}", best.map_or_else(|| spelled(&self.subject), |it| it.1))
    }
}

/// The subject line of a change without records, as a branch may be named.
fn spelled(subject: &str) -> String {
    let words: Vec<String> = subject
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

/// What people speak of, first: a promotion brings a stage move along, and a version its trust state.
fn rank(place: &Place) -> u8 {
    match place {
        Place::Alias(..) => 0,
        Place::Version(..) => 1,
        Place::Stage(..) => 2,
        Place::Label(..) => 3,
        Place::Trust(..) => 4,
        _ => 5,
    }
}

fn name(place: &Place, predicate: Option<&Predicate>) -> Option<String> {
    Some(match (place, predicate) {
        (Place::Alias(model, alias, n), _) => format!("{}-{}-{n}", escape(model.as_str()), escape(alias.as_str())),
        (Place::Version(model, n), _) => format!("{}-{n}", escape(model.as_str())),
        (Place::Stage(model, version, _), Some(Predicate::Stage(it))) => {
            format!("{}-{version}-{}", escape(model.as_str()), it.to)
        }
        (Place::Stage(model, version, n), _) => format!("{}-{version}-stage-{n}", escape(model.as_str())),
        (Place::Label(model, version, n), _) => format!("{}-{version}-label-{n}", escape(model.as_str())),
        (Place::About(model, n), _) => format!("{}-about-{n}", escape(model.as_str())),
        (Place::Trust(artifact, _), Some(Predicate::Trust(it))) => format!("{}-{}", short(artifact), it.to),
        (Place::Trust(artifact, n), _) => format!("{}-trust-{n}", short(artifact)),
        (Place::Evidence(artifact, of, _), _) => format!("{}-{}", short(artifact), escape(of.as_str())),
        (Place::Catalog(family, id, n), _) => format!("{}-{}-{n}", family.as_str(), escape(id.as_str())),
        (Place::Consumer(consumer, n), _) => format!("pins-{}-{n}", escape(consumer.as_str())),
        (Place::Policy(n), _) => format!("policy-{n}"),
        (Place::Root(n), _) => format!("trust-root-{n}"),
        (Place::Checkpoint(n), _) => format!("checkpoint-{n}"),
        (Place::Approval(..) | Place::Document(..) | Place::PolicyText(_), _) => return None,
    })
}

fn short(artifact: &ArtifactId) -> String {
    artifact.digest().hex().chars().take(12).collect()
}
