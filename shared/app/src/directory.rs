//! How contacts are enumerated: page by page, each verified against its own rows.

use flusso_engine::contact::Contact;
use flusso_store::keys::directory::SHARDS;
use flusso_store::repository::Listed;
use futures_util::future::try_join_all;

use crate::{App, AppError};

impl App {
    /// All contacts, one page, in no order that means anything but the same every time.
    pub async fn contacts(&self, cursor: Option<&str>, limit: usize) -> Result<Listed<Contact>, AppError> {
        let (mut shard, mut inner) = cursor.map_or(Ok((0, None)), read_cursor)?;
        let mut items = Vec::new();
        while shard < SHARDS && items.len() < limit {
            let page = self.repository.directory(shard, inner.take(), limit - items.len()).await?;
            let contacts = page.items.iter().map(|(id, _)| self.repository.contact(id));
            let contacts = try_join_all(contacts).await?;
            items.extend(contacts.into_iter().filter(|contact| !contact.is_unborn()));
            inner = page.cursor;
            if inner.is_none() {
                shard += 1;
            }
        }
        let cursor = (shard < SHARDS).then(|| format!("{shard:02x}{}", inner.unwrap_or_default()));
        Ok(Listed { items, cursor })
    }
}

/// The shard, and where to go on in it.
fn read_cursor(cursor: &str) -> Result<(u8, Option<String>), AppError> {
    let broken = || AppError::invalid("cursor", "cursor.unreadable", "give the `cursor` of the page before");
    let (shard, inner) = cursor.split_at_checked(2).ok_or_else(broken)?;
    let shard = u8::from_str_radix(shard, 16).map_err(|_| broken())?;
    Ok((shard, (!inner.is_empty()).then(|| inner.to_owned())))
}
