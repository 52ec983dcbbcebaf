//! What a use case can fail with.

use flusso_engine::time::Instant;
use flusso_engine::workflow::Problem;
use flusso_store::table::TableError;

use crate::ports::PortError;

/// Why a use case did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// What was given is wrong: which field, a code, and what to do.
    #[error("{field}: {message}")]
    Invalid {
        /// The field, as a path.
        field: String,
        /// A stable code.
        code: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// There is no such thing.
    #[error("there is no {what} `{id}`")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        id: String,
    },
    /// There was such a thing, and it was erased.
    #[error("the {what} `{id}` was erased at {at}")]
    Gone {
        /// What kind of thing.
        what: &'static str,
        /// Its name.
        id: String,
        /// When.
        at: Instant,
    },
    /// It contradicts what is there.
    #[error("{message}")]
    Conflict {
        /// A stable code.
        code: &'static str,
        /// What it contradicts.
        message: String,
    },
    /// A document can't be activated.
    #[error("the workflow has {} problems", .0.len())]
    Problems(Vec<Problem>),
    /// A port can't do it now; the same call may succeed later.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl AppError {
    /// Something given is wrong.
    pub fn invalid(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), code, message: message.into() }
    }
}

impl From<TableError> for AppError {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Conflict(keys) => Self::Conflict {
                code: "changed_meanwhile",
                message: format!("changed meanwhile: {keys:?}; read it again and retry"),
            },
            TableError::Unknown(why) | TableError::Unavailable(why) | TableError::Limit(why) => {
                Self::Unavailable(why)
            }
        }
    }
}

impl From<PortError> for AppError {
    fn from(error: PortError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
