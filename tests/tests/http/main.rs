//! The door, in one process with a platform in memory: what is answered, to whom, in which shape.
#![expect(clippy::unwrap_used, reason = "a test")]

mod bulk;
mod card;
mod channels;
mod confirm;
mod contacts;
mod crowd;
mod doctor;
mod documents;
mod door;
mod events;
mod fields;
mod filters;
mod forms;
mod hidden;
mod imports;
mod intake;
mod jobs;
mod keys;
mod lives;
mod local;
mod mutated;
mod people;
mod persons;
mod pipelines;
mod platform;
mod programme;
mod rights;
mod sales;
mod schedules;
mod sign_in;
mod test_contacts;
mod unsubscribe;
mod visits;
mod workflows;
mod world;
