//! What the account of AWS can tell: whether SES lets this stage send, and how many functions Lambda runs at once. Asked
//! only when somebody asks, so the clients are made then.

use async_trait::async_trait;
use aws_config::SdkConfig;
use flusso_app::ports::checkup::{Checkup, Finding, Reach};
use futures_util::future::join;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::signed::{Ask, Failed, LAMBDA, SES, Signed};

/// A daily quota that is used beyond this share gets its advice.
const QUOTA_USED: f64 = 0.8;
/// Fewer functions at once get their advice. A new account has 10, one that was raised 1,000.
const FUNCTIONS_AT_ONCE: u32 = 100;
/// What to do where a permission or a connection is missing.
const ASK_AGAIN: &str = "ask again; if it stays so, compare the role of the function admin with the template";

/// What SES tells of the account.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Account {
    production_access_enabled: bool,
    sending_enabled: bool,
    enforcement_status: Option<String>,
    send_quota: Option<SendQuota>,
    pricing_attributes: Option<Pricing>,
}

#[derive(Deserialize)]
struct SendQuota {
    #[serde(rename = "Max24HourSend")]
    max_24_hour_send: f64,
    #[serde(rename = "MaxSendRate")]
    max_send_rate: f64,
    #[serde(rename = "SentLast24Hours")]
    sent_last_24_hours: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Pricing {
    current_plan: Option<String>,
}

/// What SES tells of who sends.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Identity {
    #[serde(default)]
    verified_for_sending_status: bool,
    dkim_attributes: Option<Dkim>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dkim {
    #[serde(default)]
    signing_enabled: bool,
    status: Option<String>,
}

/// What Lambda tells of the account.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    account_limit: Option<Limit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Limit {
    concurrent_executions: u32,
}

/// What the account tells of SES and Lambda.
pub struct AwsCheckup {
    sdk: SdkConfig,
    config: Config,
}

impl AwsCheckup {
    /// With what all clients share.
    pub fn new(sdk: &SdkConfig, config: &Config) -> Self {
        Self { sdk: sdk.clone(), config: config.clone() }
    }

    fn in_region(&self, service: &str) -> String {
        let region = self.sdk.region().map_or("its region", |region| region.as_ref());
        format!("{service} in {region}")
    }

    /// In the way where mail goes to everybody; elsewhere worth knowing.
    fn weighed(
        &self,
        code: &'static str,
        place: String,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        match self.reach() {
            Reach::Everybody => Finding::problem(code, place, what, remedy),
            Reach::Nobody | Reach::Some => Finding::advice(code, place, what, remedy),
        }
    }

    fn recipients(&self) -> Finding {
        let (code, place) = ("recipients", "Stage, AllowedRecipients of the template");
        let allowed = &self.config.allowed_recipients;
        if self.reach() == Reach::Everybody {
            return Finding::ok(code, place, "mail goes to everybody");
        }
        if allowed.is_empty() {
            let what = "mail goes to nobody: outside the stage prod it needs addresses that are allowed";
            return Finding::problem(code, place, what, "name some in AllowedRecipients");
        }
        let what = format!("mail goes only to {}", allowed.join(", "));
        Finding::advice(code, place, what, "only the stage prod writes to everybody")
    }

    fn address(&self) -> Finding {
        let (code, place) = ("api.address", "PublicUrl of the template");
        let url = self.config.public_url.trim_end_matches('/');
        if url.ends_with(".amazonaws.com") {
            let what = "links in mails lead to the address of the API, which ends with the stack";
            let remedy = "before the first mail goes out, give an address of your own as PublicUrl";
            return self.weighed(code, place.to_owned(), what, remedy);
        }
        Finding::ok(code, place, "links in mails do not lead to the address of the API")
    }

    fn sender(&self, sender: &str) -> Finding {
        let (code, identity) = ("ses.sender", &self.config.mail_identity);
        let place = "PUT /v1/account, `from`; MailIdentity of the template";
        if covers(identity, sender) {
            return Finding::ok(code, place, format!("{sender} belongs to {identity}"));
        }
        let what = format!("the account writes as {sender}, and the functions may send only as {identity}");
        Finding::problem(
            code,
            place,
            what,
            "set a sender of that identity, or deploy with another MailIdentity",
        )
    }

    /// What SES tells of the account, then of the identity: one after the other, for it answers one request a second.
    async fn mail(&self) -> Vec<Finding> {
        let ses = Signed::new(&self.sdk, SES);
        let mut findings = match ask(&ses, "/v2/email/account").await {
            Ok(account) => self.account(&account),
            Err(error) => {
                vec![Finding::unknown("ses.access", self.in_region("SES"), error.to_string(), ASK_AGAIN)]
            }
        };
        let identity = &self.config.mail_identity;
        let place = self.in_region(&format!("the identity {identity} of SES"));
        let path = format!("/v2/email/identities/{}", identity.replace('@', "%40"));
        match ask::<Identity>(&ses, &path).await {
            Ok(found) => {
                findings.push(verified(found.verified_for_sending_status, &place));
                findings.push(self.signing(found.dkim_attributes.as_ref(), place));
            }
            Err(Failed::Answered(refused)) if refused.code() == "NotFoundException" => {
                let what = "SES does not know it, so it takes no mail of this sender";
                let remedy = "deploy with CreateMailIdentity=on, or make it in SES, Verified identities";
                findings.push(Finding::problem("ses.identity", place, what, remedy));
            }
            Err(error) => {
                findings.push(Finding::unknown("ses.identity", place, error.to_string(), ASK_AGAIN));
            }
        }
        findings
    }

    fn account(&self, account: &Account) -> Vec<Finding> {
        let place = self.in_region("SES");
        let access = if account.production_access_enabled {
            Finding::ok("ses.access", &place, "SES is out of its sandbox")
        } else {
            let what = "SES is in its sandbox: mail reaches only verified addresses, 200 a day";
            let remedy = "ask for production access: `aws sesv2 put-account-details`, see infra/README.md";
            self.weighed("ses.access", place.clone(), what, remedy)
        };
        let mut findings = vec![access, sending(account, &place)];
        if let Some(quota) = &account.send_quota {
            findings.push(daily(quota, &place));
            findings.push(self.rate(quota, &place));
        }
        let plan = account.pricing_attributes.as_ref().and_then(|pricing| pricing.current_plan.as_ref());
        if let Some(plan) = plan.filter(|plan| *plan != "NONE") {
            let what = format!("SES is paid by the plan {plan}, of which nothing is needed");
            let remedy = "`aws sesv2 put-account-pricing-attributes --plan NONE` makes each mail cheaper";
            findings.push(Finding::advice("ses.plan", place, what, remedy));
        }
        findings
    }

    fn rate(&self, quota: &SendQuota, place: &str) -> Finding {
        let (code, ours, theirs) = ("ses.rate", self.config.mail_rate, quota.max_send_rate);
        if f64::from(ours) <= theirs {
            let what = format!("{theirs} mails a second are allowed, and one instance sends {ours}");
            return Finding::ok(code, place, what);
        }
        let what = format!("one instance sends {ours} mails a second, and SES takes {theirs}");
        let remedy = "deploy with a smaller MailRate: that times the instances of `steps` should stay below";
        Finding::advice(code, place, what, remedy)
    }

    fn signing(&self, dkim: Option<&Dkim>, place: String) -> Finding {
        let status = dkim.and_then(|dkim| dkim.status.as_deref());
        let what = match (dkim.is_some_and(|dkim| dkim.signing_enabled), status) {
            (true, Some("SUCCESS")) => {
                return Finding::ok("ses.dkim", place, "mail is signed with DKIM");
            }
            (false, _) => "mail is not signed with DKIM".to_owned(),
            (true, status) => {
                let status = status.unwrap_or("UNKNOWN");
                format!("mail is not signed with DKIM yet: the state of its records is {status}")
            }
        };
        let remedy =
            "publish the CNAME records: outputs DkimRecord1 to 3 of the stack, or SES, Verified identities";
        self.weighed("ses.dkim", place, what, remedy)
    }

    async fn functions(&self) -> Finding {
        let (code, place) = ("lambda.concurrency", self.in_region("Lambda"));
        let lambda = Signed::new(&self.sdk, LAMBDA);
        let settings: Settings = match ask(&lambda, "/2016-08-19/account-settings").await {
            Ok(settings) => settings,
            Err(error) => return Finding::unknown(code, place, error.to_string(), ASK_AGAIN),
        };
        match settings.account_limit.map(|limit| limit.concurrent_executions) {
            Some(count) if count >= FUNCTIONS_AT_ONCE => {
                Finding::ok(code, place, format!("{count} functions may run at once"))
            }
            Some(count) => {
                let what =
                    format!("{count} functions may run at once, those of others in this account included");
                let remedy = "ask for 1,000: `aws service-quotas request-service-quota-increase --service-code lambda \
                              --quota-code L-B99A9384 --desired-value 1000`";
                Finding::advice(code, place, what, remedy)
            }
            None => Finding::unknown(code, place, "Lambda names no limit", ASK_AGAIN),
        }
    }
}

#[async_trait]
impl Checkup for AwsCheckup {
    fn reach(&self) -> Reach {
        if self.config.stage == "prod" { Reach::Everybody } else { Reach::Some }
    }

    async fn look(&self, sender: Option<&str>) -> Vec<Finding> {
        let mut findings = vec![self.recipients(), self.address()];
        findings.extend(sender.map(|sender| self.sender(sender)));
        let (mail, functions) = join(self.mail(), self.functions()).await;
        findings.extend(mail);
        findings.push(functions);
        findings
    }
}

/// Whether an identity of SES, a domain or an address, lets one send as this address. A domain covers those below it.
fn covers(identity: &str, address: &str) -> bool {
    let (identity, address) = (identity.to_lowercase(), address.to_lowercase());
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let below = || domain.strip_suffix(&*identity).is_some_and(|rest| rest.ends_with('.'));
    address == identity || domain == identity || below()
}

fn verified(verified: bool, place: &str) -> Finding {
    if verified {
        return Finding::ok("ses.identity", place, "it is verified for sending");
    }
    let what = "it is not verified, so SES takes no mail of this sender";
    let remedy = "publish its DKIM records, or answer the mail that SES sent to the address";
    Finding::problem("ses.identity", place, what, remedy)
}

fn sending(account: &Account, place: &str) -> Finding {
    let code = "ses.sending";
    let status = account.enforcement_status.as_deref().unwrap_or("HEALTHY");
    if !account.sending_enabled || status == "SHUTDOWN" {
        let what = format!("sending is switched off for this account ({status})");
        return Finding::problem(code, place, what, "see why in the console of SES, and ask for it there");
    }
    if status == "HEALTHY" {
        return Finding::ok(code, place, "sending is switched on");
    }
    let what = format!("SES looks at this account: its state is {status}");
    Finding::advice(code, place, what, "see Reputation metrics in SES: bounces and complaints must go down")
}

fn daily(quota: &SendQuota, place: &str) -> Finding {
    let (sent, most) = (quota.sent_last_24_hours, quota.max_24_hour_send);
    // SES says -1 where there is no limit.
    if most < 0.0 || sent <= most * QUOTA_USED {
        return Finding::ok("ses.quota", place, format!("{sent} mails were sent in 24 hours, of {most}"));
    }
    let what =
        format!("{sent} mails were sent in 24 hours, of {most}: what comes on top is refused for a while");
    Finding::advice("ses.quota", place, what, "ask for a higher sending quota in Service Quotas")
}

/// What stands at `path` of a service.
async fn ask<T: DeserializeOwned>(service: &Signed, path: &str) -> Result<T, Failed> {
    let answer = service.ask(Ask { method: "GET", path, ..Ask::default() }).await?;
    serde_json::from_slice(&answer).map_err(|error| Failed::Silent(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_domain_covers_its_addresses_and_those_below() {
        for (identity, address, expected) in [
            ("example.com", "hello@example.com", true),
            ("Example.com", "hello@EXAMPLE.com", true),
            ("example.com", "hello@news.example.com", true),
            ("example.com", "hello@notexample.com", false),
            ("example.com", "hello@example.org", false),
            ("hello@example.com", "Hello@example.com", true),
            ("hello@example.com", "other@example.com", false),
            ("com", "", false),
        ] {
            assert_eq!(covers(identity, address), expected, "{identity}, {address}");
        }
    }
}
