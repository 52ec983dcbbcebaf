//! The account's pipelines: the ways that deals go.

use std::collections::BTreeSet;
use std::sync::Arc;

use flusso_engine::definitions::Definitions;
use flusso_engine::limits;
use flusso_engine::pipeline::{Pipeline, Pipelines};

use crate::define::{TRIES, check_name};
use crate::fields::check_label;
use crate::{App, AppError};

impl App {
    /// All pipelines by id.
    pub async fn pipelines(&self) -> Result<Pipelines, AppError> {
        Ok(self.definitions().await?.pipelines.clone())
    }

    /// A pipeline by its id.
    pub async fn pipeline(&self, id: &str) -> Result<Arc<Pipeline>, AppError> {
        self.pipelines().await?.remove(id).ok_or_else(|| not_found(id))
    }

    /// Defines a pipeline, or defines it anew. A stage that workflows or segments name stays.
    pub async fn put_pipeline(&self, id: &str, pipeline: &Pipeline) -> Result<(), AppError> {
        check_pipeline(id, pipeline)?;
        self.change_pipelines(id, Some(pipeline), |definitions| {
            let known = definitions.pipelines.contains_key(id);
            if definitions.pipelines.len() >= limits::PIPELINES && !known {
                let message = format!("an account has at most {} pipelines", limits::PIPELINES);
                return Err(AppError::Conflict { code: "too_many", message });
            }
            let mut next = definitions.pipelines.clone();
            next.insert(id.into(), Arc::new(pipeline.clone()));
            Ok(next)
        })
        .await
    }

    /// Drops a pipeline that no workflow and no segment names. Deals that are in it stay as they are.
    pub async fn delete_pipeline(&self, id: &str) -> Result<(), AppError> {
        self.change_pipelines(id, None, |definitions| {
            let mut next = definitions.pipelines.clone();
            next.remove(id).ok_or_else(|| not_found(id))?;
            Ok(next)
        })
        .await
    }

    /// Changes a pipeline by one commit of the head, decided by the definitions that are replaced and no others.
    async fn change_pipelines(
        &self,
        id: &str,
        to: Option<&Pipeline>,
        change: impl Fn(&Definitions) -> Result<Pipelines, AppError>,
    ) -> Result<(), AppError> {
        let hash = match to {
            Some(pipeline) => Some(self.put_hashed(pipeline).await?),
            None => None,
        };
        for _ in 0..TRIES {
            let definitions = self.definitions().await?;
            let uses = definitions.broken_by(&change(&definitions)?);
            if !uses.is_empty() {
                let message = format!(
                    "the pipeline `{id}` can't be changed so: what would be gone is used by {}",
                    uses.join(", ")
                );
                return Err(AppError::Conflict { code: "pipeline.in_use", message });
            }
            let changed = self.change_head_at(definitions.number, |head| {
                match &hash {
                    Some(hash) => head.pipelines.insert(id.to_owned(), hash.clone()),
                    None => head.pipelines.remove(id),
                };
            });
            if changed.await? {
                return Ok(());
            }
        }
        Err(AppError::Unavailable("the definitions change too fast".to_owned()))
    }
}

/// Whether a pipeline can be defined so.
pub(crate) fn check_pipeline(id: &str, pipeline: &Pipeline) -> Result<(), AppError> {
    check_name("pipeline", id)?;
    check_label("label", &pipeline.label)?;
    if !(1..=limits::STAGES).contains(&pipeline.stages.len()) {
        let message = format!("a pipeline has 1 to {} stages", limits::STAGES);
        return Err(AppError::invalid("stages", "pipeline.stages", message));
    }
    let mut seen = BTreeSet::new();
    for (at, stage) in pipeline.stages.iter().enumerate() {
        check_label(&format!("stages[{at}].id"), &stage.id)?;
        check_label(&format!("stages[{at}].label"), &stage.label)?;
        if !seen.insert(&stage.id) {
            let message = format!("the stage `{}` stands twice", stage.id);
            return Err(AppError::invalid(format!("stages[{at}].id"), "pipeline.stages", message));
        }
        if stage.probability.is_some_and(|percent| percent > 100) {
            let message = "a probability is 0 to 100, in percent";
            return Err(AppError::invalid(
                format!("stages[{at}].probability"),
                "pipeline.probability",
                message,
            ));
        }
    }
    Ok(())
}

fn not_found(id: &str) -> AppError {
    AppError::NotFound { what: "pipeline", id: id.to_owned() }
}
