//! Many contacts at once: who they are (segments, filters, labels), what is done to them, files of them, and the numbers behind
//! them. A function of its own serves what stands here (decision 35), and the statistics with it.

mod bulk;
mod exports;
mod failures;
mod filter;
mod filtered;
mod imports;
mod labels;
mod message;
mod segments;
mod whom;

use crate::routes::Routes;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .merge(segments::routes())
        .merge(filter::routes())
        .merge(filtered::routes())
        .merge(labels::routes())
        .merge(bulk::routes())
        .merge(failures::routes())
        .merge(imports::routes())
        .merge(exports::routes())
}
