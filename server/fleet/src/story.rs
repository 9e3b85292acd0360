//! What devices are there to show. Each story is one sentence, a share of the fleet, and what it looks like at the fleet's `until`.

use domain::{health::Band, policy::DeviceClass};

macro_rules! stories {
    ($($(#[doc = $doc:literal])+ $name:ident: $tag:literal, $class:ident, $per_mille:literal, $band:ident;)*) => {
        /// A story: what is going on with a device.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Story {
            /// Nothing is wrong: backups run as planned, with the odd warning or a failure that the next run makes good.
            Steady,
            $($(#[doc = $doc])+ $name,)*
        }

        impl Story {
            /// All stories but the steady one.
            pub const SPECIAL: &[Self] = &[$(Self::$name),*];

            /// The sentence that tells it.
            pub const fn sentence(self) -> &'static str {
                match self {
                    Self::Steady => "Nothing is wrong: backups run as planned, with the odd warning or a failure that the next run makes good.",
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)*
                }
            }

            /// The tag that its devices carry.
            pub const fn tag(self) -> Option<&'static str> {
                match self {
                    Self::Steady => None,
                    $(Self::$name => if $tag.is_empty() { None } else { Some($tag) },)*
                }
            }

            /// How many of a thousand devices live it.
            pub const fn per_mille(self) -> u32 {
                match self {
                    Self::Steady => 1_000 $(- Self::$name.per_mille())*,
                    $(Self::$name => $per_mille,)*
                }
            }

            /// The band of its devices at the fleet's `until`; none: it changes from day to day, or the device is not assessed.
            pub const fn band(self) -> Option<Band> {
                match self {
                    Self::Steady => None,
                    $(Self::$name => bands!($band),)*
                }
            }

            pub(crate) const fn class(self) -> Option<DeviceClass> {
                match self {
                    Self::Steady => None,
                    $(Self::$name => classes!($class),)*
                }
            }
        }
    };
}

macro_rules! bands {
    (Any) => {
        None
    };
    ($band:ident) => {
        Some(Band::$band)
    };
}

macro_rules! classes {
    (Any) => {
        None
    };
    ($class:ident) => {
        Some(DeviceClass::$class)
    };
}

stories! {
    /// A disk is dying: runs warn of files that can't be read, more each week, and the last three nights failed.
    FailingDisk: "disk failing", Server, 5, Critical;
    /// A laptop is on holiday with its owner, offline for two or three weeks, within its offline allowance.
    Holiday: "on holiday", Workstation, 5, Unknown;
    /// Storage climbs to its quota: 97 % are used and nobody has bought more.
    FullQuota: "quota", Any, 12, Warning;
    /// The last restore test of a server failed: its backups run, and are not worth what they seem.
    FailedRestoreTest: "restore test", Server, 4, Critical;
    /// A wanted restore test is overdue: the last one is older than the policy allows.
    StaleRestoreTest: "restore test", Server, 13, Warning;
    /// A job fails every other night for no reason that anybody has found, and recovers by itself.
    Flapping: "flapping", Any, 8, Warning;
    /// The repository's passphrase was changed, but not on this machine: nothing has run since.
    WrongPassphrase: "passphrase", Any, 4, Critical;
    /// A crashed run left its lock in the repository: the runs since yesterday gave up.
    LockedRepository: "locked", Any, 4, Warning;
    /// The machine is up and its agent checks in, but the scheduler stopped four days ago.
    ServiceStopped: "scheduler stopped", Server, 4, Critical;
    /// A machine that was enrolled, and has never reported.
    NewDevice: "new", Any, 5, Unknown;
    /// A machine that is being moved: paused until it stands in its new place.
    Moving: "moving", Any, 4, Any;
    /// A machine that was taken out of service; kept for its history.
    Retired: "", Any, 8, Any;
    /// The agent fell silent more than a week ago, and nobody knows why.
    SilentAgent: "silent", Any, 5, Unknown;
    /// A run began and never ended; the one after it was skipped.
    StuckRun: "stuck", Server, 3, Warning;
    /// The source folder was emptied: runs succeed and hold next to nothing.
    EmptiedSource: "check source", Server, 4, Any;
    /// A job at 02:30 local time, which in spring does not exist and in autumn comes twice.
    ClockChange: "02:30", Server, 10, Any;
    /// A slow line at a branch: each run is tried again and again until it is through.
    SlowLink: "slow line", Server, 9, Any;
    /// A busy database server, backed up every fifteen minutes.
    EveryQuarter: "database", Server, 5, Any;
    /// A file server with hourly snapshots beside its nightly backup.
    Hourly: "hourly", Server, 14, Any;
    /// A bad week some weeks ago, made good since.
    Recovered: "", Any, 24, Any;
}
