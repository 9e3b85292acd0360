//! The tables that a settling writes, as the bulk writer sees them.

use crate::ingest::bulk::{Kind, Meet, Table};

use Kind::{Blob, Bool, Int, Text};

pub(crate) static RUNS: Table = Table {
    name: "runs",
    keys: &[("partner_id", Int), ("job_id", Int), ("run_key", Text)],
    fixed: &[("id", Int), ("organization_id", Int), ("device_id", Int)],
    columns: &[
        ("state", Text),
        ("started_at", Int),
        ("ended_at", Int),
        ("attempt", Int),
        ("timed_out", Bool),
        ("bytes", Int),
        ("body", Text),
    ],
    meet: Meet::Replace,
};

/// What is said of a run that is stored and keeps its start: no index is touched, which spares its pages a write each.
pub(super) static RUNS_GO_ON: Table = Table {
    name: "runs",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[],
    columns: &[("state", Text), ("ended_at", Int), ("attempt", Int), ("timed_out", Bool), ("bytes", Int), ("body", Text)],
    meet: Meet::Update,
};

pub(crate) static TROUBLED: Table = Table {
    name: "troubled_runs",
    keys: &[("partner_id", Int), ("started_at", Int), ("run_id", Int)],
    fixed: &[("organization_id", Int), ("device_id", Int)],
    columns: &[("state", Text)],
    meet: Meet::Replace,
};

pub(crate) static LOGS: Table = Table {
    name: "run_logs",
    keys: &[("partner_id", Int), ("run_id", Int)],
    fixed: &[],
    columns: &[("body", Blob), ("bytes", Int), ("created_at", Int)],
    meet: Meet::Replace,
};

pub(crate) static JOBS: Table = Table {
    name: "jobs",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[
        ("organization_id", Int),
        ("device_id", Int),
        ("name", Text),
        ("name_lower", Text),
        ("slug", Text),
        ("ping_uuid", Text),
        ("created_at", Int),
        ("schedule", Text),
    ],
    columns: &[],
    meet: Meet::Keep,
};

pub(super) static JOB_STATE: Table = Table {
    name: "job_state",
    keys: &[("partner_id", Int), ("job_id", Int)],
    fixed: &[],
    columns: &[
        ("organization_id", Int),
        ("device_id", Int),
        ("history", Text),
        ("slots", Text),
        ("last_run_id", Int),
        ("last_state", Text),
        ("last_at", Int),
        ("last_usable_at", Int),
        ("due_at", Int),
    ],
    meet: Meet::Replace,
};

pub(super) static DEVICES: Table = Table {
    name: "devices",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[],
    columns: &[("life", Text), ("quota_bytes", Int), ("agent_version", Text), ("hostname", Text)],
    meet: Meet::Update,
};

pub(super) static DEVICE_STATE: Table = Table {
    name: "device_state",
    keys: &[("partner_id", Int), ("device_id", Int)],
    fixed: &[],
    columns: &[
        ("organization_id", Int),
        ("life", Text),
        ("score", Int),
        ("band", Text),
        ("assessment", Text),
        ("assessed_at", Int),
        ("next_change_at", Int),
        ("last_seen_at", Int),
        ("checked_in_at", Int),
        ("storage_used", Int),
        ("last_usable_at", Int),
        ("due_at", Int),
        ("running", Int),
        ("retrying", Int),
        ("restore_at", Int),
        ("restore_passed", Bool),
        ("open_alerts", Int),
        ("breach_at", Int),
        ("in_breach", Bool),
        ("quiet_until", Int),
    ],
    meet: Meet::Replace,
};

pub(super) static COUNTS: Table = Table {
    name: "organization_counts",
    keys: &[("partner_id", Int), ("organization_id", Int)],
    fixed: &[],
    columns: &[
        ("healthy", Int),
        ("warning", Int),
        ("critical", Int),
        ("unknown", Int),
        ("paused", Int),
        ("running", Int),
        ("retrying", Int),
        ("open_alerts", Int),
        ("covered", Int),
        ("in_breach", Int),
    ],
    meet: Meet::Add,
};

pub(super) static HOURS: Table = Table {
    name: "organization_hours",
    keys: &[("partner_id", Int), ("organization_id", Int), ("hour", Int)],
    fixed: &[],
    columns: &[("succeeded", Int), ("warning", Int), ("failed", Int), ("missed", Int)],
    meet: Meet::Add,
};

pub(super) static DAYS: Table = Table {
    name: "job_days",
    keys: &[("partner_id", Int), ("device_id", Int), ("day", Int), ("job_id", Int)],
    fixed: &[("organization_id", Int)],
    columns: &[("succeeded", Int), ("warning", Int), ("failed", Int), ("missed", Int), ("other", Int)],
    meet: Meet::Add,
};

pub(super) static ORGANIZATION_DAYS: Table = Table {
    name: "organization_days",
    keys: &[("partner_id", Int), ("organization_id", Int), ("day", Int)],
    fixed: &[],
    columns: &[("succeeded", Int), ("warning", Int), ("failed", Int), ("missed", Int)],
    meet: Meet::Add,
};

pub(crate) static STORAGE: Table = Table {
    name: "device_storage",
    keys: &[("partner_id", Int), ("device_id", Int), ("day", Int)],
    fixed: &[],
    columns: &[("used", Int), ("quota", Int)],
    meet: Meet::Replace,
};

pub(super) static ACCOUNT_STATE: Table = Table {
    name: "account_state",
    keys: &[("partner_id", Int), ("account_id", Int)],
    fixed: &[],
    columns: &[
        ("organization_id", Int),
        ("service", Text),
        ("life", Text),
        ("counted", Bool),
        ("score", Int),
        ("band", Text),
        ("assessment", Text),
        ("assessed_at", Int),
        ("next_change_at", Int),
        ("last_seen_at", Int),
        ("last_result", Text),
        ("last_at", Int),
        ("last_usable_at", Int),
        ("due_at", Int),
        ("running", Int),
        ("retrying", Int),
        ("open_alerts", Int),
        ("quiet_until", Int),
    ],
    meet: Meet::Replace,
};

pub(super) static SAAS_COUNTS: Table = Table {
    name: "saas_counts",
    keys: &[("partner_id", Int), ("organization_id", Int), ("service", Text)],
    fixed: &[],
    columns: &[("accounts", Int), ("seats", Int), ("running", Int), ("retrying", Int)],
    meet: Meet::Add,
};

pub(super) static SAAS_HOURS: Table = Table {
    name: "saas_hours",
    keys: &[("partner_id", Int), ("organization_id", Int), ("hour", Int)],
    fixed: &[],
    columns: &[("succeeded", Int), ("warning", Int), ("failed", Int), ("missed", Int)],
    meet: Meet::Add,
};
