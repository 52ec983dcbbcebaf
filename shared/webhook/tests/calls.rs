//! Calls of a real server on this machine.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use flusso_app::engine::limits;
use flusso_app::ports::channel::{Channel as _, Class, Detail, HandedOver, Handover, Settled, Via};
use flusso_webhook::{Reach, Webhook};

/// What the server was asked: the request line, the headers in lower case, the body.
struct Asked {
    line: String,
    headers: Vec<String>,
    body: String,
}

/// A server that answers each call with the next of these texts, as they are; without one it hangs up.
fn server(answers: Vec<String>) -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let asked = read(&stream);
            if tell.send(asked).is_err() {
                return;
            }
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, told)
}

fn read(stream: &TcpStream) -> Asked {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let line = lines.remove(0);
    let headers: Vec<String> = lines.iter().map(|line| line.to_ascii_lowercase()).collect();
    let length = headers.iter().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    Asked { line, headers, body: String::from_utf8(body).unwrap() }
}

fn message(method: &str, to: &str, text: &str) -> Handover {
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("x-own".to_owned(), "a b".to_owned()),
    ];
    Handover {
        send: "snd_1".to_owned(),
        attempt: 1,
        via: Via::Webhook,
        class: Class::Internal,
        to: to.to_owned(),
        from: String::new(),
        subject: String::new(),
        text: text.to_owned(),
        html: None,
        headers: headers.clone(),
        detail: Detail::Request { method: method.to_owned(), headers },
    }
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn refused(permanent: bool, reason: &str) -> HandedOver {
    HandedOver::Refused { permanent, reason: reason.to_owned() }
}

#[tokio::test]
async fn a_call_carries_what_it_was_given_and_brings_the_answer_sh_52() {
    let (address, told) = server(vec![answer("201 Created", r#"{"ok":true}"#), answer("404 Not Found", "")]);
    let webhook = Webhook::new(Reach::Anywhere);
    let posted = webhook.hand_over(&message("POST", &format!("{address}/hook?a=1"), r#"{"n":1}"#)).await;
    assert_eq!(posted, HandedOver::Answered { status: 201, body: br#"{"ok":true}"#.to_vec() });
    let asked = told.recv().unwrap();
    assert_eq!((asked.line.as_str(), asked.body.as_str()), ("POST /hook?a=1 HTTP/1.1", r#"{"n":1}"#));
    for header in ["content-type: application/json", "x-own: a b", "user-agent: flusso"] {
        assert!(asked.headers.iter().any(|one| one == header), "{header} in {:?}", asked.headers);
    }
    let got = webhook.hand_over(&message("GET", &address, "")).await;
    assert_eq!(got, HandedOver::Answered { status: 404, body: Vec::new() });
    assert_eq!(told.recv().unwrap().line, "GET / HTTP/1.1");
    assert_eq!(webhook.settle("snd_1", 1).await, Settled::NotAccepted);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let redirect = "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (address, told) = server(vec![redirect.to_owned()]);
    let came = Webhook::new(Reach::Anywhere).hand_over(&message("POST", &address, "{}")).await;
    assert_eq!(came, HandedOver::Answered { status: 302, body: Vec::new() });
    assert!(told.recv().is_ok() && told.recv().is_err(), "it was called once");
}

#[tokio::test]
async fn an_answer_is_read_only_so_far() {
    let (address, _told) = server(vec![answer("200 OK", &"x".repeat(limits::ANSWER_BYTES + 1_000))]);
    let came = Webhook::new(Reach::Anywhere).hand_over(&message("POST", &address, "{}")).await;
    assert_eq!(came, HandedOver::Answered { status: 200, body: vec![b'x'; limits::ANSWER_BYTES] });
}

#[tokio::test]
async fn what_is_on_this_machine_is_not_reached_from_outside() {
    let (address, told) = server(vec![answer("200 OK", "")]);
    let webhook = Webhook::new(Reach::Public);
    assert_eq!(webhook.hand_over(&message("POST", &address, "{}")).await, refused(true, "https_needed"));
    let port = address.rsplit_once(':').unwrap().1;
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "0"] {
        let came = webhook.hand_over(&message("POST", &format!("https://{host}:{port}/"), "{}")).await;
        assert_eq!(came, refused(true, "address_not_allowed"), "{host}");
    }
    assert!(told.try_recv().is_err(), "it was called");
}

#[tokio::test]
async fn without_an_answer_it_is_tried_again() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let webhook = Webhook::with_patience(Reach::Anywhere, Duration::from_millis(300));
    let came = webhook.hand_over(&message("POST", &format!("http://{gone}/"), "{}")).await;
    assert_eq!(came, refused(false, "no_connection"));
    // Accepts, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", silent.local_addr().unwrap());
    let came = webhook.hand_over(&message("POST", &address, "{}")).await;
    assert_eq!(came, HandedOver::Unknown { reason: "timeout".to_owned() });
    let (address, _told) = server(vec![String::new()]);
    let came = webhook.hand_over(&message("POST", &address, "{}")).await;
    assert_eq!(came, HandedOver::Unknown { reason: "no_answer".to_owned() });
    let came = webhook.hand_over(&message("POST", "not an address", "{}")).await;
    assert_eq!(came, refused(true, "bad_address"));
}
