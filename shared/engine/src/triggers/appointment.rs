//! Appointments: booked, moved, cancelled, attended, missed; a name is that of the calendar.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static BOOKED_SPEC: Spec = Spec::new("appointment booked", "appointment.booked")
    .asks("calendar", &["calendar", "appointment"])
    .carries(&["appointment", "state"]);

/// `appointment booked: …`
pub const BOOKED: Kind = Kind {
    key: "appointment booked",
    says: "An appointment is booked; by its calendar.",
    shape: Shape::Happened(&BOOKED_SPEC),
    read: |node, _, problems| BOOKED_SPEC.read(node, problems),
};

static MOVED_SPEC: Spec = Spec::new("appointment moved", "appointment.moved")
    .asks("calendar", &["calendar", "appointment"])
    .carries(&["appointment", "state"]);

/// `appointment moved: …`
pub const MOVED: Kind = Kind {
    key: "appointment moved",
    says: "An appointment is moved.",
    shape: Shape::Happened(&MOVED_SPEC),
    read: |node, _, problems| MOVED_SPEC.read(node, problems),
};

static CANCELLED_SPEC: Spec = Spec::new("appointment cancelled", "appointment.cancelled")
    .asks("calendar", &["calendar", "appointment"])
    .carries(&["appointment", "state"]);

/// `appointment cancelled: …`
pub const CANCELLED: Kind = Kind {
    key: "appointment cancelled",
    says: "An appointment is cancelled.",
    shape: Shape::Happened(&CANCELLED_SPEC),
    read: |node, _, problems| CANCELLED_SPEC.read(node, problems),
};

static ATTENDED_SPEC: Spec = Spec::new("appointment attended", "appointment.attended")
    .asks("calendar", &["calendar", "appointment"])
    .carries(&["appointment", "state"]);

/// `appointment attended: …`
pub const ATTENDED: Kind = Kind {
    key: "appointment attended",
    says: "An appointment was attended.",
    shape: Shape::Happened(&ATTENDED_SPEC),
    read: |node, _, problems| ATTENDED_SPEC.read(node, problems),
};

static MISSED_SPEC: Spec = Spec::new("appointment missed", "appointment.missed")
    .asks("calendar", &["calendar", "appointment"])
    .carries(&["appointment", "state"]);

/// `appointment missed: …`
pub const MISSED: Kind = Kind {
    key: "appointment missed",
    says: "An appointment was missed.",
    shape: Shape::Happened(&MISSED_SPEC),
    read: |node, _, problems| MISSED_SPEC.read(node, problems),
};
