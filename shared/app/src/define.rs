//! What the account defines: forms, templates, teams, segments. Whatever is active changes by one commit of the head.

use std::collections::BTreeSet;

use flusso_engine::condition::Predicate;
use flusso_engine::contact::fields;
use flusso_engine::definitions::{Account, Definitions, Form, User};
use flusso_engine::ids::{JobId, base32, digest};
use flusso_engine::limits;
use flusso_engine::{calendar, event, segment};
use flusso_store::keys::head::{Head, HeadRing, HeadSegment, RingOf};
use flusso_store::keys::job::{Job, Over, Task};
use flusso_store::table::TableError;

pub(crate) use crate::users::check_user;
use crate::workflows::preview::unknown_zone;
use crate::{App, AppError};

/// How often a change of the head is tried against others.
pub(crate) const TRIES: u32 = 10;
/// The head was changed since its number was read.
const OUTRUN: &str = "head_outrun";
/// Most members of a team.
const MEMBERS: usize = 50;

impl App {
    /// Changes the head by one commit.
    pub(crate) async fn change_head(
        &self,
        change: impl Fn(&mut Head) -> Result<(), AppError>,
    ) -> Result<(), AppError> {
        self.change_head_with(&[], change).await.map(|_| ())
    }

    /// Changes the head, and with it, in one commit, begins the jobs that tell the contacts whom that concerns: each
    /// with what it does, over whom, and who asked for it.
    pub(crate) async fn change_head_with(
        &self,
        begins: &[(Task, Over, &str)],
        change: impl Fn(&mut Head) -> Result<(), AppError>,
    ) -> Result<Vec<JobId>, AppError> {
        let mut tried = Vec::new();
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
                return self.jobs_begun(tried).await;
            }
            next.number += 1;
            if next.number == 1 {
                self.begin_sweeping().await?;
            }
            let now = self.now();
            let jobs = begins.iter().enumerate().map(|(at, (task, over, by))| {
                let id = JobId::derive(now, &["head", &next.number.to_string(), &at.to_string()]);
                (id, Job::new(task.clone(), over.clone(), by, now))
            });
            let jobs: Vec<_> = jobs.collect();
            tried = jobs.iter().map(|(id, _)| id.clone()).collect();
            match self.repository.change_head(&next, &jobs).await {
                Ok(()) => return self.jobs_begun(tried).await,
                Err(TableError::Conflict(_) | TableError::Unknown(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::Unavailable("the definitions change too fast".to_owned()))
    }

    /// Changes the head if it still has this number; false if somebody else was faster, and nothing was changed.
    pub(crate) async fn change_head_at(
        &self,
        number: u64,
        change: impl Fn(&mut Head),
    ) -> Result<bool, AppError> {
        let changed = self.change_head(|head| {
            let before = head.clone();
            change(head);
            if *head != before && before.number != number {
                return Err(AppError::Conflict { code: OUTRUN, message: "changed meanwhile".to_owned() });
            }
            Ok(())
        });
        match changed.await {
            Ok(()) => Ok(true),
            Err(AppError::Conflict { code: OUTRUN, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The jobs that a change of the head began, if it did; they are announced.
    async fn jobs_begun(&self, tried: Vec<JobId>) -> Result<Vec<JobId>, AppError> {
        let mut begun = Vec::new();
        for id in tried {
            let Some((_, revision)) = self.repository.job(&id).await? else { continue };
            self.announce_job(&id, revision).await?;
            begun.push(id);
        }
        Ok(begun)
    }

    /// Sets the account's name, zone and sender. By another zone, waits are counted anew by a job if they are to move.
    pub async fn put_account(
        &self,
        account: Account,
        moves_waits: bool,
        by: &str,
    ) -> Result<Vec<JobId>, AppError> {
        if calendar::zone(&account.zone).is_none() {
            return Err(unknown_zone(&account.zone));
        }
        check_account(&account)?;
        let definitions = self.definitions().await?;
        let is_other = definitions.account.zone != account.zone;
        let mut begins = Vec::new();
        if is_other && moves_waits {
            begins.push((Task::MoveWaits { from: definitions.account.zone.clone() }, Over::All, by));
        }
        // By another zone, dates of contacts come round at other times, and so do those of workflows.
        if is_other && !definitions.dates.is_empty() {
            begins.push((Task::Look, Over::All, "account"));
        }
        let jobs = self
            .change_head_with(&begins, |head| {
                head.account = account.clone();
                Ok(())
            })
            .await?;
        if is_other {
            let workflows: BTreeSet<_> = definitions.schedules.values().map(|rule| &rule.workflow).collect();
            for workflow in workflows {
                self.run_schedules(workflow).await?;
            }
        }
        Ok(jobs)
    }

    /// Defines a form, or defines it anew.
    pub async fn put_form(&self, name: &str, form: &Form) -> Result<(), AppError> {
        check_form(name, form)?;
        let hash = self.put_hashed(form).await?;
        self.change_head(|head| {
            head.forms.insert(name.to_owned(), hash.clone());
            Ok(())
        })
        .await
    }

    /// Sets the members of a team: addresses, and names of colleagues.
    pub async fn put_team(&self, name: &str, members: &[String]) -> Result<(), AppError> {
        let addresses = team_members(name, members)?;
        self.change_head(|head| {
            known_members(&addresses, |user| head.users.contains_key(user))?;
            head.teams.insert(name.to_owned(), addresses.clone());
            Ok(())
        })
        .await
    }

    /// Says who a colleague is.
    pub async fn put_user(&self, name: &str, user: &User) -> Result<(), AppError> {
        let user = check_user(name, user)?;
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
        check_segment(name, &compiled.condition, &definitions)?;
        let same = definitions.segments.get(name).is_some_and(|known| known.version == compiled.version);
        let (now, by) = (self.now(), format!("segment:{name}"));
        let look = (!same).then_some((Task::Look, Over::All, by.as_str()));
        let jobs = self
            .change_head_with(look.as_slice(), |head| {
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
            .await?;
        Ok(jobs.into_iter().next())
    }

    pub(crate) async fn put_hashed<T: serde::Serialize>(&self, value: &T) -> Result<String, AppError> {
        let text = serde_json::to_string(value).map_err(|error| AppError::Unavailable(error.to_string()))?;
        let hash = base32(&digest(&["definition", &text]), 30);
        self.repository.put_definition(&hash, &text).await?;
        Ok(hash)
    }
}

/// Whether an account can have these settings.
fn check_account(account: &Account) -> Result<(), AppError> {
    if !calendar::country::is_country(&account.country) {
        let message = format!("`{}` is no country's code of two letters, such as IT", account.country);
        return Err(AppError::invalid("country", "country.unknown", message));
    }
    check_currency("currency", &account.currency)?;
    let stages = &account.lifecycle_stages;
    let fits = |stage: &str| {
        (1..=limits::NAME_BYTES).contains(&stage.len())
            && !stage.contains(char::is_control)
            && stage.trim() == stage
    };
    let once: BTreeSet<String> = stages.iter().map(|stage| stage.to_lowercase()).collect();
    if !(1..=limits::LIFECYCLE_STAGES).contains(&stages.len())
        || once.len() < stages.len()
        || !stages.iter().all(|stage| fits(stage))
    {
        let message = format!(
            "there are 1 to {} stages, each a line of its own of 1 to {} bytes",
            limits::LIFECYCLE_STAGES,
            limits::NAME_BYTES
        );
        return Err(AppError::invalid("lifecycle_stages", "lifecycle.stages", message));
    }
    Ok(())
}

/// Whether a text is a currency's code.
pub(crate) fn check_currency(field: &str, code: &str) -> Result<(), AppError> {
    if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(());
    }
    let message = format!("`{code}` is no currency's code of three letters, such as EUR");
    Err(AppError::invalid(field, "currency.unknown", message))
}

/// Whether a form can be defined so.
pub(crate) fn check_form(name: &str, form: &Form) -> Result<(), AppError> {
    check_name("form", name)?;
    for (at, field) in form.fields.iter().enumerate() {
        if let Some(to) = field.to.as_deref().filter(|to| !fields::is_name(to)) {
            let message = format!("`{to}` is no field name: a-z, digits and _ only");
            return Err(AppError::invalid(format!("fields[{at}].to"), "field.name", message));
        }
    }
    let identified = form.fields.iter().any(|field| matches!(field.to.as_deref(), Some("email" | "phone")));
    if !identified {
        return Err(AppError::invalid(
            "fields",
            "form.identity",
            "a form needs a field that goes `to` email or phone",
        ));
    }
    let by_email = form.fields.iter().any(|field| field.to.as_deref() == Some("email") && field.required);
    if form.double_opt_in && !by_email {
        let message = "with double opt-in the form needs a required field that goes `to` email: the link to confirm is mailed";
        return Err(AppError::invalid("double_opt_in", "form.double_opt_in", message));
    }
    if let Some(redirect) = form.redirect.as_deref().filter(|redirect| !fields::is_web_address(redirect)) {
        return Err(AppError::invalid(
            "redirect",
            "form.redirect",
            format!("`{redirect}` is no https:// address"),
        ));
    }
    Ok(())
}

/// The members of a team: addresses, and names of colleagues.
pub(crate) fn team_members(name: &str, members: &[String]) -> Result<Vec<String>, AppError> {
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
        if !member.contains('@') {
            check_name("user", member)?;
            addresses.push(member.clone());
            continue;
        }
        let field = format!("emails[{at}]");
        let address = fields::email(member).ok_or_else(|| {
            AppError::invalid(field, "email.unreadable", format!("`{member}` is not an e-mail address"))
        })?;
        addresses.push(address);
    }
    Ok(addresses)
}

/// Refuses a team with a member who is no colleague.
pub(crate) fn known_members(members: &[String], is_user: impl Fn(&str) -> bool) -> Result<(), AppError> {
    let unknown = members.iter().find(|member| !member.contains('@') && !is_user(member));
    unknown.map_or(Ok(()), |member| {
        let message = format!(
            "`{member}` is no colleague; say who that is, with PUT /v1/users/{member}, or name an address"
        );
        Err(AppError::invalid("users", "user.unknown", message))
    })
}

pub(crate) fn check_rings(head: &Head) -> Result<(), AppError> {
    if head.rings.len() <= limits::RINGS {
        return Ok(());
    }
    let message =
        format!("all workflows and segments together count at most {} sorts of events", limits::RINGS);
    Err(AppError::Conflict { code: "too_many_rings", message })
}

/// A segment that leads back to itself would have no members.
pub(crate) fn check_segment(
    name: &str,
    condition: &Predicate,
    definitions: &Definitions,
) -> Result<(), AppError> {
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
    let unknown = condition.deals().iter().find_map(|named| named.unknown(&definitions.pipelines));
    match unknown.filter(|_| !definitions.pipelines.is_empty()) {
        Some((_, message)) => Err(AppError::invalid("who", "pipeline.unknown", message)),
        None => Ok(()),
    }
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

/// Whether a text can be the type of an event.
pub fn is_event_type(text: &str) -> bool {
    event::is_kind(text)
}
