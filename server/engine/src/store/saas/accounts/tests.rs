//! What the list of accounts is asked for, and by which index it is found.

use super::*;
use crate::testing::{self, Kind};

async fn plan(store: &Store, filter: &AccountsFilter) -> String {
    let organization = organization::Model {
        partner_id: 7,
        id: 5,
        name: String::new(),
        name_lower: String::new(),
        time_zone: "UTC".into(),
        status: "activated".into(),
        region: String::new(),
        plan_name: String::new(),
        plan_type: "Backup".into(),
        seat_limit: None,
        created_at: 0,
        updated_at: 0,
        sla_workstation_hours: 24,
        sla_server_hours: 12,
    };
    let key = if filter.sort == AccountsSort::Account { Key::Text("m".into()) } else { Key::Number(70) };
    let asked = Asked { filter, organization: &organization, after: Some((key, filter.descending, 9)), backend: DbBackend::Sqlite };
    let mut sql = asked.rows();
    sql.before("EXPLAIN QUERY PLAN ").push(" LIMIT 51");
    let rows = store.reads().query_all_raw(sql.build(DbBackend::Sqlite)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index::<String>(3).unwrap()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn accounts_come_along_an_index_and_open_ones_by_their_own() {
    let fresh = testing::fresh(Kind::Sqlite).await;
    let all = AccountsFilter::of(OrganizationId(5));
    for (sort, index) in [(AccountsSort::Account, "accounts_sorted"), (AccountsSort::LastBackup, "account_state_last")] {
        for (descending, search) in [(false, None), (true, Some("ann"))] {
            let filter = AccountsFilter { sort, descending, search: search.map(str::to_owned), ..all.clone() };
            let along = plan(&fresh.store, &filter).await;
            assert!(along.contains(index) && !along.contains("TEMP B-TREE") && !along.contains("SCAN"), "{filter:?}: {along}");
        }
        let open = AccountsFilter { sort, result: Some(AccountResult::Is(RunState::Retrying)), ..all.clone() };
        let open = plan(&fresh.store, &open).await;
        assert!(open.contains("account_state_open"), "{open}");
    }
}
