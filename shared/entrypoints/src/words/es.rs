//! Spanish.

mod codes;

use flusso_app::engine::contact::consent::Channel;
use flusso_app::engine::timeline::{Money, Values, What};

use super::{Pages, Said, Words};

pub(super) static WORDS: Words = Words {
    code: "es",
    weekdays: ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"],
    months: ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"],
    fields: &[
        ("email", "Correo"),
        ("phone", "Teléfono"),
        ("first_name", "Nombre"),
        ("last_name", "Apellidos"),
        ("birth_date", "Fecha de nacimiento"),
        ("company", "Empresa"),
        ("country", "País"),
        ("language", "Idioma"),
        ("time_zone", "Zona horaria"),
        ("status", "Estado"),
        ("owner", "Responsable"),
        ("source", "Procedencia"),
    ],
    events: codes::EVENTS,
    reasons: codes::REASONS,
    problems: &[
        (
            "sign_in.link",
            "Este enlace de acceso ya se ha usado o ha caducado. El comando `flusso sign-in` imprime otro.",
        ),
        ("sign_in.missing", "Primero hay que iniciar sesión: el comando `flusso sign-in` imprime un enlace."),
        ("form.required", "{field}: rellena este campo."),
        ("field.value", "{field}: así no es válido. Revísalo, por favor."),
        ("contact.missing", "Escribe una dirección de correo o un número de teléfono."),
        ("form.files", "{field}: con este formulario no se pueden enviar archivos. Envíalo sin él."),
        ("form.size", "Es más de lo que admite este formulario (1 MB). Acórtalo y envíalo de nuevo."),
        ("event.size", "Es más de lo que admite este formulario (64 KB). Acórtalo y envíalo de nuevo."),
        ("form.answers", "Son más respuestas de las que admite este formulario."),
        (
            "unsubscribe.unknown",
            "Este enlace no está completo. Ábrelo de nuevo desde el mensaje que recibiste.",
        ),
        (
            "confirmation_expired.unknown",
            "Este enlace es demasiado antiguo. Rellena el formulario otra vez y te enviamos uno nuevo.",
        ),
        (
            "confirmation.unknown",
            "Este enlace no está completo. Ábrelo de nuevo desde el mensaje que recibiste.",
        ),
        ("document.unknown", "Este enlace ya no vale. Pide uno nuevo."),
        ("id_reused", "Esta página ya se envió con otras respuestas. Cárgala de nuevo y envíala."),
    ],
    alerts: &[
        ("no_entries", "Nadie ha entrado desde hace {days} días"),
        ("entries", "Ayer entraron {was} personas; lo habitual es de {least} a {most}"),
        ("opens", "Ayer se abrió el {was} de los mensajes entregados; lo habitual es del {least} al {most}"),
        ("errors", "Ayer hubo {was} errores; lo habitual es un máximo de {most}"),
    ],
    line,
    pages: Pages {
        thanks_title: "Gracias.",
        thanks_text: "Hemos recibido lo que has enviado.",
        leave_title: "¿Quieres darte de baja?",
        leave_text: "No recibirás más boletines ni ofertas de",
        leave_button: "Darme de baja",
        leave_keep: "Lo que esperas, como un recibo, llegará igualmente.",
        left_title: "Te has dado de baja.",
        left_text: "No te enviaremos más boletines ni ofertas. Puedes cerrar esta página.",
        confirm_title: "¿Eres tú?",
        confirm_text: "Con un clic confirmas que quieres recibir noticias de",
        confirm_button: "Sí, soy yo",
        confirm_not_you: "Si no lo has pedido tú, cierra la página: no llegará nada.",
        confirmed_title: "Gracias.",
        confirmed_text: "Está confirmado. Puedes cerrar esta página.",
        signed_in_title: "Has iniciado sesión",
        signed_in_text: "Durante doce horas, en este navegador.",
        problem_title: "Todavía no se ha enviado.",
        problem_other: "No se pudo leer. Vuelve atrás e inténtalo de nuevo.",
        problem_again: "En este momento no podemos recibirlo. Lo que has escrito no se pierde: vuelve atrás y envíalo de nuevo dentro de un minuto.",
        not_found_title: "Aquí no hay nada.",
        not_found_text: "Puede que la dirección esté incompleta, o que lo que indicaba ya no exista.",
        back: "Volver atrás",
        back_yourself: "Usa el botón de atrás del navegador: lo que has escrito sigue ahí.",
        required: "obligatorio",
        leave_empty: "Deja este campo vacío",
        send: "Suscribirme",
        demo_intro: "Esta página hace de formulario de tu sitio. Suscríbete y mira qué hace el flujo.",
        demo_none: "El formulario de prueba no está definido aquí.",
        next_title: "Qué pasa después",
        next: [
            "Se crea un contacto, con el consentimiento que se ha marcado.",
            "Empieza el flujo «Benvenuto Iscritti». Si se ha marcado la casilla, su primer mensaje llega enseguida al buzón; sin consentimiento se omite.",
            "Espera un día y envía un segundo mensaje.",
            "Quien responde antes sale del flujo y no recibe el segundo mensaje.",
        ],
        mailbox: "Buzón",
        mailbox_intro: "Los mensajes llegan aquí en lugar de a personas de verdad.",
        mailbox_empty: "Todavía no hay mensajes. Suscríbete con el formulario y el primero llega aquí.",
        mailbox_elsewhere: "Los correos no se quedan aquí. Van a",
        sign_up: "Formulario de suscripción",
        api: "Descripción de la API",
        from: "De",
        to: "Para",
        subject: "Asunto",
        arrived: "Llegó",
        older: "Anteriores",
        latest: "Los más recientes",
        pretend: "Haz lo que podría hacer quien lo recibe",
        open: "Ábrelo",
        reply: "Responde",
        leaves: "Sale del público",
        joins: "Entra en el público",
        stop: "Responde STOP",
        fail: "No se entrega",
        deliver: "Se entrega",
        click: "Sigue el primer enlace",
        later: "Un día después",
        clock_real: "Arranca con --clock 60x para poder mover el tiempo.",
        done_opened: "Abierto.",
        done_replied: "Respondido.",
        done_stopped: "Has respondido STOP.",
        done_failed: "No entregado.",
        done_delivered: "Entregado.",
        done_clicked: "Enlace seguido.",
        done_later: "Ha pasado un día.",
        see_contact: "Ver el contacto",
        inside: "Está dentro de",
        inside_none: "Ahora no está en ningún flujo.",
        waits_until: "espera hasta",
        at_step: "en el paso",
        known: "Qué se sabe",
        tags: "Etiquetas",
        lists: "Listas",
        score: "Puntuación",
        consents: "Consentimientos",
        consent_given: "dado",
        consent_withdrawn: "retirado",
        consent_pending: "por confirmar",
        consent_none: "Ninguno.",
        timeline: "Qué ha pasado",
        now: "Ahora es",
    },
};

#[expect(clippy::too_many_lines, reason = "one line for each thing that can happen")]
fn line(what: &What, say: &Said<'_>) -> String {
    match what {
        What::ContactCreated => "Contacto nuevo".to_owned(),
        What::TestStarted => "Desde ahora es un contacto de prueba".to_owned(),
        What::TestEnded => "Ya no es un contacto de prueba".to_owned(),
        What::Archived => "Archivado".to_owned(),
        What::Unarchived => "Ya no está archivado".to_owned(),
        What::Deleted { until } => format!("Eliminado; se puede recuperar hasta {}", say.at(*until)),
        What::Restored => "Recuperado".to_owned(),
        What::TestKept => "En uso: sigue como estaba, contacto de prueba o no".to_owned(),
        What::FieldSet { field, .. } => format!("{}: valor guardado", say.field(field)),
        What::FieldKept { field, reason } => {
            format!("{}: sigue como estaba, {}", say.field(field), say.why(reason))
        }
        What::TagAdded { tag } => format!("Etiqueta «{tag}» añadida"),
        What::TagRemoved { tag } => format!("Etiqueta «{tag}» quitada"),
        What::ListJoined { list } => format!("Entra en la lista «{list}»"),
        What::ListLeft { list } => format!("Sale de la lista «{list}»"),
        What::ObjectMade { object, id, name } => {
            format!("{} «{}»: registro nuevo", say.why(object), name.as_deref().unwrap_or(id))
        }
        What::ObjectChanged { object, id, attribute, from, to } => {
            format!("{} {id}, {}: {}", say.why(object), say.field(attribute), Values(from.as_ref(), to))
        }
        What::ObjectKept { object, id, reason } => {
            format!("{} {id} queda como estaba: {}", say.why(object), say.why(reason))
        }
        What::NoteAdded { text } => format!("Nota: {text}"),
        What::Mentioned { user } => format!("Menciona a {user}"),
        What::ObjectRemoved { object, id, name } => {
            format!("{} «{}»: quitado", say.why(object), name.as_deref().unwrap_or(id))
        }
        What::GroupJoined { group } => format!("Entra en el grupo «{group}»"),
        What::GroupLeft { group } => format!("Sale del grupo «{group}»"),
        What::CardCreated { .. } => "Tarjeta de fidelidad nueva".to_owned(),
        What::LoyaltyChanged { unit, by, balance } => {
            format!("Tarjeta de fidelidad: {by:+} {}, saldo {balance}", say.why(unit.as_str()))
        }
        What::Converted { conversion, value, currency, .. } => match (value, currency) {
            (Some(value), Some(currency)) => {
                format!("Conversión: {conversion}, {}", Money(*value, currency))
            }
            _ => format!("Conversión: {conversion}"),
        },
        What::Paid { amount, currency } if *amount < 0 => {
            format!("Devueltos {}", Money(-amount, currency))
        }
        What::Paid { amount, currency } => format!("Pagados {}", Money(*amount, currency)),
        What::DisturbOn { channel, .. } => format!("No molestar: {}", say.why(channel)),
        What::DisturbOff { channel, proof, .. } => {
            format!("Se puede contactar de nuevo: {} ({proof})", say.why(channel))
        }
        What::ScoreAdded { points, score } => format!("{points:+} puntos, puntuación {score}"),
        What::ScoreExpired { score } => format!("Puntos caducados, puntuación {score}"),
        What::ConsentGiven { channel, purpose } => format!("Consentimiento dado: {purpose} por {channel}"),
        What::ConsentAsked { channel, purpose } => {
            format!("Consentimiento por confirmar: {purpose} por {channel}")
        }
        What::ConsentWithdrawn { channel, purpose } => {
            format!("Consentimiento retirado: {purpose} por {channel}")
        }
        What::AddressSuppressed { channel: Channel::Email, reason } => {
            format!("Ya no se escribe a esta dirección: {}", say.why(reason))
        }
        What::AddressSuppressed { channel, reason } => {
            format!("Ya no se escribe a este número por {channel}: {}", say.why(reason))
        }
        What::LimitReached { limit } => format!("No se guarda, son demasiados: {limit}"),
        What::MessageUnknown => "No nombra ningún mensaje de este contacto".to_owned(),
        What::VisitorKnown => "Reconocido en un nuevo navegador".to_owned(),
        What::ExternalKnown { external } => format!("Conocido en otro sistema como {external}"),
        What::Merged { contact, .. } => format!("El contacto {contact} se ha unido a este"),
        What::MergedInto { contact } => format!("Unido al contacto {contact}"),
        What::Parted { contact } => format!("El contacto {contact} vuelve a ser un contacto propio"),
        What::CameBack => "Vuelve a ser un contacto propio".to_owned(),
        What::Erased => "Se ha borrado todo lo que se sabía".to_owned(),
        What::IdentityTaken { kind } => format!("{}: pertenece a otro contacto", say.field(kind)),
        What::Enrolled { by, .. } => format!("Entra en el flujo ({})", say.event(by)),
        What::Ignored { reason } => format!("No entra: {}", say.why(reason)),
        What::Halted => "Detenido: ha vuelto demasiadas veces en un día".to_owned(),
        What::Decided { branch, .. } => format!("Decidido: {branch}"),
        What::Waiting { until } => format!("Espera hasta {}", say.at(*until)),
        What::WaitingFor { event, until } => {
            format!("Espera «{}», como mucho hasta {}", say.event(event), say.at(*until))
        }
        What::Heard { event } => format!("Ha pasado: {}", say.event(event)),
        What::NextSkipped { reason } => format!("El paso siguiente no se hace: {}", say.why(reason)),
        What::StepSkipped { reason } => format!("Paso omitido: {}", say.why(reason)),
        What::SendPlanned { .. } => "Mensaje programado".to_owned(),
        What::SendClaimed { .. } => "Mensaje a punto de salir".to_owned(),
        What::Sent { .. } => "Mensaje enviado".to_owned(),
        What::CodeGivenBack { pool, code } => format!("El código {code} vuelve a {pool}: nadie lo ha visto"),
        What::WebhookAnswered { status, .. } => format!("El webhook respondió {status}"),
        What::SendSkipped { reason, .. } => format!("Mensaje no enviado: {}", say.why(reason)),
        What::SendHeld { until, reason, .. } => {
            format!("El mensaje espera hasta {}: {}", say.at(*until), say.why(reason))
        }
        What::SendRefused { reason, again_at, .. } => {
            format!("Mensaje rechazado ({}); se reintenta {}", say.why(reason), say.at(*again_at))
        }
        What::SendGivenBack { .. } => "Mensaje no entregado a tiempo; se reintenta".to_owned(),
        What::SendFailed { reason, .. } => format!("Mensaje fallido: {}", say.why(reason)),
        What::SendUnknown { .. } => "No se sabe si el mensaje salió".to_owned(),
        What::SendUnresolved { .. } => "Todavía no se sabe si el mensaje salió".to_owned(),
        What::Opened { .. } => "Mensaje abierto".to_owned(),
        What::Replied { .. } => "Respuesta al mensaje".to_owned(),
        What::SegmentEntered { segment } => format!("Entra en el segmento «{segment}»"),
        What::SegmentLeft { segment } => format!("Sale del segmento «{segment}»"),
        What::Asked => "Pedido algo de lo que no hay sin fin".to_owned(),
        What::Answered { answer } => format!("Recibido: {}", say.why(answer)),
        What::ArmDrawn { test, arm } => format!("Prueba «{test}»: variante {arm}"),
        What::ArmJudged { test, arm } => format!("Prueba «{test}»: cuenta para la variante {arm}"),
        What::GoalReached { goal } => format!("Objetivo alcanzado: {}", say.event(goal)),
        What::SentOn { reason, to, .. } => format!("Continúa en el paso «{to}»: {}", say.why(reason)),
        What::Exited { reason, .. } => format!("Sale del flujo: {}", say.why(reason)),
        What::Completed { .. } => "Llega al final del flujo".to_owned(),
        What::Cancelled { reason, .. } => format!("Cancelado: {}", say.why(reason)),
        What::Interrupted { .. } => "Detenido: el flujo está interrumpido".to_owned(),
        What::Resumed { turn: Some(turn), .. } => format!("Continúa, en su turno: {}", say.at(*turn)),
        What::Resumed { turn: None, .. } => "Continúa: el flujo se ha reanudado".to_owned(),
        What::WaitSkipped { .. } => "Espera terminada a mano".to_owned(),
        What::Rescheduled { until, .. } => format!("Espera hasta {}: fijado a mano", say.at(*until)),
        What::Moved { to, .. } => format!("Movido a mano al paso «{to}»"),
        What::Migrated { .. } => "Pasa a una versión nueva del flujo".to_owned(),
        What::Reverted { .. } => "Vuelve a la versión anterior".to_owned(),
        What::CommandRefused { reason } => format!("No se pudo hacer: {}", say.why(reason)),
        What::Failed { reason, .. } => format!("No puede seguir: {}", say.why(reason)),
        What::LeftForLater { work } => format!("{work} quedan para el momento siguiente"),
    }
}
