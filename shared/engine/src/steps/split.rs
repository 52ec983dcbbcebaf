//! `split: { test: a-name, arms: [45%: […], 45%: […], 10%: […]], judge by: order.completed }` sends each contact down one
//! arm, by a hash of the test and the contact, and always down the same one. An arm that is `holdout` sends nothing.

use crate::workflow::shape::{Field, Shape};
use serde_json::json;

use super::{Kind, Next, Step, StepReader};
use crate::contact::state::Arm;
use crate::event;
use crate::ids::digest;
use crate::limits;
use crate::react::{Need, Visit};
use crate::timeline::What;
use crate::workflow::program::Target;
use crate::workflow::reader::{MapReader, at_most};
use crate::yaml::{Node, Value};

/// How it is written.
pub const KIND: Kind = Kind {
    key: "split",
    says: "Sends each contact down one arm of a test, always the same one.",
    shape: Shape::Map(&[
        Field::may("test", Shape::Text, "The name of the test."),
        Field::must(
            "arms",
            Shape::Several(&Shape::Open(&Shape::Steps)),
            "Shares and steps, such as `45%: […]`; 100% together.",
        ),
        Field::may("judge by", Shape::Text, "The event by which the arms are compared."),
    ]),
    read,
};

/// The whole, in hundredths of a percent.
const WHOLE: u32 = 10_000;

#[derive(Debug)]
struct Split {
    test: String,
    /// Where each arm ends, in hundredths of a percent, and where it leads.
    arms: Vec<(u32, Target)>,
    judge_by: Option<String>,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    let mut map = MapReader::open(node, "`split:`", reader.problems())?;
    let test = map.get("test").and_then(|node| reader.names(node, "test")).map(|mut names| names.remove(0));
    let arms_node = map.need("arms", reader.problems())?;
    let judge_by = map.text("judge by", reader.problems()).map(str::to_owned);
    map.finish(&["test", "arms", "judge by"], reader.problems());
    if let Some(kind) = judge_by.as_deref().filter(|kind| !event::is_kind(kind)) {
        let message =
            format!("`{kind}` is no event type; a type is lower case with a dot, such as order.completed");
        reader.problems().error(node.place, "event.type", message);
    }
    let test = test.unwrap_or_else(|| reader.own_id());
    let (mut arms, mut end) = (Vec::new(), 0);
    for item in at_most(arms_node, limits::SOURCE_BRANCHES, "arms", reader.problems()) {
        let Value::Map(entries) = &item.value else {
            reader.problems().error(
                item.place,
                "arm.written",
                "an arm is its share and its steps, such as `45%: […]`",
            );
            continue;
        };
        for (key, steps) in entries {
            let Some(share) = share(&key.text) else {
                let message = format!("`{}` is no share; write a percentage, such as 45% or 12.5%", key.text);
                reader.problems().error(key.place, "arm.share", message);
                continue;
            };
            end += share;
            arms.push((end, reader.block(steps)));
        }
    }
    if end != WHOLE || arms.len() < 2 {
        let message =
            format!("the arms have {}% together; at least two arms, which make 100%", f64::from(end) / 100.0);
        reader.problems().error(arms_node.place, "arms.whole", message);
        return None;
    }
    Some(Box::new(Split { test, arms, judge_by }))
}

/// `45%` or `12.5%`, in hundredths of a percent.
fn share(text: &str) -> Option<u32> {
    let (whole, fraction) =
        text.trim().strip_suffix('%')?.split_once('.').unwrap_or((text.trim().strip_suffix('%')?, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.is_empty() || fraction.len() > 2 {
        return None;
    }
    let share = whole.parse::<u32>().ok()? * 100 + format!("{fraction:0<2}").parse::<u32>().ok()?;
    (share <= WHOLE).then_some(share)
}

impl Split {
    fn draw(&self, contact: &str) -> usize {
        let hash = digest(&["split", &self.test, contact]);
        let drawn = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]) % WHOLE;
        self.arms.iter().position(|(end, _)| drawn < *end).unwrap_or(0)
    }
}

impl Step for Split {
    fn only_leads(&self) -> bool {
        true
    }

    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let known = visit.turn.contact.state.arms.get(self.test.as_str());
        let known = known.and_then(|arm| usize::try_from(arm.arm).ok()).filter(|arm| *arm < self.arms.len());
        let arm = known.unwrap_or_else(|| self.draw(visit.turn.contact.id.as_str()));
        if known.is_none() {
            let drawn = Arm {
                arm: u32::try_from(arm).unwrap_or(0),
                workflow: visit.program.workflow.clone(),
                step: visit.def.id.clone(),
                at: visit.turn.now,
                judged: false,
            };
            visit.turn.contact.state.arms.insert(self.test.as_str().into(), drawn);
        }
        visit.count(&format!("arm.{arm}"));
        visit.log(What::ArmDrawn { test: self.test.clone(), arm: (arm + 1).to_string() });
        visit.keep("arm", json!(arm + 1));
        Ok(Next::Goto(self.arms[arm].1))
    }

    fn targets(&self, _: Target) -> Vec<Target> {
        self.arms.iter().map(|(_, target)| *target).collect()
    }

    fn arms(&self, next: Target) -> Vec<(u32, bool)> {
        let mut before = 0;
        let share =
            |(end, target): &(u32, Target)| (end - std::mem::replace(&mut before, *end), *target == next);
        self.arms.iter().map(share).collect()
    }

    fn judged_by(&self) -> Option<(&str, &str)> {
        Some((self.judge_by.as_deref()?, &self.test))
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_percentages() {
        assert_eq!(
            ["45%", "12.5%", "0.25%", "100%", "0%"].map(share),
            [Some(4_500), Some(1_250), Some(25), Some(10_000), Some(0)]
        );
        assert_eq!(["45", "101%", "-1%", "1.234%", "%", "a%"].map(share), [None; 6]);
    }
}
