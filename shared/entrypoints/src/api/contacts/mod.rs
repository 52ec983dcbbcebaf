//! People: the contacts, and what belongs to each. A function of its own serves what stands here (decision 35).

mod associations;
mod audit;
mod bulk;
mod card;
mod catalogue;
mod contact;
mod conversions;
mod documents;
mod enrollments;
mod exports;
mod failures;
mod filtered;
mod find;
mod hide;
mod imports;
mod labels;
mod loyalty;
mod merge;
mod message;
mod notes;
mod privacy;
mod purchases;
mod quizzes;
mod records;
mod replay;
mod save;
mod sections;
mod timeline;
mod whom;

use crate::routes::Routes;

pub(crate) use contact::ContactSummary;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .merge(find::routes())
        .merge(filtered::routes())
        .merge(failures::routes())
        .merge(hide::routes())
        .merge(bulk::routes())
        .merge(imports::routes())
        .merge(exports::routes())
        .merge(card::routes())
        .merge(catalogue::routes())
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
