//! Filters: who fulfils a condition at this moment, looked up among all contacts and kept nowhere.

use flusso_engine::condition::{Predicate, Scope, Truth};
use flusso_engine::contact::Contact;
use flusso_engine::definitions::Definitions;
use flusso_engine::segment;
use flusso_engine::time::{Instant, Millis};
use flusso_store::keys::job::Over;

use crate::define::check_segment;
use crate::{App, AppError};

/// Contacts that are read at once.
const AT_ONCE: usize = 500;
/// Contacts that one call looks at, at most.
const SEEN: u64 = 20_000;
/// A call that has lasted so long ends: far below the time that a function has for an answer.
const LASTS: Millis = Millis::seconds(8);

/// Who fulfils a condition, as far as one call has looked.
#[derive(Clone, Debug, Default)]
pub struct Filtered {
    /// How many contacts were looked at.
    pub seen: u64,
    /// How many of them fulfil it.
    pub matches: u64,
    /// Of how many nobody knows: it counts what is not counted yet.
    pub unknown: u64,
    /// The first of those who fulfil it.
    pub items: Vec<Contact>,
    /// Where to go on; none when everybody was looked at.
    pub cursor: Option<String>,
}

/// A condition that was read and can be asked.
pub(crate) struct Filter(Predicate);

impl Filter {
    pub(crate) fn read(source: &str, definitions: &Definitions) -> Result<Self, AppError> {
        let compiled = segment::compile(source).map_err(AppError::Problems)?;
        check_segment("", &compiled.condition, definitions)?;
        Ok(Self(compiled.condition))
    }

    pub(crate) fn asks(&self, contact: &Contact, definitions: &Definitions, now: Instant) -> Truth {
        let scope = Scope {
            contact,
            now,
            zone: &definitions.zone,
            event: None,
            rings: &definitions.rings,
            segments: &definitions.segments,
            enrollment: None,
        };
        self.0.eval(&scope).truth
    }
}

impl App {
    /// Looks who fulfils the condition of a segment that nobody has saved, from a place on.
    pub async fn filter(&self, source: &str, from: Option<&str>, most: usize) -> Result<Filtered, AppError> {
        let definitions = self.definitions().await?;
        let filter = Filter::read(source, &definitions)?;
        let now = self.now();
        let mut filtered = Filtered { cursor: from.map(str::to_owned), ..Filtered::default() };
        loop {
            let page = self
                .contacts_over(&Over::All, Contact::is_shown, filtered.cursor.as_deref(), AT_ONCE)
                .await?;
            filtered.cursor = page.cursor;
            for contact in page.items {
                filtered.seen += 1;
                match filter.asks(&contact, &definitions, now) {
                    Truth::Yes => {
                        filtered.matches += 1;
                        if filtered.items.len() < most {
                            filtered.items.push(contact);
                        }
                    }
                    Truth::Unknown => filtered.unknown += 1,
                    Truth::No => {}
                }
            }
            if filtered.cursor.is_none() || filtered.seen >= SEEN || self.now().since(now) > LASTS {
                return Ok(filtered);
            }
        }
    }
}
