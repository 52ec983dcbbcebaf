//! What became of an SMS, as of an e-mail.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static SENT_SPEC: Spec = Spec::new("sms sent", "sms.sent")
    .asks("workflow", &["workflow", "step"])
    .carries_only(&["send", "workflow", "step"]);

/// `sms sent: …`
pub const SENT: Kind = Kind {
    key: "sms sent",
    says: "The provider took an SMS.",
    shape: Shape::Happened(&SENT_SPEC),
    read: |node, _, problems| SENT_SPEC.read(node, problems),
};

static DELIVERED_SPEC: Spec =
    Spec::new("sms delivered", "sms.delivered").asks("workflow", &["workflow", "step"]);

/// `sms delivered: …`
pub const DELIVERED: Kind = Kind {
    key: "sms delivered",
    says: "An SMS arrived.",
    shape: Shape::Happened(&DELIVERED_SPEC),
    read: |node, _, problems| DELIVERED_SPEC.read(node, problems),
};

static NOT_DELIVERED_SPEC: Spec =
    Spec::new("sms not delivered", "sms.not_delivered").asks("workflow", &["workflow", "step"]);

/// `sms not delivered: …`
pub const NOT_DELIVERED: Kind = Kind {
    key: "sms not delivered",
    says: "An SMS did not arrive.",
    shape: Shape::Happened(&NOT_DELIVERED_SPEC),
    read: |node, _, problems| NOT_DELIVERED_SPEC.read(node, problems),
};

static CLICKED_SPEC: Spec = Spec::new("sms clicked", "sms.clicked")
    .asks("workflow", &["workflow", "step", "url"])
    .always(&[("class", "human")]);

/// `sms clicked: …`
pub const CLICKED: Kind = Kind {
    key: "sms clicked",
    says: "A person followed a link of an SMS.",
    shape: Shape::Happened(&CLICKED_SPEC),
    read: |node, _, problems| CLICKED_SPEC.read(node, problems),
};

static REPLIED_SPEC: Spec = Spec::new("sms replied", "sms.replied").asks("workflow", &["workflow", "step"]);

/// `sms replied: …`
pub const REPLIED: Kind = Kind {
    key: "sms replied",
    says: "An SMS was answered.",
    shape: Shape::Happened(&REPLIED_SPEC),
    read: |node, _, problems| REPLIED_SPEC.read(node, problems),
};

static STOPPED_SPEC: Spec = Spec::new("sms stopped", "sms.stopped");

/// `sms stopped: …`
pub const STOPPED: Kind = Kind {
    key: "sms stopped",
    says: "Somebody wants no more SMS.",
    shape: Shape::Happened(&STOPPED_SPEC),
    read: |node, _, problems| STOPPED_SPEC.read(node, problems),
};
