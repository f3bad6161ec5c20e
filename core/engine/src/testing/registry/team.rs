//! The people of a story: their keys, and the policy that they work under.

use ed25519_dalek::{Signer as _, SigningKey};

use refmark_records::registry_id::RegistryId;
use refmark_records::signature::{PAYLOAD_TYPE, PublicKey, Signature, pae};
use refmark_types::digest::Digest;
use refmark_types::name::PrincipalId;

/// Who is in the team, and what the policy asks of a move of `champion`.
#[derive(Debug, Clone)]
pub struct Team {
    /// Name, `person` or `agent`, roles, and the names of the keys.
    pub members: Vec<(String, &'static str, Vec<&'static str>, Vec<String>)>,
    /// How many leads must approve a move of `champion` besides its author.
    pub approvals: usize,
    /// Gates on `champion`, in TOML.
    pub gates: String,
    /// Text at the end, in TOML.
    pub extra: String,
    /// Text before everything else, such as another format.
    pub head: String,
}

impl Default for Team {
    fn default() -> Team {
        let mut team =
            Team { members: Vec::new(), approvals: 1, gates: String::new(), extra: String::new(), head: String::new() };
        team.add("ada", "person", &["lead", "engineer"]);
        team.add("bob", "person", &["lead"]);
        team.add("cy", "person", &["lead"]);
        team.add("dan", "person", &["engineer"]);
        team.add("oona", "person", &["on-call"]);
        team.add("bot", "agent", &["ci"]);
        team
    }
}

impl Team {
    /// Adds a member with a key of the same name.
    pub fn add(&mut self, name: &str, kind: &'static str, roles: &[&'static str]) {
        self.members.push((name.to_owned(), kind, roles.to_vec(), vec![name.to_owned()]));
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) {
        self.members.retain(|member| member.0 != name);
    }

    /// The policy's text.
    pub fn text(&self, number: u64, registry: RegistryId) -> String {
        let mut text = format!("format = 2\nregistry = \"{registry}\"\nnumber = {number}\n{}", self.head);
        for (name, kind, roles, keys) in &self.members {
            let keys: Vec<String> = keys.iter().map(|key| format!("\"{}\"", public(key))).collect();
            text.push_str(&format!(
                "\n[members.\"{name}\"]\nkind = \"{kind}\"\nroles = {roles:?}\nkeys = [{}]\n",
                keys.join(", ")
            ));
        }
        let approvers = vec!["{ roles = [\"lead\", \"ci\"] }"; self.approvals].join(", ");
        text.push_str(&format!(
            r#"
[roles]
lead = {{ may = ["propose", "register", "describe", "attach", "approve", "waive", "publish", "checkpoint", "catalog"] }}
engineer = {{ may = ["propose", "register", "describe", "attach", "publish"] }}
on-call = {{ may = ["propose"] }}
ci = {{ may = ["propose", "register", "attach", "approve", "checkpoint"] }}

[[alias]]
names = ["canary*"]
needs = {{ signers = [{{ roles = ["lead", "engineer", "ci"] }}], author_counts = true }}

[[alias]]
names = ["champion"]
rollback = {{ roles = ["on-call"], days = 30 }}
needs = {{ signers = [{approvers}], gates = [{}] }}

[[stage]]
to = ["staging", "production", "retired", "archived"]
needs = {{ signers = [{{ roles = ["lead", "engineer"] }}], author_counts = true }}

[[trust]]
from = ["acquired"]
to = ["trusted", "quarantined"]
needs = {{ signers = [{{ roles = ["lead", "engineer", "ci"] }}], author_counts = true }}

[[trust]]
from = ["quarantined"]
to = ["trusted"]
needs = {{ signers = [{{ roles = ["lead"] }}], author_counts = true }}

[[trust]]
from = ["revoked"]
to = ["quarantined"]
needs = {{ signers = [{{ roles = ["lead"] }}, {{ roles = ["lead"] }}], author_counts = true }}

[[trust]]
to = ["revoked", "deleted"]
break_glass = ["on-call"]
needs = {{ signers = [{{ roles = ["lead"] }}], author_counts = true }}
{}"#,
            self.gates, self.extra
        ));
        text
    }
}

/// The key of a name: always the same. `bob#2` is a second key of whoever uses it.
pub fn key(name: &str) -> SigningKey {
    SigningKey::from_bytes(Digest::of(format!("the test key of {name}").as_bytes()).as_bytes())
}

/// The public half of [`key`].
pub fn public(name: &str) -> PublicKey {
    PublicKey::from_bytes(key(name).verifying_key().as_bytes()).unwrap()
}

/// The principal behind a key's name.
pub fn principal(name: &str) -> PrincipalId {
    PrincipalId::parse(name.split('#').next().unwrap_or(name)).unwrap()
}

/// A signature by the key of a name over a statement's canonical bytes.
pub fn signature(name: &str, canonical: &[u8]) -> Signature {
    let sig = key(name).sign(&pae(PAYLOAD_TYPE, canonical)).to_bytes();
    Signature { keyid: public(name).id(), sig }
}
