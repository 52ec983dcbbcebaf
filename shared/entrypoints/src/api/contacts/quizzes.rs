//! The card's optional section of quizzes: there once somebody has completed one (KC-12, KC-87).

use std::collections::BTreeMap;

use flusso_app::engine::contact::quiz::Quizzes;
use flusso_app::engine::definitions::Definitions;
use serde::Serialize;
use serde_json::{Map, Number, Value};
use utoipa::ToSchema;

use crate::api::Moment;

/// What came of a quiz.
#[derive(Serialize, ToSchema)]
pub(super) struct CardQuiz {
    /// When it was completed.
    at: Moment,
    /// The points, if it gives any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 8)]
    score: Option<Number>,
    /// What it says of whoever answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "classico")]
    result: Option<String>,
    /// The answers by question, as far as there was room for them.
    #[schema(value_type = Object, example = json!({ "Colore": "blu" }))]
    answers: Map<String, Value>,
}

/// By name.
pub(super) fn quizzes_of(quizzes: &Quizzes, definitions: &Definitions) -> BTreeMap<String, CardQuiz> {
    let card = quizzes.iter().map(|(name, quiz)| {
        let quiz = CardQuiz {
            at: Moment::of(quiz.at, definitions),
            score: quiz.score.clone(),
            result: quiz.result.as_ref().map(ToString::to_string),
            answers: quiz.answers.clone(),
        };
        (name.to_string(), quiz)
    });
    card.collect()
}
