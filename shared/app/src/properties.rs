//! What an author demands of a workflow, tried on people to whom all sorts of things happen. Who does not keep it is told
//! as a story, made as short as it can be.

use flusso_engine::calendar;
use flusso_engine::contact::send::Class;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::digest;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::What;
use flusso_engine::workflow::program::On;
use flusso_engine::workflow::properties::{Holds, Property};
use flusso_engine::workflow::{self, Problem, Program, Severity};
use serde_json::{Map, Value};

use crate::simulate::{Happening, Simulation, simulate};

/// How many lives are tried for each property, if nothing is said.
pub const LIVES: u32 = 200;
/// Most events of a life, beside the one that makes the person enter.
const EVENTS: u64 = 6;
/// For how long a life is followed, beyond what the properties speak of.
const FOLLOWED: Millis = Millis::hours(24 * 30);

/// A property that does not hold, and a life that shows it.
#[derive(Clone, Debug)]
pub struct Refuted {
    /// Which.
    pub property: Property,
    /// The life: who, when, and what happens to them.
    pub life: Simulation,
    /// What comes of it, in order, up to where it is seen.
    pub story: Vec<Happening>,
    /// Where it is seen.
    pub at: Instant,
}

/// Tries the properties of the workflows of a text on so many lives each.
pub fn refuted(source: &str, lives: u32) -> Vec<Refuted> {
    let programs = workflow::compile(source).into_iter().filter_map(|compiled| compiled.program);
    let mut refuted = Vec::new();
    for program in programs.filter(|program| !program.properties.is_empty()) {
        let happenings = happenings(&program);
        for property in &program.properties {
            let tried = (0..lives).find_map(|number| {
                let life = life(source, &program, &happenings, property, number);
                breaks(&life, &program, property).map(|_| life)
            });
            let Some(life) = tried else { continue };
            let life = shortest(life, &program, property);
            if let Some((at, story)) = breaks(&life, &program, property) {
                refuted.push(Refuted { property: property.clone(), life, story, at });
            }
        }
    }
    refuted
}

/// The same as problems of the document: what must hold does not.
pub fn problems(source: &str, lives: u32) -> Vec<Problem> {
    let problem = |refuted: &Refuted| Problem {
        severity: Severity::Error,
        code: "property.refuted",
        line: refuted.property.place.line,
        column: refuted.property.place.column,
        message: format!("`{}` does not hold:\n{}", refuted.property.holds, told(refuted)),
    };
    refuted(source, lives).iter().map(problem).collect()
}

/// The story in sentences, one a line.
pub fn told(refuted: &Refuted) -> String {
    let zone = Definitions::empty().zone;
    let local = |at: Instant| calendar::local_text(at, &zone);
    let mut lines = vec![format!("  {}  somebody enters", local(refuted.life.from))];
    let mut told: Vec<(Instant, String)> = Vec::new();
    for (at, kind, data) in &refuted.life.events {
        let data = if data.is_empty() { String::new() } else { format!(" {}", Value::from(data.clone())) };
        told.push((*at, format!("{kind}{data} happens")));
    }
    for happening in &refuted.story {
        match happening {
            Happening::Message { at, to, subject, .. } => {
                told.push((*at, format!("the message “{subject}” goes to {to}")));
            }
            Happening::Line(line) => match &line.what {
                What::Waiting { until } => {
                    let step = line.step.as_ref().map(ToString::to_string).unwrap_or_default();
                    told.push((line.at, format!("{step} waits until {}", local(*until))));
                }
                What::Completed { .. } | What::Exited { .. } | What::GoalReached { .. } => {
                    told.push((line.at, line.to_string()));
                }
                _ => {}
            },
        }
    }
    told.retain(|(at, _)| *at <= refuted.at);
    told.sort_by_key(|(at, _)| *at);
    lines.extend(told.into_iter().map(|(at, text)| format!("  {}  {text}", local(at))));
    lines.push(format!("  {}  and that is against it", local(refuted.at)));
    lines.join("\n")
}

/// Where a life breaks a property, if it does, and what came of the life.
fn breaks(life: &Simulation, program: &Program, property: &Property) -> Option<(Instant, Vec<Happening>)> {
    let happened = simulate(life).ok()?;
    let zone = Definitions::empty().zone;
    let sent = |wanted: Option<_>| {
        let happened = happened.iter();
        happened.filter_map(move |one| match one {
            Happening::Message { at, via, class, .. } if *class != Class::Internal => {
                let channel = via.channel()?;
                wanted.is_none_or(|wanted| wanted == channel).then_some(*at)
            }
            _ => None,
        })
    };
    let at = match &property.holds {
        Holds::AtMost { most, channel, per } => {
            let all: Vec<Instant> = sent(*channel).collect();
            let full = |at: &Instant| {
                all.iter().filter(|other| calendar::within(**other, *at, *per, &zone)).count() > *most
            };
            all.iter().copied().find(full)
        }
        Holds::NeverAfter { kind } => {
            let after =
                life.events.iter().filter(|(_, happened, _)| happened == kind).map(|(at, ..)| *at).min()?;
            sent(None).find(|at| *at > after)
        }
        Holds::EndsWithin { within } => {
            let mut open: Vec<(&str, Instant)> = Vec::new();
            let mut late = None;
            for one in &happened {
                let Happening::Line(line) = one else { continue };
                if line.workflow.as_ref() != Some(&program.workflow) {
                    continue;
                }
                match &line.what {
                    What::Enrolled { enrollment, .. } => open.push((enrollment.as_str(), line.at)),
                    What::Completed { enrollment }
                    | What::Exited { enrollment, .. }
                    | What::Failed { enrollment, .. } => {
                        let entered = open.iter().position(|(open, _)| *open == enrollment.as_str());
                        let Some((_, entered)) = entered.map(|at| open.remove(at)) else { continue };
                        let by = calendar::add(entered, *within, &zone);
                        late = late.or((line.at > by).then_some(by));
                    }
                    _ => {}
                }
            }
            let still = open.iter().map(|(_, entered)| calendar::add(*entered, *within, &zone)).min();
            late.or(still.filter(|by| *by < life.until))
        }
    }?;
    Some((at, happened))
}

/// The same life with less in it, as long as it still breaks the property: without an event, or with one sooner.
fn shortest(mut life: Simulation, program: &Program, property: &Property) -> Simulation {
    let holds_not = |life: &Simulation| breaks(life, program, property).is_some();
    loop {
        let without = (0..life.events.len()).find_map(|at| {
            let mut less = life.clone();
            less.events.remove(at);
            holds_not(&less).then_some(less)
        });
        if let Some(less) = without {
            life = less;
            continue;
        }
        let sooner = (0..life.events.len()).find_map(|at| {
            let waited = life.events[at].1.len();
            let gap = life.events[at].0.since(life.from).0;
            let rounder =
                [0, gap / 86_400_000 * 86_400_000, gap / 3_600_000 * 3_600_000, gap / 60_000 * 60_000];
            rounder.into_iter().filter(|round| waited > 0 && *round < gap).find_map(|round| {
                let mut less = life.clone();
                less.events[at].0 = life.from + Millis(round);
                holds_not(&less).then_some(less)
            })
        });
        match sooner {
            Some(less) => life = less,
            None => return life,
        }
    }
}

/// A life, drawn by its number.
fn life(
    source: &str,
    program: &Program,
    happenings: &[(String, Map<String, Value>)],
    property: &Property,
    number: u32,
) -> Simulation {
    let mut chance = Chance { seed: program.version.to_string(), number, drawn: 0 };
    // Monday, 2 March 2026, some time within the week.
    let from = Instant::from_millis(1_772_406_000_000) + Millis::minutes(chance.below(7 * 24 * 60));
    let speaks_of = match &property.holds {
        Holds::AtMost { per, .. } => Some(*per),
        Holds::EndsWithin { within } => Some(*within),
        Holds::NeverAfter { .. } => None,
    };
    let zone = Definitions::empty().zone;
    let until = speaks_of.map_or(from, |length| calendar::add(from, length, &zone)) + FOLLOWED;
    let span = until.since(from).0 / 60_000;
    let mut events = Vec::new();
    for _ in 0..chance.below(i64::try_from(EVENTS).unwrap_or_default() + 1) {
        let which =
            usize::try_from(chance.below(i64::try_from(happenings.len()).unwrap_or(1))).unwrap_or_default();
        let Some((kind, data)) = happenings.get(which) else { continue };
        // Much happens soon, some of it late.
        let within = if chance.below(3) == 0 { span } else { span.min(4 * 24 * 60) };
        events.push((from + Millis::minutes(chance.below(within)), kind.clone(), data.clone()));
    }
    events.sort_by_key(|(at, ..)| *at);
    let fields = [("email", "anna@example.com"), ("phone", "+393331234567"), ("first_name", "Anna")];
    Simulation {
        source: source.to_owned(),
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect(),
        consent: chance.below(8) != 0,
        from,
        until,
        events,
    }
}

/// What may happen to a person that the workflow, or a property, looks at; each with what it carries.
fn happenings(program: &Program) -> Vec<(String, Map<String, Value>)> {
    let mut kinds: Vec<(String, Map<String, Value>)> = Vec::new();
    for trigger in program.triggers.iter().filter(|trigger| trigger.kind.date().is_none()) {
        if trigger.kind.schedule().is_none() && trigger.kind.becomes().is_none() {
            kinds.push((trigger.kind.listens().to_owned(), trigger.kind.sample()));
        }
    }
    let exits = program.exits.iter().filter_map(|exit| match &exit.on {
        On::Event { kind, .. } => Some(kind.clone()),
        On::Condition(_) => None,
    });
    let waits = program.steps.iter().filter_map(|def| def.step.listens().map(|(kind, ..)| kind.to_owned()));
    let counted = program.rings().into_iter().map(|ring| ring.kind.clone());
    let named = program.properties.iter().filter_map(|property| match &property.holds {
        Holds::NeverAfter { kind } => Some(kind.clone()),
        Holds::AtMost { .. } | Holds::EndsWithin { .. } => None,
    });
    let usual = ["email.opened", "email.clicked", "email.replied", "order.completed"].map(str::to_owned);
    for kind in exits.chain(waits).chain(counted).chain(named).chain(usual) {
        if !kinds.iter().any(|(known, _)| *known == kind) {
            kinds.push((kind, Map::new()));
        }
    }
    kinds
}

/// Chance by a name: the same document is tried on the same lives everywhere.
struct Chance {
    seed: String,
    number: u32,
    drawn: u32,
}

impl Chance {
    fn below(&mut self, n: i64) -> i64 {
        self.drawn += 1;
        let hash = digest(&["life", &self.seed, &self.number.to_string(), &self.drawn.to_string()]);
        let drawn =
            u64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]]);
        i64::try_from(drawn % u64::try_from(n.max(1)).unwrap_or(1)).unwrap_or_default()
    }
}
