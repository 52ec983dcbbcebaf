//! People: the contacts, and what belongs to each. A function of its own serves what stands here (decision 35).

mod associations;
mod audit;
mod card;
mod contact;
mod conversions;
mod documents;
mod enrollments;
mod find;
mod hide;
mod labels;
mod loyalty;
mod merge;
mod notes;
mod privacy;
mod purchases;
mod quizzes;
mod records;
mod replay;
mod save;
mod sections;
mod timeline;

use crate::routes::Routes;

pub(crate) use contact::ContactSummary;
pub(crate) use hide::ContactAct;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .merge(find::routes())
        .merge(hide::routes())
        .merge(card::routes())
        .merge(save::routes())
        .merge(merge::routes())
        .merge(privacy::routes())
        .merge(audit::routes())
        .merge(records::routes())
        .merge(labels::routes())
        .merge(associations::routes())
        .merge(notes::routes())
        .merge(documents::routes())
        .merge(loyalty::routes())
        .merge(conversions::routes())
        .merge(purchases::routes())
        .merge(replay::routes())
        .merge(enrollments::routes())
}
