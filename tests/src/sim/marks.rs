//! The rare branches that a long run must have reached: without them it has shown nothing.

/// Each must be reached within [`SEEDS`] seeds.
pub const REQUIRED: &[&str] = &[
    "agenda_continued",
    "chain_halted",
    "duplicate_event",
    "feedback_remembered",
    "given_back",
    "identity_race_lost",
    "identity_taken",
    "id_reused_refused_at_the_door",
    "job_done",
    "late_event",
    "lease_expired",
    "left_by_link",
    "look_too_early_resent",
    "messages_put_before",
    "own_conflict_recognised",
    "parked",
    "parked_id_reused",
    "records_put_before",
    "rung_late_by_sweep",
    "send_failed",
    "send_unresolved",
    "settled_accepted",
    "settled_not_accepted",
    "stale_definitions_reloaded",
    "stale_writer_refused",
    "timer_failed",
    "torn_profile_read",
    "unknown_commit_retried",
    "unknown_then_feedback",
];

/// A run of so many seeds must reach all of them.
pub const SEEDS: u64 = 2_000;
