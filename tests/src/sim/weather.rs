//! How bad the world is: the chance of each fault, in 10,000, drawn anew for every seed, so that one seed is calm but
//! for one thing and the next has everything at once.

use super::rng::Rng;

macro_rules! weather {
    ($($(#[$doc:meta])* $name:ident up to $most:literal,)*) => {
        /// The chance of each fault, in 10,000.
        #[derive(Clone, Debug, Default)]
        pub struct Weather { $($(#[$doc])* pub $name: u32,)* }

        impl Weather {
            /// Some faults off, some now and then, some often.
            pub fn draw(rng: &mut Rng) -> Self {
                let mut draw = |most: u64| match rng.below(4) {
                    0 => 0,
                    1 => u32::try_from(rng.below(most / 5 + 1)).unwrap_or(0),
                    _ => u32::try_from(rng.below(most + 1)).unwrap_or(0),
                };
                Self { $($name: draw($most),)* }
            }
        }
    };
}

weather! {
    /// A task stalls at an await, for a second up to 20 minutes.
    stall up to 150,
    /// A task dies at an await.
    crash up to 80,
    /// A read or write of the table is refused: throttling, TransactionConflict.
    unavailable up to 250,
    /// No answer, and nothing was written.
    unknown_lost up to 400,
    /// No answer, and it was written.
    unknown_written up to 400,
    /// The SDK tried twice: the first try wrote, the second is answered.
    retried up to 400,
    /// Rows read together are of different moments.
    torn up to 1500,
    /// Of rows that are put or removed one by one, only some are.
    partial up to 200,
    /// The queue refuses some messages of a call.
    queue_refuses up to 150,
    /// A message is delivered twice.
    queue_doubles up to 600,
    /// A message comes much later than it should.
    queue_delays up to 300,
    /// A minute can't be asked for.
    timer_fails up to 2500,
    /// A minute rings twice.
    timer_doubles up to 2500,
    /// A sweep does not happen.
    sweep_skips up to 3000,
    /// Changes are handed on again from an earlier point.
    changes_repeat up to 3000,
    /// The provider refuses for now.
    refused_now up to 1500,
    /// The provider refuses for good.
    refused_for_good up to 600,
    /// The provider took the message; its answer is lost.
    lost_after up to 1500,
    /// The message never reached the provider; nobody knows.
    lost_before up to 1000,
    /// The provider asks to come back later.
    no_permit up to 800,
}
