//! Statistics: how workflows do, what they counted, and the people behind each number. Served with the contacts.

mod days;
mod health;
mod numbers;
mod people;
mod recount;
mod steps;

use crate::routes::Routes;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .merge(health::routes())
        .merge(numbers::routes())
        .merge(days::routes())
        .merge(people::routes())
        .merge(recount::routes())
}
