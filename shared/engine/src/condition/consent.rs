//! `consent: { email: granted }` compares the consent for marketing on a channel: granted, withdrawn, pending
//! (to be confirmed) or none; `purpose:`
//! names another purpose.

use super::{Condition, Facets, Kind, Scope, Verdict};
use crate::contact::consent::{Channel, MARKETING, Standing};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

const STANDINGS: Shape = Shape::Words(&["granted", "withdrawn", "pending", "none"]);

/// How it is written.
pub const KIND: Kind = Kind {
    key: "consent",
    says: "Whether the contact agreed to be written to.",
    shape: Shape::Map(&[
        Field::may("purpose", Shape::Text, "The purpose; else marketing."),
        Field::may("email", STANDINGS, "How it stands on this channel."),
        Field::may("sms", STANDINGS, "How it stands on this channel."),
        Field::may("whatsapp", STANDINGS, "How it stands on this channel."),
        Field::may("calls", STANDINGS, "How it stands on this channel."),
        Field::may("voicemail", STANDINGS, "How it stands on this channel."),
    ]),
    read,
};

#[derive(Debug)]
struct Consents {
    purpose: String,
    wanted: Vec<(Channel, Option<Standing>)>,
}

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    let mut map = MapReader::open(node, "`consent:`", problems)?;
    let purpose = map.text("purpose", problems).unwrap_or(MARKETING).to_owned();
    let mut wanted = Vec::new();
    for (name, place, value) in map.take_rest() {
        let Some(channel) = Channel::parse(name) else {
            let known = Channel::ALL.map(Channel::as_str).join(", ");
            problems.error(
                place,
                "channel.unknown",
                format!("there is no channel `{name}`; there are {known}"),
            );
            continue;
        };
        let standing = match text(value, "consent", problems)? {
            "granted" => Some(Standing::Granted),
            "withdrawn" => Some(Standing::Withdrawn),
            "pending" => Some(Standing::Pending),
            "none" => None,
            other => {
                problems.error(
                    value.place,
                    "consent.unknown",
                    format!("a consent is granted, withdrawn, pending or none, not `{other}`"),
                );
                continue;
            }
        };
        wanted.push((channel, standing));
    }
    // An empty one would match everybody.
    if wanted.is_empty() {
        problems.error(
            node.place,
            "condition.empty",
            "`consent:` must name a channel, such as `email: granted`",
        );
        return None;
    }
    Some(Box::new(Consents { purpose, wanted }))
}

impl Condition for Consents {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let holds = |(channel, standing): &(Channel, Option<Standing>)| {
            scope.contact.profile.consent(*channel, &self.purpose).map(|consent| consent.standing)
                == *standing
        };
        Verdict::steady(self.wanted.iter().all(holds))
    }

    fn needs_consent(&self, channel: Channel) -> bool {
        self.purpose == MARKETING && self.wanted.contains(&(channel, Some(Standing::Granted)))
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
