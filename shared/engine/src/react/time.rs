//! Letting time pass: every boundary up to the reaction's instant fires at its own instant, in order, so that the
//! outcome does not depend on how late an alarm rings. At one instant: what expires, then waits.

use super::{Need, Turn};
use crate::condition::Facets;
use crate::contact::enrollment::Waiting;
use crate::contact::record::Sort;
use crate::contact::send::Phase;
use crate::contact::state::{Boundary, Work};
use crate::event::Chain;
use crate::time::Instant;
use crate::timeline::What;

impl Turn<'_> {
    /// Does the work that is there, then passes time up to an instant; true if it got there within the budget.
    pub(super) fn pass_time(&mut self, until: Instant) -> Result<bool, Need> {
        while self.drain()? {
            let Some(at) = self.contact.state.next_boundary().filter(|at| *at <= until) else {
                self.now = self.now.max(until);
                return Ok(true);
            };
            self.now = self.now.max(at);
            self.contact.state.last_now = self.now;
            // Goals and exits first.
            for boundary in self.contact.state.boundaries_at(at) {
                if let Boundary::Watch(enrollment) = boundary {
                    self.watch(&enrollment, Facets::NONE)?;
                }
            }
            self.chain = Chain::default();
            self.expire(at)?;
            self.come_by_itself(at);
            self.take_in(at)?;
            self.reassess(Facets::NONE);
            if !self.drain()? {
                break;
            }
            self.end_waits(at)?;
        }
        Ok(false)
    }

    fn expire(&mut self, at: Instant) -> Result<(), Need> {
        let due: Vec<Boundary> = self.contact.state.boundaries_at(at);
        for boundary in due {
            match boundary {
                Boundary::Points => self.expire_points(at),
                Boundary::Coupon => self.lapse(Sort::Coupon, at),
                Boundary::Invoice => self.lapse(Sort::Invoice, at),
                Boundary::Lease(send) => {
                    let Some(open) = self.contact.state.sends.get_mut(&send) else { continue };
                    let Phase::Claimed { at: claimed_at, .. } = open.phase else { continue };
                    if open.channel.repeats() {
                        self.hand_over_again(&send)?;
                        continue;
                    }
                    open.phase = Phase::Unknown { claimed_at, since: at };
                    let (workflow, step) = (open.workflow.clone(), open.step.clone());
                    self.log(Some(&workflow), Some(&step), What::SendUnknown { send });
                }
                Boundary::Unresolved(send) => {
                    let Some(open) = self.contact.state.sends.get_mut(&send) else { continue };
                    let Phase::Unknown { claimed_at, .. } = open.phase else { continue };
                    open.phase = Phase::Unresolved { claimed_at };
                    let (workflow, version, step) =
                        (open.workflow.clone(), open.version.clone(), open.step.clone());
                    self.count(&workflow, &version, Some(&step), "unresolved");
                    self.log(Some(&workflow), Some(&step), What::SendUnresolved { send });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Dates that come round, times that come, and carts that are left standing.
    fn come_by_itself(&mut self, at: Instant) {
        for boundary in self.contact.state.boundaries_at(at) {
            match boundary {
                Boundary::Date(rule) => self.reach_date(&rule, at),
                Boundary::Cart => self.tell_carts(at),
                Boundary::Schedule => self.reach_schedules(at),
                _ => {}
            }
        }
    }

    fn expire_points(&mut self, at: Instant) {
        let score = &mut self.contact.state.score;
        let before = score.value(at - crate::time::Millis(1));
        score.expire(at);
        let after = score.value(at);
        if before != after {
            self.log(None, None, What::ScoreExpired { score: after });
            self.score_changed(before, after, Chain::default());
        }
    }

    fn end_waits(&mut self, at: Instant) -> Result<(), Need> {
        for boundary in self.contact.state.boundaries_at(at) {
            match boundary {
                Boundary::Wait(enrollment) => {
                    let Some(waiting) = self.contact.state.enrollments.get(&enrollment) else { continue };
                    let (version, step) = (waiting.version.clone(), waiting.step.clone());
                    let (mut over_at, mut runs) = (at, false);
                    if let Waiting::Turn { due, .. } = waiting.waiting {
                        (over_at, runs) = (due.unwrap_or(at), due.is_none());
                    }
                    let program = self.program(&version)?;
                    let Some(def) = program.step(&step).map(|at| &program.steps[at]) else {
                        self.fail(&enrollment, "step_missing");
                        continue;
                    };
                    if !runs {
                        self.advance(&enrollment, &program, def.step.due(def.next), over_at);
                    } else if let Some(waiting) = self.contact.state.enrollments.get_mut(&enrollment) {
                        waiting.waiting = Waiting::Nothing;
                        self.work.push_back(Work::Run { enrollment });
                    }
                }
                Boundary::Held(send) => {
                    let Some(open) = self.contact.state.sends.get(&send) else { continue };
                    let Phase::Unknown { claimed_at, .. } = open.phase else { continue };
                    let open = open.clone();
                    self.release(&send, &open, claimed_at)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
