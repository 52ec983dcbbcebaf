//! What became of an SMS, as of an e-mail.

use super::Kind;
use super::happened::Spec;

static SENT_SPEC: Spec = Spec::new("sms sent", "sms.sent")
    .asks("workflow", &["workflow", "step"])
    .carries_only(&["send", "workflow", "step"]);

/// `sms sent: …`
pub const SENT: Kind = Kind { key: "sms sent", read: |node, _, problems| SENT_SPEC.read(node, problems) };

static DELIVERED_SPEC: Spec =
    Spec::new("sms delivered", "sms.delivered").asks("workflow", &["workflow", "step"]);

/// `sms delivered: …`
pub const DELIVERED: Kind =
    Kind { key: "sms delivered", read: |node, _, problems| DELIVERED_SPEC.read(node, problems) };

static NOT_DELIVERED_SPEC: Spec =
    Spec::new("sms not delivered", "sms.not_delivered").asks("workflow", &["workflow", "step"]);

/// `sms not delivered: …`
pub const NOT_DELIVERED: Kind =
    Kind { key: "sms not delivered", read: |node, _, problems| NOT_DELIVERED_SPEC.read(node, problems) };

static CLICKED_SPEC: Spec = Spec::new("sms clicked", "sms.clicked")
    .asks("workflow", &["workflow", "step", "url"])
    .always(&[("class", "human")]);

/// `sms clicked: …`
pub const CLICKED: Kind =
    Kind { key: "sms clicked", read: |node, _, problems| CLICKED_SPEC.read(node, problems) };

static REPLIED_SPEC: Spec = Spec::new("sms replied", "sms.replied").asks("workflow", &["workflow", "step"]);

/// `sms replied: …`
pub const REPLIED: Kind =
    Kind { key: "sms replied", read: |node, _, problems| REPLIED_SPEC.read(node, problems) };

static STOPPED_SPEC: Spec = Spec::new("sms stopped", "sms.stopped");

/// `sms stopped: …`
pub const STOPPED: Kind =
    Kind { key: "sms stopped", read: |node, _, problems| STOPPED_SPEC.read(node, problems) };
