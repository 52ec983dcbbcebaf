//! What a workflow does. Adding a step type: one file here, one line in [`KINDS`] (docs/adding.md has the list).

mod add_note;
mod add_score;
mod add_tag;
mod add_to_list;
mod assign_owner;
mod audience;
mod change_status;
mod complete_task;
mod convert;
mod create_deal;
mod create_task;
mod decide;
mod do_not_disturb;
mod end_deal;
mod exit;
mod go_to;
mod grant_offer;
mod group;
mod loyalty;
mod notify;
mod remove_from_list;
mod remove_from_workflow;
mod remove_tag;
mod reserve_coupon;
mod said;
mod send_email;
mod send_sms;
mod send_whatsapp;
mod set_field;
mod split;
mod start_workflow;
mod update_deal;
pub(crate) mod wait;
mod wait_until;
mod webhook;
mod which;
mod with;

use std::fmt;
use std::sync::Arc;

use crate::condition::Predicate;
use crate::contact::ask::Answer;
use crate::contact::enrollment::Waiting;
use crate::contact::send::Class;
use crate::definitions::Definitions;
use crate::ids::StepId;
use crate::message::Content;
use crate::pipeline::Named;
use crate::react::{Label, Need, Visit};
use crate::template::Template;
use crate::workflow::compile::Compiler;
use crate::workflow::problem::Problems;
use crate::workflow::program::Target;
use crate::workflow::reader::{MapReader, text, texts};
use crate::workflow::shape::Shape;
use crate::yaml::{Node, Place};

/// One kind of step.
pub trait Step: fmt::Debug + Send + Sync {
    /// Does what it does for one visit of one enrollment.
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need>;

    /// Goes on with the answer to what it asked for.
    fn answered(&self, _visit: &mut Visit<'_, '_>, _answer: &Answer) -> Result<Next, Need> {
        Ok(Next::Continue)
    }
    /// The step that it names to go to.
    fn names(&self) -> Option<&StepId> {
        None
    }

    /// The arms of a test: the share of each in hundredths of a percent, and whether it has no steps of its own, so that the
    /// others are compared with it.
    fn arms(&self, _next: Target) -> Vec<(u32, bool)> {
        Vec::new()
    }

    /// Where the enrollment goes when what it waited for is over: the instant came, the sends ended.
    fn due(&self, next: Target) -> Target {
        next
    }
    /// Where the enrollment goes when what it had handed over was refused for good.
    fn refused(&self, next: Target) -> Target {
        self.due(next)
    }
    /// The event that ends its wait early: type, filter, and where the enrollment goes then.
    fn listens(&self) -> Option<(&str, &Predicate, Target)> {
        None
    }
    /// The condition that ends its wait early, and where the enrollment goes then.
    fn awaits(&self) -> Option<(&Predicate, Target)> {
        None
    }
    /// Whether time passes here, for whoever comes in time.
    fn waits(&self) -> bool {
        false
    }
    /// Whether it does nothing but wait: running it says until when.
    fn is_wait(&self) -> bool {
        false
    }
    /// Whether it does nothing but say where to go: asking it again changes nothing.
    fn only_leads(&self) -> bool {
        false
    }
    /// Whether the enrollment may end here.
    fn ends(&self) -> bool {
        false
    }
    /// Whether it asks conditions of which an unknown one counts as a no, because nothing else was said.
    fn takes_unknown_as_no(&self) -> bool {
        false
    }
    /// Everywhere that the enrollment can go from here.
    fn targets(&self, next: Target) -> Vec<Target> {
        vec![next]
    }
    /// The templates that it renders.
    fn templates(&self) -> Vec<&Template> {
        Vec::new()
    }
    /// The account's mail templates that it names.
    fn named_templates(&self) -> Vec<&str> {
        Vec::new()
    }
    /// The names that it gives to the mail templates which it names.
    fn gives(&self) -> Vec<&str> {
        Vec::new()
    }
    /// The names under `vars.` that it fills.
    fn vars(&self) -> Vec<&str> {
        Vec::new()
    }
    /// The fields of the contact that it looks at, those aside that its texts and conditions name.
    fn fields(&self) -> Vec<&str> {
        Vec::new()
    }
    /// The tags and lists that it names.
    fn labels(&self) -> Vec<(Label, &str)> {
        Vec::new()
    }
    /// What it says of deals.
    fn deals(&self) -> Option<Named> {
        None
    }
    /// The fields of the contact that it sets.
    fn sets(&self) -> Vec<&str> {
        Vec::new()
    }
    /// The event by which its test is judged, and the test.
    fn judged_by(&self) -> Option<(&str, &str)> {
        None
    }
    /// The colleagues whom it names, each with a weight.
    fn owners(&self) -> Vec<(Arc<str>, u32)> {
        Vec::new()
    }
    /// The teams that it names.
    fn named_teams(&self) -> Vec<&str> {
        Vec::new()
    }
    /// The conditions that it asks.
    fn conditions(&self) -> Vec<&Predicate> {
        Vec::new()
    }
    /// What it has handed over to a provider, notifications aside; none if it hands nothing over.
    fn content(&self) -> Option<Content<'_>> {
        None
    }
    /// The class of its message to the contact, given the workflow's; none if it sends none.
    fn message_class(&self, _workflow: Class) -> Option<Class> {
        None
    }
    /// Checks what the step names against what the account has.
    fn check(&self, _place: Place, _definitions: &Definitions, _problems: &mut Problems) {}
}

/// What follows a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next step, at once.
    Continue,
    /// The step after the next one, at once.
    Skip,
    /// A step of another branch, at once.
    Goto(Target),
    /// A step by its id, at once.
    GoTo(StepId),
    /// Nothing before this is over; an instant that has come already is no wait.
    Wait(Waiting),
    /// The enrollment ends, for this reason.
    Exit(String),
}

/// How a kind of step is written: its key, and how it is read from there.
pub struct Kind {
    /// The key that introduces it.
    pub key: &'static str,
    /// What it means, for whoever writes one.
    pub says: &'static str,
    /// What may stand behind its key.
    pub shape: Shape,
    /// Reads it from its value and the keys beside it.
    pub read: for<'d> fn(&'d Node, &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>>,
}

/// A step being read.
pub struct StepReader<'c, 'p, 'd> {
    /// The keys beside the one that names the step.
    pub map: MapReader<'d>,
    /// Compiles blocks of steps below this one.
    pub compiler: &'c mut Compiler<'p>,
    /// Its id.
    pub id: StepId,
    /// What follows this step.
    pub next: Target,
    /// The keys that may stand beside the one that names the step, for hints.
    pub beside: &'static [&'static str],
}

impl StepReader<'_, '_, '_> {
    /// Compiles a block of steps that goes on after this one.
    pub fn block(&mut self, node: &Node) -> Target {
        self.compiler.block(node, self.next)
    }

    /// The id of the step that is read.
    pub fn own_id(&self) -> String {
        self.id.to_string()
    }

    /// What was found to be wrong so far.
    pub fn problems(&mut self) -> &mut Problems {
        self.compiler.problems
    }

    /// One name or several, such as the tags of `add tag`.
    pub fn names(&mut self, node: &Node, what: &str) -> Option<Vec<String>> {
        let problems = &mut *self.compiler.problems;
        let names = texts(node, what, problems)?;
        let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
        let most = crate::limits::NAME_BYTES;
        let fits = |name: &String| (1..=most).contains(&name.len()) && !name.contains(char::is_control);
        if !names.iter().all(fits) {
            let message =
                format!("`{what}:` needs a name: a line of 1 to {most} bytes, or several in a list");
            problems.error(node.place, "name.length", message);
            return None;
        }
        Some(names)
    }

    /// A template in a text.
    pub fn template(&mut self, node: &Node, what: &str) -> Option<Template> {
        let source = text(node, what, self.compiler.problems)?;
        match Template::compile(source) {
            Ok(template) => Some(template),
            Err(problem) => {
                self.compiler.problems.error(
                    node.place,
                    "template.unreadable",
                    format!("`{what}`: {}", problem.message),
                );
                None
            }
        }
    }
}

/// Every kind of step.
pub const KINDS: &[&Kind] = &[
    &add_note::KIND,
    &add_score::KIND,
    &add_tag::KIND,
    &add_to_list::KIND,
    &assign_owner::KIND,
    &audience::ADD,
    &audience::REMOVE,
    &change_status::OWNER,
    &change_status::STATUS,
    &complete_task::KIND,
    &convert::KIND,
    &create_deal::KIND,
    &create_task::KIND,
    &decide::KIND,
    &do_not_disturb::KIND,
    &end_deal::LOSE,
    &end_deal::WIN,
    &exit::KIND,
    &go_to::KIND,
    &grant_offer::GRANT,
    &grant_offer::REVOKE,
    &group::ADD,
    &group::REMOVE,
    &loyalty::ADD,
    &loyalty::SPEND,
    &notify::KIND,
    &remove_from_list::KIND,
    &remove_from_workflow::KIND,
    &remove_tag::KIND,
    &reserve_coupon::KIND,
    &send_email::KIND,
    &send_sms::KIND,
    &send_whatsapp::KIND,
    &set_field::KIND,
    &split::KIND,
    &start_workflow::KIND,
    &update_deal::KIND,
    &wait::KIND,
    &wait_until::KIND,
    &webhook::KIND,
];
