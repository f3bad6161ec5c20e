//! The first landing of a registry: root, policy, catalog.

use super::{Author, Plan};
use refmark_records::catalog::{CatalogEntry, EntryState, seeds};
use refmark_records::layout::Place;
use refmark_records::policy::{Policy, PolicyStatement};
use refmark_records::root::{FORMAT, Keyholder, Quorum, Root};
use refmark_records::signature::PublicKey;
use refmark_types::digest::Digest;
use refmark_types::error::Result;
use refmark_types::name::PrincipalId;

/// What a new registry starts with.
pub struct Founding<'a> {
    /// The registry's name, for people.
    pub name: &'a str,
    /// Whoever founds it: its root and its policy quorum.
    pub founder: &'a PublicKey,
    /// The text of the first policy.
    pub policy: &'a str,
}

/// The first landing: root 1, policy 1 and the catalog's built-in entries, all by one founder.
pub fn plan_init(author: &Author, founding: &Founding<'_>) -> Result<Plan> {
    let mut plan = Plan { subject: format!("init {}", founding.name), ..Plan::default() };
    let alone = || Quorum { threshold: 1, principals: vec![author.by.clone()] };
    plan.sign(Root {
        number: 1,
        name: founding.name.to_owned(),
        format: FORMAT,
        root: alone(),
        policy: alone(),
        keyholders: vec![Keyholder { principal: author.by.clone(), keys: vec![*founding.founder] }],
        reason: "the first root".to_owned(),
        by: author.by.clone(),
        time: author.time,
        previous: None,
        base: None,
        path: String::new(),
        registry: author.registry,
    })?;
    Policy::parse(founding.policy)?;
    plan.documents.push((Place::PolicyText(1), founding.policy.as_bytes().to_vec()));
    plan.sign(PolicyStatement {
        number: 1,
        text: Digest::of(founding.policy.as_bytes()),
        reason: "the first policy".to_owned(),
        by: author.by.clone(),
        time: author.time,
        previous: None,
        base: None,
        path: String::new(),
        registry: author.registry,
    })?;
    for seed in seeds()? {
        plan.sign(CatalogEntry {
            family: seed.family,
            id: seed.id,
            sequence: 1,
            state: EntryState::Active,
            owner: author.by.to_string(),
            meaning: seed.meaning,
            entry_kind: "built-in".to_owned(),
            schema: seed.schema,
            docs: None,
            status_page: None,
            retention_days: None,
            billable: false,
            artifacts: Default::default(),
            template: seed.template,
            by: author.by.clone(),
            time: author.time,
            previous: None,
            base: None,
            path: String::new(),
            registry: author.registry,
        })?;
    }
    Ok(plan)
}

impl Author {
    /// The founder of a registry: nothing lies before the first landing.
    pub fn founder(
        by: PrincipalId,
        time: refmark_types::time::Timestamp,
        registry: refmark_records::registry_id::RegistryId,
    ) -> Author {
        Author { by, time, base: None, registry, tainted: Vec::new(), holds: Vec::new() }
    }
}
