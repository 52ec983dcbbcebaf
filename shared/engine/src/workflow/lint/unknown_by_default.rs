//! A decision on something that may not be known, which does not say what is done then. (KW-54, SEM-10)

use crate::condition::Predicate;
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::program::Program;

pub(super) fn lint(program: &Program, _: &Definitions, problems: &mut Problems) {
    for def in program.steps.iter().filter(|def| def.step.takes_unknown_as_no()) {
        let mut unknown: Vec<String> =
            def.step.conditions().into_iter().flat_map(Predicate::unknown).collect();
        unknown.sort();
        unknown.dedup();
        if !unknown.is_empty() {
            let message = format!(
                "not everybody's {} is known, and whoever's is not takes `else:`; say what is done then with `- unknown: […]`, which may be the same",
                unknown.join(", ")
            );
            problems.warning(def.place, "decide.unknown", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::lint::tests::said;

    #[test]
    fn the_unknown_is_named() {
        let decides = |when: &str, unknown: &str| {
            let branches = format!("      - when: {when}\n        do: []\n{unknown}      - else: []\n");
            said(&format!("triggers: [{{ event: a.b }}]\nsteps:\n  - decide:\n{branches}"))
        };
        let (warned, none) = (["5:5 decide.unknown"], Vec::<String>::new());
        for when in [
            "{ city: Roma }",
            "{ not: { field: { city: Roma } } }",
            "{ loyalty: { points: { at least: 5 } } }",
            "{ data.amount: { at least: 5 } }",
            "{ any: [{ tag: vip }, { event: order.completed, at least: 2 }] }",
        ] {
            assert_eq!(decides(when, ""), warned, "{when}");
            assert_eq!(decides(when, "      - unknown: []\n"), none, "{when}");
        }
        for when in [
            "{ tag: vip }",
            "{ is known: city, city: Roma }",
            "{ city: { is: Roma, is known: yes } }",
            "{ score: { at least: 5 } }",
            "{ loyalty: any }",
        ] {
            assert_eq!(decides(when, ""), none, "{when}");
        }
    }
}
