//! When messages may go: to the contact by the workflow's send window and the account's, on whose clock they say; to a
//! colleague by their own quiet hours.

use jiff::tz::TimeZone;

use super::Turn;
use crate::calendar::{self, FoundZone, Hours, Release};
use crate::contact::send::Class;
use crate::ids::EnrollmentId;
use crate::time::{Instant, Millis};
use crate::workflow::program::Program;

/// So long after an opening the last of those goes that waited for it.
const SPREAD: Millis = Millis::minutes(15);
/// An opening further ahead is as good as none.
const AHEAD: Millis = Millis::hours(24 * 366 * 5);

impl Turn<'_> {
    /// The contact's own zone, or what is nearest to it.
    pub(super) fn found_zone(&self) -> FoundZone {
        let text = |name| self.contact.profile.text(name);
        let account = self.zone_then.as_ref().unwrap_or(&self.definitions.zone);
        calendar::zone_of(text("time_zone"), text("phone"), text("country"), account)
    }

    /// The zone in which this person's days are counted.
    pub(super) fn contact_zone(&self) -> TimeZone {
        self.found_zone().zone
    }

    /// When a message of a workflow may go; none where nothing limits it.
    pub(super) fn hours<'p>(&'p self, program: &'p Program, class: Class) -> Option<Hours<'p>> {
        if matches!(class, Class::Transactional | Class::Internal) || self.contact.profile.test {
            return None;
        }
        let windows = [program.settings.window.as_ref(), self.definitions.account.quiet.as_ref()];
        let windows: Vec<_> = windows.into_iter().flatten().collect();
        if windows.is_empty() {
            return None;
        }
        let own = self.found_zone();
        let zone = |window: &calendar::Window| window.zone.resolve(&own, &self.definitions.zone).zone;
        Some(Hours::new(windows.into_iter().map(|window| (window, zone(window)))))
    }

    /// When a message that is ready at `at` goes; none if nothing opens before it is too late.
    pub(super) fn release_at(
        hours: &Hours<'_>,
        program: &Program,
        enrollment: &EnrollmentId,
        at: Instant,
    ) -> Option<Release> {
        let ends = program.settings.messages_until.into_iter().chain(program.settings.ends_at).min();
        let until = ends.unwrap_or(at + AHEAD).min(at + AHEAD);
        hours.release(at, until, calendar::key_hash(enrollment.as_str()), SPREAD)
    }

    /// When a colleague may be told something; none where they may at any time, or nobody knows them.
    pub(super) fn colleague_hours(&self, to: &str) -> Option<Hours<'_>> {
        self.definitions.colleague_at(to)?.hours(&self.definitions.zone)
    }

    /// When a notification goes that is ready at `at`; none if the colleague's hours never open.
    pub(super) fn told_at(hours: &Hours<'_>, enrollment: &EnrollmentId, at: Instant) -> Option<Release> {
        hours.release(at, at + AHEAD, calendar::key_hash(enrollment.as_str()), SPREAD)
    }
}
