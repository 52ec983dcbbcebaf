//! What the account of a scenario has defined, and since when it is active.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::Arc;

use flusso_app::templates::{MailSource, compiled};
use flusso_engine::condition::RingSince;
use flusso_engine::contact::catalogue::CustomField;
use flusso_engine::definitions::{Active, Definitions, Form, Segment, User};
use flusso_engine::ids::{VersionId, WorkflowId};
use flusso_engine::life::Life;
use flusso_engine::pipeline::Pipeline;
use flusso_engine::segment;
use flusso_engine::time::Instant;
use flusso_engine::workflow::check::check;
use flusso_engine::workflow::{Naming, Program, Severity, compile, compile_next};
use serde_json::Value;

use super::script::{Definition, Script, demo};

/// Definitions in the making.
#[derive(Debug)]
pub struct Account {
    /// What reactions decide by.
    pub definitions: Definitions,
    /// Every version that was ever compiled: what a pinned enrollment may need.
    pub versions: BTreeMap<VersionId, Arc<Program>>,
    programs: BTreeMap<WorkflowId, Arc<Program>>,
    /// Versions that replace those above once they are activated, in order.
    next: BTreeMap<WorkflowId, VecDeque<Arc<Program>>>,
    /// What the steps of the latest versions are called.
    names: BTreeMap<WorkflowId, Naming>,
    later: BTreeSet<WorkflowId>,
    /// Codes that nobody has yet, by pool.
    pub coupons: BTreeMap<Arc<str>, VecDeque<String>>,
    /// How many contacts each colleague was given.
    pub given: BTreeMap<Arc<str>, u64>,
}

/// Workflows without an `activate` line are active since then.
const BEFORE: &str = "2020-01-01T00:00:00Z";

impl Account {
    /// An account that has nothing.
    pub fn new() -> Self {
        Self {
            definitions: Definitions::empty(),
            versions: BTreeMap::new(),
            programs: BTreeMap::new(),
            next: BTreeMap::new(),
            names: BTreeMap::new(),
            later: BTreeSet::new(),
            coupons: BTreeMap::new(),
            given: BTreeMap::new(),
        }
    }

    /// Sets the account's zone.
    pub fn set_zone(&mut self, zone: &str) {
        self.definitions.account.zone = zone.into();
        self.definitions = self.definitions.clone().indexed();
    }

    /// Compiles workflows; each must be free of errors.
    pub fn add_workflows(&mut self, source: &str) -> Result<(), String> {
        for mut compiled in compile(source) {
            let before = compiled.workflow.as_ref().and_then(|workflow| self.names.get(workflow));
            if let Some(before) = before {
                compiled = compile_next(source, before).into_iter().next().ok_or("no workflow")?;
            }
            let problems: Vec<String> = compiled.problems.iter().map(ToString::to_string).collect();
            let program = compiled.program.ok_or_else(|| problems.join("\n"))?;
            self.versions.insert(program.version.clone(), program.clone());
            let workflow = program.workflow.clone();
            self.names.insert(workflow.clone(), compiled.naming);
            if let Some(first) = self.programs.insert(workflow.clone(), program.clone()) {
                self.programs.insert(workflow.clone(), first);
                self.next.entry(workflow).or_default().push_back(program);
            }
        }
        Ok(())
    }

    /// Takes a form, a template or a team as the catalog writes it.
    pub fn add(&mut self, kind: &str, name: &str, value: Value) -> Result<(), String> {
        let wrong = |error: serde_json::Error| format!("{kind} {name}: {error}");
        match kind {
            "form" => {
                let form: Form = serde_json::from_value(value).map_err(wrong)?;
                self.definitions.forms.insert(name.into(), Arc::new(form));
            }
            "template" => {
                let source: MailSource = serde_json::from_value(value).map_err(wrong)?;
                let compiled = compiled(&source).map_err(|error| error.to_string())?;
                self.definitions.templates.insert(name.into(), Arc::new(compiled));
            }
            "team" => {
                let members: Vec<Arc<str>> =
                    serde_json::from_value(value.get("members").cloned().unwrap_or_default())
                        .map_err(wrong)?;
                self.definitions.teams.insert(name.into(), members);
            }
            "segment" => {
                let compiled = segment::compile(&value.to_string()).map_err(|problems| {
                    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
                })?;
                for spec in compiled.condition.rings() {
                    let since = Instant::parse(BEFORE).unwrap_or_default();
                    self.definitions.rings.entry(spec.id.clone()).or_insert(RingSince { spec, since });
                }
                self.definitions.number += 1;
                let segment = Segment {
                    name: compiled.name.unwrap_or_else(|| name.into()),
                    condition: compiled.condition,
                    version: compiled.version,
                    since: self.definitions.number,
                };
                self.definitions.segments.insert(name.into(), segment);
                self.definitions = self.definitions.clone().indexed();
            }
            "user" => {
                let user: User = serde_json::from_value(value).map_err(wrong)?;
                self.definitions.users.insert(name.into(), user);
            }
            "field" => {
                let field: CustomField = serde_json::from_value(value).map_err(wrong)?;
                let mut catalogue = (*self.definitions.catalogue).clone();
                catalogue.fields.insert(name.into(), field);
                self.definitions.catalogue = Arc::new(catalogue.settled());
            }
            "pipeline" => {
                let pipeline: Pipeline = serde_json::from_value(value).map_err(wrong)?;
                self.definitions.pipelines.insert(name.into(), Arc::new(pipeline));
            }
            "coupons" => {
                let codes: Vec<String> =
                    serde_json::from_value(value.get("codes").cloned().unwrap_or_default()).map_err(wrong)?;
                self.coupons.insert(name.into(), codes.into());
            }
            "account" => {
                let mut account = serde_json::to_value(&self.definitions.account).map_err(wrong)?;
                if let (Some(known), Value::Object(more)) = (account.as_object_mut(), value) {
                    known.extend(more);
                }
                self.definitions.account = serde_json::from_value(account).map_err(wrong)?;
                self.definitions = self.definitions.clone().indexed();
            }
            _ => return Err(format!("there is no `{kind}`")),
        }
        Ok(())
    }

    /// Takes all that lies in a folder of forms, templates and teams.
    pub fn add_demo(&mut self, folder: &Path) -> Result<(), String> {
        demo(folder)?.into_iter().try_for_each(|definition| self.define(definition))
    }

    /// What a script defines; all of it is active, but for the workflows that one of its lines activates.
    pub fn of(script: &Script) -> Result<Self, String> {
        let mut account = Self::new();
        script.definitions.iter().try_for_each(|definition| account.define(definition.clone()))?;
        script.activated_later().for_each(|workflow| account.keep_for_later(workflow));
        account.open()?;
        Ok(account)
    }

    fn define(&mut self, definition: Definition) -> Result<(), String> {
        match definition {
            Definition::Zone(zone) => self.set_zone(&zone),
            Definition::Workflows(source) => self.add_workflows(&source)?,
            Definition::Named { kind, name, value } => self.add(&kind, &name, value)?,
        }
        Ok(())
    }

    /// Leaves a workflow for an `activate` line.
    pub fn keep_for_later(&mut self, workflow: &str) {
        self.later.insert(WorkflowId::new(workflow));
    }

    /// Activates everything that no line activates later.
    pub fn open(&mut self) -> Result<(), String> {
        let since = Instant::parse(BEFORE).unwrap_or_default();
        let at_once: Vec<WorkflowId> =
            self.programs.keys().filter(|id| !self.later.contains(*id)).cloned().collect();
        at_once.iter().try_for_each(|workflow| self.activate(workflow, since))
    }

    /// Activates a workflow's next version; whoever is inside stays on the one that is pinned.
    pub fn replace(&mut self, workflow: &WorkflowId, since: Instant) -> Result<(), String> {
        let next = self.next.get_mut(workflow).and_then(VecDeque::pop_front);
        let next = next.ok_or_else(|| format!("{workflow} has no other version"))?;
        if let Some(old) = self.programs.insert(workflow.clone(), next) {
            // Not kept at hand: a reaction that needs it has to ask.
            self.definitions.programs.remove(&old.version);
        }
        self.activate(workflow, since)
    }

    /// Activates a workflow, at the next number of the definitions.
    pub fn activate(&mut self, workflow: &WorkflowId, since: Instant) -> Result<(), String> {
        let program =
            self.programs.get(workflow).ok_or_else(|| format!("there is no workflow {workflow}"))?;
        let errors: Vec<String> = check(program, &self.definitions)
            .into_iter()
            .filter(|problem| problem.severity == Severity::Error)
            .map(|problem| problem.to_string())
            .collect();
        if !errors.is_empty() {
            return Err(errors.join("\n"));
        }
        let mut definitions = self.definitions.clone();
        definitions.number += 1;
        for spec in program.rings() {
            definitions.rings.entry(spec.id.clone()).or_insert(RingSince { spec, since });
        }
        let (version, program) = (program.version.clone(), program.clone());
        let known = definitions.workflows.get(workflow);
        let life = known.map_or_else(|| Life::new(since), |active| active.life.clone());
        let active =
            Active { version, since, since_number: definitions.number, life, program: program.clone() };
        definitions.workflows.insert(workflow.clone(), active);
        self.definitions = definitions.indexed();
        Ok(())
    }

    /// Changes how an active workflow lives.
    pub fn change_life(
        &mut self,
        workflow: &WorkflowId,
        change: impl FnOnce(&mut Life),
    ) -> Result<(), String> {
        let mut definitions = self.definitions.clone();
        let active = definitions.workflows.get_mut(workflow);
        change(&mut active.ok_or_else(|| format!("{workflow} is not active"))?.life);
        definitions.number += 1;
        self.definitions = definitions.indexed();
        Ok(())
    }

    /// Takes a workflow out of the active ones; people inside learn of it when they react.
    pub fn deactivate(&mut self, workflow: &WorkflowId) {
        self.definitions.number += 1;
        self.definitions.workflows.remove(workflow);
        self.definitions = self.definitions.clone().indexed();
    }
}

impl Default for Account {
    fn default() -> Self {
        Self::new()
    }
}
