//! Three weeks of a team's work: what went live, what was refused, what was rolled back at night, and what was withdrawn.

use refmark_core::engine::plan::RollbackRequest;
use refmark_core::records::evidence::Verdict;
use refmark_core::types::digest::ArtifactId;
use refmark_core::types::error::Result;
use refmark_core::types::name::{AliasName, ConsumerId, ModelName};
use refmark_core::{PinAddRequest, Project, TransitionRequest};

use super::cast::{Cast, moved};
use super::packages::{Training, reranker, table, text_encoder};

/// What the example holds, for those who look at it.
pub struct Told {
    /// The proposal that waits for a second approval.
    pub pending: String,
    /// The proposal whose canary failed: it waits for a waiver, or for a better one.
    pub blocked: String,
    /// The proposal of what was revoked since.
    pub refused: String,
}

/// Tells the story.
pub fn tell(cast: &Cast) -> Result<Told> {
    let training = Training::new();
    let encoder = first_weeks(cast, &training)?;
    the_night(cast)?;
    let blocked = the_blocked_one(cast, &training, encoder)?;
    let refused = the_refused_one(cast)?;
    the_small_ones(cast)?;
    let pending = the_pending_one(cast, &training, encoder)?;
    Ok(Told { pending, blocked, refused })
}

/// `sentiment` comes to its third version, `fraud-score` to its first. The encoder that all classifiers share.
fn first_weeks(cast: &Cast, training: &Training) -> Result<ArtifactId> {
    cast.clock.at(0, 8);
    let encoder = cast.register("bo", &text_encoder(&cast.workshop)?)?.artifact;
    cast.promote("bo", "text-encoder@dev-shared", 1, "the encoder that all classifiers share")?;
    sentiment(cast, training, 1, (60, 1), encoder)?;
    cast.clock.at(1, 9);
    cast.canary("sentiment/1")?;
    cast.live("sentiment@champion", 1, "the first classifier", ["ada", "bo"])?;
    cast.clock.at(3, 10);
    cast.register("bo", &table(&cast.workshop, "fraud-score", 1, "payments", 0.871)?)?;
    cast.stage("fraud-score/1", &[("auc", 0.871)])?;
    cast.canary("fraud-score/1")?;
    cast.live("fraud-score@champion", 1, "replaces the rules of last year", ["chen", "bo"])?;
    cast.clock.at(6, 9);
    sentiment(cast, training, 2, (160, 1), encoder)?;
    cast.promote("bo", "sentiment@canary", 2, "5 % of the traffic")?;
    cast.clock.at(7, 9);
    cast.canary("sentiment/2")?;
    cast.live("sentiment@champion", 2, "twice the reviews, better on every slice", ["chen", "bo"])?;
    retire_the_first(cast)?;
    cast.clock.at(11, 9);
    sentiment(cast, training, 3, (320, 2), encoder)?;
    cast.canary("sentiment/3")?;
    cast.live("sentiment@champion", 3, "better on long reviews", ["ada", "bo"])?;
    Ok(encoder)
}

/// Version n, with all that production asks for but its canary.
fn sentiment(cast: &Cast, training: &Training, n: u64, trained: (usize, usize), encoder: ArtifactId) -> Result<()> {
    let (package, accuracy) = training.sentiment(&cast.workshop, n, trained, encoder)?;
    cast.register("bo", &package)?;
    cast.stage(&format!("sentiment/{n}"), &[("accuracy", accuracy), ("latency_ms", 2.0 + n as f64 / 10.0)])
}

/// A service says what it runs, and version 1 retires.
fn retire_the_first(cast: &Cast) -> Result<()> {
    cast.clock.at(8, 11);
    let mut project = Project::at(&cast.workshop.join("checkout"), cast.registry.world().clone())?;
    let folder = cast.workshop.join("checkout");
    cast.registry.world().disk.make_dirs(&folder)?;
    let pins = PinAddRequest {
        pins: vec![("sentiment@champion".to_owned(), None), ("fraud-score@champion".to_owned(), None)],
        url: None,
        max_offline: None,
        tofu: false,
    };
    project.add(&cast.registry, &pins)?;
    let project = Project::at(&folder, cast.registry.world().clone())?;
    let consumer = ConsumerId::parse("checkout")?;
    cast.registry.write(cast.hand("nora")?).publish_pins(
        &consumer,
        Some("The checkout".to_owned()),
        project.lock().ok(),
    )?;
    let moving = "# Moving to version 2\n\nThe same inputs and the same outputs: only pin anew.\n";
    cast.attach_text("nora", "sentiment/1", "migration-document", moving)?;
    let retired = TransitionRequest {
        replacement: Some("2".into()),
        sunset: Some(cast.clock.day(60)),
        ..moved("sentiment/1", "retired", "version 2 stands in for it")?
    };
    let proposal = cast.registry.write(cast.hand("ada")?).propose(None, |it| it.transition(&retired))?;
    cast.approve("chen", &proposal.branch, "everybody was told")?;
    cast.land("ada", &proposal.branch)
}

/// At three in the morning one person rolls back; one of two approvals is given the next day.
fn the_night(cast: &Cast) -> Result<()> {
    cast.clock.at(13, 3);
    let back = RollbackRequest {
        model: ModelName::parse("sentiment")?,
        alias: AliasName::parse("champion")?,
        to: Some(2),
        reason: "answers take ten seconds since midnight".to_owned(),
    };
    let moved = cast.registry.write(cast.hand("olu")?).rollback(&back)?;
    cast.clock.at(13, 9);
    cast.approve("ada", &moved.commit.to_string(), "right: version 3 reads long reviews twice")
}

/// A proposal whose canary then fails.
fn the_blocked_one(cast: &Cast, training: &Training, encoder: ArtifactId) -> Result<String> {
    cast.clock.at(15, 9);
    sentiment(cast, training, 4, (320, 1), encoder)?;
    let branch = cast.propose("nora", "sentiment@champion", 4, "reads long reviews once only")?;
    cast.approve("ada", &branch, "looks good so far")?;
    cast.clock.at(16, 9);
    cast.attach("ci", "sentiment/4", "canary", Verdict::Fail, "error rate of 2.1 % against 0.4 %")?;
    Ok(branch)
}

/// A proposal of what must go at once: nobody can land it any more.
fn the_refused_one(cast: &Cast) -> Result<String> {
    cast.clock.at(17, 10);
    let second = cast.register("bo", &table(&cast.workshop, "fraud-score", 2, "payments", 0.902)?)?;
    cast.stage("fraud-score/2", &[("auc", 0.902)])?;
    cast.promote("bo", "fraud-score@canary", 2, "5 % of the payments")?;
    cast.canary("fraud-score/2")?;
    let branch = cast.propose("nora", "fraud-score@champion", 2, "catches a third of what version 1 misses")?;
    cast.approve("chen", &branch, "a clear win")?;
    cast.clock.at(18, 2);
    let why = "trained on customers who had opted out";
    cast.registry.write(cast.hand("olu")?).revoke(second.artifact, why)?;
    Ok(branch)
}

/// One that waits for a sign-off, and one that anybody may try.
fn the_small_ones(cast: &Cast) -> Result<()> {
    cast.clock.at(18, 10);
    cast.register("nora", &reranker(&cast.workshop)?)?;
    cast.register("nora", &table(&cast.workshop, "churn", 1, "growth", 0.743)?)?;
    cast.transition("bo", "churn/1", "trusted", "scanned: only data")?;
    cast.promote("nora", "churn@dev-nightly", 1, "for the notebooks")
}

/// A proposal that one more person must approve.
fn the_pending_one(cast: &Cast, training: &Training, encoder: ArtifactId) -> Result<String> {
    cast.clock.at(20, 9);
    sentiment(cast, training, 5, (600, 4), encoder)?;
    cast.promote("bo", "sentiment@canary", 5, "5 % of the traffic")?;
    cast.clock.at(21, 9);
    cast.canary("sentiment/5")?;
    let branch = cast.propose(
        "nora",
        "sentiment@champion",
        5,
        "five points better than what is live, without the slow path of version 3",
    )?;
    cast.approve("ada", &branch, "five points better on the same data")?;
    Ok(branch)
}
