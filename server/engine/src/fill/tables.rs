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
