//! What became of a WhatsApp message, as of an e-mail. Opened is that its ticks turned blue.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static SENT_SPEC: Spec = Spec::new("whatsapp sent", "whatsapp.sent")
    .asks("workflow", &["workflow", "step"])
    .carries_only(&["send", "workflow", "step"]);

/// `whatsapp sent: …`
pub const SENT: Kind = Kind {
    key: "whatsapp sent",
    says: "The provider took a WhatsApp message.",
    shape: Shape::Happened(&SENT_SPEC),
    read: |node, _, problems| SENT_SPEC.read(node, problems),
};

static DELIVERED_SPEC: Spec =
    Spec::new("whatsapp delivered", "whatsapp.delivered").asks("workflow", &["workflow", "step"]);

/// `whatsapp delivered: …`
pub const DELIVERED: Kind = Kind {
    key: "whatsapp delivered",
    says: "A WhatsApp message arrived.",
    shape: Shape::Happened(&DELIVERED_SPEC),
    read: |node, _, problems| DELIVERED_SPEC.read(node, problems),
};

static NOT_DELIVERED_SPEC: Spec =
    Spec::new("whatsapp not delivered", "whatsapp.not_delivered").asks("workflow", &["workflow", "step"]);

/// `whatsapp not delivered: …`
pub const NOT_DELIVERED: Kind = Kind {
    key: "whatsapp not delivered",
    says: "A WhatsApp message did not arrive.",
    shape: Shape::Happened(&NOT_DELIVERED_SPEC),
    read: |node, _, problems| NOT_DELIVERED_SPEC.read(node, problems),
};

static OPENED_SPEC: Spec = Spec::new("whatsapp opened", "whatsapp.opened")
    .asks("workflow", &["workflow", "step"])
    .always(&[("class", "human")]);

/// `whatsapp opened: …`
pub const OPENED: Kind = Kind {
    key: "whatsapp opened",
    says: "A person opened a WhatsApp message.",
    shape: Shape::Happened(&OPENED_SPEC),
    read: |node, _, problems| OPENED_SPEC.read(node, problems),
};

static CLICKED_SPEC: Spec = Spec::new("whatsapp clicked", "whatsapp.clicked")
    .asks("workflow", &["workflow", "step", "url"])
    .always(&[("class", "human")]);

/// `whatsapp clicked: …`
pub const CLICKED: Kind = Kind {
    key: "whatsapp clicked",
    says: "A person followed a link of a WhatsApp message.",
    shape: Shape::Happened(&CLICKED_SPEC),
    read: |node, _, problems| CLICKED_SPEC.read(node, problems),
};

static REPLIED_SPEC: Spec =
    Spec::new("whatsapp replied", "whatsapp.replied").asks("workflow", &["workflow", "step"]);

/// `whatsapp replied: …`
pub const REPLIED: Kind = Kind {
    key: "whatsapp replied",
    says: "A WhatsApp message was answered.",
    shape: Shape::Happened(&REPLIED_SPEC),
    read: |node, _, problems| REPLIED_SPEC.read(node, problems),
};

static STOPPED_SPEC: Spec = Spec::new("whatsapp stopped", "whatsapp.stopped");

/// `whatsapp stopped: …`
pub const STOPPED: Kind = Kind {
    key: "whatsapp stopped",
    says: "Somebody wants no more WhatsApp messages.",
    shape: Shape::Happened(&STOPPED_SPEC),
    read: |node, _, problems| STOPPED_SPEC.read(node, problems),
};
