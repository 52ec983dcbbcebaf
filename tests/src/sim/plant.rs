//! Bugs that are planted to see whether an invariant catches them (P14). All of them are made by the platform: the
//! program itself has no switch for any.

macro_rules! plants {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A bug.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Plant { $($(#[$doc])* $name,)* }

        impl Plant {
            /// Every bug.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// By its name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|plant| plant.as_str() == text)
            }
        }
    };
}

plants! {
    /// The receipt is written by itself, before the commit.
    ReceiptFirst = "receipt-first",
    /// A commit of which no answer came counts as done.
    UnknownIsDone = "unknown-is-done",
    /// A commit that lost against another counts as done.
    ConflictIsDone = "conflict-is-done",
    /// Nobody recognises their own commit behind a Conflict.
    OwnTokenIgnored = "own-token-ignored",
    /// All tokens are one: a commit or a claim of somebody else is taken for one's own.
    OneToken = "one-token",
    /// The alarm's row is put after the commit.
    AlarmAfter = "alarm-after",
    /// A look removes the alarm's row.
    LookRemovesAlarm = "look-removes-alarm",
    /// Who is told to look believes it is time.
    EarlyLook = "early-look",
    /// The head is read once and then remembered for an hour.
    StaleHead = "stale-head",
    /// Index rows are removed without a fence.
    UnfencedDelete = "unfenced-delete",
    /// Index rows are put without a fence, and what was put for nothing stays.
    UnfencedPut = "unfenced-put",
    /// Claims are not committed.
    ClaimOutside = "claim-outside",
    /// A commit of a contact does not ask for its revision.
    UnconditionalCommit = "unconditional-commit",
    /// The provider's missing answer counts as a refusal.
    SilenceIsRefusal = "silence-is-refusal",
    /// The sweep's rows are dropped unread.
    SweepDrops = "sweep-drops",
    /// Records that leave the row of state get no row.
    RecordsDropped = "records-dropped",
    /// Messages that leave the row of state get no row.
    MessagesDropped = "messages-dropped",
    /// A notification that comes again is applied again.
    HeardAgain = "heard-again",
    /// Up to where changes were counted is written after they were.
    CheckpointAfter = "checkpoint-after",
}
