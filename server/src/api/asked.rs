//! What a request asks for: parts of its path and its query, read as the types that the answers take.

use refmark_core::types::error::{Code, Error, Result};
use refmark_core::types::name::ModelName;
use refmark_core::types::reference::Reference;
use refmark_core::types::time::Timestamp;
use refmark_core::{Registry, View};

use super::routes::{Kind, Route};
use crate::access::Caller;
use crate::http::query::{first, names};

/// A request for one route's answer.
pub struct Asked<'a> {
    /// The registry that answers.
    pub registry: &'a Registry,
    /// Who asks.
    pub caller: &'a Caller,
    /// The values of the names in the path.
    pub names: Vec<(&'static str, String)>,
    /// The query, as it was sent.
    pub query: Option<&'a str>,
    /// The route.
    pub route: &'a Route,
}

impl<'a> Asked<'a> {
    /// An error where the query has a parameter that the route does not know, or one that cannot be read: what was meant would be
    /// left out without a word.
    pub fn check_query(&self) -> Result<()> {
        let Some(given) = names(self.query) else {
            return Err(Error::new(Code::BadArgument, "the query is not percent-encoded UTF-8"));
        };
        let known: Vec<&str> = self.route.parameters.iter().map(|it| it.name).collect();
        match given.iter().find(|name| !known.contains(&name.as_str())) {
            None => self.check_values(),
            Some(name) => {
                let message = format!("`{}` is no parameter of {}", name.escape_debug(), self.route.path);
                let error = Error::new(Code::BadArgument, message);
                Err(if known.is_empty() { error } else { error.hint(format!("it takes {}", known.join(", "))) })
            }
        }
    }

    /// An error where a parameter that is more than any text is given without a value.
    fn check_values(&self) -> Result<()> {
        let more = self.route.parameters.iter().filter(|it| it.kind != Kind::Text);
        match more.into_iter().find(|it| first(self.query, it.name).is_some_and(|value| value.is_empty())) {
            Some(empty) => Err(Error::new(Code::BadArgument, format!("the parameter `{}` is empty", empty.name))),
            None => Ok(()),
        }
    }

    /// A name of the path, else a parameter of the query.
    pub fn text(&self, name: &str) -> Option<String> {
        let in_path = self.names.iter().find(|it| it.0 == name).map(|it| it.1.clone());
        in_path.or_else(|| first(self.query, name)).filter(|text| !text.is_empty())
    }

    /// The same, where it must be there.
    pub fn needed(&self, name: &str) -> Result<String> {
        self.text(name).ok_or_else(|| Error::new(Code::BadArgument, format!("the parameter `{name}` is missing")))
    }

    /// A number.
    pub fn number(&self, name: &str, otherwise: usize) -> Result<usize> {
        let Some(text) = self.text(name) else { return Ok(otherwise) };
        let number: Option<u32> = text.parse().ok();
        number.map(|it| it as usize).ok_or_else(|| {
            Error::new(Code::BadArgument, format!("`{name}` is no whole number, or is larger than {}", u32::MAX))
        })
    }

    /// Yes or no.
    pub fn flag(&self, name: &str) -> Result<bool> {
        match self.text(name).as_deref() {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(Error::new(Code::BadArgument, format!("`{name}` is true or false"))),
        }
    }

    /// A time.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>> {
        self.text(name).as_deref().map(Timestamp::parse_lenient).transpose()
    }

    /// A model that the caller may know of.
    pub fn model(&self, name: &str) -> Result<ModelName> {
        let model = ModelName::parse(&self.needed(name)?)?;
        self.check_seen(self.caller.sees(model.as_str()))?;
        Ok(model)
    }

    /// A reference to something that the caller may know of.
    pub fn reference(&self, name: &str) -> Result<Reference> {
        let reference = Reference::parse(&self.needed(name)?)?;
        self.check_seen(match &reference {
            Reference::Version(model, _)
            | Reference::Release(model, _)
            | Reference::Alias(model, _)
            | Reference::Pin(model) => self.caller.sees(model.as_str()),
            // It may be anybody's.
            _ => self.caller.sees_all(),
        })?;
        Ok(reference)
    }

    fn check_seen(&self, sees: bool) -> Result<()> {
        match sees {
            true => Ok(()),
            false => Err(Error::new(Code::NotFound, "there is no such model that you may read")),
        }
    }

    /// The registry's newest head, held to what was seen of it; an error `bad-tip` where it must not be relied on.
    pub fn view(&self) -> Result<View<'a>> {
        let view = self.registry.read().view()?;
        view.check_tip()?;
        Ok(view)
    }
}
