//! What an answer of DynamoDB means. Only a condition that did not hold is a Conflict; where a write may have happened
//! and nobody said so, the outcome is Unknown; the rest did not happen and may succeed later.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use flusso_store::table::{Key, TableError};

/// Nothing happens in a read: whatever is wrong, it may be asked again.
pub(super) fn of_read<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> TableError {
    match code(error) {
        Some("ValidationException") => TableError::Limit(said(error)),
        _ => TableError::Unavailable(said(error)),
    }
}

pub(super) fn of_put<R>(error: &SdkError<PutItemError, R>, key: Key) -> TableError {
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(_)) => TableError::Conflict(vec![key]),
        _ => of_write(error),
    }
}

pub(super) fn of_delete<R>(error: &SdkError<DeleteItemError, R>, key: Key) -> TableError {
    match error.as_service_error() {
        Some(DeleteItemError::ConditionalCheckFailedException(_)) => TableError::Conflict(vec![key]),
        _ => of_write(error),
    }
}

pub(super) fn of_transaction<R>(error: &SdkError<TransactWriteItemsError, R>, keys: &[Key]) -> TableError {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return of_write(error);
    };
    let reasons = cancelled.cancellation_reasons();
    let because = |code: &str| -> Vec<Key> {
        let failed = reasons.iter().zip(keys).filter(|(reason, _)| reason.code() == Some(code));
        failed.map(|(_, key)| key.clone()).collect()
    };
    let conflicts = because("ConditionalCheckFailed");
    if !conflicts.is_empty() {
        return TableError::Conflict(conflicts);
    }
    let codes: Vec<&str> =
        reasons.iter().filter_map(|reason| reason.code()).filter(|code| *code != "None").collect();
    if codes.contains(&"ValidationError") || codes.contains(&"ItemCollectionSizeLimitExceeded") {
        return TableError::Limit(codes.join(", "));
    }
    // Another transaction was at the same rows, or there was too much to do: neither says that a condition failed.
    TableError::Unavailable(format!("the transaction was cancelled: {}", codes.join(", ")))
}

fn of_write<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> TableError {
    match error {
        SdkError::ConstructionFailure(_) => TableError::Unavailable(said(error)),
        SdkError::ServiceError(_) => match code(error) {
            Some("ValidationException") => TableError::Limit(said(error)),
            // The service failed in the middle, or a first try of the same transaction is still under way.
            Some(
                "InternalServerError" | "InternalServerErrorException" | "TransactionInProgressException",
            )
            | None => TableError::Unknown(said(error)),
            Some(_) => TableError::Unavailable(said(error)),
        },
        // No answer, or none that can be read.
        _ => TableError::Unknown(said(error)),
    }
}

fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// The code of the answer, or the sort of failure: no keys and no content.
fn said<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ConstructionFailure(_) => "the request can't be made".to_owned(),
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "no connection in time".to_owned(),
        SdkError::DispatchFailure(_) => "the connection failed".to_owned(),
        SdkError::ResponseError(_) => "the answer can't be read".to_owned(),
        _ => code(error).unwrap_or("an error without a code").to_owned(),
    }
}
