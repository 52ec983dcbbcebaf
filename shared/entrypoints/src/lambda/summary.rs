//! One line an invocation: what was counted since the line before, in CloudWatch's embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//! No ids and no addresses are in it, and nothing that is zero: a metric costs by the month in which it has a value.

use std::io::Write as _;

use serde_json::{Map, Value, json};

use crate::app::App;

/// Prints the line, if there is something in it.
pub(super) fn print(app: &App, stage: &str) {
    let counted = app.metrics().take();
    if let Some(line) = line(&counted, stage, app.now().millis()) {
        // Where nobody reads, nobody can be told.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

fn line(counted: &[(&'static str, u64)], stage: &str, now: i64) -> Option<Value> {
    let counted: Vec<_> = counted.iter().filter(|(_, count)| *count > 0).collect();
    if counted.is_empty() {
        return None;
    }
    let metrics: Vec<Value> =
        counted.iter().map(|(name, _)| json!({ "Name": name, "Unit": "Count" })).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now,
            "CloudWatchMetrics": [{ "Namespace": "Flusso", "Dimensions": [["Stage"]], "Metrics": metrics }]
        }),
    );
    line.insert("Stage".to_owned(), json!(stage));
    line.extend(counted.into_iter().map(|(name, count)| ((*name).to_owned(), json!(count))));
    Some(Value::Object(line))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::line;

    #[test]
    fn a_line_has_what_is_not_zero() {
        let line = line(&[("Reactions", 3), ("Conflicts", 0)], "dev", 5).unwrap();
        let metrics = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(metrics["Metrics"].to_string(), r#"[{"Name":"Reactions","Unit":"Count"}]"#);
        assert_eq!((line["Stage"].as_str(), line["Reactions"].as_u64()), (Some("dev"), Some(3)));
        assert_eq!(super::line(&[("Reactions", 0)], "dev", 5), None);
    }
}
