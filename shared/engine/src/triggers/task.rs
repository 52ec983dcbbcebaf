//! `task completed: any`, or by its title.

use super::Kind;
use super::happened::Spec;
use crate::workflow::shape::Shape;

static COMPLETED_SPEC: Spec = Spec::new("task completed", "task.completed")
    .asks("title", &["title", "assignee", "task"])
    .carries(&["task", "state"]);

/// `task completed: …`
pub const COMPLETED: Kind = Kind {
    key: "task completed",
    says: "A task is done; by its title.",
    shape: Shape::Happened(&COMPLETED_SPEC),
    read: |node, _, problems| COMPLETED_SPEC.read(node, problems),
};

static CREATED_SPEC: Spec = Spec::new("task created", "task.created")
    .asks("title", &["title", "assignee"])
    .carries(&["task", "state"]);

/// `task created: …`
pub const CREATED: Kind = Kind {
    key: "task created",
    says: "A task is new; by its title.",
    shape: Shape::Happened(&CREATED_SPEC),
    read: |node, _, problems| CREATED_SPEC.read(node, problems),
};
