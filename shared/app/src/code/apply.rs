//! Applying code: one commit of the head changes everything at once, or nothing.

use std::collections::BTreeMap;

use flusso_engine::ids::{JobId, WorkflowId};
use flusso_engine::life::Life;
use flusso_engine::limits;
use flusso_store::keys::head::{ActiveWorkflow, Head, HeadRing, HeadSegment, RingOf};
use flusso_store::keys::job::{Over, Task};

use super::plan::{Read, hashed, is_same, standing, targets};
use super::{Code, Plan};
use crate::define::{check_rings, check_user, team_members};
use crate::workflows::activate::{Activation, looks_for_more, people};
use crate::{App, AppError};

/// Most jobs that one commit begins.
const JOBS: usize = 40;

/// What was applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// What was changed, and how.
    pub plan: Plan,
    /// The jobs that tell the contacts whom that concerns.
    pub jobs: Vec<JobId>,
}

impl App {
    /// Applies code, if everything that it names stands as `base` says, which a plan has told.
    pub async fn apply_code(
        &self,
        code: &Code,
        how: &Activation,
        base: &BTreeMap<String, String>,
        by: &str,
    ) -> Result<Done, AppError> {
        let plan = self.plan(code, how).await?;
        if let Some((item, problems)) = plan.problems.iter().next() {
            let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let message = format!("{}; nothing was applied", told.join("; "));
            return Err(AppError::invalid(item.clone(), "code.problems", message));
        }
        let changed = plan.base.iter().filter(|(item, now)| base.get(*item) != Some(*now));
        let changed: Vec<&str> = changed.map(|(item, _)| item.as_str()).collect();
        refuse_changed(&changed)?;
        if plan.changes.is_empty() {
            return Ok(Done { plan, jobs: Vec::new() });
        }
        let read = self.read(code).await?;
        self.store(code, &read).await?;
        for compiled in read.workflows.values() {
            self.announce_schedules(&compiled.program, &read.definitions.account.zone).await?;
        }
        let begins = self.begins(&plan, &read, how).await?;
        let begins: Vec<_> = begins.iter().map(|(task, over)| (task.clone(), over.clone(), by)).collect();
        let now = self.now();
        let jobs = self
            .change_head_with(&begins, |head| {
                let differs = |item: &&String| {
                    let stands = standing(item, head, &read);
                    // This very change, of which no answer came, is no other one.
                    let is_done = targets(code, &read).get(*item).is_some_and(|target| {
                        is_same(&stands, target)
                            || item.starts_with("workflows/") && target.starts_with(&stands)
                    });
                    base.get(*item) != Some(&stands) && !is_done
                };
                let changed: Vec<&String> = plan.base.keys().filter(differs).collect();
                refuse_changed(&changed.iter().map(|item| item.as_str()).collect::<Vec<_>>())?;
                change(head, code, &read, now)
            })
            .await?;
        for (id, source) in code.workflows.iter().chain(&code.drafts) {
            self.save_workflow(id, source, by).await?;
        }
        for id in plan.changes.iter().filter_map(|change| change.item.strip_prefix("workflows/")) {
            let workflow = WorkflowId::new(id);
            let Some(compiled) = read.workflows.get(&workflow) else { continue };
            self.note_activation(&workflow, &compiled.program.version, by).await?;
            if compiled.program.triggers.iter().any(|trigger| trigger.kind.schedule().is_some()) {
                self.run_schedules(&workflow).await?;
            }
        }
        Ok(Done { plan, jobs })
    }

    /// The jobs that the changes need: one that looks at everybody, and one for those inside each workflow.
    async fn begins(
        &self,
        plan: &Plan,
        read: &Read,
        how: &Activation,
    ) -> Result<Vec<(Task, Over)>, AppError> {
        let definitions = self.definitions().await?;
        let mut begins = Vec::new();
        let mut looks = plan.changes.iter().any(|change| change.item.starts_with("segments/"));
        for change in &plan.changes {
            let Some(id) = change.item.strip_prefix("workflows/").map(WorkflowId::new) else { continue };
            let Some(compiled) = read.workflows.get(&id) else { continue };
            let before = definitions.workflows.get(&id).map(|active| &*active.program);
            looks |= looks_for_more(&compiled.program, before);
            let inside = change.people.as_ref().is_some_and(|people| !people.counts.is_empty());
            let task = people(&id, &compiled.program.version, how).filter(|_| inside);
            begins.extend(task.map(|task| (task, Over::Inside { workflow: id })));
        }
        if looks {
            begins.push((Task::Look, Over::All));
        }
        if begins.len() > JOBS {
            let message = format!(
                "people are inside {} of the workflows that change; apply {JOBS} at a time, or let them finish",
                begins.len()
            );
            return Err(AppError::Conflict { code: "too_many_at_once", message });
        }
        Ok(begins)
    }

    /// Stores what the head will name: immutable, and nothing to anybody before that.
    async fn store(&self, code: &Code, read: &Read) -> Result<(), AppError> {
        for form in code.forms.values() {
            self.put_hashed(form).await?;
        }
        for template in read.templates.values() {
            self.put_hashed(template).await?;
        }
        for segment in code.segments.values() {
            self.put_hashed(segment).await?;
        }
        for pipeline in code.pipelines.values() {
            self.put_hashed(pipeline).await?;
        }
        self.put_hashed(&*read.definitions.catalogue).await?;
        for (id, compiled) in &read.workflows {
            let Some(source) = code.workflows.get(id.as_str()) else { continue };
            let mut naming = compiled.naming.clone();
            self.store_version(&compiled.program, source, &mut naming).await?;
        }
        Ok(())
    }
}

/// Everything that code says, in one head.
fn change(
    head: &mut Head,
    code: &Code,
    read: &Read,
    now: flusso_engine::time::Instant,
) -> Result<(), AppError> {
    let number = head.number + 1;
    head.forms.extend(code.forms.iter().map(|(name, form)| (name.clone(), hashed(form))));
    head.templates.extend(read.templates.iter().map(|(name, one)| (name.clone(), hashed(one))));
    head.pipelines.extend(code.pipelines.iter().map(|(name, one)| (name.clone(), hashed(one))));
    if !code.fields.is_empty() || !code.folders.is_empty() {
        head.catalogue = Some(hashed(&*read.definitions.catalogue));
    }
    for (name, members) in &code.teams {
        head.teams.insert(name.clone(), team_members(name, members)?);
    }
    for (name, user) in &code.users {
        head.users.insert(name.clone(), check_user(name, user)?);
    }
    for (name, source) in &code.segments {
        let hash = hashed(source);
        let Some(segment) = read.definitions.segments.get(name.as_str()) else { continue };
        let known = head.segments.get(name).filter(|known| known.hash == hash);
        let since = known.map_or(number, |known| known.number);
        for ring in segment.condition.rings() {
            let by = || RingOf::Segment(hash.clone());
            head.rings.entry(ring.id).or_insert_with(|| HeadRing { by: by(), since: now });
        }
        head.segments.insert(name.clone(), HeadSegment { hash, number: since });
    }
    for (id, compiled) in &read.workflows {
        let version = &compiled.program.version;
        let known = head.workflows.get(id);
        if known.is_some_and(|active| active.version == *version) {
            continue;
        }
        let life = known.map_or_else(|| Life::new(now), |active| active.life.clone());
        for ring in compiled.program.rings() {
            let by = || RingOf::Version(version.clone());
            head.rings.entry(ring.id).or_insert_with(|| HeadRing { by: by(), since: now });
        }
        let active = ActiveWorkflow { version: version.clone(), since: now, number, life };
        head.workflows.insert(id.clone(), active);
    }
    for (what, many, most) in [
        ("segments", head.segments.len(), limits::SEGMENTS),
        ("active workflows", head.workflows.len(), limits::WORKFLOWS),
    ] {
        if many > most {
            let message = format!("an account has at most {most} {what}; with these it would have {many}");
            return Err(AppError::Conflict { code: "too_many", message });
        }
    }
    check_rings(head)
}

fn refuse_changed(changed: &[&str]) -> Result<(), AppError> {
    if changed.is_empty() {
        return Ok(());
    }
    let message = format!("changed since the plan: {}; plan again", changed.join(", "));
    Err(AppError::Conflict { code: "plan_outdated", message })
}
