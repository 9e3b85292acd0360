//! Restore tests of a device. They come in by `ingest`.

use super::paging::{Paged, word};
use crate::{
    http::{
        auth::Caller,
        error::{ApiError, ApiResult},
        ingest::RestoreResult,
        moment::Moment,
        read::Search,
    },
    portal::Portal,
};
use axum::{Json, extract::State};
use domain::ids::{DeviceId, RestoreTestId};
use engine::store::restore_tests::{self, RestoreTestRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A restore test.
#[derive(Debug, Serialize, ToSchema)]
pub struct RestoreTest {
    #[schema(value_type = String)]
    id: RestoreTestId,
    #[schema(value_type = String)]
    device: DeviceId,
    at: Moment,
    result: RestoreResult,
    scope: String,
    rpo_seconds: Option<i64>,
    rto_seconds: Option<i64>,
    note: String,
    /// Who or what did it.
    made_by: String,
}

impl From<RestoreTestRow> for RestoreTest {
    fn from(row: RestoreTestRow) -> Self {
        Self {
            id: row.id,
            device: row.device,
            at: row.at.into(),
            result: if row.passed { RestoreResult::Passed } else { RestoreResult::Failed },
            scope: row.scope,
            rpo_seconds: row.rpo_seconds,
            rto_seconds: row.rto_seconds,
            note: row.note,
            made_by: row.made_by,
        }
    }
}

/// Of which device.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RestoreTestQuery {
    /// Id.
    device: String,
}

/// Lists the last 100 restore tests of a device, latest first.
#[utoipa::path(get, path = "/api/v1/restore-tests", tag = "restore tests", params(RestoreTestQuery), responses((status = 200, body = Paged<RestoreTest>), (status = 404)))]
pub async fn list(
    State(portal): State<Portal>,
    caller: Caller,
    Search(query): Search<RestoreTestQuery>,
) -> ApiResult<Json<Paged<RestoreTest>>> {
    let device: DeviceId =
        word("device", Some(&query.device))?.ok_or_else(|| ApiError::malformed("bad_query", "`device` is missing").field("device"))?;
    Ok(Paged::whole(restore_tests::list(portal.store(), &caller.actor, device).await?, RestoreTest::from))
}
