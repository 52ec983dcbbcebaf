//! Coupons expire by themselves, at the instant up to which they are valid (SEM-11).

use super::Cause;
use crate::contact::coupon::SPEC;
use crate::contact::record::{Record, Sort};
use crate::event::Chain;
use crate::react::Turn;
use crate::time::Instant;

/// When a coupon expires: not before what is known of where it stands, which is newer then.
fn expires_at(coupon: &Record) -> Option<Instant> {
    let until = coupon.instant("valid_until").filter(|until| *until < Instant::MAX)?;
    let stands = coupon.values.get(SPEC.standing.0).map(|field| field.at);
    (!coupon.has_ended(Sort::Coupon)).then_some(until.max(stands.unwrap_or_default()))
}

impl Turn<'_> {
    /// Finds anew when the next coupon expires.
    pub(in crate::react) fn plan_coupons(&mut self) {
        let coupons = self.contact.profile.objects.records.of(Sort::Coupon);
        self.contact.state.coupon_at = coupons.filter_map(|(_, coupon)| expires_at(coupon)).min();
    }

    /// What is not valid any more has expired, and workflows see it.
    pub(in crate::react) fn expire_coupons(&mut self, at: Instant) {
        let coupons = self.contact.profile.objects.records.of(Sort::Coupon);
        let due = coupons.filter(|(_, coupon)| expires_at(coupon).is_some_and(|due| due <= at));
        let due: Vec<_> = due.map(|(code, _)| code.clone()).collect();
        for code in due {
            let cause = Cause { by: None, at, chain: Chain::default(), source: "clock".into() };
            self.say_of(&cause, Sort::Coupon, &code, "expired", Vec::new());
            let view = self.view_of(Sort::Coupon, &code);
            self.happen_at("coupon.expired", at, view, Chain::default());
        }
        self.plan_coupons();
    }
}
