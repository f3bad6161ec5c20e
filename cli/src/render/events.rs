//! Pages of events and webhooks.

use refmark_core::types::text::counted;
use refmark_core::{CloudEvent, CloudEventsAnswer, DeliveryAnswer, TestAnswer, WebhookAdded};

use super::{Cell, Look, Page, Table, bad, bold, faint, good, safe};
use crate::answer::Render;
use crate::commands::webhook::{WebhookRemoved, Webhooks};

/// An event on a line.
pub fn line(event: &CloudEvent) -> String {
    let of = &event.data.event;
    let reason = if of.reason.is_empty() { String::new() } else { format!("  {}", safe(&of.reason)) };
    format!(
        "{}  {}  {}  {}  {}{reason}",
        event.time,
        of.commit.short(),
        of.kind,
        bold(safe(&of.what)),
        safe(of.by.as_str())
    )
}

impl Render for CloudEventsAnswer {
    fn render(&self, page: &mut Page) {
        for event in &self.events {
            page.line(line(event));
        }
        page.line(faint(format!("{}, up to {}", counted(self.events.len(), "event"), self.head)));
    }
}

impl Render for DeliveryAnswer {
    fn render(&self, page: &mut Page) {
        for it in &self.webhooks {
            let took = format!("{} took {}", bold(&it.name), counted(it.delivered as usize, "event"));
            match &it.error {
                None => page.line(took),
                Some(error) => {
                    let next = it.next.map(|next| format!("; again from {next} on")).unwrap_or_default();
                    page.line(format!("{took}, {} wait: {}{next}", it.waiting, bad(safe(&error.message))));
                }
            }
        }
        if self.webhooks.is_empty() {
            page.line("there is nothing to tell now");
        }
    }

    fn status(&self) -> u8 {
        u8::from(self.webhooks.iter().any(|it| it.error.is_some()))
    }
}

impl Render for TestAnswer {
    fn render(&self, page: &mut Page) {
        let said = format!("it answered {}", self.status);
        page.line(format!("{} {}", bold(&self.name), if self.ok { good(said) } else { bad(said) }));
    }

    fn status(&self) -> u8 {
        u8::from(!self.ok)
    }
}

impl Render for Webhooks {
    fn render(&self, page: &mut Page) {
        if self.webhooks.is_empty() {
            page.line("no webhooks; next: refmark webhook add NAME URL");
            return;
        }
        let mut table = Table::new(["WEBHOOK", "URL", "KINDS", "SIGNED", "TOLD", "LAST", "STATE"]);
        for it in &self.webhooks {
            let state = match (it.off, &it.last_error) {
                (true, _) => Cell::of("gone: replay from a commit, or remove it", Look::Bad),
                (false, Some(error)) => {
                    let failed = format!("{} failed: {error}", counted(it.failures as usize, "attempt"));
                    Cell::of(failed, Look::Doubtful)
                }
                (false, None) => Cell::of("ok", Look::Good),
            };
            let kinds = if it.kinds.is_empty() { "all".to_owned() } else { safe(&it.kinds.join(", ")) };
            table.row([
                Cell::of(it.name.as_str(), Look::Bold),
                safe(&it.url).into(),
                kinds.into(),
                it.signed.into(),
                Cell::number(it.delivered),
                it.last.map(|it| it.to_string()).unwrap_or_default().into(),
                state,
            ]);
        }
        page.table(table);
    }
}

impl Render for WebhookAdded {
    fn render(&self, page: &mut Page) {
        let it = &self.webhook;
        page.line(format!(
            "added the webhook {} to {}, told from {} on",
            bold(&it.name),
            safe(&it.url),
            it.since.short()
        ));
        if let Some(secret) = &self.secret {
            page.line(format!("secret, shown this once: {secret}"));
        }
        if let Some(key) = &it.public_key {
            page.line(format!("the receiver checks with: {key}"));
        }
        page.line(
            "next: refmark webhook test NAME; it is told by refmark serve, or from a timer by refmark events deliver",
        );
    }
}

impl Render for WebhookRemoved {
    fn render(&self, page: &mut Page) {
        page.line(format!("forgot the webhook {}", bold(&self.removed)));
    }
}
