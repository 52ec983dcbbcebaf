//! `chatbot: benvenuto` fires when the contact came to the end of that chatbot's flow.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static SPEC: Spec =
    Spec::new("chatbot", "chatbot.completed").asks("chatbot", &["chatbot"]).carries(&["chatbot"]);

/// `chatbot: …`
pub const KIND: Kind = Kind {
    key: "chatbot",
    says: "The flow of a chatbot was gone through.",
    shape: Shape::Happened(&SPEC),
    read: |node, _, problems| SPEC.read(node, problems),
};
