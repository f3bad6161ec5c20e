//! `assert-served`: does a runtime serve what is approved?

use std::time::{Duration, Instant};

use refmark_core::ServedRequest;
use refmark_core::types::reference::Reference;

use crate::answer::{Reply, reply};
use crate::app::App;
use crate::args::operating::AssertServedArgs;

/// How long to wait before the runtime is asked again.
const EVERY: Duration = Duration::from_secs(1);

/// Runs the command.
pub fn run(app: &App, args: &AssertServedArgs) -> Reply {
    let request = ServedRequest {
        reference: Reference::parse(&args.reference)?,
        url: args.url.clone(),
        path: args.path.clone(),
        allow_unverified: args.allow_unverified,
    };
    let registry = app.registry()?;
    let until = Instant::now().checked_add(Duration::from_secs(args.within));
    loop {
        let answer = registry.read().served(&request);
        let again = match &answer {
            Ok(answer) => !answer.served,
            Err(error) => error.code == refmark_core::types::error::Code::Unreachable,
        };
        if !again || until.is_none_or(|until| Instant::now() >= until) {
            return reply(answer?);
        }
        app.cancel().check()?;
        std::thread::sleep(EVERY);
    }
}
