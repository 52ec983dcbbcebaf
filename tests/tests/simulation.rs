//! The simulation itself, proved: the same seed gives the same trace, and a planted bug does not go unnoticed.

use flusso_tests::sim::plant::Plant;
use flusso_tests::sim::{Options, run};

#[test]
fn the_same_seed_gives_the_same_trace() {
    for seed in [3, 2_718] {
        let (first, second) = (run(seed, &Options::default()), run(seed, &Options::default()));
        assert_eq!(first.hash, second.hash, "D1: seed {seed}");
        assert!(first.violations.is_empty(), "seed {seed}: {:?}", first.violations);
        assert!(first.reactions > 0, "seed {seed} did nothing");
    }
}

/// The bugs that random histories find within a few dozen seeds; `sim --plant` looks for the others for longer.
const SOON: &[Plant] =
    &[Plant::UnconditionalCommit, Plant::SilenceIsRefusal, Plant::OneToken, Plant::EarlyLook];

#[test]
fn a_planted_bug_is_caught() {
    for plant in SOON {
        let options = Options { plant: Some(*plant), ..Options::default() };
        let caught = (0..150).find(|seed| !run(*seed, &options).violations.is_empty());
        assert!(caught.is_some(), "no invariant notices `{}`", plant.as_str());
    }
}
