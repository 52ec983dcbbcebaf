//! A local AWS, and what all clients share to reach it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::Credentials;
use aws_smithy_http_client::Builder;

/// A local AWS; the one that was started for a test goes with it.
pub struct LocalAws {
    endpoint: String,
    started: Option<(PathBuf, PathBuf)>,
}

impl LocalAws {
    pub fn start() -> Self {
        if let Ok(endpoint) = std::env::var("FLUSSO_TEST_ENDPOINT") {
            return Self { endpoint, started: None };
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = root.join("target").join(unique("aws-services"));
        std::fs::create_dir_all(&target).unwrap();
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [aws, ses] = free.each_ref().map(|port| port.local_addr().unwrap().port());
        drop(free);
        let this = Self { endpoint: format!("http://127.0.0.1:{aws}"), started: Some((root, target)) };
        let mut up = this.script("up.sh").unwrap();
        up.env("AWS_LOCAL_PORT", aws.to_string()).env("SES_PORT", ses.to_string());
        let output = up.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        this
    }

    fn script(&self, name: &str) -> Option<Command> {
        let (root, target) = self.started.as_ref()?;
        let mut script = Command::new(root.join("infra/local").join(name));
        script.env("TARGET", target).env("AWS_VENV", root.join("target/aws-venv")).stdin(Stdio::null());
        Some(script)
    }

    /// What all clients share.
    pub async fn sdk(&self) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(&self.endpoint)
            .http_client(Builder::new().build_http())
            .load()
            .await
    }
}

impl Drop for LocalAws {
    fn drop(&mut self) {
        let Some(mut down) = self.script("down.sh") else { return };
        let _ = down.output();
        if let Some((_, target)) = &self.started {
            let _ = std::fs::remove_dir_all(target);
        }
    }
}

/// A name that nothing else has: where the AWS is not the test's own, others' things lie there too.
pub fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
