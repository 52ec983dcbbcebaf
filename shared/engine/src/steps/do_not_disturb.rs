//! `do not disturb: { sms: on }` blocks a channel, or `all` of them; `{ sms: off, proof: "{{ event.proof }}" }` lifts that
//! again, which needs what proves the contact's consent. What the system blocks stays blocked.

use super::said::Said;
use super::{Kind, Next, Step, StepReader};
use crate::contact::consent::Channel;
use crate::contact::disturb::{By, Reach};
use crate::contact::record::Is;
use crate::react::{Need, Visit};
use crate::template::Template;
use crate::workflow::reader::MapReader;
use crate::workflow::shape::{Field, Shape};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "do not disturb",
    says: "Blocks a channel or all; lifting needs a proof of consent.",
    shape: Shape::Map(&[
        Field::may("all", Shape::Words(&["on", "off"]), "Blocked, or not."),
        Field::may("email", Shape::Words(&["on", "off"]), "Blocked, or not."),
        Field::may("sms", Shape::Words(&["on", "off"]), "Blocked, or not."),
        Field::may("whatsapp", Shape::Words(&["on", "off"]), "Blocked, or not."),
        Field::may("calls", Shape::Words(&["on", "off"]), "Blocked, or not."),
        Field::may("voicemail", Shape::Words(&["on", "off"]), "Blocked, or not."),
        Field::may("proof", Shape::Value, "What shows that the contact agreed; lifting needs it."),
    ]),
    read,
};

#[derive(Debug)]
struct DoNotDisturb {
    reaches: Vec<(Reach, bool)>,
    proof: Option<Said>,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`do not disturb:`", reader.problems())?;
    let proof = map.get("proof").map(|node| Said::read("proof", Is::Text, node, reader));
    let mut reaches = Vec::new();
    for (name, place, value) in map.take_rest() {
        let Some(reach) = Reach::parse(name) else {
            let known = Channel::ALL.map(Channel::as_str).join(", ");
            let message = format!("there is no channel `{name}`; there are {known}, and all");
            reader.problems().error(place, "channel.unknown", message);
            continue;
        };
        match value.as_text() {
            Some("on") => reaches.push((reach, true)),
            Some("off") => reaches.push((reach, false)),
            _ => reader.problems().error(value.place, "dnd.on_or_off", format!("`{name}:` is `on` or `off`")),
        }
    }
    if reaches.is_empty() {
        reader.problems().error(node.place, "dnd.nothing", "name a channel, such as `sms: on`, or `all: on`");
        return None;
    }
    if proof.is_none() && reaches.iter().any(|(_, on)| !on) {
        let message = "lifting do-not-disturb needs `proof:`, what shows that the contact agreed";
        reader.problems().error(node.place, "dnd.proof", message);
        return None;
    }
    let proof = match proof {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Box::new(DoNotDisturb { reaches, proof }))
}

impl Step for DoNotDisturb {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let proof = self.proof.as_ref().and_then(|proof| proof.value(visit).ok().flatten());
        let proof = proof.as_ref().and_then(|proof| proof.as_str());
        let cause = visit.cause();
        for (reach, on) in &self.reaches {
            if !on && proof.is_none() {
                visit.skip("no_proof");
                continue;
            }
            visit.turn.set_disturb(&cause, *reach, By::Contact, *on, proof.filter(|_| !on));
        }
        Ok(Next::Continue)
    }

    fn templates(&self) -> Vec<&Template> {
        self.proof.iter().filter_map(Said::template).collect()
    }
}
