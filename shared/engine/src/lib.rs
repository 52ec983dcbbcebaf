//! Decides what happens to one contact. Pure, total, deterministic: no clock, no randomness, no I/O.
//!
//! [`react::react`] is the door: definitions, a contact, an input and an instant in, the changed contact and its
//! timeline entry out. [`workflow::compile`] makes programs from documents.

pub mod calendar;
pub mod colleague;
pub mod condition;
pub mod contact;
pub mod conversions;
pub mod definitions;
pub mod event;
pub mod ids;
pub mod life;
pub mod limits;
pub mod message;
pub mod pipeline;
pub mod react;
pub mod schedule;
pub mod segment;
pub mod steps;
pub mod tally;
pub mod template;
pub mod time;
pub mod timeline;
pub mod triggers;
pub mod workflow;
pub mod yaml;
