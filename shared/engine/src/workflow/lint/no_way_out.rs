//! A loop that nothing ends: whoever comes into it stays for ever. (KW-54)

use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::program::{Program, Then};

pub(super) fn lint(program: &Program, _: &Definitions, problems: &mut Problems) {
    let leaves = program.exits.iter().any(|exit| exit.then == Then::Exit);
    if leaves || program.settings.ends_at.is_some() {
        return;
    }
    let ends = |at: &usize| {
        let def = &program.steps[*at];
        let leaves = def.step.names().is_none() && def.step.targets(def.next).contains(&None);
        def.step.ends() || leaves
    };
    // From which steps an end can be reached.
    let mut out = vec![false; program.steps.len()];
    let mut found = true;
    while std::mem::take(&mut found) {
        for at in (0..out.len()).filter(|at| !out[*at]).collect::<Vec<_>>() {
            if ends(&at) || program.ways(at).into_iter().any(|to| out[to]) {
                (out[at], found) = (true, true);
            }
        }
    }
    for (at, def) in program.steps.iter().enumerate() {
        if !out[at] && def.step.names().is_some() {
            let message = format!(
                "nothing ends the loop into which `{}` leads: whoever comes here stays inside for ever; add an `exit:` or a `goal:`, or a `decide:` with a way out",
                def.id
            );
            problems.warning(def.place, "loop.no_way_out", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::lint::tests::said;

    #[test]
    fn a_loop_needs_an_end() {
        let looks = |more: &str, steps: &str| {
            said(&format!(
                "triggers: [{{ event: a.b }}]\n{more}steps:\n  - id: again\n    wait: 1 week\n{steps}"
            ))
        };
        let (round, none) = ("  - go to: again\n", Vec::<String>::new());
        assert_eq!(looks("", round), ["7:5 loop.no_way_out"]);
        assert_eq!(looks("goal: { on: c.d, then: count }\n", round), ["8:5 loop.no_way_out"]);
        assert_eq!(looks("goal: { on: c.d }\n", round), none);
        assert_eq!(looks("settings: { ends at: \"2026-12-24T09:00:00Z\" }\n", round), none);
        let decides =
            "  - decide:\n      - when: { tag: vip }\n        do: [{ go to: again }]\n      - else: []\n";
        assert_eq!(looks("", decides), none);
        let exits = "  - wait: { until: 2026-12-24 09:00, if past: exit }\n  - go to: again\n";
        assert_eq!(looks("", exits), none);
    }
}
