//! `do not disturb: { sms: on }`: a channel is blocked, by itself or with all others; `off` that it is allowed, `contact`
//! and `system` who blocks it; `all` is the block of its own.

use super::{Condition, Facets, Kind, Scope, Verdict};
use crate::contact::consent::Channel;
use crate::contact::disturb::{By, Reach};
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "do not disturb",
    says: "Whether a channel is blocked, and by whom.",
    shape: Shape::Map(&[
        Field::may("all", Shape::Words(&["on", "off", "contact", "system"]), "How it stands."),
        Field::may("email", Shape::Words(&["on", "off", "contact", "system"]), "How it stands."),
        Field::may("sms", Shape::Words(&["on", "off", "contact", "system"]), "How it stands."),
        Field::may("whatsapp", Shape::Words(&["on", "off", "contact", "system"]), "How it stands."),
        Field::may("calls", Shape::Words(&["on", "off", "contact", "system"]), "How it stands."),
        Field::may("voicemail", Shape::Words(&["on", "off", "contact", "system"]), "How it stands."),
    ]),
    read,
};

#[derive(Clone, Copy, Debug)]
enum Wanted {
    On,
    Off,
    By(By),
}

#[derive(Debug)]
struct Disturbed(Vec<(Reach, Wanted)>);

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Condition>> {
    let mut map = MapReader::open(node, "`do not disturb:`", problems)?;
    let mut wanted = Vec::new();
    for (name, place, value) in map.take_rest() {
        let Some(reach) = Reach::parse(name) else {
            let known = Channel::ALL.map(Channel::as_str).join(", ");
            let message = format!("there is no channel `{name}`; there are {known}, and all");
            problems.error(place, "channel.unknown", message);
            continue;
        };
        let is = match text(value, "do not disturb", problems)? {
            "on" => Wanted::On,
            "off" => Wanted::Off,
            other => match By::parse(other) {
                Some(by) => Wanted::By(by),
                None => {
                    let message = format!("`{name}:` is on, off, contact or system, not `{other}`");
                    problems.error(value.place, "dnd.unknown", message);
                    continue;
                }
            },
        };
        wanted.push((reach, is));
    }
    // An empty one would match everybody.
    if wanted.is_empty() {
        let message = "`do not disturb:` must name a channel, such as `sms: on`";
        problems.error(node.place, "condition.empty", message);
        return None;
    }
    Some(Box::new(Disturbed(wanted)))
}

impl Condition for Disturbed {
    fn eval(&self, scope: &Scope<'_>) -> Verdict {
        let disturb = &scope.contact.profile.objects.disturb;
        let holds = |(reach, wanted): &(Reach, Wanted)| {
            let by = match reach {
                Reach::All => disturb.block(*reach),
                Reach::One(channel) => disturb.blocks(*channel),
            };
            match wanted {
                Wanted::On => by.is_some(),
                Wanted::Off => by.is_none(),
                Wanted::By(wanted) => by == Some(*wanted),
            }
        };
        Verdict::steady(self.0.iter().all(holds))
    }

    fn facets(&self) -> Facets {
        Facets::PROFILE
    }
}
