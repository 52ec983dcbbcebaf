//! R1: each contact's inputs, given again to the same definitions, make the same contact.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::send::Sent;
use flusso_engine::definitions::Definitions;
use flusso_engine::ids::{ContactId, SendId};
use flusso_engine::react::{Need, Reaction, Refusal, Rows, react};
use flusso_engine::tally::Tally;
use flusso_engine::timeline::Entry;

use super::core::at_once;
use super::instance::Instance;
use super::watch::Seen;
use super::world::World;

struct Replay {
    app: Arc<flusso_app::App>,
    definitions: BTreeMap<u64, Arc<Definitions>>,
}

impl World {
    /// Replays every timeline; what all reactions together counted.
    pub(super) fn replay(&mut self) -> Tally {
        let fresh = Instance::new(&self.core, &self.memory, 0);
        let mut replay = Replay { app: fresh.app, definitions: BTreeMap::new() };
        let seen = self.core.with(|shared| std::mem::take(&mut shared.watch.seen));
        let mut recount = Tally::default();
        for (id, seen) in &seen {
            if let Err(why) = replay.contact(id, seen, &mut recount) {
                self.core.with(|shared| shared.violated("R1", || format!("{id}: {why}")));
            }
        }
        self.core.with(|shared| shared.watch.seen = seen);
        recount
    }
}

impl Replay {
    fn contact(&mut self, id: &ContactId, seen: &Seen, recount: &mut Tally) -> Result<(), String> {
        let mut contact = Contact::unborn(id.clone());
        let mut sent: BTreeMap<SendId, Sent> = BTreeMap::new();
        for entry in &seen.entries {
            let reaction = self.reaction(&contact, entry, &sent)?;
            if reaction.entry != **entry {
                return Err(format!("revision {}: {:?} became {:?}", entry.revision, entry, reaction.entry));
            }
            recount.merge(&reaction.contact.state.tally);
            sent.extend(reaction.sent);
            contact = reaction.contact;
        }
        self.check_timeline(seen)?;
        let mut stored = seen.contact.clone();
        stored.state.entries = Vec::new();
        stored.state.tally = contact.state.tally.clone();
        stored.state.commit = contact.state.commit.clone();
        // The replay gives no message a row of its own.
        let all = std::mem::take(&mut contact.state.recent);
        let recent = std::mem::take(&mut stored.state.recent);
        sent.extend(all);
        if let Some((send, record)) = recent.iter().find(|(send, record)| sent.get(*send) != Some(*record)) {
            return Err(format!("{send}: {record:?} is stored, the replay makes {:?}", sent.get(send)));
        }
        sent.retain(|send, _| !recent.contains_key(send));
        if stored != contact {
            return Err(format!("{stored:?} is stored, the replay makes {contact:?}"));
        }
        let ids: Vec<SendId> = sent.keys().cloned().collect();
        let rows = at_once(self.app.repository().sent(id, &ids)).map_err(|error| error.to_string())?;
        match sent.into_iter().find(|(send, row)| rows.get(send) != Some(&Some(row.clone()))) {
            Some((send, row)) => {
                Err(format!("{send}: {:?} is stored, the replay makes {row:?}", rows.get(&send)))
            }
            None => Ok(()),
        }
    }

    /// What is read as the timeline, page by page, is what was committed.
    fn check_timeline(&self, seen: &Seen) -> Result<(), String> {
        let (mut read, mut cursor) = (Vec::new(), None);
        loop {
            let page = at_once(self.app.repository().timeline(&seen.contact, cursor.as_deref(), 3));
            let page = page.map_err(|error| error.to_string())?;
            read.extend(page.items);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        read.reverse();
        if read == seen.entries {
            return Ok(());
        }
        let revisions =
            |entries: &[Arc<Entry>]| entries.iter().map(|entry| entry.revision).collect::<Vec<_>>();
        Err(format!("the timeline shows {:?} of {:?}", revisions(&read), revisions(&seen.entries)))
    }

    fn reaction(
        &mut self,
        contact: &Contact,
        entry: &Entry,
        sent: &BTreeMap<SendId, Sent>,
    ) -> Result<Reaction, String> {
        let mut rows = Rows::new();
        loop {
            let definitions = self.definitions(entry.definitions)?;
            match react(&definitions, contact, &entry.input, entry.now, &rows) {
                Ok(reaction) => return Ok(reaction),
                Err(Refusal::Need(Need::Sent(send))) => {
                    rows.insert(send.clone(), sent.get(&send).cloned());
                }
                Err(Refusal::Need(Need::Program(version))) => {
                    let more = at_once(self.app.with_program(&definitions, &version))
                        .map_err(|error| error.to_string())?;
                    self.definitions.insert(entry.definitions, more);
                }
                Err(refusal) => return Err(format!("revision {}: {refusal:?}", entry.revision)),
            }
        }
    }

    fn definitions(&mut self, number: u64) -> Result<Arc<Definitions>, String> {
        if let Some(known) = self.definitions.get(&number) {
            return Ok(known.clone());
        }
        let head = at_once(self.app.repository().head_at(number)).map_err(|error| error.to_string())?;
        let head = head.ok_or_else(|| format!("there is no head {number}"))?;
        let built = Arc::new(at_once(self.app.build(&head)).map_err(|error| error.to_string())?);
        self.definitions.insert(number, built.clone());
        Ok(built)
    }
}
