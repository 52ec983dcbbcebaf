//! Events of API Gateway, payload format 2.0, as the adapter of `lambda_http` can take them. It panics where an address
//! or a body can't be read, and a panic is the end of the process: so nothing reaches it that it can't read.

use axum::response::IntoResponse as _;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::aws_lambda_events::encodings::Base64Data;
use lambda_http::http::header::HOST;
use lambda_http::request::LambdaRequest;
use lambda_http::tower::Service;
use lambda_runtime::{Error, LambdaEvent};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Problem;

/// The longest path with its query, in bytes. API Gateway takes 10,240 of request line and headers together
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>), and each is at most three here.
const LONGEST: usize = 32 * 1024;

/// Bytes that stand for themselves both in a path and in a query (RFC 3986), besides letters and digits. A `%` is taken
/// for the beginning of what is encoded already.
const PLAIN: &[u8] = b"-._~!$&'()*+,;=:@/%";

/// The answer to one event: the door's, or a problem if it is no request.
pub(super) async fn answer<S>(mut door: S, event: LambdaEvent<Value>) -> Result<Value, Error>
where
    S: Service<LambdaEvent<LambdaRequest>>,
    S::Response: Serialize,
    S::Error: Into<Error>,
{
    let LambdaEvent { payload, context } = event;
    match readable(payload) {
        Ok(request) => {
            let answer = door.call(LambdaEvent::new(request, context)).await.map_err(Into::into)?;
            Ok(serde_json::to_value(answer)?)
        }
        Err(reason) => {
            tracing::warn!(reason, "an event is no request");
            Ok(refusal())
        }
    }
}

/// The request of an event; `Err` says why there is none.
fn readable(payload: Value) -> Result<LambdaRequest, String> {
    let mut request: ApiGatewayV2httpRequest =
        serde_json::from_value(payload).map_err(|error| error.to_string())?;
    let path = request.raw_path.unwrap_or_default();
    let path = format!("/{}", encoded(path.strip_prefix('/').unwrap_or(&path), b""));
    let query = request.raw_query_string.map(|query| encoded(&query, b"?"));
    if path.len() + query.as_ref().map_or(0, String::len) > LONGEST {
        return Err("its address is too long".to_owned());
    }
    request.raw_path = Some(path);
    request.raw_query_string = query;
    // The router knows paths only. From these the adapter would make a whole address.
    request.headers.remove(HOST);
    request.request_context.domain_name = None;
    if request.is_base64_encoded {
        let body = Value::from(request.body.as_deref().unwrap_or_default());
        serde_json::from_value::<Base64Data>(body).map_err(|error| format!("its body: {error}"))?;
    }
    Ok(LambdaRequest::ApiGatewayV2(request))
}

/// With `%` and two digits for each byte that can't stand for itself.
fn encoded(text: &str, also_plain: &[u8]) -> String {
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) || also_plain.contains(&byte);
    let part = |byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(part).collect()
}

/// What is answered where there is no request.
fn refusal() -> Value {
    let problem = Problem::malformed("request.unreadable", "this can't be read as an HTTP request");
    let response = problem.clone().into_response();
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    json!({
        "statusCode": response.status().as_u16(),
        "headers": headers.collect::<std::collections::BTreeMap<_, _>>(),
        "body": serde_json::to_string(&problem).unwrap_or_default(),
        "isBase64Encoded": false,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use axum::Router;
    use axum::http::{HeaderMap, Uri};
    use lambda_http::Adapter;
    use lambda_runtime::{Context, LambdaEvent};
    use serde_json::{Value, json};

    use super::answer;

    /// What API Gateway sends, with this on top.
    fn event(with: &Value) -> Value {
        let mut event = json!({
            "version": "2.0",
            "routeKey": "ANY /v1/{proxy+}",
            "rawPath": "/v1/health",
            "rawQueryString": "",
            "headers": { "host": "abc.execute-api.eu-west-1.amazonaws.com", "x-forwarded-proto": "https" },
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "abc",
                "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
                "http": { "method": "GET", "path": "/v1/health", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
                "requestId": "JKJaXmPLvHcESHA=",
                "stage": "$default",
                "time": "10/Mar/2026:05:16:23 +0000",
                "timeEpoch": 1_773_119_783_000_i64,
            },
            "isBase64Encoded": false,
        });
        for (name, value) in with.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    }

    /// The status and body of the answer to it, by a door that says what it was asked for.
    async fn asked(payload: Value) -> (u64, String) {
        let door = Router::new().fallback(|uri: Uri, headers: HeaderMap, body: String| async move {
            let secret = headers.get("x-secret").and_then(|secret| secret.to_str().ok()).unwrap_or_default();
            format!("{uri} {secret} {body}").trim_end().to_owned()
        });
        let event = LambdaEvent::new(payload, Context::default());
        let answer = answer(Adapter::from(door), event).await.unwrap();
        (answer["statusCode"].as_u64().unwrap(), answer["body"].as_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn what_can_be_read_is_handed_on_as_it_is() {
        let query = "limit=1&q=a%20b+c&x=%C3%A4&z=?/:@!$'()*,;-._~";
        let (status, body) = asked(event(&json!({ "rawQueryString": query }))).await;
        assert_eq!((status, &*body), (200, &*format!("/v1/health?{query}")));
        let posted = json!({ "headers": { "x-secret": "s" }, "body": "YW5uYQ==", "isBase64Encoded": true });
        assert_eq!(asked(event(&posted)).await, (200, "/v1/health s anna".to_owned()));
        assert_eq!(asked(event(&json!({ "body": "YW5uYQ==" }))).await.1, "/v1/health  YW5uYQ==");
    }

    #[tokio::test]
    async fn bytes_that_no_address_has_are_encoded() {
        for (query, expected) in [
            ("q=<b>&r=\"x\"", "q=%3Cb%3E&r=%22x%22"),
            ("a b#c", "a%20b%23c"),
            ("q=ä\u{0}\n\u{7f}", "q=%C3%A4%00%0A%7F"),
            ("%", "%"),
            ("%zz[]{}|\\^`", "%zz%5B%5D%7B%7D%7C%5C%5E%60"),
        ] {
            let (status, body) = asked(event(&json!({ "rawQueryString": query }))).await;
            assert_eq!((status, &*body), (200, &*format!("/v1/health?{expected}")), "{query:?}");
        }
        for (path, expected) in [
            ("/v1/contacts/<anna>", "/v1/contacts/%3Canna%3E"),
            ("/f/a b?c#d", "/f/a%20b%3Fc%23d"),
            ("/f/à\t\\\"|^", "/f/%C3%A0%09%5C%22%7C%5E"),
            ("", "/"),
            (":99999999", "/:99999999"),
            ("//x", "//x"),
        ] {
            let (status, body) = asked(event(&json!({ "rawPath": path }))).await;
            assert_eq!((status, &*body), (200, expected), "{path:?}");
        }
    }

    #[tokio::test]
    async fn every_byte_gets_an_answer() {
        for byte in 0..=0xff_u8 {
            let text = format!("/a{}b", char::from(byte));
            let both = event(&json!({ "rawPath": text, "rawQueryString": text }));
            assert_eq!(asked(both).await.0, 200, "{byte:#x}");
        }
    }

    #[tokio::test]
    async fn no_header_makes_an_address_that_cannot_be_read() {
        for headers in [
            json!({ "host": "1.2.3.999", "x-forwarded-proto": "https" }),
            json!({ "host": "a:b:c", "x-forwarded-proto": "!" }),
            json!({ "x-forwarded-proto": "://" }),
            json!({}),
        ] {
            assert_eq!(asked(event(&json!({ "headers": headers }))).await.0, 200, "{headers}");
        }
    }

    #[tokio::test]
    async fn what_is_no_request_is_answered_as_a_problem() {
        for payload in [
            json!(null),
            json!("ping"),
            json!({ "sweep": true }),
            event(&json!({ "requestContext": { "http": { "method": "NO METHOD" } } })),
            event(&json!({ "headers": { "a\nb": "c" } })),
            event(&json!({ "body": "no base64!", "isBase64Encoded": true })),
            event(&json!({ "rawQueryString": "<".repeat(65_536) })),
        ] {
            let (status, body) = asked(payload.clone()).await;
            assert_eq!(status, 400, "{payload}");
            let problem: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(problem["code"], "request.unreadable", "{payload}");
        }
    }
}
