//! What became of an e-mail: of any (`any`), of a workflow's (its id), or of a step's
//! (`{ workflow: benvenuto, step: welcome }`). Opened and clicked is what a person did, not a machine.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static SENT_SPEC: Spec = Spec::new("email sent", "email.sent")
    .asks("workflow", &["workflow", "step"])
    .carries_only(&["send", "workflow", "step"]);

/// `email sent: …`
pub const SENT: Kind = Kind {
    key: "email sent",
    says: "The provider took an e-mail; by its workflow.",
    shape: Shape::Happened(&SENT_SPEC),
    read: |node, _, problems| SENT_SPEC.read(node, problems),
};

static DELIVERED_SPEC: Spec =
    Spec::new("email delivered", "email.delivered").asks("workflow", &["workflow", "step"]);

/// `email delivered: …`
pub const DELIVERED: Kind = Kind {
    key: "email delivered",
    says: "An e-mail arrived.",
    shape: Shape::Happened(&DELIVERED_SPEC),
    read: |node, _, problems| DELIVERED_SPEC.read(node, problems),
};

static NOT_DELIVERED_SPEC: Spec =
    Spec::new("email not delivered", "email.bounced").asks("workflow", &["workflow", "step"]);

/// `email not delivered: …`
pub const NOT_DELIVERED: Kind = Kind {
    key: "email not delivered",
    says: "An e-mail did not arrive.",
    shape: Shape::Happened(&NOT_DELIVERED_SPEC),
    read: |node, _, problems| NOT_DELIVERED_SPEC.read(node, problems),
};

static OPENED_SPEC: Spec = Spec::new("email opened", "email.opened")
    .asks("workflow", &["workflow", "step"])
    .carries_only(&["send", "class", "workflow", "step"])
    .always(&[("class", "human")]);

/// `email opened: …`
pub const OPENED: Kind = Kind {
    key: "email opened",
    says: "A person opened an e-mail.",
    shape: Shape::Happened(&OPENED_SPEC),
    read: |node, _, problems| OPENED_SPEC.read(node, problems),
};

static CLICKED_SPEC: Spec = Spec::new("email clicked", "email.clicked")
    .asks("workflow", &["workflow", "step", "url"])
    .always(&[("class", "human")]);

/// `email clicked: …`
pub const CLICKED: Kind = Kind {
    key: "email clicked",
    says: "A person followed a link of an e-mail.",
    shape: Shape::Happened(&CLICKED_SPEC),
    read: |node, _, problems| CLICKED_SPEC.read(node, problems),
};

static REPLIED_SPEC: Spec =
    Spec::new("email replied", "email.replied").asks("workflow", &["workflow", "step"]);

/// `email replied: …`
pub const REPLIED: Kind = Kind {
    key: "email replied",
    says: "An e-mail was answered.",
    shape: Shape::Happened(&REPLIED_SPEC),
    read: |node, _, problems| REPLIED_SPEC.read(node, problems),
};

static BOUNCED_SPEC: Spec =
    Spec::new("email bounced", "email.bounced").asks("workflow", &["workflow", "step", "kind"]);

/// `email bounced: …`
pub const BOUNCED: Kind = Kind {
    key: "email bounced",
    says: "An e-mail bounced.",
    shape: Shape::Happened(&BOUNCED_SPEC),
    read: |node, _, problems| BOUNCED_SPEC.read(node, problems),
};

static COMPLAINED_SPEC: Spec =
    Spec::new("email complained", "email.complained").asks("workflow", &["workflow", "step"]);

/// `email complained: …`
pub const COMPLAINED: Kind = Kind {
    key: "email complained",
    says: "Somebody complained of an e-mail.",
    shape: Shape::Happened(&COMPLAINED_SPEC),
    read: |node, _, problems| COMPLAINED_SPEC.read(node, problems),
};

static UNSUBSCRIBED_SPEC: Spec =
    Spec::new("email unsubscribed", "email.unsubscribed").asks("workflow", &["workflow", "step"]);

/// `email unsubscribed: …`
pub const UNSUBSCRIBED: Kind = Kind {
    key: "email unsubscribed",
    says: "Somebody left.",
    shape: Shape::Happened(&UNSUBSCRIBED_SPEC),
    read: |node, _, problems| UNSUBSCRIBED_SPEC.read(node, problems),
};
