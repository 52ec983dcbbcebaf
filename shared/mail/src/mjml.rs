//! MJML to HTML.

use mrml::prelude::render::RenderOptions;

use crate::make::MakeError;

/// The HTML of a document. Fonts are not fetched from anywhere.
///
/// # Errors
/// If it is no MJML.
pub(crate) fn to_html(document: &str) -> Result<String, MakeError> {
    let refused = |error: &dyn std::fmt::Display| {
        MakeError::new("mjml", "template.mjml", format!("this is no MJML: {error}"))
    };
    let parsed = mrml::parse(document.trim()).map_err(|error| refused(&error))?;
    let options = RenderOptions { fonts: std::collections::HashMap::new(), ..RenderOptions::default() };
    parsed.element.render(&options).map_err(|error| refused(&error))
}
