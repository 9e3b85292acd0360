//! Tables that only a fill writes as a whole: when live, their rows are made by commands, one at a time.

use crate::ingest::bulk::{
    Kind::{Bool, Int, Text},
    Meet, Table,
};

pub(super) static ORGANIZATIONS: Table = Table {
    name: "organizations",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[
        ("name", Text),
        ("name_lower", Text),
        ("time_zone", Text),
        ("status", Text),
        ("region", Text),
        ("plan_name", Text),
        ("plan_type", Text),
        ("seat_limit", Int),
        ("created_at", Int),
        ("updated_at", Int),
        ("sla_workstation_hours", Int),
        ("sla_server_hours", Int),
    ],
    columns: &[],
    meet: Meet::Keep,
};

pub(super) static DEVICES: Table = Table {
    name: "devices",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[
        ("organization_id", Int),
        ("name", Text),
        ("name_lower", Text),
        ("class", Text),
        ("life", Text),
        ("policy_id", Int),
        ("quota_bytes", Int),
        ("tags", Text),
        ("ping_uuid", Text),
        ("agent_version", Text),
        ("hostname", Text),
        ("enrolled_at", Int),
        ("watched_since", Int),
        ("updated_at", Int),
    ],
    columns: &[],
    meet: Meet::Keep,
};

pub(super) static RESTORE_TESTS: Table = Table {
    name: "restore_tests",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[
        ("organization_id", Int),
        ("device_id", Int),
        ("at", Int),
        ("passed", Bool),
        ("scope", Text),
        ("rpo_seconds", Int),
        ("rto_seconds", Int),
        ("note", Text),
        ("made_by", Text),
    ],
    columns: &[],
    meet: Meet::Keep,
};

pub(super) static CONNECTIONS: Table = Table {
    name: "connections",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[
        ("organization_id", Int),
        ("service", Text),
        ("policy_id", Int),
        ("tenant", Text),
        ("consent", Text),
        ("consent_at", Int),
        ("consent_code", Text),
        ("consent_detail", Text),
        ("granted_at", Int),
        ("granted_by", Text),
        ("refreshed_at", Int),
        ("refused_at", Int),
        ("discovered_at", Int),
        ("created_at", Int),
        ("updated_at", Int),
    ],
    columns: &[],
    meet: Meet::Keep,
};

pub(super) static ACCOUNTS: Table = Table {
    name: "accounts",
    keys: &[("partner_id", Int), ("id", Int)],
    fixed: &[
        ("organization_id", Int),
        ("connection_id", Int),
        ("service", Text),
        ("address", Text),
        ("address_lower", Text),
        ("name", Text),
        ("type", Text),
        ("status", Text),
        ("external_id", Text),
        ("enrolled_at", Int),
        ("watched_since", Int),
        ("created_at", Int),
        ("updated_at", Int),
    ],
    columns: &[],
    meet: Meet::Keep,
};

pub(super) static ACTIVATIONS: Table = Table {
    name: "activations",
    keys: &[("partner_id", Int), ("organization_id", Int), ("account_id", Int), ("at", Int)],
    fixed: &[("activated", Bool), ("who", Text)],
    columns: &[],
    meet: Meet::Keep,
};

pub(super) static ZERO_COUNTS: Table = Table {
    name: "saas_counts",
    keys: &[("partner_id", Int), ("organization_id", Int), ("service", Text)],
    fixed: &[],
    columns: &[("accounts", Int), ("seats", Int), ("running", Int), ("retrying", Int)],
    meet: Meet::Add,
};
