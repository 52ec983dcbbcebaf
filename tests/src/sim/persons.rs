//! What is done to persons as such, while everything else happens: two contacts are merged, a merge is undone, somebody is
//! erased. In the end nothing of an erased person is left, and everybody is found by what is theirs and nobody else's.

use std::collections::{BTreeMap, BTreeSet};

use flusso_app::App;
use flusso_engine::contact::gone::Gone;
use flusso_engine::contact::identity::Identity;
use flusso_engine::contact::send::HAND_OVER_WITHIN;
use flusso_engine::ids::{ContactId, SendId};
use flusso_store::codec::value;
use flusso_store::keys::identity::IdentityRow;
use flusso_store::keys::{directory, identity};

use super::core::{MINUTE, at_once};
use super::jobs::Command;
use super::lives::is_answer;
use super::plan::Plan;
use super::rng::Rng;
use super::timer::SKEW;
use super::watch::Seen;
use super::world::World;

/// What is done.
#[derive(Clone, Debug)]
pub enum Act {
    /// The one of these two is merged into the other.
    Merge(u64, u64),
    /// A merge is undone.
    Unmerge(u64),
    /// Somebody is erased.
    Erase(u64),
    /// They are two people.
    NotDouble(u64),
}

/// Whom it concerns, when it is done.
pub type Whom = (String, String);

/// In how many of 10,000 worlds nothing of it is done.
const NOT_DRAWN: u32 = 5_000;

/// What a seed does: by chances of its own, so that nothing else of the world is another for it.
pub fn draw(seed: u64, plan: &Plan) -> Vec<(i64, Command)> {
    let mut rng = Rng::new(seed ^ 0x7065_7273);
    let mut acts = Vec::new();
    if rng.chance(NOT_DRAWN) {
        return acts;
    }
    for _ in 0..=rng.below(4) {
        let at = rng.between(MINUTE / 2, plan.calm_at.max(2 * MINUTE));
        let (one, other) = (rng.below(1_000), rng.below(1_000));
        let act = match rng.below(10) {
            0..=5 => Act::Merge(one, other),
            6 => Act::Erase(one),
            7 => Act::NotDouble(one),
            _ => Act::Unmerge(one),
        };
        let merges = matches!(act, Act::Merge(..));
        acts.push((at, Command::Person(act)));
        if merges && rng.chance(5_000) {
            let later = at + rng.between(MINUTE / 4, 5 * 60 * MINUTE);
            acts.push((later, Command::Person(Act::Unmerge(rng.below(1_000)))));
        }
    }
    acts
}

/// Does it.
pub async fn act(app: &App, act: &Act, whom: Option<Whom>) -> Result<(), String> {
    let by = "person:maria";
    let Some((one, other)) = whom else { return Ok(()) };
    let done = match act {
        Act::Merge(..) => {
            let theirs = BTreeSet::from(["phone".into()]);
            app.merge(&one, &other, &theirs, by).await.map(|_| ())
        }
        Act::Unmerge(_) => app.unmerge(&one, &other, by).await.map(|_| ()),
        Act::Erase(_) => app.erase_contact(&one, by).await.map(|_| ()),
        Act::NotDouble(_) => app.not_double(&one, &other, by).await,
    };
    match done {
        Err(error) if !is_answer(&error) => Err(error.to_string()),
        _ => Ok(()),
    }
}

impl World {
    /// Whom an act concerns, of those that there are by now.
    pub(super) fn persons(&self, act: &Act) -> Option<Whom> {
        self.core.with(|shared| {
            let seen = &shared.watch.seen;
            let there = seen.iter().filter(|(_, seen)| seen.contact.is_there());
            let of = |pairs: Vec<Whom>, number: u64| {
                let at = usize::try_from(number).unwrap_or_default() % pairs.len().max(1);
                pairs.get(at).cloned()
            };
            match act {
                Act::Merge(one, other) => {
                    let all: Vec<Whom> = there.map(|(id, _)| (id.to_string(), String::new())).collect();
                    let stays = of(all.clone(), *one)?.0;
                    let others = all.into_iter().filter(|(id, _)| *id != stays).collect();
                    Some((stays, of(others, *other)?.0))
                }
                Act::Unmerge(number) => {
                    let merged = there.flat_map(|(id, seen)| {
                        let joined = seen.contact.state.joined.iter().filter(|(_, how)| how.via.is_none());
                        joined.map(|(other, _)| (id.to_string(), other.to_string()))
                    });
                    of(merged.collect(), *number)
                }
                Act::Erase(number) => {
                    of(there.map(|(id, _)| (id.to_string(), String::new())).collect(), *number)
                }
                Act::NotDouble(number) => {
                    let doubles = there.flat_map(|(id, seen)| {
                        let doubles = seen.contact.profile.doubles.keys();
                        doubles.map(|other| (id.to_string(), other.to_string()))
                    });
                    of(doubles.collect(), *number)
                }
            }
        })
    }

    /// X1: of whoever was erased nothing is left, and nothing was handed over after that. I1: what identifies a contact
    /// leads to it, and to nobody else. A1: the chain of every contact holds.
    pub(super) fn judge_persons(&mut self) {
        let app = self.instances[0].app.clone();
        let rows = self.memory.dump();
        let seen = self.core.with(|shared| std::mem::take(&mut shared.watch.seen));
        let erased = erased(&seen);
        let mut wrong: Vec<(&'static str, String)> = Vec::new();
        for (id, (at, named)) in &erased {
            for row in rows.iter().filter(|row| row.key.partition == format!("con/{id}")) {
                let text = String::from_utf8_lossy(&row.body).to_lowercase();
                // Which contacts were one is still known.
                let mut named = named.iter().filter(|name| !name.starts_with("con_"));
                if let Some(name) = named.find(|name| text.contains(&name.to_lowercase())) {
                    wrong.push(("X1", format!("{id} was erased, but {:?} has {name}", row.key)));
                }
            }
            if rows.iter().any(|row| row.key == directory::key(id)) {
                wrong.push(("X1", format!("{id} was erased, but is in the directory")));
            }
            let late = at + HAND_OVER_WITHIN.0 + 2 * SKEW;
            self.core.with(|shared| {
                let of = |send: &str| SendId::new(send).contact().as_ref() == Some(id);
                let after =
                    shared.ledger.attempts.iter().find(|((send, _), attempt)| {
                        of(send) && attempt.accepted_at.is_some_and(|at| at > late)
                    });
                wrong
                    .extend(after.map(|((send, _), _)| ("X1", format!("{send} went after {id} was erased"))));
            });
        }
        for (id, seen) in &seen {
            match at_once(app.verify_contact_chain(id)) {
                Ok(checked) if checked.broken.is_none() => {}
                other => wrong.push(("A1", format!("{id}: {other:?}"))),
            }
            for identity in Identity::of(&seen.contact.profile) {
                let row = rows.iter().find(|row| row.key == identity::key(&identity));
                if row.and_then(|row| value::<IdentityRow>(row).ok()).as_ref() != Some(id) {
                    wrong.push(("I1", format!("{id} states {identity:?}, which does not lead to it")));
                }
            }
        }
        let stated: BTreeMap<_, &ContactId> = seen
            .iter()
            .flat_map(|(id, seen)| {
                Identity::of(&seen.contact.profile).into_iter().map(move |own| (identity::key(&own), id))
            })
            .collect();
        for row in rows.iter().filter(|row| row.key.partition.starts_with("idn/")) {
            let owner = value::<IdentityRow>(row).ok();
            if stated.get(&row.key).copied() != owner.as_ref() {
                wrong.push(("I1", format!("{:?} leads to {owner:?}, who does not state it", row.key)));
            }
        }
        self.core.with(|shared| {
            shared.watch.seen = seen;
            for (invariant, text) in wrong {
                shared.violated(invariant, || text);
            }
        });
    }
}

/// Whoever was erased, when, and by what they were known.
pub(super) fn erased(seen: &BTreeMap<ContactId, Seen>) -> BTreeMap<ContactId, (i64, BTreeSet<String>)> {
    let gone = seen.iter().filter_map(|(id, seen)| match seen.contact.state.gone {
        Some(Gone::Erased { at }) => Some((id.clone(), (at.millis(), seen.known_by.clone()))),
        _ => None,
    });
    gone.collect()
}
