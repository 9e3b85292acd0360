//! Keeps PostgreSQL's planner informed while tables are young. Not for tables that have their size: autovacuum looks after those.
//!
//! Prepared statements are planned once. Planned on a table of which nothing is known, a look-up by key may walk the partner's whole
//! index, and autovacuum comes a minute later at best. After `ANALYZE` PostgreSQL plans anew by itself.

use crate::{
    error::Error,
    store::{Store, facts::at},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between looks.
const LOOK: Duration = Duration::from_secs(2);

/// Tables that have doubled since they were analysed, and hold enough for plans to differ.
const GROWN: &str = "SELECT relname::text FROM pg_stat_user_tables \
 WHERE schemaname = current_schema() AND n_live_tup BETWEEN 200 AND 1000000 AND n_mod_since_analyze * 2 > n_live_tup";

/// Looks until cancelled. Nothing to do on SQLite, whose texts fix the order of joins themselves.
pub(super) async fn tend(store: Store, cancel: CancellationToken) {
    if store.backend() != DbBackend::Postgres {
        return;
    }
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        if let Err(error) = analyse(&store).await {
            // Slower, not wrong: autovacuum will do it.
            tracing::debug!(%error, "young tables could not be analysed");
        }
    }
}

async fn analyse(store: &Store) -> Result<(), Error> {
    for row in store.reads().query_all_raw(Statement::from_string(DbBackend::Postgres, GROWN)).await? {
        let table: String = at(&row, 0)?;
        store.reads().execute_unprepared(&format!("ANALYZE \"{}\"", table.replace('"', "\"\""))).await?;
    }
    Ok(())
}
