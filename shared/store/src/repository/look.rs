//! Looking at many contacts at once, to ask each one thing: of their rows only what the question is about is read.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use flusso_engine::condition::Facets;
use flusso_engine::contact::enrollment::Enrollment;
use flusso_engine::contact::gone::Gone;
use flusso_engine::contact::hidden::Hidden;
use flusso_engine::contact::ring::Ring;
use flusso_engine::contact::score::Score;
use flusso_engine::contact::standing::Held;
use flusso_engine::contact::{Contact, State};
use flusso_engine::ids::{ContactId, EnrollmentId, RingId, StandingId};
use flusso_engine::time::Instant;
use serde::Deserialize;

use super::Repository;
use crate::codec::{part, value};
use crate::keys::profile::{self, ProfileRow};
use crate::keys::state::{self, StateRow};
use crate::table::{Key, Row, TableError};

/// Contacts for which a further thread is worth its while.
const A_THREAD: usize = 250;
/// Most threads.
const THREADS: usize = 4;

/// What conditions ask of a state: nothing else of it is read.
#[derive(Deserialize)]
struct Asked {
    revision: u64,
    last_now: Instant,
    #[serde(default)]
    profile_revision: u64,
    #[serde(default)]
    gone: Option<Gone>,
    #[serde(default)]
    hidden: Option<Hidden>,
    #[serde(default)]
    enrollments: BTreeMap<EnrollmentId, Enrollment>,
    #[serde(default)]
    score: Score,
    #[serde(default)]
    rings: BTreeMap<RingId, Ring>,
    #[serde(default)]
    standing: BTreeMap<StandingId, Held>,
}

impl Repository {
    /// Asks several contacts something about these parts of them, in the order of their ids; none of whoever is not there.
    /// The contact that is asked has those parts, and nothing else that it could be asked about.
    pub async fn look<T: Send>(
        &self,
        ids: &[ContactId],
        facets: Facets,
        ask: impl Fn(&Contact) -> T + Sync,
    ) -> Result<Vec<Option<T>>, TableError> {
        let with_state = facets.meets(Facets::ALL.without(Facets::PROFILE));
        let keys: Vec<Key> = if with_state {
            ids.iter().flat_map(|id| [state::key(id), profile::key(id)]).collect()
        } else {
            ids.iter().map(profile::key).collect()
        };
        let rows = if keys.is_empty() { Vec::new() } else { self.table.get(&keys).await? };
        let of_one = if with_state { 2 } else { 1 };
        let each: Vec<(&ContactId, &[Option<Row>])> = ids.iter().zip(rows.chunks(of_one)).collect();
        let looks = side_by_side(
            &each,
            |(id, rows)| match *rows {
                [Some(state), Some(profile)] => seen(id, state, profile),
                [Some(profile)] => Ok(Look::At(of_profile(id, profile)?)),
                _ => Ok(Look::Nobody),
            },
            &ask,
        )?;
        let mut answers = Vec::with_capacity(ids.len());
        for (id, look) in ids.iter().zip(looks) {
            answers.push(match look {
                Look::Nobody => None,
                Look::At(answer) => Some(answer),
                // A commit came between the two reads.
                Look::Torn => {
                    let contact = self.contact_itself(id).await?;
                    contact.is_there().then(|| ask(&contact))
                }
            });
        }
        Ok(answers)
    }
}

/// What came of looking at somebody.
enum Look<T> {
    /// They are not there.
    Nobody,
    /// They are.
    At(T),
    /// The two rows do not belong together.
    Torn,
}

/// Reads contacts from their rows and asks each, on as many threads as are worth it.
fn side_by_side<'r, T: Send>(
    each: &[(&'r ContactId, &'r [Option<Row>])],
    read: impl Fn(&(&'r ContactId, &'r [Option<Row>])) -> Result<Look<Contact>, TableError> + Sync,
    ask: &(impl Fn(&Contact) -> T + Sync),
) -> Result<Vec<Look<T>>, TableError> {
    let look = |one: &(&'r ContactId, &'r [Option<Row>])| {
        Ok(match read(one)? {
            Look::At(contact) if contact.is_there() => Look::At(ask(&contact)),
            Look::At(_) | Look::Nobody => Look::Nobody,
            Look::Torn => Look::Torn,
        })
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(THREADS).min(each.len().div_ceil(A_THREAD)).max(1);
    if threads == 1 {
        return each.iter().map(look).collect();
    }
    let parts = each.chunks(each.len().div_ceil(threads));
    let done: Vec<Result<Vec<Look<T>>, TableError>> = thread::scope(|scope| {
        let begun: Vec<_> =
            parts.map(|part| scope.spawn(|| part.iter().map(look).collect::<Result<_, _>>())).collect();
        let died = || Err(TableError::Unavailable("a thread that read contacts died".to_owned()));
        begun.into_iter().map(|one| one.join().unwrap_or_else(|_| died())).collect()
    });
    let mut all = Vec::with_capacity(each.len());
    for some in done {
        all.extend(some?);
    }
    Ok(all)
}

/// Somebody by what conditions may ask of both rows.
fn seen(id: &ContactId, state: &Row, profile: &Row) -> Result<Look<Contact>, TableError> {
    let asked: Asked = part::<StateRow, _>(state)?;
    if profile.revision != asked.profile_revision {
        return Ok(Look::Torn);
    }
    let Asked { revision, last_now, profile_revision, gone, hidden, enrollments, score, rings, standing } =
        asked;
    let state = State {
        revision,
        last_now,
        profile_revision,
        gone,
        hidden,
        enrollments,
        score,
        rings,
        standing,
        ..State::default()
    };
    let profile = Arc::new(value::<ProfileRow>(profile)?);
    Ok(Look::At(Contact { id: id.clone(), state, profile }))
}

/// Somebody by the profile alone. Of whoever is gone it has nothing, not even when it was made.
fn of_profile(id: &ContactId, profile: &Row) -> Result<Contact, TableError> {
    let revision = profile.revision;
    let profile = Arc::new(value::<ProfileRow>(profile)?);
    let is_there = profile.created_at != Instant::default();
    let state = State { revision: if is_there { revision } else { 0 }, ..State::default() };
    Ok(Contact { id: id.clone(), state, profile })
}
