//! How contacts are enumerated: page by page, each verified against its own rows.

use flusso_engine::contact::Contact;
use flusso_store::keys::job::{Cursor, Over};
use flusso_store::repository::Listed;

use crate::{App, AppError};

impl App {
    /// All contacts, one page, in no order that means anything but the same every time.
    pub async fn contacts(&self, cursor: Option<&str>, limit: usize) -> Result<Listed<Contact>, AppError> {
        self.contacts_over(&Over::All, cursor, limit).await
    }

    /// Those of all contacts that are meant, one page.
    pub(crate) async fn contacts_over(
        &self,
        over: &Over,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Contact>, AppError> {
        let mut place = Some(cursor.map_or(Ok(Cursor::default()), read_cursor)?);
        let mut items = Vec::new();
        while let Some(from) = place.clone().filter(|_| items.len() < limit) {
            let (some, next) = self.repository.walk(over, &from, limit - items.len()).await?;
            let contacts = self.repository.contacts_themselves(&some).await?;
            items.extend(contacts.into_iter().filter(|contact| contact.is_there() && over.has(contact)));
            place = next;
        }
        Ok(Listed { items, cursor: place.map(written_cursor) })
    }
}

/// A place among all contacts, as a cursor says it.
pub(crate) fn written_cursor(place: Cursor) -> String {
    format!("{:02x}{}", place.shard, place.after.unwrap_or_default())
}

pub(crate) fn read_cursor(cursor: &str) -> Result<Cursor, AppError> {
    let broken = || AppError::invalid("cursor", "cursor.unreadable", "give the `cursor` of the page before");
    let (shard, inner) = cursor.split_at_checked(2).ok_or_else(broken)?;
    let shard = u8::from_str_radix(shard, 16).map_err(|_| broken())?;
    Ok(Cursor { shard, after: (!inner.is_empty()).then(|| inner.to_owned()) })
}
