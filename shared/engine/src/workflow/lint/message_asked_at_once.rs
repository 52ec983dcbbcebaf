//! A decision on what a reader did with a message, taken before anybody could have done anything. (KW-54, CL-26)

use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::program::Program;

pub(super) fn lint(program: &Program, _: &Definitions, problems: &mut Problems) {
    for (at, def) in program.steps.iter().enumerate().filter(|(at, _)| !program.waits(*at)) {
        let asked = def.step.conditions().into_iter().flat_map(|condition| condition.reactions());
        for message in asked {
            let Some(sends) = program.steps.iter().position(|def| def.id.as_str() == message) else {
                continue;
            };
            let after = program.ways(sends).into_iter();
            if program.reached(after, |at| !program.waits(at))[at] {
                let text = format!(
                    "`{}` asks what became of `{message}` just after it was sent, before anybody could open it; put a `wait:` between, or ask with `wait until:`",
                    def.id
                );
                problems.warning(def.place, "message.asked_at_once", text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::lint::tests::said;

    const SENDS: &str =
        "triggers: [{ event: a.b }]\nsteps:\n  - id: news\n    send email: { subject: x, body: y }\n";

    #[test]
    fn readers_need_time() {
        let decides = |is: &str| {
            format!(
                "  - decide:\n      - when: {{ email: news, is: {is} }}\n        do: []\n      - unknown: []\n      - else: []\n"
            )
        };
        assert_eq!(
            said(&format!("{SENDS}  - add tag: x\n{}", decides("clicked"))),
            ["8:5 message.asked_at_once"]
        );
        assert_eq!(said(&format!("{SENDS}{}", decides("opened"))), ["7:5 message.asked_at_once"]);
        // That it was sent is known at once.
        assert_eq!(said(&format!("{SENDS}{}", decides("sent"))), Vec::<String>::new());
        assert_eq!(said(&format!("{SENDS}  - wait: 2 days\n{}", decides("opened"))), Vec::<String>::new());
        let until = "  - wait until: { email: news, is: clicked, at most: 1 day }\n";
        assert_eq!(said(&format!("{SENDS}{until}{}", decides("clicked"))), Vec::<String>::new());
    }
}
