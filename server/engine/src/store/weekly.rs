//! The weekly health summary (D8): to whom it goes and when, what it says, and that it goes once.
//!
//! What a mail looks like is the server's affair; here are its figures ([`figures`]), read from state and from short ranges of counts by hour and day.
//! What a summary said is kept as a row of `reports`, so that the next one can say what has changed.

mod due;
mod figures;
mod kept;
mod settings;

pub(crate) use due::work_out_anew;
pub use due::{Due, due, earliest, send, send_test};
pub use figures::{Bands, CriticalAlert, Figures, LowScore, Runs, as_of_now, figures};
pub use settings::{Hindered, LastSent, MOST_ADDRESSES, NewWeekly, Recipient, Weekly, resume, set, settings};

use super::{entity::weekly_summary, partners};
use crate::error::Error;
use domain::{
    access::{Actor, Scope},
    ids::PartnerId,
    report::weekly::Rhythm,
    zones::Zone,
};
use sea_orm::{ConnectionTrait, EntityTrait};

/// The kind of what is kept of a summary.
const KIND: &str = "weekly_summary";

async fn find<C: ConnectionTrait>(conn: &C, partner: PartnerId) -> Result<Option<weekly_summary::Model>, Error> {
    Ok(weekly_summary::Entity::find_by_id(partner.0).one(conn).await?)
}

fn rhythm(row: &weekly_summary::Model) -> Rhythm {
    Rhythm::of(row.weekday, row.hour).unwrap_or_default()
}

async fn zone<C: ConnectionTrait>(conn: &C, partner: PartnerId) -> Result<Zone, Error> {
    let name = partners::find(conn, partner).await?.time_zone;
    Zone::named(&name).map_err(|e| Error::Internal(format!("stored time zone: {e}")))
}

/// Of what a summary was a copy, in the outbox: one of each partner, day and address.
fn once(partner: PartnerId, day: i32, address: &str) -> String {
    format!("weekly:{partner}:{day}:{}", address.to_lowercase())
}

/// The server itself, for a partner with what is below it.
async fn system<C: ConnectionTrait>(conn: &C, partner: PartnerId) -> Result<Actor, Error> {
    Ok(Actor::system(Scope::Partners(partners::subtree(conn, partner).await?)))
}
