//! Clocks that are wrong: what they say is shown, and nothing is ordered by it.

use std::sync::Arc;

use crate::pins::tests::Stage1;
use crate::tests::{model, world};
use crate::*;
use refmark_engine::plan::PromoteRequest;
use refmark_engine::ports::Clock;
use refmark_engine::verify::Outcome;
use refmark_query::pin::Standing;
use refmark_types::error::Code;
use refmark_types::name::AliasName;
use refmark_types::reference::Reference;
use refmark_types::span::Span;
use refmark_types::time::Timestamp;

/// A clock that is so many seconds away from the others.
struct Away(Arc<dyn Clock>, i64);

impl Clock for Away {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(self.0.now().unix() + self.1)
    }
}

fn open(stage: &Stage1, away: i64) -> Registry {
    let mut held = world(stage.home());
    held.clock = Arc::new(Away(held.clock.clone(), away));
    Registry::open(&stage.home().join("models"), held).unwrap()
}

/// How far a clock is away, in seconds, and whether that is worth a finding.
const CLOCKS: &[(i64, bool)] =
    &[(-400 * 86_400, false), (-7_200, false), (-30, false), (30, false), (7_200, true), (400 * 86_400, true)];

#[test]
fn a_clock_that_is_away_orders_nothing_and_one_that_is_ahead_is_a_finding() {
    for (away, told) in CLOCKS {
        let stage = Stage1::new();
        let alias = |name: &str| AliasName::parse(name).unwrap();
        let request = |version: u64, reason: &str| PromoteRequest {
            model: model("sentiment"),
            alias: alias("blue"),
            version,
            reason: reason.to_owned(),
            expect: None,
            evidence: Vec::new(),
        };
        // A clock that is a long way off is refused by the rules, with a word about the clock; one that differs writes on.
        let promote = |away: i64, version: u64, reason: &str| {
            let made = open(&stage, away).write(stage.writer()).promote(&request(version, reason));
            made.map(drop).map_err(|error| {
                assert_eq!(error.code, Code::Refused, "{error}");
                assert!(error.hint_text().unwrap_or_default().contains("clock"), "{error}");
            })
        };
        promote(0, 1, "first").unwrap();
        if promote(*away, 2, "second").is_err() {
            assert!(away.abs() > 86_400, "{away}");
            continue;
        }
        // At the head that the wrong clock made.
        let status = open(&stage, 0).read().status(None).unwrap();
        assert_eq!(status.problems.iter().any(|it| it.code == Code::BadTime), *told, "{away}: {:?}", status.problems);
        assert_eq!(status.verdict, Outcome::Ok, "{away}");
        if promote(0, 1, "third").is_err() {
            assert!(away.abs() > 86_400, "{away}");
            continue;
        }

        let registry = open(&stage, 0);
        let view = registry.read().view().unwrap();
        let moves = registry.read().log(&view, Some(&model("sentiment")), Some(&alias("blue"))).unwrap().moves;
        let reasons = |all: Vec<String>| all.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>();
        assert_eq!(reasons(moves.iter().map(|it| it.reason.clone()).collect()), ["third", "second", "first"], "{away}");
        let blue = alias("blue");
        let sentiment = model("sentiment");
        let of = EventsRequest { of: Some((&sentiment, Some(&blue))), since: None };
        let events = registry.read().events(&view, of).unwrap().events;
        assert_eq!(
            reasons(events.iter().map(|it| it.reason.clone()).collect()),
            ["third", "second", "first"],
            "{away}"
        );
        let now = registry.read().resolve(&Reference::parse("sentiment@blue").unwrap(), ResolveOptions::default());
        assert_eq!(now.unwrap().version, Some(1), "{away}: the last move holds");
        let verified = registry.read().verify(None, VerifyOptions::default()).unwrap();
        assert_eq!(verified.verdict, Outcome::Ok, "{away}: {:?}", verified.problems);
    }
}

#[test]
fn a_pin_that_was_checked_in_the_future_is_not_fresh_until_then() {
    for (away, told) in CLOCKS.iter().filter(|(away, _)| *away >= -30) {
        let stage = Stage1::new();
        let mut there = world(stage.home());
        there.clock = Arc::new(Away(there.clock.clone(), *away));
        let mut project = Project::at(&stage.app(), there).unwrap();
        let wanted = PinAddRequest {
            max_offline: Some(Span::parse("30d").unwrap()),
            ..crate::pins::tests::request(&["sentiment@champion"])
        };
        project.add(&open(&stage, *away), &wanted).unwrap();
        let here = Project::at(&stage.app(), world(stage.home())).unwrap();
        let standing = here.check(None).unwrap().standing;
        assert_eq!(standing == Standing::Stale, *told, "{away}: {standing:?}");
    }
}
