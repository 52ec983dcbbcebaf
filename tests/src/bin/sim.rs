//! Runs seeds of the simulation: `sim --seeds 2000 --from 0`, or one of them with its trace: `sim --seed 17 --trace`.
#![expect(clippy::print_stdout, reason = "a command that talks to people")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use flusso_tests::sim::marks::{REQUIRED, SEEDS};
use flusso_tests::sim::plant::Plant;
use flusso_tests::sim::{Options, Report, run};

/// Every so many seeds one is run twice (D1).
const TWICE: u64 = 50;
/// So many failing seeds are shown.
const SHOWN: usize = 10;

struct Arguments {
    seeds: u64,
    from: u64,
    threads: usize,
    options: Options,
}

#[derive(Default)]
struct Sum {
    seeds: u64,
    reactions: u64,
    taken: u64,
    faults: BTreeMap<&'static str, u64>,
    marks: BTreeMap<&'static str, u64>,
    failed: BTreeMap<u64, String>,
}

fn main() -> ExitCode {
    let arguments = match read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(why) => {
            println!(
                "{why}\nsim [--seeds N] [--from K] [--seed S] [--trace] [--plain] [--lives] [--plant BUG] [--threads T]"
            );
            return ExitCode::from(2);
        }
    };
    let began = Instant::now();
    let next = AtomicU64::new(arguments.from);
    let end = arguments.from + arguments.seeds;
    let sum = Mutex::new(Sum::default());
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    // Every other world has jobs in it, and if lives are asked for, two of four have them.
                    let lives = arguments.options.lives && seed % 4 >= 2;
                    let options = Options { jobs: seed % 2 == 1, lives, ..arguments.options.clone() };
                    let report = run(seed, &options);
                    let again = seed.is_multiple_of(TWICE).then(|| run(seed, &options));
                    let Ok(mut sum) = sum.lock() else { break };
                    sum.add(seed, report, again);
                    if sum.seeds.is_multiple_of(1000) && arguments.seeds > 1000 {
                        println!("{} seeds, {} failed, {:.0?}", sum.seeds, sum.failed.len(), began.elapsed());
                    }
                }
            });
        }
    });
    let Ok(sum) = sum.into_inner() else { return ExitCode::FAILURE };
    sum.print(began);
    let missing: Vec<&str> = REQUIRED.iter().copied().filter(|mark| !sum.marks.contains_key(mark)).collect();
    let short = arguments.seeds >= SEEDS && !missing.is_empty() && arguments.options.plant.is_none();
    if short {
        println!("never reached: {}", missing.join(", "));
    }
    if sum.failed.is_empty() && !short { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut read = Arguments { seeds: SEEDS, from: 0, threads, options: Options::default() };
    while let Some(name) = arguments.next() {
        let mut number = || {
            let value = arguments.next().and_then(|value| value.parse::<u64>().ok());
            value.ok_or_else(|| format!("{name} needs a number"))
        };
        match name.as_str() {
            "--seeds" => read.seeds = number()?,
            "--from" => read.from = number()?,
            "--seed" => (read.from, read.seeds) = (number()?, 1),
            "--threads" => read.threads = usize::try_from(number()?).unwrap_or(1).max(1),
            "--trace" => read.options.trace = true,
            "--lives" => read.options.lives = true,
            "--plain" => read.options.plain = true,
            "--plant" => {
                let bug = arguments.next().unwrap_or_default();
                let known: Vec<&str> = Plant::ALL.iter().map(|plant| plant.as_str()).collect();
                let plant =
                    Plant::parse(&bug).ok_or_else(|| format!("{bug} is none of {}", known.join(", ")))?;
                read.options.plant = Some(plant);
            }
            _ => return Err(format!("{name} is not known")),
        }
    }
    Ok(read)
}

impl Sum {
    fn add(&mut self, seed: u64, report: Report, again: Option<Report>) {
        self.seeds += 1;
        self.reactions += report.reactions;
        self.taken += report.taken;
        for (name, count) in report.faults {
            *self.faults.entry(name).or_default() += count;
        }
        for (name, count) in report.marks {
            *self.marks.entry(name).or_default() += count;
        }
        if let Some(lines) = report.lines {
            println!("{lines}");
        }
        let mut wrong: Vec<String> = report
            .violations
            .iter()
            .map(|violation| format!("{}: {}", violation.invariant, violation.text))
            .collect();
        if again.is_some_and(|again| again.hash != report.hash) {
            wrong.push("D1: the same seed gave another trace".to_owned());
        }
        if !wrong.is_empty() {
            self.failed.insert(seed, wrong.join("\n    "));
        }
    }

    fn print(&self, began: Instant) {
        let seconds = began.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let each = seconds * 1000.0 / self.seeds.max(1) as f64;
        println!("\n{} seeds in {seconds:.1} s, {each:.1} ms each", self.seeds);
        println!("{} reactions, {} messages taken by the provider", self.reactions, self.taken);
        println!("\nfaults");
        self.faults.iter().for_each(|(name, count)| println!("{count:>12}  {name}"));
        println!("\nmarks");
        self.marks.iter().for_each(|(name, count)| println!("{count:>12}  {name}"));
        println!("\n{} seeds failed", self.failed.len());
        for (seed, why) in self.failed.iter().take(SHOWN) {
            println!("  seed {seed}\n    {why}");
        }
        if let Some(seed) = self.failed.keys().next() {
            println!("\nread it: sim --seed {seed} --trace");
        }
    }
}
