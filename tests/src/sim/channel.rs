//! The provider: a ledger of what it was handed, with an answer that may be lost. What it took can't be taken back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use flusso_app::ports::channel::{Channel, HandedOver, Handover, Permit, Settled};
use flusso_engine::contact::send::HAND_OVER_WITHIN;
use flusso_engine::ids::SendId;
use flusso_engine::time::{Instant, Millis};

use super::core::{Core, HOUR, Item, MINUTE, SECOND, Shared};
use super::plan::Post;
use super::plant::Plant;

/// Everything that the provider knows.
#[derive(Debug, Default)]
pub struct Ledger {
    /// It can tell what became of an attempt, and shut out a late performer of it.
    pub fences: bool,
    /// Attempts by send and number.
    pub attempts: BTreeMap<(String, u32), Attempt>,
    /// What it took, in order.
    pub taken: Vec<Handover>,
    /// Nobody opens, answers or complains by himself (fault sweep).
    pub silent: bool,
}

/// What became of an attempt.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// How often it was handed over.
    pub calls: u32,
    /// The provider has it.
    pub accepted_at: Option<i64>,
    /// The provider refused it, and said so.
    pub refused: bool,
    /// The performer said that it did not hand it over.
    pub given_back: bool,
    /// The provider has promised never to take it.
    pub fenced: bool,
}

impl Attempt {
    /// Whether it is proven that the provider does not have it and never will.
    pub fn proven_not_accepted(&self) -> bool {
        self.accepted_at.is_none() && (self.refused || self.fenced || (self.given_back && self.calls == 0))
    }
}

impl Ledger {
    /// An attempt.
    pub fn attempt(&mut self, send: &str, number: u32) -> &mut Attempt {
        self.attempts.entry((send.to_owned(), number)).or_default()
    }

    /// Whether the provider took any attempt of a send.
    pub fn took(&self, send: &str) -> bool {
        let attempts = self.attempts.range((send.to_owned(), 0)..=(send.to_owned(), u32::MAX));
        attempts.into_iter().any(|(_, attempt)| attempt.accepted_at.is_some())
    }
}

/// The provider as a port of one instance.
pub struct SimChannel {
    /// The world.
    pub core: Arc<Core>,
    /// By how much the clock of its instance is wrong.
    pub skew: Arc<AtomicI64>,
}

enum Fate {
    Taken,
    TakenSilently,
    Lost,
    RefusedNow,
    RefusedForGood,
}

#[async_trait]
impl Channel for SimChannel {
    async fn permit(&self) -> Permit {
        self.core.pause("permit").await;
        self.core.with(|shared| {
            let chance = shared.weather.no_permit;
            if shared.fault("no permit", chance) {
                Permit::After(Millis(shared.rng.between(1, 30_000)))
            } else {
                Permit::Granted
            }
        })
    }

    async fn hand_over(&self, message: &Handover) -> HandedOver {
        let own_now = self.core.now() + self.skew.load(Ordering::Relaxed);
        self.core.with(|shared| shared.check_hand_over(message, own_now));
        self.core.pause("hand over").await;
        let now = self.core.now();
        let answer = self.core.with(|shared| shared.take(message, now));
        self.core.pause("handed over").await;
        answer
    }

    async fn settle(&self, send: &str, attempt: u32) -> Settled {
        self.core.pause("settle").await;
        let settled = self.core.with(|shared| shared.settle(send, attempt));
        self.core.pause("settled").await;
        settled
    }
}

impl Shared {
    /// S1 and S2 at the door of the provider.
    fn check_hand_over(&mut self, message: &Handover, own_now: i64) {
        let claimed = self.watch.claims.get(&(message.send.clone(), message.attempt)).copied();
        let attempt = self.ledger.attempt(&message.send, message.attempt);
        attempt.calls += 1;
        let calls = attempt.calls;
        if calls > 1 {
            self.violated("S1", || {
                format!("attempt {} of {} is handed over {calls} times", message.attempt, message.send)
            });
        }
        match claimed {
            None => self.violated("S2", || {
                format!("{} is handed over, but attempt {} was never claimed", message.send, message.attempt)
            }),
            Some(at) if own_now - at > HAND_OVER_WITHIN.0 => {
                self.violated("S2", || {
                    format!("{} is handed over {} ms after its claim", message.send, own_now - at)
                });
            }
            Some(_) => {}
        }
    }

    fn take(&mut self, message: &Handover, now: i64) -> HandedOver {
        if self.ledger.attempt(&message.send, message.attempt).fenced {
            self.trace.mark("late_hand_over_fenced");
            self.ledger.attempt(&message.send, message.attempt).refused = true;
            return HandedOver::Refused { permanent: false, reason: "fenced".to_owned() };
        }
        let weather = self.weather.clone();
        let fate = if self.fault("provider refuses", weather.refused_now) {
            Fate::RefusedNow
        } else if self.fault("provider refuses for good", weather.refused_for_good) {
            Fate::RefusedForGood
        } else if self.fault("provider's answer lost", weather.lost_after) {
            Fate::TakenSilently
        } else if self.fault("message lost before the provider", weather.lost_before) {
            Fate::Lost
        } else {
            Fate::Taken
        };
        let (send, number) = (&message.send, message.attempt);
        let silent = if self.planted(Plant::SilenceIsRefusal) {
            HandedOver::Refused { permanent: false, reason: "timeout".to_owned() }
        } else {
            HandedOver::Unknown { reason: "timeout".to_owned() }
        };
        match fate {
            Fate::Taken | Fate::TakenSilently => {
                let lost = matches!(fate, Fate::TakenSilently);
                // What knows a repetition by its id takes it once.
                if self.ledger.took(send) && !message.via.repeats() {
                    self.violated("S1", || format!("{send} was taken by the provider twice"));
                }
                self.ledger.attempt(send, number).accepted_at = Some(now);
                self.ledger.taken.push(message.clone());
                self.trace.mix_bytes(send.as_bytes());
                self.trace
                    .say(|| format!("  the provider takes {send} attempt {number}: {}", message.subject));
                self.feed_back(message, now, lost);
                if lost { silent } else { HandedOver::Accepted { provider_id: format!("p-{send}-{number}") } }
            }
            Fate::Lost => silent,
            Fate::RefusedNow | Fate::RefusedForGood => {
                self.ledger.attempt(send, number).refused = true;
                let permanent = matches!(fate, Fate::RefusedForGood);
                HandedOver::Refused { permanent, reason: "refused".to_owned() }
            }
        }
    }

    fn settle(&mut self, send: &str, number: u32) -> Settled {
        let (fences, known) = (self.ledger.fences, self.ledger.fences || self.rng.chance(500));
        let attempt = self.ledger.attempt(send, number);
        if let Some(at) = attempt.accepted_at {
            if !known {
                return Settled::Unknown;
            }
            self.trace.mark("settled_accepted");
            let provider_id = format!("p-{send}-{number}");
            return Settled::Accepted { provider_id, at: Instant::from_millis(at) };
        }
        if !fences {
            return Settled::Unknown;
        }
        attempt.fenced = true;
        self.trace.mark("settled_not_accepted");
        Settled::NotAccepted
    }

    /// What comes of a message that the provider took: notifications, and what its reader does.
    fn feed_back(&mut self, message: &Handover, now: i64, lost: bool) {
        let to_person = message.to.ends_with(super::plan::PEOPLE);
        if self.ledger.silent || SendId::new(message.send.as_str()).contact().is_none() {
            return;
        }
        let kinds: &[(&str, u32)] = if to_person {
            &[
                ("email.delivered", 2_500),
                ("email.opened", 4_500),
                ("email.replied", 1_200),
                ("email.bounced", 350),
                ("email.complained", 250),
                ("email.unsubscribed", 500),
            ]
        } else {
            &[("email.delivered", 2_500)]
        };
        if let Some(token) = leaving(message)
            && self.rng.chance(300)
        {
            let after = self.rng.between(10, 3 * HOUR);
            self.posts.push(Post::leave(token, &message.to));
            self.at(now + after, Item::Post(self.posts.len() - 1));
        }
        for (kind, chance) in kinds {
            if !self.rng.chance(*chance + if lost { 1_500 } else { 0 }) {
                continue;
            }
            let after = match self.rng.below(4) {
                0 => self.rng.between(10, 2 * SECOND),
                1 => self.rng.between(SECOND, 10 * MINUTE),
                2 => self.rng.between(MINUTE, 5 * HOUR),
                _ => self.rng.between(HOUR, 30 * HOUR),
            };
            let post = Post::feedback(self.posts.len(), kind, &message.send, &mut self.rng);
            // It may be said twice.
            let twice = self.rng.chance(1_500);
            self.posts.push(post);
            self.at(now + after, Item::Post(self.posts.len() - 1));
            if twice {
                let again = after + self.rng.between(0, 20 * MINUTE);
                self.at(now + again, Item::Post(self.posts.len() - 1));
            }
        }
    }
}

/// What stands in the address by which the recipient of a message leaves.
fn leaving(message: &Handover) -> Option<&str> {
    let (_, value) = message.headers.iter().find(|(name, _)| name == "List-Unsubscribe")?;
    value.trim_matches(['<', '>']).rsplit('/').next()
}
