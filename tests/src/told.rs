//! The timeline of a contact, as the API of any platform gives it, told so that it is the same text wherever the same
//! things happened: ids by the order in which they appear, times in hours since the first record.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use flusso_engine::time::Instant;
use serde_json::Value;

/// Tells the records (`items` of the API) in their order.
pub fn told(records: &[Value]) -> String {
    let mut records: Vec<&Value> = records.iter().collect();
    records.sort_by_key(|record| record["revision"].as_u64());
    let first = records.first().map_or(Instant::from_millis(0), |record| instant(&record["at"]));
    let hours =
        |moment: &Value| format!("{:+}h", (instant(moment).since(first).0 + 1_800_000).div_euclid(3_600_000));
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    let mut name = |id: &str| {
        let next = ids.len() + 1;
        format!("id{}", ids.entry(id.to_owned()).or_insert(next))
    };
    let mut text = String::new();
    for record in records {
        let _ = write!(text, "{} {} {}", record["revision"], hours(&record["at"]), word(&record["input"]));
        for part in ["type", "source"] {
            let _ = record[part].as_str().map(|part| write!(text, " {part}"));
        }
        let _ = record["id"].as_str().map(|id| write!(text, " {}", name(id)));
        text.push('\n');
        for line in record["lines"].as_array().into_iter().flatten() {
            let _ = write!(text, "  {} {}", hours(&line["at"]), word(&line["code"]));
            for part in ["workflow", "step", "reason"] {
                let _ = line[part].as_str().map(|part| write!(text, " {part}"));
            }
            let _ = line["send"].as_str().map(|send| write!(text, " {}", name(send)));
            if !line["until"].is_null() {
                let _ = write!(text, " until {}", hours(&line["until"]));
            }
            text.push('\n');
        }
    }
    text
}

fn instant(moment: &Value) -> Instant {
    Instant::parse(word(&moment["utc"])).expect("the API tells instants")
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
