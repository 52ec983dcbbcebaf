//! Quizzes that were completed: score, result and answers of the last time.

use serde_json::{Map, Value};

use super::{Cause, Data, text};
use crate::contact::quiz::Quiz;
use crate::limits;
use crate::react::Turn;
use crate::timeline::What;

const WORD: &str = "quiz";

impl Turn<'_> {
    /// What an event says of a quiz.
    pub(super) fn apply_quiz(&mut self, cause: &Cause<'_>, verb: &str, data: &Data) {
        let Some(name) = text(data, WORD).filter(|_| verb == "completed") else { return };
        let quiz = Quiz {
            at: cause.at,
            score: data.get("score").and_then(Value::as_number).cloned(),
            result: text(data, "result").map(Into::into),
            answers: answers(data),
        };
        let score = |quiz: &Quiz| quiz.score.clone().map_or(Value::Null, Value::Number);
        let before = self.contact.profile.objects.quizzes.get(&name).map(score);
        let now = score(&quiz);
        if !self.profile().objects.quizzes.take(name.as_str().into(), quiz) {
            return;
        }
        let (object, id) = (WORD.to_owned(), name.into());
        let what = match before {
            None => What::ObjectMade { object, id, name: None },
            Some(from) if from != now => What::ObjectChanged {
                object,
                id,
                attribute: "score".to_owned(),
                from: Some(from).filter(|from| !from.is_null()),
                to: now,
            },
            Some(_) => return,
        };
        self.tell(cause, what);
    }
}

/// The answers, in the order of their questions, as far as there is room.
fn answers(data: &Data) -> Map<String, Value> {
    let mut kept = Map::new();
    let mut room = limits::QUIZ_BYTES;
    for (question, answer) in data.get("answers").and_then(Value::as_object).into_iter().flatten() {
        let bytes = limits::json_bytes(question) + limits::json_bytes(&answer.to_string()) + 6;
        let Some(left) = room.checked_sub(bytes) else { continue };
        room = left;
        kept.insert(question.clone(), answer.clone());
    }
    kept
}
