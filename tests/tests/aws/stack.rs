//! The deployed stack as the stories see it: its addresses from outside, and the verbs of a person who watches it.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant as Watch};

use aws_config::SdkConfig;
use flusso_aws::clock::SystemClock;
use flusso_aws::config::Config;
use flusso_aws::start::Start;
use flusso_aws::table::DynamoTable;
use flusso_engine::time::{Instant, Millis};
use flusso_store::clock::Clock as _;
use flusso_store::codec::row;
use flusso_store::keys::test_clock::{self, Offset, TestClockRow};
use flusso_store::table::{Table as _, When};
use flusso_tests::program::{Client, build, pause};
use serde_json::{Value, json};

use crate::outside::Place;

/// How long the stack may take for what it does at once.
const PATIENCE: Duration = Duration::from_secs(90);
/// The form of the demo.
pub const FORM: &str = "richiedi-guida-gratuita";

/// What a story may use.
pub struct Stack {
    pub place: Place,
    pub config: Config,
    pub sdk: SdkConfig,
    pub runtime: tokio::runtime::Runtime,
    pub sqs: aws_sdk_sqs::Client,
    pub scheduler: aws_sdk_scheduler::Client,
    /// Where the emulator and the stand-in for SES listen.
    aws: String,
    ses: String,
    api: Api,
    rows: DynamoTable,
}

/// The API of a stage, by its address and with a key.
pub struct Api {
    host: String,
    path: String,
    key: String,
}

impl Stack {
    /// The stack that was just deployed, with the demo and an API key.
    pub fn new() -> Self {
        let place = Place::inside();
        let outputs = place.outputs();
        let text = |name: &str| outputs[name].as_str().unwrap().to_owned();
        let host = |name: &str| text(name).strip_prefix("http://").unwrap().to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sdk = flusso_aws::sdk::load();
        let aws = host("Endpoint");
        let config = config_of(&aws, "flusso-local-wake");
        let rows = table(&sdk, &config);
        let (sqs, scheduler) = (aws_sdk_sqs::Client::new(&sdk), aws_sdk_scheduler::Client::new(&sdk));
        let api = runtime.block_on(Api::begin(&sdk, &config));
        let stack =
            Self { place, config, sdk, runtime, sqs, scheduler, aws, ses: host("SesEndpoint"), api, rows };
        let account =
            json!({ "name": "Bottega", "zone": "Europe/Rome", "from": "Bottega <hello@example.com>" });
        stack.api("PUT", "/v1/account", &account.to_string());
        stack
    }

    /// Asks the API with the key; panics unless the answer is a success.
    pub fn api(&self, method: &str, path: &str, body: &str) -> Value {
        self.api.ask(method, path, body)
    }

    /// What `flusso recount` finds.
    pub fn recount(&self) -> Value {
        let told = Command::new(build())
            .args(["recount", "--json", "--url", &self.config.public_url, "--key-file", "/none"])
            .env("FLUSSO_KEY", &self.api.key)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        let error = String::from_utf8_lossy(&told.stderr);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{error}"))
    }

    /// The header that names the key.
    pub fn authorization(&self) -> String {
        self.api.authorization()
    }

    /// Saves a workflow and activates it.
    pub fn workflow(&self, id: &str, yaml: &str) {
        self.api("PUT", &format!("/v1/workflows/{id}"), yaml);
        self.api("POST", &format!("/v1/workflows/{id}/activate"), "");
    }

    /// Posts the demo form as a browser without a script does; the status and body of the answer.
    pub fn sign_up(&self, name: &str, submission: &str) -> (u16, String) {
        let body = form(name, submission);
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
        self.send("POST", &format!("/f/{FORM}"), &headers, &body)
    }

    /// Sends a request to the API's address, as it is; the status and body of the answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        self.api.send(method, path, headers, body)
    }

    /// Posts an event about a person who agreed to mail.
    pub fn event(&self, kind: &str, id: &str, name: &str) {
        let event = json!({
            "type": kind, "id": id, "contact": { "email": address(name), "first_name": name },
            "consents": [{ "channel": "email" }]
        });
        self.api("POST", "/v1/events", &event.to_string());
    }

    /// The id of a person's contact, once there is one.
    pub fn contact_id(&self, name: &str) -> String {
        let path = format!("/v1/contacts?email={}", address(name).replace('@', "%40"));
        let found = self.until("there is a contact", || {
            self.api("GET", &path, "")["items"][0]["id"].as_str().map(str::to_owned)
        });
        found
    }

    /// A person's contact.
    pub fn contact(&self, name: &str) -> Value {
        self.api("GET", &format!("/v1/contacts/{}", self.contact_id(name)), "")
    }

    /// The records of a person's timeline, the first one first.
    pub fn timeline(&self, name: &str) -> Vec<Value> {
        let path = format!("/v1/contacts/{}/timeline?limit=100", self.contact_id(name));
        let mut items = self.api("GET", &path, "")["items"].as_array().unwrap().clone();
        items.sort_by_key(|item| item["revision"].as_u64());
        items
    }

    /// The codes of all lines of a person's timeline, each with its step or reason.
    pub fn codes(&self, name: &str) -> Vec<String> {
        let records = self.timeline(name);
        let lines = records.iter().flat_map(|record| record["lines"].as_array().unwrap());
        lines.map(|line| line["code"].as_str().unwrap().to_owned()).collect()
    }

    /// The mails that SES took for a person, the first one first.
    pub fn mails(&self, name: &str) -> Vec<Value> {
        let sent = ask(&self.ses, "GET", "/_sent", &[], "");
        let all: Vec<Value> = serde_json::from_str(&sent).unwrap();
        all.into_iter().filter(|mail| mail["to"] == json!([address(name)])).collect()
    }

    /// Waits until SES took so many mails for a person; never more.
    pub fn wait_for_mails(&self, name: &str, count: usize) -> Vec<Value> {
        let mails = self.until(&format!("{name} has {count} mails"), || {
            let mails = self.mails(name);
            (mails.len() >= count).then_some(mails)
        });
        assert_eq!(mails.len(), count, "{mails:#?}");
        mails
    }

    /// Has SES publish what became of a mail.
    pub fn ses_says(&self, mail: &Value, kind: &str, detail: Value) {
        let body = json!({ "message_id": mail["message_id"], "type": kind, "detail": detail });
        ask(&self.ses, "POST", "/_event", &[], &body.to_string());
    }

    /// Has SES tell this of the account and of the sender's identity, on top of what is so on a good day.
    pub fn ses_account(&self, account: Value, identity: Value) {
        let body = json!({ "account": account, "identity": identity });
        ask(&self.ses, "POST", "/_account", &[], &body.to_string());
    }

    /// Waits for something that the stack does by itself.
    pub fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let watch = Watch::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(watch.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
            pause();
        }
    }

    /// Waits until no queue has a message that somebody could work on or works on.
    pub fn settle(&self) {
        self.until("the queues are empty", || (self.waiting() == 0).then_some(()));
    }

    fn waiting(&self) -> usize {
        let answer = ask(&self.aws, "GET", "/_ministack/sqs/messages", &[], "");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let queues = answer["messages"]["000000000000"]["us-east-1"].as_object().cloned().unwrap_or_default();
        let engine = queues.into_iter().filter(|(url, _)| !url.ends_with("-dlq"));
        let messages = engine.flat_map(|(_, messages)| messages.as_array().cloned().unwrap_or_default());
        // One that is delayed and was never received is for later.
        messages.filter(|message| message["IsVisible"] == true || message["ReceiveCount"] != 0).count()
    }

    /// The present instant of the functions.
    pub fn now(&self) -> Instant {
        Instant::parse(self.api("GET", "/v1/clock", "")["now"]["utc"].as_str().unwrap()).unwrap()
    }

    /// Moves the clock of the functions ahead of where it stands, once nothing is being worked on.
    pub fn pass(&self, length: Millis) {
        self.settle();
        self.set_clock(self.now() + length);
    }

    /// The rows of the functions.
    pub fn table(&self) -> DynamoTable {
        table(&self.sdk, &self.config)
    }

    /// The names of all files in the bucket.
    pub fn files(&self) -> Vec<String> {
        let list = ask(&self.aws, "GET", &format!("/{}?list-type=2", self.config.bucket), &[], "");
        let names = list.split("<Key>").skip(1);
        names.filter_map(|rest| Some(rest.split_once("</Key>")?.0.to_owned())).collect()
    }

    /// What is in a file of the bucket.
    pub fn file(&self, name: &str) -> String {
        ask(&self.aws, "GET", &format!("/{}/{name}", self.config.bucket), &[], "")
    }

    /// Sets the clock of the functions.
    pub fn set_clock(&self, now: Instant) {
        self.put_offset(&self.rows, now.since(SystemClock.now()));
    }

    /// Writes the row that moves a clock.
    pub fn put_offset(&self, rows: &DynamoTable, offset: Millis) {
        let offset = row::<TestClockRow>(test_clock::key(), 1, &Offset { millis: offset.0 }).unwrap();
        self.runtime.block_on(rows.put_all(vec![(offset, When::Any)])).unwrap();
    }

    /// Calls a function, as AWS would; it must answer.
    pub fn invoke(&self, function: &str, event: &Value) {
        let answer = self.call(function, event);
        assert!(answer["errorMessage"].is_null(), "{function}: {answer}");
    }

    /// Calls a function; its answer, or what Lambda says of it.
    pub fn call(&self, function: &str, event: &Value) -> Value {
        let path = format!("/2015-03-31/functions/{function}/invocations");
        self.lambda("POST", &path, &event.to_string())
    }

    /// Has the sweep go once.
    pub fn sweep(&self) {
        self.invoke("flusso-local-wake", &json!({ "sweep": true }));
    }

    /// The one-time schedules of the group: their names and their instants.
    pub fn schedules(&self) -> BTreeMap<String, Instant> {
        let group = &self.config.schedule_group;
        let list = self.scheduler.list_schedules().group_name(group).send();
        let names = self.runtime.block_on(list).unwrap().schedules;
        let names = names.into_iter().filter_map(|schedule| schedule.name);
        names.filter_map(|name| Some((name.clone(), self.schedule(&name)?.0))).collect()
    }

    /// When a one-time schedule is for, whom it calls, and with what.
    fn schedule(&self, name: &str) -> Option<(Instant, String, String)> {
        let get = self.scheduler.get_schedule().group_name(&self.config.schedule_group).name(name).send();
        let schedule = self.runtime.block_on(get).ok()?;
        let at = schedule.schedule_expression()?.strip_prefix("at(")?.strip_suffix(')')?;
        assert_eq!(schedule.schedule_expression_timezone(), Some("UTC"));
        let target = schedule.target()?;
        Some((
            Instant::parse(&format!("{at}Z")).unwrap(),
            target.arn().to_owned(),
            target.input()?.to_owned(),
        ))
    }

    /// Does the scheduler's work for the clock of the functions: what is due is delivered to its target, then gone.
    pub fn pump(&self) -> usize {
        let now = self.now();
        let spared = crate::alone::spared();
        let due = self.schedules().into_iter().filter(|(name, at)| *at <= now && Some(&**name) != spared);
        let due: Vec<_> = due.collect();
        for (name, _) in &due {
            let Some((_, target, input)) = self.schedule(name) else { continue };
            self.invoke(target.rsplit(':').next().unwrap(), &serde_json::from_str(&input).unwrap());
            let group = &self.config.schedule_group;
            let delete = self.scheduler.delete_schedule().group_name(group).name(name).send();
            // The real scheduler may have been there at the same time.
            let _ = self.runtime.block_on(delete);
        }
        due.len()
    }

    /// What a function has printed so far, line by line.
    pub fn log_lines(&self, function: &str) -> Vec<String> {
        let (mut lines, mut token) = (Vec::new(), Value::Null);
        let headers = [
            ("X-Amz-Target", "Logs_20140328.FilterLogEvents"),
            ("Content-Type", "application/x-amz-json-1.1"),
        ];
        loop {
            let mut body = json!({ "logGroupName": format!("/aws/lambda/flusso-local-{function}") });
            if !token.is_null() {
                body["nextToken"] = token;
            }
            let answer = ask(&self.aws, "POST", "/", &headers, &body.to_string());
            let answer: Value = serde_json::from_str(&answer).unwrap();
            let events = answer["events"].as_array().unwrap();
            lines.extend(events.iter().map(|event| event["message"].as_str().unwrap().to_owned()));
            token = answer["nextToken"].clone();
            if token.is_null() {
                return lines;
            }
        }
    }

    /// Asks the emulator, as the SDK of Lambda would.
    pub fn lambda(&self, method: &str, path: &str, body: &str) -> Value {
        serde_json::from_str(&ask(&self.aws, method, path, &[], body)).unwrap()
    }
}

impl Api {
    /// The API of a stage, with the demo set up and a key made.
    pub async fn begin(sdk: &SdkConfig, config: &Config) -> Self {
        let (app, _) = Start::new(sdk.clone(), config.clone()).await.unwrap().app();
        app.set_up_demo().await.unwrap();
        let key = app.create_api_key("e2e").await.unwrap();
        let address = config.public_url.strip_prefix("http://").unwrap();
        let (host, path) = address.split_once('/').unwrap();
        Self { host: host.to_owned(), path: format!("/{path}"), key }
    }

    /// Asks with the key; panics unless the answer is a success.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let authorization = self.authorization();
        let kind = if body.starts_with(['{', '[']) { "application/json" } else { "application/yaml" };
        let headers =
            [("Authorization", &*authorization), ("Content-Type", kind), ("Accept", "application/json")];
        let (status, body) = self.send(method, path, &headers, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.key)
    }

    /// Sends a request as it is.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        Client::to(&self.host).request(method, &format!("{}{path}", self.path), headers, body).unwrap()
    }
}

fn table(sdk: &SdkConfig, config: &Config) -> DynamoTable {
    DynamoTable::new(aws_sdk_dynamodb::Client::new(sdk), &config.table, Arc::new(SystemClock))
}

/// The configuration with which a function was deployed.
pub fn config_of(aws: &str, function: &str) -> Config {
    let path = format!("/2015-03-31/functions/{function}/configuration");
    let answer: Value = serde_json::from_str(&ask(aws, "GET", &path, &[], "")).unwrap();
    let variables = &answer["Environment"]["Variables"];
    Config::read(|name| variables[name].as_str().map(str::to_owned)).unwrap()
}

impl Stack {
    /// The configuration with which a function was deployed.
    pub fn config_of(&self, function: &str) -> Config {
        config_of(&self.aws, function)
    }
}

/// A request to something that is no part of the product; its answer must be a success.
fn ask(host: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let (status, answer) = Client::to(host).request(method, path, headers, body).unwrap();
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    answer
}

/// The address of a person.
pub fn address(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase())
}

/// The demo form, filled in.
pub fn form(name: &str, submission: &str) -> String {
    let address = address(name).replace('@', "%40");
    format!("first_name={name}&email={address}&newsletter=on&submission_id={submission}")
}
