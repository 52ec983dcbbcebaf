//! Systematic faults: each named scenario with a death at each of its awaits, with every message delivered twice, and
//! with a lost answer at each of its commits, ends as it does when nothing fails.

use flusso_tests::sim::script::{SCENARIOS, Scenario, Trouble};

/// Plays every scenario with every trouble that `troubles` makes of its numbers of awaits and commits.
fn each_ends_the_same(troubles: impl Fn(u64, u64) -> Vec<Trouble>) {
    let mut wrong = Vec::new();
    for scenario in SCENARIOS {
        let calm = scenario.play(Trouble::None);
        for trouble in troubles(calm.awaits, calm.commits) {
            let end = scenario.play(trouble);
            let name = scenario.name;
            if !end.violations.is_empty() {
                wrong.push(format!("{name}, {trouble:?}: {:?}", end.violations));
            } else if scenario.steps_from == 0 && end.rung_late > 0 {
                wrong.push(format!(
                    "{name}, {trouble:?}: the sweep rang, though a message comes again before it"
                ));
            } else if end.visible != calm.visible {
                wrong.push(format!("{name}, {trouble:?}: expected\n{}came\n{}", calm.visible, end.visible));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} times another end\n{}",
        wrong.len(),
        wrong[..wrong.len().min(3)].join("\n")
    );
}

#[test]
fn every_scenario_does_what_it_is_named_for() {
    for Scenario { name, expected, .. } in SCENARIOS {
        let scenario = SCENARIOS.iter().find(|one| one.name == *name).expect("it is there");
        let end = scenario.play(Trouble::None);
        assert!(end.violations.is_empty(), "{name}: {:?}", end.violations);
        assert!(end.awaits > 50, "{name}: only {} awaits", end.awaits);
        assert_eq!(end.visible, expected.trim_start_matches('\n'), "{name}");
    }
}

#[test]
fn a_death_at_any_await_changes_nothing_that_anybody_sees() {
    each_ends_the_same(|awaits, _| (1..=awaits).map(Trouble::DiesAt).collect());
}

#[test]
fn every_message_twice_changes_nothing_that_anybody_sees() {
    each_ends_the_same(|_, _| vec![Trouble::EveryMessageTwice]);
}

#[test]
fn a_death_at_any_await_with_every_message_twice_changes_nothing_either() {
    each_ends_the_same(|awaits, _| (1..=2 * awaits).step_by(3).map(Trouble::TwiceAndDiesAt).collect());
}

#[test]
fn a_lost_answer_at_any_commit_changes_nothing_that_anybody_sees() {
    let all = |at| [Trouble::LostAt(at), Trouble::UnansweredAt(at), Trouble::RetriedAt(at)];
    each_ends_the_same(|_, commits| (1..=commits).flat_map(all).collect());
}
