//! `token`: tokens of the service on this machine.

use refmark_core::types::error::{Code, Error, Result};
use refmark_server::tokens::{Right, Token, TokenRequest, Tokens};
use refmark_server::{Settings, state_folder};
use serde::Serialize;

use crate::answer::{Render, Reply, reply};
use crate::args::serve::{TokenAddArgs, TokenArgs, TokenVerb};
use crate::render::{Page, faint, safe};

/// A token that was made, with itself: shown this once.
#[derive(Serialize)]
struct Made {
    /// The token.
    token: String,
    /// What is kept of it.
    kept: Token,
}

impl Render for Made {
    fn render(&self, page: &mut Page) {
        page.line(&self.token);
        page.line(faint("it is shown this once; only its digest is kept"));
    }
}

/// Tokens, without themselves.
#[derive(Serialize)]
struct Kept {
    tokens: Vec<Token>,
}

impl Render for Kept {
    fn render(&self, page: &mut Page) {
        if self.tokens.is_empty() {
            page.line("No tokens.");
        }
        for token in &self.tokens {
            let rights: Vec<String> = token.rights.iter().map(|right| format!("{right:?}").to_lowercase()).collect();
            let models = if token.models.is_empty() { "all models".to_owned() } else { token.models.join(", ") };
            let until = token.expires.map(|expires| format!(", until {expires}")).unwrap_or_default();
            page.line(safe(&format!("{}  {}: {} on {models}{until}", token.name, token.principal, rights.join(", "))));
        }
    }
}

/// A token that has ended.
#[derive(Serialize)]
struct Ended {
    ended: Token,
}

impl Render for Ended {
    fn render(&self, page: &mut Page) {
        page.line(safe(&format!("{} has ended", self.ended.name)));
    }
}

/// Runs the command.
pub fn run(args: &TokenArgs) -> Reply {
    let tokens = Tokens::at(&state_folder(&Settings::from_env()));
    match &args.verb {
        TokenVerb::Add(add) => {
            let (token, kept) = tokens.add(&wanted(add)?)?;
            reply(Made { token, kept })
        }
        TokenVerb::List => reply(Kept { tokens: tokens.list()? }),
        TokenVerb::Revoke(revoke) => reply(Ended { ended: tokens.revoke(&revoke.name)? }),
    }
}

fn wanted(args: &TokenAddArgs) -> Result<TokenRequest> {
    let right = |word: &String| {
        Right::parse(word).ok_or_else(|| {
            Error::new(Code::BadArgument, format!("`{}` is no right", word.escape_debug()))
                .hint("the rights are: read, verify, change, withdraw")
        })
    };
    Ok(TokenRequest {
        name: args.name.clone(),
        principal: args.principal.clone(),
        rights: args.rights.iter().map(right).collect::<Result<_>>()?,
        models: args.models.clone(),
        days: args.days,
    })
}
