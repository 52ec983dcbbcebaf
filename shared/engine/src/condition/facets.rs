//! Which parts of a contact a condition looks at: one that changed elsewhere need not be asked again.

use std::ops::BitOr;

/// A set of parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facets(u8);

impl Facets {
    /// None.
    pub const NONE: Self = Self(0);
    /// Fields, tags, lists, consents and what else stands in the profile.
    pub const PROFILE: Self = Self(1);
    /// The score.
    pub const SCORE: Self = Self(2);
    /// The instants of events that are counted.
    pub const EVENTS: Self = Self(4);
    /// Messages, and what their readers did.
    pub const MESSAGES: Self = Self(8);
    /// Membership in segments.
    pub const SEGMENTS: Self = Self(16);
    /// All.
    pub const ALL: Self = Self(31);

    /// These without those.
    #[must_use]
    pub fn without(self, those: Self) -> Self {
        Self(self.0 & !those.0)
    }

    /// Whether the two have a part in common.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Facets {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
