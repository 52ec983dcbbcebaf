//! The program on a platform in memory that does its work when it is told to, and a client.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use flusso_app::ports::Clock;
use flusso_app::ports::checkup::{Checkup, NothingToTell};
use flusso_app::ports::queue::{Delivery, Outgoing, QueueName};
use flusso_app::ports::tokens::Tokens;
use flusso_app::{App, Ports};
use flusso_engine::time::{Instant, Millis};
use flusso_entrypoints::SignedIn;
use flusso_entrypoints::options::{LocalPages, Options};
use flusso_local::checkup::LocalCheckup;
use flusso_local::webhook::{Reach, Webhook};
use flusso_store::table::Table;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::platform::{Platform, Refusing};

/// The demo form's address.
pub const FORM: &str = "/f/richiedi-guida-gratuita";

pub struct World {
    pub app: Arc<App>,
    pub router: Router,
    pub key: String,
    pub platform: Arc<Platform>,
    pub table: Arc<dyn Table>,
    pub rows: Arc<Refusing>,
}

impl World {
    /// With the demo, the mailbox, the local pages and a clock that can be moved.
    pub async fn new() -> Self {
        let here = LocalCheckup { server: None, allowed: Some(Vec::new()) };
        Self::with("https://flusso.example", Arc::new(here), |platform| Options {
            clock: Some(platform.clone()),
            mailbox: Some(platform),
            local: Some(LocalPages::default()),
            sign_in: Some(Arc::default()),
            first_owner: None,
        })
        .await
    }

    /// As the cloud has it: none of what is local.
    pub async fn bare() -> Self {
        Self::on("https://flusso.example", Arc::new(NothingToTell)).await
    }

    /// The same, where whoever signs in with this address is owner while nobody else is.
    pub async fn owned_by(first_owner: &str) -> Self {
        let options = Options { first_owner: Some(first_owner.into()), ..Options::default() };
        Self::with("https://flusso.example", Arc::new(NothingToTell), |_| options).await
    }

    /// The same, where a filter looks at so many contacts at once at most.
    pub async fn filtering(most: u64) -> Self {
        Self::made(
            "https://flusso.example",
            Arc::new(NothingToTell),
            |_| Options::default(),
            |app| app.filtering_at_most(most),
        )
        .await
    }

    /// The same, reached at another address and on a platform that tells of itself.
    pub async fn on(public_url: &str, checkup: Arc<dyn Checkup>) -> Self {
        Self::with(public_url, checkup, |_| Options::default()).await
    }

    async fn with(
        public_url: &str,
        checkup: Arc<dyn Checkup>,
        options: impl FnOnce(Arc<Platform>) -> Options,
    ) -> Self {
        Self::made(public_url, checkup, options, |app| app).await
    }

    async fn made(
        public_url: &str,
        checkup: Arc<dyn Checkup>,
        options: impl FnOnce(Arc<Platform>) -> Options,
        shaped: impl FnOnce(App) -> App,
    ) -> Self {
        let platform = Arc::new(Platform::at("2026-11-21T09:00:00Z"));
        let table = Arc::new(Refusing::new(&platform));
        let app = App::new(Ports {
            table: table.clone(),
            queue: platform.clone(),
            timer: platform.clone(),
            email: platform.clone(),
            outbox: platform.clone(),
            webhook: Arc::new(Webhook::new(Reach::Anywhere)),
            blobs: platform.clone(),
            clock: platform.clone(),
            tokens: platform.clone(),
            secrets: platform.clone(),
            public_url: public_url.into(),
            mail_from: None,
            metrics: Arc::default(),
            installation: "test".into(),
            before: None,
            traces: Arc::new(flusso_app::ports::traces::NoTraces),
            checkup,
        });
        let app = Arc::new(shaped(app));
        app.set_up_demo().await.unwrap();
        let key = app.create_api_key("shop").await.unwrap();
        let router = flusso_entrypoints::router(app.clone(), options(platform.clone()));
        Self { app, router, key, platform, table: table.clone(), rows: table }
    }

    /// Sends a request as it is.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_vec())).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        // A picture is no text; what it looks like nobody asks here.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// Calls the API with the key.
    pub async fn api(&self, method: &str, path: &str, body: &str) -> Answer {
        let key = format!("Bearer {}", self.key);
        let headers = [("authorization", &*key), ("content-type", "application/json")];
        self.send(method, path, &headers, body.as_bytes()).await
    }

    /// Asks as somebody whose token the platform has checked: with their verified address, or without one.
    pub async fn as_person(&self, email: Option<&str>, method: &str, path: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let mut request = request.body(Body::from(body.to_owned())).unwrap();
        request.extensions_mut().insert(SignedIn { email: email.map(str::to_owned) });
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        // A picture is no text; what it looks like nobody asks here.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// Signs in by a link, as the owner: the cookie of the session.
    pub async fn signed_in(&self) -> String {
        let link = self.api("POST", "/v1/sign-in-links", "").await.json();
        let opened = self.page(link["path"].as_str().unwrap()).await;
        assert_eq!(opened.status, 200, "{}", opened.text);
        opened.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    /// Puts a workflow in YAML.
    pub async fn put_workflow(&self, id: &str, yaml: &str) -> Answer {
        let key = format!("Bearer {}", self.key);
        let headers = [("authorization", &*key), ("content-type", "application/yaml")];
        self.send("PUT", &format!("/v1/workflows/{id}"), &headers, yaml.as_bytes()).await
    }

    /// Gets a page as a browser does.
    pub async fn page(&self, path: &str) -> Answer {
        self.send("GET", path, &[("accept", "text/html")], b"").await
    }

    /// Posts the demo form as a program does.
    pub async fn submit(&self, body: &str) -> Answer {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
        self.send("POST", FORM, &headers, body.as_bytes()).await
    }

    /// Does all the work that is due.
    pub async fn settle(&self) {
        loop {
            let now = self.platform.now();
            for minute in self.platform.due_minutes(now) {
                self.app.ring_minute(minute).await.unwrap();
            }
            let due = self.platform.due_messages(now);
            if due.is_empty() {
                return;
            }
            for message in due {
                assert_eq!(self.deliver(&message, 1).await, Ok(()));
            }
        }
    }

    /// Has everything counted that was committed, in batches of so many images, some of which come twice.
    pub async fn count(&self) {
        let states = self.rows.states();
        for at in (0..states.len()).step_by(20) {
            let batch = &states[at.saturating_sub(5)..states.len().min(at + 20)];
            self.app.handle_changes("only", batch).await.unwrap();
        }
    }

    /// Delivers a message, for the so manieth time; what came of it.
    pub async fn deliver(&self, message: &Outgoing, receives: u32) -> Result<(), String> {
        let delivery = vec![Delivery { id: self.platform.token(), body: message.body.clone(), receives }];
        let outcomes = match message.queue {
            QueueName::Events(lane) => self.app.handle_events(lane, delivery).await,
            QueueName::Steps(lane) => self.app.handle_steps(lane, delivery).await,
            QueueName::Jobs => self.app.handle_jobs(delivery).await,
        };
        outcomes.into_iter().next().unwrap().1
    }

    /// Delivers what is due now, and nothing that comes of it.
    pub async fn deliver_once(&self) -> Vec<Result<(), String>> {
        let mut outcomes = Vec::new();
        for message in self.platform.due_messages(self.platform.now()) {
            outcomes.push(self.deliver(&message, 1).await);
        }
        outcomes
    }

    /// Moves the clock, minute by minute, and does what becomes due on the way.
    pub async fn pass(&self, by: Millis) {
        let until = self.platform.now() + by;
        while self.platform.now() < until {
            let next = Instant::from_minute(self.platform.now().minute() + 1).min(until);
            self.platform.set(next);
            self.settle().await;
        }
    }

    /// The id of the only contact.
    pub async fn only_contact(&self) -> String {
        let answer = self.api("GET", "/v1/contacts", "").await.json();
        let items = answer["items"].as_array().unwrap();
        assert_eq!(items.len(), 1, "{answer}");
        items[0]["id"].as_str().unwrap().to_owned()
    }

    /// The subjects of all mails, the first one first.
    pub fn subjects(&self) -> Vec<String> {
        self.platform.mails().into_iter().map(|mail| mail.subject).collect()
    }

    /// How many messages wait in the queues.
    pub fn queued(&self) -> usize {
        self.platform.waiting().len()
    }
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status, the headers that matter, and the body, in the way that a person reads them.
    pub fn shown(&self) -> String {
        let mut shown = vec![self.status.to_string()];
        for name in ["content-type", "location", "www-authenticate", "allow"] {
            shown.extend(self.headers.get(name).map(|value| format!("{name}: {}", value.to_str().unwrap())));
        }
        shown.push(match serde_json::from_str::<Value>(&self.text) {
            Ok(json) => format!("{}\n", serde_json::to_string_pretty(&json).unwrap()),
            Err(_) => self.text.clone(),
        });
        shown.join("\n")
    }

    /// A problem of this status and code, in the shape of all problems.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        let kind = problem["type"].as_str().unwrap();
        assert!(kind.starts_with("urn:flusso:problem:"), "{problem}");
        assert!(
            !problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty()
        );
        problem
    }
}
