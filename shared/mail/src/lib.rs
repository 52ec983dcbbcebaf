//! Mail as its author writes it (plain text, Markdown, HTML, MJML, blocks), made once, when it is put, into what is sent: a
//! template of HTML with everything in it that mail programs want, and one of plain text. Merge fields pass through untouched,
//! so that whoever sends needs nothing but the engine.

mod blocks;
mod html;
mod layouts;
mod lint;
mod make;
mod markdown;
mod mjml;
mod source;
mod tags;
mod text;

pub use layouts::{LAYOUTS, Layout};
pub use lint::{CUT_OFF, Finding, lint};
pub use make::{Made, MakeError, make};
pub use source::{Block, Products, Source, Variant, Written};
