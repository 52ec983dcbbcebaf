//! How contacts are enumerated: page by page, each verified against its own rows.

use flusso_engine::contact::Contact;
use flusso_engine::contact::hidden::Hidden;
use flusso_store::keys::job::{Cursor, Over};
use flusso_store::repository::Listed;

use crate::{App, AppError};

/// Which contacts a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Those that are neither put away nor deleted.
    Active,
    /// Those that were put away.
    Archived,
    /// Those that were deleted and may be restored.
    Deleted,
}

/// How many contacts are read for a page, for each that it may hold: where few are meant, a page may be short.
const READ: usize = 20;

impl App {
    /// All contacts, one page, in no order that means anything but the same every time.
    pub async fn contacts(&self, cursor: Option<&str>, limit: usize) -> Result<Listed<Contact>, AppError> {
        self.contacts_over(&Over::All, |_| true, cursor, limit).await
    }

    /// Those that are shown, that were put away, or that were deleted and may be restored, one page.
    pub async fn contacts_that(
        &self,
        standing: Shown,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Contact>, AppError> {
        let is_meant = |contact: &Contact| {
            standing
                == match contact.state.hidden {
                    None => Shown::Active,
                    Some(Hidden::Archived { .. }) => Shown::Archived,
                    Some(Hidden::Deleted { .. }) => Shown::Deleted,
                }
        };
        self.contacts_over(&Over::All, is_meant, cursor, limit).await
    }

    /// Those of all contacts that are meant, one page.
    pub(crate) async fn contacts_over(
        &self,
        over: &Over,
        is_meant: impl Fn(&Contact) -> bool + Send,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Contact>, AppError> {
        let mut place = Some(cursor.map_or(Ok(Cursor::default()), read_cursor)?);
        let (mut items, mut left) = (Vec::new(), limit * READ);
        while let Some(from) = place.clone().filter(|_| items.len() < limit && left > 0) {
            let (some, next) = self.repository.walk(over, &from, limit - items.len()).await?;
            left = left.saturating_sub(some.len().max(1));
            let contacts = self.repository.contacts_themselves(&some).await?.into_iter();
            items.extend(contacts.filter(|one| one.is_there() && is_meant(one) && over.has(one)));
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
