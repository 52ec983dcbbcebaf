//! What works, but hardly as its author thinks: warnings, each with what to do. One file a lint, one line in [`LINTS`].

mod message_asked_at_once;
mod no_consent;
mod no_wait_in_loop;
mod no_way_out;
mod unknown_by_default;

use super::problem::Problems;
use super::program::Program;
use crate::definitions::Definitions;

/// One lint.
type Lint = fn(&Program, &Definitions, &mut Problems);

/// Every lint.
const LINTS: &[Lint] = &[
    message_asked_at_once::lint,
    no_consent::lint,
    no_wait_in_loop::lint,
    no_way_out::lint,
    unknown_by_default::lint,
];

/// Asks every lint.
pub(super) fn lint(program: &Program, definitions: &Definitions, problems: &mut Problems) {
    LINTS.iter().for_each(|lint| lint(program, definitions, problems));
}

impl Program {
    /// The steps to which a way leads from these, which count too, through steps that `pass` lets through.
    fn reached(&self, from: impl IntoIterator<Item = usize>, pass: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut reached = vec![false; self.steps.len()];
        let mut open: Vec<usize> = from.into_iter().collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut reached[at], true) && pass(at) {
                open.extend(self.ways(at));
            }
        }
        reached
    }

    /// Whether time passes at a step.
    fn waits(&self, at: usize) -> bool {
        self.steps[at].step.waits()
    }
}

#[cfg(test)]
mod tests {
    use crate::definitions::Definitions;
    use crate::workflow::check::check;
    use crate::workflow::compile;

    /// The codes of what the check says of a workflow with these lines, and where.
    pub(super) fn said(document: &str) -> Vec<String> {
        let source = format!("workflow: a\nkind: service\n{document}");
        let compiled = compile(&source).remove(0);
        let program = compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.problems));
        let problems = check(&program, &Definitions::empty()).into_iter();
        problems.map(|problem| format!("{}:{} {}", problem.line, problem.column, problem.code)).collect()
    }

    #[test]
    fn what_is_plain_is_left_alone() {
        let steps = "[{ add tag: x }, { wait: 1 day }, { remove tag: x }]";
        assert_eq!(said(&format!("triggers: [{{ event: a.b }}]\nsteps: {steps}\n")), Vec::<String>::new());
    }
}
