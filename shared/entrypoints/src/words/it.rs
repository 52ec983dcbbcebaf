//! Italian.

mod codes;

use flusso_app::engine::contact::consent::Channel;
use flusso_app::engine::timeline::{Money, Values, What};

use super::{Pages, Said, Words};

pub(super) static WORDS: Words = Words {
    code: "it",
    weekdays: ["lun", "mar", "mer", "gio", "ven", "sab", "dom"],
    months: ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"],
    fields: &[
        ("email", "Email"),
        ("phone", "Telefono"),
        ("first_name", "Nome"),
        ("last_name", "Cognome"),
        ("birth_date", "Data di nascita"),
        ("company", "Azienda"),
        ("country", "Paese"),
        ("language", "Lingua"),
        ("time_zone", "Fuso orario"),
        ("status", "Stato"),
        ("owner", "Responsabile"),
        ("source", "Provenienza"),
    ],
    events: codes::EVENTS,
    reasons: codes::REASONS,
    problems: &[
        (
            "sign_in.link",
            "Questo link di accesso è già stato usato o è scaduto. Il comando `flusso sign-in` ne stampa un altro.",
        ),
        ("sign_in.missing", "Prima bisogna accedere: il comando `flusso sign-in` stampa un link."),
        ("form.required", "{field}: compila questo campo."),
        ("field.value", "{field}: così non va bene. Controlla e correggi."),
        ("contact.missing", "Scrivi un indirizzo email o un numero di telefono."),
        ("form.files", "{field}: con questo modulo non si possono inviare file. Invialo senza."),
        ("form.size", "È più di quanto questo modulo accetta (1 MB). Accorcia e invia di nuovo."),
        ("event.size", "È più di quanto questo modulo accetta (64 KB). Accorcia e invia di nuovo."),
        ("form.answers", "Sono più risposte di quante questo modulo ne accetta."),
        (
            "unsubscribe.unknown",
            "Questo link non è completo. Aprilo di nuovo dal messaggio che hai ricevuto.",
        ),
        (
            "confirmation_expired.unknown",
            "Questo link è troppo vecchio. Compila di nuovo il modulo e te ne mandiamo uno nuovo.",
        ),
        (
            "confirmation.unknown",
            "Questo link non è completo. Aprilo di nuovo dal messaggio che hai ricevuto.",
        ),
        ("document.unknown", "Questo link non vale più. Chiedine uno nuovo."),
        ("id_reused", "Questa pagina è già stata inviata con altre risposte. Ricaricala e invia di nuovo."),
    ],
    alerts: &[
        ("no_entries", "Nessuno è entrato da {days} giorni"),
        ("entries", "Ieri sono entrate {was} persone; di solito sono da {least} a {most}"),
        ("opens", "Ieri è stato aperto il {was} dei messaggi consegnati; di solito dal {least} al {most}"),
        ("errors", "Ieri {was} errori; di solito al massimo {most}"),
    ],
    line,
    pages: Pages {
        thanks_title: "Grazie.",
        thanks_text: "Abbiamo ricevuto quello che hai inviato.",
        leave_title: "Vuoi disiscriverti?",
        leave_text: "Non riceverai più newsletter e offerte da",
        leave_button: "Disiscrivimi",
        leave_keep: "Ciò che aspetti, come una ricevuta, arriverà comunque.",
        left_title: "Disiscrizione fatta.",
        left_text: "Non ti invieremo più newsletter e offerte. Puoi chiudere questa pagina.",
        confirm_title: "Sei tu?",
        confirm_text: "Con un clic confermi di voler ricevere notizie da",
        confirm_button: "Sì, sono io",
        confirm_not_you: "Se non l’hai chiesto tu, chiudi la pagina: non arriverà nulla.",
        confirmed_title: "Grazie.",
        confirmed_text: "Tutto confermato. Puoi chiudere questa pagina.",
        signed_in_title: "Accesso effettuato",
        signed_in_text: "Per dodici ore, in questo browser.",
        problem_title: "Non è ancora stato inviato.",
        problem_other: "Non si è potuto leggere. Torna indietro e prova di nuovo.",
        problem_again: "In questo momento non possiamo riceverlo. Quello che hai scritto non è perso: torna indietro e invia di nuovo tra un minuto.",
        not_found_title: "Qui non c’è niente.",
        not_found_text: "L’indirizzo forse è incompleto, oppure quello che indicava non c’è più.",
        back: "Torna indietro",
        back_yourself: "Usa il tasto indietro del browser: quello che hai scritto c’è ancora.",
        required: "obbligatorio",
        leave_empty: "Lascia vuoto questo campo",
        send: "Iscriviti",
        demo_intro: "Questa pagina fa la parte di un modulo sul tuo sito. Iscriviti e guarda che cosa fa il flusso.",
        demo_none: "Il modulo di prova qui non è definito.",
        next_title: "Che cosa succede dopo",
        next: [
            "Nasce un contatto, con il consenso che è stato spuntato.",
            "Parte il flusso «Benvenuto Iscritti». Se la casella è stata spuntata, il primo messaggio arriva subito nella casella di posta; senza consenso viene saltato.",
            "Aspetta un giorno, poi manda un secondo messaggio.",
            "Chi risponde prima esce dal flusso e non riceve il secondo messaggio.",
        ],
        mailbox: "Casella di posta",
        mailbox_intro: "I messaggi arrivano qui invece che a persone vere.",
        mailbox_empty: "Ancora nessun messaggio. Iscriviti con il modulo e il primo arriva qui.",
        mailbox_elsewhere: "Le email non restano qui. Vanno a",
        sign_up: "Modulo di iscrizione",
        api: "Descrizione dell’API",
        from: "Da",
        to: "A",
        subject: "Oggetto",
        arrived: "Arrivato",
        older: "Più vecchi",
        latest: "I più recenti",
        pretend: "Fai quello che potrebbe fare chi lo riceve",
        open: "Aprilo",
        reply: "Rispondi",
        leaves: "Esce dal pubblico",
        joins: "Entra nel pubblico",
        stop: "Rispondi STOP",
        fail: "Non viene consegnato",
        deliver: "Viene consegnato",
        click: "Segui il primo link",
        later: "Un giorno dopo",
        clock_real: "Avvia con --clock 60x per poter spostare il tempo.",
        done_opened: "Aperto.",
        done_replied: "Risposta inviata.",
        done_stopped: "Hai risposto STOP.",
        done_failed: "Non consegnato.",
        done_delivered: "Consegnato.",
        done_clicked: "Link seguito.",
        done_later: "È passato un giorno.",
        see_contact: "Vedi il contatto",
        inside: "È dentro a",
        inside_none: "Adesso non è in nessun flusso.",
        waits_until: "aspetta fino a",
        at_step: "al passo",
        known: "Che cosa si sa",
        tags: "Etichette",
        lists: "Liste",
        score: "Punteggio",
        consents: "Consensi",
        consent_given: "dato",
        consent_withdrawn: "revocato",
        consent_pending: "da confermare",
        consent_none: "Nessuno.",
        timeline: "Che cosa è successo",
        now: "Adesso è",
    },
};

#[expect(clippy::too_many_lines, reason = "one line for each thing that can happen")]
fn line(what: &What, say: &Said<'_>) -> String {
    match what {
        What::ContactCreated => "Nuovo contatto".to_owned(),
        What::TestStarted => "Da adesso è un contatto di prova".to_owned(),
        What::TestEnded => "Non è più un contatto di prova".to_owned(),
        What::Archived => "Archiviato".to_owned(),
        What::Unarchived => "Non più archiviato".to_owned(),
        What::Deleted { until } => format!("Eliminato; si può ripristinare fino a {}", say.at(*until)),
        What::Restored => "Ripristinato".to_owned(),
        What::TestKept => "In uso: resta com’era, contatto di prova o no".to_owned(),
        What::FieldSet { field, .. } => format!("{}: valore registrato", say.field(field)),
        What::FieldKept { field, reason } => {
            format!("{}: resta com’era, {}", say.field(field), say.why(reason))
        }
        What::TagAdded { tag } => format!("Etichetta «{tag}» aggiunta"),
        What::TagRemoved { tag } => format!("Etichetta «{tag}» tolta"),
        What::ListJoined { list } => format!("Entra nella lista «{list}»"),
        What::ListLeft { list } => format!("Esce dalla lista «{list}»"),
        What::ObjectMade { object, id, name } => {
            format!("{} «{}»: nuova voce", say.why(object), name.as_deref().unwrap_or(id))
        }
        What::ObjectChanged { object, id, attribute, from, to } => {
            format!("{} {id}, {}: {}", say.why(object), say.field(attribute), Values(from.as_ref(), to))
        }
        What::ObjectKept { object, id, reason } => {
            format!("{} {id} resta com’era: {}", say.why(object), say.why(reason))
        }
        What::NoteAdded { text } => format!("Nota: {text}"),
        What::Mentioned { user } => format!("Nomina {user}"),
        What::ObjectRemoved { object, id, name } => {
            format!("{} «{}»: tolto", say.why(object), name.as_deref().unwrap_or(id))
        }
        What::GroupJoined { group } => format!("Entra nel gruppo «{group}»"),
        What::GroupLeft { group } => format!("Esce dal gruppo «{group}»"),
        What::CardCreated { .. } => "Nuova fidelity card".to_owned(),
        What::LoyaltyChanged { unit, by, balance } => {
            format!("Fidelity card: {by:+} {}, saldo {balance}", say.why(unit.as_str()))
        }
        What::Converted { conversion, value, currency, .. } => match (value, currency) {
            (Some(value), Some(currency)) => {
                format!("Conversione: {conversion}, {}", Money(*value, currency))
            }
            _ => format!("Conversione: {conversion}"),
        },
        What::Paid { amount, currency } if *amount < 0 => {
            format!("Rimborsati {}", Money(-amount, currency))
        }
        What::Paid { amount, currency } => format!("Pagati {}", Money(*amount, currency)),
        What::DisturbOn { channel, .. } => format!("Non disturbare: {}", say.why(channel)),
        What::DisturbOff { channel, proof, .. } => {
            format!("Si può contattare di nuovo: {} ({proof})", say.why(channel))
        }
        What::ScoreAdded { points, score } => format!("{points:+} punti, punteggio {score}"),
        What::ScoreExpired { score } => format!("Punti scaduti, punteggio {score}"),
        What::ConsentGiven { channel, purpose } => format!("Consenso dato: {purpose} via {channel}"),
        What::ConsentAsked { channel, purpose } => {
            format!("Consenso da confermare: {purpose} via {channel}")
        }
        What::ConsentWithdrawn { channel, purpose } => format!("Consenso revocato: {purpose} via {channel}"),
        What::AddressSuppressed { channel: Channel::Email, reason } => {
            format!("A questo indirizzo non si scrive più: {}", say.why(reason))
        }
        What::AddressSuppressed { channel, reason } => {
            format!("A questo numero non si scrive più via {channel}: {}", say.why(reason))
        }
        What::LimitReached { limit } => format!("Non registrato, sono troppi: {limit}"),
        What::MessageUnknown => "Non indica alcun messaggio di questo contatto".to_owned(),
        What::VisitorKnown => "Riconosciuto in un nuovo browser".to_owned(),
        What::ExternalKnown { external } => format!("Conosciuto altrove come {external}"),
        What::Merged { contact, .. } => format!("Il contatto {contact} è stato unito a questo"),
        What::MergedInto { contact } => format!("Unito al contatto {contact}"),
        What::Parted { contact } => format!("Il contatto {contact} è di nuovo un contatto a sé"),
        What::CameBack => "Di nuovo un contatto a sé".to_owned(),
        What::Erased => "Tutto ciò che si sapeva è stato cancellato".to_owned(),
        What::IdentityTaken { kind } => format!("{}: appartiene a un altro contatto", say.field(kind)),
        What::Enrolled { by, .. } => format!("Entra nel flusso ({})", say.event(by)),
        What::Ignored { reason } => format!("Non entra: {}", say.why(reason)),
        What::Halted => "Fermato: è tornato troppe volte in un giorno".to_owned(),
        What::Decided { branch, .. } => format!("Deciso: {branch}"),
        What::Waiting { until } => format!("Aspetta fino a {}", say.at(*until)),
        What::WaitingFor { event, until } => {
            format!("Aspetta «{}», al massimo fino a {}", say.event(event), say.at(*until))
        }
        What::Heard { event } => format!("È successo: {}", say.event(event)),
        What::NextSkipped { reason } => format!("Il passo seguente non si fa: {}", say.why(reason)),
        What::StepSkipped { reason } => format!("Passo saltato: {}", say.why(reason)),
        What::SendPlanned { .. } => "Messaggio programmato".to_owned(),
        What::SendClaimed { .. } => "Messaggio in partenza".to_owned(),
        What::Sent { .. } => "Messaggio inviato".to_owned(),
        What::CodeGivenBack { pool, code } => format!("Il codice {code} torna a {pool}: nessuno lo ha visto"),
        What::WebhookAnswered { status, .. } => format!("Il webhook ha risposto {status}"),
        What::SendSkipped { reason, .. } => format!("Messaggio non inviato: {}", say.why(reason)),
        What::SendHeld { until, reason, .. } => {
            format!("Il messaggio aspetta fino a {}: {}", say.at(*until), say.why(reason))
        }
        What::SendRefused { reason, again_at, .. } => {
            format!("Messaggio rifiutato ({}); si riprova {}", say.why(reason), say.at(*again_at))
        }
        What::SendGivenBack { .. } => "Messaggio non consegnato in tempo; si riprova".to_owned(),
        What::SendFailed { reason, .. } => format!("Messaggio non riuscito: {}", say.why(reason)),
        What::SendUnknown { .. } => "Non si sa se il messaggio è partito".to_owned(),
        What::SendUnresolved { .. } => "Ancora non si sa se il messaggio è partito".to_owned(),
        What::Opened { .. } => "Messaggio aperto".to_owned(),
        What::Replied { .. } => "Risposta al messaggio".to_owned(),
        What::SegmentEntered { segment } => format!("Entra nel segmento «{segment}»"),
        What::SegmentLeft { segment } => format!("Esce dal segmento «{segment}»"),
        What::Asked => "Chiesto qualcosa che non è infinito".to_owned(),
        What::Answered { answer } => format!("Ricevuto: {}", say.why(answer)),
        What::ArmDrawn { test, arm } => format!("Test «{test}»: variante {arm}"),
        What::ArmJudged { test, arm } => format!("Test «{test}»: conta per la variante {arm}"),
        What::GoalReached { goal } => format!("Obiettivo raggiunto: {}", say.event(goal)),
        What::SentOn { reason, to, .. } => format!("Prosegue dal passo «{to}»: {}", say.why(reason)),
        What::Exited { reason, .. } => format!("Esce dal flusso: {}", say.why(reason)),
        What::Completed { .. } => "Arriva alla fine del flusso".to_owned(),
        What::Cancelled { reason, .. } => format!("Annullato: {}", say.why(reason)),
        What::Interrupted { .. } => "Fermo: il flusso è interrotto".to_owned(),
        What::Resumed { turn: Some(turn), .. } => format!("Riprende, al suo turno: {}", say.at(*turn)),
        What::Resumed { turn: None, .. } => "Riprende: il flusso è ripartito".to_owned(),
        What::WaitSkipped { .. } => "Attesa terminata a mano".to_owned(),
        What::Rescheduled { until, .. } => format!("Attende fino a {}: impostato a mano", say.at(*until)),
        What::Moved { to, .. } => format!("Spostato a mano al passo «{to}»"),
        What::Migrated { .. } => "Passa a una nuova versione del flusso".to_owned(),
        What::Reverted { .. } => "Torna alla versione precedente".to_owned(),
        What::CommandRefused { reason } => format!("Non è stato possibile: {}", say.why(reason)),
        What::Failed { reason, .. } => format!("Non può proseguire: {}", say.why(reason)),
        What::LeftForLater { work } => format!("{work} rimandati al momento successivo"),
    }
}
