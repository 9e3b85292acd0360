//! What SaaS customers and their accounts are there to show, each in one sentence.

/// A story of a customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CustomerStory {
    /// Nothing is wrong.
    #[default]
    Steady,
    /// The provider throttles the tenant: backups of mail and files retry for hours, and get through in the end.
    Throttled,
    /// Consent is gone since more than a day: nothing has been backed up since, and somebody has to authorize again.
    ConsentExpired,
    /// Nearly a third of the accounts were never activated: they are unprotected.
    Uncovered,
    /// More accounts are activated than were sold.
    OverLimit,
    /// A customer of this morning: the connection is made, and consent not given yet.
    New,
}

impl CustomerStory {
    /// All but the steady one, the most telling first.
    pub const SPECIAL: &[Self] = &[Self::Throttled, Self::ConsentExpired, Self::Uncovered, Self::OverLimit, Self::New];

    /// How many accounts it has, relative to others; none: as it comes.
    pub(crate) const fn weight(self) -> Option<u64> {
        match self {
            Self::Steady => None,
            Self::Throttled => Some(4),
            Self::ConsentExpired => Some(2),
            Self::Uncovered => Some(9),
            Self::OverLimit => Some(6),
            Self::New => Some(0),
        }
    }
}

/// A story of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountStory {
    /// Nothing is wrong.
    #[default]
    Steady,
    /// The mailbox can't be opened: its backup has failed for five days, while files and the rest go on.
    FailingMailbox,
    /// Nothing has started for its first workload in more than two days: overdue.
    Overdue,
    /// It was activated, and is no longer: somebody left.
    Left,
}
