//! Comparing what is to be with what is, without changing anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::catalogue::Catalogue;
use flusso_engine::definitions::{Active, Definitions, Segment};
use flusso_engine::ids::{VersionId, WorkflowId, base32, digest};
use flusso_engine::life::Life;
use flusso_engine::limits;
use flusso_engine::pipeline::Pipelines;
use flusso_engine::segment;
use flusso_engine::workflow::{Naming, Problem, Program, Severity, check};
use flusso_store::keys::draft::Draft;
use flusso_store::keys::head::Head;
use serde::Serialize;

use super::{ABSENT, Change, Code, Plan, catalogue};
use crate::define::{check_form, check_name, check_segment, check_user, known_members, team_members};
use crate::pipelines::check_pipeline;
use crate::templates::{Templates, compile_template, make_all};
use crate::workflows::activate::Activation;
use crate::workflows::save::{one_program, source_hash};
use crate::{App, AppError};

/// What was read of the account's code, compiled.
pub(super) struct Read {
    /// What reactions would decide by.
    pub definitions: Definitions,
    /// The workflows that would be active.
    pub workflows: BTreeMap<WorkflowId, Compiled>,
    /// The templates that are named, and those that are made of them.
    pub(super) templates: Templates,
    /// The head that is now.
    pub head: Head,
    /// What contacts' fields are now.
    pub catalogue: Arc<Catalogue>,
    /// The records of the workflows that are named.
    pub drafts: BTreeMap<WorkflowId, Draft>,
    /// What is wrong.
    pub problems: BTreeMap<String, Vec<Problem>>,
}

/// A workflow that would be active.
pub(super) struct Compiled {
    /// Its program.
    pub program: Arc<Program>,
    /// What its steps are called.
    pub naming: Naming,
}

impl App {
    /// What applying would do. Nothing of it is done.
    pub async fn plan(&self, code: &Code, how: &Activation) -> Result<Plan, AppError> {
        let read = self.read(code).await?;
        let mut plan = Plan { problems: read.problems.clone(), ..Plan::default() };
        for (item, target) in targets(code, &read) {
            let now = standing(&item, &read.head, &read);
            if is_same(&now, &target) {
                plan.same += 1;
            } else {
                let mut change =
                    Change { is_new: now == ABSENT, version: None, people: None, item: item.clone() };
                if let Some(id) = item.strip_prefix("workflows/").map(WorkflowId::new)
                    && let Some(compiled) = read.workflows.get(&id)
                {
                    let version = compiled.program.version.clone();
                    let mut definitions = Arc::new(read.definitions.clone());
                    change.people = Some(self.foresee_all(&mut definitions, &id, &version, how).await?);
                    change.version = Some(version);
                }
                plan.changes.push(change);
            }
            plan.base.insert(item, now);
        }
        Ok(plan)
    }

    /// Reads code against what there is; what is wrong with it is collected.
    pub(super) async fn read(&self, code: &Code) -> Result<Read, AppError> {
        let head = self.repository.head().await?;
        let mut definitions = (*self.definitions().await?).clone();
        let mut wrong = Wrong::default();
        definitions.number += 1;
        let (catalogue, pipelines) = (definitions.catalogue.clone(), definitions.pipelines.clone());
        catalogue::read(code, &mut definitions, &mut wrong)?;
        read_pipelines(code, &mut definitions, &mut wrong)?;
        let known = if code.templates.is_empty() {
            Templates::new()
        } else {
            self.templates(&head.templates).await?
        };
        let templates = read_templates(code, &known, &mut definitions, &mut wrong)?;
        read_named(code, &mut definitions, &mut wrong)?;
        let (mut workflows, mut drafts) = (BTreeMap::new(), BTreeMap::new());
        for (folder, id, source) in documents(code) {
            let workflow = WorkflowId::new(id.as_str());
            let unfit = check_name("workflow", id);
            if unfit.is_err() {
                wrong.note(format!("{folder}/{id}"), unfit)?;
                continue;
            }
            let known = self.repository.draft(&workflow).await?.map(|(draft, _)| draft);
            let before = self.names_before(known.as_ref()).await?;
            drafts.extend(known.map(|draft| (workflow.clone(), draft)));
            let compiled = one_program(source, before.as_ref()).and_then(|found| {
                let said = &found.0.workflow;
                if *said == workflow { Ok(found) } else { Err(other_id(id, said.as_str())) }
            });
            if let Ok((program, compiled)) = compiled {
                if folder == "workflows" {
                    let naming = self.naming_of(&program.version, compiled.naming).await?;
                    workflows.insert(workflow, Compiled { program, naming });
                }
            } else {
                wrong.note(format!("{folder}/{id}"), compiled.map(|_| ()))?;
            }
        }
        // Only now is there everything that they name.
        for (id, compiled) in &workflows {
            let known = head.workflows.get(id);
            let now = self.now();
            definitions.workflows.insert(
                id.clone(),
                Active {
                    version: compiled.program.version.clone(),
                    since: known.map_or(now, |active| active.since),
                    since_number: definitions.number,
                    life: known.map_or_else(|| Life::new(now), |active| active.life.clone()),
                    program: compiled.program.clone(),
                },
            );
        }
        let definitions = definitions.indexed();
        for (id, compiled) in &workflows {
            let found = check::check(&compiled.program, &definitions);
            let errors: Vec<Problem> =
                found.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
            if !errors.is_empty() {
                wrong.0.entry(format!("workflows/{id}")).or_default().extend(errors);
            }
        }
        check_pipelines(code, &definitions, pipelines, &mut wrong);
        Ok(Read { definitions, workflows, templates, head, catalogue, drafts, problems: wrong.0 })
    }

    /// What the steps of a version are called: as when it was saved first.
    pub(super) async fn naming_of(&self, version: &VersionId, otherwise: Naming) -> Result<Naming, AppError> {
        Ok(match self.repository.definition(version.as_str()).await? {
            Some(_) => self.compiled(version).await?.naming,
            None => otherwise,
        })
    }
}

/// What is wrong, by the thing that it is wrong with.
#[derive(Default)]
pub(super) struct Wrong(BTreeMap<String, Vec<Problem>>);

impl Wrong {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes what is wrong with the text; anything else is an error.
    pub(super) fn note(&mut self, item: String, result: Result<(), AppError>) -> Result<(), AppError> {
        let found = match result {
            Ok(()) => return Ok(()),
            Err(AppError::Problems(found)) => found,
            Err(AppError::Conflict { code, message }) => vec![plain(code, message)],
            Err(AppError::Invalid { field, code, message }) => {
                vec![plain(code, format!("{field}: {message}"))]
            }
            Err(other) => return Err(other),
        };
        self.0.entry(item).or_default().extend(found);
        Ok(())
    }
}

/// Reads pipelines.
fn read_pipelines(code: &Code, definitions: &mut Definitions, wrong: &mut Wrong) -> Result<(), AppError> {
    for (name, pipeline) in &code.pipelines {
        wrong.note(format!("pipelines/{name}"), check_pipeline(name, pipeline))?;
        definitions.pipelines.insert(name.as_str().into(), Arc::new(pipeline.clone()));
    }
    if definitions.pipelines.len() > limits::PIPELINES
        && let Some(name) = code.pipelines.keys().next()
    {
        let message = format!("an account has at most {} pipelines", limits::PIPELINES);
        let problem = plain("too_many", message);
        wrong.0.entry(format!("pipelines/{name}")).or_default().push(problem);
    }
    Ok(())
}

/// What would be active must not name stages that would be gone.
fn check_pipelines(code: &Code, definitions: &Definitions, before: Pipelines, wrong: &mut Wrong) {
    let Some(name) = code.pipelines.keys().next() else { return };
    let present = Definitions { pipelines: before, ..definitions.clone() };
    let uses = present.broken_by(&definitions.pipelines);
    if !uses.is_empty() {
        let message = format!("what would be gone is used by {}", uses.join(", "));
        let problem = plain("pipeline.in_use", message);
        wrong.0.entry(format!("pipelines/{name}")).or_default().push(problem);
    }
}

/// Reads mail templates.
fn read_templates(
    code: &Code,
    known: &Templates,
    definitions: &mut Definitions,
    wrong: &mut Wrong,
) -> Result<Templates, AppError> {
    let mut templates = Templates::new();
    let made = match make_all(&code.templates, known) {
        Ok(made) => made,
        Err(error) => {
            let first = code.templates.keys().next().cloned().unwrap_or_default();
            wrong.note(format!("templates/{first}"), Err(error))?;
            return Ok(templates);
        }
    };
    for (name, stored) in made {
        match stored {
            Ok(stored) => {
                let compiled = Arc::new(compile_template(&stored)?);
                definitions.templates.insert(name.as_str().into(), compiled);
                templates.insert(name, stored);
            }
            Err(error) => wrong.note(format!("templates/{name}"), Err(error))?,
        }
    }
    Ok(templates)
}

/// Reads what workflows name: forms, teams, colleagues, segments.
fn read_named(code: &Code, definitions: &mut Definitions, wrong: &mut Wrong) -> Result<(), AppError> {
    for (name, form) in &code.forms {
        wrong.note(format!("forms/{name}"), check_form(name, form))?;
        definitions.forms.insert(name.as_str().into(), Arc::new(form.clone()));
    }
    for (name, user) in &code.users {
        let user = check_user(name, user);
        if let Ok(user) = &user {
            definitions.users.insert(name.as_str().into(), user.clone());
        }
        wrong.note(format!("users/{name}"), user.map(|_| ()))?;
    }
    for (name, members) in &code.teams {
        let is_user = |user: &str| definitions.users.contains_key(user);
        let members = team_members(name, members).and_then(|members| {
            known_members(&members, is_user)?;
            Ok(members)
        });
        if let Ok(members) = &members {
            let members = members.iter().map(|member| member.as_str().into()).collect();
            definitions.teams.insert(name.as_str().into(), members);
        }
        wrong.note(format!("teams/{name}"), members.map(|_| ()))?;
    }
    for (name, source) in &code.segments {
        let compiled =
            check_name("segment", name).and_then(|()| segment::compile(source).map_err(AppError::Problems));
        if let Ok(compiled) = &compiled {
            let since = definitions.number;
            let (condition, version) = (compiled.condition.clone(), compiled.version.clone());
            let shown = compiled.name.clone().unwrap_or_else(|| name.as_str().into());
            let known = Segment { name: shown, condition, version, since };
            definitions.segments.insert(name.as_str().into(), known);
        }
        wrong.note(format!("segments/{name}"), compiled.map(|_| ()))?;
    }
    for name in code.segments.keys() {
        if let Some(known) = definitions.segments.get(name.as_str()) {
            wrong.note(format!("segments/{name}"), check_segment(name, &known.condition, definitions))?;
        }
    }
    Ok(())
}

/// A document is kept under the id that it says.
fn other_id(id: &str, said: &str) -> AppError {
    let message = format!("the document says `workflow: {said}`, its name is `{id}`; make them equal");
    AppError::invalid("workflow", "workflow.id", message)
}

/// A problem without a place.
fn plain(code: &'static str, message: String) -> Problem {
    Problem { severity: Severity::Error, code, message, line: 1, column: 1 }
}

/// The documents of workflows: their folder, their ids and what they say.
fn documents(code: &Code) -> impl Iterator<Item = (&'static str, &String, &String)> {
    let active = code.workflows.iter().map(|(id, source)| ("workflows", id, source));
    active.chain(code.drafts.iter().map(|(id, source)| ("drafts", id, source)))
}

/// How each thing is to stand.
pub(super) fn targets(code: &Code, read: &Read) -> BTreeMap<String, String> {
    let mut targets = BTreeMap::new();
    for (id, compiled) in &read.workflows {
        let source = code.workflows.get(id.as_str()).map_or_else(String::new, |source| source_hash(source));
        targets.insert(format!("workflows/{id}"), format!("{}:{source}", compiled.program.version));
    }
    targets.extend(code.drafts.iter().map(|(id, source)| (format!("drafts/{id}"), source_hash(source))));
    targets.extend(code.segments.iter().map(|(name, one)| (format!("segments/{name}"), hashed(one))));
    targets.extend(code.forms.iter().map(|(name, one)| (format!("forms/{name}"), hashed(one))));
    targets.extend(read.templates.iter().map(|(name, one)| (format!("templates/{name}"), hashed(one))));
    let teams = code.teams.iter().filter_map(|(name, one)| Some((name, team_members(name, one).ok()?)));
    targets.extend(teams.map(|(name, one)| (format!("teams/{name}"), hashed(&one))));
    let users = code.users.iter().filter_map(|(name, one)| Some((name, check_user(name, one).ok()?)));
    targets.extend(users.map(|(name, one)| (format!("users/{name}"), hashed(&one))));
    targets.extend(code.pipelines.iter().map(|(name, one)| (format!("pipelines/{name}"), hashed(one))));
    targets.extend(catalogue::stand(code, &read.definitions.catalogue));
    targets
}

/// How something stands now.
pub(super) fn standing(item: &str, head: &Head, read: &Read) -> String {
    let Some((folder, name)) = item.split_once('/') else { return ABSENT.to_owned() };
    let draft = || read.drafts.get(name);
    let found = match folder {
        "workflows" => head.workflows.get(name).map(|active| {
            // The document as it was written, where the newest saved one is the active one.
            let newest = draft().filter(|draft| draft.version.as_ref() == Some(&active.version));
            format!("{}:{}", active.version, newest.map_or("", |draft| draft.source.as_str()))
        }),
        "drafts" => draft().map(|draft| draft.source.clone()),
        "segments" => head.segments.get(name).map(|segment| segment.hash.clone()),
        "forms" => head.forms.get(name).cloned(),
        "templates" => head.templates.get(name).cloned(),
        "teams" => head.teams.get(name).map(hashed),
        "users" => head.users.get(name).map(hashed),
        "pipelines" => head.pipelines.get(name).cloned(),
        "fields" | "folders" => catalogue::standing(item, head, read),
        _ => None,
    };
    found.unwrap_or_else(|| ABSENT.to_owned())
}

/// Whether something stands as it is to: an active version may have been followed by a newer draft.
pub(super) fn is_same(now: &str, target: &str) -> bool {
    now == target || now.ends_with(':') && target.starts_with(now)
}

/// The hash under which a definition lies.
pub(super) fn hashed<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    base32(&digest(&["definition", &text]), 30)
}
