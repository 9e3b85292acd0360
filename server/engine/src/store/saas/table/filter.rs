//! What the table asks for: which organizations, in which order.

use crate::store::organizations::{OrganizationStatus, PlanType};
use domain::{ids::PartnerId, saas::Service};
use serde::{Deserialize, Serialize};

/// Order of the table; the id breaks ties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaasSort {
    /// By name.
    #[default]
    Organization,
    /// Activated before deactivated, then by name.
    Status,
    /// By region.
    Region,
    /// By name of the plan.
    PlanName,
    /// Archiver before Backup, then by name.
    PlanType,
    /// Fewest seats in use first.
    Seats,
}

impl std::str::FromStr for SaasSort {
    type Err = &'static str;
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "organization" => Ok(Self::Organization),
            "status" => Ok(Self::Status),
            "region" => Ok(Self::Region),
            "plan_name" => Ok(Self::PlanName),
            "plan_type" => Ok(Self::PlanType),
            "seats" => Ok(Self::Seats),
            _ => Err("an order is `organization`, `status`, `region`, `plan_name`, `plan_type` or `seats`"),
        }
    }
}

/// What the table asks for.
#[derive(Clone, Debug, Default)]
pub struct SaasFilter {
    /// Part of the name.
    pub search: Option<String>,
    /// Only those served, or those not.
    pub status: Option<OrganizationStatus>,
    /// Only where data lives there.
    pub region: Option<String>,
    /// Only this plan type.
    pub plan_type: Option<PlanType>,
    /// Only those with a connection to this service.
    pub service: Option<Service>,
    /// Only this partner's.
    pub partner: Option<PartnerId>,
    /// Order.
    pub sort: SaasSort,
    /// Turns the order round.
    pub descending: bool,
    /// Where to go on; belongs to the order.
    pub cursor: Option<String>,
    /// Rows, at most 500.
    pub limit: Option<u64>,
}
