//! The people behind a number, newest first.

use std::collections::BTreeMap;

use flusso_engine::contact::Contact;
use flusso_engine::ids::{ContactId, WorkflowId};
use flusso_store::repository::{Happened, Listed, Wanted};
use futures_util::future::try_join_all;

use crate::{App, AppError};

impl App {
    /// What was counted in a workflow, newest first, one page, each with its contact as it is now: the one that stayed
    /// where it was merged, none where it was erased.
    pub async fn counted(
        &self,
        id: &str,
        wanted: Wanted<'_>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<(Happened, Option<Contact>)>, AppError> {
        self.workflow(id).await?;
        if cursor.is_some_and(|cursor| !cursor.contains('~')) {
            let message = "give the `cursor` of the page before";
            return Err(AppError::invalid("cursor", "cursor.unreadable", message));
        }
        let page = self.repository.journal(&WorkflowId::new(id), &wanted, cursor, limit).await?;
        let mut ids: Vec<ContactId> = page.items.iter().map(|happened| happened.contact.clone()).collect();
        ids.sort();
        ids.dedup();
        let contacts = try_join_all(ids.iter().map(|id| self.repository.contact(id))).await?;
        let known: BTreeMap<ContactId, Contact> = ids.into_iter().zip(contacts).collect();
        let with = |happened: Happened| {
            let contact = known.get(&happened.contact).filter(|contact| contact.is_there()).cloned();
            (happened, contact)
        };
        Ok(Listed { items: page.items.into_iter().map(with).collect(), cursor: page.cursor })
    }
}
