//! A way back to a step on which no time passes: it is gone round at once, as often as the engine lets it. (KW-54)

use crate::definitions::Definitions;
use crate::limits;
use crate::workflow::problem::Problems;
use crate::workflow::program::Program;

pub(super) fn lint(program: &Program, _: &Definitions, problems: &mut Problems) {
    for (at, def) in program.steps.iter().enumerate() {
        // Only a jump leads back.
        if def.step.names().is_none() {
            continue;
        }
        let back = program.ways(at).into_iter().filter(|to| !program.waits(*to));
        if program.reached(back, |at| !program.waits(at))[at] {
            let message = format!(
                "no time passes between `{}` and where it leads back to: whoever comes here goes round at once, and fails after {} rounds; put a `wait:` into the loop",
                def.id,
                limits::JUMPS_WITHOUT_A_WAIT
            );
            problems.warning(def.place, "loop.no_wait", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::lint::tests::said;

    #[test]
    fn a_loop_needs_a_wait() {
        let looks = |steps: &str| {
            said(&format!("triggers: [{{ event: a.b }}]\nexit: [{{ on: c.d }}]\nsteps:\n{steps}"))
        };
        let spins = "  - id: again\n    add score: 1\n  - go to: again\n";
        assert_eq!(looks(spins), ["8:5 loop.no_wait"]);
        let inner = "  - id: again\n    wait: 0 minutes\n  - decide:\n      - when: { tag: vip }\n        do: [{ wait: 1 day }]\n      - else: []\n  - go to: again\n";
        assert_eq!(looks(inner), ["12:5 loop.no_wait"]);
        for waits in
            ["wait: 1 hour", "wait until: { event: x.y, at most: 1 day }", "after: 1 day\n    add tag: x"]
        {
            let steps = format!("  - id: again\n    add score: 1\n  - {waits}\n  - go to: again\n");
            assert_eq!(looks(&steps), Vec::<String>::new(), "{waits}");
        }
    }
}
