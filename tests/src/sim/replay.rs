//! R1: each contact's inputs, given again to the same definitions, make the same contact.

use std::sync::Arc;

use flusso_app::App;
use flusso_app::replay::Replay;
use flusso_engine::contact::gone::Gone;
use flusso_engine::ids::ContactId;
use flusso_engine::tally::Tally;
use flusso_engine::timeline::Entry;

use super::core::at_once;
use super::instance::Instance;
use super::watch::Seen;
use super::world::World;

impl World {
    /// Replays every timeline; what all reactions together counted.
    pub(super) fn replay(&mut self) -> Tally {
        let fresh = Instance::new(&self.core, &self.memory, 0).app;
        let mut replay = Replay::new(&fresh);
        let seen = self.core.with(|shared| std::mem::take(&mut shared.watch.seen));
        let mut recount = Tally::default();
        for (id, seen) in &seen {
            if matches!(seen.contact.state.gone, Some(Gone::Erased { .. })) {
                // What could be replayed is erased.
                recount.merge(&seen.tally);
                continue;
            }
            let same = is_same(&mut replay, id, seen, &mut recount).and_then(|()| is_shown(&fresh, seen));
            if let Err(why) = same {
                self.core.with(|shared| shared.violated("R1", || format!("{id}: {why}")));
            }
        }
        self.core.with(|shared| shared.watch.seen = seen);
        recount
    }
}

fn is_same(replay: &mut Replay<'_>, id: &ContactId, seen: &Seen, recount: &mut Tally) -> Result<(), String> {
    replay.begin(id);
    for entry in &seen.entries {
        let (again, tally) = at_once(replay.step(entry)).map_err(|stuck| format!("{stuck:?}"))?;
        if !flusso_app::replay::is_same(&again, entry) {
            return Err(format!("revision {}: {entry:?} became {again:?}", entry.revision));
        }
        recount.merge(&tally);
    }
    let parts = at_once(replay.differences(&seen.contact)).map_err(|error| error.to_string())?;
    if parts.is_empty() { Ok(()) } else { Err(format!("the replay makes other {parts:?}")) }
}

/// What is read as the timeline, page by page, is what was committed.
fn is_shown(app: &App, seen: &Seen) -> Result<(), String> {
    let (mut read, mut cursor) = (Vec::new(), None);
    loop {
        let page = at_once(app.repository().own_timeline(&seen.contact, cursor.as_deref(), 3));
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
    let revisions = |entries: &[Arc<Entry>]| entries.iter().map(|entry| entry.revision).collect::<Vec<_>>();
    Err(format!("the timeline shows {:?} of {:?}", revisions(&read), revisions(&seen.entries)))
}
