//! Layouts that there are without anybody writing them.

/// A layout.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Its name.
    pub name: &'static str,
    /// Its MJML, with `{{ content }}` where the body comes.
    pub mjml: &'static str,
}

/// The layouts, the one first that is taken where none is named.
pub const LAYOUTS: &[Layout] = &[
    Layout { name: "plain", mjml: include_str!("../../catalog/layouts/plain.mjml") },
    Layout { name: "newsletter", mjml: include_str!("../../catalog/layouts/newsletter.mjml") },
    Layout { name: "announcement", mjml: include_str!("../../catalog/layouts/announcement.mjml") },
    Layout { name: "receipt", mjml: include_str!("../../catalog/layouts/receipt.mjml") },
];
