//! What a schedule says: `{"minute": n}` rings the alarms of a minute, `{"sweep": true}` repairs what was lost.

use std::sync::Arc;

use lambda_runtime::Error;
use serde::Deserialize;

use crate::app::App;

/// The input of a schedule.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Ring {
    /// Minutes since the epoch.
    Minute { minute: i64 },
    /// The recurring one.
    Sweep { sweep: bool },
}

pub(super) async fn wake(app: Arc<App>, ring: Ring) -> Result<(), Error> {
    match ring {
        Ring::Minute { minute } => app.ring_minute(minute).await?,
        Ring::Sweep { .. } => app.sweep().await?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::Ring;

    #[test]
    fn a_schedule_says_one_of_two_things() {
        let read = |text| serde_json::from_str::<Ring>(text);
        assert_eq!(read(r#"{"minute":29923265}"#).unwrap(), Ring::Minute { minute: 29_923_265 });
        assert_eq!(read(r#"{"sweep":true}"#).unwrap(), Ring::Sweep { sweep: true });
        assert!(read("{}").is_err());
    }
}
