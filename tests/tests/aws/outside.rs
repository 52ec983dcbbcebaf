//! Around the stories: a local AWS on free ports, the template deployed on it, and both gone at the end, whatever
//! happened in between.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Brings everything up, runs this program again inside, takes everything down.
pub fn run(arguments: &[String]) -> ExitCode {
    let place = Place::new();
    // What a run before left behind when it was killed.
    place.script("down.sh");
    let told = place.up() && place.deploy(&[]) && place.stories(arguments);
    if !told {
        println!("the logs are in {}", place.target.join("aws").display());
    }
    place.script("down.sh");
    if told { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Where it happens: folder and ports.
pub struct Place {
    root: PathBuf,
    target: PathBuf,
    ports: [u16; 2],
}

impl Place {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        let program = Path::new(env!("CARGO_BIN_EXE_function"));
        let target = program.ancestors().nth(2).unwrap().join("aws-e2e");
        std::fs::create_dir_all(target.join("failpoints")).unwrap();
        let free = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        Self { root, target, ports: free.map(|port| port.local_addr().unwrap().port()) }
    }

    /// As the process inside was told by the one outside.
    pub fn inside() -> Self {
        let variable = |name: &str| std::env::var(name).unwrap();
        let ports = ["AWS_LOCAL_PORT", "SES_PORT"].map(|name| variable(name).parse().unwrap());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        Self { root, target: variable("TARGET").into(), ports }
    }

    /// The folder in which a file makes a function die.
    pub fn failpoints(&self) -> PathBuf {
        self.target.join("failpoints")
    }

    /// What the deployment before said of itself.
    pub fn outputs(&self) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(self.target.join("aws-outputs.json")).unwrap()).unwrap()
    }

    fn up(&self) -> bool {
        for left in std::fs::read_dir(self.failpoints()).into_iter().flatten().flatten() {
            std::fs::remove_file(left.path()).unwrap();
        }
        self.script("up.sh")
    }

    fn script(&self, name: &str) -> bool {
        let script = self.root.join("infra/local").join(name);
        self.command(script).status().is_ok_and(|status| status.success())
    }

    /// Deploys the template, with the quick function; parameters as `Name=value`.
    pub fn deploy(&self, parameters: &[&str]) -> bool {
        self.deploy_stage("local", parameters)
    }

    /// The same, as a stage of its own.
    pub fn deploy_stage(&self, stage: &str, parameters: &[&str]) -> bool {
        let mut python = self.command(self.venv().join("bin/python"));
        python.arg(self.root.join("infra/local/deploy.py")).args(parameters).env("FLUSSO_STAGE", stage);
        let output = python.output().unwrap();
        if !output.status.success() {
            println!("{}", String::from_utf8_lossy(&output.stderr));
        }
        output.status.success()
    }

    fn stories(&self, arguments: &[String]) -> bool {
        let own = std::env::current_exe().unwrap();
        self.command(own).args(arguments).env("FLUSSO_E2E", "1").status().is_ok_and(|status| status.success())
    }

    fn venv(&self) -> PathBuf {
        self.target.join("../aws-venv")
    }

    /// With the address of the local AWS, and no account within reach.
    fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("AWS_")) {
                command.env_remove(name);
            }
        }
        let [aws, ses] = self.ports;
        command
            .env("TARGET", &self.target)
            .env("AWS_VENV", self.venv())
            .env("AWS_LOCAL_PORT", aws.to_string())
            .env("SES_PORT", ses.to_string())
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{aws}"))
            .env("AWS_ENDPOINT_URL_SESV2", format!("http://127.0.0.1:{ses}"))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("NO_PROXY", "127.0.0.1,localhost")
            .env("QUICK_FUNCTION", env!("CARGO_BIN_EXE_function"))
            .env("FLUSSO_FAILPOINTS", self.failpoints());
        command
    }
}
