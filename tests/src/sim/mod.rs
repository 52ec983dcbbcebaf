//! The seeded simulation of the whole program: several instances above one table, with their own clocks and caches, in
//! a world of stalls, crashes, lost answers, doubled messages and a provider that may not answer; against named
//! invariants. One thread, no real clock, no chance but the seed: the same seed gives the same trace.

mod anything;
mod bag;
mod changes;
mod channel;
mod core;
mod door;
mod instance;
mod jobs;
mod lives;
pub mod marks;
mod persons;
pub mod plan;
pub mod plant;
mod replay;
pub mod rng;
pub mod script;
mod table;
mod timer;
mod trace;
mod verdict;
mod watch;
mod weather;
mod workflows;
mod world;

use plant::Plant;
use rng::Rng;
use std::collections::BTreeMap;
pub use watch::Violation;
use world::World;

/// How a seed is run.
#[expect(clippy::struct_excessive_bools, reason = "switches of a command, each by itself")]
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// With a trace that can be read.
    pub trace: bool,
    /// With a planted bug.
    pub plant: Option<Plant>,
    /// With jobs, over and above what the seed makes of the world.
    pub jobs: bool,
    /// With workflows that are edited, interrupted and stopped while people are inside.
    pub lives: bool,
    /// With no workflows but those that are written here.
    pub plain: bool,
}

/// What came of a seed.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// A hash of everything that happened.
    pub hash: u64,
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// How often each fault happened.
    pub faults: BTreeMap<&'static str, u64>,
    /// How often each rare branch was reached.
    pub marks: BTreeMap<&'static str, u64>,
    /// The trace, if it was asked for.
    pub lines: Option<String>,
    /// Committed reactions.
    pub reactions: u64,
    /// Messages that the provider took.
    pub taken: u64,
}

/// Runs a seed.
pub fn run(seed: u64, options: &Options) -> Report {
    let mut rng = Rng::new(seed);
    let mut plan = plan::draw(&mut rng, options.plain);
    if options.jobs {
        plan.commands = jobs::draw(seed, &plan);
    }
    if options.lives {
        plan.commands.extend(lives::draw(seed, &plan));
        plan.commands.extend(persons::draw(seed, &plan));
    }
    let mut shared = core::Shared::new(rng, plan.weather.clone());
    shared.plant = options.plant;
    if options.trace {
        shared.trace.lines = Some(format!("{plan:#?}\n"));
    }
    finish(World::new(&plan, shared))
}

impl World {
    /// What every process counted, together, those that are gone included.
    fn counted(&self, count: fn(&flusso_app::metrics::Metrics) -> u64) -> u64 {
        let apps = self.instances.iter().flat_map(|instance| instance.gone.iter().chain([&instance.app]));
        apps.map(|app| count(app.metrics())).sum()
    }
}

fn finish(mut world: World) -> Report {
    world.run();
    world.judge();
    let counted = [
        ("duplicate_event", world.counted(|metrics| metrics.duplicates.get())),
        ("rung_late_by_sweep", world.counted(|metrics| metrics.rung_late.get())),
        ("timer_failed", world.counted(|metrics| metrics.timer_failures.get())),
        ("parked", world.counted(|metrics| metrics.parked.get())),
    ];
    world.core.with(|shared| {
        let trace = std::mem::take(&mut shared.trace);
        let mut marks = trace.marks;
        for (name, count) in counted {
            *marks.entry(name).or_default() += count;
        }
        marks.retain(|_, count| *count > 0);
        Report {
            hash: trace.hash,
            violations: std::mem::take(&mut shared.watch.violations),
            faults: trace.faults,
            marks,
            lines: trace.lines,
            reactions: shared.watch.seen.values().map(|seen| seen.entries.len() as u64).sum(),
            taken: shared.ledger.taken.len() as u64,
        }
    })
}
