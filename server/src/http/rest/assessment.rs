//! An assessment as the contract shows it: score, band, reasons and conditions in words and in facts.

use crate::http::moment::Moment;
use domain::{
    alert::{AlertKind, Condition, Severity},
    facts::DeviceFacts,
    health,
    ids::JobId,
    text,
    time::Time,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The assessment of a device at a time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assessment {
    /// For when it holds.
    at: Moment,
    /// 0, or 40 to 100.
    score: u8,
    /// unknown, critical, warning or healthy.
    #[schema(value_type = String)]
    band: health::Band,
    /// Why, worst first.
    reasons: Vec<Reason>,
    /// What is wrong.
    conditions: Vec<ConditionNow>,
    /// Nothing changes before, unless something happens.
    next_change: Option<Moment>,
}

/// Why a score is what it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reason {
    /// In words.
    text: String,
    /// The fact: its kind, numbers and RFC 3339 times.
    #[schema(value_type = Object)]
    fact: Value,
}

/// Something wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConditionNow {
    /// For example job_failed.
    #[schema(value_type = String)]
    kind: AlertKind,
    /// warning or critical.
    #[schema(value_type = String)]
    severity: Severity,
    since: Moment,
    /// The job it comes from.
    #[schema(value_type = Option<String>)]
    job: Option<JobId>,
    /// In words.
    reason: String,
    /// What to do.
    recommended_action: &'static str,
}

/// Names of a device's jobs.
pub fn job_names(facts: &DeviceFacts) -> impl Fn(JobId) -> String + '_ {
    |job| facts.jobs.iter().find(|j| j.job == job).map_or_else(|| job.to_string(), |j| j.name.clone())
}

/// A fact with its times as RFC 3339.
pub fn fact(reason: &health::Reason) -> Value {
    let mut value = serde_json::to_value(reason).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        for (name, field) in fields {
            if matches!(name.as_str(), "since" | "due" | "last" | "at")
                && let Some(millis) = field.as_i64()
            {
                *field = Value::String(text::rfc3339(Time(millis)));
            }
        }
    }
    value
}

impl Assessment {
    /// In the contract's words.
    pub fn of(assessment: &health::Assessment, at: Time, names: impl Fn(JobId) -> String) -> Self {
        let condition = |condition: &Condition| ConditionNow {
            kind: condition.kind,
            severity: condition.severity,
            since: condition.since.into(),
            job: condition.job,
            reason: text::reason(&condition.reason, at, &names),
            recommended_action: text::recommended_action(condition.kind),
        };
        Self {
            at: at.into(),
            score: assessment.score.0,
            band: assessment.band,
            reasons: assessment
                .reasons
                .iter()
                .map(|reason| Reason { text: text::reason(reason, at, &names), fact: fact(reason) })
                .collect(),
            conditions: assessment.conditions.iter().map(condition).collect(),
            next_change: assessment.next_change.map(Moment),
        }
    }
}
