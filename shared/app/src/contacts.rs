//! Contacts that somebody makes or changes by hand: checked, applied, and there when it is answered.

use std::collections::BTreeMap;

use flusso_engine::contact::Contact;
use flusso_engine::contact::identity::Identity;
use flusso_engine::definitions::Account;
use flusso_engine::event::Event;
use flusso_engine::ids::ContactId;
use serde_json::{Map, Value};

use crate::accept::{EventDraft, body_hash, read_event};
use crate::events::identities_of;
use crate::hand::deleted;
use crate::{App, AppError};

/// What is said of a contact when somebody saves it.
pub const SAVED: &str = "contact.saved";

/// How the id of the event begins when the request had a key.
const KEYED: &str = "save-";

/// What somebody says of a contact.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saving {
    /// Fields by name; null clears one.
    pub fields: Map<String, Value>,
    /// Ids in other systems.
    pub external: BTreeMap<String, String>,
}

impl App {
    /// Makes a contact. One that has the same address, number or id elsewhere is a conflict that names it.
    pub async fn create_contact(
        &self,
        saving: Saving,
        by: &str,
        key: Option<&str>,
    ) -> Result<Contact, AppError> {
        let id = key.map_or_else(|| self.ports.tokens.token(), |key| format!("{KEYED}{key}"));
        let contact = ContactId::derive(by, &id);
        if self.repository.contact(&contact).await?.is_there() {
            // The same request, once more.
            return self.contact(contact.as_str()).await;
        }
        self.save(&contact, saving, by, id).await
    }

    /// Changes what is known of a contact.
    pub async fn update_contact(
        &self,
        contact: &str,
        saving: Saving,
        by: &str,
        key: Option<&str>,
    ) -> Result<Contact, AppError> {
        let contact = self.contact(contact).await?;
        if contact.is_deleted() {
            return Err(deleted(&contact));
        }
        let id = key.map_or_else(|| self.ports.tokens.token(), |key| format!("{KEYED}{key}"));
        self.save(&contact.id, saving, by, id).await
    }

    async fn save(
        &self,
        contact: &ContactId,
        saving: Saving,
        by: &str,
        id: String,
    ) -> Result<Contact, AppError> {
        let cleared: Vec<String> =
            saving.fields.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name.clone()).collect();
        let draft = EventDraft {
            kind: SAVED.to_owned(),
            contact_id: Some(contact.to_string()),
            fields: saving.fields,
            external: saving.external,
            ..EventDraft::default()
        };
        let definitions = self.definitions().await?;
        let (_, mut event) = read_event(draft, "", &by.into(), id, self.now(), Some(&definitions))?;
        event.fields.extend(cleared.into_iter().map(|name| (name, Value::Null)));
        self.refuse_reused(contact, &event).await?;
        self.refuse_taken(&definitions.account, contact, &event).await?;
        self.apply_now(contact, &event).await?;
        self.contact(contact.as_str()).await
    }

    /// Whoever names two requests alike is told, rather than have the second one do nothing.
    async fn refuse_reused(&self, contact: &ContactId, event: &Event) -> Result<(), AppError> {
        let Some(key) = event.id.strip_prefix(KEYED) else { return Ok(()) };
        let (receipts, _) = self.repository.lookup(&[(event.source.clone(), event.id.clone())], &[]).await?;
        let Some(receipt) = receipts.into_iter().flatten().next() else { return Ok(()) };
        let first = self.repository.contact(&receipt.contact).await?.id;
        if first == *contact && receipt.body_hash == body_hash(event) {
            return Ok(());
        }
        let message =
            format!("the Idempotency-Key `{key}` was used for something else; give each request its own");
        Err(AppError::Conflict { code: "id_reused", message })
    }

    /// Whoever saves a contact is told that another one has its address, rather than have the field left out.
    async fn refuse_taken(
        &self,
        account: &Account,
        contact: &ContactId,
        event: &Event,
    ) -> Result<(), AppError> {
        let stated = identities_of(account, event);
        let (_, owners) = self.repository.lookup(&[], &stated).await?;
        for (identity, owner) in stated.iter().zip(owners) {
            let by_address = matches!(identity, Identity::Email(_) | Identity::Phone(_));
            let Some(owner) = owner.filter(|_| !(account.duplicates && by_address)) else { continue };
            let there = self.repository.contact(&owner).await?;
            if there.id != *contact {
                let kind = identity.kind();
                let then = if there.is_deleted() { "it is deleted: restore" } else { "change" };
                let message =
                    format!("the contact {owner} has this {kind} already; {then} that one, or merge the two");
                return Err(AppError::Conflict { code: "contact.exists", message });
            }
        }
        Ok(())
    }
}
