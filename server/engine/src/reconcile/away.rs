//! The portal's own absence: while nobody watched, silence meant nothing, and what agents have kept comes only now.
//!
//! Found at the start, and when the clock has jumped: by changes that were due long ago and that nobody has decided. Kept beside the
//! platform's incidents, so that every server and `check` decide alike. What it means is decided in `assess` ([`DeviceFacts::believed`]).
//!
//! [`DeviceFacts::believed`]: domain::facts::DeviceFacts::believed

use crate::{
    error::Error,
    store::{Store, facts::at},
};
use domain::{
    facts::Away,
    time::{Span, Time},
};
use sea_orm::{ConnectionTrait, Statement};

/// A change that nobody has decided for so long was missed; less is a busy minute.
pub(super) const AFTER: Span = Span::minutes(2);

/// Agents that could not tell try again at least so often; then what they have kept is there.
pub const CATCH_UP: Span = Span::minutes(15);

/// Absences, each with when the portal was there again.
pub(crate) struct Absences(Vec<(Away, Time)>);

impl Absences {
    /// Those that still matter at some time from `now` on.
    pub(crate) async fn load<C: ConnectionTrait>(conn: &C, now: Time) -> Result<Self, Error> {
        let sql = "SELECT since, last_at, resolved_at FROM platform_incidents WHERE kind = 'away' AND subject = 'portal' AND last_at > $1";
        let rows = conn.query_all_raw(Statement::from_sql_and_values(conn.get_database_backend(), sql, [now.0.into()])).await?;
        let absence = |row| Ok((Away { since: Time(at(row, 0)?), until: Time(at(row, 1)?) }, Time(at(row, 2)?)));
        rows.iter().map(absence).collect::<Result<_, Error>>().map(Self)
    }

    /// The one that matters for what is decided at this time.
    pub(crate) fn at(&self, now: Time) -> Option<Away> {
        self.0.iter().find(|(away, returned)| *returned <= now && now < away.until).map(|(away, _)| *away)
    }
}

/// Writes down that nothing was decided from `earliest` on, until now.
pub(super) async fn returned(store: &Store, earliest: Time, now: Time) -> Result<(), Error> {
    let tx = store.begin().await?;
    // One that has not caught up when it goes away again goes on.
    let sql = "SELECT MIN(since) FROM platform_incidents WHERE kind = 'away' AND subject = 'portal' AND last_at >= $1";
    let backend = store.backend();
    let row = tx.query_one_raw(Statement::from_sql_and_values(backend, sql, [earliest.0.into()])).await?;
    let before = row.map(|row| at::<Option<i64>>(&row, 0)).transpose()?.flatten();
    let since = before.unwrap_or(earliest.0 - 1);
    let sql = "INSERT INTO platform_incidents (kind, subject, since, last_at, resolved_at, detail) VALUES ('away', 'portal', $1, $2, $3, '') \
               ON CONFLICT (kind, subject, since) DO UPDATE SET last_at = excluded.last_at, resolved_at = excluded.resolved_at";
    let values = [since.into(), (now + CATCH_UP).0.into(), now.0.into()];
    tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    tx.commit().await?;
    Ok(())
}
