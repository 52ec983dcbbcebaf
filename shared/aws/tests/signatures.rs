//! What is asked without a client of the SDK is signed as AWS checks it: each signature is made once more here, from what
//! came over the wire and nothing else (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sesv2::config::Credentials;
use aws_smithy_http_client::Builder;
use flusso_app::ports::blobs::Blobs as _;
use flusso_app::ports::checkup::Checkup as _;
use flusso_aws::blobs::S3Blobs;
use flusso_aws::checkup::AwsCheckup;
use flusso_aws::config::Config;
use flusso_aws::secrets::load;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// A request as it came.
struct Came {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// Something that takes every request, and refuses it.
async fn taken() -> (SdkConfig, UnboundedReceiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let (first, rest) = head.split_once("\r\n").unwrap();
            let [method, path, _] = first.split(' ').collect::<Vec<_>>().try_into().unwrap();
            let headers: BTreeMap<String, String> = rest
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            tell.send(Came { method: method.into(), path: path.into(), headers, body }).unwrap();
            let no = "HTTP/1.1 403 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(no.as_bytes()).await.unwrap();
        }
    });
    let sdk = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIDEXAMPLE", SECRET, Some("a session".into()), None, "test"))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .http_client(Builder::new().build_http())
        .load()
        .await;
    (sdk, told)
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn keyed(key: impl AsRef<[u8]>, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_ref()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

impl Came {
    /// The header `authorization` that it should have had, with the headers that it says it signs.
    fn signature(&self, service: &str) -> String {
        let signed = self.headers["authorization"].split_once("SignedHeaders=").unwrap().1;
        let signed = signed.split_once(',').unwrap().0;
        let headers = signed.split(';').fold(String::new(), |mut text, name| {
            writeln!(text, "{name}:{}", self.headers[name].trim()).unwrap();
            text
        });
        // Every service but S3 escapes once more what stands escaped in the path.
        let path = if service == "s3" { self.path.clone() } else { self.path.replace('%', "%25") };
        let hash = hex(Sha256::digest(&self.body));
        let canonical = format!("{}\n{path}\n\n{headers}\n{signed}\n{hash}", self.method);
        let time = &self.headers["x-amz-date"];
        let scope = format!("{}/eu-west-1/{service}/aws4_request", &time[..8]);
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(Sha256::digest(canonical)));
        let mut key = format!("AWS4{SECRET}").into_bytes();
        for part in [&time[..8], "eu-west-1", service, "aws4_request"] {
            key = keyed(key, part);
        }
        let signature = hex(keyed(key, &text));
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={signed}, Signature={signature}"
        )
    }
}

#[tokio::test]
async fn a_request_is_signed_as_aws_checks_it() {
    let (sdk, mut told) = taken().await;
    assert!(load(&sdk, "/flusso/prod").await.is_err());
    let config = Config::read(|name| {
        let value = match name {
            // An address in a path is escaped.
            "FLUSSO_MAIL_IDENTITY" => "hello@example.com",
            "FLUSSO_MAIL_RATE" | "FLUSSO_TABLE_BEFORE" | "FLUSSO_ALLOWED_RECIPIENTS" => "",
            "FLUSSO_TEST_CLOCK" | "FLUSSO_SINGLE_SHARD" => "off",
            other => other,
        };
        Some(value.to_owned())
    });
    AwsCheckup::new(&sdk, &config.unwrap()).look(None).await;
    S3Blobs::new(&sdk, "files").put("contacts/1/a.txt", b"Ciao".to_vec()).await.unwrap_err();

    let mut asked = BTreeMap::new();
    while let Ok(came) = told.try_recv() {
        let service = ["ssm", "ses", "lambda", "s3"]
            .into_iter()
            .find(|name| came.headers["authorization"].contains(&format!("/{name}/aws4_request")));
        let service = service.unwrap();
        assert_eq!(came.headers["authorization"], came.signature(service), "{service} {}", came.path);
        assert_eq!(came.headers["x-amz-security-token"], "a session");
        asked.insert(came.path, format!("{} {service}", came.method));
    }
    let asked: Vec<String> = asked.into_iter().map(|(path, how)| format!("{how} {path}")).collect();
    assert_eq!(
        asked,
        [
            "POST ssm /",
            "GET lambda /2016-08-19/account-settings",
            "PUT s3 /files/contacts/1/a.txt",
            "GET ses /v2/email/account",
            "GET ses /v2/email/identities/hello%40example.com",
        ]
    );
}
