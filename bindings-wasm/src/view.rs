//! A registry at one head, asked as the command line asks it: the same values as its `--json`.

use std::cell::OnceCell;
use std::rc::Rc;

use refmark_query::answer::explain::{WhyNot, explain, report};
use refmark_query::answer::search::Corpus;
use refmark_query::answer::taint::VersionMark;
use refmark_query::answer::{QueryContext, catalog, detail, diff, list, log, resolve, show, sunset};
use refmark_query::index::{ModelRow, SearchRequest};
use refmark_render::review as review_page;
use refmark_types::error::{Code, Error, Result as Outcome};
use refmark_types::name::{ModelName, PrincipalId};
use refmark_types::number;
use refmark_types::reference::{Reference, parse_version};
use refmark_types::time::Timestamp;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::clock::now;
use crate::policy::policy;
use crate::review::review;
use crate::value::{thrown, value};
use crate::walk::Walk;

/// The most characters of a review in Markdown: what fits a forge's comment, as at the command line.
const COMMENT_LIMIT: usize = 60_000;

macro_rules! typed {
    ($($name:ident $text:literal;)*) => {
        #[wasm_bindgen]
        extern "C" {
            $(
                #[doc = concat!("`", $text, "` in TypeScript.")]
                #[wasm_bindgen(typescript_type = $text)]
                pub type $name;
            )*
        }
    };
}

typed! {
    JsModels "Model[]";
    JsVersions "VersionRow[]";
    JsShow "ShowAnswer";
    JsResolve "ResolveAnswer";
    JsMoves "MoveRow[]";
    JsDiff "ArtifactDiff";
    JsReview "Review";
    JsExplain "ExplainAnswer";
    JsReport "Dossier";
    JsSearch "SearchRow[]";
    JsPolicy "PolicyAnswer";
    JsCatalog "CatalogEntry[]";
    JsSunset "SunsetAnswer";
    JsMarks "VersionMark[]";
    JsModelWords "ModelWords | null";
    JsVersionWords "VersionWords";
    JsVersion "number | string";
    ReviewFormat "\"markdown\" | \"text\" | \"html\"";
}

/// What the answers are is written by `types.mjs` from the structs themselves.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
import type {
  ArtifactDiff, CatalogEntry, Dossier, ExplainAnswer, Inspected, Model, MoveRow, PolicyAnswer, Problem, ResolveAnswer, Review,
  ModelWords, SearchRow, ShowAnswer, SunsetAnswer, VersionMark, VersionRow, VersionWords,
} from "./answers.js";
"#;

/// A registry at one head. `refmark_core` says what each answer means; a missing object is thrown as `missing-object`.
#[wasm_bindgen]
pub struct View {
    walk: Rc<Walk>,
    corpus: OnceCell<Corpus>,
}

/// A model in a list, and when it last changed.
#[derive(Serialize)]
struct Model {
    #[serde(flatten)]
    row: ModelRow,
    /// When its words or versions last changed, by their authors' clocks.
    updated: Option<Timestamp>,
    /// Of the versions that its aliases hold those that there is something to warn of.
    marked: Vec<VersionMark>,
}

#[wasm_bindgen]
impl View {
    /// The commit that all answers are true of.
    pub fn head(&self) -> String {
        self.walk.head.to_string()
    }

    /// Whether all history was verified against the root that the reader gave.
    pub fn verified(&self) -> Result<bool, JsValue> {
        self.walk.ask(|basis| Ok(basis.is_vouched_for())).map_err(thrown)
    }

    /// Every model, by name: `list`, and when each last changed.
    pub fn models(&self) -> Result<JsModels, JsValue> {
        self.tell(|basis| {
            let rows = list::models_of(basis.reader())?;
            let told = |row: ModelRow| {
                let updated = detail::updated(basis.reader(), &row.model)?;
                Ok(Model { updated, marked: basis.marks_of_held(&row.model, &row.aliases)?, row })
            };
            rows.into_iter().map(told).collect::<Outcome<Vec<Model>>>()
        })
    }

    /// Where versions (`MODEL/VERSION`) stand: trust, stage, and whether a lost key taints them. What is no version here is
    /// left out.
    pub fn marks(&self, versions: Vec<String>) -> Result<JsMarks, JsValue> {
        self.tell(|basis| {
            let mut marks = Vec::new();
            for text in versions {
                let Reference::Version(model, version) = Reference::parse(&text)? else { continue };
                let held = list::held_by_alias(basis.reader(), &model)?;
                let held: Vec<_> = held.into_iter().filter(|(_, at)| *at == version).map(|(alias, _)| alias).collect();
                marks.extend(basis.mark_of(&model, version, &held)?);
            }
            Ok(marks)
        })
    }

    /// The versions of a model, newest first: `list MODEL`.
    pub fn versions(&self, model: &str) -> Result<JsVersions, JsValue> {
        self.tell(|basis| {
            let model = ModelName::parse(model)?;
            let mut rows = list::versions_of(basis.reader(), &model)?;
            basis.mark_tainted(&mut rows)?;
            list::some_versions(&model, rows)
        })
    }

    /// Everything that is known of a version or an artifact: `show`. No bytes of files are here, so all are absent.
    pub fn show(&self, reference: &str) -> Result<JsShow, JsValue> {
        self.tell(|basis| show::show(basis, &Reference::parse(reference)?, &|_| Ok(true)))
    }

    /// What a reference means, now or at a time: `resolve`.
    pub fn resolve(&self, reference: &str, at: Option<String>) -> Result<JsResolve, JsValue> {
        self.tell(|basis| {
            basis.check_tip()?;
            let at = at.as_deref().map(Timestamp::parse).transpose()?;
            resolve::resolve(basis, &Reference::parse(reference)?, at)
        })
    }

    /// The moves of an alias, of a model's aliases, or of all, newest first: `log`. With `max`, older ones are not read.
    pub fn log(&self, of: Option<String>, max: Option<usize>) -> Result<JsMoves, JsValue> {
        self.tell(|basis| {
            let of = of.as_deref().map(|text| log::subject(&Reference::parse(text)?)).transpose()?;
            let (model, alias) = of.map_or((None, None), |(model, alias)| (Some(model), alias));
            log::check_model(basis.reader(), model.as_ref(), alias.as_ref())?;
            let most = max.unwrap_or(usize::MAX);
            let moves = log::moves(basis, model.as_ref(), alias.as_ref(), most)?;
            let mut answer = log::LogAnswer::of(moves, model.as_ref(), alias.as_ref())?;
            answer.moves.truncate(most);
            Ok(answer.moves)
        })
    }

    /// What differs between two versions or artifacts, the old one first: `diff`.
    pub fn diff(&self, old: &str, new: &str) -> Result<JsDiff, JsValue> {
        self.tell(|basis| diff::diff(basis.reader(), &Reference::parse(old)?, &Reference::parse(new)?))
    }

    /// What the commits from `base` to `head` would change, or changed: `review`.
    pub fn review(&self, base: &str, head: &str) -> Result<JsReview, JsValue> {
        self.tell(|basis| review(basis, self.walk.pin, base, head))
    }

    /// The same for people.
    #[wasm_bindgen(js_name = reviewText)]
    pub fn review_text(&self, base: &str, head: &str, format: ReviewFormat) -> Result<String, JsValue> {
        let text = self.walk.ask(|basis| {
            let review = review(basis, self.walk.pin, base, head)?;
            match format.as_string().as_deref() {
                Some("markdown") => Ok(review_page::to_markdown(&review, COMMENT_LIMIT)),
                Some("html") => Ok(review_page::to_html(&review)),
                Some("text") => Ok(review_page::to_text(&review, false)),
                _ => Err(Error::new(Code::BadArgument, "a review is written as markdown, text or html")),
            }
        });
        text.map_err(thrown)
    }

    /// Why something is as it is: `explain`.
    pub fn explain(&self, reference: &str) -> Result<JsExplain, JsValue> {
        self.tell(|basis| explain(basis, &Reference::parse(reference)?, None))
    }

    /// Why an alias does not hold a version, judged as if `by` (or the first who may) proposed it at `now`:
    /// `explain --why-not`.
    #[wasm_bindgen(js_name = whyNot)]
    pub fn why_not(
        &self,
        alias: &str,
        version: JsVersion,
        by: Option<String>,
        now: Option<String>,
    ) -> Result<JsExplain, JsValue> {
        self.tell(|basis| {
            let by = by.as_deref().map(PrincipalId::parse).transpose()?;
            let registry = basis.reader().policy_in_force()?.registry;
            let version = version.as_string().or_else(|| version.as_f64().map(number::print)).unwrap_or_default();
            let asked =
                WhyNot { version: parse_version(&version)?, by: by.as_ref(), now: crate::clock::now(now)?, registry };
            explain(basis, &Reference::parse(alias)?, Some(asked))
        })
    }

    /// The dossier of a version: `report`.
    pub fn report(&self, reference: &str) -> Result<JsReport, JsValue> {
        self.tell(|basis| report(basis, &Reference::parse(reference)?))
    }

    /// What is said of a model: description, tags, a new name; null where there is none.
    #[wasm_bindgen(js_name = modelWords)]
    pub fn model_words(&self, model: &str) -> Result<JsModelWords, JsValue> {
        self.tell(|basis| crate::words::of_model(basis.reader(), &ModelName::parse(model)?))
    }

    /// What is said of a version: description, tags, evaluation card, who is pinned to it, the newest checkpoint.
    #[wasm_bindgen(js_name = versionWords)]
    pub fn version_words(&self, reference: &str) -> Result<JsVersionWords, JsValue> {
        self.tell(|basis| crate::words::of_version(basis, &Reference::parse(reference)?))
    }

    /// At most `max` versions (50) whose names, descriptions, tags or cards hold every word: `search`. The first question
    /// reads every version. `filters` narrow it, as the command's options do: `stage:production`, `trust:revoked`,
    /// `tag:KEY=VALUE`, `metric:f1>=0.9`, `file:SHA256`, `artifact:ID`, `capability:…`, `format:…`, `type:…`, `model:…`.
    pub fn search(&self, query: &str, max: Option<usize>, filters: Option<Vec<String>>) -> Result<JsSearch, JsValue> {
        self.tell(|basis| {
            let corpus = match self.corpus.get() {
                Some(corpus) => corpus,
                None => {
                    let corpus = Corpus::of(basis)?;
                    self.corpus.get_or_init(|| corpus)
                }
            };
            let request = SearchRequest { text: Some(query.to_owned()), ..SearchRequest::default() };
            let mut request = SearchRequest { limit: max.unwrap_or(request.limit), ..request };
            for filter in filters.unwrap_or_default() {
                crate::words::narrow(&mut request, &filter)?;
            }
            let mut found = corpus.search(basis, &request)?.found;
            basis.mark_tainted(found.iter_mut().map(|it| &mut it.version))?;
            Ok(found)
        })
    }

    /// The policy in force, or policy `number`, in sentences and as text, with the members of the one in force:
    /// `policy show` and `members list`.
    pub fn policy(&self, number: Option<f64>) -> Result<JsPolicy, JsValue> {
        self.tell(|basis| policy(basis.reader(), number.map(|it| it as u64)))
    }

    /// The stable ids that records may name: `catalog list`.
    pub fn catalog(&self) -> Result<JsCatalog, JsValue> {
        self.tell(|basis| Ok(catalog::catalog(basis.reader(), None)?.entries))
    }

    /// The retired versions, by this clock: `sunset`.
    pub fn sunset(&self, at: Option<String>) -> Result<JsSunset, JsValue> {
        self.tell(|basis| sunset::sunset(basis, now(at)?))
    }
}

impl View {
    pub(crate) fn of(walk: Rc<Walk>) -> View {
        View { walk, corpus: OnceCell::new() }
    }

    fn tell<T: Serialize, J: JsCast>(
        &self,
        ask: impl FnOnce(&QueryContext<'_, '_>) -> Outcome<T>,
    ) -> Result<J, JsValue> {
        Ok(value(&self.walk.ask(ask).map_err(thrown)?)?.unchecked_into())
    }
}
