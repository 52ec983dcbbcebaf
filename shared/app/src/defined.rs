//! Reading what the account has defined, as it was put.

use std::sync::Arc;

use flusso_engine::definitions::{Account, Form, User};

use crate::{App, AppError};

impl App {
    /// The account's settings.
    pub async fn account(&self) -> Result<Account, AppError> {
        Ok(self.repository.head().await?.account)
    }

    /// A form by its name.
    pub async fn form(&self, name: &str) -> Result<Arc<Form>, AppError> {
        let found = self.definitions().await?.forms.get(name).cloned();
        found.ok_or_else(|| AppError::NotFound { what: "form", id: name.to_owned() })
    }

    /// All forms by name.
    pub async fn forms(&self) -> Result<Vec<(Arc<str>, Arc<Form>)>, AppError> {
        let definitions = self.definitions().await?;
        Ok(definitions.forms.iter().map(|(name, form)| (name.clone(), form.clone())).collect())
    }

    /// The members of a team: addresses, and names of colleagues.
    pub async fn team(&self, name: &str) -> Result<Vec<String>, AppError> {
        let mut head = self.repository.head().await?;
        head.teams.remove(name).ok_or_else(|| AppError::NotFound { what: "team", id: name.to_owned() })
    }

    /// A colleague.
    pub async fn user(&self, name: &str) -> Result<User, AppError> {
        let mut head = self.repository.head().await?;
        head.users.remove(name).ok_or_else(|| AppError::NotFound { what: "user", id: name.to_owned() })
    }

    /// All colleagues by name.
    pub async fn users(&self) -> Result<Vec<(String, User)>, AppError> {
        Ok(self.repository.head().await?.users.into_iter().collect())
    }

    /// The names of all teams.
    pub async fn team_names(&self) -> Result<Vec<String>, AppError> {
        Ok(self.repository.head().await?.teams.into_keys().collect())
    }
}
