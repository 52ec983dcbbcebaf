//! One line an invocation: what was counted since the line before, in CloudWatch's embedded metric format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//! No ids and no addresses are in it, and nothing that is zero: a metric costs by the month in which it has a value.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::{Map, Value, json};

use crate::app::App;
use crate::app::metrics::Unit;

/// Prints the line, if there is something in it. What was asked of AWS stands in it beside the metrics: to be read, and
/// paid as a line of a log only.
pub(super) fn print(app: &App, stage: &str) {
    let (measured, asked) = (app.metrics().take(), app.metrics().asked.take());
    if let Some(line) = line(&measured, &asked, stage, app.now().millis()) {
        // Where nobody reads, nobody can be told.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

fn line(
    measured: &[(&'static str, Unit, u64)],
    asked: &BTreeMap<String, f64>,
    stage: &str,
    now: i64,
) -> Option<Value> {
    let measured: Vec<_> = measured.iter().filter(|(_, _, value)| *value > 0).collect();
    if measured.is_empty() && asked.is_empty() {
        return None;
    }
    let mut line = Map::new();
    if !measured.is_empty() {
        let unit = |unit| match unit {
            Unit::Count => "Count",
            Unit::Milliseconds => "Milliseconds",
        };
        let metrics: Vec<Value> =
            measured.iter().map(|(name, of, _)| json!({ "Name": name, "Unit": unit(*of) })).collect();
        let metrics = json!([{ "Namespace": "Flusso", "Dimensions": [["Stage"]], "Metrics": metrics }]);
        line.insert("_aws".to_owned(), json!({ "Timestamp": now, "CloudWatchMetrics": metrics }));
    }
    line.insert("Stage".to_owned(), json!(stage));
    line.extend(measured.into_iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))));
    if !asked.is_empty() {
        line.insert("Asked".to_owned(), json!(asked));
    }
    Some(Value::Object(line))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use std::collections::BTreeMap;

    use super::line;
    use crate::app::metrics::Unit;

    #[test]
    fn a_line_has_what_is_not_zero() {
        let measured = [
            ("Reactions", Unit::Count, 3),
            ("Conflicts", Unit::Count, 0),
            ("StreamLag", Unit::Milliseconds, 40),
        ];
        let asked = BTreeMap::from([("DynamoDB.PutItem".to_owned(), 2.0)]);
        let told = line(&measured, &asked, "dev", 5).unwrap();
        assert_eq!(
            told["_aws"]["CloudWatchMetrics"][0]["Metrics"].to_string(),
            r#"[{"Name":"Reactions","Unit":"Count"},{"Name":"StreamLag","Unit":"Milliseconds"}]"#
        );
        assert_eq!((told["Stage"].as_str(), told["Reactions"].as_u64()), (Some("dev"), Some(3)));
        assert_eq!(told["Asked"]["DynamoDB.PutItem"], 2.0);
        assert_eq!(line(&measured[1..2], &BTreeMap::new(), "dev", 5), None);
        let only_asked = line(&[], &asked, "dev", 5).unwrap();
        assert!(only_asked.get("_aws").is_none(), "no metric, nothing to pay but the line: {only_asked}");
    }
}
