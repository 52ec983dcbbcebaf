//! What this machine can tell of itself: where its mail goes.

use async_trait::async_trait;
use flusso_app::ports::checkup::{Checkup, Finding, Reach};

/// Where the mail of one machine goes.
#[derive(Clone, Debug)]
pub struct LocalCheckup {
    /// The mail server, without its password; none keeps mail in the mailbox.
    pub server: Option<String>,
    /// The only ones that it may go to; none is everybody.
    pub allowed: Option<Vec<String>>,
}

#[async_trait]
impl Checkup for LocalCheckup {
    fn reach(&self) -> Reach {
        match (&self.server, &self.allowed) {
            (None, _) => Reach::Nobody,
            (Some(_), Some(_)) => Reach::Some,
            (Some(_), None) => Reach::Everybody,
        }
    }

    async fn look(&self, _: Option<&str>) -> Vec<Finding> {
        let Some(server) = &self.server else {
            let what = "mail stays in the mailbox of this machine";
            let remedy = "to send it, start with --smtp, and with --public-url for marketing";
            return vec![Finding::advice("mail", "flusso serve --smtp", what, remedy)];
        };
        let code = "recipients";
        let place = "flusso serve --allow, --stage";
        let recipients = match &self.allowed {
            None => Finding::ok(code, place, "mail goes to everybody"),
            Some(allowed) if allowed.is_empty() => {
                let what = "mail goes to nobody: outside prod it needs addresses that are allowed";
                Finding::problem(code, place, what, "name some with --allow, or start with --stage prod")
            }
            Some(allowed) => {
                let what = format!("mail goes only to {}", allowed.join(", "));
                Finding::advice(code, place, what, "to write to everybody, start with --stage prod")
            }
        };
        vec![Finding::ok("mail", "flusso serve --smtp", format!("mail goes to {server}")), recipients]
    }
}

#[cfg(test)]
mod tests {
    use flusso_app::ports::checkup::{Checkup as _, Level, Reach};

    use super::LocalCheckup;

    async fn levels(server: Option<&str>, allowed: Option<&[&str]>) -> (Reach, Vec<(&'static str, Level)>) {
        let allowed = allowed.map(|all| all.iter().map(|one| (*one).to_owned()).collect());
        let checkup = LocalCheckup { server: server.map(str::to_owned), allowed };
        let found = checkup.look(None).await;
        (checkup.reach(), found.iter().map(|finding| (finding.code, finding.level)).collect())
    }

    #[tokio::test]
    async fn whom_mail_reaches_is_told() {
        let smtp = Some("smtp://mail.example.org");
        let mail = ("mail", Level::Ok);
        assert_eq!(levels(None, Some(&[])).await, (Reach::Nobody, vec![("mail", Level::Advice)]));
        let nobody = vec![mail, ("recipients", Level::Problem)];
        assert_eq!(levels(smtp, Some(&[])).await, (Reach::Some, nobody));
        let some = vec![mail, ("recipients", Level::Advice)];
        assert_eq!(levels(smtp, Some(&["@example.org"])).await, (Reach::Some, some));
        assert_eq!(levels(smtp, None).await, (Reach::Everybody, vec![mail, ("recipients", Level::Ok)]));
    }
}
