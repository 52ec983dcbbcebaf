//! What the account defines: forms, templates, teams, workflows. Whatever is active changes by one commit of the head.

use std::collections::BTreeSet;

use flusso_engine::condition::Predicate;
use flusso_engine::contact::fields;
use flusso_engine::definitions::{Account, Definitions, Form, User};
use flusso_engine::ids::{JobId, VersionId, WorkflowId, base32, digest};
use flusso_engine::limits;
use flusso_engine::workflow::program::TriggerDef;
use flusso_engine::workflow::{self, Compiled, Problem, Program, Severity, check};
use flusso_engine::{calendar, event, segment};
use flusso_store::keys::draft::Draft;
use flusso_store::keys::head::{ActiveWorkflow, Head, HeadRing, HeadSegment, RingOf};
use flusso_store::keys::job::{Job, Over, Task};
use flusso_store::repository::Listed;
use flusso_store::table::TableError;

pub use crate::definitions::StoredTemplate;
use crate::definitions::compile_template;
use crate::{App, AppError};

/// How often a change of the head is tried against others.
const TRIES: u32 = 10;
/// Most members of a team.
const MEMBERS: usize = 50;

/// A workflow that was saved or activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Which.
    pub workflow: WorkflowId,
    /// Its name for people.
    pub name: String,
    /// The version that its document makes.
    pub version: VersionId,
    /// What would keep it from being activated, and what somebody should look at.
    pub problems: Vec<Problem>,
    /// The job that looks at all contacts, where one was begun: some of them may become due by it.
    pub job: Option<JobId>,
}

/// A workflow as its author sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowInfo {
    /// Which.
    pub workflow: WorkflowId,
    /// Its name for people.
    pub name: String,
    /// The newest saved version.
    pub version: Option<VersionId>,
    /// The version that is active, and since when.
    pub active: Option<ActiveWorkflow>,
    /// The document.
    pub source: String,
}

impl App {
    /// Changes the head by one commit.
    pub(crate) async fn change_head(
        &self,
        change: impl Fn(&mut Head) -> Result<(), AppError>,
    ) -> Result<(), AppError> {
        self.change_head_with(None, change).await.map(|_| ())
    }

    /// Changes the head, and with it, in one commit, begins the job that looks at the contacts whom that concerns.
    pub(crate) async fn change_head_with(
        &self,
        look: Option<(Over, &str)>,
        change: impl Fn(&mut Head) -> Result<(), AppError>,
    ) -> Result<Option<JobId>, AppError> {
        let mut tried = None;
        for _ in 0..TRIES {
            let head = self.repository.head().await?;
            let mut next = head.clone();
            if let Some(from) = self.ports.mail_from.clone().filter(|_| head.number == 0) {
                next.account.from = from;
            }
            change(&mut next)?;
            next.installation.get_or_insert_with(|| self.ports.installation.clone());
            if next == head {
                // Nothing to change; or it is changed, and of that no answer came.
                return self.job_begun(tried).await;
            }
            next.number += 1;
            if next.number == 1 {
                self.begin_sweeping().await?;
            }
            let job = look.as_ref().map(|(over, by)| {
                let now = self.now();
                let id = JobId::derive(now, &["head", &next.number.to_string()]);
                (id, Job::new(Task::Look, over.clone(), by, now))
            });
            tried = job.as_ref().map(|(id, _)| id.clone());
            match self.repository.change_head(&next, job.as_ref().map(|(id, job)| (id, job))).await {
                Ok(()) => return self.job_begun(tried).await,
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::Unavailable("the definitions change too fast".to_owned()))
    }

    /// The job that a change of the head began, if it did; it is announced.
    async fn job_begun(&self, tried: Option<JobId>) -> Result<Option<JobId>, AppError> {
        let Some(id) = tried else { return Ok(None) };
        let Some((_, revision)) = self.repository.job(&id).await? else { return Ok(None) };
        self.announce_job(&id, revision).await?;
        Ok(Some(id))
    }

    /// Sets the account's name, zone and sender.
    pub async fn put_account(&self, account: Account) -> Result<(), AppError> {
        if calendar::zone(&account.zone).is_none() {
            return Err(AppError::invalid(
                "zone",
                "zone.unknown",
                format!("`{}` is no IANA time zone, such as Europe/Rome", account.zone),
            ));
        }
        let definitions = self.definitions().await?;
        // By another zone, dates of contacts come round at other times, and so do those of workflows.
        let moves = definitions.account.zone != account.zone && !definitions.dates.is_empty();
        let look = moves.then_some((Over::All, "account"));
        self.change_head_with(look, |head| {
            head.account = account.clone();
            Ok(())
        })
        .await?;
        if definitions.account.zone != account.zone {
            let workflows: BTreeSet<_> = definitions.schedules.values().map(|rule| &rule.workflow).collect();
            for workflow in workflows {
                self.run_schedules(workflow).await?;
            }
        }
        Ok(())
    }

    /// Defines a form, or defines it anew.
    pub async fn put_form(&self, name: &str, form: &Form) -> Result<(), AppError> {
        check_name("form", name)?;
        for (at, field) in form.fields.iter().enumerate() {
            if let Some(to) = field.to.as_deref().filter(|to| !fields::is_name(to)) {
                let message = format!("`{to}` is no field name: a-z, digits and _ only");
                return Err(AppError::invalid(format!("fields[{at}].to"), "field.name", message));
            }
        }
        let identified =
            form.fields.iter().any(|field| matches!(field.to.as_deref(), Some("email" | "phone")));
        if !identified {
            return Err(AppError::invalid(
                "fields",
                "form.identity",
                "a form needs a field that goes `to` email or phone",
            ));
        }
        if let Some(redirect) = form.redirect.as_deref().filter(|redirect| !is_web_address(redirect)) {
            return Err(AppError::invalid(
                "redirect",
                "form.redirect",
                format!("`{redirect}` is no https:// address"),
            ));
        }
        let hash = self.put_hashed(form).await?;
        self.change_head(|head| {
            head.forms.insert(name.to_owned(), hash.clone());
            Ok(())
        })
        .await
    }

    /// Puts a mail template, or puts it anew. Messages render with the present one when they are sent.
    pub async fn put_template(&self, name: &str, template: &StoredTemplate) -> Result<(), AppError> {
        check_name("template", name)?;
        compile_template(template)?;
        let hash = self.put_hashed(template).await?;
        self.change_head(|head| {
            head.templates.insert(name.to_owned(), hash.clone());
            Ok(())
        })
        .await
    }

    /// Sets the e-mail addresses of a team.
    pub async fn put_team(&self, name: &str, members: &[String]) -> Result<(), AppError> {
        check_name("team", name)?;
        if members.len() > MEMBERS {
            return Err(AppError::invalid(
                "emails",
                "team.size",
                format!("a team has at most {MEMBERS} members"),
            ));
        }
        let mut addresses = Vec::new();
        for (at, member) in members.iter().enumerate() {
            let field = format!("emails[{at}]");
            let address = fields::email(member).ok_or_else(|| {
                AppError::invalid(field, "email.unreadable", format!("`{member}` is not an e-mail address"))
            })?;
            addresses.push(address);
        }
        self.change_head(|head| {
            head.teams.insert(name.to_owned(), addresses.clone());
            Ok(())
        })
        .await
    }

    /// Says who a colleague is.
    pub async fn put_user(&self, name: &str, user: &User) -> Result<(), AppError> {
        check_name("user", name)?;
        let email = fields::email(&user.email).ok_or_else(|| {
            AppError::invalid(
                "email",
                "email.unreadable",
                format!("`{}` is not an e-mail address", user.email),
            )
        })?;
        let phone = match user.phone.as_deref() {
            None => None,
            Some(phone) => {
                Some(fields::phone(phone).filter(|phone| phone.starts_with('+')).ok_or_else(|| {
                    let message = format!("`{phone}` is no international number, such as +39 333 1234567");
                    AppError::invalid("phone", "phone.unreadable", message)
                })?)
            }
        };
        let user = User { name: user.name.clone(), email: email.into(), phone: phone.map(Into::into) };
        self.change_head(|head| {
            head.users.insert(name.to_owned(), user.clone());
            Ok(())
        })
        .await
    }

    /// Defines a segment, or defines it anew. Contacts find out whether they are members when they next react, or when
    /// the job that looks at all of them has come to them: that job, if who is a member has changed.
    pub async fn put_segment(&self, name: &str, source: &str) -> Result<Option<JobId>, AppError> {
        check_name("segment", name)?;
        let compiled = segment::compile(source).map_err(AppError::Problems)?;
        let hash = self.put_hashed(&source.to_owned()).await?;
        let definitions = self.definitions().await?;
        check_circle(name, &compiled.condition, &definitions)?;
        let same = definitions.segments.get(name).is_some_and(|known| known.version == compiled.version);
        let (now, by) = (self.now(), format!("segment:{name}"));
        let look = (!same).then_some((Over::All, by.as_str()));
        self.change_head_with(look, |head| {
            if head.segments.len() >= limits::SEGMENTS && !head.segments.contains_key(name) {
                let message = format!("an account has at most {} segments", limits::SEGMENTS);
                return Err(AppError::Conflict { code: "too_many_segments", message });
            }
            for ring in compiled.condition.rings() {
                let by = || RingOf::Segment(hash.clone());
                head.rings.entry(ring.id).or_insert_with(|| HeadRing { by: by(), since: now });
            }
            check_rings(head)?;
            let number =
                head.segments.get(name).filter(|_| same).map_or(head.number + 1, |known| known.number);
            head.segments.insert(name.to_owned(), HeadSegment { hash: hash.clone(), number });
            Ok(())
        })
        .await
    }

    /// Saves a workflow's document. It need not be finished, but it must be readable.
    pub async fn put_workflow(&self, id: &str, source: &str) -> Result<Saved, AppError> {
        let (program, name, mut problems) = one_program(source)?;
        if program.workflow.as_str() != id {
            let message = format!(
                "the document says `workflow: {}`, the address says `{id}`; make them equal",
                program.workflow
            );
            return Err(AppError::invalid("workflow", "workflow.id", message));
        }
        let definitions = self.definitions().await?;
        problems.extend(check::check(&program, &definitions));
        problems.extend(self.without_provider(&program));
        let hash = format!("src_{}", base32(&digest(&["source", source]), 30));
        self.repository.put_definition(&hash, source).await?;
        if self.repository.definition(program.version.as_str()).await?.is_none() {
            self.repository.put_definition(program.version.as_str(), source).await?;
        }
        let draft = Draft {
            name: name.clone(),
            version: Some(program.version.clone()),
            source: hash,
            saved_at: self.now(),
        };
        for _ in 0..TRIES {
            let revision = self.repository.draft(&program.workflow).await?.map(|(_, revision)| revision);
            match self.repository.save_draft(&program.workflow, &draft, revision).await {
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                other => {
                    other?;
                    let (workflow, version) = (program.workflow.clone(), program.version.clone());
                    return Ok(Saved { workflow, name, version, problems, job: None });
                }
            }
        }
        Err(AppError::Unavailable("the workflow is being saved by others".to_owned()))
    }

    /// Activates the newest saved version: from this moment on its events enroll. Whoever is inside finishes the
    /// version that they are in.
    pub async fn activate(&self, id: &str) -> Result<Saved, AppError> {
        let workflow = WorkflowId::new(id);
        let not_found = || AppError::NotFound { what: "workflow", id: id.to_owned() };
        let (draft, _) = self.repository.draft(&workflow).await?.ok_or_else(not_found)?;
        let version = draft.version.ok_or_else(not_found)?;
        let program = self.program(&version).await?;
        let definitions = self.definitions().await?;
        let mut problems = check::check(&program, &definitions);
        problems.extend(self.without_provider(&program));
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(AppError::Problems(problems));
        }
        self.announce_schedules(&program, &definitions.account.zone).await?;
        let (now, by) = (self.now(), format!("workflow:{workflow}"));
        let before = definitions.workflows.get(&workflow).map(|active| &*active.program);
        let look = looks_for_more(&program, before).then_some((Over::All, by.as_str()));
        let job = self
            .change_head_with(look, |head| {
                if head.workflows.get(&workflow).is_some_and(|active| active.version == version) {
                    return Ok(());
                }
                if head.workflows.len() >= limits::WORKFLOWS && !head.workflows.contains_key(&workflow) {
                    let message = format!("an account has at most {} active workflows", limits::WORKFLOWS);
                    return Err(AppError::Conflict { code: "too_many_workflows", message });
                }
                for ring in program.rings() {
                    let by = || RingOf::Version(version.clone());
                    head.rings.entry(ring.id).or_insert_with(|| HeadRing { by: by(), since: now });
                }
                check_rings(head)?;
                let number = head.number + 1;
                let active = ActiveWorkflow { version: version.clone(), since: now, number };
                head.workflows.insert(workflow.clone(), active);
                Ok(())
            })
            .await?;
        if program.triggers.iter().any(|trigger| trigger.kind.schedule().is_some()) {
            self.run_schedules(&workflow).await?;
        }
        let (workflow, version) = (workflow.clone(), version.clone());
        Ok(Saved { workflow, name: draft.name, version, problems, job })
    }

    /// A workflow as its author sees it.
    pub async fn workflow(&self, id: &str) -> Result<WorkflowInfo, AppError> {
        let workflow = WorkflowId::new(id);
        let not_found = || AppError::NotFound { what: "workflow", id: id.to_owned() };
        let (draft, _) = self.repository.draft(&workflow).await?.ok_or_else(not_found)?;
        let source = self.repository.definition(&draft.source).await?.ok_or_else(not_found)?;
        let active = self.repository.head().await?.workflows.get(&workflow).cloned();
        Ok(WorkflowInfo { workflow, name: draft.name, version: draft.version, active, source })
    }

    /// All workflows, one page, without their documents.
    pub async fn workflows(
        &self,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed<WorkflowInfo>, AppError> {
        let head = self.repository.head().await?;
        let page = self.repository.drafts(cursor, limit).await?;
        let items = page.items.into_iter().map(|(workflow, draft)| {
            let active = head.workflows.get(&workflow).cloned();
            WorkflowInfo { workflow, name: draft.name, version: draft.version, active, source: String::new() }
        });
        Ok(Listed { items: items.collect(), cursor: page.cursor })
    }

    pub(crate) async fn put_hashed<T: serde::Serialize>(&self, value: &T) -> Result<String, AppError> {
        let text = serde_json::to_string(value).map_err(|error| AppError::Unavailable(error.to_string()))?;
        let hash = base32(&digest(&["definition", &text]), 30);
        self.repository.put_definition(&hash, &text).await?;
        Ok(hash)
    }
}

/// Whether contacts must be looked at, because this may make somebody due to whom nothing happens.
fn looks_for_more(program: &Program, before: Option<&Program>) -> bool {
    let known = |trigger: &TriggerDef| {
        let mut before = before.iter().flat_map(|before| &before.triggers);
        before.any(|other| same_watch(trigger, other))
    };
    let watches = |trigger: &&TriggerDef| {
        let kind = &trigger.kind;
        kind.becomes().is_some() || kind.date().is_some() || kind.cart_delay().is_some()
    };
    program.triggers.iter().filter(watches).any(|trigger| !known(trigger))
}

/// Whether two triggers keep the same in mind.
fn same_watch(one: &TriggerDef, other: &TriggerDef) -> bool {
    let (one, other) = (&one.kind, &other.kind);
    one.becomes().map(|(id, _)| id) == other.becomes().map(|(id, _)| id)
        && one.date() == other.date()
        && one.cart_delay() == other.cart_delay()
}

/// The one workflow of a document, with its name and warnings.
fn one_program(source: &str) -> Result<(std::sync::Arc<workflow::Program>, String, Vec<Problem>), AppError> {
    if source.len() > limits::SOURCE_BYTES {
        let message =
            format!("a workflow has at most {} bytes; this one has {}", limits::SOURCE_BYTES, source.len());
        return Err(AppError::invalid("workflow", "workflow.size", message));
    }
    let mut compiled = workflow::compile(source);
    if compiled.len() != 1 {
        let message = format!("the document has {} workflows; save each by itself", compiled.len());
        return Err(AppError::invalid("workflow", "workflow.one", message));
    }
    let Compiled { program, problems, .. } = compiled.remove(0);
    match program {
        Some(program) => {
            let name = program.name.clone();
            Ok((program, name, problems))
        }
        None => Err(AppError::Problems(problems)),
    }
}

fn check_rings(head: &Head) -> Result<(), AppError> {
    if head.rings.len() <= limits::RINGS {
        return Ok(());
    }
    let message =
        format!("all workflows and segments together count at most {} sorts of events", limits::RINGS);
    Err(AppError::Conflict { code: "too_many_rings", message })
}

/// A segment that leads back to itself would have no members.
fn check_circle(name: &str, condition: &Predicate, definitions: &Definitions) -> Result<(), AppError> {
    let mut open: Vec<&str> = condition.segments();
    let mut seen: Vec<&str> = Vec::new();
    while let Some(next) = open.pop() {
        if next == name {
            let message = format!("the segment `{name}` would be its own condition");
            return Err(AppError::invalid("who", "segment.circle", message));
        }
        let Some(segment) = definitions.segments.get(next) else {
            let message = format!("there is no segment `{next}`; define it first");
            return Err(AppError::invalid("who", "segment.unknown", message));
        };
        if !seen.contains(&next) {
            seen.push(next);
            open.extend(segment.condition.segments());
        }
    }
    Ok(())
}

/// Whether a text names a thing: it stands in addresses and in documents.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), AppError> {
    let fits = |c: char| c.is_alphanumeric() || ['-', '_', ' ', '.'].contains(&c);
    if name.is_empty() || name.len() > limits::NAME_BYTES || !name.chars().all(fits) || name.trim() != name {
        let message = format!(
            "a {what}'s name has 1 to {} letters, digits, `-`, `_`, `.` and blanks",
            limits::NAME_BYTES
        );
        return Err(AppError::invalid(what, "name.unfit", message));
    }
    Ok(())
}

fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && !text.contains(char::is_whitespace)
    })
}

/// Whether a text can be the type of an event.
pub fn is_event_type(text: &str) -> bool {
    event::is_kind(text)
}
