//! A DynamoDB on this machine, and a table in it.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_smithy_http_client::Builder;
use flusso_aws::table::DynamoTable;
use flusso_store::conformance::{Subject, TestClock};
use flusso_store::time::Instant;

/// The process, ended when dropped.
pub struct StandIn {
    child: Option<Child>,
    pub address: SocketAddr,
}

impl StandIn {
    pub fn start() -> Self {
        // Another one, such as LocalStack's.
        if let Ok(endpoint) = std::env::var("FLUSSO_TEST_ENDPOINT") {
            let address = endpoint.trim_start_matches("http://").trim_end_matches('/').parse().unwrap();
            return Self { child: None, address };
        }
        let program = program();
        assert!(program.is_file(), "{} is not there; run `make tools`", program.display());
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(program);
        command.args(["serve", "--host", "127.0.0.1", "--port", &address.port().to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let stand_in = Self { child: Some(child), address };
        for _ in 0..1_000 {
            if TcpStream::connect(address).is_ok() {
                return stand_in;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        panic!("the stand-in does not listen");
    }

    /// A new table behind `address`, on a clock of its own.
    pub async fn subject(&self, name: &str) -> Subject {
        let client = client(self.address, 3);
        let name = &unique(name);
        create(&client, name).await;
        let clock = TestClock::at(Instant::parse("2026-11-21T09:00:00Z").unwrap());
        Subject { table: Arc::new(DynamoTable::new(client, name, clock.clone())), clock }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn program() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/bin/dynoxide");
    std::env::var_os("FLUSSO_DYNOXIDE").map_or(own, PathBuf::from)
}

/// The real client, with so many tries.
pub fn client(address: SocketAddr, tries: u32) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-south-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .retry_config(aws_sdk_dynamodb::config::retry::RetryConfig::standard().with_max_attempts(tries))
        .http_client(Builder::new().build_http());
    Client::from_conf(config.build())
}

pub async fn create(client: &Client, name: &str) {
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .unwrap()
    };
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let table = client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    let table = table.attribute_definitions(attribute("p")).attribute_definitions(attribute("s"));
    table.key_schema(key("p", KeyType::Hash)).key_schema(key("s", KeyType::Range)).send().await.unwrap();
}

/// A name that nothing else has: elsewhere the tables of others lie there too.
pub fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
