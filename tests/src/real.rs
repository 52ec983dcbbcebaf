//! A scenario on the real local program, beside the pure engine: the same lines happen to both, and the clock of the
//! program is moved to each instant at which something happens by itself in the engine. HTTP only.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use flusso_app::demo;
use flusso_engine::time::{Instant, Millis};
use flusso_engine::workflow::compile;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::program::{Client, Program, pause};
use crate::scenario::{
    Definition, FEEDBACK, Handed, Happening, Person, Script, Stage, Words, World, script_of,
};
use crate::told;

/// The clock runs this much faster than the machine's: what is due fractions of a second after an instant to which it was
/// moved comes soon.
const CLOCK: &str = "16x";
/// Everything is defined so long before the first line.
const DEFINED_BEFORE: Millis = Millis::minutes(10);
/// Instants of the program count as those of the engine if they are so near: requests and hand-overs take time.
const NEAR: Millis = Millis::seconds(90);
/// Buttons of the mailbox.
/// Where forms are confirmed.
const CONFIRM: &str = "/c/";
const BUTTONS: &[&str] = &["open", "click", "reply", "deliver", "fail", "stop"];

/// What the timeline of one person says, and the messages about them, on both sides.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// Who.
    pub address: String,
    /// As the engine has it.
    pub engine: String,
    /// As the program has it.
    pub program: String,
}

/// Plays the upper part of a scenario on a program that is started for it; what comes of it for each person.
///
/// # Errors
/// Where the scenario can't be read, a line of it can't be done there, or the program does not come to where the engine is.
pub fn play(text: &str, catalog: &Path, binary: &Path, data: &Path) -> Result<Vec<Told>, String> {
    let script = Script::read(script_of(text), catalog)?;
    let begins = script.begins().ok_or("the first line names no instant")?;
    let from = (begins - DEFINED_BEFORE).to_string();
    let program = Program::start(binary, data, &["--clock", CLOCK, "--clock-from", &from]);
    let shop = program.api("POST", "/v1/keys", r#"{"name":"shop"}"#);
    let shop = shop["key"].as_str().ok_or("no key")?.to_owned();
    let has_demo = workflows(&script).any(|(id, _)| id == demo::WORKFLOW);
    let demo = Some(demo::WORKFLOW).filter(|_| !has_demo);
    let mut beside = Beside {
        world: World::of(&script)?,
        program,
        shop,
        seen: BTreeMap::new(),
        demo,
        codes: codes(&script),
    };
    script.definitions.iter().for_each(|definition| beside.define(definition));
    for (id, _) in workflows(&script) {
        beside.program.api("POST", &format!("/v1/workflows/{id}/activate"), "");
    }
    for line in &script.lines {
        line.play(&mut beside).map_err(|why| format!("line {}: {why}", line.number))?;
    }
    let parked = beside.program.api("GET", "/v1/parked", "");
    if parked["items"].as_array().is_none_or(|items| !items.is_empty()) {
        return Err(format!("messages were parked: {parked}"));
    }
    let told = beside.world.people().iter().map(|person| beside.told(person)).collect();
    beside.program.kill();
    Ok(told)
}

struct Beside {
    world: World,
    program: Program,
    /// The key of the shop: contacts have their ids by the source of the event that made them.
    shop: String,
    /// The last record of each person that the program is known to have.
    seen: BTreeMap<String, u64>,
    /// The workflow that the program begins with, unless the scenario has it: it sees every form.
    demo: Option<&'static str>,
    /// Every code of a pool.
    codes: Vec<String>,
}

impl Stage for Beside {
    fn clock(&self) -> Instant {
        self.world.clock()
    }

    fn zone(&self) -> TimeZone {
        self.world.zone()
    }

    fn pass_until(&mut self, at: Instant) -> Result<(), String> {
        while let Some(next) = self.world.next_instant().filter(|next| *next <= at) {
            self.world.pass_until(next)?;
            self.move_to(next)?;
            self.settle().map_err(|why| format!("at {next}: {why}"))?;
        }
        self.world.pass_until(at)?;
        self.move_to(at)
    }

    fn act(&mut self, words: &Words) -> Result<(), String> {
        let what = words.word(0).unwrap_or_default();
        let feedback = FEEDBACK.iter().find(|(word, _)| *word == what).map(|(_, verb)| *verb);
        let about = words.word(1).filter(|_| feedback.is_some());
        let about = about.and_then(|step| self.world.current()?.last_of(step));
        self.world.act(words)?;
        match what {
            // Only of the engine: the program begins workflows by itself, and whom a line speaks of is known here.
            "for" | "show" => {}
            "event" if words.word(1) == Some("schedule.due") => {}
            "form" => self.submit(words.must(1, "the form")?, words)?,
            "confirm" => self.confirm()?,
            "event" => self.post(words.must(1, "the type")?, words.happening()?)?,
            other => match feedback {
                Some(verb) => self.feedback(verb, about, words)?,
                None => return Err(format!("`{other}` can't be done with the real program")),
            },
        }
        self.settle()
    }
}

impl Beside {
    fn define(&self, definition: &Definition) {
        let put = |path: String, body: &Value| drop(self.program.api("PUT", &path, &body.to_string()));
        match definition {
            Definition::Zone(zone) => {
                let mut account = self.program.api("GET", "/v1/account", "");
                account["zone"] = zone.as_str().into();
                put("/v1/account".to_owned(), &account);
            }
            Definition::Workflows(source) => {
                for (id, document) in documents(source) {
                    self.program.api("PUT", &format!("/v1/workflows/{id}"), &document);
                }
            }
            Definition::Named { kind, name, value } => match kind.as_str() {
                "team" => put(format!("/v1/teams/{name}"), &json!({ "emails": value["members"] })),
                "coupons" => {
                    drop(self.program.api("POST", &format!("/v1/coupons/{name}"), &value.to_string()));
                }
                kind => put(format!("/v1/{kind}s/{name}"), value),
            },
        }
    }

    /// Moves the clock ahead to an instant, or within the second after it.
    fn move_to(&self, instant: Instant) -> Result<(), String> {
        let now = self.program.api("GET", "/v1/clock", "");
        let now = now["now"]["utc"].as_str().and_then(Instant::parse).ok_or("no clock")?;
        let seconds = (instant.since(now).0 + 999).div_euclid(1000);
        if seconds > 0 {
            self.program.api(
                "POST",
                "/v1/clock",
                &json!({ "advance": format!("{seconds} seconds") }).to_string(),
            );
        }
        Ok(())
    }

    /// Waits until the program has come to where the engine is.
    fn settle(&mut self) -> Result<(), String> {
        for person in self.world.people() {
            let id = person.contact.id.to_string();
            let due = person.history.last().map_or(0, |record| record.revision);
            let mut seen = self.seen.get(&id).copied().unwrap_or_default();
            for _ in 0..1_000 {
                if seen >= due {
                    break;
                }
                seen = newest(&self.program, &id);
                if seen < due {
                    pause();
                }
            }
            if seen < due {
                let Told { address, engine, program } = self.told(person);
                return Err(format!(
                    "{address} has {seen} records of {due}\n  engine\n{engine}\n  program\n{program}"
                ));
            }
            self.seen.insert(id, seen);
        }
        Ok(())
    }

    fn submit(&self, form: &str, words: &Words) -> Result<(), String> {
        let mut body = format!("submission_id={}", escaped(&words.happening()?.id));
        for (name, value) in words.named.iter().filter(|(name, _)| *name != "id") {
            let _ = write!(body, "&{}={}", escaped(name), escaped(value));
        }
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
        self.request("POST", &format!("/f/{form}"), &headers, &body)
    }

    /// Presses the button of the page behind the newest link of the present person by which a form is confirmed.
    fn confirm(&self) -> Result<(), String> {
        let address =
            self.world.current().and_then(|person| person.contact.profile.email()).unwrap_or_default();
        let mails = self.program.mails();
        let mut links = mails.iter().filter(|mail| mail["to"] == address).filter_map(|mail| {
            mail["text"]
                .as_str()?
                .split_whitespace()
                .find_map(|word| Some(word.split_once(CONFIRM)?.1.to_owned()))
        });
        let token = links.next().ok_or("no mail has a link to confirm")?;
        self.request("POST", &format!("{CONFIRM}{token}"), &[("Accept", "text/html")], "")
    }

    /// Posts an event as the shop does; of the present person, if it names nobody.
    fn post(&self, kind: &str, told: Happening) -> Result<(), String> {
        let Happening { id, occurred, quiet, mut fields, data } = told;
        assert!(!quiet, "no single event is told quietly by the API");
        if !fields.contains_key("email") {
            let person = self.world.current().ok_or("nobody is there")?;
            fields.insert("id".to_owned(), person.contact.id.as_str().into());
        }
        let mut event = json!({ "id": id, "type": kind, "contact": fields, "data": data });
        if let Some(occurred) = occurred {
            event["occurred_at"] = occurred.to_string().into();
        }
        let authorization = format!("Bearer {}", self.shop);
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
        self.request("POST", "/v1/events", &headers, &event.to_string())
    }

    /// Presses the button of the mailbox that says so, or posts the event where there is none.
    fn feedback(&self, verb: &str, about: Option<Handed>, words: &Words) -> Result<(), String> {
        let mut told = words.happening()?;
        let button = words.word(0).filter(|word| BUTTONS.contains(word) && words.word(2).is_none());
        let Some(Handed { send, via, .. }) = about else { return self.post(&format!("email.{verb}"), told) };
        let mails = self.program.mails();
        let mail =
            mails.iter().find(|mail| mail["send"] == send.as_str()).ok_or("it is not in the mailbox")?;
        // The button follows the first link.
        let first = told.data.get("url").and_then(Value::as_str).is_none_or(|url| {
            let text = mail["text"].as_str().unwrap_or_default();
            text.find("https://").is_some_and(|at| text[at..].split_whitespace().next() == Some(url))
        });
        if let Some(button) = button.filter(|_| first) {
            let headers = [("Sec-Fetch-Site", "same-origin"), ("Accept", "text/html")];
            return self.request("POST", &format!("/mailbox/{}/{button}", mail["seq"]), &headers, "");
        }
        told.data.insert("send".to_owned(), send.as_str().into());
        if ["opened", "clicked"].contains(&verb) {
            told.data.insert("class".to_owned(), words.word(2).unwrap_or("human").into());
        }
        self.post(&format!("{via}.{verb}"), told)
    }

    fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<(), String> {
        let answer = Client::to(&self.program.address).request(method, path, headers, body);
        match answer.map_err(|error| error.to_string())? {
            (200..=399, _) => Ok(()),
            (status, body) => Err(format!("{method} {path}: {status} {body}")),
        }
    }

    /// The program gives the codes of a pool out in an order of its own, and has links that the engine knows nothing of.
    fn without_codes(&self, text: &str) -> String {
        let link = text.split_whitespace().find(|word| word.contains(CONFIRM)).unwrap_or_default();
        let text = if link.is_empty() { text.to_owned() } else { text.replace(link, "") };
        self.codes.iter().fold(text, |text, code| text.replace(code, "(a code)"))
    }

    fn is_of_the_demo(&self, line: &Value) -> bool {
        self.demo.is_some_and(|demo| line["workflow"] == demo)
    }

    fn told(&self, person: &Person) -> Told {
        let address = person.contact.profile.email().unwrap_or_default().to_owned();
        let records: Vec<Value> = person.history.iter().map(told::record).collect();
        let mut there = timeline(&self.program, person.contact.id.as_str());
        told::set_to(&mut there, &told::instants(&records), NEAR);
        for record in &mut there {
            let lines = record["lines"].as_array_mut();
            lines.into_iter().for_each(|lines| lines.retain(|line| !self.is_of_the_demo(line)));
        }
        let (mut engine, mut program) =
            (told::told(&told::in_turn(records)), told::told(&told::in_turn(there)));
        let mails = self.program.mails();
        for Handed { send, message, .. } in &person.handed {
            let text = self.without_codes(message.text.trim_end());
            let _ = writeln!(engine, "> {}: {}\n{text}", message.to, message.subject);
            for mail in mails.iter().filter(|mail| mail["send"] == send.as_str()) {
                let [to, subject, whole] =
                    ["to", "subject", "text"].map(|part| mail[part].as_str().unwrap_or_default());
                let whole = self.without_codes(whole);
                // Below it the program says how to unsubscribe.
                let text = if whole.starts_with(&text) { &text } else { &whole };
                let _ = writeln!(program, "> {to}: {subject}\n{text}");
            }
        }
        let replay = self.program.api("GET", &format!("/v1/contacts/{}/replay", person.contact.id), "");
        if replay["same"] != true {
            let _ = writeln!(program, "made once more, it is otherwise: {replay}");
        }
        Told { address, engine, program }
    }
}

/// The workflows that a script defines.
fn workflows(script: &Script) -> impl Iterator<Item = (String, String)> {
    script.definitions.iter().flat_map(|definition| match definition {
        Definition::Workflows(source) => documents(source),
        _ => Vec::new(),
    })
}

fn codes(script: &Script) -> Vec<String> {
    let pools = script.definitions.iter().filter_map(|definition| match definition {
        Definition::Named { kind, value, .. } if kind == "coupons" => value["codes"].as_array(),
        _ => None,
    });
    pools.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The documents of a file, each with the id of its workflow.
fn documents(source: &str) -> Vec<(String, String)> {
    let mut parts: Vec<String> = Vec::new();
    for line in source.lines() {
        match line.strip_prefix("- ") {
            Some(first) => parts.push(format!("{first}\n")),
            None if parts.is_empty() => parts.push(format!("{line}\n")),
            None => {
                let below =
                    if source.starts_with("- ") { line.strip_prefix("  ").unwrap_or(line) } else { line };
                let _ = writeln!(parts.last_mut().expect("there is one"), "{below}");
            }
        }
    }
    let compiled = parts.iter().flat_map(|part| compile(part).into_iter().take(1));
    let ids: Vec<String> =
        compiled.map(|one| one.program.expect("it was read").workflow.to_string()).collect();
    ids.into_iter().zip(parts).collect()
}

/// The number of the last record of a contact; 0 if there is none.
fn newest(program: &Program, contact: &str) -> u64 {
    let page = program.try_api("GET", &format!("/v1/contacts/{contact}/timeline?limit=1"), "");
    let page = page.ok().filter(|(status, _)| *status == 200);
    let page: Value = page.and_then(|(_, body)| serde_json::from_str(&body).ok()).unwrap_or_default();
    page["items"][0]["revision"].as_u64().unwrap_or_default()
}

/// Every record of a contact.
fn timeline(program: &Program, contact: &str) -> Vec<Value> {
    let mut records = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/contacts/{contact}/timeline?limit=100{cursor}");
        let page: Map<String, Value> = match program.api("GET", &path, "") {
            Value::Object(page) => page,
            _ => return records,
        };
        records.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
        match page.get("cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return records,
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
