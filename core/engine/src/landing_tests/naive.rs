//! A second judge, straight from the design's words: slow, simple, and sharing nothing with the real one but the parsing
//! of paths, records and signatures. It knows the rules that the generated histories play with, and no others.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::snapshot::{History, Mode, first_parents};
use refmark_records::evidence::Verdict;
use refmark_records::layout::{Document, Place, is_companion};
use refmark_records::manifest::Manifest;
use refmark_records::root::{Quorum, Root};
use refmark_records::signature::{PublicKey, Signature};
use refmark_records::statement::{Predicate, Record};
use refmark_records::trust::TrustState;
use refmark_types::digest::{ArtifactId, Digest};
use refmark_types::oid::Oid;

type Files = BTreeMap<String, (Mode, Oid)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stands {
    Fine,
    Lacks,
    Breaks,
}

use Stands::{Breaks, Fine, Lacks};

/// What the naive judge found.
pub(super) struct Naive {
    pub(super) good: Vec<(Oid, bool)>,
    pub(super) state: BTreeMap<String, Oid>,
    /// Whether each inert file waits (else it is refused).
    pub(super) waits: BTreeMap<String, bool>,
}

struct Landing {
    files: Files,
    /// Nothing: not judged yet.
    waits: Option<bool>,
}

struct Member {
    person: bool,
    roles: Vec<String>,
    keys: Vec<PublicKey>,
}

/// The part of a policy that the histories play with.
struct Law {
    members: BTreeMap<String, Member>,
    approvals: usize,
    evidence: bool,
    distrusted: Vec<(String, String)>,
}

impl Law {
    /// Whether a key signed a record that this policy distrusts.
    fn is_lost(&self, record: &Record) -> bool {
        record.signatures.iter().any(|it| self.distrusted.iter().any(|(key, _)| *key == it.keyid.to_string()))
    }
}

struct Court<'h> {
    history: &'h dyn History,
    /// What was parsed and checked once, by object: an id names its bytes.
    parsed: RefCell<HashMap<Oid, Option<Rc<Record>>>>,
    checked: RefCell<HashMap<(Digest, PublicKey), bool>>,
    laws: RefCell<HashMap<Oid, Rc<Law>>>,
    state: BTreeMap<String, Oid>,
    good: Vec<Oid>,
    chain: Vec<Oid>,
    /// The place of the commit that is judged, and those of what took effect.
    now: usize,
    landed: HashMap<String, usize>,
}

pub(super) fn judge(history: &dyn History, head: Oid, beyond_bounds: &[Oid]) -> Naive {
    let mut chain = first_parents(history, head, None).unwrap().unwrap();
    chain.reverse();
    let mut court = Court {
        history,
        parsed: RefCell::default(),
        checked: RefCell::default(),
        laws: RefCell::default(),
        state: BTreeMap::new(),
        good: Vec::new(),
        chain: chain.clone(),
        now: 0,
        landed: HashMap::new(),
    };
    let mut landings: Vec<Landing> = Vec::new();
    let mut good = Vec::new();
    let mut before = Files::new();
    for commit in chain {
        // Nobody can say what it brought: the next commit is held against what was known before.
        if beyond_bounds.contains(&commit) {
            good.push((commit, false));
            continue;
        }
        let tree: Files = history
            .between(None, commit)
            .unwrap()
            .into_iter()
            .map(|change| (change.path, change.new.unwrap()))
            .collect();
        let tree: Files =
            tree.into_iter().filter(|(path, entry)| !(is_companion(path) && entry.0 == Mode::File)).collect();
        // What happened to inert files; what is left of a landing is a landing of its own.
        for landing in &mut landings {
            let left: Files =
                landing.files.clone().into_iter().filter(|(path, file)| tree.get(path) == Some(file)).collect();
            if left != landing.files {
                (landing.files, landing.waits) = (left, None);
            }
        }
        landings.retain(|landing| !landing.files.is_empty());
        let brought: Files = tree
            .iter()
            .filter(|(path, file)| before.get(*path) != Some(file) && !court.state.contains_key(*path))
            .map(|(path, file)| (path.clone(), *file))
            .collect();
        if !brought.is_empty() {
            landings.push(Landing { files: brought, waits: None });
        }
        let bad = court.state.iter().any(|(path, oid)| tree.get(path) != Some(&(Mode::File, *oid)));
        before = tree;
        good.push((commit, !bad));
        court.now = good.len() - 1;
        if bad {
            continue;
        }
        while court.round(&mut landings) {}
        court.good.push(commit);
    }
    let waits = landings
        .iter()
        .flat_map(|landing| landing.files.keys().map(|path| (path.clone(), landing.waits == Some(true))))
        .collect();
    Naive { good, state: court.state, waits }
}

impl Court<'_> {
    /// New landings in order, then those that wait, oldest first. Whether any took effect.
    fn round(&mut self, landings: &mut Vec<Landing>) -> bool {
        let mut any = false;
        for wanted in [None, Some(true)] {
            let mut at = 0;
            while at < landings.len() {
                if landings[at].waits != wanted {
                    at += 1;
                    continue;
                }
                let (stands, taken) = self.landing(&landings[at].files);
                if stands == Fine && !taken.is_empty() {
                    any = true;
                    landings[at].files.retain(|path, _| !taken.contains_key(path));
                    landings[at].waits = Some(false);
                    self.landed.extend(taken.keys().map(|path| (path.clone(), self.now)));
                    self.state.extend(taken);
                    if landings[at].files.is_empty() {
                        landings.remove(at);
                        continue;
                    }
                } else {
                    landings[at].waits = Some(stands == Lacks);
                }
                at += 1;
            }
        }
        any
    }

    fn landing(&self, files: &Files) -> (Stands, BTreeMap<String, Oid>) {
        let mut worst = Fine;
        let mut overlay = self.state.clone();
        let mut taken = BTreeMap::new();
        // Roots, then policies, by number.
        let mut first: Vec<(Place, &String)> =
            files.keys().filter_map(|path| Some((Place::parse(path)?, path))).collect();
        first.sort();
        let is_first = |place: &Place| matches!(place, Place::Root(_) | Place::Policy(_) | Place::PolicyText(_));
        for (place, path) in first.iter().filter(|file| is_first(&file.0)) {
            let (mode, oid) = files[*path];
            let stands = match place {
                _ if mode != Mode::File => Breaks,
                Place::Root(n) => self.root(*n, path, oid, &overlay),
                Place::Policy(n) => self.policy(*n, path, oid, files, &overlay),
                Place::PolicyText(n) if files.contains_key(&Place::Policy(*n).path()) => continue,
                _ => Breaks,
            };
            worst = worst.max(stands);
            if stands == Fine {
                for path in [Some((*path).clone()), text_of(place)].into_iter().flatten() {
                    overlay.insert(path.clone(), files[&path].1);
                    taken.insert(path.clone(), files[&path].1);
                }
            }
        }
        let rest: Vec<(&String, Oid)> = files
            .iter()
            .filter(|(path, file)| Place::parse(path).is_some_and(|place| !is_first(&place)) && file.0 == Mode::File)
            .map(|(path, file)| (path, file.1))
            .collect();
        let junk = files.iter().any(|(path, file)| Place::parse(path).is_none() || file.0 != Mode::File);
        if junk {
            worst = Breaks;
        }
        let mut fits = Vec::new();
        for (path, oid) in rest {
            if self.is_well_formed(path, oid) {
                overlay.insert(path.clone(), oid);
                fits.push((path, oid));
            } else {
                worst = Breaks;
            }
        }
        for (path, oid) in fits {
            let stands = self.file(path, oid, &overlay);
            if stands != Fine && matches!(Place::parse(path), Some(Place::Approval(..))) {
                continue;
            }
            worst = worst.max(stands);
            taken.insert(path.clone(), oid);
        }
        if worst == Fine && taken.is_empty() {
            worst = Breaks;
        }
        (worst, taken)
    }

    fn bytes(&self, oid: Oid) -> Vec<u8> {
        self.history.load(oid, 1 << 24).unwrap()
    }

    fn record(&self, oid: Oid) -> Option<Rc<Record>> {
        let mut parsed = self.parsed.borrow_mut();
        parsed.entry(oid).or_insert_with(|| Record::parse(&self.bytes(oid)).ok().map(Rc::new)).clone()
    }

    fn signed(&self, record: &Record, signature: &Signature, key: &PublicKey) -> bool {
        let mut checked = self.checked.borrow_mut();
        let id = Digest::of(&[record.canonical(), &signature.sig, signature.keyid.to_string().as_bytes()].concat());
        *checked.entry((id, *key)).or_insert_with(|| signature.verify(key, record.canonical()).is_ok())
    }

    fn at(&self, path: &str, overlay: &BTreeMap<String, Oid>) -> Option<Rc<Record>> {
        overlay.get(path).and_then(|oid| self.record(*oid))
    }

    fn is_well_formed(&self, path: &str, oid: Oid) -> bool {
        match Place::parse(path) {
            Some(Place::Document(artifact, Document::Manifest)) => {
                Manifest::parse(&self.bytes(oid)).is_ok_and(|manifest| manifest.id().unwrap() == artifact)
            }
            Some(Place::Document(..)) => true,
            _ => self.record(oid).is_some_and(|record| {
                Place::of(record.predicate()).unwrap().path() == path && record.common().path == path
            }),
        }
    }

    fn place_on_chain(&self, commit: Oid) -> Option<usize> {
        self.good.contains(&commit).then(|| self.chain.iter().position(|id| *id == commit)).flatten()
    }

    fn base_is_good(&self, record: &Record) -> bool {
        match record.common().base {
            None => !self.state.contains_key("trust/0001.json"),
            Some(base) => self.place_on_chain(base).is_some(),
        }
    }

    fn newest_root(&self, overlay: &BTreeMap<String, Oid>) -> Option<(u64, Root)> {
        (1..).map_while(|n| Some((n, self.at(&Place::Root(n).path(), overlay)?))).last().map(|(n, record)| match record
            .predicate()
        {
            Predicate::Root(root) => (n, (**root).clone()),
            _ => panic!("no root"),
        })
    }

    fn quorum(&self, record: &Record, root: &Root, quorum: &Quorum) -> bool {
        let principals = record.signatures.iter().filter_map(|signature| {
            quorum.principals.iter().find(|id| root.keys_of(id).iter().any(|key| self.signed(record, signature, key)))
        });
        principals.collect::<BTreeSet<_>>().len() as u64 >= quorum.threshold
    }

    /// Whether everybody who signed belongs to one of these, and nobody signed twice.
    fn all_known(&self, record: &Record, quorums: &[(&Root, &Quorum)]) -> bool {
        let keys: BTreeSet<String> = record.signatures.iter().map(|signature| signature.keyid.to_string()).collect();
        keys.len() == record.signatures.len()
            && record.signatures.iter().all(|signature| {
                quorums.iter().any(|(root, quorum)| {
                    quorum.principals.iter().flat_map(|id| root.keys_of(id)).any(|key| key.id() == signature.keyid)
                })
            })
    }

    fn root(&self, number: u64, path: &str, oid: Oid, overlay: &BTreeMap<String, Oid>) -> Stands {
        if !self.is_well_formed(path, oid) {
            return Breaks;
        }
        let record = self.record(oid).unwrap();
        let Predicate::Root(root) = record.predicate() else { return Breaks };
        let newest = self.newest_root(overlay);
        let chained = match &newest {
            None => number == 1 && root.base.is_none() && root.previous.is_none(),
            Some((n, before)) => {
                let previous = self.at(&Place::Root(*n).path(), overlay).unwrap();
                number == n + 1
                    && root.previous == Some(previous.digest())
                    && root.time >= before.time
                    && root.registry == before.registry
                    && self.base_is_good(&record)
                    && self.quorum(&record, before, &before.root)
                    && !self.law(overlay).is_some_and(|law| law.is_lost(&record))
            }
        };
        let mut quorums = vec![(&**root, &root.root)];
        quorums.extend(newest.as_ref().map(|(_, before)| (before, &before.root)));
        let fine = chained
            && root.broken_rule().is_none()
            && self.quorum(&record, root, &root.root)
            && self.all_known(&record, &quorums);
        if fine { Fine } else { Breaks }
    }

    fn policy(&self, number: u64, path: &str, oid: Oid, files: &Files, overlay: &BTreeMap<String, Oid>) -> Stands {
        if !self.is_well_formed(path, oid) {
            return Breaks;
        }
        let record = self.record(oid).unwrap();
        let Predicate::Policy(statement) = record.predicate() else { return Breaks };
        let Some((_, root)) = self.newest_root(overlay) else { return Lacks };
        if record.common().registry != root.registry
            || !self.base_is_good(&record)
            || !self.quorum(&record, &root, &root.policy)
        {
            return Breaks;
        }
        let own_law = match files.get(&Place::PolicyText(number).path()) {
            Some((Mode::File, text)) => Some(law(&self.bytes(*text))),
            _ => None,
        };
        let before = self.law(overlay);
        if before.as_ref().is_some_and(|law| law.is_lost(&record)) {
            return Breaks;
        }
        let place = |since: &String| self.place_on_chain(Oid::parse(since).unwrap());
        let kept = |(key, since): &(String, String)| {
            own_law.as_ref().is_none_or(|own| {
                own.distrusted.iter().any(|(k, s)| k == key && place(s).is_some_and(|s| Some(s) <= place(since)))
            })
        };
        let takes_back = before.is_some_and(|law| !law.distrusted.iter().all(kept));
        let mut quorums = vec![(&root, &root.policy)];
        if takes_back {
            quorums.push((&root, &root.root));
        }
        if !quorums.iter().all(|(root, quorum)| self.quorum(&record, root, quorum))
            || !self.all_known(&record, &quorums)
        {
            return Breaks;
        }
        match self.follows(&record, number, Place::Policy(number.saturating_sub(1)), overlay) {
            Fine => {}
            other => return other,
        }
        let Some((Mode::File, text)) = files.get(&Place::PolicyText(number).path()).copied() else { return Breaks };
        let bytes = self.bytes(text);
        if Digest::of(&bytes) != statement.text {
            return Breaks;
        }
        let base = statement.base.and_then(|base| self.place_on_chain(base));
        let law = law(&bytes);
        if law.is_lost(&record) {
            return Breaks;
        }
        let since_is_fine = law.distrusted.iter().all(|(_, since)| {
            let since = self.place_on_chain(Oid::parse(since).unwrap());
            matches!((since, base), (Some(since), Some(base)) if since <= base)
        });
        if since_is_fine { Fine } else { Breaks }
    }

    fn law(&self, overlay: &BTreeMap<String, Oid>) -> Option<Rc<Law>> {
        let number = (1..).take_while(|n| overlay.contains_key(&Place::Policy(*n).path())).last()?;
        let oid = overlay[&Place::PolicyText(number).path()];
        let mut laws = self.laws.borrow_mut();
        Some(laws.entry(oid).or_insert_with(|| Rc::new(law(&self.bytes(oid)))).clone())
    }

    fn follows(&self, record: &Record, number: u64, before: Place, overlay: &BTreeMap<String, Oid>) -> Stands {
        let common = record.common();
        match number {
            0 => Breaks,
            1 if common.previous.is_none() => Fine,
            1 => Breaks,
            _ => match self.at(&before.path(), overlay) {
                None => Lacks,
                Some(before) if common.previous != Some(before.digest()) => Breaks,
                Some(before) if common.time < before.common().time => Breaks,
                Some(_) => Fine,
            },
        }
    }

    /// A member signed it, alone, with a key that nobody distrusts.
    fn author<'l>(&self, record: &Record, law: &'l Law) -> Option<&'l Member> {
        let member = law.members.get(record.common().by.as_str())?;
        let [signature] = record.signatures.as_slice() else { return None };
        let key = member.keys.iter().find(|key| key.id() == signature.keyid)?;
        let distrusted = law.distrusted.iter().any(|(id, _)| *id == key.id().to_string());
        (!distrusted && self.signed(record, signature, key)).then_some(member)
    }

    /// Who approved a statement: persons with the right, of whom each counts once.
    fn approvers(&self, statement: Digest, law: &Law, overlay: &BTreeMap<String, Oid>) -> Vec<String> {
        let mut found = Vec::new();
        for name in law.members.keys() {
            let by = refmark_types::name::PrincipalId::parse(name).unwrap();
            let Some(record) = self.at(&Place::Approval(statement, by).path(), overlay) else { continue };
            if self.approval_counts(&record, law) == Fine {
                found.push(name.clone());
            }
        }
        found
    }

    fn approval_counts(&self, record: &Record, law: &Law) -> Stands {
        let may = |member: &Member| member.roles.iter().any(|role| role == "lead" || role == "ci");
        let counts =
            self.base_is_good(record) && self.author(record, law).is_some_and(|member| member.person && may(member));
        if counts { Fine } else { Breaks }
    }

    fn trust_of(&self, artifact: ArtifactId, overlay: &BTreeMap<String, Oid>) -> TrustState {
        let numbers = overlay.keys().filter_map(|path| match Place::parse(path) {
            Some(Place::Trust(of, n)) if of == artifact => Some(n),
            _ => None,
        });
        // The highest number is current, whether or not those below it are there yet.
        let last = numbers.max().and_then(|n| self.at(&Place::Trust(artifact, n).path(), overlay));
        match last.as_ref().map(|last| last.predicate()) {
            Some(Predicate::Trust(trust_move)) => trust_move.to,
            _ => TrustState::Acquired,
        }
    }

    fn file(&self, path: &str, oid: Oid, overlay: &BTreeMap<String, Oid>) -> Stands {
        let place = Place::parse(path).unwrap();
        let Some(law) = self.law(overlay) else { return Lacks };
        if let Place::Document(artifact, document) = &place {
            let named = overlay.iter().any(|(path, oid)| {
                path.ends_with("/version.json")
                    && !self.state.contains_key(path)
                    && matches!(self.record(*oid).unwrap().predicate(), Predicate::Version(found) if found.artifact == *artifact)
            });
            return if named && *document == Document::Manifest { Fine } else { Breaks };
        }
        let record = self.record(oid).unwrap();
        if let Place::Approval(..) = place {
            return self.approval_counts(&record, &law);
        }
        let Some(member) = self.author(&record, &law).filter(|_| self.base_is_good(&record)) else { return Breaks };
        let is = |role: &str| member.roles.iter().any(|have| have == role);
        let may_propose = is("lead") || is("engineer") || is("on-call") || is("ci");
        let may_register = is("lead") || is("engineer") || is("ci");
        match record.predicate() {
            Predicate::Version(version) => {
                let chain = self.follows(
                    &record,
                    version.version,
                    Place::Version(version.model.clone(), version.version.saturating_sub(1)),
                    overlay,
                );
                let manifest = overlay.contains_key(&Place::Document(version.artifact, Document::Manifest).path());
                stands(&[], &[may_register]).max(chain).max(stands(&[manifest], &[]))
            }
            Predicate::Evidence(evidence) => {
                let manifest = overlay.contains_key(&Place::Document(evidence.artifact, Document::Manifest).path());
                stands(&[manifest], &[may_register])
            }
            Predicate::Trust(moved) => self.trust_move(moved, &record, &law, member, overlay),
            Predicate::Alias(alias_move) => {
                if !may_propose {
                    return Breaks;
                }
                self.alias_move(alias_move, &record, &law, member, overlay)
            }
            Predicate::Catalog(_) => stands(&[], &[is("lead")]),
            _ => Breaks,
        }
    }

    fn trust_move(
        &self,
        moved: &refmark_records::trust::TrustMove,
        record: &Record,
        law: &Law,
        member: &Member,
        overlay: &BTreeMap<String, Oid>,
    ) -> Stands {
        let is = |role: &str| member.roles.iter().any(|have| have == role);
        if !["lead", "engineer", "on-call", "ci"].into_iter().any(is) {
            return Breaks;
        }
        let before = Place::Trust(moved.artifact, moved.sequence.saturating_sub(1));
        let chain = self.follows(record, moved.sequence, before.clone(), overlay);
        let from = match self.at(&before.path(), overlay).as_ref().map(|at| at.predicate()) {
            Some(Predicate::Trust(before)) => before.to,
            _ if moved.sequence == 1 => TrustState::Acquired,
            _ => moved.from,
        };
        if moved.from != from || moved.to == moved.from || moved.from == TrustState::Deleted {
            return Breaks;
        }
        let registered = overlay.contains_key(&Place::Document(moved.artifact, Document::Manifest).path());
        let mut people = self.approvers(record.digest(), law, overlay);
        people.push(moved.by.to_string());
        people.sort();
        people.dedup();
        let holding = |roles: &[&str]| {
            people.iter().filter(|id| law.members[*id].roles.iter().any(|role| roles.contains(&role.as_str()))).count()
        };
        let signed = match (moved.from, moved.to) {
            (TrustState::Acquired, TrustState::Trusted | TrustState::Quarantined) => {
                let withdrawn = self.shares_revoked_weights(moved.artifact, overlay)
                    || self.shares_deleted_weights(moved.artifact, overlay);
                if moved.to == TrustState::Trusted && withdrawn {
                    return Breaks;
                }
                holding(&["lead", "engineer", "ci"]) >= 1
            }
            (TrustState::Quarantined, TrustState::Trusted) => holding(&["lead"]) >= 1,
            (TrustState::Revoked, TrustState::Quarantined) => holding(&["lead"]) >= 2,
            (_, TrustState::Revoked | TrustState::Deleted) => {
                (member.person && is("on-call")) || holding(&["lead"]) >= 1
            }
            _ => return Breaks,
        };
        chain.max(stands(&[registered, signed], &[]))
    }

    /// Whether a weight file of this artifact is in one that is revoked (or was, when it was deleted), in the state.
    fn shares_revoked_weights(&self, artifact: ArtifactId, overlay: &BTreeMap<String, Oid>) -> bool {
        let weights = |artifact: ArtifactId, files: &BTreeMap<String, Oid>| -> Vec<Digest> {
            let path = Place::Document(artifact, Document::Manifest).path();
            let Some(oid) = files.get(&path) else { return Vec::new() };
            let manifest = Manifest::parse(&self.bytes(*oid)).unwrap();
            manifest.files.iter().filter(|file| file.path.ends_with(".safetensors")).map(|file| file.sha256).collect()
        };
        let own = weights(artifact, overlay);
        let others = self.state.keys().filter_map(|path| match Place::parse(path) {
            Some(Place::Trust(other, 1)) => Some(other),
            _ => None,
        });
        let mut others = others.filter(|other| {
            let moves: Vec<TrustState> = (1..)
                .map_while(|n| self.at(&Place::Trust(*other, n).path(), &self.state))
                .map(|record| match record.predicate() {
                    Predicate::Trust(trust_move) => trust_move.to,
                    _ => panic!("no trust move"),
                })
                .collect();
            let last = moves.iter().rev().find(|state| **state != TrustState::Deleted);
            last == Some(&TrustState::Revoked)
        });
        others.any(|other| weights(other, &self.state).iter().any(|weight| own.contains(weight)))
    }

    /// Whether a weight file of this artifact was deleted with another one, and nothing with it was trusted since.
    fn shares_deleted_weights(&self, artifact: ArtifactId, overlay: &BTreeMap<String, Oid>) -> bool {
        // What each landing left an artifact at: the last of its moves there.
        let mut left: BTreeMap<(ArtifactId, u64), (u64, TrustState)> = BTreeMap::new();
        for (path, at) in &self.landed {
            let Some(Place::Trust(other, n)) = Place::parse(path) else { continue };
            let Some(record) = self.at(path, &self.state) else { continue };
            let Predicate::Trust(moved) = record.predicate() else { continue };
            let last = left.entry((other, *at as u64)).or_insert((n, moved.to));
            if n >= last.0 {
                *last = (n, moved.to);
            }
        }
        let deleted_at = |weight: &Digest| {
            let gone = left.iter().filter(|((other, _), (_, to))| {
                *to == TrustState::Deleted && self.weights(*other, &self.state).contains(weight)
            });
            gone.map(|((_, at), _)| *at).max()
        };
        let back_at = |weight: &Digest| {
            let back = left.iter().filter(|((other, _), (_, to))| {
                *to == TrustState::Trusted && self.weights(*other, &self.state).contains(weight)
            });
            back.map(|((_, at), _)| *at).max()
        };
        self.weights(artifact, overlay).iter().any(|it| deleted_at(it).is_some_and(|gone| back_at(it) < Some(gone)))
    }

    /// Whether weights of this artifact were revoked in another one, and nobody who knew of it trusted this one since.
    fn is_closed(&self, artifact: ArtifactId, sum: &BTreeMap<String, Oid>) -> bool {
        let own = self.weights(artifact, sum);
        let mut last = None;
        for (path, at) in &self.landed {
            let Some(Place::Trust(other, n)) = Place::parse(path) else { continue };
            let state =
                |n: u64| match self.at(&Place::Trust(other, n).path(), &self.state).as_ref().map(|it| it.predicate()) {
                    Some(Predicate::Trust(it)) => Some(it.to),
                    _ => None,
                };
            let after: Vec<TrustState> = (n + 1..).map_while(state).collect();
            let stands = state(n) == Some(TrustState::Revoked) && after.iter().all(|it| *it == TrustState::Deleted);
            if stands && self.weights(other, &self.state).iter().any(|it| own.contains(it)) {
                last = last.max(Some(*at));
            }
        }
        let Some(last) = last else { return false };
        let moves = (1..).map_while(|n| self.at(&Place::Trust(artifact, n).path(), sum));
        match moves.last().as_ref().map(|it| it.predicate()) {
            Some(Predicate::Trust(it)) if it.to == TrustState::Trusted => {
                it.base.and_then(|base| self.place_on_chain(base)).is_none_or(|base| base < last)
            }
            _ => true,
        }
    }

    fn weights(&self, artifact: ArtifactId, files: &BTreeMap<String, Oid>) -> Vec<Digest> {
        let path = Place::Document(artifact, Document::Manifest).path();
        let Some(oid) = files.get(&path) else { return Vec::new() };
        let manifest = Manifest::parse(&self.bytes(*oid)).unwrap();
        manifest.files.iter().filter(|it| it.path.ends_with(".safetensors")).map(|it| it.sha256).collect()
    }

    fn alias_move(
        &self,
        moved: &refmark_records::alias::AliasMove,
        record: &Record,
        law: &Law,
        member: &Member,
        overlay: &BTreeMap<String, Oid>,
    ) -> Stands {
        let before = Place::Alias(moved.model.clone(), moved.alias.clone(), moved.sequence.saturating_sub(1));
        let mut found = self.follows(record, moved.sequence, before.clone(), overlay);
        match self.at(&before.path(), overlay).as_ref().map(|at| at.predicate()) {
            Some(Predicate::Alias(before)) if before.to != moved.from => return Breaks,
            None if moved.sequence == 1 && moved.from.is_some() => return Breaks,
            _ => {}
        }
        if moved.to == moved.from {
            return Breaks;
        }
        let approvers = self.approvers(record.digest(), law, overlay);
        let champion = moved.alias.as_str() == "champion";
        if !champion && !moved.alias.as_str().starts_with("canary") {
            return Breaks;
        }
        let lead = |id: &&String| law.members[*id].roles.iter().any(|role| role == "lead" || role == "ci");
        let others = approvers.iter().filter(|id| id.as_str() != moved.by.as_str()).filter(lead).count();
        let own = member.roles.iter().any(|role| ["lead", "engineer", "ci"].contains(&role.as_str()));
        let mut signed = if champion { others >= law.approvals } else { own || others > 0 };
        let Some(to) = moved.to else { return found.max(stands(&[signed], &[])) };
        let version = match self
            .at(&Place::Version(moved.model.clone(), to.version).path(), overlay)
            .as_ref()
            .map(|at| at.predicate())
        {
            Some(Predicate::Version(version)) if version.artifact == to.artifact => Fine,
            Some(_) => Breaks,
            None => Lacks,
        };
        let trust = match self.trust_of(to.artifact, overlay) {
            TrustState::Trusted => Fine,
            TrustState::Acquired | TrustState::Quarantined => Lacks,
            _ => Breaks,
        };
        let closed = if self.is_closed(to.artifact, overlay) { Breaks } else { Fine };
        found = found.max(version).max(trust).max(closed);
        let goes_back = champion && self.goes_back(moved, member, overlay);
        signed |= goes_back;
        if champion && law.evidence && !goes_back {
            found = found.max(self.evidence(to.artifact, law, overlay));
        }
        found.max(stands(&[signed], &[]))
    }

    fn goes_back(
        &self,
        moved: &refmark_records::alias::AliasMove,
        member: &Member,
        overlay: &BTreeMap<String, Oid>,
    ) -> bool {
        if !(member.person && member.roles.iter().any(|role| role == "on-call")) {
            return false;
        }
        let mut until = moved.time;
        for n in (1..moved.sequence).rev() {
            let record = self.at(&Place::Alias(moved.model.clone(), moved.alias.clone(), n).path(), overlay);
            let Some(Predicate::Alias(before)) = record.as_ref().map(|record| record.predicate()) else { return false };
            if moved.time.since(until) > 30 * 86_400 {
                return false;
            }
            if before.to == moved.to {
                return true;
            }
            until = before.time;
        }
        false
    }

    fn evidence(&self, artifact: ArtifactId, law: &Law, overlay: &BTreeMap<String, Oid>) -> Stands {
        let mut all = Vec::new();
        for (path, oid) in overlay {
            if let Some(Place::Evidence(about, ..)) = Place::parse(path)
                && about == artifact
                && let Predicate::Evidence(evidence) = self.record(*oid).unwrap().predicate()
                && law.members.contains_key(evidence.by.as_str())
            {
                all.push((**evidence).clone());
            }
        }
        let answered = |fail: &refmark_records::evidence::Evidence| {
            all.iter().any(|evidence| {
                evidence.verdict == Verdict::Pass
                    && evidence.time >= fail.time
                    && evidence.by != fail.by
                    && evidence.run != fail.run
            })
        };
        if all.iter().any(|evidence| evidence.verdict == Verdict::Fail && !answered(evidence)) {
            return Breaks;
        }
        stands(&[all.iter().any(|evidence| evidence.verdict == Verdict::Pass)], &[])
    }
}

fn text_of(place: &Place) -> Option<String> {
    match place {
        Place::Policy(n) => Some(Place::PolicyText(*n).path()),
        _ => None,
    }
}

/// What must be here, and what must hold.
fn stands(here: &[bool], holds: &[bool]) -> Stands {
    match (holds.iter().all(|held| *held), here.iter().all(|held| *held)) {
        (false, _) => Breaks,
        (true, false) => Lacks,
        (true, true) => Fine,
    }
}

fn law(text: &[u8]) -> Law {
    let value: toml::Value = toml::from_str(std::str::from_utf8(text).unwrap()).unwrap();
    let texts = |value: &toml::Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let members = value["members"].as_table().unwrap().iter().map(|(name, value)| {
        let keys = texts(&value["keys"]).iter().map(|key| PublicKey::parse(key).unwrap()).collect();
        let person = value["kind"].as_str() == Some("person");
        (name.clone(), Member { person, roles: texts(&value["roles"]), keys })
    });
    let champion =
        value["alias"].as_array().unwrap().iter().find(|value| texts(&value["names"]) == ["champion"]).unwrap();
    let count = |name: &str| champion["needs"][name].as_array().unwrap().len();
    let distrusted = value.get("distrust").and_then(|value| value.as_array()).into_iter().flatten().map(|value| {
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        (text("key"), text("since"))
    });
    Law {
        members: members.collect(),
        approvals: count("signers"),
        evidence: count("gates") > 0,
        distrusted: distrusted.collect(),
    }
}
