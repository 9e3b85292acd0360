//! Words of organizations: status, plan type, window of counts.

use domain::time::Span;
use serde::{Deserialize, Serialize};

/// Whether an organization is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationStatus {
    /// Served.
    Activated,
    /// Kept; its devices are muted.
    Deactivated,
}

impl OrganizationStatus {
    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activated => "activated",
            Self::Deactivated => "deactivated",
        }
    }
}

impl std::str::FromStr for OrganizationStatus {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "activated" => Ok(Self::Activated),
            "deactivated" => Ok(Self::Deactivated),
            _ => Err("a status is `activated` or `deactivated`"),
        }
    }
}

/// What was sold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanType {
    /// Backup.
    #[default]
    Backup,
    /// Archiver.
    Archiver,
}

impl PlanType {
    /// The word on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Backup => "Backup",
            Self::Archiver => "Archiver",
        }
    }
}

impl std::str::FromStr for PlanType {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "Backup" => Ok(Self::Backup),
            "Archiver" => Ok(Self::Archiver),
            _ => Err("a plan type is `Backup` or `Archiver`"),
        }
    }
}

/// Window of finished runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    /// The last 24 full or begun hours.
    #[default]
    #[serde(rename = "24h")]
    Day,
    /// 7 × 24 hours.
    #[serde(rename = "7d")]
    Week,
    /// 30 × 24 hours.
    #[serde(rename = "30d")]
    Month,
}

impl Window {
    /// How long it is.
    pub const fn span(self) -> Span {
        match self {
            Self::Day => Span::days(1),
            Self::Week => Span::days(7),
            Self::Month => Span::days(30),
        }
    }

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }
}

impl std::str::FromStr for Window {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "24h" => Ok(Self::Day),
            "7d" => Ok(Self::Week),
            "30d" => Ok(Self::Month),
            _ => Err("a window is `24h`, `7d` or `30d`"),
        }
    }
}
