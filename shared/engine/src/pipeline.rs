//! Pipelines: the ways that deals go, as the account defines them. Where it has defined none, deals may name any.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::condition::Test;
use crate::contact::record::Is;
use crate::definitions::Definitions;
use crate::workflow::Program;

/// The account's pipelines by id: the name under which deals and workflows know them.
pub type Pipelines = BTreeMap<Arc<str>, Arc<Pipeline>>;

/// A pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Its name for people.
    pub label: Arc<str>,
    /// Its stages, in the order in which deals pass them.
    pub stages: Vec<Stage>,
}

/// A stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The name under which deals and workflows know it.
    pub id: Arc<str>,
    /// Its name for people.
    pub label: Arc<str>,
    /// How likely a deal is won that is here, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<u8>,
}

impl Pipeline {
    /// Whether it has a stage of this id.
    pub fn has(&self, stage: &str) -> bool {
        self.stages.iter().any(|own| &*own.id == stage)
    }
}

/// What something says of deals: the pipelines that it names, and the stages, each of one of these pipelines, or of
/// any if it names none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Pipelines.
    pub pipelines: Vec<String>,
    /// Stages.
    pub stages: Vec<String>,
}

impl Named {
    /// What an event of a deal says; nothing for other events.
    pub fn by_event(kind: &str, data: &Map<String, Value>) -> Self {
        let mut named = Self::default();
        if kind.starts_with("deal.") {
            let read = |name: &str| data.get(name).and_then(|value| Is::Text.read(value).ok().flatten());
            named.note("pipeline", read("pipeline").as_ref());
            named.note("stage", read("stage").as_ref());
        }
        named
    }

    /// Takes what stands under a name: `pipeline` and `create in` name pipelines, `stage`, `from` and `to` stages.
    pub fn note<'v>(&mut self, name: &str, values: impl IntoIterator<Item = &'v Value>) {
        let named = match name {
            "pipeline" | "create in" => &mut self.pipelines,
            "stage" | "from" | "to" => &mut self.stages,
            _ => return,
        };
        named.extend(values.into_iter().filter_map(Value::as_str).map(str::to_owned));
    }

    /// Takes what tests ask for.
    pub fn note_tests(&mut self, name: &str, tests: &[Test]) {
        self.note(name, tests.iter().flat_map(Test::named));
    }

    /// What of it there is not: `pipeline` or `stage`, and a sentence.
    pub fn unknown(&self, pipelines: &Pipelines) -> Option<(&'static str, String)> {
        let of = |ids: Vec<&str>| ids.join(", ");
        if let Some(name) = self.pipelines.iter().find(|name| !pipelines.contains_key(name.as_str())) {
            let known = of(pipelines.keys().map(|id| &**id).collect());
            return Some(("pipeline", format!("there is no pipeline `{name}`; there are {known}")));
        }
        let own =
            |id: &&Arc<str>| self.pipelines.is_empty() || self.pipelines.iter().any(|name| **name == ***id);
        let among: Vec<&Arc<Pipeline>> =
            pipelines.keys().filter(own).filter_map(|id| pipelines.get(id)).collect();
        let stage = self.stages.iter().find(|stage| !among.iter().any(|one| one.has(stage)))?;
        let known = of(among.iter().flat_map(|one| one.stages.iter().map(|stage| &*stage.id)).collect());
        let whose = match self.pipelines.as_slice() {
            [] => "no pipeline has".to_owned(),
            names => format!("`{}` has not", names.join("`, `")),
        };
        Some(("stage", format!("{whose} the stage `{stage}`; there are {known}")))
    }
}

impl Definitions {
    /// What is wrong with what an event says of a deal: the name of the value, and a sentence.
    ///
    /// # Errors
    /// It names a pipeline that there is not, or a stage that is not of it. Where no pipeline is defined, none is wrong.
    pub fn check_deal(&self, kind: &str, data: &Map<String, Value>) -> Result<(), (&'static str, String)> {
        if self.pipelines.is_empty() {
            return Ok(());
        }
        Named::by_event(kind, data).unknown(&self.pipelines).map_or(Ok(()), Err)
    }

    /// What names pipelines or stages that are not among `next`, but among those that there are: workflows and segments.
    pub fn broken_by(&self, next: &Pipelines) -> Vec<String> {
        let breaks =
            |named: &Named| named.unknown(&self.pipelines).is_none() && named.unknown(next).is_some();
        let workflows = self
            .workflows
            .iter()
            .filter(|(_, active)| active.program.deals().iter().any(|(named, _)| breaks(named)));
        let workflows = workflows.map(|(id, _)| format!("the workflow `{id}`"));
        let segments =
            self.segments.iter().filter(|(_, segment)| segment.condition.deals().iter().any(breaks));
        workflows.chain(segments.map(|(id, _)| format!("the segment `{id}`"))).collect()
    }
}

impl Program {
    /// What its triggers, conditions and steps say of deals, and where.
    pub fn deals(&self) -> Vec<(Named, crate::yaml::Place)> {
        let triggers =
            self.triggers.iter().filter_map(|trigger| Some((trigger.kind.deals()?, trigger.place)));
        let asked = self
            .conditions()
            .flat_map(|(condition, place)| condition.deals().into_iter().map(move |named| (named, place)));
        let steps = self.steps.iter().filter_map(|def| Some((def.step.deals()?, def.place)));
        triggers.chain(asked).chain(steps).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pipelines() -> Pipelines {
        let pipeline = |stages: &[&str]| {
            let stages =
                stages.iter().map(|id| Stage { id: (*id).into(), label: (*id).into(), probability: None });
            Arc::new(Pipeline { label: "P".into(), stages: stages.collect() })
        };
        BTreeMap::from([("Sales".into(), pipeline(&["New", "Offer"])), ("Care".into(), pipeline(&["Open"]))])
    }

    /// KC-17: a stage is one of its pipeline.
    #[test]
    fn what_is_not_there_is_named() {
        let wrong = |data: Value| {
            let named = Named::by_event("deal.updated", data.as_object().unwrap());
            named.unknown(&pipelines()).map(|(name, _)| name)
        };
        assert_eq!(wrong(json!({ "pipeline": "Sales", "stage": "Offer" })), None);
        assert_eq!(wrong(json!({ "stage": "Open", "value": 5 })), None);
        assert_eq!(wrong(json!({ "pipeline": "Sales", "stage": "Open" })), Some("stage"));
        assert_eq!(wrong(json!({ "stage": "Elsewhere" })), Some("stage"));
        assert_eq!(wrong(json!({ "pipeline": "Other", "stage": "Open" })), Some("pipeline"));
        assert_eq!(
            Named::by_event("quote.created", json!({ "stage": "x" }).as_object().unwrap()),
            Named::default()
        );
    }
}
