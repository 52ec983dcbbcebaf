//! Merging two contacts into one, and undoing that (SEM-14). Each of the two reacts by itself, and both are committed at
//! once: the one that stays takes over all that the other one was, the other one only says from then on where it went.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Need, Turn};
use crate::condition::Facets;
use crate::contact::consent::{self, Channel, Recipient, Suppression};
use crate::contact::enrollment::Waiting;
use crate::contact::gone::{Brought, Gone, Joined, UNDONE_WITHIN, Whole};
use crate::contact::identity::Identity;
use crate::contact::profile::Field;
use crate::contact::record::Sort;
use crate::contact::send::Phase;
use crate::contact::state::Missed;
use crate::contact::{Contact, Profile, State};
use crate::definitions::Definitions;
use crate::event::Chain;
use crate::ids::{ContactId, EnrollmentId, SendId, WorkflowId};
use crate::limits;
use crate::time::Instant;
use crate::timeline::What;

/// The field that tells where a contact came from first.
const SOURCE: &str = "source";

/// Why two contacts can't be merged as they are: a code. `not_ready` passes when both have reacted once more.
pub fn cannot_merge(definitions: &Definitions, stays: &Contact, goes: &Contact) -> Option<&'static str> {
    let by_now = |contact: &Contact| {
        contact.state.agenda.is_empty() && contact.state.definitions == definitions.number
    };
    if stays.id == goes.id || !stays.is_there() || !goes.is_there() {
        return Some("same");
    }
    if stays.is_deleted() || goes.is_deleted() {
        return Some("deleted");
    }
    if stays.profile.test != goes.profile.test {
        return Some("test");
    }
    if !by_now(stays) || !by_now(goes) {
        return Some("not_ready");
    }
    let (own, other) = (&stays.profile, &goes.profile);
    let formerly = own.formerly.len() + other.formerly.len() + 2;
    let enrollments = stays.state.enrollments.len() + goes.state.enrollments.len();
    let sends = stays.state.sends.len() + goes.state.sends.len();
    let visitors = own.visitors.union(&other.visitors).count();
    let joined = stays.state.joined.len() + goes.state.joined.len();
    let counts = [
        ("fields", together(&own.fields, &other.fields), limits::FIELDS),
        ("tags", together(&own.tags, &other.tags), limits::TAGS),
        ("lists", together(&own.lists, &other.lists), limits::LISTS),
        ("consents", own.consents.len() + other.consents.len(), limits::CONSENTS),
        ("enrollments", enrollments, limits::ENROLLMENTS),
        ("sends", sends, limits::OPEN_SENDS),
        ("workflows", together(&stays.state.past, &goes.state.past), limits::PAST),
        ("missed", stays.state.missed.len() + goes.state.missed.len(), limits::MISSED),
        ("visitors", visitors, limits::VISITORS),
        ("documents", own.objects.documents.len() + other.objects.documents.len(), limits::DOCUMENTS),
        (
            "associations",
            own.objects.associations.len() + other.objects.associations.len(),
            limits::ASSOCIATIONS,
        ),
        ("addresses", formerly, limits::FORMERLY),
        ("externals", own.externals.union(&other.externals).count(), limits::EXTERNALS),
        ("merges", joined + 1, limits::MERGED),
    ];
    counts.into_iter().find(|(_, count, most)| count > most).map(|(name, ..)| name)
}

/// How many keys two maps have together.
fn together<K: Ord, A, B>(own: &BTreeMap<K, A>, other: &BTreeMap<K, B>) -> usize {
    own.len() + other.keys().filter(|key| !own.contains_key(*key)).count()
}

impl Turn<'_> {
    /// Takes over all that another contact was, with those of its fields that are wanted although there are own ones.
    pub(super) fn absorb(&mut self, other: &Whole, theirs: &BTreeSet<Arc<str>>) -> Result<(), Need> {
        let mut brought = Brought::default();
        self.absorb_profile(other, theirs, &mut brought);
        self.profile().doubles.remove(&other.id);
        self.absorb_state(&other.id, &other.state);
        // What the other one was stands in the record of this very reaction.
        let joined = Joined { at: self.now, revision: self.contact.state.revision + 1, via: None };
        self.contact.state.joined.insert(other.id.clone(), joined);
        self.log(None, None, What::Merged { contact: other.id.clone(), brought: Box::new(brought) });
        self.keep_furthest(&other.state)?;
        let state = &mut self.contact.state;
        for inside in state.enrollments.values() {
            if let Some(past) = state.past.get_mut(&inside.workflow) {
                past.ended_at = None;
            }
        }
        self.chain = Chain::default();
        self.plan_carts();
        self.plan_lapses(Sort::Coupon);
        self.plan_lapses(Sort::Invoice);
        self.plan_dates();
        self.dirty = Facets::ALL;
        Ok(())
    }

    fn absorb_profile(&mut self, whole: &Whole, theirs: &BTreeSet<Arc<str>>, brought: &mut Brought) {
        let (id, other) = (&whole.id, &whole.profile);
        let own_identities = Identity::of(&self.contact.profile);
        let mut set = Vec::new();
        for (name, field) in &other.fields {
            let own = self.contact.profile.fields.get(name).cloned();
            let own_value = own.as_ref().filter(|own| !own.value.is_null());
            let earlier = &**name == SOURCE && own_value.is_some_and(|own| field.at < own.at);
            let takes = own_value.is_none() || earlier || theirs.contains(name);
            if !takes || field.value.is_null() || own_value.is_some_and(|own| own.value == field.value) {
                continue;
            }
            // It was chosen: what is older than either of the two does not take its place later.
            let at = own.as_ref().filter(|_| !earlier).map_or(field.at, |own| own.at.max(field.at));
            let from = own_value.map(|own| own.value.clone());
            brought.fields.insert(name.clone(), own);
            self.profile().fields.insert(name.clone(), Field { value: field.value.clone(), at });
            set.push(What::FieldSet { field: name.clone(), from, to: Some(field.value.clone()) });
        }
        let profile = self.profile();
        for (name, at) in &other.tags {
            let own = profile.tags.entry(name.clone()).or_insert_with(|| {
                brought.tags.push(name.clone());
                *at
            });
            *own = (*own).min(*at);
        }
        for (name, at) in &other.lists {
            let own = profile.lists.entry(name.clone()).or_insert_with(|| {
                brought.lists.push(name.clone());
                *at
            });
            *own = (*own).min(*at);
        }
        profile.created_at = profile.created_at.min(other.created_at);
        profile.visitors.extend(other.visitors.iter().cloned());
        profile.externals.extend(other.externals.iter().cloned());
        consent::harden(&mut profile.consents, &other.consents);
        profile.objects.absorb(id, &other.objects, brought);
        for (id, double) in &other.doubles {
            profile.doubles.entry(id.clone()).or_insert_with(|| double.clone());
        }
        // Whatever led to either of the two leads here.
        let were = own_identities.into_iter().chain(Identity::of(other));
        let were: Vec<Identity> =
            were.filter(|was| matches!(was, Identity::Email(_) | Identity::Phone(_))).collect();
        profile.shared.retain(|shared| !were.contains(shared));
        profile.formerly.retain(|former| !were.contains(former));
        let stated = Identity::of(profile);
        profile.formerly.extend(were.into_iter().filter(|was| !stated.contains(was)));
        set.into_iter().for_each(|what| self.log(None, None, what));
    }

    fn absorb_state(&mut self, id: &ContactId, other: &State) {
        let definitions = self.definitions;
        let state = &mut self.contact.state;
        state.enrollments.extend(other.enrollments.clone());
        state.sends.extend(other.sends.clone());
        state.asks.extend(other.asks.clone());
        for (workflow, past) in &other.past {
            let own = state.past.entry(workflow.clone()).or_default();
            own.entries += past.entries;
            own.entered_at = own.entered_at.max(past.entered_at);
            own.ended_at = own.ended_at.max(past.ended_at);
        }
        for entity in &other.entities {
            let known = |own: &crate::contact::enrollment::Entity| {
                own.workflow == entity.workflow && own.name == entity.name
            };
            match state.entities.iter_mut().find(|own| known(own)) {
                Some(own) => own.entered_at = own.entered_at.max(entity.entered_at),
                None => state.entities.push_back(entity.clone()),
            }
        }
        state.entities.make_contiguous().sort_by_key(|entity| entity.entered_at);
        while state.entities.len() > limits::ENTITIES {
            state.entities.pop_front();
        }
        state.missed.extend(other.missed.iter().cloned());
        // The newer of the two is what a reply without a name answers.
        let accepted = |state: &State| Some(state.recent.get(state.last_sent.as_ref()?)?.accepted_at);
        if state.last_sent.is_none() || accepted(other) > accepted(state) {
            state.last_sent.clone_from(&other.last_sent);
        }
        state.recent.extend(other.recent.clone());
        state.score.absorb(&other.score);
        for (ring, instants) in &other.rings {
            if let Some(known) = definitions.rings.get(ring) {
                state.rings.entry(ring.clone()).or_default().absorb(instants, known.spec.keep);
            }
        }
        let keep = usize::try_from(limits::CAP).unwrap_or_default();
        for (channel, instants) in &other.accepted {
            state.accepted.entry(*channel).or_default().absorb(instants, keep);
        }
        for (test, arm) in &other.arms {
            let own = state.arms.entry(test.clone()).or_insert_with(|| arm.clone());
            if arm.at < own.at {
                own.clone_from(arm);
            }
        }
        // Who was a member as the other one does not become one by this.
        for (standing, held) in &other.standing {
            let own = state.standing.entry(standing.clone()).or_insert_with(|| held.clone());
            if own.version == held.version {
                own.since = own.since.into_iter().chain(held.since).min();
            }
        }
        for (rule, year) in &other.kept_dates {
            let own = state.kept_dates.entry(rule.clone()).or_insert(*year);
            *own = (*own).max(*year);
        }
        for due in &other.schedules {
            if !state.schedules.contains(due) && state.schedules.len() < limits::SCHEDULES {
                state.schedules.push(due.clone());
            }
        }
        for (cart, left) in &other.carts {
            state.carts.entry(cart.clone()).or_insert_with(|| left.clone());
        }
        for (before, joined) in &other.joined {
            let via = Some(joined.via.clone().unwrap_or_else(|| id.clone()));
            state.joined.insert(before.clone(), Joined { via, ..joined.clone() });
        }
    }

    /// Of two enrollments in one workflow, about the same thing, the one that came further stays.
    fn keep_furthest(&mut self, other: &State) -> Result<(), Need> {
        let mut inside: BTreeMap<(WorkflowId, Option<Arc<str>>), Vec<EnrollmentId>> = BTreeMap::new();
        for (id, one) in &self.contact.state.enrollments {
            inside.entry((one.workflow.clone(), one.entity.clone())).or_default().push(id.clone());
        }
        for ids in inside.into_values().filter(|ids| ids.len() > 1) {
            let mut ranked = Vec::new();
            for id in ids {
                let Some(one) = self.contact.state.enrollments.get(&id) else { continue };
                let program = self.program(&one.version)?;
                let place = program.step(&one.step);
                let is_own = !other.enrollments.contains_key(&id);
                ranked.push((place, std::cmp::Reverse(one.entered_at), is_own, id));
            }
            ranked.sort();
            ranked.pop();
            for (.., id) in ranked {
                if let Some(one) = self.contact.state.enrollments.get_mut(&id) {
                    // What waited for this one to end waits for the one that stays.
                    one.queued = None;
                }
                self.cancel(&id, "merged");
            }
        }
        Ok(())
    }

    /// All that this contact was is part of another one.
    pub(super) fn leave_for(&mut self, into: &ContactId) {
        let gone = Gone::Merged { into: into.clone(), at: self.now };
        self.log(None, None, What::MergedInto { contact: into.clone() });
        self.vanish(gone);
    }

    /// Nothing is left but that there was somebody.
    pub(super) fn vanish(&mut self, gone: Gone) {
        let state = &self.contact.state;
        self.contact.state = State {
            revision: state.revision,
            profile_revision: state.profile_revision,
            definitions: state.definitions,
            chain: state.chain.clone(),
            entries: state.entries.clone(),
            joined: state.joined.clone(),
            gone: Some(gone),
            ..State::default()
        };
        self.contact.profile = Arc::new(Profile::default());
        self.work.clear();
    }

    /// The contact is what it was before it was merged into another one, with what came of it meanwhile.
    pub(super) fn come_back(&mut self, whole: &Whole) {
        let state = &self.contact.state;
        self.contact.state = State {
            revision: state.revision,
            chain: state.chain.clone(),
            entries: state.entries.clone(),
            returned: true,
            ..whole.state.clone()
        };
        self.contact.profile = Arc::new(whole.profile.clone());
        self.baseline();
        self.plan_carts();
        self.plan_lapses(Sort::Coupon);
        self.plan_lapses(Sort::Invoice);
        self.plan_dates();
        self.log(None, None, What::CameBack);
    }

    /// Whatever is under way ends, and all that was known is forgotten.
    pub(super) fn erase(&mut self) {
        let inside: Vec<EnrollmentId> = self.contact.state.enrollments.keys().cloned().collect();
        for id in inside {
            if let Some(one) = self.contact.state.enrollments.get_mut(&id) {
                one.queued = None;
            }
            self.cancel(&id, "erased");
        }
        for (id, send) in std::mem::take(&mut self.contact.state.sends) {
            let (counter, what) = match send.phase {
                Phase::Planned { .. } | Phase::Interrupted { .. } => {
                    ("skipped.erased", What::SendSkipped { send: id, reason: "erased".to_owned() })
                }
                // It may have gone already, and nobody will know.
                Phase::Claimed { .. } | Phase::Unknown { .. } => {
                    ("unresolved", What::SendUnresolved { send: id })
                }
                Phase::Unresolved { .. } => continue,
            };
            self.count(&send.workflow, &send.version, Some(&send.step), counter);
            self.log(Some(&send.workflow), Some(&send.step), what);
        }
        let own = [Channel::Email, Channel::Sms, Channel::Whatsapp];
        let own = own.into_iter().filter_map(|channel| self.contact.profile.address(channel));
        let formerly = self.contact.profile.formerly.iter().flat_map(|former| match former {
            Identity::Email(address) => vec![consent::address(Channel::Email, address)],
            Identity::Phone(number) => {
                [Channel::Sms, Channel::Whatsapp].map(|channel| consent::address(channel, number)).into()
            }
            Identity::External(_) | Identity::Visitor(_) => Vec::new(),
        });
        let addresses: Vec<String> = own.chain(formerly).collect();
        // Whoever is erased is not written to again, unless they ask for it anew and confirm that.
        self.suppressed
            .extend(addresses.into_iter().map(|address| (Recipient::Address(address), Suppression::OptOut)));
        self.lines.retain(|line| {
            matches!(
                line.what,
                What::Cancelled { .. } | What::SendSkipped { .. } | What::SendUnresolved { .. }
            )
        });
        self.log(None, None, What::Erased);
        self.vanish(Gone::Erased { at: self.now });
    }

    /// Gives back what another contact brought, as far as it is still there, and what was opted out of and sent since then
    /// on both (P12): what the other one is again.
    pub(super) fn part(&mut self, other: &Whole, brought: &Brought) -> Whole {
        let mut back = other.clone();
        self.part_profile(&other.profile, brought, &mut back.profile);
        self.part_state(other, &mut back.state);
        self.log(None, None, What::Parted { contact: other.id.clone() });
        self.plan_carts();
        self.plan_lapses(Sort::Coupon);
        self.plan_lapses(Sort::Invoice);
        self.plan_dates();
        self.dirty = Facets::ALL;
        back
    }

    fn part_profile(&mut self, other: &Profile, brought: &Brought, back: &mut Profile) {
        let now = self.now;
        let profile = Arc::make_mut(&mut self.contact.profile);
        let mut held = Identity::of(profile);
        held.extend(profile.shared.iter().cloned());
        for (name, before) in &brought.fields {
            // It came with a contact that went before this one.
            let gave_up = |before: &&Field| {
                let text = |of: &str| before.value.as_str().filter(|_| &**name == of);
                Identity::among(text("email"), text("phone")).iter().any(|stated| !held.contains(stated))
            };
            let before = before.as_ref().filter(|before| !gave_up(before));
            let is_theirs = other.fields.get(name).map(|field| &field.value)
                == profile.fields.get(name).map(|field| &field.value);
            match before {
                Some(before) if is_theirs => {
                    profile.fields.insert(name.clone(), Field { at: now, ..before.clone() });
                }
                None if is_theirs => drop(profile.fields.remove(name)),
                _ => {}
            }
        }
        profile.tags.retain(|tag, _| !brought.tags.contains(tag));
        profile.lists.retain(|list, _| !brought.lists.contains(list));
        profile.visitors.retain(|visitor| !other.visitors.contains(visitor));
        profile.externals.retain(|external| !other.externals.contains(external));
        let theirs = Identity::of(other);
        profile.formerly.retain(|former| !theirs.contains(former));
        back.objects = profile.objects.give_back(&other.objects, brought);
        consent::harden(&mut back.consents, &profile.consents);
        // What stays stated here is not the other one's any more.
        let stays = Identity::of(profile);
        let states =
            |kind: &str| stays.iter().any(|identity| identity.kind() == kind && theirs.contains(identity));
        for field in ["email", "phone"].into_iter().filter(|field| states(field)) {
            back.fields.remove(field);
        }
        let identities = |identity: &Identity| stays.contains(identity);
        back.formerly.retain(|former| !identities(former));
    }

    fn part_state(&mut self, whole: &Whole, back: &mut State) {
        let (id, other) = (&whole.id, &whole.state);
        let state = &mut self.contact.state;
        // Whoever came with it goes with it, from where it is now; what has ended since then has ended.
        back.enrollments.clear();
        for enrollment in other.enrollments.keys() {
            let now = state.enrollments.remove(enrollment);
            back.enrollments.extend(now.map(|now| (enrollment.clone(), now)));
        }
        let came = |missed: &Missed| {
            let is_same =
                |one: &Missed| one.workflow == missed.workflow && one.occurrence == missed.occurrence;
            other.missed.iter().any(is_same)
        };
        (back.missed, state.missed) = std::mem::take(&mut state.missed).into_iter().partition(came);
        back.asks.clear();
        back.agenda.clear();
        let is_theirs = |send: &SendId| is_of(send, whole);
        (back.sends, state.sends) =
            std::mem::take(&mut state.sends).into_iter().partition(|(send, _)| is_theirs(send));
        (back.recent, state.recent) =
            std::mem::take(&mut state.recent).into_iter().partition(|(send, _)| is_theirs(send));
        if state.last_sent.as_ref().is_some_and(is_theirs) {
            state.last_sent = None;
        }
        // Of what was sent, and of where each has been, both know.
        back.past.clone_from(&state.past);
        back.accepted.clone_from(&state.accepted);
        back.arms.clone_from(&state.arms);
        back.entities.clone_from(&state.entities);
        back.kept_dates.clone_from(&state.kept_dates);
        state.score.give_back(&other.score);
        other.carts.keys().for_each(|cart| drop(state.carts.remove(cart)));
        state.joined.retain(|joined, how| joined != id && how.via.as_ref() != Some(id));
    }
}

/// Whether a message is of this contact or of one that had been merged into it: it belongs to the one that its id names.
fn is_of(send: &SendId, whole: &Whole) -> bool {
    send.contact().is_some_and(|named| named == whole.id || whole.state.joined.contains_key(&named))
}

/// Why a merge can't be undone as the contact is: a code. `under_way` passes when a message has gone or was held back.
pub fn cannot_part(
    contact: &Contact,
    other: &ContactId,
    whole: &Whole,
    now: Instant,
) -> Option<&'static str> {
    let Some(joined) = contact.state.joined.get(other) else { return Some("not_merged") };
    if joined.via.is_some() {
        return Some("nested");
    }
    if now.since(joined.at) > UNDONE_WITHIN {
        return Some("too_late");
    }
    let came = whole.state.enrollments.keys().filter_map(|id| contact.state.enrollments.get(id));
    let mut busy = came.map(|one| match &one.waiting {
        Waiting::Answer { .. } => true,
        Waiting::Sends { open } => open.iter().any(|send| !is_of(send, whole)),
        _ => false,
    });
    (!contact.state.agenda.is_empty() || busy.any(|busy| busy)).then_some("under_way")
}
