//! From a document to a program. Collects every problem rather than stopping at the first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::naming::{self, Named, Naming};
use super::problem::{Problem, Problems};
use super::program::{Exit, Program, Reentry, StepDef, Target, Then, TriggerDef};
use super::reader::{MapReader, at_most, closest, one_or_more, text, texts};
use super::{exits, properties, reentry, settings};
use crate::condition::Predicate;
use crate::contact::send::Class;
use crate::ids::{StepId, VersionId, WorkflowId};
use crate::limits;
use crate::steps::{self, StepReader};
use crate::template::Template;
use crate::triggers;
use crate::yaml::{self, Limits, Node, Place, Value};

/// A document that could be read: its workflow, perhaps unfinished, and what is wrong with it.
#[derive(Debug)]
pub struct Compiled {
    /// The program; none if an error keeps it from running.
    pub program: Option<Arc<Program>>,
    /// Errors and warnings, in the order of the document.
    pub problems: Vec<Problem>,
    /// The workflow's id, if it could be read.
    pub workflow: Option<WorkflowId>,
    /// Its name for people, if it could be read.
    pub name: Option<String>,
    /// What its steps are called.
    pub naming: Naming,
}

pub(super) const KEYS: &[&str] = &[
    "workflow",
    "name",
    "description",
    "labels",
    "kind",
    "triggers",
    "entity",
    "reentry",
    "exit",
    "goal",
    "send window",
    "recipients",
    "settings",
    "properties",
    "steps",
];

/// From where the steps of a version have their names.
#[derive(Clone, Copy)]
enum Names<'n> {
    /// It is the first version, or nobody is inside another one.
    First,
    /// From the version before.
    After(&'n Naming),
    /// They were given already.
    Given(&'n Naming),
}

/// Compiles every workflow of a text: a document, several documents, or a list of workflows.
pub fn compile(source: &str) -> Vec<Compiled> {
    compile_all(source, Names::First)
}

/// Compiles the next version of a workflow: its steps keep the names that they had in the version before.
pub fn compile_next(source: &str, before: &Naming) -> Vec<Compiled> {
    compile_all(source, Names::After(before))
}

/// Compiles a version whose steps have their names already.
pub fn compile_with(source: &str, naming: &Naming) -> Vec<Compiled> {
    compile_all(source, Names::Given(naming))
}

fn compile_all(source: &str, names: Names<'_>) -> Vec<Compiled> {
    let limits = Limits { bytes: limits::SOURCE_BYTES, ..Limits::default() };
    let documents = match yaml::parse(source, &limits) {
        Ok(documents) => documents,
        Err(error) => return vec![failed(error.place, error.code, error.message)],
    };
    let roots: Vec<&Node> = documents.iter().flat_map(one_or_more).filter(|node| !node.is_null()).collect();
    if roots.is_empty() {
        let place = Place { line: 1, column: 1 };
        return vec![failed(
            place,
            "document.empty",
            "there is no workflow in this document; begin with `workflow: an-id`".into(),
        )];
    }
    roots.into_iter().map(|root| compile_one(root, names)).collect()
}

fn failed(place: Place, code: &'static str, message: String) -> Compiled {
    let mut problems = Problems::default();
    problems.error(place, code, message);
    Compiled {
        program: None,
        problems: problems.into_sorted(),
        workflow: None,
        name: None,
        naming: Naming::default(),
    }
}

fn compile_one(root: &Node, names: Names<'_>) -> Compiled {
    let mut problems = Problems::default();
    let mut unfinished = Unfinished::default();
    let steps = root.get("steps");
    let naming = match names {
        Names::First => Naming::first(steps),
        Names::After(before) => before.next(steps),
        Names::Given(given) => given.clone(),
    };
    if naming.known.len() > limits::STEP_NAMES {
        let message = format!(
            "the steps of this workflow have had more than {} names over its versions; go on in a new workflow",
            limits::STEP_NAMES
        );
        problems.error(root.place, "steps.too_many_names", message);
    }
    let program = read_workflow(root, &naming, &mut unfinished, &mut problems);
    let program = program.filter(|_| !problems.has_errors()).map(Arc::new);
    Compiled {
        program,
        problems: problems.into_sorted(),
        workflow: unfinished.workflow,
        name: unfinished.name,
        naming,
    }
}

#[derive(Default)]
struct Unfinished {
    workflow: Option<WorkflowId>,
    name: Option<String>,
}

fn read_workflow(
    root: &Node,
    naming: &Naming,
    unfinished: &mut Unfinished,
    problems: &mut Problems,
) -> Option<Program> {
    let mut map = MapReader::open(root, "a workflow", problems)?;
    let id = map.need("workflow", problems).and_then(|node| read_id(node, problems));
    unfinished.workflow.clone_from(&id);
    let name = read_name(&mut map, "name", problems)
        .map(str::to_owned)
        .or_else(|| id.as_ref().map(ToString::to_string));
    unfinished.name.clone_from(&name);
    map.text("description", problems);
    map.get("labels").map(|node| texts(node, "labels", problems));
    let class = map.get("kind").and_then(|node| read_class(node, problems)).unwrap_or(Class::Marketing);
    let settings = settings::read(&mut map, problems);
    let reentry = map.get("reentry").map_or(Some(Reentry::NEVER), |node| reentry::read(node, problems));
    let entity = map.text("entity", problems).map(str::to_owned);
    let triggers = map.get("triggers").map_or_else(Vec::new, |node| read_triggers(node, problems));
    let exits = exits::read(&mut map, id.as_ref(), problems);
    let properties = map.get("properties").map_or_else(Vec::new, |node| properties::read(node, problems));
    let steps = map.get("steps");
    map.finish(KEYS, problems);

    let mut compiler = Compiler::new(steps, naming, problems);
    let start = steps.and_then(|node| compiler.block(node, None));
    let steps = compiler.finish(start, &exits);
    let mut program = Program {
        workflow: id?,
        version: version_of(root),
        name: name?,
        class,
        triggers,
        reentry: reentry?,
        exits,
        entity: entity.and_then(|entity| read_entity(&entity, root.place, problems)),
        settings,
        properties,
        start,
        index: steps.iter().enumerate().map(|(at, def)| (def.id.clone(), at)).collect(),
        steps,
        repeats: BTreeSet::new(),
        event_paths: BTreeSet::new(),
        step_paths: BTreeSet::new(),
    };
    program.repeats = program.find_repeats();
    program.event_paths = event_paths(&program);
    program.step_paths = step_paths(&program);
    Some(program)
}

/// The hash of what a workflow does; its name and what is only said or demanded of it lie outside.
fn version_of(root: &Node) -> VersionId {
    let mut root = root.clone();
    if let Value::Map(entries) = &mut root.value {
        entries
            .retain(|(key, _)| !["name", "description", "labels", "properties"].contains(&key.text.as_str()));
    }
    VersionId::of(&yaml::canonical(&root))
}

fn read_id(node: &Node, problems: &mut Problems) -> Option<WorkflowId> {
    let id = text(node, "workflow", problems)?;
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if id.is_empty() || id.len() > 64 || !id.bytes().all(fits) {
        problems.error(
            node.place,
            "workflow.id",
            "a workflow's id has 1 to 64 characters: a-z, digits and `-`",
        );
        return None;
    }
    Some(WorkflowId::new(id))
}

fn is_step_id(id: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=64).contains(&id.len()) && id.bytes().all(fits)
}

/// A name for people that fits into rows and subjects; none if the key is not there.
pub(super) fn read_name<'d>(map: &mut MapReader<'d>, key: &str, problems: &mut Problems) -> Option<&'d str> {
    let node = map.get(key)?;
    let name = text(node, key, problems)?;
    if name.is_empty() || name.len() > limits::NAME_BYTES || name.contains(char::is_control) {
        let message = format!("`{key}:` is a line of 1 to {} bytes", limits::NAME_BYTES);
        problems.error(node.place, "name.length", message);
        return None;
    }
    Some(name)
}

/// Reads the class of messages.
pub(crate) fn read_class(node: &Node, problems: &mut Problems) -> Option<Class> {
    match text(node, "kind", problems)? {
        "marketing" => Some(Class::Marketing),
        "service" => Some(Class::Service),
        "transactional" => Some(Class::Transactional),
        "internal" => Some(Class::Internal),
        other => {
            let message =
                format!("`{other}` is no kind; there are marketing, service, transactional and internal");
            problems.error(node.place, "kind.unknown", message);
            None
        }
    }
}

fn read_triggers(node: &Node, problems: &mut Problems) -> Vec<TriggerDef> {
    let items = at_most(node, limits::SOURCE_TRIGGERS, "triggers", problems);
    items.iter().filter_map(|item| read_trigger(item, problems)).collect()
}

fn read_trigger(node: &Node, problems: &mut Problems) -> Option<TriggerDef> {
    let mut map = MapReader::open(node, "a trigger", problems)?;
    let known: Vec<&str> = triggers::KINDS.iter().map(|kind| kind.key).collect();
    let Some((kind, value)) =
        triggers::KINDS.iter().find_map(|kind| map.get(kind.key).map(|value| (kind, value)))
    else {
        let written = map.rest().first().map_or("", |(key, _, _)| *key);
        let hint = closest(written, &known).map_or_else(
            || format!("there are {}", known.join(", ")),
            |near| format!("did you mean `{near}:`?"),
        );
        problems.error(node.place, "trigger.unknown", format!("`{written}` is no trigger; {hint}"));
        return None;
    };
    let read = (kind.read)(value, &mut map, problems);
    let filter = map.get("where").map_or(Some(Predicate::ALWAYS), |node| Predicate::read(node, problems));
    map.finish(&["where"], problems);
    let (kind, filter) = (read?, filter?);
    let filter = match kind.also() {
        Some(also) => Predicate::All(vec![also.clone(), filter]),
        None => filter,
    };
    Some(TriggerDef { kind, filter, place: node.place })
}

/// `event.cart_id`: where the entering event names what the workflow is about.
fn read_entity(written: &str, place: Place, problems: &mut Problems) -> Option<String> {
    let path = written.strip_prefix("event.").filter(|path| !path.is_empty());
    if path.is_none() {
        let message =
            format!("`entity:` names a value of the event, such as `event.cart_id`, not `{written}`");
        problems.error(place, "entity.path", message);
    }
    path.map(str::to_owned)
}

fn event_paths(program: &Program) -> BTreeSet<String> {
    let steps = &program.steps;
    let templates = steps.iter().flat_map(|def| def.step.templates()).flat_map(Template::names);
    let read = templates.filter_map(|name| name.strip_prefix("event.").map(str::to_owned));
    let compared = steps.iter().flat_map(|def| def.step.conditions()).flat_map(Predicate::event_paths);
    let asked = program.exits.iter().map(|exit| exit.on.predicate()).chain(&program.settings.recipients);
    let asked = asked.flat_map(Predicate::event_paths);
    read.chain(compared).chain(asked).chain(program.entity.clone()).collect()
}

/// What the workflow itself reads of what came of its steps; conditions name only answers so, by their paths.
fn step_paths(program: &Program) -> BTreeSet<String> {
    let steps = &program.steps;
    let templates = steps.iter().flat_map(|def| def.step.templates()).flat_map(Template::names);
    let read = templates.filter_map(|name| name.strip_prefix("steps.").map(str::to_owned));
    let asked = program.asked_inside().flat_map(Predicate::answers);
    read.chain(asked).collect()
}

/// Lays the steps out flat. Blocks are compiled from their last step to their first, so that each step knows what
/// follows; ids are given beforehand, in the order of the document.
pub struct Compiler<'p> {
    steps: Vec<StepDef>,
    /// The name and the number of each step, by where it is written.
    ids: BTreeMap<Place, (StepId, u32)>,
    /// Steps that others name to go to, and where.
    named: Vec<(StepId, Place)>,
    /// What was found to be wrong.
    pub problems: &'p mut Problems,
}

impl<'p> Compiler<'p> {
    fn new(steps: Option<&Node>, naming: &Naming, problems: &'p mut Problems) -> Self {
        let mut compiler = Self { steps: Vec::new(), ids: BTreeMap::new(), named: Vec::new(), problems };
        if let Some(steps) = steps {
            compiler.name(steps, &mut naming.steps.iter(), &mut BTreeMap::new());
        }
        if compiler.ids.len() > limits::SOURCE_STEPS {
            let place = steps.map_or(Place { line: 1, column: 1 }, |node| node.place);
            let message = format!(
                "{} steps; a workflow has at most {}; split it in two",
                compiler.ids.len(),
                limits::SOURCE_STEPS
            );
            compiler.problems.error(place, "steps.too_many", message);
        }
        compiler
    }

    /// Names each step map below `node`, in the order of the document.
    fn name<'n>(
        &mut self,
        node: &Node,
        names: &mut impl Iterator<Item = &'n Named>,
        taken: &mut BTreeMap<String, Place>,
    ) {
        match &node.value {
            Value::List(items) => {
                for item in items {
                    self.name(item, names, taken);
                }
            }
            Value::Map(entries) => {
                if let Some(kind) = naming::kind_of(node) {
                    let own = node.get("id").and_then(Node::as_text);
                    if own.is_some_and(|own| !is_step_id(own)) {
                        let message = "a step's id has 1 to 64 characters: a-z, digits, `-` and `_`";
                        self.problems.error(node.place, "step.id", message);
                    }
                    let named = names.next();
                    let id = named.map_or_else(|| StepId::new(kind), |named| named.id.clone());
                    if let Some(first) = taken.insert(id.to_string(), node.place) {
                        let message =
                            format!("two steps have the id `{id}`; the other is at line {}", first.line);
                        self.problems.error(node.place, "step.id_taken", message);
                    }
                    self.ids.insert(node.place, (id, named.map_or(0, |named| named.number)));
                }
                for (_, value) in entries {
                    self.name(value, names, taken);
                }
            }
            _ => {}
        }
    }

    /// Compiles a list of steps that goes on at `then`; returns where it begins.
    pub fn block(&mut self, node: &Node, then: Target) -> Target {
        let Value::List(items) = &node.value else {
            if !node.is_null() {
                self.problems.error(
                    node.place,
                    "steps.list",
                    format!("steps are a list of `- step: …`, not {}", node.kind()),
                );
            }
            return then;
        };
        items.iter().rev().fold(then, |next, item| self.step(item, next))
    }

    /// A step is named to go to: it must be there.
    pub fn named(&mut self, step: &StepId, place: Place) {
        self.named.push((step.clone(), place));
    }

    fn step(&mut self, node: &Node, next: Target) -> Target {
        let Some(mut map) = MapReader::open(node, "a step", self.problems) else { return next };
        let known: Vec<&str> = steps::KINDS.iter().map(|kind| kind.key).collect();
        let mut kinds = steps::KINDS.iter().filter_map(|kind| map.get(kind.key).map(|value| (kind, value)));
        let Some((kind, value)) = kinds.next() else {
            drop(kinds);
            let written = map
                .rest()
                .into_iter()
                .map(|(key, _, _)| key)
                .find(|key| !["id", "after"].contains(key))
                .unwrap_or("");
            let hint = closest(written, &known).map_or_else(
                || format!("there are {}", known.join(", ")),
                |near| format!("did you mean `{near}:`?"),
            );
            let message = if written.is_empty() {
                format!("a step must say what it does; {hint}")
            } else {
                format!("`{written}` is no step; {hint}")
            };
            self.problems.error(node.place, "step.unknown", message);
            return next;
        };
        if let Some((second, _)) = kinds.next() {
            let message =
                format!("`{}` and `{}` stand in one step; begin each with its own `-`", kind.key, second.key);
            self.problems.error(node.place, "step.two_in_one", message);
        }
        drop(kinds);
        map.text("id", self.problems);
        let after = map.duration("after", self.problems);
        let (id, number) = self.ids.get(&node.place).cloned().unwrap_or_else(|| (StepId::new(kind.key), 0));
        let mut reader = StepReader { map, compiler: self, id: id.clone(), next, beside: &["id", "after"] };
        let step = (kind.read)(value, &mut reader);
        let StepReader { map, beside, .. } = reader;
        map.finish(beside, self.problems);
        let Some(step) = step else { return next };
        let mut target = self.push((id.clone(), number * 2), step.into(), next, node.place);
        if let Some(duration) = after {
            // A step of its own, beside the one that it delays.
            let named = (StepId::new(format!("{id}.after")), number * 2 + 1);
            target = self.push(named, Arc::new(steps::wait::Wait { duration }), Some(target), node.place);
        }
        Some(target)
    }

    fn push(
        &mut self,
        (id, number): (StepId, u32),
        step: Arc<dyn steps::Step>,
        next: Target,
        place: Place,
    ) -> usize {
        self.steps.push(StepDef { id, number, step, next, place });
        self.steps.len() - 1
    }

    /// Reports steps to which no way leads.
    fn finish(self, start: Target, exits: &[Exit]) -> Vec<StepDef> {
        let index: BTreeMap<&StepId, usize> =
            self.steps.iter().enumerate().map(|(at, def)| (&def.id, at)).collect();
        let jumps = exits.iter().filter_map(|exit| match &exit.then {
            Then::GoTo(step) => Some((step, exit.place)),
            Then::Exit | Then::Count => None,
        });
        let named: Vec<(&StepId, Place)> =
            self.named.iter().map(|(step, place)| (step, *place)).chain(jumps).collect();
        for (step, place) in named.iter().filter(|(step, _)| !index.contains_key(step)) {
            let known: Vec<&str> = index.keys().map(|id| id.as_str()).collect();
            let hint = closest(step.as_str(), &known).map_or_else(
                || "give the step an `id:`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.problems.error(*place, "step.missing", format!("there is no step `{step}`; {hint}"));
        }
        let mut reached = vec![false; self.steps.len()];
        let jumped =
            exits.iter().filter_map(|exit| if let Then::GoTo(step) = &exit.then { Some(step) } else { None });
        let mut open: Vec<usize> =
            start.into_iter().chain(jumped.filter_map(|step| index.get(step).copied())).collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut reached[at], true) {
                let def = &self.steps[at];
                match def.step.names() {
                    Some(named) => open.extend(index.get(named)),
                    None => open.extend(def.step.targets(def.next).into_iter().flatten()),
                }
            }
        }
        // Where something else is wrong, a way may be missing only because of that.
        let lost =
            self.steps.iter().zip(&reached).filter(|(_, reached)| !self.problems.has_errors() && !**reached);
        for def in lost.map(|(def, _)| def).collect::<Vec<_>>() {
            let message = format!(
                "no way leads to `{}`: everything before it has gone elsewhere or ended; remove it, or mend what comes before",
                def.id
            );
            self.problems.error(def.place, "step.unreachable", message);
        }
        self.steps
    }
}
