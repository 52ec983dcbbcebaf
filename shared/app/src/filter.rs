//! Filters: who fulfils a condition at this moment, looked up among all contacts and kept nowhere.

use flusso_engine::condition::{Facets, Predicate, Scope, Truth};
use flusso_engine::contact::Contact;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{ContactId, JobId};
use flusso_engine::segment;
use flusso_engine::time::{Instant, Millis};
use flusso_store::keys::directory::SHARDS;
use flusso_store::keys::job::{Cursor, Job, Over, Task};

use crate::cost::{Prices, Usage};
use crate::define::check_segment;
use crate::directory::{read_cursor, written_cursor};
use crate::{App, AppError};

/// Contacts that are read at once.
pub(crate) const AT_ONCE: usize = 1_000;
/// Contacts that one call looks at, at most, where each look is paid for.
pub(crate) const SEEN: u64 = 20_000;
/// Bytes of a condition: the row of a job has it.
const MOST_BYTES: usize = 64 * 1024;
/// Read units of a row of the directory, which is read with many others.
const LISTED: f64 = 0.05;
/// Contacts that a chunk of a job looks at, and those of one round trip to the table.
const A_CHUNK: f64 = 4_000.0;
const A_ROUND_TRIP: f64 = 100.0;
/// By whose prices it is estimated: most regions' are within a third of them.
const REGION: &str = "us-east-1";
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
    /// What a job would have to do that looks at everybody, if the first look did not.
    pub rest: Option<Rest>,
}

/// What looking at everybody takes, about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// How many contacts there are.
    pub contacts: u64,
    /// What AWS is paid for it, in USD; on one machine nothing is.
    pub usd: f64,
}

/// A condition that was read and can be asked.
pub(crate) struct Filter(Predicate);

impl Filter {
    pub(crate) fn read(source: &str, definitions: &Definitions) -> Result<Self, AppError> {
        if source.len() > MOST_BYTES {
            let message = format!("a condition has at most {MOST_BYTES} bytes");
            return Err(AppError::invalid("who", "filter.size", message));
        }
        let compiled = segment::compile(source).map_err(AppError::Problems)?;
        check_segment("", &compiled.condition, definitions)?;
        Ok(Self(compiled.condition))
    }

    /// What of a contact it is about.
    fn facets(&self) -> Facets {
        self.0.facets()
    }

    /// Read units that asking a contact takes: of its two rows, one or both.
    fn reads(&self) -> f64 {
        if self.facets().meets(Facets::ALL.without(Facets::PROFILE)) { 2.0 } else { 1.0 }
    }

    pub(crate) fn asks(&self, contact: &Contact, definitions: &Definitions, now: Instant) -> Truth {
        let scope = Scope {
            contact,
            now,
            zone: &definitions.zone,
            event: None,
            rings: &definitions.rings,
            segments: &definitions.segments,
            tracking: definitions.account.tracking,
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
        let mut place = Some(from.map_or(Ok(Cursor::default()), read_cursor)?);
        let (mut filtered, mut shown) = (Filtered::default(), Vec::new());
        while let Some(cursor) = place.clone() {
            let left = self.most_filtered.saturating_sub(filtered.seen);
            if left == 0 || self.now().since(now) > LASTS {
                break;
            }
            let at_once = AT_ONCE.min(usize::try_from(left).unwrap_or(AT_ONCE));
            let (some, next) = self.repository.walk(&Over::All, &cursor, at_once).await?;
            let truths =
                self.ask((&filter, Facets::NONE), &some, &definitions, (now, Contact::is_shown)).await?;
            for (id, truth) in some.into_iter().zip(truths) {
                filtered.seen += u64::from(truth.is_some());
                match truth {
                    Some(Truth::Yes) => {
                        filtered.matches += 1;
                        if shown.len() < most {
                            shown.push(id);
                        }
                    }
                    Some(Truth::Unknown) => filtered.unknown += 1,
                    Some(Truth::No) | None => {}
                }
            }
            place = next;
        }
        filtered.items = self.repository.contacts_themselves(&shown).await?;
        // Whoever went meanwhile is not shown.
        filtered.items.retain(Contact::is_shown);
        if from.is_none() {
            filtered.rest = place.as_ref().map(|place| rest(&filtered, place, filter.reads())).transpose()?;
        }
        filtered.cursor = place.map(written_cursor);
        Ok(filtered)
    }

    /// Who of some contacts fulfils a condition, in their order; none of whoever is not there or not
    /// meant. Whether somebody is meant may be asked of these parts besides.
    pub(crate) async fn ask(
        &self,
        (filter, facets): (&Filter, Facets),
        some: &[ContactId],
        definitions: &Definitions,
        (now, is_meant): (Instant, impl Fn(&Contact) -> bool + Sync),
    ) -> Result<Vec<Option<Truth>>, AppError> {
        let ask = |contact: &Contact| is_meant(contact).then(|| filter.asks(contact, definitions, now));
        let asked = self.repository.look(some, filter.facets() | facets, ask).await?;
        Ok(asked.into_iter().map(Option::flatten).collect())
    }

    /// Has all contacts looked at by a job, which keeps who fulfils the condition at that time.
    pub async fn begin_filter(
        &self,
        source: &str,
        caller: &str,
        key: Option<&str>,
    ) -> Result<JobId, AppError> {
        Filter::read(source, &*self.definitions().await?)?;
        let choice = self.ports.tokens.token().into();
        let over = Over::Chosen { choice, who: source.into() };
        self.begin_job(Task::Choose, over, caller, key.map(|key| (caller, key))).await
    }

    /// What a job that filters has found so far, one page of the contacts.
    pub async fn filtered(
        &self,
        id: &str,
        from: Option<&str>,
        most: usize,
    ) -> Result<(Job, Vec<Contact>, Option<String>), AppError> {
        let job = self.job(id).await?;
        if job.task != Task::Choose {
            return Err(AppError::NotFound { what: "filter", id: id.to_owned() });
        }
        let place = Cursor { shard: 0, after: from.map(str::to_owned) };
        let (some, next) = self.repository.walk(&job.over, &place, most).await?;
        let mut items = self.repository.contacts_themselves(&some).await?;
        items.retain(Contact::is_there);
        Ok((job, items, next.and_then(|next| next.after)))
    }
}

/// What looking at everybody takes besides, by how far the first look came among the shards, over which all are spread
/// evenly.
fn rest(seen: &Filtered, place: &Cursor, reads: f64) -> Result<Rest, AppError> {
    let part = f64::from(place.shard.max(1)) / f64::from(SHARDS);
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let (looked_at, found) = (seen.seen.max(1) as f64, seen.matches as f64);
    let all = looked_at / part;
    let used = Usage {
        read_units: all * (reads + LISTED),
        write_units: all * found / looked_at,
        invocations: all / A_CHUNK,
        round_trips: all / A_ROUND_TRIP,
        queue_requests: 3.0 * all / A_CHUNK,
        ..Usage::default()
    };
    let (prices, _) = Prices::of(REGION)?;
    let usd = used.bill(&prices, None).iter().map(|item| item.usd).sum();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate of people")]
    Ok(Rest { contacts: all.round() as u64, usd })
}
