//! English.

mod codes;

use flusso_app::engine::contact::consent::Channel;
use flusso_app::engine::timeline::{Money, Values, What};

use super::{Pages, Said, Words};

pub(super) static WORDS: Words = Words {
    code: "en",
    weekdays: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    months: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    fields: &[
        ("email", "E-mail"),
        ("phone", "Phone"),
        ("first_name", "First name"),
        ("last_name", "Last name"),
        ("birth_date", "Date of birth"),
        ("company", "Company"),
        ("country", "Country"),
        ("language", "Language"),
        ("time_zone", "Time zone"),
        ("status", "Status"),
        ("owner", "Owner"),
        ("source", "Source"),
    ],
    events: codes::EVENTS,
    reasons: codes::REASONS,
    problems: &[
        (
            "sign_in.link",
            "This sign-in link was used, or is over. The command `flusso sign-in` prints another.",
        ),
        ("sign_in.missing", "Sign in first: the command `flusso sign-in` prints a link."),
        ("form.required", "{field}: please fill this in."),
        ("field.value", "{field}: this can't be right. Please check it."),
        ("contact.missing", "Please give an e-mail address or a phone number."),
        ("form.files", "{field}: files can't be sent with this form. Send it without the file."),
        ("form.size", "That is more than this form takes (1 MB). Please shorten it."),
        ("event.size", "That is more than this form takes (64 KB). Please shorten it."),
        ("form.answers", "That is more answers than this form takes."),
        ("unsubscribe.unknown", "This link is not whole. Open it again from the message that you got."),
        (
            "confirmation_expired.unknown",
            "This link is too old. Fill in the form again, and we send you a new one.",
        ),
        ("confirmation.unknown", "This link is not whole. Open it again from the message that you got."),
        ("document.unknown", "This link is not good any more. Ask for a new one."),
        ("id_reused", "This page was sent before with other answers. Load it again, then send it."),
    ],
    alerts: &[
        ("no_entries", "Nobody has entered for {days} days"),
        ("entries", "{was} people entered yesterday; usual are {least} to {most}"),
        ("opens", "{was} of the messages delivered yesterday were opened; usual are {least} to {most}"),
        ("errors", "{was} errors yesterday; usual are at most {most}"),
    ],
    line,
    pages: Pages {
        thanks_title: "Thank you.",
        thanks_text: "We have what you sent.",
        leave_title: "Stop these messages?",
        leave_text: "You will get no more newsletters and offers from",
        leave_button: "Unsubscribe",
        leave_keep: "What you are waiting for, such as a receipt, still comes.",
        left_title: "You are unsubscribed.",
        left_text: "No more newsletters and offers will be sent to you. You can close this page.",
        confirm_title: "Is this you?",
        confirm_text: "With one click you confirm that you want to hear from",
        confirm_button: "Yes, that’s me",
        confirm_not_you: "If you did not ask for this, close the page: nothing will come.",
        confirmed_title: "Thank you.",
        confirmed_text: "It is confirmed. You can close this page.",
        signed_in_title: "You are signed in",
        signed_in_text: "For twelve hours, in this browser.",
        problem_title: "This was not sent yet.",
        problem_other: "It could not be read. Please go back and try it again.",
        problem_again: "We can't take it at this moment. What you typed is not lost: go back and send it again in a minute.",
        not_found_title: "There is nothing here.",
        not_found_text: "The address may be incomplete, or what it named is gone.",
        back: "Go back",
        back_yourself: "Use your browser's back button: what you typed is still there.",
        required: "required",
        leave_empty: "Leave this empty",
        send: "Sign up",
        demo_intro: "This page stands for a form on your site. Sign up, and watch what the workflow does.",
        demo_none: "The demo form is not defined here.",
        next_title: "What happens next",
        next: [
            "A contact is made, with the consent that was ticked.",
            "The workflow “Benvenuto Iscritti” begins. Its first message arrives in the mailbox at once, if the box was ticked; without the consent it is skipped.",
            "It waits a day, then sends a second message.",
            "Whoever replies before that leaves the workflow, and gets no second message.",
        ],
        mailbox: "Mailbox",
        mailbox_intro: "Messages end here instead of in the inboxes of real people.",
        mailbox_empty: "No message yet. Sign up with the form, and the first one arrives here.",
        mailbox_elsewhere: "E-mails do not stay here. They go to",
        sign_up: "Sign-up form",
        api: "API description",
        from: "From",
        to: "To",
        subject: "Subject",
        arrived: "Arrived",
        older: "Older",
        latest: "Latest",
        pretend: "Do what the recipient might do",
        open: "Open it",
        reply: "Reply",
        leaves: "Leaves the audience",
        joins: "Joins the audience",
        stop: "Answer STOP",
        fail: "It is not delivered",
        deliver: "It is delivered",
        click: "Follow the first link",
        later: "A day later",
        clock_real: "Start with --clock 60x to be able to move the time.",
        done_opened: "Opened.",
        done_replied: "Replied.",
        done_stopped: "STOP was answered.",
        done_failed: "Not delivered.",
        done_delivered: "Delivered.",
        done_clicked: "Link followed.",
        done_later: "A day has passed.",
        see_contact: "See the contact",
        inside: "Inside",
        inside_none: "Inside no workflow at the moment.",
        waits_until: "waits until",
        at_step: "at step",
        known: "What is known",
        tags: "Tags",
        lists: "Lists",
        score: "Score",
        consents: "Consents",
        consent_given: "given",
        consent_withdrawn: "taken back",
        consent_pending: "to be confirmed",
        consent_none: "None.",
        timeline: "What happened",
        now: "It is now",
    },
};

#[expect(clippy::too_many_lines, reason = "one line for each thing that can happen")]
fn line(what: &What, say: &Said<'_>) -> String {
    match what {
        What::ContactCreated => "New contact".to_owned(),
        What::TestStarted => "Workflows are tried out with this contact from now on".to_owned(),
        What::TestEnded => "No test contact any more".to_owned(),
        What::Archived => "Archived".to_owned(),
        What::Unarchived => "Archived no more".to_owned(),
        What::Deleted { until } => format!("Deleted; can be restored until {}", say.at(*until)),
        What::Restored => "Restored".to_owned(),
        What::TestKept => "In use: it stays as it was, a test contact or not".to_owned(),
        What::FieldSet { field, .. } => format!("{} set", say.field(field)),
        What::FieldKept { field, reason } => format!("{} kept: {}", say.field(field), say.why(reason)),
        What::TagAdded { tag } => format!("Tag “{tag}” added"),
        What::TagRemoved { tag } => format!("Tag “{tag}” removed"),
        What::ListJoined { list } => format!("Joined the list “{list}”"),
        What::ListLeft { list } => format!("Left the list “{list}”"),
        What::ObjectMade { object, id, name } => {
            format!("{} “{}” created", say.why(object), name.as_deref().unwrap_or(id))
        }
        What::ObjectChanged { object, id, attribute, from, to } => {
            format!("{} {id}, {}: {}", say.why(object), say.field(attribute), Values(from.as_ref(), to))
        }
        What::ObjectKept { object, id, reason } => {
            format!("{} {id} stays as it was: {}", say.why(object), say.why(reason))
        }
        What::NoteAdded { text } => format!("Note: {text}"),
        What::Mentioned { user } => format!("Mentions {user}"),
        What::ObjectRemoved { object, id, name } => {
            format!("{} “{}” removed", say.why(object), name.as_deref().unwrap_or(id))
        }
        What::GroupJoined { group } => format!("Joined the group “{group}”"),
        What::GroupLeft { group } => format!("Left the group “{group}”"),
        What::CardCreated { .. } => "Loyalty card created".to_owned(),
        What::LoyaltyChanged { unit, by, balance } => {
            format!("Loyalty card: {by:+} {}, balance {balance}", say.why(unit.as_str()))
        }
        What::Converted { conversion, value, currency, .. } => match (value, currency) {
            (Some(value), Some(currency)) => format!("Converted: {conversion}, {}", Money(*value, currency)),
            _ => format!("Converted: {conversion}"),
        },
        What::Paid { amount, currency } if *amount < 0 => format!("Refunded {}", Money(-amount, currency)),
        What::Paid { amount, currency } => format!("Paid {}", Money(*amount, currency)),
        What::DisturbOn { channel, .. } => format!("Do not disturb: {}", say.why(channel)),
        What::DisturbOff { channel, proof, .. } => {
            format!("May be contacted again: {} ({proof})", say.why(channel))
        }
        What::ScoreAdded { points, score } => format!("{points:+} points, score {score}"),
        What::ScoreExpired { score } => format!("Points expired, score {score}"),
        What::ConsentGiven { channel, purpose } => format!("Consent given: {purpose} by {channel}"),
        What::ConsentAsked { channel, purpose } => {
            format!("Consent to be confirmed: {purpose} by {channel}")
        }
        What::ConsentWithdrawn { channel, purpose } => format!("Consent taken back: {purpose} by {channel}"),
        What::AddressSuppressed { channel: Channel::Email, reason } => {
            format!("Address not written to any more: {}", say.why(reason))
        }
        What::AddressSuppressed { channel, reason } => {
            format!("Number not written to any more by {channel}: {}", say.why(reason))
        }
        What::LimitReached { limit } => format!("Not kept, there are too many: {limit}"),
        What::MessageUnknown => "Names no message of this contact".to_owned(),
        What::VisitorKnown => "Recognised in a new browser".to_owned(),
        What::ExternalKnown { external } => format!("Known elsewhere as {external}"),
        What::Merged { contact, .. } => format!("The contact {contact} was merged into this one"),
        What::MergedInto { contact } => format!("Merged into the contact {contact}"),
        What::Parted { contact } => format!("The contact {contact} is one of its own again"),
        What::CameBack => "A contact of its own again".to_owned(),
        What::Erased => "Everything that was known was erased".to_owned(),
        What::IdentityTaken { kind } => format!("{}: belongs to another contact", say.field(kind)),
        What::Enrolled { by, .. } => format!("Entered the workflow ({})", say.event(by)),
        What::Ignored { reason } => format!("Did not enter: {}", say.why(reason)),
        What::Halted => "Halted: came back too often within a day".to_owned(),
        What::Decided { branch, .. } => format!("Decided: {branch}"),
        What::Waiting { until } => format!("Waits until {}", say.at(*until)),
        What::WaitingFor { event, until } => {
            format!("Waits for “{}”, at most until {}", say.event(event), say.at(*until))
        }
        What::Heard { event } => format!("Happened: {}", say.event(event)),
        What::NextSkipped { reason } => format!("The next step is left out: {}", say.why(reason)),
        What::StepSkipped { reason } => format!("Step skipped: {}", say.why(reason)),
        What::SendPlanned { .. } => "Message planned".to_owned(),
        What::SendClaimed { .. } => "Message about to be handed over".to_owned(),
        What::Sent { .. } => "Message sent".to_owned(),
        What::CodeGivenBack { pool, code } => {
            format!("The code {code} goes back to {pool}: nobody was shown it")
        }
        What::WebhookAnswered { status, .. } => format!("The webhook answered {status}"),
        What::SendSkipped { reason, .. } => format!("Message not sent: {}", say.why(reason)),
        What::SendHeld { until, reason, .. } => {
            format!("Message waits until {}: {}", say.at(*until), say.why(reason))
        }
        What::SendRefused { reason, again_at, .. } => {
            format!("Message refused ({}); again {}", say.why(reason), say.at(*again_at))
        }
        What::SendGivenBack { .. } => "Message not handed over in time; it is tried again".to_owned(),
        What::SendFailed { reason, .. } => format!("Message failed: {}", say.why(reason)),
        What::SendUnknown { .. } => "Not known whether the message was sent".to_owned(),
        What::SendUnresolved { .. } => "Still not known whether the message was sent".to_owned(),
        What::Opened { .. } => "Message opened".to_owned(),
        What::Replied { .. } => "Message answered".to_owned(),
        What::SegmentEntered { segment } => format!("Entered the segment “{segment}”"),
        What::SegmentLeft { segment } => format!("Left the segment “{segment}”"),
        What::Asked => "Asked for something of which there is only so much".to_owned(),
        What::Answered { answer } => format!("Got: {}", say.why(answer)),
        What::ArmDrawn { test, arm } => format!("Test “{test}”: arm {arm}"),
        What::ArmJudged { test, arm } => format!("Test “{test}”: counted for arm {arm}"),
        What::GoalReached { goal } => format!("Reached the goal: {}", say.event(goal)),
        What::SentOn { reason, to, .. } => format!("Goes on at the step “{to}”: {}", say.why(reason)),
        What::Exited { reason, .. } => format!("Left the workflow: {}", say.why(reason)),
        What::Completed { .. } => "Came to the end of the workflow".to_owned(),
        What::Cancelled { reason, .. } => format!("Cancelled: {}", say.why(reason)),
        What::Interrupted { .. } => "Stands still: the workflow is interrupted".to_owned(),
        What::Resumed { turn: Some(turn), .. } => format!("Goes on, in its turn: {}", say.at(*turn)),
        What::Resumed { turn: None, .. } => "Goes on: the workflow was resumed".to_owned(),
        What::WaitSkipped { .. } => "The wait was ended by hand".to_owned(),
        What::Rescheduled { until, .. } => format!("Waits until {}: set by hand", say.at(*until)),
        What::Moved { to, .. } => format!("Moved by hand to the step “{to}”"),
        What::Migrated { .. } => "Goes over to a new version of the workflow".to_owned(),
        What::Reverted { .. } => "Goes back to the version before".to_owned(),
        What::CommandRefused { reason } => format!("Could not be done: {}", say.why(reason)),
        What::Failed { reason, .. } => format!("Can't go on: {}", say.why(reason)),
        What::LeftForLater { work } => format!("{work} left for the next moment"),
    }
}
