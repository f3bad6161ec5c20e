//! Telling webhooks what happened: in order, at least once, again after a while where they do not take it.

use std::time::Duration;

use serde::Serialize;

use super::{Hook, Secret, Told, no_webhook};
use crate::read::events::{CloudEvent, CloudEventsAnswer, TYPE_PREFIX};
use crate::registry::{Registry, Sharing};
use crate::view::reader_folder::read_own;
use refmark_engine::ports::store::RecordStore;
use refmark_store::fs::durable::{make_dirs_durably, replace_cache};
use refmark_store::fs::lock::{Guard, Wait, acquire};
use refmark_store::http::{Answer, Client};
use refmark_types::error::{Code, Error, Result, bug};
use refmark_types::name::RemoteName;
use refmark_types::text::one_line;
use refmark_types::time::Timestamp;

/// How long to wait after so many failures in a row, in seconds; after the last one again as long.
const WAITS: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// What is to be delivered.
#[derive(Debug, Clone, Default)]
pub struct DeliverRequest {
    /// To this webhook only.
    pub to: Option<RemoteName>,
    /// Tell it everything after this commit again.
    pub since: Option<String>,
}

/// What was delivered.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeliveryAnswer {
    /// Each webhook, by name.
    pub webhooks: Vec<Delivered>,
}

/// How one webhook took it.
#[derive(Debug, Clone, Serialize)]
pub struct Delivered {
    /// Its name.
    pub name: RemoteName,
    /// How many events it took just now.
    pub delivered: u64,
    /// How many wait for it.
    pub waiting: u64,
    /// Why it was not told more.
    pub error: Option<Error>,
    /// When it is tried again.
    pub next: Option<Timestamp>,
}

/// What a webhook said to a test.
#[derive(Debug, Clone, Serialize)]
pub struct TestAnswer {
    /// Its name.
    pub name: RemoteName,
    /// The status that it answered with.
    pub status: u16,
    /// Whether that is a success.
    pub ok: bool,
}

impl Sharing<'_> {
    /// Tells the webhooks what they were not told yet, and those whose time to be tried again has come. Each is told in the
    /// order of the chain; one that does not take an event is not told the next one. One that another process is telling right
    /// now is left to it.
    ///
    /// # Errors
    ///
    /// What a webhook does not take is in the answer, and no error. `not-found` where there is no such webhook or commit.
    pub fn deliver(&self, request: &DeliverRequest) -> Result<DeliveryAnswer> {
        let file = self.registry.webhooks_file()?;
        if let Some(name) = request.to.as_ref().filter(|name| !file.webhooks.contains_key(name.as_str())) {
            return Err(no_webhook(name));
        }
        let mut answer = DeliveryAnswer::default();
        for (name, hook) in &file.webhooks {
            let name = RemoteName::parse(name)?;
            if request.to.as_ref().is_some_and(|to| *to != name) {
                continue;
            }
            self.registry.world.cancel.check()?;
            match self.registry.deliver_to(&name, hook, request.since.as_deref()) {
                Ok(delivered) => answer.webhooks.extend(delivered),
                // One that cannot be told keeps nobody from the others.
                Err(error) if request.to.is_none() && error.code != Code::Cancelled => {
                    answer.webhooks.push(Delivered { name, delivered: 0, waiting: 0, error: Some(*error), next: None });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(answer)
    }

    /// Sends a webhook an event that tells of nothing, once.
    ///
    /// # Errors
    ///
    /// `unreachable` where it cannot be asked; what it answers is no error.
    pub fn test_webhook(&self, name: &RemoteName) -> Result<TestAnswer> {
        let registry = self.registry;
        let file = registry.webhooks_file()?;
        let Some(hook) = file.webhooks.get(name.as_str()) else { return Err(no_webhook(name)) };
        let now = registry.world.clock.now();
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(bug)?;
        let event = serde_json::json!({
            "specversion": "1.0",
            "id": format!("test-{:016x}", u64::from_be_bytes(random)),
            "source": format!("urn:refmark:registry:{}", registry.id()),
            "type": format!("{TYPE_PREFIX}test"),
            "time": now,
            "datacontenttype": "application/json",
            "data": { "what": "a test of this webhook" },
        });
        let id = event["id"].as_str().unwrap_or_default().to_owned();
        let said = post(&Client::new(hook.private), hook, &id, now, &serde_json::to_vec(&event).map_err(bug)?)?;
        Ok(TestAnswer { name: name.clone(), status: said.status, ok: is_taken(&said) })
    }
}

impl Registry {
    /// Tells one webhook; nothing where it is another process's, or not its time.
    fn deliver_to(&self, name: &RemoteName, hook: &Hook, again_since: Option<&str>) -> Result<Option<Delivered>> {
        let held = match (self.hold_webhook(name)?, again_since) {
            (Some(held), _) => held,
            (None, None) => return Ok(None),
            (None, Some(_)) => {
                return Err(Error::new(Code::Locked, format!("another process is telling the webhook {name}"))
                    .hint("try again when it is done"));
            }
        };
        let mut told = match self.told_so_far(name.as_str())? {
            Some(told) => told,
            None => Told::from(self.head()?),
        };
        if let Some(since) = again_since {
            let since = self.repo.resolve_revision(since)?;
            let events = self.events_after(Some(since), None)?;
            told = Told { delivered: told.delivered, last: told.last, ..Told::from(since) };
            self.save_told(name.as_str(), &told)?;
            return self.tell(name, hook, told, events, &held).map(Some);
        }
        let is_early = told.next.is_some_and(|next| self.world.clock.now() < next);
        if told.off || is_early {
            return Ok(None);
        }
        if told.since == self.head()? {
            return Ok(None);
        }
        let kept = read_own(&self.own_folder().join(kept_name(name))).and_then(|it| serde_json::from_slice(&it).ok());
        let events = self.events_after(Some(told.since), kept.as_ref())?;
        self.tell(name, hook, told, events, &held).map(Some)
    }

    fn hold_webhook(&self, name: &RemoteName) -> Result<Option<Guard>> {
        make_dirs_durably(&*self.world.disk, &self.webhooks_folder())?;
        let lock = self.webhooks_folder().join(format!("{name}.held"));
        let wait = Wait { timeout: Duration::ZERO, cancel: &self.world.cancel, told: &mut |_| {} };
        match acquire(&self.world.disk, &lock, wait) {
            Ok(guard) => Ok(Some(guard)),
            Err(error) if error.code == Code::Locked => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn tell(
        &self,
        name: &RemoteName,
        hook: &Hook,
        mut told: Told,
        answer: CloudEventsAnswer,
        held: &Guard,
    ) -> Result<Delivered> {
        let client = Client::new(hook.private);
        let mut delivered = 0;
        for event in answer.events.iter().skip(told.done as usize) {
            self.world.cancel.check()?;
            if !hook.kinds.is_empty() && !hook.kinds.iter().any(|kind| *kind == event.data.event.kind) {
                told.done += 1;
                continue;
            }
            if !held.still_held() {
                return Err(Error::new(Code::Locked, format!("the webhook {name} is another process's now")));
            }
            if let Err(error) = self.tell_one(&client, hook, event, &mut told) {
                self.save_told(name.as_str(), &told)?;
                let waiting = answer.events.len() as u64 - told.done;
                let next = told.next;
                return Ok(Delivered { name: name.clone(), delivered, waiting, error: Some(*error), next });
            }
            delivered += 1;
            // On the disk before the next one: after a crash at most one event is told twice.
            self.save_told(name.as_str(), &told)?;
        }
        (told.since, told.done) = (answer.head, 0);
        self.save_told(name.as_str(), &told)?;
        if let (Some(kept), Some(folder)) = (&answer.remembered, self.make_own_folder()) {
            let text = serde_json::to_vec(kept).map_err(bug)?;
            let _ = replace_cache(&*self.world.disk, &folder.join(kept_name(name)), &text, 0o600);
        }
        Ok(Delivered { name: name.clone(), delivered, waiting: 0, error: None, next: None })
    }

    /// Posts one event, and notes what came of it.
    fn tell_one(&self, client: &Client, hook: &Hook, event: &CloudEvent, told: &mut Told) -> Result<()> {
        let now = self.world.clock.now();
        let body = serde_json::to_vec(event).map_err(bug)?;
        let (error, wait) = match post(client, hook, &event.id, now, &body) {
            Ok(said) if is_taken(&said) => {
                told.done += 1;
                told.delivered += 1;
                told.last = Some(now);
                (told.failures, told.last_error, told.next) = (0, None, None);
                return Ok(());
            }
            Ok(said) => {
                told.off = said.status == 410;
                (not_taken(&said, told.off), said.retry_after)
            }
            Err(error) => (error, None),
        };
        told.failures += 1;
        told.last_error = Some(error.message.clone());
        told.next = (!told.off).then(|| now.plus(wait_after(told.failures, wait)));
        Err(error)
    }
}

/// How long to wait after so many failures in a row, and what the receiver asked for, in seconds; a day at most.
fn wait_after(failures: u32, asked: Option<u64>) -> i64 {
    let longest = WAITS[WAITS.len() - 1];
    let own = WAITS.get((failures.max(1) - 1) as usize).copied().unwrap_or(longest);
    own.max(asked.map_or(0, |asked| i64::try_from(asked).unwrap_or(longest))).min(longest)
}

fn is_taken(said: &Answer) -> bool {
    (200..300).contains(&said.status)
}

fn not_taken(said: &Answer, gone: bool) -> Box<Error> {
    let words = one_line(&String::from_utf8_lossy(&said.body).chars().take(200).collect::<String>());
    let error = Error::new(Code::Unreachable, format!("it answered {} {words}", said.status).trim_end().to_owned());
    match gone {
        true => error.hint("it says that it is gone, and is told nothing more; remove it, or replay from a commit"),
        false => error,
    }
}

fn post(client: &Client, hook: &Hook, id: &str, now: Timestamp, body: &[u8]) -> Result<Answer> {
    let signature = Secret::parse(&hook.secret)?.sign(id, now.unix(), body)?;
    let headers = [
        ("content-type", "application/cloudevents+json"),
        ("webhook-id", id),
        ("webhook-timestamp", &now.unix().to_string()),
        ("webhook-signature", &signature),
    ];
    client.post(&hook.url, &headers, body).map_err(|mut error| {
        // The address may be a password; whoever reads this has its name.
        error.message = error.message.replace(&hook.url, &super::shown(&hook.url));
        error.fields.remove("url");
        error
    })
}

fn kept_name(name: &RemoteName) -> String {
    format!("webhook-{name}.json")
}

#[cfg(test)]
mod tests {
    use super::wait_after;

    #[test]
    fn one_waits_longer_after_each_failure_and_a_day_at_most_whatever_the_receiver_asks_for() {
        let waits: Vec<i64> = (1..=11).map(|failures| wait_after(failures, None)).collect();
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        assert_eq!((waits[0], waits[10]), (5, 86_400));
        assert_eq!(wait_after(1, Some(60)), 60);
        assert_eq!(wait_after(1, Some(u64::MAX)), 86_400);
        assert_eq!(wait_after(0, None), 5);
    }
}
