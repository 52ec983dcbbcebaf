//! The account as code: everything that is defined, as texts that can be compared, planned and applied at once.

mod apply;
mod catalogue;
mod export;
mod plan;

use std::collections::BTreeMap;

use flusso_engine::contact::catalogue::CustomField;
use flusso_engine::definitions::{Form, User};
use flusso_engine::ids::VersionId;
use flusso_engine::pipeline::Pipeline;
use flusso_engine::workflow::Problem;
use flusso_mail::Source;

use crate::workflows::preview::Preview;

pub use catalogue::CodeFolder;

/// What an account has, or is to have. What is not named is left alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Code {
    /// Documents of workflows that are active, by their ids.
    pub workflows: BTreeMap<String, String>,
    /// Documents of workflows that are saved only.
    pub drafts: BTreeMap<String, String>,
    /// Documents of segments, by name.
    pub segments: BTreeMap<String, String>,
    /// Forms, by name.
    pub forms: BTreeMap<String, Form>,
    /// Mail templates, by name.
    pub templates: BTreeMap<String, Source>,
    /// Teams: their members' addresses.
    pub teams: BTreeMap<String, Vec<String>>,
    /// Colleagues, by name.
    pub users: BTreeMap<String, User>,
    /// Fields of contacts, by key.
    pub fields: BTreeMap<String, CustomField>,
    /// Folders of fields, by id.
    pub folders: BTreeMap<String, CodeFolder>,
    /// Pipelines, by id.
    pub pipelines: BTreeMap<String, Pipeline>,
}

/// What applying would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What would be another, in order.
    pub changes: Vec<Change>,
    /// How many things are as they are to be.
    pub same: usize,
    /// What is wrong, by the thing that it is wrong with: nothing can be applied while there is an error.
    pub problems: BTreeMap<String, Vec<Problem>>,
    /// How each thing stands now: who applies the plan says so, and nothing is applied if it stands otherwise then.
    pub base: BTreeMap<String, String>,
}

/// One thing that would be another.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which: `workflows/welcome`, `forms/guide`.
    pub item: String,
    /// Whether it is new.
    pub is_new: bool,
    /// The version that would be active, of a workflow.
    pub version: Option<VersionId>,
    /// What that would do to those inside.
    pub people: Option<Preview>,
}

/// How something stands that there is not.
const ABSENT: &str = "absent";
