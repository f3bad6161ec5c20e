//! The exported site's own files: what `site.json` says, the columnar listing, and which packs an export adds.

use serde::{Deserialize, Serialize};

use super::index::{ModelRow, VersionRow};
use refmark_records::evidence::MetricValue;
use refmark_records::registry_id::RegistryId;
use refmark_records::trust::TrustState;
use refmark_records::version::Stage;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::name::{AliasName, ModelName, PrincipalId, Release};
use refmark_types::oid::Oid;
use refmark_types::time::Timestamp;
use std::collections::BTreeMap;

/// The form of the site that is written here.
pub const SITE_FORMAT: u64 = 1;
/// So many packs a site has at most; an export that would bring more writes fresh ones in place of all.
pub const MOST_PACKS: usize = 20;

/// What a pack of a site is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackUse {
    /// The head's commit and tree: enough to show what stands there.
    State,
    /// Everything else: verifying needs both.
    History,
}

/// A pack of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SitePack {
    /// `pack-<hex>`, after the hash of its bytes.
    pub name: String,
    /// The pack, relative to the folder of `site.json`.
    pub pack: String,
    /// Its index, the same.
    pub idx: String,
    /// The pack's size in bytes.
    pub bytes: u64,
    /// How many objects it holds.
    pub objects: u64,
    /// What it is for.
    #[serde(rename = "use")]
    pub used_for: PackUse,
}

impl SitePack {
    /// A pack by the hash of its bytes, in hex.
    pub fn new(hash: &str, bytes: u64, objects: u64, used_for: PackUse) -> SitePack {
        let name = format!("pack-{hash}");
        SitePack {
            pack: format!("packs/{name}.pack"),
            idx: format!("packs/{name}.idx"),
            name,
            bytes,
            objects,
            used_for,
        }
    }

    fn is_sound(&self) -> bool {
        let hash = self.name.strip_prefix("pack-").is_some_and(is_hash);
        hash && self.pack == format!("packs/{}.pack", self.name) && self.idx == format!("packs/{}.idx", self.name)
    }
}

/// A registry, as a site names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteRegistry {
    /// Its id.
    pub id: RegistryId,
    /// Its name, for people.
    pub name: String,
}

/// What a site holds: `site.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The site's form.
    pub format: u64,
    /// The registry.
    pub registry: SiteRegistry,
    /// The branch that is the registry.
    pub branch: String,
    /// Its newest commit.
    pub head: Oid,
    /// The registry's branch and those of open proposals, by full name.
    pub refs: BTreeMap<String, Oid>,
    /// The first root, as `sha256:<hex>`. The site's own word: it vouches for nothing.
    pub root: String,
    /// The packs, oldest first.
    pub packs: Vec<SitePack>,
    /// The listing, relative to the folder of `site.json`.
    pub listing: String,
    /// The time of the newest commit.
    pub exported_of: Timestamp,
    /// Whether the files of trusted versions are here, too.
    pub blobs: bool,
}

impl Site {
    /// Reads a `site.json`. An error `upgrade-needed` for a newer form, `bad-record` for anything else that is none.
    pub fn parse(bytes: &[u8]) -> Result<Site> {
        #[derive(Deserialize)]
        struct Head {
            format: u64,
        }
        let broken = |error: serde_json::Error| {
            Error::new(Code::BadRecord, format!("site.json cannot be read: {error}"))
                .hint("remove the folder, or export to another one")
        };
        let head: Head = serde_json::from_slice(bytes).map_err(broken)?;
        if head.format != SITE_FORMAT {
            return Err(Error::new(
                Code::UpgradeNeeded,
                format!("the site has format {}, and this refmark writes {SITE_FORMAT}", head.format),
            )
            .hint("upgrade refmark, or export to another folder"));
        }
        let site: Site = serde_json::from_slice(bytes).map_err(broken)?;
        if let Some(pack) = site.packs.iter().find(|pack| !pack.is_sound()) {
            return Err(Error::new(Code::BadRecord, format!("site.json names a pack `{}`", pack.name.escape_debug())));
        }
        let listing = site.listing.strip_prefix("listing-").and_then(|rest| rest.strip_suffix(".json"));
        if !listing.is_some_and(is_hash) {
            return Err(Error::new(
                Code::BadRecord,
                format!("site.json names a listing `{}`", site.listing.escape_debug()),
            ));
        }
        Ok(site)
    }

    /// The file's bytes.
    pub fn print(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(bug)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Whether a text is a hash in lower-case hex.
fn is_hash(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What an export does about packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackPlan {
    /// The site has them all.
    Keep,
    /// The site keeps what it has and is given what is new.
    Add,
    /// All are written anew: there was no site, or one of its packs is gone or changed.
    Fresh,
    /// All are written anew, because they had become too many.
    Repack,
}

/// Plans the packs of an export. `whole`: every pack that the site before names is there.
pub fn plan_packs(before: Option<&Site>, whole: bool, refs: &BTreeMap<String, Oid>) -> PackPlan {
    match before {
        Some(site) if whole && site.refs == *refs => PackPlan::Keep,
        Some(site) if whole && site.packs.len() + 2 > MOST_PACKS => PackPlan::Repack,
        Some(_) if whole => PackPlan::Add,
        _ => PackPlan::Fresh,
    }
}

/// The models and versions at a head, column by column: small, and quick to read.
#[derive(Debug, Serialize)]
pub struct Listing {
    /// The head.
    pub head: Oid,
    /// The models, by name.
    pub models: ModelColumns,
    /// The versions: model by model, newest first.
    pub versions: VersionColumns,
}

/// The models of a listing: item n of each column is model n.
#[derive(Debug, Default, Serialize)]
pub struct ModelColumns {
    /// The names.
    pub name: Vec<ModelName>,
    /// Who answers for each.
    pub owner: Vec<Option<String>>,
    /// How many versions each has.
    pub versions: Vec<u64>,
    /// When its words or versions last changed, by their authors' clocks, as lists say it.
    pub updated: Vec<Option<Timestamp>>,
    /// What its aliases hold: alias and version.
    pub aliases: Vec<Vec<(AliasName, u64)>>,
}

/// The versions of a listing: item n of each column is version n.
#[derive(Debug, Default, Serialize)]
pub struct VersionColumns {
    /// Which model, by its place in the models' columns.
    pub model: Vec<u64>,
    /// The number.
    pub version: Vec<u64>,
    /// The release.
    pub release: Vec<Option<Release>>,
    /// The artifact.
    pub artifact: Vec<ArtifactId>,
    /// The stage.
    pub stage: Vec<Stage>,
    /// The artifact's trust state.
    pub trust: Vec<TrustState>,
    /// The sum of its files' sizes.
    pub size: Vec<u64>,
    /// Who registered it.
    pub by: Vec<PrincipalId>,
    /// When, by that person's clock.
    pub time: Vec<Timestamp>,
    /// The claimed metrics.
    pub metrics: Vec<BTreeMap<String, MetricValue>>,
    /// The places in these columns of the versions that rest on a key that was distrusted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tainted: Vec<u64>,
}

impl Listing {
    /// A listing without a row.
    pub fn new(head: Oid) -> Listing {
        Listing { head, models: ModelColumns::default(), versions: VersionColumns::default() }
    }

    /// Adds a model with its versions, newest first, and when it last changed. Models come by name.
    pub fn add(&mut self, model: ModelRow, versions: Vec<VersionRow>, updated: Option<Timestamp>) {
        let at = self.models.name.len() as u64;
        self.models.name.push(model.model);
        self.models.owner.push(model.owner);
        self.models.versions.push(model.versions);
        self.models.updated.push(updated);
        self.models.aliases.push(model.aliases);
        for version in versions {
            self.versions.model.push(at);
            self.versions.version.push(version.version);
            self.versions.release.push(version.release);
            self.versions.artifact.push(version.artifact);
            self.versions.stage.push(version.stage);
            self.versions.trust.push(version.trust);
            self.versions.size.push(version.size);
            self.versions.by.push(version.by);
            self.versions.time.push(version.time);
            self.versions.metrics.push(version.metrics);
            if version.tainted {
                self.versions.tainted.push(self.versions.version.len() as u64 - 1);
            }
        }
    }

    /// The file's name, after the hash of its bytes, and the bytes.
    pub fn print(&self) -> Result<(String, Vec<u8>)> {
        let bytes = serde_json::to_vec(self).map_err(bug)?;
        Ok((format!("listing-{}.json", Digest::of(&bytes)), bytes))
    }
}

/// The place in the template of a single file at which the registry's data goes.
pub const DATA_PLACE: &str = "<!--refmark-site-->";
/// What every single file has, and nothing else of the user's.
pub const DATA_MARK: &str = "<script type=\"application/json\" id=\"refmark-site\">";

/// One page with a site's data in it: `site.json` as JSON, each file in base64. Data of a page is never run, so that it
/// needs no hash in the page's content security policy.
pub fn inline(template: &str, site: &[u8], files: &[(String, Vec<u8>)]) -> Result<String> {
    use base64ct::{Base64, Encoding};
    let Some((head, tail)) = template.split_once(DATA_PLACE) else {
        return Err(Error::new(Code::BadArgument, format!("the viewer's single page has no place {DATA_PLACE}"))
            .hint("build the viewer again: viewer/build.sh"));
    };
    // Inside a script element only `<` could end it.
    let site = String::from_utf8_lossy(site).replace('<', "\\u003c");
    let mut page = format!("{head}{DATA_MARK}{}</script>", site.trim_end());
    for (path, bytes) in files {
        page.push_str("\n<script type=\"application/octet-stream;base64\" id=\"refmark-file:");
        page.push_str(path);
        page.push_str("\">");
        page.push_str(&Base64::encode_string(bytes));
        page.push_str("</script>");
    }
    page.push_str(tail);
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(packs: usize) -> Site {
        let head = Oid::parse(&"a".repeat(40)).unwrap();
        Site {
            format: SITE_FORMAT,
            registry: SiteRegistry { id: RegistryId::from_bytes([7; 16]), name: "</script>".to_owned() },
            branch: "main".to_owned(),
            head,
            refs: BTreeMap::from([("refs/heads/main".to_owned(), head)]),
            root: Digest::of(b"root").prefixed(),
            packs: (0..packs).map(|n| SitePack::new(&format!("{n:040x}"), 1, 1, PackUse::History)).collect(),
            listing: format!("listing-{}.json", Digest::of(b"")),
            exported_of: Timestamp::from_unix(1_800_000_000),
            blobs: false,
        }
    }

    #[test]
    fn site_json_comes_back_as_it_was_and_no_name_in_it_leads_out_of_its_folder() {
        let one = site(2);
        assert_eq!(Site::parse(&one.print().unwrap()).unwrap(), one);
        let text = String::from_utf8(one.print().unwrap()).unwrap();
        for (from, to) in [
            ("packs/pack-", "packs/../../pack-"),
            ("\"listing-", "\"../listing-"),
            ("\"pack-", "\"pack-A"),
            ("\"blobs\"", "\"more\""),
            ("{", "["),
        ] {
            let error = Site::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
            assert_eq!(error.code, Code::BadRecord, "{to}");
        }
        let error = Site::parse(text.replacen("\"format\": 1", "\"format\": 2", 1).as_bytes()).unwrap_err();
        assert_eq!(error.code, Code::UpgradeNeeded);
    }

    #[test]
    fn packs_are_kept_while_nothing_moved_added_to_after_and_written_anew_when_they_are_many_or_gone() {
        let one = site(2);
        let mut moved = one.refs.clone();
        moved.insert("refs/heads/propose/a".to_owned(), one.head);
        assert_eq!(plan_packs(None, true, &one.refs), PackPlan::Fresh);
        assert_eq!(plan_packs(Some(&one), true, &one.refs), PackPlan::Keep);
        assert_eq!(plan_packs(Some(&one), true, &moved), PackPlan::Add);
        assert_eq!(plan_packs(Some(&one), false, &one.refs), PackPlan::Fresh);
        assert_eq!(plan_packs(Some(&site(18)), true, &moved), PackPlan::Add);
        assert_eq!(plan_packs(Some(&site(19)), true, &moved), PackPlan::Repack);
        assert_eq!(plan_packs(Some(&site(30)), true, &one.refs), PackPlan::Keep);
    }

    #[test]
    fn no_name_in_the_data_ends_the_pages_script() {
        let json = site(1).print().unwrap();
        let page =
            inline("<html><!--refmark-site--></html>", &json, &[("packs/a".to_owned(), b"<>".to_vec())]).unwrap();
        assert_eq!(page.matches("</script>").count(), 2, "{page}");
        let data = page.split_once(DATA_MARK).unwrap().1.split_once("</script>").unwrap().0;
        assert_eq!(Site::parse(data.as_bytes()).unwrap(), site(1));
        assert!(page.contains("id=\"refmark-file:packs/a\">PD4=</script></html>"), "{page}");
        assert_eq!(inline("<html></html>", b"{}", &[]).unwrap_err().code, Code::BadArgument);
    }
}
