//! `wait: 1 day` waits from when the step before was completed; the first step of a workflow, from the event. Minutes
//! and hours are elapsed time; days and longer keep the hour in the contact's zone.

use super::{Kind, Next, Step, StepReader};
use crate::calendar::{self, Duration};
use crate::contact::enrollment::Waiting;
use crate::react::{Need, Visit};
use crate::workflow::reader::duration;
use crate::yaml::Node;

/// How it is written.
pub const KIND: Kind = Kind { key: "wait", read };

#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) duration: Duration,
}

fn read<'d>(node: &'d Node, reader: &mut StepReader<'_, '_, 'd>) -> Option<Box<dyn Step>> {
    duration(node, reader.problems()).map(|duration| Box::new(Wait { duration }) as Box<dyn Step>)
}

impl Step for Wait {
    fn run(&self, visit: &mut Visit<'_, '_>) -> Result<Next, Need> {
        let at = calendar::add(visit.enrollment.anchor, self.duration, &visit.zone());
        Ok(Next::Wait(Waiting::Until { at }))
    }
}
