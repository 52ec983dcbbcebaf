//! What is missing before this installation can do its work: what its definitions and rows tell, then what the platform
//! finds. A check that can't be made is a finding like the others, so that those are told all the same.

use std::cmp::Reverse;

use flusso_engine::contact::fields;
use flusso_engine::definitions::{Account, Definitions};
use flusso_engine::workflow::{Severity, check};

use crate::ports::checkup::{Finding, Level, Reach};
use crate::{App, AppError};

/// As many parked messages and unresolved sends are counted.
const MANY: usize = 100;

/// What to do where the rows can't be read.
const READ_ROWS: &str = "ask again; if it stays so, look whether the table can be reached";

impl App {
    /// Every finding, the worst first.
    pub async fn doctor(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut sender = None;
        match self.definitions().await {
            Ok(definitions) => {
                sender = bare(&definitions.account.from);
                findings.push(hold(&definitions));
                findings.push(self.sender(&definitions.account, sender.as_deref()));
                findings.extend(workflows(&definitions));
            }
            Err(error) => {
                let unknown = Finding::unknown("definitions", "what is defined", error, READ_ROWS);
                findings.push(Finding { level: Level::Problem, ..unknown });
            }
        }
        findings.push(self.public_address());
        let counted = [self.parked_messages().await, self.unresolved_sends().await, self.keys().await];
        findings.extend(counted.map(|(code, place, found)| {
            found.unwrap_or_else(|error| Finding::unknown(code, place, error, READ_ROWS))
        }));
        findings.extend(self.ports.checkup.look(sender.as_deref()).await);
        findings.sort_by_key(|finding| Reverse(finding.level));
        findings
    }

    fn sender(&self, account: &Account, sender: Option<&str>) -> Finding {
        let (code, place) = ("sender", "PUT /v1/account, `from`");
        let remedy = "set the address that your mail comes from, such as `Shop <hello@shop.example.com>`";
        let what = match sender {
            Some(_) if account.from != Account::default().from => {
                return Finding::ok(code, place, format!("mail comes from {}", account.from));
            }
            Some(sender) => format!("no sender is set; mail would come from {sender}, which is nobody's"),
            None => format!("`{}` is no sender: there is no e-mail address in it", account.from),
        };
        match self.ports.checkup.reach() {
            Reach::Nobody => Finding::advice(code, place, what, remedy),
            Reach::Some | Reach::Everybody => Finding::problem(code, place, what, remedy),
        }
    }

    fn public_address(&self) -> Finding {
        let (code, place) = ("public_address", "`--public-url`, or `PublicUrl` of the template");
        let remedy =
            "give one that begins with https:// and lasts: mails link to it for as long as they are kept";
        match &*self.ports.public_url {
            "" => {
                let what =
                    "there is no public address, so marketing is not sent: its unsubscribe link leads there";
                Finding::problem(code, place, what, remedy)
            }
            url if self.ports.checkup.reach() == Reach::Everybody && !url.starts_with("https://") => {
                let what = format!("links in mails lead to {url}, where anybody on the way can read them");
                Finding::problem(code, place, what, remedy)
            }
            url => Finding::ok(code, place, format!("links in mails lead to {url}")),
        }
    }

    async fn parked_messages(&self) -> Counted {
        let (code, place) = ("parked", "GET /v1/parked");
        let parked = self.list_parked(None, MANY).await.map(|page| match page.items.len() {
            0 => Finding::ok(code, place, "no message is parked"),
            count => {
                let what = format!("{} could not be applied and wait for a person", messages(count));
                let remedy = "see why at that address; then retry each or drop it";
                Finding::problem(code, place, what, remedy)
            }
        });
        (code, place, parked)
    }

    async fn unresolved_sends(&self) -> Counted {
        let (code, place) = ("unresolved", "GET /v1/sends/unresolved");
        let unresolved = self.repository.unresolved(MANY).await.map(|sends| match sends.len() {
            0 => Finding::ok(code, place, "of every message it is known whether it was sent"),
            count => {
                let what = format!("of {} nobody knows whether they were sent", messages(count));
                Finding::advice(code, place, what, "they are not sent again; look whom it matters for")
            }
        });
        (code, place, unresolved.map_err(AppError::from))
    }

    async fn keys(&self) -> Counted {
        let (code, place) = ("keys", "POST /v1/keys");
        let keys = self.api_keys().await.map(|keys| match keys.len() {
            0 => Finding::advice(
                code,
                place,
                "there is no API key, so no program can send events",
                "make one for each program",
            ),
            1 => Finding::ok(code, place, "there is an API key"),
            count => Finding::ok(code, place, format!("there are {count} API keys")),
        });
        (code, place, keys)
    }
}

/// A check of rows: its code, its place and what came of it.
type Counted = (&'static str, &'static str, Result<Finding, AppError>);

fn messages(count: usize) -> String {
    match count {
        1 => "1 message".to_owned(),
        MANY.. => format!("{MANY} or more messages"),
        _ => format!("{count} messages"),
    }
}

/// The address without the name before it.
fn bare(from: &str) -> Option<String> {
    let address = from.rsplit_once('<').map_or(from, |(_, address)| address.trim_end().trim_end_matches('>'));
    fields::email(address)
}

fn hold(definitions: &Definitions) -> Finding {
    let (code, place) = ("hold", "GET /v1/restore");
    if definitions.on_hold {
        let what = "this is a restored copy and on hold: nothing is sent";
        let remedy = "`flusso restore --since TIME` shows what the copy can't know, then lifts the hold";
        return Finding::problem(code, place, what, remedy);
    }
    Finding::ok(code, place, "nothing is on hold")
}

/// One finding for each active workflow that could not be activated as things are now, or one for all.
fn workflows(definitions: &Definitions) -> Vec<Finding> {
    let code = "workflows";
    if definitions.workflows.is_empty() {
        let (what, remedy) = ("no workflow is active", "put a document and activate it");
        return vec![Finding::advice(code, "PUT /v1/workflows/{id}", what, remedy)];
    }
    let mut broken = Vec::new();
    for (id, active) in &definitions.workflows {
        let problems = check::check(&active.program, definitions);
        let mut errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
        if let Some(first) = errors.next() {
            let place = format!("/v1/workflows/{id}, line {}", first.line);
            let what = match errors.count() {
                0 => first.message.clone(),
                more => format!("{}; and {more} more", first.message),
            };
            let remedy = "put what is missing, or a document that does without it, and activate it";
            broken.push(Finding::problem(code, place, what, remedy));
        }
    }
    if broken.is_empty() {
        let what = match definitions.workflows.len() {
            1 => "1 workflow is active and finds what it names".to_owned(),
            count => format!("{count} workflows are active and find what they name"),
        };
        broken.push(Finding::ok(code, "/v1/workflows", what));
    }
    broken
}

#[cfg(test)]
mod tests {
    use flusso_engine::definitions::Definitions;

    use super::{bare, workflows};
    use crate::ports::checkup::Level;

    #[test]
    fn without_a_workflow_there_is_nothing_to_do() {
        let found = workflows(&Definitions::empty());
        assert_eq!((found.len(), found[0].level), (1, Level::Advice), "{found:?}");
    }

    #[test]
    fn a_sender_is_a_name_and_an_address_or_the_address() {
        let check =
            |from: &str, expected: Option<&str>| assert_eq!(bare(from).as_deref(), expected, "{from}");
        check("Shop <hello@Shop.example.com>", Some("hello@shop.example.com"));
        check("\"A <b>\" <hello@shop.example.com> ", Some("hello@shop.example.com"));
        check("hello@shop.example.com", Some("hello@shop.example.com"));
        check("Shop", None);
        check("Shop <hello>", None);
        check("", None);
    }
}
