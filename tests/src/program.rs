//! The real program as a child process, and a client that speaks HTTP to it over kept connections.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long to pause between two questions to a program that is not there yet.
const PAUSE: Duration = Duration::from_millis(20);

/// The program, running on a data folder. Killed when dropped.
pub struct Program {
    child: Child,
    /// Where it listens.
    pub address: String,
    /// Its API key.
    pub key: String,
}

/// Where the program lies: what `FLUSSO_PROGRAM` names was built with these tests, else it is built now, in this profile.
pub fn build() -> PathBuf {
    if let Some(built) = std::env::var_os("FLUSSO_PROGRAM") {
        return built.into();
    }
    let release = !cfg!(debug_assertions);
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    cargo.args(["build", "--quiet", "-p", "flusso"]).args(release.then_some("--release"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    // What cargo tells a test of its own package; build scripts would take it for a change and run again.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
    }
    assert!(cargo.status().expect("cargo runs").success(), "the program does not build");
    let own = std::env::current_exe().expect("there is a test");
    let profile = own.ancestors().find(|folder| folder.join("flusso").is_file());
    profile.expect("the program lies beside the tests").join("flusso")
}

impl Program {
    /// Starts it on a data folder and waits until it answers.
    pub fn start(binary: &Path, data: &Path, extra: &[&str]) -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", &address, "--data"]).arg(data).args(extra);
        let child =
            command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().expect("the program starts");
        let mut program = Self { child, address, key: String::new() };
        for _ in 0..3_000 {
            if let Some(status) = program.child.try_wait().expect("the child can be asked") {
                panic!("the program ended by itself: {status}");
            }
            let healthy = Client::to(&program.address).request("GET", "/v1/health", &[], "");
            if healthy.is_ok_and(|(status, _)| status == 200) {
                let key = std::fs::read_to_string(data.join("api-key")).expect("the first start wrote a key");
                key.trim().clone_into(&mut program.key);
                return program;
            }
            pause();
        }
        panic!("the program did not answer within a minute");
    }

    /// Ends it as `kill -9` does, with no chance to finish anything.
    pub fn kill(mut self) {
        self.child.kill().expect("the child can be killed");
        self.child.wait().expect("the child ends");
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks the API; panics unless the answer is a success.
    pub fn api(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, body) = self.try_api(method, path, body).expect("the program answers");
        assert!((200..300).contains(&status), "{method} {path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    /// Asks the API.
    pub fn try_api(&self, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
        let authorization = format!("Bearer {}", self.key);
        let kind = if body.starts_with(['{', '[']) { "application/json" } else { "application/yaml" };
        let headers = [
            ("Authorization", authorization.as_str()),
            ("Content-Type", kind),
            ("Accept", "application/json"),
        ];
        Client::to(&self.address).request(method, path, &headers, body)
    }

    /// Every mail in the mailbox, the latest first.
    pub fn mails(&self) -> Vec<Value> {
        let mut mails = Vec::new();
        let mut path = "/v1/mailbox?limit=100".to_owned();
        loop {
            let page = self.api("GET", &path, "");
            mails.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["cursor"].as_str() {
                Some(cursor) => path = format!("/v1/mailbox?limit=100&cursor={cursor}"),
                None => return mails,
            }
        }
    }

    /// How many mails there ever were: mails are numbered as they arrive.
    pub fn mail_count(&self) -> u64 {
        self.api("GET", "/v1/mailbox?limit=1", "")["items"][0]["seq"].as_u64().unwrap_or(0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets the other process work for a moment.
pub fn pause() {
    thread::park_timeout(PAUSE);
}

/// A connection that is kept from request to request.
pub struct Client {
    address: String,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// To an address; it connects with the first request.
    pub fn to(address: &str) -> Self {
        Self { address: address.to_owned(), connection: None }
    }

    /// Sends a request and reads the answer: status and body.
    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<(u16, String)> {
        let answer = self.exchange(method, path, headers, body);
        if answer.is_err() {
            self.connection = None;
        }
        answer
    }

    fn exchange(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> std::io::Result<(u16, String)> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let stream = TcpStream::connect(&self.address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(30)))?;
                none.insert(BufReader::new(stream))
            }
        };
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            request.extend([*name, ": ", *value, "\r\n"]);
        }
        request.push_str("\r\n");
        request.push_str(body);
        connection.get_mut().write_all(request.as_bytes())?;
        read_answer(connection)
    }
}

fn read_answer(connection: &mut BufReader<TcpStream>) -> std::io::Result<(u16, String)> {
    let broken = || std::io::Error::other("no HTTP answer");
    let mut line = String::new();
    connection.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    let mut length = 0;
    loop {
        line.clear();
        connection.read_line(&mut line)?;
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(|_| broken())?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}
