//! What is asked of the store is found by index.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::testing::{self, Kind};
use domain::{
    health::Band,
    ids::{OrganizationId, PolicyId},
    policy::DeviceClass,
};
use sea_orm::Statement;

async fn plan_of(store: &crate::store::Store, filter: &DeviceFilter, way: &Way, edge: Edge) -> String {
    let partner = PartnerId(7);
    let actor = Actor::system(Scope::Partners([partner].into()));
    let key = if filter.sort == DeviceSort::Name { Key::Text("m".into()) } else { Key::Number(70) };
    let after = Some((key, 9)).filter(|_| edge != Edge::Whole);
    let asked = Asked { actor: &actor, filter, after, wanted: 51, backend: DbBackend::Sqlite };
    let mut query = Sql::new("EXPLAIN QUERY PLAN ");
    asked.part(&mut query, partner, way, edge);
    let statement: Statement = query.build(DbBackend::Sqlite);
    let rows = store.reads().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index::<String>(3).unwrap()).collect::<Vec<_>>().join("\n")
}

async fn plan(store: &crate::store::Store, filter: &DeviceFilter, way: &Way) -> String {
    plan_of(store, filter, way, Edge::Whole).await
}

#[tokio::test]
async fn every_order_is_walked_along_an_index_of_its_own_and_ends_when_the_page_is_full() {
    let fresh = testing::fresh(Kind::Sqlite).await;
    let all = DeviceFilter::default();
    let filters = [
        all.clone(),
        DeviceFilter { class: Some(DeviceClass::Server), policy: Some(PolicyId(3)), ..all.clone() },
        DeviceFilter { band: Some(Band::Critical), life: Some(DeviceLife::Paused), ..all.clone() },
        DeviceFilter { band: Some(Band::Warning), ..all.clone() },
        DeviceFilter { life: Some(DeviceLife::Paused), ..all.clone() },
        DeviceFilter { life: Some(DeviceLife::Pending), ..all.clone() },
        DeviceFilter { search: Some("fs".into()), ..all },
    ];
    for (sort, index) in [
        (DeviceSort::Score, "device_state_score"),
        (DeviceSort::Need, "device_state_need"),
        (DeviceSort::Name, "devices_sorted"),
        (DeviceSort::LastSuccess, "device_state_usable"),
        (DeviceSort::Due, "device_state_due"),
    ] {
        for (filter, descending) in filters.iter().flat_map(|f| [(f, false), (f, true)]) {
            let filter = DeviceFilter { sort, descending, ..filter.clone() };
            for edge in [Edge::Whole, Edge::Tied, Edge::Past] {
                let plan = plan_of(&fresh.store, &filter, &Way::Along, edge).await;
                assert!(plan.contains(index), "{filter:?}: {plan}");
                assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{filter:?}: {plan}");
                // What shares the last row's key is entered at its id.
                let (key, id) = if sort == DeviceSort::Name { ("name_lower", "id") } else { ("<expr>", "device_id") };
                let key = if sort == DeviceSort::Score { "score" } else { key };
                let sign = if descending { '<' } else { '>' };
                let entered = match edge {
                    Edge::Whole => "(partner_id=?".to_owned(),
                    Edge::Tied => format!("(partner_id=? AND {key}=? AND {id}{sign}?)"),
                    Edge::Past => format!("{key}{sign}?"),
                };
                assert!(plan.contains(&entered), "{filter:?} {edge:?}: {plan}");
            }
        }
    }
}

#[tokio::test]
async fn an_organizations_devices_and_few_of_a_kind_are_found_by_index_and_then_sorted() {
    let fresh = testing::fresh(Kind::Sqlite).await;
    let all = DeviceFilter::default();
    let organization = Way::Organization(OrganizationId(5));
    for sort in [DeviceSort::Score, DeviceSort::Need, DeviceSort::Name, DeviceSort::LastSuccess, DeviceSort::Due] {
        let of_one = plan(&fresh.store, &DeviceFilter { sort, ..all.clone() }, &organization).await;
        assert!(of_one.contains("device_state_organization") || of_one.contains("devices_name"), "{sort:?}: {of_one}");
        let kind = DeviceFilter { sort, class: Some(DeviceClass::Server), life: Some(DeviceLife::Retired), ..all.clone() };
        let of_kind = plan(&fresh.store, &kind, &Way::Kind).await;
        assert!(of_kind.contains("devices_class") && !of_kind.contains("SCAN d"), "{sort:?}: {of_kind}");
        let band = DeviceFilter { sort, band: Some(Band::Critical), ..all.clone() };
        let of_band = plan(&fresh.store, &band, &Way::Band).await;
        assert!(of_band.contains("device_state_score") && !of_band.contains("SCAN d"), "{sort:?}: {of_band}");
        let paused = DeviceFilter { sort, life: Some(DeviceLife::Paused), ..all.clone() };
        let of_paused = plan(&fresh.store, &paused, &Way::Paused).await;
        assert!(of_paused.contains("device_state_need (partner_id=? AND <expr>>? AND <expr><?)"), "{sort:?}: {of_paused}");
        assert!(!of_paused.contains("SCAN d"), "{sort:?}: {of_paused}");
    }
}

#[tokio::test]
async fn a_large_organization_is_found_along_the_order_of_all_and_a_band_by_its_part_of_it() {
    let fresh = testing::fresh(Kind::Sqlite).await;
    let all = DeviceFilter { sort: DeviceSort::Need, ..DeviceFilter::default() };
    let within = plan(&fresh.store, &all, &Way::Within(OrganizationId(5))).await;
    assert!(within.contains("device_state_need") && !within.contains("TEMP B-TREE"), "{within}");
    for filter in [
        DeviceFilter { band: Some(Band::Healthy), ..all.clone() },
        DeviceFilter { life: Some(DeviceLife::Paused), ..all.clone() },
        DeviceFilter { life: Some(DeviceLife::Active), ..all },
    ] {
        let part = plan(&fresh.store, &filter, &Way::Along).await;
        assert!(part.contains("device_state_need (partner_id=? AND <expr>>? AND <expr><?)"), "{filter:?}: {part}");
    }
}
