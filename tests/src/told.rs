//! The timeline of a contact, as the API of any platform gives it, told so that it is the same text wherever the same
//! things happened: ids by the order in which they appear, times in hours since the first record.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use flusso_engine::react::Input;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::timeline::Entry;
use serde_json::{Value, json};

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

/// A record of the engine's as the API gives it.
pub fn record(entry: &Entry) -> Value {
    let moment = |at: Instant| json!({ "utc": at.to_string() });
    let event = match &entry.input {
        Input::Event { event, .. } => Some(event),
        _ => None,
    };
    let lines = entry.lines.iter().map(|line| {
        let mut said = serde_json::to_value(&line.what).unwrap_or_default();
        let until = said.get("until").or(said.get("again_at")).and_then(Value::as_i64);
        json!({
            "at": moment(line.at),
            "code": said["what"].take(),
            "workflow": line.workflow,
            "step": line.step,
            "send": said["send"].take(),
            "reason": said["reason"].take(),
            "until": until.map(|millis| moment(Instant::from_millis(millis))),
        })
    });
    json!({
        "revision": entry.revision,
        "at": moment(event.map_or(entry.now, |event| event.occurred_at)),
        "input": entry.input.kind(),
        "type": event.map(|event| &event.kind),
        "source": event.map(|event| &event.source),
        "id": event.map(|event| &event.id),
        "lines": lines.collect::<Vec<_>>(),
    })
}

/// Every instant that records name.
pub fn instants(records: &[Value]) -> BTreeSet<Instant> {
    let mut found = BTreeSet::new();
    let mut records = records.to_vec();
    moments(&mut records, &mut |at| {
        found.insert(at);
        at
    });
    found
}

/// Takes each instant of these records for the nearest of `to`, if that is no further away than `within`.
pub fn set_to(records: &mut [Value], to: &BTreeSet<Instant>, within: Millis) {
    moments(records, &mut |at| {
        let near = [to.range(..=at).next_back(), to.range(at..).next()].into_iter().flatten();
        let distance = |other: &Instant| at.since(*other).0.abs();
        let nearest = near.copied().min_by_key(distance);
        nearest.filter(|nearest| distance(nearest) <= within.0).unwrap_or(at)
    });
}

/// The records one after the other, without who said it: of messages that were handed over at the same time the outcome of
/// each stands behind its claim, in the order of the outcomes, and they count as planned in that order.
pub fn in_turn(mut records: Vec<Value>) -> Vec<Value> {
    records.sort_by_key(|record| record["revision"].as_u64());
    for run in records.chunk_by_mut(|before, after| handed(before).is_some() && handed(after).is_some()) {
        let last: BTreeMap<_, _> = run.iter().enumerate().map(|(at, record)| (handed(record), at)).collect();
        run.sort_by_key(|record| last.get(&handed(record)).copied());
    }
    let mut turns: BTreeMap<String, usize> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        handed(record).map(|send| turns.entry(send).or_insert(at));
    }
    for (at, record) in records.iter_mut().enumerate() {
        record["revision"] = (at + 1).into();
        // Both together name an event.
        if let (Some(source), Some(id)) = (record["source"].as_str(), record["id"].as_str()) {
            record["id"] = format!("{source} {id}").into();
        }
        record["source"] = Value::Null;
        let lines = record["lines"].as_array_mut().into_iter();
        let planned = |line: &Value| line["code"] == "send_planned";
        let together =
            |one: &Value, other: &Value| planned(one) && planned(other) && one["step"] == other["step"];
        for run in lines.flat_map(|lines| lines.chunk_by_mut(together)) {
            run.sort_by_key(|line| line["send"].as_str().and_then(|send| turns.get(send)).copied());
        }
    }
    records
}

/// The message that a record claims, or of which it has the outcome.
fn handed(record: &Value) -> Option<String> {
    let hands_over = ["claim", "outcome"].contains(&word(&record["input"]));
    let mut lines = record["lines"].as_array().into_iter().flatten().filter(|_| hands_over);
    lines.find_map(|line| line["send"].as_str().map(str::to_owned))
}

fn moments(records: &mut [Value], change: &mut impl FnMut(Instant) -> Instant) {
    let mut change = |moment: &mut Value| {
        if moment["utc"].is_string() {
            *moment = json!({ "utc": change(instant(moment)).to_string() });
        }
    };
    for record in records {
        change(&mut record["at"]);
        for line in record["lines"].as_array_mut().into_iter().flatten() {
            change(&mut line["at"]);
            if line.get("until").is_some() {
                change(&mut line["until"]);
            }
        }
    }
}
