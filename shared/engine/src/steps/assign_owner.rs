//! `assign owner: giulia` gives the contact to one colleague; `{ among: [giulia, marco], by: round robin, keep: true }`
//! to one of several: in turn, by weight (`among: { giulia: 2, marco: 1 }`), or to whoever got the fewest. With `keep` a
//! contact that has an owner keeps it.

use super::{Kind, Next, Step, StepReader};
use crate::contact::ask::{Answer, Share, Wish};
use crate::definitions::Definitions;
use crate::react::{Need, Visit};
use crate::timeline::What;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, closest, text, texts};
use crate::workflow::shape::{Field, Shape};
use crate::yaml::{self, Node, Place};
use std::sync::Arc;

/// How it is written.
pub const KIND: Kind = Kind {
    key: "assign owner",
    says: "Gives the contact to a colleague, or to one of several.",
    shape: Shape::Either(&[
        Shape::Text,
        Shape::Map(&[
            Field::must(
                "among",
                Shape::Either(&[Shape::Texts, Shape::Open(&Shape::Whole)]),
                "The colleagues, or a weight for each.",
            ),
            Field::may(
                "by",
                Shape::Words(&["round robin", "weight", "least loaded"]),
                "In turn, by weight, or to whoever got the fewest.",
            ),
            Field::may("keep", Shape::YesNo, "A contact that has an owner keeps it."),
        ]),
    ]),
    read,
};

#[derive(Debug)]
struct AssignOwner {
    among: Vec<(Arc<str>, u32)>,
    by: Share,
    keep: bool,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let problems = reader.problems();
    let yaml::Value::Map(_) = node.value else {
        let one = text(node, "assign owner", problems)?.into();
        return Some(Box::new(AssignOwner { among: vec![(one, 1)], by: Share::RoundRobin, keep: false }));
    };
    let mut map = MapReader::open(node, "`assign owner:`", problems)?;
    let among_node = map.need("among", problems);
    let by = map.get("by").map(|node| (node, node.as_text()));
    let keep = map.get("keep").map(|node| (node, &node.value));
    map.finish(&["among", "by", "keep"], problems);
    let keep = match keep {
        None => false,
        Some((_, yaml::Value::Bool(keep))) => *keep,
        Some((node, _)) => {
            problems.error(node.place, "owner.keep", "`keep:` is `true` or `false`");
            false
        }
    };
    let among = read_among(among_node?, problems)?;
    let weighted = among.iter().any(|(_, weight)| *weight != 1);
    let by = match by {
        None if weighted => Share::Weighted,
        None | Some((_, Some("round robin"))) => Share::RoundRobin,
        Some((_, Some("weight"))) => Share::Weighted,
        Some((_, Some("least loaded"))) => Share::LeastLoaded,
        Some((node, _)) => {
            problems.error(node.place, "owner.by", "`by:` is `round robin`, `weight` or `least loaded`");
            Share::RoundRobin
        }
    };
    Some(Box::new(AssignOwner { among, by, keep }))
}

fn read_among(node: &Node, problems: &mut Problems) -> Option<Vec<(Arc<str>, u32)>> {
    let yaml::Value::Map(entries) = &node.value else {
        return Some(texts(node, "among", problems)?.into_iter().map(|name| (name.into(), 1)).collect());
    };
    let mut among = Vec::new();
    for (key, weight) in entries {
        let yaml::Value::Int(weight @ 1..=1_000) = weight.value else {
            problems.error(key.place, "owner.weight", "a weight is a whole number from 1 to 1000");
            continue;
        };
        among.push((key.text.as_str().into(), u32::try_from(weight).unwrap_or(1)));
    }
    if among.is_empty() {
        problems.error(node.place, "list.empty", "`among:` needs a name, or several");
        return None;
    }
    Some(among)
}

impl Step for AssignOwner {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        if self.keep && visit.turn.contact.profile.text("owner").is_some() {
            visit.log(What::StepSkipped { reason: "has_an_owner".to_owned() });
            return Ok(Next::Continue);
        }
        if let [(only, _)] = &self.among[..] {
            visit.set_field("owner", Ok(only.to_string().into()));
            return Ok(Next::Continue);
        }
        Ok(visit.ask(Wish::Owner { among: self.among.clone(), by: self.by }))
    }

    fn answered(&self, visit: &mut Visit<'_, '_>, answer: &Answer) -> Result<Next, Need> {
        // Somebody else may have given the contact an owner meanwhile.
        let kept = self.keep && visit.turn.contact.profile.text("owner").is_some();
        match answer {
            Answer::Got { value } if !kept => visit.set_field("owner", Ok(value.to_string().into())),
            _ => visit.log(What::StepSkipped { reason: "no_owner".to_owned() }),
        }
        Ok(Next::Continue)
    }

    fn owners(&self) -> Vec<(Arc<str>, u32)> {
        self.among.clone()
    }

    fn check(&self, place: Place, definitions: &Definitions, problems: &mut Problems) {
        let known: Vec<&str> = definitions.users.keys().map(AsRef::as_ref).collect();
        for (name, _) in self.among.iter().filter(|(name, _)| !definitions.users.contains_key(name)) {
            let hint = closest(name, &known).map_or_else(
                || "say who that is, with PUT /v1/users/…".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            problems.error(place, "user.unknown", format!("there is no colleague `{name}`; {hint}"));
        }
    }
}
