//! The chain of a contact's records, and what erasing a contact removes. A link is the digest of the link before it and of
//! the record's own digest, into which a salt is mixed that goes with the record: what is left of a record that was erased
//! tells nothing, and the chain still holds (P12).

use std::collections::BTreeMap;

use flusso_engine::ids::{ContactId, base32, digest};
use flusso_engine::timeline::Entry;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::Repository;
use crate::codec::{row, value};
use crate::keys::parked::{self, ParkedRow};
use crate::keys::timeline::{ERASED, PREFIX, Records, TimelineRow};
use crate::keys::{contact_partition, directory, profile, state, visit};
use crate::table::{Key, List, Row, TableError, When};

/// Letters of a digest: 200 bits.
const LETTERS: usize = 40;

/// The salted digest of a record, as it is written.
pub fn digest_of(entry: &Entry) -> String {
    digest_of_text(&serde_json::to_string(entry).unwrap_or_default())
}

fn digest_of_text(text: &str) -> String {
    base32(&digest(&["record", text]), LETTERS)
}

/// A record as it stands in a row, to the letter: whatever is changed in it shows.
#[derive(Deserialize)]
struct Written {
    revision: u64,
    #[serde(default)]
    salt: String,
}

/// The digest that is kept of a record: none of one without a salt, which could be guessed.
fn kept_digest(text: &RawValue) -> Result<(u64, String), TableError> {
    let unreadable = |error: serde_json::Error| TableError::Unavailable(format!("a record: {error}"));
    let written: Written = serde_json::from_str(text.get()).map_err(unreadable)?;
    let digest = if written.salt.is_empty() { String::new() } else { digest_of_text(text.get()) };
    Ok((written.revision, digest))
}

/// A row of records as it is written.
enum WrittenRecords {
    Erased { erased: Vec<(u64, String)> },
    Several(Vec<Box<RawValue>>),
}

/// What is left of erased records.
#[derive(Deserialize)]
struct Erased {
    erased: Vec<(u64, String)>,
}

/// The row of a state, as far as it carries records.
#[derive(Deserialize)]
struct WrittenState {
    #[serde(default)]
    entries: Vec<Box<RawValue>>,
}

/// What is written in a row, past its format.
fn written<T: DeserializeOwned>(row: &Row) -> Result<T, TableError> {
    #[derive(Deserialize)]
    struct Stored<T> {
        v: T,
    }
    let stored: Result<Stored<T>, _> = serde_json::from_slice(&row.body);
    stored.map(|stored| stored.v).map_err(|error| TableError::Unavailable(format!("{:?}: {error}", row.key)))
}

/// The link that follows a link, by the digest of its record.
pub fn next_link(before: Option<&str>, digest_of_record: &str) -> String {
    base32(&digest(&["link", before.unwrap_or_default(), digest_of_record]), LETTERS)
}

/// How many rows were removed, by their kind.
pub type Removed = BTreeMap<&'static str, u64>;

impl Repository {
    /// Removes what is stored in a contact's partition besides the row that says that it is no more. Of its records the
    /// digests stay. Doing it again removes what was put meanwhile.
    pub async fn erase_partition(&self, contact: &ContactId) -> Result<Removed, TableError> {
        let mut removed = Removed::new();
        let kept = [state::key(contact), profile::key(contact)];
        let mut list = List::all(contact_partition(contact), 100);
        loop {
            let page = self.table.list(&list).await?;
            let (mut puts, mut gone) = (Vec::new(), Vec::new());
            for found in page.rows.into_iter().filter(|found| !kept.contains(&found.key)) {
                if !found.key.sort.starts_with(PREFIX) {
                    *removed.entry("messages").or_default() += 1;
                    gone.push((found.key, When::Any));
                    continue;
                }
                let WrittenRecords::Several(records) = records_of(&found)? else { continue };
                *removed.entry("records").or_default() += records.len() as u64;
                let erased = records.iter().map(|text| kept_digest(text)).collect::<Result<_, _>>()?;
                puts.push((row::<TimelineRow>(found.key, ERASED, &Records::Erased { erased })?, When::Any));
            }
            if !puts.is_empty() {
                self.table.put_all(puts).await?;
            }
            if !gone.is_empty() {
                self.table.remove_all(gone).await?;
            }
            match page.cursor {
                Some(cursor) => list.cursor = Some(cursor),
                None => break,
            }
        }
        // Whoever came late may have put it for a commit that did not come about.
        self.table.remove_all(vec![(directory::key(contact), When::Any)]).await?;
        Ok(removed)
    }

    /// Removes parked messages that name one of these texts: ids, addresses, numbers.
    pub async fn erase_parked(&self, named: &[String]) -> Result<Removed, TableError> {
        let rows = self.all(List::all(parked::PARTITION, 100)).await?;
        let mut gone: Vec<(Key, When)> = Vec::new();
        for found in rows {
            let message = value::<ParkedRow>(&found)?.message.to_lowercase();
            if named.iter().any(|name| message.contains(&name.to_lowercase())) {
                gone.push((found.key, When::Any));
            }
        }
        let removed = Removed::from([("parked", gone.len() as u64)]);
        if !gone.is_empty() {
            self.table.remove_all(gone).await?;
        }
        Ok(removed)
    }

    /// Removes the visits of browsers.
    pub async fn erase_visits(&self, visitors: &[String]) -> Result<Removed, TableError> {
        let mut gone: Vec<(Key, When)> = Vec::new();
        for visitor in visitors {
            let rows = self.all(List::all(visit::partition(visitor), 100)).await?;
            gone.extend(rows.into_iter().map(|row| (row.key, When::Any)));
        }
        let removed = Removed::from([("visits", gone.len() as u64)]);
        for some in gone.chunks(100) {
            self.table.remove_all(some.to_vec()).await?;
        }
        Ok(removed)
    }

    /// The digests of a contact's own records, the oldest first, each with its revision: of those that are there and of
    /// those that were erased.
    pub async fn digests(&self, contact: &ContactId) -> Result<Vec<(u64, String)>, TableError> {
        let mut found = BTreeMap::new();
        for row in self.all(List::all(contact_partition(contact), 100).with_prefix(PREFIX)).await? {
            match records_of(&row)? {
                WrittenRecords::Erased { erased } => found.extend(erased),
                WrittenRecords::Several(texts) => {
                    for text in texts {
                        found.extend([kept_digest(&text)?]);
                    }
                }
            }
        }
        if let Some(row) = self.table.get(&[state::key(contact)]).await?.into_iter().flatten().next() {
            for text in written::<WrittenState>(&row)?.entries {
                found.extend([kept_digest(&text)?]);
            }
        }
        Ok(found.into_iter().collect())
    }
}

/// The records of a row as they are written.
fn records_of(row: &Row) -> Result<WrittenRecords, TableError> {
    let text: Box<RawValue> = written(row)?;
    // A row of the first format is one record.
    if text.get().starts_with('[') {
        return written(row).map(WrittenRecords::Several);
    }
    match written::<Erased>(row) {
        Ok(Erased { erased }) => Ok(WrittenRecords::Erased { erased }),
        Err(_) => Ok(WrittenRecords::Several(vec![text])),
    }
}
