//! Colleagues: what may be said of them, and when one can be dropped.

use flusso_engine::calendar;
use flusso_engine::contact::fields;
use flusso_engine::contact::send::Via;
use flusso_engine::definitions::{Definitions, User};
use flusso_engine::limits;

use crate::define::check_name;
use crate::workflows::preview::unknown_zone;
use crate::{App, AppError};

impl App {
    /// Drops a colleague whom nothing names; contacts who were given to them stay as they are.
    pub async fn delete_user(&self, name: &str) -> Result<(), AppError> {
        let definitions = self.definitions().await?;
        if !definitions.users.contains_key(name) {
            return Err(AppError::NotFound { what: "user", id: name.to_owned() });
        }
        let uses = uses(name, &definitions);
        if !uses.is_empty() {
            let message =
                format!("the colleague `{name}` is named by {}; take them out there first", uses.join(", "));
            return Err(AppError::Conflict { code: "user_used", message });
        }
        self.change_head(|head| {
            head.users.remove(name);
            Ok(())
        })
        .await
    }
}

/// What names a colleague.
fn uses(name: &str, definitions: &Definitions) -> Vec<String> {
    let workflows = definitions.workflows.iter().filter(|(_, active)| {
        let mut owners = active.program.steps.iter().flat_map(|def| def.step.owners());
        owners.any(|(owner, _)| &*owner == name)
    });
    let teams =
        definitions.teams.iter().filter(|(_, members)| members.iter().any(|member| &**member == name));
    let teams = teams.map(|(team, _)| format!("the team `{team}`"));
    workflows.map(|(id, _)| format!("the workflow `{id}`")).chain(teams).collect()
}

/// A colleague, with address, number and zone as they are kept.
pub(crate) fn check_user(name: &str, user: &User) -> Result<User, AppError> {
    check_name("user", name)?;
    let email = fields::email(&user.email).ok_or_else(|| {
        AppError::invalid("email", "email.unreadable", format!("`{}` is not an e-mail address", user.email))
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
    let zone = match user.zone.as_deref() {
        None => None,
        Some(zone) => {
            let known = calendar::zone(zone).ok_or_else(|| unknown_zone(zone))?;
            Some(known.iana_name().unwrap_or(zone).into())
        }
    };
    let quiet = user.quiet.as_ref().map_or(0, |quiet| quiet.to_string().len());
    if quiet > limits::QUIET_HOURS_BYTES {
        let message = format!("quiet hours take at most {} bytes", limits::QUIET_HOURS_BYTES);
        return Err(AppError::invalid("quiet_hours", "quiet_hours.size", message));
    }
    if let Some(via) = user.channels.iter().find(|via| !matches!(via, Via::Email | Via::Sms)) {
        let message = format!("colleagues are told by email or sms, not by {via}");
        return Err(AppError::invalid("channels", "channel.unknown", message));
    }
    if user.channels.contains(&Via::Sms) && phone.is_none() {
        let message = "to be told by sms they need a `phone`";
        return Err(AppError::invalid("channels", "channel.no_phone", message));
    }
    Ok(User { email: email.into(), phone: phone.map(Into::into), zone, ..user.clone() })
}
