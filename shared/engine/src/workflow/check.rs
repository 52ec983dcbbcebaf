//! What can be checked only against what the account has: forms, templates, teams, fields.

use super::lint;
use super::problem::{Problem, Problems};
use super::program::Program;
use super::values;
use crate::definitions::Definitions;
use crate::message::{CONTACT, ROOTS};
use crate::template::Template;
use crate::triggers::check_segment;
use crate::workflow::reader::closest;
use crate::yaml::Place;

/// The code of a segment that there is not.
pub const NO_SEGMENT: &str = "segment.unknown";

/// Checks whether a workflow can be activated.
pub fn check(program: &Program, definitions: &Definitions) -> Vec<Problem> {
    let mut problems = Problems::default();
    let top = Place { line: 1, column: 1 };
    if program.triggers.is_empty() {
        problems.error(
            top,
            "triggers.missing",
            "a workflow needs at least one trigger before it can be activated",
        );
    }
    if program.steps.is_empty() {
        problems.error(top, "steps.missing", "a workflow needs at least one step before it can be activated");
    }
    for trigger in &program.triggers {
        trigger.kind.check(trigger.place, definitions, &mut problems);
    }
    for def in &program.steps {
        def.step.check(def.place, definitions, &mut problems);
    }
    for (condition, place) in program.conditions() {
        let named = condition.segments().into_iter();
        named.for_each(|name| check_segment(name, place, definitions, &mut problems));
    }
    for def in &program.steps {
        let found = |name: &str| definitions.templates.get_key_value(name);
        let named: Vec<_> = def.step.named_templates().into_iter().filter_map(found).collect();
        for (name, why) in named.iter().flat_map(|(name, one)| one.broken.iter().map(move |why| (name, why)))
        {
            problems.error(def.place, "template.broken", format!("the template `{name}`: {why}"));
        }
        let named = named.into_iter().map(|(_, template)| template);
        let given = def.step.gives();
        let templates = def.step.templates().into_iter().map(|template| (template, &[][..]));
        for (template, given) in
            templates.chain(named.flat_map(|named| named.texts()).map(|text| (text, &given[..])))
        {
            check_template(template, given, def.place, program, definitions, &mut problems);
        }
    }
    check_deals(program, definitions, &mut problems);
    check_messages(program, &mut problems);
    values::check_conditions(program, &mut problems);
    lint::lint(program, definitions, &mut problems);
    problems.into_sorted()
}

fn check_template(
    template: &Template,
    given: &[&str],
    place: Place,
    program: &Program,
    definitions: &Definitions,
    problems: &mut Problems,
) {
    for name in template.names() {
        let (root, rest) = name.split_once('.').unwrap_or((name, ""));
        if given.contains(&root) {
            continue;
        }
        if !ROOTS.contains(&root) {
            let known: Vec<&str> = ROOTS.iter().chain(given).copied().collect();
            let hint = closest(root, &known).map_or_else(
                || format!("there are {}, and what a step gives by `with:`", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            problems.error(
                place,
                "merge_field.unknown",
                format!("`{{{{ {name} }}}}`: there is no `{root}`; {hint}"),
            );
            continue;
        }
        match root {
            "contact" => check_contact_field(rest, place, program, definitions, problems),
            "event" if template.required().contains(name) => {
                check_event_field(rest, place, program, definitions, problems);
            }
            _ => values::check(root, rest, place, program, problems),
        }
    }
}

fn check_contact_field(
    path: &str,
    place: Place,
    program: &Program,
    definitions: &Definitions,
    problems: &mut Problems,
) {
    let field = path.split('.').next().unwrap_or(path);
    let mut fields = definitions.field_names();
    fields.extend(program.steps.iter().flat_map(|def| def.step.sets()));
    if fields.contains(field) || CONTACT.contains(&field) {
        return;
    }
    let known: Vec<&str> = fields.into_iter().chain(CONTACT.iter().copied()).collect();
    if let Some(near) = closest(field, &known) {
        let message = format!("`{{{{ contact.{field} }}}}`: no such field; did you mean `contact.{near}`?");
        problems.error(place, "merge_field.unknown", message);
    } else {
        let message = format!(
            "`{{{{ contact.{field} }}}}`: no form fills this field; it has a value only if an event or another workflow sets it"
        );
        problems.warning(place, "merge_field.unfilled", message);
    }
}

/// Fields of an event must exist for every trigger of the workflow, or have a default.
fn check_event_field(
    path: &str,
    place: Place,
    program: &Program,
    definitions: &Definitions,
    problems: &mut Problems,
) {
    for trigger in &program.triggers {
        let listens = trigger.kind.listens();
        match trigger.kind.provides(path, definitions) {
            Some(false) => {
                let message = format!(
                    "`{{{{ event.{path} }}}}`: a `{listens}` that starts this workflow need not carry `{path}`; give the form that field (required) or value, or write `{{{{ event.{path} | default(\"…\") }}}}`"
                );
                problems.error(place, "event_field.missing", message);
            }
            None => {
                let message = format!(
                    "`{{{{ event.{path} }}}}`: whether `{listens}` carries `{path}` can't be told; without it the message is skipped"
                );
                problems.warning(place, "event_field.unsure", message);
            }
            Some(true) => {}
        }
    }
}

/// Deals go the ways that the account has defined, if it has defined any.
fn check_deals(program: &Program, definitions: &Definitions, problems: &mut Problems) {
    if definitions.pipelines.is_empty() {
        return;
    }
    for (named, place) in program.deals() {
        if let Some((what, message)) = named.unknown(&definitions.pipelines) {
            let code = if what == "pipeline" { "pipeline.unknown" } else { "stage.unknown" };
            problems.error(place, code, message);
        }
    }
}

/// A condition that asks what became of a message names a step of this workflow that sends one.
fn check_messages(program: &Program, problems: &mut Problems) {
    let messages: Vec<&str> = program
        .steps
        .iter()
        .filter(|def| def.step.message_class(program.class).is_some())
        .map(|def| def.id.as_str())
        .collect();
    for def in &program.steps {
        let named = def.step.conditions().into_iter().flat_map(crate::condition::Predicate::steps);
        for name in named.filter(|name| !messages.contains(name)) {
            let hint = closest(name, &messages).map_or_else(
                || "give the step that sends it an `id:`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let message = format!("no step `{name}` of this workflow sends a message; {hint}");
            problems.error(def.place, "message.unknown", message);
        }
    }
    for trigger in program.triggers.iter().filter(|trigger| !trigger.filter.steps().is_empty()) {
        let message = "who enters has not had a message of this workflow yet; ask for events instead";
        problems.error(trigger.place, "message.unknown", message);
    }
}
