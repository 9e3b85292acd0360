//! The demo: fills an empty store and no other, goes on where it stopped, and moves its devices as real machines would.

use domain::{
    access::{Actor, Scope},
    time::{Span, Time},
};
use engine::{
    Engine,
    check::recount,
    store::{
        Store, StoreUrl,
        organizations::{self, OrganizationFilter, Window},
        partners::everything,
        people::{self, FirstOwner},
        saas,
    },
    testing::{Kind, fresh},
};
use server::demo::{Demo, DemoError, Mover, PASSWORD, Wanted, clear, demo_clock, half_filled, is_filled};
use std::{path::Path, sync::Arc};
use tokio_util::sync::CancellationToken;

/// 2026-11-20T07:40:00Z.
const UNTIL: Time = Time(1_795_160_400_000);

const TINY: Wanted =
    Wanted { seed: Some(5), organizations: Some(4), devices: Some(40), days: Some(12), customers: Some(6), accounts: Some(60) };

async fn open(store: &Store, folder: &Path, wanted: Wanted, now: Time) -> Result<(Demo, bool), DemoError> {
    Demo::open(store, folder, wanted, PASSWORD, now, |_| {}).await
}

/// Usable runs that ended in the last 24 hours, of all organizations.
async fn successes(store: &Store, now: Time) -> i64 {
    let actor = Actor::system(everything(store).await.unwrap());
    let all = organizations::list(store, &actor, &OrganizationFilter::default()).await.unwrap().items;
    let mut sum = 0;
    for organization in all {
        sum += organizations::counts(store, &actor, organization.id, Window::Day, now).await.unwrap().success;
    }
    sum
}

#[tokio::test]
async fn a_tiny_fleet_fills_either_store_and_moves_on_without_drift() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let fresh = fresh(kind).await;
        let folder = tempfile::tempdir().unwrap();
        let (demo, filled) = open(&fresh.store, folder.path(), TINY, UNTIL).await.unwrap();
        assert!(filled);
        assert_eq!(demo.came_to(), UNTIL);
        assert_eq!(recount(&fresh.store).await.unwrap(), [], "{kind:?} after the fill");
        let scope = everything(&fresh.store).await.unwrap();
        assert!(matches!(&scope, Scope::Partners(partners) if partners.len() == 4));

        let mut mover = Mover::new(demo.clone(), UNTIL, Span::hours(1));
        let stop = CancellationToken::new();
        let later = UNTIL + Span::hours(26);
        let engine = Engine::start_driven(fresh.store.clone(), Arc::new(move || later), stop.clone());
        let mut now = UNTIL;
        let mut moved = 0;
        while now < later {
            now += Span::hours(1);
            mover.step(&engine, now).await.unwrap();
            moved += engine.reconciler.tick(now).await.unwrap();
        }
        let succeeded = successes(&fresh.store, now).await;
        assert!(succeeded > 30, "{kind:?}: {succeeded} runs succeeded in a day");
        let actor = Actor::system(everything(&fresh.store).await.unwrap());
        let saas = saas::totals(&fresh.store, &actor, None, now).await.unwrap();
        assert!(saas.seats > 40 && saas.day.success > 100 && saas.retrying > 0, "{kind:?}: {saas:?}");
        assert!(moved > 0, "{kind:?}: time passes for nobody");
        assert_eq!(recount(&fresh.store).await.unwrap(), [], "{kind:?} after a day");
        stop.cancel();
    }
}

#[tokio::test]
async fn a_demo_goes_on_where_it_stopped_and_misses_nothing_of_the_time_between() {
    let fresh = fresh(Kind::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    open(&fresh.store, folder.path(), TINY, UNTIL).await.unwrap();
    let (demo, filled) = open(&fresh.store, folder.path(), Wanted::default(), UNTIL + Span::days(1)).await.unwrap();
    assert!(!filled, "what is there is taken up again");
    let now = UNTIL + Span::hours(30);
    demo.catch_up(&fresh.store, now, |_| {}).await.unwrap();
    assert_eq!(demo.came_to(), now);
    let succeeded = successes(&fresh.store, now).await;
    assert!(succeeded > 30, "{succeeded}");
    // Its clock has run fast: started again it goes on, neither back to the wall's time nor on by what it was ahead.
    let (again, _) = open(&fresh.store, folder.path(), Wanted::default(), UNTIL + Span::days(1)).await.unwrap();
    assert_eq!(again.goes_on_at(UNTIL + Span::days(1)), now);
    assert_eq!(demo_clock(again.goes_on_at(now - Span(1)), 1)().0.div_euclid(60_000), now.0.div_euclid(60_000));
    assert_eq!(again.goes_on_at(now + Span::HOUR), now + Span::HOUR, "the wall's time has caught up");
    assert_eq!(recount(&fresh.store).await.unwrap(), []);
    let other = open(&fresh.store, folder.path(), Wanted { seed: Some(6), ..Wanted::default() }, now).await;
    assert!(matches!(other, Err(DemoError::Another(_))));
}

#[tokio::test]
async fn a_store_that_is_somebody_s_is_left_alone() {
    let fresh = fresh(Kind::Sqlite).await;
    let folder = tempfile::tempdir().unwrap();
    let owner = FirstOwner {
        email: "ada@example.org".into(),
        name: "Ada".into(),
        password: "correct horse battery".into(),
        partner: "Ada's".into(),
        time_zone: "UTC".into(),
    };
    people::first_start(&fresh.store, owner, UNTIL).await.unwrap();
    assert!(matches!(open(&fresh.store, folder.path(), TINY, UNTIL).await, Err(DemoError::NotEmpty)));
    // Nor does a demo's note from elsewhere make it one.
    let elsewhere = fresh_demo(folder.path()).await;
    assert!(elsewhere);
    assert!(matches!(open(&fresh.store, folder.path(), TINY, UNTIL).await, Err(DemoError::NotEmpty)));
}

async fn fresh_demo(folder: &Path) -> bool {
    let other = fresh(Kind::Sqlite).await;
    open(&other.store, folder, TINY, UNTIL).await.unwrap().1
}

#[test]
fn only_what_a_broken_off_fill_left_behind_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("holdfast.db");
    let url = StoreUrl::Sqlite(database.clone());
    let note = |partners: &str| {
        let text = format!(r#"{{"seed":1,"organizations":4,"devices":4,"days":4,"until":0,"partners":{partners}}}"#);
        std::fs::write(folder.path().join("demo.json"), text).unwrap();
    };
    std::fs::write(&database, "half").unwrap();
    clear(&url, folder.path()).unwrap();
    assert!(database.exists(), "without a note it is nobody's demo");
    assert!(!is_filled(&url, folder.path()) && half_filled(folder.path()).is_none());
    note("[]");
    clear(&url, folder.path()).unwrap();
    assert!(database.exists(), "a fill that ended is kept");
    assert!(is_filled(&url, folder.path()) && half_filled(folder.path()).is_none());
    note("null");
    assert!(!is_filled(&url, folder.path()) && half_filled(folder.path()).is_some());
    clear(&url, folder.path()).unwrap();
    assert!(!database.exists());
    assert!(matches!(clear(&StoreUrl::Postgres("postgres://x".into()), folder.path()), Err(DemoError::BrokenOff(_))));
    note("[]");
    assert!(!is_filled(&url, folder.path()), "its database was taken away");
}
