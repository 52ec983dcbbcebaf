//! `email: news, is: opened, within: 1 day`: what became of the message of an earlier step of this enrollment: sent,
//! delivered, opened, clicked, replied or bounced (not delivered), perhaps within a time of its being sent; `sms:` and
//! `whatsapp:` ask the same of theirs. Opens and clicks count when a
//! person did them. Without one the answer is no only if it would be known: unknown where the contact has not agreed to
//! be tracked, or where only a machine opened it.

use super::{Condition, Facets, Kind, Scope, Truth, Verdict, field};
use crate::calendar::{self, Duration};
use crate::contact::consent::Channel;
use crate::contact::enrollment::Heard;
use crate::limits;
use crate::time::Instant;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written. Without `is:` it compares the field of that name.
pub const KIND: Kind = Kind {
    key: "email",
    says: "With `is:` what became of the message of that step; else the address.",
    shape: SHAPE,
    read: |node, map, problems| read("email", Channel::Email, node, map, problems),
};
/// The same of an SMS.
pub const SMS: Kind = Kind {
    key: "sms",
    says: "With `is:` what became of the SMS of that step.",
    shape: SHAPE,
    read: |node, map, problems| read("sms", Channel::Sms, node, map, problems),
};
/// The same of a WhatsApp message.
pub const WHATSAPP: Kind = Kind {
    key: "whatsapp",
    says: "With `is:` what became of the WhatsApp message of that step.",
    shape: SHAPE,
    read: |node, map, problems| read("whatsapp", Channel::Whatsapp, node, map, problems),
};

const SHAPE: Shape = Shape::Beside(
    &Shape::Tests,
    &[
        Field::may(
            "is",
            Shape::Words(&["sent", "delivered", "not delivered", "opened", "clicked", "replied", "bounced"]),
            "What became of it.",
        ),
        Field::may("within", Shape::Length, "So soon after it was sent."),
    ],
);

#[derive(Clone, Copy, Debug)]
enum Is {
    Sent,
    Delivered,
    Opened,
    Clicked,
    Replied,
    Bounced,
}

#[derive(Debug)]
struct Email {
    channel: Channel,
    step: String,
    is: Is,
    within: Option<Duration>,
}

fn read<'d>(
    key: &'static str,
    channel: Channel,
    node: &'d Node,
    map: &mut MapReader<'d>,
    problems: &mut Problems,
) -> Option<Box<dyn Condition>> {
    let Some(is) = map.get("is") else { return field::read_named(key, node, problems) };
    let within_given = map.get("within").is_some();
    let within = map.duration("within", problems);
    let step = text(node, key, problems)?.to_owned();
    let is = match text(is, "is", problems)? {
        "sent" => Is::Sent,
        "delivered" => Is::Delivered,
        // Nobody knows who has read an SMS.
        "opened" if channel == Channel::Sms => {
            problems.error(is.place, "email.is", "whether an SMS was opened is not known; ask for `clicked`");
            return None;
        }
        "opened" => Is::Opened,
        "clicked" => Is::Clicked,
        "replied" => Is::Replied,
        "bounced" | "not delivered" => Is::Bounced,
        other => {
            let message = format!(
                "a message is sent, delivered, not delivered, opened, clicked, replied or bounced, not `{other}`"
            );
            problems.error(is.place, "email.is", message);
            return None;
        }
    };
    if within_given && within.is_none() {
        return None;
    }
    Some(Box::new(Email { channel, step, is, within }))
}

impl Email {
    fn first(&self, heard: &Heard) -> Option<Instant> {
        match self.is {
            Is::Sent => heard.sent,
            Is::Delivered => heard.delivered,
            Is::Opened => heard.opened,
            Is::Clicked => heard.clicked,
            Is::Replied => heard.replied,
            Is::Bounced => heard.bounced,
        }
    }

    /// The answer where nothing was heard of it.
    fn silence(&self, heard: &Heard, scope: &Scope<'_>) -> Truth {
        let tracked = scope.tracking.allows(scope.contact, self.channel);
        match self.is {
            Is::Opened if heard.opened_by_machine.is_some() || !tracked => Truth::Unknown,
            Is::Clicked if !tracked => Truth::Unknown,
            Is::Delivered if heard.bounced.is_none() => Truth::Unknown,
            _ => Truth::No,
        }
    }
}

impl Condition for Email {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let Some((_, enrollment)) = scope.enrollment else { return Verdict::steady(Truth::Unknown) };
        let Some(heard) = enrollment.messages.get(self.step.as_str()) else {
            // It was not sent, unless it was forgotten for newer ones.
            let all = scope.contact.state.enrollments.values();
            let forgotten = all.map(|one| one.messages.len()).sum::<usize>() >= limits::MESSAGES;
            return Verdict::steady(if forgotten { Truth::Unknown } else { Truth::No });
        };
        let Some(first) = self.first(heard) else { return Verdict::steady(self.silence(heard, scope)) };
        let in_time = |within: Duration| {
            heard.sent.is_none_or(|sent| first < calendar::leaves_window(sent, within, scope.zone))
        };
        Verdict::steady(self.within.is_none_or(in_time))
    }

    fn unknown(&self) -> Vec<String> {
        let may = matches!(self.is, Is::Opened | Is::Clicked | Is::Delivered);
        may.then(|| format!("answer to `{}`", self.step)).into_iter().collect()
    }

    fn reactions(&self) -> Vec<&str> {
        let reader = matches!(self.is, Is::Opened | Is::Clicked | Is::Replied);
        reader.then_some(self.step.as_str()).into_iter().collect()
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE | Facets::MESSAGES
    }

    fn steps(&self) -> Vec<&str> {
        vec![&self.step]
    }
}
