//! `email opened: any` fires when a person, not a machine, opens a message of ours; a workflow's name limits it to
//! that workflow's messages.

use serde_json::{Map, Value};

use super::{Kind, Trigger};
use crate::condition::Truth;
use crate::definitions::Definitions;
use crate::workflow::problem::Problems;
use crate::workflow::reader::{MapReader, text};
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "email opened", read };

#[derive(Debug)]
struct EmailOpened {
    /// None is a message of any workflow.
    workflow: Option<String>,
}

fn read<'d>(node: &'d Node, _: &mut MapReader<'d>, problems: &mut Problems) -> Option<Box<dyn Trigger>> {
    let which = text(node, "email opened", problems)?;
    Some(Box::new(EmailOpened { workflow: (which != "any").then(|| which.to_owned()) }))
}

impl Trigger for EmailOpened {
    fn listens(&self) -> &'static str {
        "email.opened"
    }

    fn fires(&self, data: &Map<String, Value>) -> Truth {
        let text = |name| data.get(name).and_then(Value::as_str);
        if text("class") != Some("human") {
            return Truth::No;
        }
        self.workflow.as_deref().is_none_or(|workflow| text("workflow") == Some(workflow)).into()
    }

    fn sample(&self) -> Map<String, Value> {
        let workflow = self.workflow.iter().map(|workflow| ("workflow".to_owned(), workflow.as_str().into()));
        workflow.chain([("class".to_owned(), "human".into())]).collect()
    }

    fn provides(&self, path: &str, _: &Definitions) -> Option<bool> {
        Some(["send", "class", "workflow", "step"].contains(&path))
    }
}
