//! Backup and restore of the real program (P12): a copy is made while it runs, what the copy would send again is not
//! sent, opt-outs since then come back, and nothing is sent before a person says so.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::path::Path;
use std::process::Command;

use flusso_tests::program::{Client, Program, build, pause};
use serde_json::Value;

const FORM: &str = "/f/richiedi-guida-gratuita";

fn sign_up(program: &Program, name: &str) {
    let body = format!("first_name={name}&email={name}%40example.com&newsletter=on");
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")];
    let (status, answer) = Client::to(&program.address).request("POST", FORM, &headers, &body).unwrap();
    assert_eq!(status, 202, "{answer}");
}

fn until(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..1_500 {
        if is() {
            return;
        }
        pause();
    }
    panic!("{what}: not within 30 s");
}

fn flusso(binary: &Path, arguments: &[&str], key: &str) -> String {
    let output = Command::new(binary).args(arguments).env("FLUSSO_KEY", key).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {said}");
    said
}

/// What `flusso doctor` says, and whether it found no problem.
fn doctor(binary: &Path, program: &Program) -> (bool, String) {
    let url = format!("http://{}", program.address);
    let output = Command::new(binary)
        .args(["doctor", "--url", &url])
        .env("FLUSSO_KEY", &program.key)
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn mails_to(program: &Program, address: &str) -> usize {
    program.mails().iter().filter(|mail| mail["to"] == address).count()
}

#[test]
fn a_restored_copy_sends_nothing_twice_and_nobody_who_left() {
    let binary = build();
    let folder = std::env::temp_dir().join(format!("flusso-restore-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (data, copy) = (folder.join("data"), folder.join("copy"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();

    let first = Program::start(&binary, &data, &["--clock", "1x"]);
    for name in ["anna", "bruno"] {
        sign_up(&first, name);
    }
    until("first mails", || first.mail_count() == 2);
    // Both wait a day. The copy is made while the program runs.
    let said = flusso(&binary, &["backup", "--data", &text(&data), &text(&copy)], "");
    let since = said.split("--since ").nth(1).unwrap().lines().next().unwrap().to_owned();

    // What the copy does not know: Bruno leaves, Carla comes, a day passes, Anna gets her follow-up.
    let mail = first.mails().into_iter().find(|mail| mail["to"] == "bruno@example.com").unwrap();
    let link = mail["headers"]["List-Unsubscribe"].as_str().unwrap().trim_matches(['<', '>']).to_owned();
    let path = link.split_once(&first.address).unwrap().1;
    let (status, _) = Client::to(&first.address).request("POST", path, &[], "").unwrap();
    assert_eq!(status, 200);
    sign_up(&first, "carla");
    until("Carla's mail", || first.mail_count() == 3);
    first.api("POST", "/v1/clock", r#"{"advance":"25 hours"}"#);
    until("Anna's follow-up", || mails_to(&first, "anna@example.com") == 2);
    first.kill();

    // The copy a day later: Anna's follow-up is overdue there, and nothing goes out.
    let second = Program::start(&binary, &copy, &["--clock", "1x", "--before", &text(&data)]);
    assert_eq!(second.api("GET", "/v1/restore", "")["on_hold"], true);
    second.api("POST", "/v1/clock", r#"{"advance":"25 hours"}"#);
    sign_up(&second, "dora");
    until("Dora's send is planned", || {
        let contacts = second.api("GET", "/v1/contacts", "");
        contacts["items"].as_array().is_some_and(|items| items.len() == 3)
    });
    assert_eq!(second.mail_count(), 2, "only what the copy had");

    let (fine, said) = doctor(&binary, &second);
    assert!(!fine && said.starts_with("problem  hold "), "{said}");
    let url = format!("http://{}", second.address);
    let said = flusso(&binary, &["restore", "--since", &since, "--url", &url, "--yes"], &second.key);
    assert!(said.contains("3 contacts"), "{said}");
    assert!(said.contains("1 addresses opted out"), "{said}");
    assert!(said.contains("The hold is lifted."), "{said}");
    assert_eq!(second.api("GET", "/v1/restore", "")["on_hold"], false);
    let unresolved = second.api("GET", "/v1/sends/unresolved", "");
    let unresolved = unresolved["items"].as_array().unwrap().len();
    assert!(unresolved >= 1, "Anna's follow-up is listed");
    let (fine, said) = doctor(&binary, &second);
    assert!(fine && said.contains("nobody knows whether") && said.contains("nothing is on hold"), "{said}");

    // From here on it works as ever.
    sign_up(&second, "elio");
    until("Elio's mail", || mails_to(&second, "elio@example.com") == 1);
    assert_eq!(
        mails_to(&second, "anna@example.com"),
        1,
        "the follow-up that the first one sent is not sent again"
    );
    assert_eq!(mails_to(&second, "bruno@example.com"), 1);
    // What is stored follows from what is recorded, before the hold, in it and after.
    for (name, told) in [("anna", "Still not known whether the message was sent"), ("elio", "Message sent")] {
        let who = format!("{name}@example.com");
        let said = flusso(&binary, &["replay", &who, "--url", &url], &second.key);
        assert!(said.contains(told) && said.contains("what is stored follows from them."), "{said}");
    }
    let (status, answer) = second.try_api("POST", "/v1/restore/lift", "{}").unwrap();
    let problem: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, problem["code"].as_str()), (409, Some("not_on_hold")));
    second.kill();
    std::fs::remove_dir_all(&folder).unwrap();
}
