//! What each way in which a server can answer proves.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use flusso_app::ports::channel::{Channel, Class, Detail, HandedOver, Handover, Settled, Via};
use flusso_local::smtp::Smtp;
use mail_parser::MessageParser;

/// What a server answers; an empty answer hangs up, a missing one says nothing for ever.
#[derive(Clone, Copy)]
struct Script {
    recipient: &'static str,
    mail: Option<&'static str>,
}

const OK: Script = Script { recipient: "250 ok", mail: Some("250 queued") };

fn serve(script: Script) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
    (url, thread::spawn(move || talk(listener.accept().unwrap().0, script)))
}

/// Plays the script; answers everything that was said to it.
fn talk(stream: TcpStream, script: Script) -> String {
    let mut out = stream.try_clone().unwrap();
    let mut said = String::new();
    let mut answer = |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).is_ok();
    answer("220 test");
    let mut in_mail = false;
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { break };
        said.push_str(&line);
        said.push('\n');
        let text = match line.split(' ').next().unwrap_or_default() {
            "." if in_mail => {
                in_mail = false;
                let Some(text) = script.mail else { continue };
                text
            }
            _ if in_mail => continue,
            "EHLO" => "250-test\r\n250 8BITMIME",
            "RCPT" => script.recipient,
            "DATA" => {
                in_mail = true;
                "354 go on"
            }
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if text.is_empty() || !answer(text) {
            break;
        }
    }
    said
}

fn message(to: &str) -> Handover {
    Handover {
        send: "snd_1".to_owned(),
        attempt: 2,
        via: Via::Email,
        class: Class::Service,
        to: to.to_owned(),
        from: "Shop <shop@example.org>".to_owned(),
        subject: "Hello".to_owned(),
        text: "Plain".to_owned(),
        html: Some("<p>Rich</p>".to_owned()),
        headers: vec![("List-Unsubscribe".to_owned(), "<https://example.org/u>".to_owned())],
        detail: Detail::Plain,
    }
}

fn refused(permanent: bool, reason: &str) -> HandedOver {
    HandedOver::Refused { permanent, reason: reason.to_owned() }
}

async fn outcome(script: Script) -> HandedOver {
    let (url, server) = serve(script);
    let smtp = Smtp::new(&url, None, None).unwrap().with_patience(Duration::from_millis(500));
    let outcome = smtp.hand_over(&message("ada@example.org")).await;
    server.join().unwrap();
    outcome
}

#[tokio::test]
async fn a_mail_carries_its_send() {
    let (url, server) = serve(OK);
    let smtp = Smtp::new(&url, Some("mail.example.org".to_owned()), None).unwrap();
    let id = "<snd_1.2@mail.example.org>".to_owned();
    let outcome = smtp.hand_over(&message("Ada <ada@example.org>")).await;
    assert_eq!(outcome, HandedOver::Accepted { provider_id: id.clone() });
    let said = server.join().unwrap();
    for expected in [
        "RCPT TO:<ada@example.org>",
        &format!("Message-ID: {id}"),
        "X-Flusso-Send: snd_1.2",
        "List-Unsubscribe: <https://example.org/u>",
        "Subject: Hello",
        "multipart/alternative",
        "<p>Rich</p>",
    ] {
        assert!(said.contains(expected), "{expected} is not in:\n{said}");
    }
    assert_eq!(smtp.settle("snd_1", 2).await, Settled::Unknown);
}

/// The mail as it went over the wire, without what a dot at the beginning of a line is doubled for (RFC 5321, 4.5.2).
fn of_the_wire(said: &str) -> String {
    let data = said.split_once("\nDATA\n").map(|(_, data)| data).unwrap_or_default();
    let data = data.split_once("\n.\n").map_or(data, |(mail, _)| mail);
    let lines = data.lines().map(|line| line.strip_prefix('.').unwrap_or(line));
    lines.collect::<Vec<_>>().join("\r\n")
}

/// SH-31: a mail is read by a program that is not ours as it was meant: letters of any script, a long subject, lines that begin
/// with a dot, both bodies, and the pair of headers by which one leaves.
#[tokio::test]
async fn a_mail_is_read_by_others_as_it_was_meant() {
    let (url, server) = serve(OK);
    let smtp = Smtp::new(&url, Some("mail.example.org".to_owned()), None).unwrap();
    let text = "Perché no?\n.\n..due punti\nΚαλημέρα 👋 ".to_owned() + &"lungo ".repeat(300);
    let html = format!(
        "<p>Perché no?</p><a href=\"https://shop.example/?a=1&amp;b=2\">qui</a><p>{}</p>",
        "x".repeat(3_000)
    );
    let subject =
        "Sconto del 20 % per Zoë — più di ottanta lettere, così che la riga debba essere spezzata, 👋"
            .to_owned();
    let mail = Handover {
        from: "\"Rossi, Niccolò\" <shop@example.org>".to_owned(),
        subject: subject.clone(),
        text: text.clone(),
        html: Some(html.clone()),
        headers: vec![
            ("List-Unsubscribe".to_owned(), format!("<https://example.org/u/{}>", "k".repeat(150))),
            ("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()),
        ],
        ..message("Zoë <zoe@example.org>")
    };
    assert!(matches!(smtp.hand_over(&mail).await, HandedOver::Accepted { .. }));
    let wire = of_the_wire(&server.join().unwrap());
    assert!(wire.lines().all(|line| line.len() <= 998), "RFC 5322, 2.1.1");
    let read = MessageParser::default().parse(wire.as_bytes()).unwrap();
    assert_eq!(read.subject(), Some(&*subject));
    let person = |address: Option<&mail_parser::Address<'_>>| {
        let one = address.and_then(|address| address.first()).unwrap();
        (one.name().unwrap_or_default().to_owned(), one.address().unwrap_or_default().to_owned())
    };
    assert_eq!(person(read.from()), ("Rossi, Niccolò".to_owned(), "shop@example.org".to_owned()));
    assert_eq!(person(read.to()), ("Zoë".to_owned(), "zoe@example.org".to_owned()));
    let same = |body: &str| body.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(read.body_text(0).map(|body| same(&body)), Some(same(&text)));
    assert_eq!(read.body_html(0).map(|body| same(&body)), Some(same(&html)));
    assert_eq!((read.text_body_count(), read.html_body_count(), read.attachment_count()), (1, 1, 0));
    let header =
        |name: &str| read.header_raw(name).unwrap_or_default().split_whitespace().collect::<String>();
    assert_eq!(header("List-Unsubscribe"), format!("<https://example.org/u/{}>", "k".repeat(150)));
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(read.message_id(), Some("snd_1.2@mail.example.org"));
}

/// A value with a line break in it begins no header of its own.
#[tokio::test]
async fn a_line_break_in_a_value_begins_no_header() {
    for mail in [
        Handover { subject: "Hello\r\nBcc: eve@example.org".to_owned(), ..message("ada@example.org") },
        Handover {
            from: "Shop\r\nBcc: eve@example.org <shop@example.org>".to_owned(),
            ..message("ada@example.org")
        },
        Handover {
            headers: vec![("X-A".to_owned(), "1\r\nBcc: eve@example.org".to_owned())],
            ..message("ada@example.org")
        },
        message("ada@example.org\r\nBcc: eve@example.org"),
    ] {
        let (url, server) = serve(OK);
        let smtp = Smtp::new(&url, Some("mail.example.org".to_owned()), None).unwrap();
        let outcome = smtp.hand_over(&mail).await;
        drop(smtp);
        if matches!(outcome, HandedOver::Accepted { .. }) {
            let wire = of_the_wire(&server.join().unwrap());
            let read = MessageParser::default().parse(wire.as_bytes()).unwrap();
            assert!(read.bcc().is_none() && read.cc().is_none(), "{wire}");
        } else {
            assert!(matches!(outcome, HandedOver::Refused { permanent: true, .. }), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_proves_that_it_was_not_taken() {
    let recipient = |recipient| outcome(Script { recipient, ..OK });
    assert_eq!(recipient("550 no such user").await, refused(true, "smtp_550"));
    assert_eq!(recipient("451 later").await, refused(false, "smtp_451"));
    assert_eq!(outcome(Script { mail: Some("554 spam"), ..OK }).await, refused(true, "smtp_554"));
}

#[tokio::test]
async fn no_connection_proves_it_too() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let smtp = Smtp::new(&format!("smtp://127.0.0.1:{port}"), None, None).unwrap();
    assert_eq!(smtp.hand_over(&message("ada@example.org")).await, refused(false, "connection"));
}

#[tokio::test]
async fn a_server_that_can_t_encrypt_is_not_given_the_mail() {
    let (url, server) = serve(OK);
    let smtp = Smtp::new(&format!("{url}?tls=required"), None, None).unwrap();
    assert_eq!(smtp.hand_over(&message("ada@example.org")).await, refused(false, "smtp_setup"));
    assert!(!server.join().unwrap().contains("RCPT"));
}

#[tokio::test]
async fn silence_proves_nothing() {
    let unknown = |reason: &str| HandedOver::Unknown { reason: reason.to_owned() };
    assert_eq!(outcome(Script { mail: Some(""), ..OK }).await, unknown("no_answer"));
    assert_eq!(outcome(Script { mail: None, ..OK }).await, unknown("timeout"));
}

#[tokio::test]
async fn only_allowed_recipients_get_mail() {
    let allowed = Some(vec!["Ada@Example.org".to_owned(), "@team.example.org".to_owned()]);
    for (to, reaches) in [
        ("ada@example.org", true),
        ("Bob@TEAM.example.org", true),
        ("bob@example.org", false),
        ("eve@evil-team.example.org", false),
        ("eve@team.example.org.evil.org", false),
        ("nobody", false),
    ] {
        // Nobody listens there: a recipient who is allowed ends at the connection.
        let smtp = Smtp::new("smtp://127.0.0.1:1", None, allowed.clone()).unwrap();
        let expected =
            if reaches { refused(false, "connection") } else { refused(true, "recipient_not_allowed") };
        assert_eq!(smtp.hand_over(&message(to)).await, expected, "{to}");
    }
}

#[tokio::test]
async fn what_is_no_mail_is_refused_for_good() {
    let smtp = Smtp::new("smtp://127.0.0.1:1", None, None).unwrap();
    assert_eq!(smtp.hand_over(&message("not an address")).await, refused(true, "address_rejected"));
    let mut injected = message("ada@example.org");
    injected.headers[0].1 = "x\r\nBcc: eve@example.org".to_owned();
    assert_eq!(smtp.hand_over(&injected).await, refused(true, "header_rejected"));
    assert!(Smtp::new("https://example.org", None, None).is_err());
}

#[test]
fn marketing_does_not_go_out_without_a_way_to_unsubscribe() {
    let smtp = Smtp::new("smtp://127.0.0.1:1", None, None).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let marketing = Handover { class: Class::Marketing, headers: Vec::new(), ..message("anna@example.org") };
    assert_eq!(runtime.block_on(smtp.hand_over(&marketing)), refused(true, "marketing_without_unsubscribe"));
}

#[tokio::test]
async fn marketing_goes_out_with_its_way_to_unsubscribe_whole() {
    let (url, server) = serve(OK);
    let smtp = Smtp::new(&url, None, None).unwrap();
    let link = format!("<https://mail.example.org/u/k1.snd_{}>", "0123456789".repeat(11));
    let headers = vec![
        ("List-Unsubscribe".to_owned(), link.clone()),
        ("List-Unsubscribe-Post".to_owned(), "List-Unsubscribe=One-Click".to_owned()),
    ];
    let marketing = Handover { class: Class::Marketing, headers, ..message("anna@example.org") };
    assert!(matches!(smtp.hand_over(&marketing).await, HandedOver::Accepted { .. }));
    // A long header may be folded before a word, never inside one (RFC 5322, 2.2.3).
    let said = server.join().unwrap().replace("\n ", " ").replace("  ", " ");
    assert!(said.contains(&format!("List-Unsubscribe: {link}")), "{said}");
    assert!(said.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{said}");
}
