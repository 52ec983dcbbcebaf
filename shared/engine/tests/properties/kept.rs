//! What a contact keeps of conditions against brute force: at every instant before the next at which something changes by
//! itself, what is kept is what asking anew gives.

use std::sync::Arc;

use flusso_engine::condition::{Predicate, Scope, Truth};
use flusso_engine::contact::State;
use flusso_engine::contact::enrollment::Enrollment;
use flusso_engine::contact::enrollment::Waiting;
use flusso_engine::contact::record::Sort;
use flusso_engine::ids::EnrollmentId;
use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};

use super::person::Person;

/// Looks so far ahead where nothing changes by itself.
const AHEAD: Millis = Millis::hours(24 * 400);

impl Person {
    /// Checks what is kept, if nothing is left to do.
    pub fn check_kept(&self) {
        let state = &self.contact.state;
        if !state.agenda.is_empty() || self.contact.is_unborn() {
            return;
        }
        let before = state.next_boundary().map_or(self.now + AHEAD, |at| at - Millis(1));
        let between = self.now + Millis(before.since(self.now).0 / 2);
        for at in [self.now, between, before].into_iter().filter(|at| *at >= self.now) {
            for standing in &self.definitions.standing {
                let kept = state.standing.get(&standing.id).is_some_and(|held| held.since.is_some());
                let asked = self.ask(&standing.condition, at, None) == Truth::Yes;
                assert_eq!(kept, asked, "SEM-16: {} as it is kept and as it is at {at}", standing.id);
            }
            for inside in &state.enrollments {
                self.check_inside(inside, at);
            }
        }
    }

    /// Nobody is inside who should have left, or waits for what is so.
    fn check_inside(&self, inside: (&EnrollmentId, &Enrollment), at: Instant) {
        let (id, enrollment) = inside;
        let program = &self.definitions.programs[&enrollment.version];
        assert!(program.settings.ends_at.is_none_or(|ends| at < ends), "{id} is inside after the end");
        for (number, exit) in program.exits.iter().enumerate() {
            let Some(condition) = exit.on.condition().filter(|_| !enrollment.reached.contains(&number))
            else {
                continue;
            };
            let truth = self.ask(condition, at, Some(inside));
            assert_ne!(truth, Truth::Yes, "SEM-4: {id} is inside, and {:?} holds at {at}", exit.reason);
        }
        if let Waiting::Condition { .. } = enrollment.waiting {
            let def = &program.steps[program.step(&enrollment.step).unwrap()];
            let (condition, _) = def.step.awaits().unwrap();
            let truth = self.ask(condition, at, Some(inside));
            assert_ne!(truth, Truth::Yes, "{id} waits for what is so at {at}");
        }
    }

    fn ask(
        &self,
        condition: &Predicate,
        now: Instant,
        enrollment: Option<(&EnrollmentId, &Enrollment)>,
    ) -> Truth {
        let definitions = &self.definitions;
        let scope = Scope {
            contact: &self.contact,
            now,
            zone: &definitions.zone,
            event: enrollment.map(|(_, enrollment)| &*enrollment.event),
            rings: &definitions.rings,
            segments: &definitions.segments,
            tracking: definitions.account.tracking,
            enrollment,
        };
        condition.eval(&scope).truth
    }

    /// Whatever is kept is found again by whoever finds everything anew, as after a change of the definitions.
    pub fn check_anew(&self) {
        if !self.contact.state.agenda.is_empty() || self.contact.is_unborn() {
            return;
        }
        let mut definitions = (*self.definitions).clone();
        definitions.number += 1;
        for standing in &mut definitions.standing {
            standing.since = definitions.number;
        }
        let mut anew = self.clone();
        anew.definitions = Arc::new(definitions);
        let (state, found) = (&self.contact.state, anew.react(&Input::Wake).contact.state);
        // An instant at which something may change may be too early, not too late.
        let holds = |state: &State| {
            let held = state.standing.iter().filter_map(|(id, held)| Some((id.clone(), held.since?)));
            held.collect::<Vec<_>>()
        };
        assert_eq!(holds(state), holds(&found), "standing conditions found anew");
        assert_eq!(state.dates, found.dates, "dates found anew");
        assert_eq!((&state.carts, state.cart_at), (&found.carts, found.cart_at), "carts found anew");
        self.check_coupons();
        self.check_invoices();
    }

    /// KC-46: no invoice that waits for its money has outlived its time, and the alarm is for the next of them.
    fn check_invoices(&self) {
        let invoices = self.contact.profile.objects.records.of(Sort::Invoice);
        let open = invoices.filter(|(_, one)| ["sent", "due"].contains(&one.standing(Sort::Invoice)));
        let due = open.filter_map(|(_, invoice)| invoice.instant("due")).min();
        let due = due.filter(|due| *due < Instant::MAX);
        let state = &self.contact.state;
        assert_eq!(due.is_some(), state.invoice_at.is_some(), "the end of an invoice is waited for");
        assert!(due <= state.invoice_at, "an invoice is overdue early");
    }

    /// SEM-11: no coupon that is still open has outlived its time, and the alarm is for the next of them.
    fn check_coupons(&self) {
        let coupons = self.contact.profile.objects.records.of(Sort::Coupon);
        let open = coupons.filter(|(_, coupon)| !coupon.has_ended(Sort::Coupon));
        let until = open.filter_map(|(_, coupon)| coupon.instant("valid_until")).min();
        let until = until.filter(|until| *until < Instant::MAX);
        let state = &self.contact.state;
        assert_eq!(until.is_some(), state.coupon_at.is_some(), "a coupon's end is waited for");
        assert!(until <= state.coupon_at, "a coupon expires early");
    }
}
