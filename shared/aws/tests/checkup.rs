//! What the account of AWS tells, by the real SDK against answers that stand in for SES and Lambda.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sesv2::config::Credentials;
use aws_smithy_http_client::Builder;
use flusso_app::ports::checkup::{Checkup as _, Level};
use flusso_aws::checkup::AwsCheckup;
use flusso_aws::config::Config;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const ACCOUNT: &str = "/v2/email/account";
const IDENTITY: &str = "/v2/email/identities/example.com";
const SETTINGS: &str = "/2016-08-19/account-settings";

const GOOD_ACCOUNT: &str = r#"{"ProductionAccessEnabled":true,"SendingEnabled":true,"EnforcementStatus":"HEALTHY",
    "SendQuota":{"Max24HourSend":50000,"MaxSendRate":14,"SentLast24Hours":40000},"PricingAttributes":{"CurrentPlan":"NONE"}}"#;
const GOOD_IDENTITY: &str =
    r#"{"VerifiedForSendingStatus":true,"DkimAttributes":{"SigningEnabled":true,"Status":"SUCCESS"}}"#;
const GOOD_SETTINGS: &str = r#"{"AccountLimit":{"ConcurrentExecutions":1000}}"#;

const DENIED: &str = r#"{"message":"User: x is not authorized to perform: it"}"#;

/// Answers by path; what is not named is not found, as SES says it.
type Answers = BTreeMap<&'static str, (u16, &'static str)>;

fn good() -> Answers {
    [(ACCOUNT, GOOD_ACCOUNT), (IDENTITY, GOOD_IDENTITY), (SETTINGS, GOOD_SETTINGS)]
        .map(|(path, body)| (path, (200, body)))
        .into()
}

/// SES and Lambda, with these answers.
async fn sdk(answers: Answers) -> SdkConfig {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answers = Arc::new(answers);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, answers.clone()));
        }
    });
    told(&format!("http://{address}")).await
}

async fn told(endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .http_client(Builder::new().build_http())
        .load()
        .await
}

async fn answer(mut stream: TcpStream, answers: Arc<Answers>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap();
    let (status, body) = answers.get(path).copied().unwrap_or((404, r#"{"message":"no such thing"}"#));
    let error = match status {
        200 => "",
        404 => "x-amzn-errortype: NotFoundException\r\n",
        _ => "x-amzn-errortype: AccessDeniedException\r\n",
    };
    let answer = format!(
        "HTTP/1.1 {status} X\r\n{error}content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
}

fn config(with: &[(&str, &str)]) -> Config {
    Config::read(|name| {
        let given = with.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let value = given.unwrap_or(match name {
            "FLUSSO_STAGE" => "prod",
            "FLUSSO_MAIL_IDENTITY" => "example.com",
            "FLUSSO_PUBLIC_URL" => "https://news.example.com",
            "FLUSSO_MAIL_RATE" | "FLUSSO_TABLE_BEFORE" | "FLUSSO_ALLOWED_RECIPIENTS" => "",
            "FLUSSO_TEST_CLOCK" | "FLUSSO_SINGLE_SHARD" => "off",
            other => other,
        });
        Some(value.to_owned())
    })
    .unwrap()
}

/// What is not ok, as `level code`.
async fn amiss(sdk: &SdkConfig, config: &Config, sender: Option<&str>) -> Vec<String> {
    let found = AwsCheckup::new(sdk, config).look(sender).await;
    for finding in &found {
        assert_eq!(finding.level == Level::Ok, finding.remedy.is_none(), "{finding:?}");
    }
    let amiss = found.into_iter().filter(|finding| finding.level > Level::Ok);
    amiss.map(|finding| format!("{:?} {}", finding.level, finding.code)).collect()
}

async fn amiss_with(path: &'static str, body: &'static str) -> Vec<String> {
    let mut answers = good();
    answers.insert(path, (200, body));
    amiss(&sdk(answers).await, &config(&[]), Some("hello@example.com")).await
}

#[tokio::test]
async fn an_account_that_is_ready_has_nothing_amiss() {
    let none: [&str; 0] = [];
    assert_eq!(amiss(&sdk(good()).await, &config(&[]), Some("hello@news.example.com")).await, none);
    let unlimited = r#"{"ProductionAccessEnabled":true,"SendingEnabled":true,
        "SendQuota":{"Max24HourSend":-1,"MaxSendRate":10,"SentLast24Hours":70000}}"#;
    assert_eq!(amiss_with(ACCOUNT, unlimited).await, none);
}

#[tokio::test]
async fn a_new_account_lacks_much() {
    let mut answers = good();
    let account = r#"{"ProductionAccessEnabled":false,"SendingEnabled":true,"EnforcementStatus":"HEALTHY",
        "SendQuota":{"Max24HourSend":200,"MaxSendRate":1,"SentLast24Hours":0},"PricingAttributes":{"CurrentPlan":"ESSENTIALS"}}"#;
    answers.insert(ACCOUNT, (200, account));
    answers.remove(IDENTITY);
    answers.insert(SETTINGS, (200, r#"{"AccountLimit":{"ConcurrentExecutions":10}}"#));
    let sdk = sdk(answers).await;
    let api = ("FLUSSO_PUBLIC_URL", "https://abc.execute-api.eu-west-1.amazonaws.com");
    assert_eq!(
        amiss(&sdk, &config(&[api]), Some("hello@example.org")).await,
        [
            "Problem api.address",
            "Problem ses.sender",
            "Problem ses.access",
            "Advice ses.rate",
            "Advice ses.plan",
            "Problem ses.identity",
            "Advice lambda.concurrency",
        ]
    );
    // Where only few get mail, the sandbox is no hindrance; nobody at all is one.
    let stage = ("FLUSSO_STAGE", "dev");
    let dev = [stage, ("FLUSSO_ALLOWED_RECIPIENTS", "@example.com")];
    let found = amiss(&sdk, &config(&dev), None).await;
    assert_eq!(found[..2], ["Advice recipients", "Advice ses.access"]);
    let found = amiss(&sdk, &config(&[stage]), None).await;
    assert_eq!(found[0], "Problem recipients");
}

#[tokio::test]
async fn what_keeps_mail_back_is_told() {
    for (path, body, expected) in [
        (
            ACCOUNT,
            r#"{"ProductionAccessEnabled":true,"SendingEnabled":false,"EnforcementStatus":"HEALTHY"}"#,
            "Problem ses.sending",
        ),
        (
            ACCOUNT,
            r#"{"ProductionAccessEnabled":true,"SendingEnabled":true,"EnforcementStatus":"SHUTDOWN"}"#,
            "Problem ses.sending",
        ),
        (
            ACCOUNT,
            r#"{"ProductionAccessEnabled":true,"SendingEnabled":true,"EnforcementStatus":"PROBATION"}"#,
            "Advice ses.sending",
        ),
        (
            ACCOUNT,
            r#"{"ProductionAccessEnabled":true,"SendingEnabled":true,
                "SendQuota":{"Max24HourSend":50000,"MaxSendRate":14,"SentLast24Hours":40001}}"#,
            "Advice ses.quota",
        ),
        (
            IDENTITY,
            r#"{"VerifiedForSendingStatus":false,"DkimAttributes":{"SigningEnabled":true,"Status":"SUCCESS"}}"#,
            "Problem ses.identity",
        ),
        (
            IDENTITY,
            r#"{"VerifiedForSendingStatus":true,"DkimAttributes":{"SigningEnabled":true,"Status":"PENDING"}}"#,
            "Problem ses.dkim",
        ),
        (
            IDENTITY,
            r#"{"VerifiedForSendingStatus":true,"DkimAttributes":{"SigningEnabled":false,"Status":"SUCCESS"}}"#,
            "Problem ses.dkim",
        ),
        (IDENTITY, r#"{"VerifiedForSendingStatus":true}"#, "Problem ses.dkim"),
        (SETTINGS, r#"{"AccountLimit":{"ConcurrentExecutions":99}}"#, "Advice lambda.concurrency"),
        (SETTINGS, "{}", "Advice lambda.concurrency"),
    ] {
        assert_eq!(amiss_with(path, body).await, [expected], "{body}");
    }
}

#[tokio::test]
async fn what_may_not_be_asked_or_does_not_answer_cannot_be_told() {
    let denied = [ACCOUNT, IDENTITY, SETTINGS].map(|path| (path, (403, DENIED))).into();
    let refused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (sdk, expected) in [
        (sdk(denied).await, "can't tell: AccessDeniedException: User: x is not authorized to perform: it"),
        (told(&format!("http://{refused}")).await, "can't tell: dispatch failure: "),
    ] {
        let found = AwsCheckup::new(&sdk, &config(&[])).look(None).await;
        let unknown: Vec<_> = found.iter().filter(|finding| finding.level == Level::Advice).collect();
        assert_eq!(
            unknown.iter().map(|finding| finding.code).collect::<Vec<_>>(),
            ["ses.access", "ses.identity", "lambda.concurrency"]
        );
        for finding in unknown {
            assert!(finding.what.starts_with(expected), "{finding:?}");
        }
    }
}
