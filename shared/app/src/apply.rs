//! Load, decide, commit: inputs of one contact become one commit, conditional on the contact's revision.

use std::collections::BTreeMap;
use std::sync::Arc;

use flusso_engine::contact::Contact;
use flusso_engine::contact::consent::{Recipient, Suppression};
use flusso_engine::definitions::Definitions;
use flusso_engine::react::{Input, Need, Reaction, Refusal, Rows, react};
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::{Entry, What};
use flusso_store::keys::receipt::Receipt;
use flusso_store::repository::{Change, digest_of, next_link};
use flusso_store::table::TableError;

use crate::act::NEAR;
use crate::failpoint::failpoint;
use crate::ports::queue::Lane;
use crate::{App, AppError, auth};

/// A reaction whose `now` is older than this at its commit is done again.
const OLDEST_NOW: Millis = Millis::minutes(5);
/// Most rows of one commit; the rest is the next one.
const COMMIT_ROWS: usize = 60;
/// After so many commits lost against others, the message is sent anew.
pub(crate) const CONFLICTS: u32 = 3;

/// How often a commit of which no answer came is tried again, under the same condition.
const UNKNOWNS: u32 = 3;

/// An input, and for an event what makes it count once.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub input: Input,
    /// Source, id and hash of what it says.
    pub receipt: Option<(Arc<str>, Arc<str>, String)>,
}

/// How far a series of inputs has come.
#[derive(Debug)]
pub(crate) enum Progress {
    /// All of them are committed; this is the contact.
    Done(Box<Contact>),
    /// Another commit came between: look everything up again from the start.
    Conflict,
}

impl App {
    /// Has one input that is no event happen to a contact, as it was loaded; the contact as it is then.
    pub(crate) async fn drive(
        &self,
        definitions: &mut Arc<Definitions>,
        loaded: Contact,
        input: Input,
    ) -> Result<Contact, AppError> {
        self.drive_by(Lane::Fast, definitions, loaded, input).await
    }

    /// The same, with what follows from it going by a lane.
    pub(crate) async fn drive_by(
        &self,
        lane: Lane,
        definitions: &mut Arc<Definitions>,
        loaded: Contact,
        input: Input,
    ) -> Result<Contact, AppError> {
        let id = loaded.id.clone();
        let mut contact = loaded;
        for _ in 0..CONFLICTS {
            let inputs = vec![Applied { input: input.clone(), receipt: None }];
            if let Progress::Done(contact) = self.apply_by(lane, definitions, contact, inputs).await? {
                return Ok(*contact);
            }
            contact = self.repository.contact(&id).await?;
        }
        Err(AppError::Unavailable("the contact changes too fast".to_owned()))
    }

    /// Has inputs happen to a contact as it was loaded, one after the other, each a reaction of its own, in as few
    /// commits as fit. A contact that was loaded too long ago shows as a conflict.
    pub(crate) async fn apply(
        &self,
        definitions: &mut Arc<Definitions>,
        contact: Contact,
        inputs: Vec<Applied>,
    ) -> Result<Progress, AppError> {
        self.apply_by(Lane::Fast, definitions, contact, inputs).await
    }

    /// The same, with what follows from it going by a lane.
    pub(crate) async fn apply_by(
        &self,
        lane: Lane,
        definitions: &mut Arc<Definitions>,
        mut contact: Contact,
        inputs: Vec<Applied>,
    ) -> Result<Progress, AppError> {
        let mut rows = Rows::new();
        let mut inputs = inputs.into_iter().peekable();
        while inputs.peek().is_some() {
            let now = self.now();
            let mut draft = Draft::new(&contact);
            while let Some(next) = inputs.next_if(|_| draft.rows() < COMMIT_ROWS) {
                let reaction = self.decide(definitions, &draft.after, &next.input, now, &mut rows).await?;
                draft.take(reaction, next);
            }
            if draft.entries.is_empty() {
                contact = draft.after;
                continue;
            }
            match self.commit(lane, &draft, now).await? {
                Some(committed) => contact = committed,
                None => return Ok(Progress::Conflict),
            }
            for (send, sent) in draft.sent {
                rows.insert(send, Some(sent));
            }
        }
        Ok(Progress::Done(Box::new(contact)))
    }

    /// One reaction, with whatever it needs loaded.
    pub(crate) async fn decide(
        &self,
        definitions: &mut Arc<Definitions>,
        contact: &Contact,
        input: &Input,
        now: Instant,
        rows: &mut Rows,
    ) -> Result<Reaction, AppError> {
        loop {
            match react(definitions, contact, input, now, rows) {
                Ok(reaction) => return Ok(reaction),
                Err(Refusal::Need(Need::Sent(send))) => {
                    rows.extend(self.repository.sent(&contact.id, std::slice::from_ref(&send)).await?);
                }
                Err(Refusal::Need(Need::Program(version))) => {
                    *definitions = self.with_program(definitions, &version).await?;
                }
                Err(Refusal::StaleDefinitions { seen }) => {
                    *definitions = self.definitions().await?;
                    if definitions.number < seen {
                        return Err(AppError::Unavailable(format!("definitions {seen} can't be read yet")));
                    }
                }
                Err(Refusal::Busy) => {
                    return Err(AppError::Unavailable("the contact's agenda is full".to_owned()));
                }
            }
        }
    }

    /// Commits a draft; the committed contact, or none if another commit came between.
    async fn commit(&self, lane: Lane, draft: &Draft, now: Instant) -> Result<Option<Contact>, AppError> {
        let committed = self.commit_all(lane, &[draft], now).await?;
        Ok(committed.and_then(|committed| committed.into_iter().next()))
    }

    /// Commits drafts of several contacts: all of them, or none.
    pub(crate) async fn commit_all(
        &self,
        lane: Lane,
        drafts: &[&Draft],
        now: Instant,
    ) -> Result<Option<Vec<Contact>>, AppError> {
        let token: Arc<str> = self.ports.tokens.token().into();
        let changes: Vec<Change> = drafts.iter().map(|draft| draft.change(self, &token)).collect();
        for change in &changes {
            self.announce(change, now).await?;
            self.repository.put_before(change).await?;
        }
        if self.now().since(now) > OLDEST_NOW {
            return Ok(None);
        }
        let writes: Vec<&Change> = changes.iter().collect();
        let mut outcome = self.repository.commit_all(&writes).await;
        // The same write under the same condition: it can come about only once.
        for _ in 0..UNKNOWNS {
            if !matches!(outcome, Err(TableError::Unknown(_))) {
                break;
            }
            self.metrics.unknown_commits.add();
            outcome = self.repository.commit_all(&writes).await;
        }
        match outcome {
            Ok(()) => {}
            Err(TableError::Conflict(_)) => {
                let mut is_own = true;
                for change in &changes {
                    let stored = self.repository.contact_itself(&change.after.id).await?;
                    // One's own only if that very token stands there.
                    if stored.state.commit == token {
                        break;
                    }
                    is_own = false;
                    self.repository.mend_index(&change.after, &stored).await?;
                    self.act_by(lane, &stored).await?;
                }
                if !is_own {
                    self.metrics.conflicts.add();
                    return Ok(None);
                }
            }
            Err(error) => return Err(error.into()),
        }
        for entry in changes.iter().flat_map(|change| &change.entries) {
            self.metrics.reactions.add();
            let given_up = entry.lines.iter().filter(|line| matches!(line.what, What::SendUnresolved { .. }));
            given_up.for_each(|_| self.metrics.unresolved_sends.add());
        }
        failpoint("committed");
        for change in &changes {
            self.repository.drop_index(&change.before, &change.after).await?;
            self.act_by(lane, &change.after).await?;
        }
        Ok(Some(changes.into_iter().map(|change| change.after).collect()))
    }

    /// Before a commit: the row of its alarm, and the minute's timer if that is far off. The row of an alarm that
    /// stays is there: it was put before the commit that this one follows, and its minute is not verified yet.
    async fn announce(&self, change: &Change, now: Instant) -> Result<(), AppError> {
        let after = &change.after;
        let Some(at) = after.state.alarm_at else { return Ok(()) };
        if change.before.state.alarm_at == Some(at) && at.minute() >= now.minute() {
            return Ok(());
        }
        self.repository.put_alarm(&after.id, at, now).await?;
        if at.since(now) > NEAR && self.ports.timer.ring_at(at.minute()).await.is_err() {
            // The sweep finds the row.
            self.metrics.timer_failures.add();
        }
        Ok(())
    }
}

/// Reactions that will be one commit.
pub(crate) struct Draft {
    before: Contact,
    after: Contact,
    entries: Vec<Arc<Entry>>,
    sent: BTreeMap<flusso_engine::ids::SendId, flusso_engine::contact::send::Sent>,
    receipts: Vec<(Arc<str>, Arc<str>, Receipt)>,
    suppressed: Vec<(Recipient, Suppression, Instant)>,
    tally: flusso_engine::tally::Tally,
}

impl Draft {
    pub(crate) fn new(contact: &Contact) -> Self {
        Self {
            before: contact.clone(),
            after: contact.clone(),
            entries: Vec::new(),
            sent: BTreeMap::new(),
            receipts: Vec::new(),
            suppressed: Vec::new(),
            tally: flusso_engine::tally::Tally::default(),
        }
    }

    /// The contact as it is then.
    pub(crate) fn after(&self) -> &Contact {
        &self.after
    }

    fn rows(&self) -> usize {
        self.entries.len() + self.receipts.len() + self.sent.len() + self.suppressed.len()
    }

    pub(crate) fn take(&mut self, reaction: Reaction, applied: Applied) {
        if !reaction.changed {
            return;
        }
        self.tally.merge(&reaction.contact.state.tally);
        let revision = reaction.entry.revision;
        let contact = reaction.contact.id.clone();
        let now = reaction.entry.now;
        self.receipts.extend(
            applied
                .receipt
                .filter(|_| !reaction.remembered)
                .map(|(source, id, body_hash)| (source, id, Receipt { contact, revision, body_hash })),
        );
        self.suppressed
            .extend(reaction.suppressed.into_iter().map(|(recipient, reason)| (recipient, reason, now)));
        self.sent.extend(reaction.sent);
        self.entries.push(Arc::new(reaction.entry));
        self.after = reaction.contact;
    }

    fn change(&self, app: &App, token: &Arc<str>) -> Change {
        let mut after = self.after.clone();
        after.state.tally = self.tally.clone();
        after.state.commit = token.clone();
        let mut entries = Vec::new();
        for entry in &self.entries {
            let salted = Entry { salt: token.clone(), ..(**entry).clone() };
            let link = next_link(after.state.chain.as_deref(), &digest_of(&salted));
            after.state.chain = Some(link.into());
            entries.push(Arc::new(salted));
        }
        let mut suppressed: BTreeMap<(String, &str), _> = BTreeMap::new();
        for (recipient, reason, at) in &self.suppressed {
            let hash = match recipient {
                Recipient::Address(address) => auth::address_hash(app, address),
                Recipient::Hashed(hash) => hash.clone(),
            };
            suppressed.insert((hash, reason.as_str()), (*reason, *at));
        }
        let mut change = Change {
            before: self.before.clone(),
            after,
            entries,
            sent: self.sent.clone(),
            receipts: self.receipts.clone(),
            suppressed: suppressed.into_iter().map(|((hash, _), (reason, at))| (hash, reason, at)).collect(),
        };
        change.carry();
        change
    }
}
