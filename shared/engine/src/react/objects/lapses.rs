//! What comes of records by time alone: a coupon expires at the instant up to which it is valid (SEM-11), an invoice that
//! nobody has paid is overdue at the instant at which it is due.

use super::Cause;
use crate::contact::invoice;
use crate::contact::record::{Record, Sort};
use crate::event::Chain;
use crate::react::Turn;
use crate::time::Instant;

/// When a record changes by itself: not before what is known of where it stands, which is newer then.
fn lapses_at(sort: Sort, record: &Record) -> Option<Instant> {
    let (until, waits) = match sort {
        Sort::Coupon => ("valid_until", !record.has_ended(sort)),
        Sort::Invoice => ("due", invoice::OPEN.contains(&record.standing(sort))),
        _ => return None,
    };
    let until = record.instant(until).filter(|until| *until < Instant::MAX)?;
    let stands = record.values.get(sort.spec().standing.0).map(|field| field.at);
    waits.then_some(until.max(stands.unwrap_or_default()))
}

/// What is said of it then.
fn says(sort: Sort) -> &'static str {
    if sort == Sort::Invoice { "overdue" } else { "expired" }
}

impl Turn<'_> {
    /// Finds anew when the next record of a sort changes by itself.
    pub(in crate::react) fn plan_lapses(&mut self, sort: Sort) {
        let records = self.contact.profile.objects.records.of(sort);
        let next = records.filter_map(|(_, record)| lapses_at(sort, record)).min();
        match sort {
            Sort::Coupon => self.contact.state.coupon_at = next,
            Sort::Invoice => self.contact.state.invoice_at = next,
            _ => {}
        }
    }

    /// What is not valid any more has expired, what was not paid in time is overdue, and workflows see it.
    pub(in crate::react) fn lapse(&mut self, sort: Sort, at: Instant) {
        let records = self.contact.profile.objects.records.of(sort);
        let due = records.filter(|(_, record)| lapses_at(sort, record).is_some_and(|due| due <= at));
        let due: Vec<_> = due.map(|(id, _)| id.clone()).collect();
        for id in due {
            let cause = Cause { by: None, at, chain: Chain::default(), source: "clock".into() };
            self.say_of(&cause, sort, &id, says(sort), Vec::new());
            let view = self.view_of(sort, &id);
            self.happen_at(&format!("{}.{}", sort.spec().word, says(sort)), at, view, Chain::default());
        }
        self.plan_lapses(sort);
    }
}
