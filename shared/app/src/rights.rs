//! What keys and people may do: scopes, and roles, which are sets of them. Which scope a request needs is the door's to say.

use std::collections::BTreeSet;

use flusso_engine::colleague::Role;
use flusso_store::keys::api_key::EVERYTHING;

use crate::{App, AppError};

/// Every scope that there is; `*` is all of them, and those that come later.
pub const SCOPES: [&str; 19] = [
    "contacts:read",
    "contacts:write",
    "contacts:erase",
    "enrollments:write",
    "events:write",
    "workflows:read",
    "workflows:write",
    "definitions:read",
    "definitions:write",
    "code:read",
    "code:write",
    "users:read",
    "users:write",
    "keys:read",
    "keys:write",
    "secrets:read",
    "operations:read",
    "operations:write",
    "restore:write",
];
/// What only an owner may do.
const OWNERS: [&str; 4] = ["users:write", "keys:write", "secrets:read", "restore:write"];
/// What somebody may change who works with contacts.
const OPERATORS: [&str; 3] = ["contacts:write", "enrollments:write", "events:write"];

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights(BTreeSet<String>);

impl Rights {
    /// All of it, whatever there will be.
    pub fn everything() -> Self {
        Self(BTreeSet::from([EVERYTHING.to_owned()]))
    }

    /// What a role may do.
    pub fn of(role: Role) -> Self {
        let may = |scope: &str| match role {
            Role::Owner => true,
            Role::Manager => !OWNERS.contains(&scope),
            Role::Operator => OPERATORS.contains(&scope) || is_reading(scope),
            Role::ReadOnly => is_reading(scope),
        };
        match role {
            Role::Owner => Self::everything(),
            _ => Self(SCOPES.into_iter().filter(|scope| may(scope)).map(str::to_owned).collect()),
        }
    }

    /// Those that were asked for by name.
    ///
    /// # Errors
    /// There is none, or one of them is no scope.
    pub fn asked(scopes: &[String]) -> Result<Self, AppError> {
        if scopes.is_empty() {
            let message = "name at least one scope; without `scopes` it is everything";
            return Err(AppError::invalid("scopes", "scope.none", message));
        }
        if scopes.iter().any(|scope| scope == EVERYTHING) {
            return Ok(Self::everything());
        }
        let unknown = scopes.iter().position(|scope| !SCOPES.contains(&scope.as_str()));
        if let Some(at) = unknown {
            let message = format!(
                "`{}` is no scope; there are {}, and * for all of them",
                scopes[at],
                SCOPES.join(", ")
            );
            return Err(AppError::invalid(format!("scopes[{at}]"), "scope.unknown", message));
        }
        Ok(Self(scopes.iter().cloned().collect()))
    }

    /// As they are stored with a key.
    pub fn stored(scopes: &BTreeSet<String>) -> Self {
        Self(scopes.clone())
    }

    /// Whether that may be done which needs this scope; what needs none that is known may be done by those who may do
    /// everything.
    pub fn allow(&self, scope: &str) -> bool {
        self.0.contains(EVERYTHING) || (scope != EVERYTHING && self.0.contains(scope))
    }

    /// Whether they hold all of the others: nobody gives what they have not got.
    pub fn cover(&self, others: &Self) -> bool {
        others.0.iter().all(|scope| self.allow(scope))
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub(crate) fn to_store(&self) -> BTreeSet<String> {
        self.0.clone()
    }
}

/// Reading what is not for owners alone.
fn is_reading(scope: &str) -> bool {
    scope.ends_with(":read") && !OWNERS.contains(&scope)
}

/// Somebody who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name under which they are known.
    pub name: String,
    /// What they are here.
    pub role: Role,
}

impl App {
    /// Who signs in with a verified address; none if nobody of ours. While there is no owner, whoever has the address
    /// `first_owner` is one.
    pub async fn person(&self, email: &str, first_owner: Option<&str>) -> Result<Option<Person>, AppError> {
        let users = self.users().await?;
        let theirs = users.iter().filter(|(_, user)| user.email.eq_ignore_ascii_case(email));
        // Of several with one address, the one who may do least.
        let known = theirs.max_by_key(|(_, user)| user.role);
        let has_owner = users.iter().any(|(_, user)| user.role == Role::Owner);
        let is_first = !has_owner && first_owner.is_some_and(|first| first.eq_ignore_ascii_case(email));
        Ok(match known {
            Some((name, user)) => {
                Some(Person { name: name.clone(), role: if is_first { Role::Owner } else { user.role } })
            }
            None => is_first.then(|| Person { name: "owner".to_owned(), role: Role::Owner }),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::*;

    #[test]
    fn a_role_may_do_all_that_a_lesser_one_may() {
        for pair in Role::ALL.windows(2) {
            let (more, less) = (Rights::of(pair[0]), Rights::of(pair[1]));
            assert!(more.cover(&less) && !less.cover(&more), "{pair:?}");
        }
    }

    #[test]
    fn everything_is_more_than_all_there_is() {
        let all = Rights::asked(&SCOPES.map(str::to_owned)).unwrap();
        assert!(Rights::everything().cover(&all) && !all.cover(&Rights::everything()));
        assert!(!all.allow("*") && !all.allow("later:write") && Rights::everything().allow("later:write"));
        assert_eq!(Rights::asked(&["*".to_owned()]), Ok(Rights::everything()));
        assert!(Rights::asked(&[]).is_err(), "a list without any is not everything");
        assert!(Rights::asked(&["contacts".to_owned()]).is_err());
    }
}
