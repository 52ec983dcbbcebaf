//! The API as it is deployed.

use serde_json::{Value, json};

use crate::stack::Stack;

/// The level of a finding of the checkup.
fn level(told: &Value, code: &str) -> Value {
    let mut findings = told["findings"].as_array().unwrap().iter();
    let finding = findings.find(|finding| finding["code"] == code);
    finding.unwrap_or_else(|| panic!("{code}: {told:#}"))["level"].clone()
}

pub fn says_what_is_missing(stack: &Stack) {
    let told = stack.api("GET", "/v1/doctor", "");
    assert_eq!(told["level"], "advice", "{told:#}");
    for code in ["ses.access", "ses.sending", "ses.identity", "ses.dkim", "ses.sender", "lambda.concurrency"]
    {
        assert_eq!(level(&told, code), "ok", "{code}: {told:#}");
    }
    // One instance of this deployment may send a thousand mails a second.
    assert_eq!([level(&told, "recipients"), level(&told, "ses.rate")], ["advice", "advice"]);

    stack.ses_account(json!({ "ProductionAccessEnabled": false }), json!(null));
    let told = stack.api("GET", "/v1/doctor", "");
    stack.ses_account(json!({}), json!({}));
    assert_eq!(told["level"], "problem", "{told:#}");
    assert_eq!([level(&told, "ses.identity"), level(&told, "ses.access")], ["problem", "advice"]);
}

pub fn reads_any_address(stack: &Stack) {
    for address in
        ["/v1/contacts?email=<b>\"x\"", "/v1/contacts?limit={1}|^`", "/f/<form>?a=\"b\"", "/u/\"t\""]
    {
        let (status, answer) = stack.send("GET", address, &[], "");
        assert!((400..500).contains(&status), "{address}: {status} {answer}");
    }
}
