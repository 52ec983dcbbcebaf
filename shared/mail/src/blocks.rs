//! Blocks to MJML.

use std::fmt::Write as _;

use flusso_engine::message::html::escape;

use crate::markdown;
use crate::source::{Block, Products};
use crate::tags::{Tags, next};

/// The sections of blocks. Merge fields stand there as words of `tags`, pieces of HTML as words of `pieces`.
pub(crate) fn sections(blocks: &[Block], tags: &mut Tags, pieces: &mut Tags) -> String {
    let mut out = String::new();
    let mut column = String::new();
    let close = |out: &mut String, column: &mut String| {
        if !column.is_empty() {
            // Writing to a string can't fail.
            let _ = write!(out, "<mj-section><mj-column>{column}</mj-column></mj-section>");
            column.clear();
        }
    };
    for block in blocks {
        match block {
            Block::Columns(columns) => {
                close(&mut out, &mut column);
                out.push_str("<mj-section>");
                for blocks in columns {
                    let inside: String = blocks.iter().map(|block| simple(block, tags, pieces)).collect();
                    let _ = write!(out, "<mj-column>{inside}</mj-column>");
                }
                out.push_str("</mj-section>");
            }
            Block::Products(products) => {
                close(&mut out, &mut column);
                out.push_str(&each_product(products, tags));
            }
            Block::Mjml(sections) => {
                close(&mut out, &mut column);
                out.push_str(&tags.take(sections));
            }
            block => column.push_str(&simple(block, tags, pieces)),
        }
    }
    close(&mut out, &mut column);
    out
}

/// What stands in a column.
fn simple(block: &Block, tags: &mut Tags, pieces: &mut Tags) -> String {
    let mut plain = |text: &str| tags.take(&escaped(text));
    match block {
        Block::Heading(text) => format!("<mj-text mj-class=\"heading\"><h2>{}</h2></mj-text>", plain(text)),
        Block::Text(text) => {
            let html = markdown::to_html(&tags.take(text));
            format!("<mj-text>{}</mj-text>", pieces.keep(html))
        }
        Block::Button { text, url } => {
            format!("<mj-button href=\"{}\">{}</mj-button>", plain(url), plain(text))
        }
        Block::Image { src, alt, url, width } => {
            let link = url.as_deref().map(|url| format!(" href=\"{}\"", plain(url))).unwrap_or_default();
            let width = width.map(|width| format!(" width=\"{width}px\"")).unwrap_or_default();
            format!("<mj-image src=\"{}\" alt=\"{}\"{link}{width} />", plain(src), plain(alt))
        }
        Block::Divider {} => "<mj-divider />".to_owned(),
        Block::Spacer(pixels) => format!("<mj-spacer height=\"{pixels}px\" />"),
        // Within columns there are none of these.
        Block::Columns(_) | Block::Products(_) | Block::Mjml(_) => String::new(),
    }
}

/// A list of products: each with its picture, name, price and button, as far as the list says them.
fn each_product(products: &Products, tags: &mut Tags) -> String {
    let Products { from, most, button } = products;
    let button = button.as_deref().map_or_else(String::new, |text| {
        format!(
            "{{% if item.url %}}<mj-button align=\"left\" href=\"{{{{ item.url }}}}\">{}</mj-button>{{% endif %}}",
            escaped(text)
        )
    });
    let said = format!(
        "<mj-text><strong>{{{{ item.name | default(\"\") }}}}</strong>{{% if item.price %}}<br />{{{{ item.price }}}} \
         {{{{ item.currency | default(\"\") }}}}{{% endif %}}</mj-text>{button}"
    );
    let section = |columns: String| format!("<mj-section padding=\"0\">{columns}</mj-section>");
    let pictured = section(format!(
        "<mj-column width=\"35%\"><mj-image src=\"{{{{ item.image }}}}\" alt=\"\" /></mj-column>\
         <mj-column width=\"65%\">{said}</mj-column>"
    ));
    let bare = section(format!("<mj-column>{said}</mj-column>"));
    tags.take(&format!(
        "{{% for item in {from} %}}{{% if loop.index <= {most} %}}{{% if item.image %}}{pictured}{{% else %}}{bare}\
         {{% endif %}}{{% endif %}}{{% endfor %}}"
    ))
}

/// A text in an attribute or an element; merge fields stay as they are.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag, after)) = next(rest) {
        escape(&mut out, before);
        out.push_str(tag);
        rest = after;
    }
    escape(&mut out, rest);
    out
}
