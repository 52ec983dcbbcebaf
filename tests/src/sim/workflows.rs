//! The workflows from which each seed draws its own, and what they need. Each has a second version, which is
//! activated in the middle of some runs.

use flusso_app::templates::MailSource;
use flusso_engine::definitions::Form;
use serde_json::json;

/// A workflow with its versions.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Its id.
    pub id: &'static str,
    /// Workflows that make no sense without each other have the same group.
    pub group: u8,
    /// The document.
    pub text: &'static str,
    /// What is replaced in the second version.
    pub change: (&'static str, &'static str),
}

impl Source {
    /// The document of a version.
    pub fn version(&self, second: bool) -> String {
        if second { self.text.replace(self.change.0, self.change.1) } else { self.text.to_owned() }
    }
}

/// The form of all sign-ups.
pub fn form() -> Form {
    let form = json!({
        "name": "Guide",
        "fields": [
            { "name": "first_name", "to": "first_name" },
            { "name": "email", "to": "email", "required": true },
            { "name": "phone", "to": "phone" },
        ],
        "values": { "guide_url": "https://shop.example/guide.pdf" },
        "consents": [{
            "channel": "email", "purpose": "marketing", "basis": "consent",
            "text": "Yes, write to me.", "version": "1", "field": "newsletter",
        }],
    });
    serde_json::from_value(form).expect("the form is one")
}

/// The mail template that workflows name.
pub fn template() -> MailSource {
    let text = "Hi {{ contact.first_name | default(\"friend\") }}, have you read the guide?";
    MailSource::plain(Some("Have you read it?"), text)
}

/// Groups that only some seeds draw, since they cost time.
pub const HEAVY: &[u8] = &[9];

/// Everything that seeds draw from.
pub const SOURCES: &[Source] = &[
    Source {
        id: "welcome",
        group: 0,
        text: "workflow: welcome
kind: marketing
triggers:
  - form: guide
exit:
  - on: email.replied
    scope: this workflow
    reason: replied
steps:
  - id: first
    send email: { subject: \"Welcome, {{ contact.first_name | default('friend') }}\", body: \"Here: {{ event.guide_url }}\" }
  - wait: 1 day
  - id: second
    send email: { subject: Have you read it?, template: follow-up }
",
        change: ("wait: 1 day", "wait: 3 hours"),
    },
    Source {
        id: "aftercare",
        group: 1,
        text: "workflow: aftercare
kind: service
triggers:
  - event: order.completed
reentry: always
steps:
  - send email: { subject: Thank you, body: \"Your order {{ event.order | default('') }} is on its way.\" }
  - wait until: { event: email.replied, at most: 3 hours }
    then:
      - add tag: talks
      - exit: answered
    else:
      - send email: { subject: All well?, body: Is everything as it should be? }
",
        change: ("at most: 3 hours", "at most: 40 minutes"),
    },
    Source {
        id: "prices",
        group: 2,
        text: "workflow: prices
kind: internal
triggers:
  - page visited: { url starts with: https://shop.example/prices }
reentry: { after: 2 hours }
steps:
  - add to list: prices
  - decide:
      - when: { tag: talks }
        do:
          - remove from list: prices
      - when: { event: page.visited, at least: 3, within: 1 day }
        do:
          - add tag: hot
          - notify: { to: team sales, by: email, text: \"{{ contact.name }} is hot\" }
      - else:
          - wait: 20 minutes
          - remove from list: prices
",
        change: ("wait: 20 minutes", "wait: 5 minutes"),
    },
    Source {
        id: "ping",
        group: 3,
        text: "workflow: ping
kind: internal
triggers:
  - event: tag.added
    where: { data.tag: ping }
  - event: ping.asked
reentry: always
steps:
  - remove tag: ping
  - add tag: pong
",
        change: ("- add tag: pong", "- add to list: pings\n  - add tag: pong"),
    },
    Source {
        id: "pong",
        group: 3,
        text: "workflow: pong
kind: internal
triggers:
  - event: tag.added
    where: { data.tag: pong }
reentry: always
steps:
  - remove tag: pong
  - add tag: ping
",
        change: ("- add tag: ping", "- add score: 1\n  - add tag: ping"),
    },
    Source {
        id: "points-opened",
        group: 4,
        text: "workflow: points-opened
kind: internal
triggers:
  - email opened: any
reentry: always
steps:
  - add score: { points: 10, valid for: 5 hours, once per: message }
",
        change: ("points: 10", "points: 15"),
    },
    Source {
        id: "points-visited",
        group: 4,
        text: "workflow: points-visited
kind: internal
triggers:
  - page visited: any
reentry: always
steps:
  - add score: { points: 7, valid for: 90 minutes }
",
        change: ("points: 7", "points: 9"),
    },
    Source {
        id: "qualified",
        group: 4,
        text: "workflow: qualified
kind: internal
triggers:
  - score reaches: 20
reentry: always
steps:
  - add to list: qualified
  - notify: { to: [team sales, boss@shop.example], by: email, text: \"{{ contact.name }} has {{ contact.score }}\" }
  - wait: 30 minutes
  - remove from list: qualified
",
        change: ("score reaches: 20", "score reaches: 14"),
    },
    Source {
        id: "profile",
        group: 5,
        text: "workflow: profile
kind: service
triggers:
  - event: profile.asked
  - event: list.joined
    where: { data.list: qualified }
reentry: { after: 1 hour }
exit:
  - on: tag.added
    where: { data.tag: hot }
    reason: hot
  - on: order.completed
    reason: bought
steps:
  - set field: { status: asked, asked_at: now }
  - wait: 30 minutes
  - send email: { subject: \"A question, {{ contact.first_name | default('friend') }}\", body: Who are you? }
  - wait: 2 hours
  - set field: { status: null }
",
        change: ("wait: 30 minutes", "wait: 10 minutes"),
    },
    Source {
        id: "receipt",
        group: 6,
        text: "workflow: receipt
kind: transactional
triggers:
  - event: receipt.asked
reentry: always
steps:
  - send email: { subject: Your receipt, body: \"No. {{ event.n }}\" }
  - wait: 10 minutes
  - send email: { subject: Your receipt again, body: \"No. {{ event.n }}\" }
",
        change: ("wait: 10 minutes", "wait: 2 minutes"),
    },
    Source {
        id: "news",
        group: 7,
        text: "workflow: news
kind: marketing
triggers:
  - event: news.asked
reentry: always
exit:
  - on: consent.withdrawn
    reason: no more
steps:
  - wait: 1 minute
  - send email: { subject: News, body: All the news. }
  - add tag: informed
  - wait: 4 minutes
  - send email: { subject: More news, template: follow-up }
",
        change: ("wait: 4 minutes", "wait: 1 hour"),
    },
];

/// A workflow that needs more steps than one reaction has.
pub fn long() -> String {
    let steps: String =
        (0..54).map(|at| format!("  - add score: {}\n  - add tag: t{}\n", at % 3 + 1, at % 7)).collect();
    format!(
        "workflow: long\nkind: service\ntriggers:\n  - event: long.asked\nreentry: always\nsteps:\n{steps}  - send email: {{ subject: Done, body: All of it. }}\n"
    )
}
