//! Marketing to people of whom nothing says that they agreed to it: the gate skips those who did not. (KW-54)

use crate::contact::consent::Channel;
use crate::contact::send::Class;
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::program::Program;

pub(super) fn lint(program: &Program, definitions: &Definitions, problems: &mut Problems) {
    let marketing = program
        .steps
        .iter()
        .filter(|def| def.step.message_class(program.class) == Some(Class::Marketing))
        .min_by_key(|def| def.place);
    let Some(def) = marketing else { return };
    let asks = |condition: &crate::condition::Predicate| {
        Channel::ALL.iter().any(|channel| condition.needs_consent(*channel))
    };
    if program.settings.recipients.as_ref().is_some_and(asks) {
        return;
    }
    for trigger in &program.triggers {
        if !trigger.kind.grants_marketing(definitions) && !asks(&trigger.filter) {
            let message = format!(
                "`{}` sends marketing, but what starts it here grants no consent: whoever has not given it elsewhere is skipped. Add the consent to the form, say that only those with one are meant (`recipients: {{ consent: {{ email: granted }} }}`), or make the message `kind: service` if it is none",
                def.id
            );
            problems.warning(trigger.place, "consent.none", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::workflow::lint::tests::said;

    #[test]
    fn marketing_needs_a_consent() {
        let sends = |triggers: &str, more: &str| {
            let step = "steps: [{ send email: { subject: x, body: y, kind: marketing } }]";
            said(&format!("triggers:\n{triggers}{more}{step}\n"))
        };
        let (warned, none) = (["4:5 consent.none"], Vec::<String>::new());
        assert_eq!(sends("  - event: a.b\n", ""), warned);
        assert_eq!(sends("  - event: a.b\n", "recipients: { tag: vip }\n"), warned);
        assert_eq!(sends("  - event: a.b\n", "recipients: { consent: { email: withdrawn } }\n"), warned);
        assert_eq!(
            sends("  - event: a.b\n", "recipients: { any: [{ tag: x }, { consent: { email: granted } }] }\n"),
            warned
        );
        assert_eq!(
            sends("  - event: a.b\n", "recipients: { all: [{ tag: x }, { consent: { email: granted } }] }\n"),
            none
        );
        assert_eq!(sends("  - event: a.b\n    where: { consent: { email: granted } }\n", ""), none);
        assert_eq!(
            sends("  - event: a.b\n    where: { consent: { email: granted } }\n  - event: c.d\n", ""),
            ["6:5 consent.none"]
        );
    }
}
