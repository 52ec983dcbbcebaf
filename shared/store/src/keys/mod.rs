//! The catalogue of rows: one file a kind, with its key, its value and its lifetime. Adding a kind: one file here, one
//! line in [`CATALOGUE`]. A format is never changed in place.

pub mod alarm;
pub mod allocation;
pub mod api_key;
pub mod checkpoint;
pub mod chosen;
pub mod counter;
pub mod counter_day;
pub mod coupon;
pub mod definition;
pub mod directory;
pub mod double;
pub mod draft;
pub mod export;
pub mod head;
pub mod identity;
pub mod import;
pub mod job;
pub mod job_failure;
pub mod job_key;
pub mod journal;
pub mod key_name;
pub mod labels;
pub mod list;
pub mod mapping;
pub mod member;
pub mod open_job;
pub mod open_task;
pub mod parked;
pub mod pool;
pub mod position;
pub mod profile;
pub mod receipt;
pub mod resource;
pub mod scheduled;
pub mod sent;
pub mod state;
pub mod suppression;
pub mod test_clock;
pub mod timeline;
pub mod unresolved;
pub mod version;
pub mod visit;
pub mod watermark;
pub mod word;

/// Whether a kind of row tells something about a person, and how erasing that person reaches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    /// It tells nothing about anybody.
    No,
    /// It lies in the contact's own partition.
    InPartition,
    /// Its key follows from the contact's rows.
    Derived,
    /// It is kept on purpose: a hash that says that somebody must not be written to.
    Kept,
    /// It holds an input that could not be applied; it names its contact or the address.
    Searched,
    /// It names somebody for as long as they are being erased, and no longer.
    WhileErased,
}

/// A kind of row.
#[derive(Clone, Copy, Debug)]
pub struct KindInfo {
    /// Its name.
    pub name: &'static str,
    /// How its partitions begin.
    pub prefix: &'static str,
    /// What it tells about people.
    pub personal: Personal,
}

/// Every kind of row there is.
pub const CATALOGUE: &[KindInfo] = &[
    alarm::INFO,
    allocation::INFO,
    api_key::INFO,
    checkpoint::INFO,
    chosen::INFO,
    counter::INFO,
    counter_day::INFO,
    coupon::INFO,
    definition::INFO,
    directory::INFO,
    double::INFO,
    draft::INFO,
    export::INFO,
    head::INFO,
    identity::INFO,
    import::INFO,
    job::INFO,
    job_failure::INFO,
    job_key::INFO,
    journal::INFO,
    key_name::INFO,
    labels::INFO,
    list::INFO,
    mapping::INFO,
    member::INFO,
    open_job::INFO,
    open_task::INFO,
    parked::INFO,
    pool::INFO,
    position::INFO,
    profile::INFO,
    receipt::INFO,
    resource::INFO,
    scheduled::INFO,
    sent::INFO,
    state::INFO,
    suppression::INFO,
    test_clock::INFO,
    timeline::INFO,
    unresolved::INFO,
    version::INFO,
    visit::INFO,
    watermark::INFO,
    word::INFO,
];

/// The partition of a contact's own rows.
pub(crate) fn contact_partition(contact: &flusso_engine::ids::ContactId) -> String {
    format!("con/{contact}")
}
