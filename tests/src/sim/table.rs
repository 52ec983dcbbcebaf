//! The table as an instance sees it: the model behind a bad line. Its faults are those that the contract of the port
//! names, and no others.

use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use flusso_engine::react::Input;
use flusso_store::codec::{row, value};
use flusso_store::keys::head;
use flusso_store::keys::state::{self, StateRow};
use flusso_store::model::Memory;
use flusso_store::table::{Act, Key, List, Page, Row, Table, TableError, When, Write};

use super::core::{Core, HOUR, Shared};
use super::plant::Plant;
use super::script::Trouble;

/// The table as a port of one instance.
pub struct SimTable {
    core: Arc<Core>,
    memory: Arc<Memory>,
    /// The head as it was read once (planted).
    head: Mutex<Option<(i64, Row)>>,
}

/// What becomes of a commit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Plain,
    Refused,
    Lost,
    Written,
    Retried,
}

impl SimTable {
    /// A line to `memory`.
    pub fn new(core: Arc<Core>, memory: Arc<Memory>) -> Self {
        Self { core, memory, head: Mutex::default() }
    }

    fn refuse(&self) -> Result<(), TableError> {
        let refused = self.core.with(|shared| {
            let chance = shared.weather.unavailable;
            shared.fault("table unavailable", chance)
        });
        if refused { Err(TableError::Unavailable("throttled".to_owned())) } else { Ok(()) }
    }

    fn planted(&self, plant: Plant) -> bool {
        self.core.with(|shared| shared.planted(plant))
    }

    async fn apply(&self, writes: Vec<Write>) -> Result<(), TableError> {
        let written = writes.clone();
        self.memory.commit(writes).await?;
        let now = self.core.now();
        self.core.with(|shared| shared.committed(&written, now, &self.memory));
        Ok(())
    }

    async fn put_one_by_one(&self, rows: Vec<(Row, When)>) -> Result<(), TableError> {
        self.core.with(|shared| rows.iter().for_each(|(row, _)| shared.row_put(&row.key)));
        self.memory.put_all(rows).await
    }
}

#[async_trait]
impl Table for SimTable {
    async fn get(&self, keys: &[Key]) -> Result<Vec<Option<Row>>, TableError> {
        self.core.pause("get").await;
        self.refuse()?;
        let torn = keys.len() > 1
            && self.core.with(|shared| {
                let chance = shared.weather.torn;
                shared.fault("torn read", chance)
            });
        let mut rows = if torn {
            // Each key at one of two moments.
            let early: Vec<bool> =
                self.core.with(|shared| keys.iter().map(|_| shared.rng.chance(5_000)).collect());
            let first = self.memory.get(keys).await?;
            self.core.pause("get on").await;
            let second = self.memory.get(keys).await?;
            let both = first.into_iter().zip(second);
            both.zip(early).map(|((first, second), early)| if early { first } else { second }).collect()
        } else {
            self.memory.get(keys).await?
        };
        self.tamper(&mut rows, keys)?;
        self.core.with(|shared| shared.has_read(&rows, torn));
        self.core.pause("got").await;
        Ok(rows)
    }

    async fn list(&self, list: &List) -> Result<Page, TableError> {
        self.core.pause("list").await;
        self.refuse()?;
        self.memory.list(list).await
    }

    async fn put_all(&self, rows: Vec<(Row, When)>) -> Result<(), TableError> {
        self.core.pause("put").await;
        self.refuse()?;
        let alarm = rows.iter().any(|(row, _)| row.key.partition.starts_with("alm/"));
        let mut rows = rows;
        if self.planted(Plant::UnfencedPut) {
            rows.iter_mut().for_each(|(_, when)| *when = When::Any);
        }
        if self.planted(Plant::RecordsDropped) {
            rows.retain(|(row, _)| !row.key.sort.starts_with("t/"));
        }
        if self.planted(Plant::MessagesDropped) {
            rows.retain(|(row, _)| !row.key.sort.starts_with("s/"));
        }
        if alarm && self.planted(Plant::AlarmAfter) {
            let held = self.core.with(|shared| {
                let handler = ["events", "steps"].contains(&shared.own_notes().kind);
                if handler {
                    shared.own_notes().held.extend(rows.clone());
                }
                handler
            });
            if held {
                return Ok(());
            }
        }
        let (partial, slow) = self.core.with(|shared| {
            let chance = shared.weather.partial;
            let (partial, slow) =
                (shared.fault("partial put", chance), rows.len() > 1 && shared.rng.chance(1_000));
            if partial || slow {
                // In no promised order.
                let by = shared.rng.index(rows.len());
                rows.rotate_left(by);
            }
            (partial, slow && !shared.quiet)
        });
        if partial {
            rows.truncate(self.core.with(|shared| shared.rng.index(rows.len() + 1)));
            self.put_one_by_one(rows).await?;
            return Err(TableError::Unknown("connection reset".to_owned()));
        }
        if slow {
            let rest = rows.split_off(rows.len() / 2);
            self.put_one_by_one(rows).await?;
            self.core.pause("put on").await;
            rows = rest;
        }
        self.put_one_by_one(rows).await?;
        self.core.pause("put done").await;
        Ok(())
    }

    async fn remove_all(&self, keys: Vec<(Key, When)>) -> Result<(), TableError> {
        self.core.pause("remove").await;
        self.refuse()?;
        let mut keys = keys;
        if self.planted(Plant::UnfencedDelete) {
            keys.iter_mut().for_each(|(_, when)| *when = When::Any);
        }
        let partial = self.core.with(|shared| {
            let chance = shared.weather.partial;
            let partial = shared.fault("partial remove", chance);
            if partial {
                keys.truncate(shared.rng.index(keys.len() + 1));
            }
            keys.iter().for_each(|(key, _)| shared.watch.alarm_removed(key));
            partial
        });
        self.memory.remove_all(keys).await?;
        if partial {
            return Err(TableError::Unknown("connection reset".to_owned()));
        }
        self.core.pause("removed").await;
        Ok(())
    }

    async fn commit(&self, writes: Vec<Write>) -> Result<(), TableError> {
        self.core.pause("commit").await;
        let of_contact = writes.iter().any(|write| state::is(write.key()));
        let mut writes = writes;
        let checkpoint = |write: &Write| write.key().partition == "chk";
        if writes.len() > 1 && writes.iter().any(checkpoint) && self.planted(Plant::CheckpointAfter) {
            let (last, first) = writes.into_iter().partition(checkpoint);
            self.memory.commit(first).await?;
            self.core.pause("counted").await;
            writes = last;
        }
        if of_contact && let Some(done) = self.commit_wrongly(&mut writes).await? {
            return done;
        }
        let fate = self.core.with(Shared::commit_fate);
        if fate != Fate::Plain && of_contact {
            self.core.with(|shared| shared.remember(&writes, fate));
        }
        let unknown = || TableError::Unknown("no answer".to_owned());
        let outcome = match fate {
            Fate::Refused => Err(TableError::Unavailable("TransactionConflict".to_owned())),
            Fate::Lost => Err(unknown()),
            Fate::Plain => self.apply(writes).await,
            Fate::Written => self.apply(writes).await.and(Err(unknown())).map_err(|_| unknown()),
            Fate::Retried => match self.apply(writes.clone()).await {
                Ok(()) => self.memory.commit(writes).await,
                conflict => conflict,
            },
        };
        self.core.with(|shared| shared.answered(&outcome, fate == Fate::Retried));
        self.core.pause("committed").await;
        if !of_contact {
            return outcome;
        }
        let held = self.core.with(|shared| std::mem::take(&mut shared.own_notes().held));
        if !held.is_empty() && outcome.is_ok() {
            self.put_one_by_one(held).await?;
        }
        match outcome {
            Err(TableError::Unknown(_)) if self.planted(Plant::UnknownIsDone) => Ok(()),
            Err(TableError::Conflict(_)) if self.planted(Plant::ConflictIsDone) => Ok(()),
            outcome => outcome,
        }
    }
}

impl SimTable {
    /// What planted bugs do to a read.
    fn tamper(&self, rows: &mut [Option<Row>], keys: &[Key]) -> Result<(), TableError> {
        let Some(plant) = self.core.with(|shared| if shared.quiet { None } else { shared.plant }) else {
            return Ok(());
        };
        let kind = self.core.with(|shared| shared.own_notes().kind);
        for (found, key) in rows.iter_mut().zip(keys) {
            let of_state = state::is(key);
            match plant {
                Plant::OwnTokenIgnored if of_state => {
                    let Some(stored) = found else { continue };
                    let mut state = value::<StateRow>(stored)?;
                    state.commit = "somebody".into();
                    *stored = row::<StateRow>(stored.key.clone(), stored.revision, &state)?;
                }
                Plant::HeardAgain if of_state => {
                    let Some(stored) = found else { continue };
                    let mut state = value::<StateRow>(stored)?;
                    state.recent.values_mut().for_each(|sent| sent.heard.clear());
                    *stored = row::<StateRow>(stored.key.clone(), stored.revision, &state)?;
                }
                Plant::SweepDrops if of_state && kind == "sweep" => *found = None,
                Plant::StaleHead if *key == head::key() => {
                    let mut known = self.head.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    match &*known {
                        Some((at, row)) if self.core.now() - at < HOUR => *found = Some(row.clone()),
                        _ => *known = found.clone().map(|row| (self.core.now(), row)),
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What planted bugs do to a commit; an answer, if it is not to be made at all.
    async fn commit_wrongly(
        &self,
        writes: &mut Vec<Write>,
    ) -> Result<Option<Result<(), TableError>>, TableError> {
        match self.core.with(|shared| shared.plant) {
            Some(Plant::ReceiptFirst) => {
                let (receipts, rest): (Vec<_>, Vec<_>) =
                    writes.drain(..).partition(|write| write.key().partition.starts_with("rcp/"));
                *writes = rest;
                for receipt in receipts {
                    if let Act::Put(row) = receipt.act {
                        self.memory.put_all(vec![(row, When::Any)]).await?;
                    }
                }
                self.core.pause("receipt written").await;
            }
            Some(Plant::UnconditionalCommit) => {
                for write in writes.iter_mut().filter(|write| state::is(write.key())) {
                    write.when = When::Any;
                }
            }
            Some(Plant::ClaimOutside) => {
                let claims = writes.iter().any(|write| match &write.act {
                    Act::Put(row) if state::is(&row.key) => value::<StateRow>(row).is_ok_and(|state| {
                        let last = state.entries.last();
                        last.is_some_and(|entry| {
                            entry.revision == row.revision && matches!(entry.input, Input::Claim { .. })
                        })
                    }),
                    _ => false,
                });
                if claims {
                    return Ok(Some(Ok(())));
                }
            }
            _ => {}
        }
        Ok(None)
    }
}

impl Shared {
    fn commit_fate(&mut self) -> Fate {
        self.commits += u64::from(!self.quiet);
        match self.trouble {
            _ if self.quiet => {}
            Trouble::LostAt(nth) if nth == self.commits => return Fate::Lost,
            Trouble::UnansweredAt(nth) if nth == self.commits => return Fate::Written,
            Trouble::RetriedAt(nth) if nth == self.commits => return Fate::Retried,
            _ => {}
        }
        let weather = self.weather.clone();
        if self.fault("commit refused", weather.unavailable) {
            Fate::Refused
        } else if self.fault("commit unanswered, lost", weather.unknown_lost) {
            Fate::Lost
        } else if self.fault("commit unanswered, written", weather.unknown_written) {
            Fate::Written
        } else if self.fault("commit tried twice", weather.retried) {
            Fate::Retried
        } else {
            Fate::Plain
        }
    }

    /// Which commit of its own a task will meet again.
    fn remember(&mut self, writes: &[Write], fate: Fate) {
        let token = writes.iter().find_map(|write| match &write.act {
            Act::Put(row) if state::is(&row.key) => {
                value::<StateRow>(row).ok().map(|state| state.commit.to_string())
            }
            _ => None,
        });
        let notes = self.own_notes();
        if token.is_some() && notes.unanswered == token {
            self.trace.mark("unknown_commit_retried");
        }
        let notes = self.own_notes();
        match fate {
            Fate::Lost | Fate::Written => notes.unanswered = token,
            Fate::Retried => notes.own_conflict = token,
            Fate::Plain | Fate::Refused => {}
        }
    }

    fn answered(&mut self, outcome: &Result<(), TableError>, retried: bool) {
        let Err(TableError::Conflict(keys)) = outcome else { return };
        self.trace.say(|| format!("  conflict on {keys:?}"));
        if retried {
            return;
        }
        if keys.iter().any(|key| key.partition.starts_with("idn/")) {
            self.trace.mark("identity_race_lost");
        }
        if keys.iter().any(state::is) {
            self.trace.mark("stale_writer_refused");
        }
    }

    /// Marks that follow from what a task reads.
    fn has_read(&mut self, rows: &[Option<Row>], torn: bool) {
        if self.quiet {
            return;
        }
        let head = self.watch.head;
        for row in rows.iter().flatten() {
            if row.key == head::key() {
                if std::mem::take(&mut self.own_notes().saw_newer) {
                    self.trace.mark("stale_definitions_reloaded");
                }
                self.own_notes().head_read = row.revision;
            }
            let notes = self.own_notes();
            let (known, own) = (notes.head_read, notes.own_conflict.is_some());
            let outdated = known > 0 && known < head;
            if !state::is(&row.key) || !(outdated || own || torn) {
                continue;
            }
            let Ok(state) = value::<StateRow>(row) else { continue };
            if outdated && state.definitions > known {
                self.own_notes().saw_newer = true;
            }
            if self.own_notes().own_conflict.take().is_some_and(|token| *token == *state.commit) {
                self.trace.mark("own_conflict_recognised");
            }
            let own = |other: &&Row| other.key.partition == row.key.partition && other.key.sort == "profile";
            let profile = rows.iter().flatten().find(own).map(|profile| profile.revision);
            if torn && profile != Some(state.profile_revision) {
                self.trace.mark("torn_profile_read");
            }
        }
    }
}
