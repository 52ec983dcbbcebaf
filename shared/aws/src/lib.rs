//! The platform in an AWS account. Translation only: what a call means on AWS, and what AWS's answer means to the
//! program. Nothing else names a type of AWS.

pub mod asked;
pub mod blobs;
pub mod checkup;
pub mod clock;
pub mod config;
pub mod mail;
pub mod queue;
pub mod sdk;
pub mod secrets;
mod signed;
pub mod start;
pub mod stream;
pub mod table;
pub mod timer;
