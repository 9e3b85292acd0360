//! `/api/v1`: the contract for scripts and other systems, one file per noun. Bodies use the domain's words in snake_case;
//! times are RFC 3339; lists answer `{items, next_cursor}`.

pub mod accounts;
pub mod alerts;
pub mod assessment;
pub mod audit;
pub mod backup_summary_reports;
pub mod connections;
pub mod devices;
pub mod inbox;
pub mod inbox_rules;
pub mod jobs;
pub mod keys;
pub mod maintenance;
pub mod organizations;
pub mod outbox;
pub mod paging;
pub mod partners;
pub mod policies;
pub mod restore_tests;
pub mod runs;
pub mod table;

use super::{docs, ingest};
use axum::http::Method;
use table::Table;

/// Every route below `/api/v1`.
pub fn routes() -> Table {
    Table::default()
        .add_sized(Method::POST, "/api/v1/events", ingest::post_events, ingest::MAX_BODY)
        .add_sized(Method::POST, "/api/v1/reports/{tool}", ingest::post_report, ingest::MAX_REPORT)
        .add(Method::POST, "/api/v1/check-ins", ingest::post_check_in)
        .add(Method::POST, "/api/v1/restore-tests", ingest::post_restore_test)
        .add(Method::GET, "/api/v1/restore-tests", restore_tests::list)
        .merge(partners::routes())
        .merge(organizations::routes())
        .merge(policies::routes())
        .merge(maintenance::routes())
        .merge(devices::routes())
        .merge(jobs::routes())
        .merge(runs::routes())
        .merge(connections::routes())
        .merge(accounts::routes())
        .merge(alerts::routes())
        .merge(inbox::routes())
        .merge(inbox_rules::routes())
        .merge(backup_summary_reports::routes())
        .merge(keys::routes())
        .merge(audit::routes())
        .merge(outbox::routes())
        .add(Method::GET, "/api/v1/openapi.json", docs::openapi_json)
}
