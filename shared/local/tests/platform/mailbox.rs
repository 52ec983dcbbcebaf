//! The mailbox: one mail an attempt, and a settled attempt stays settled.

use flusso_app::ports::channel::{Channel, Class, Detail, HandedOver, Handover, Permit, Settled, Via};
use flusso_local::mailbox::Mailbox;
use flusso_store::conformance::TestClock;
use flusso_store::time::Millis;

use crate::{Folder, nine};

fn message(send: &str, attempt: u32) -> Handover {
    Handover {
        send: send.to_owned(),
        attempt,
        via: Via::Email,
        class: Class::Service,
        to: "ada@example.org".to_owned(),
        from: "Shop <shop@example.org>".to_owned(),
        subject: "Gr\u{fc}\u{df}e".to_owned(),
        text: "Hello".to_owned(),
        html: Some("<p>Hello</p>".to_owned()),
        headers: vec![("List-Unsubscribe".to_owned(), "<https://example.org/u>".to_owned())],
        detail: Detail::Plain,
    }
}

fn accepted(seq: u32) -> HandedOver {
    HandedOver::Accepted { provider_id: format!("mailbox-{seq}") }
}

#[tokio::test]
async fn mail_is_kept_as_it_came() {
    let folder = Folder::new();
    let clock = TestClock::at(nine());
    let mailbox = Mailbox::new(folder.open(), clock.clone());
    assert_eq!(mailbox.permit().await, Permit::Granted);
    assert_eq!(mailbox.hand_over(&message("snd_1", 1)).await, accepted(1));
    clock.advance(Millis::minutes(1));
    assert_eq!(mailbox.hand_over(&message("snd_2", 1)).await, accepted(2));
    assert_eq!(mailbox.hand_over(&message("snd_1", 2)).await, accepted(3));
    assert_eq!(mailbox.count(), Ok(3));
    let seqs = |before, limit| -> Vec<u64> {
        mailbox.page(before, limit).unwrap().iter().map(|mail| mail.seq).collect()
    };
    assert_eq!(seqs(None, 2), [3, 2]);
    assert_eq!(seqs(Some(2), 2), [1]);
    let mails = mailbox.by_send("snd_1").unwrap();
    assert_eq!(mails.iter().map(|mail| (mail.seq, mail.attempt)).collect::<Vec<_>>(), [(1, 1), (3, 2)]);
    let (mail, sent) = (&mails[0], message("snd_1", 1));
    assert_eq!((mail.at, &mail.to, &mail.from), (nine(), &sent.to, &sent.from));
    assert_eq!((&mail.subject, &mail.text, &mail.html), (&sent.subject, &sent.text, &sent.html));
    assert_eq!(mail.headers, sent.headers);
}

#[tokio::test]
async fn an_attempt_handed_over_twice_is_one_mail() {
    let folder = Folder::new();
    let mailbox = Mailbox::new(folder.open(), TestClock::at(nine()));
    for _ in 0..3 {
        assert_eq!(mailbox.hand_over(&message("snd_1", 1)).await, accepted(1));
    }
    assert_eq!(mailbox.count(), Ok(1));
}

#[tokio::test]
async fn what_was_settled_as_not_accepted_is_refused_for_ever() {
    let folder = Folder::new();
    let mailbox = Mailbox::new(folder.open(), TestClock::at(nine()));
    assert_eq!(mailbox.settle("snd_1", 1).await, Settled::NotAccepted);
    drop(mailbox);
    let mailbox = Mailbox::new(folder.open(), TestClock::at(nine()));
    let fenced = HandedOver::Refused { permanent: false, reason: "fenced".to_owned() };
    assert_eq!(mailbox.hand_over(&message("snd_1", 1)).await, fenced);
    assert_eq!(mailbox.settle("snd_1", 1).await, Settled::NotAccepted);
    assert_eq!(mailbox.count(), Ok(0));
    assert_eq!(mailbox.hand_over(&message("snd_1", 2)).await, accepted(1), "the next attempt is another one");
}

#[tokio::test]
async fn what_was_handed_over_settles_as_accepted() {
    let folder = Folder::new();
    let clock = TestClock::at(nine());
    let mailbox = Mailbox::new(folder.open(), clock.clone());
    assert_eq!(mailbox.hand_over(&message("snd_1", 1)).await, accepted(1));
    clock.advance(Millis::minutes(5));
    let settled = Settled::Accepted { provider_id: "mailbox-1".to_owned(), at: nine() };
    assert_eq!(mailbox.settle("snd_1", 1).await, settled);
    assert_eq!(mailbox.hand_over(&message("snd_1", 1)).await, accepted(1));
}
