//! Calls to the API of a running installation, on this machine or deployed.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

/// Which installation, and with which key.
#[derive(Args)]
pub(crate) struct Client {
    /// The address of the installation
    #[arg(long, value_name = "URL", env = "FLUSSO_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// A file that holds an API key; else the variable FLUSSO_KEY is taken
    #[arg(long, value_name = "FILE", default_value = "./data/api-key")]
    key_file: PathBuf,
}

impl Client {
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call("GET", path, String::new())
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call("POST", path, body.to_string())
    }

    pub(crate) fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.call("DELETE", path, String::new())
    }

    /// Where a path of the installation is.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }

    fn call(&self, method: &str, path: &str, body: String) -> anyhow::Result<Value> {
        let base = self.url.trim_end_matches('/');
        let request = Request::builder()
            .method(method)
            .uri(format!("{base}{path}"))
            .header("authorization", format!("Bearer {}", self.key()?))
            .header("content-type", "application/json")
            .body(body)
            .with_context(|| format!("`{base}` is no address of an installation"))?;
        // A problem is read, not thrown away.
        let agent = Agent::from(Agent::config_builder().http_status_as_error(false).build());
        let mut answer = agent.run(request).with_context(|| format!("{base} can't be reached"))?;
        let body: Value = answer.body_mut().read_json().unwrap_or_default();
        if !answer.status().is_success() {
            let detail = body["detail"].as_str().unwrap_or("the answer can't be read");
            bail!("{base} answers {}: {detail}", answer.status().as_u16());
        }
        Ok(body)
    }

    fn key(&self) -> anyhow::Result<String> {
        if let Ok(key) = std::env::var("FLUSSO_KEY") {
            return Ok(key);
        }
        let path = self.key_file.display();
        let text = fs::read_to_string(&self.key_file).with_context(|| {
            format!("no API key: set FLUSSO_KEY, or name its file with --key-file ({path} can't be read)")
        })?;
        Ok(text.trim().to_owned())
    }
}
