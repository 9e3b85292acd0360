//! A fleet that is filled in and the same fleet that is lived, event by event and tick by tick, leave the same tables.

mod lived;

use domain::time::Time;
use engine::{Error, fill::fill, on_both_stores, store::Store, testing};
use fleet::{Fleet, Size};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};
use std::collections::BTreeMap;

/// 2026-11-10T09:00:00Z: two clock changes are within the history.
const UNTIL: Time = Time(1_794_301_200_000);

/// Whatever has jobs, or alerts.
const SUBJECTS: &str = "(SELECT partner_id, id, name FROM devices UNION ALL \
 SELECT partner_id, id, address AS name FROM accounts UNION ALL \
 SELECT partner_id, id, service AS name FROM connections) d";

/// Everything that is told of a fleet, without ids: names instead. `{subjects}` are [`SUBJECTS`].
const TOLD: &[(&str, &str)] = &[
    ("partners", "SELECT p.name, p.time_zone, a.name, p.created_at FROM partners p LEFT JOIN partners a ON a.id = p.parent_id"),
    (
        "policies",
        "SELECT p.name, o.name, o.schedule, o.grace_minutes, o.longest_run_minutes, o.restore_test_days, o.overdue_hours, o.offline_allowance_hours, \
         o.silence_days, o.is_default FROM policies o JOIN partners p ON p.id = o.partner_id",
    ),
    (
        "service levels",
        "SELECT p.name, r.organization_id, r.class, r.hours, r.from_at, r.until_at, r.made_by FROM sla_rules r JOIN partners p ON p.id = r.partner_id",
    ),
    (
        "people",
        "SELECT p.name, u.name, u.email, m.role, o.name FROM memberships m JOIN users u ON u.id = m.user_id JOIN partners p ON p.id = m.partner_id \
         LEFT JOIN organizations o ON o.partner_id = m.partner_id AND o.id = m.organization_id",
    ),
    (
        "organizations",
        "SELECT p.name, o.name, o.name_lower, o.time_zone, o.status, o.region, o.plan_name, o.plan_type, o.seat_limit, o.created_at, o.updated_at, \
         o.sla_server_hours, o.sla_workstation_hours FROM organizations o JOIN partners p ON p.id = o.partner_id",
    ),
    (
        "devices",
        "SELECT o.name, d.name, d.name_lower, d.class, d.life, p.name, d.quota_bytes, d.tags, d.agent_version, d.hostname, d.enrolled_at, d.watched_since \
         FROM devices d JOIN policies p ON p.partner_id = d.partner_id AND p.id = d.policy_id \
         JOIN organizations o ON o.partner_id = d.partner_id AND o.id = d.organization_id",
    ),
    (
        "jobs",
        "SELECT o.name, d.name, j.name, j.name_lower, j.slug, j.schedule, j.created_at, s.history, s.slots, r.run_key, s.last_state, s.last_at, \
         s.last_usable_at, s.due_at FROM jobs j JOIN {subjects} ON d.partner_id = j.partner_id AND d.id = j.device_id \
         JOIN organizations o ON o.partner_id = j.partner_id AND o.id = j.organization_id \
         JOIN job_state s ON s.partner_id = j.partner_id AND s.job_id = j.id LEFT JOIN runs r ON r.partner_id = s.partner_id AND r.id = s.last_run_id",
    ),
    (
        "runs",
        "SELECT o.name, d.name, j.name, r.run_key, r.state, r.started_at, r.ended_at, r.attempt, r.timed_out, r.bytes, r.body, l.bytes, l.created_at, t.state \
         FROM runs r JOIN {subjects} ON d.partner_id = r.partner_id AND d.id = r.device_id \
         JOIN organizations o ON o.partner_id = r.partner_id AND o.id = r.organization_id \
         JOIN jobs j ON j.partner_id = r.partner_id AND j.id = r.job_id \
         LEFT JOIN run_logs l ON l.partner_id = r.partner_id AND l.run_id = r.id \
         LEFT JOIN troubled_runs t ON t.partner_id = r.partner_id AND t.run_id = r.id AND t.started_at = r.started_at",
    ),
    (
        "states",
        "SELECT o.name, d.name, s.life, s.score, s.band, s.assessment, s.assessed_at, s.next_change_at, s.last_seen_at, s.checked_in_at, s.storage_used, \
         s.last_usable_at, s.due_at, s.running, s.retrying, s.restore_at, s.restore_passed, s.open_alerts, s.breach_at, s.in_breach \
         FROM device_state s JOIN devices d ON d.partner_id = s.partner_id AND d.id = s.device_id \
         JOIN organizations o ON o.partner_id = s.partner_id AND o.id = s.organization_id",
    ),
    (
        "counts",
        "SELECT o.name, c.healthy, c.warning, c.critical, c.unknown, c.paused, c.running, c.retrying, c.open_alerts, c.covered, c.in_breach \
         FROM organization_counts c JOIN organizations o ON o.partner_id = c.partner_id AND o.id = c.organization_id \
         WHERE c.healthy + c.warning + c.critical + c.unknown + c.paused + c.running + c.retrying + c.open_alerts + c.covered + c.in_breach <> 0",
    ),
    (
        "hours",
        "SELECT o.name, h.hour, h.succeeded, h.warning, h.failed, h.missed FROM organization_hours h \
         JOIN organizations o ON o.partner_id = h.partner_id AND o.id = h.organization_id \
         WHERE h.succeeded <> 0 OR h.warning <> 0 OR h.failed <> 0 OR h.missed <> 0",
    ),
    (
        "organization days",
        "SELECT o.name, h.day, h.succeeded, h.warning, h.failed, h.missed FROM organization_days h \
         JOIN organizations o ON o.partner_id = h.partner_id AND o.id = h.organization_id \
         WHERE h.succeeded <> 0 OR h.warning <> 0 OR h.failed <> 0 OR h.missed <> 0",
    ),
    (
        "job days",
        "SELECT o.name, d.name, j.name, x.day, x.succeeded, x.warning, x.failed, x.missed, x.other FROM job_days x \
         JOIN {subjects} ON d.partner_id = x.partner_id AND d.id = x.device_id JOIN jobs j ON j.partner_id = x.partner_id AND j.id = x.job_id \
         JOIN organizations o ON o.partner_id = x.partner_id AND o.id = x.organization_id \
         WHERE x.succeeded <> 0 OR x.warning <> 0 OR x.failed <> 0 OR x.missed <> 0 OR x.other <> 0",
    ),
    (
        "recency",
        "SELECT o.name, d.name, x.week, CAST(LENGTH(x.ends) AS BIGINT) AS held FROM recency x JOIN devices d ON d.partner_id = x.partner_id AND d.id = x.device_id \
         JOIN organizations o ON o.partner_id = x.partner_id AND o.id = x.organization_id WHERE LENGTH(x.ends) > 0",
    ),
    (
        "exclusions",
        "SELECT o.name, d.name, x.cause, x.from_at, x.until_at, x.made_by FROM exclusions x \
         LEFT JOIN devices d ON d.partner_id = x.partner_id AND d.id = x.device_id \
         JOIN organizations o ON o.partner_id = x.partner_id AND o.id = x.organization_id",
    ),
    (
        "storage",
        "SELECT o.name, d.name, x.day, x.used, x.quota FROM device_storage x JOIN devices d ON d.partner_id = x.partner_id AND d.id = x.device_id \
         JOIN organizations o ON o.partner_id = d.partner_id AND o.id = d.organization_id",
    ),
    (
        "restore tests",
        "SELECT o.name, d.name, x.at, x.passed, x.scope, x.rpo_seconds, x.rto_seconds, x.note, x.made_by FROM restore_tests x \
         JOIN devices d ON d.partner_id = x.partner_id AND d.id = x.device_id \
         JOIN organizations o ON o.partner_id = x.partner_id AND o.id = x.organization_id",
    ),
    (
        "alerts",
        "SELECT o.name, d.name, a.kind, a.opened_at, j.name, r.run_key, a.severity, a.since, a.raised_at, a.resolved_at, a.reopened, a.muted, \
         a.acknowledged_at, a.snoozed_until, a.reason, a.worth FROM alerts a JOIN {subjects} ON d.partner_id = a.partner_id AND d.id = a.device_id \
         JOIN organizations o ON o.partner_id = a.partner_id AND o.id = a.organization_id \
         LEFT JOIN jobs j ON j.partner_id = a.partner_id AND j.id = a.job_id LEFT JOIN runs r ON r.partner_id = a.partner_id AND r.id = a.run_id",
    ),
    (
        "alert events",
        "SELECT o.name, d.name, a.kind, a.opened_at, e.at, e.what, e.who, e.note FROM alert_events e \
         JOIN alerts a ON a.partner_id = e.partner_id AND a.id = e.alert_id JOIN {subjects} ON d.partner_id = a.partner_id AND d.id = a.device_id \
         JOIN organizations o ON o.partner_id = a.partner_id AND o.id = a.organization_id",
    ),
    (
        "connections",
        "SELECT o.name, c.service, p.name, c.tenant, c.consent, c.consent_at, c.consent_code, c.consent_detail, c.granted_at, c.granted_by, \
         c.refreshed_at, c.next_refresh_at, c.refused_at, c.attempts, c.discovered_at, c.next_discovery_at, c.created_at, c.updated_at \
         FROM connections c JOIN policies p ON p.partner_id = c.partner_id AND p.id = c.policy_id \
         JOIN organizations o ON o.partner_id = c.partner_id AND o.id = c.organization_id",
    ),
    (
        "accounts",
        "SELECT o.name, a.service, a.address, a.address_lower, a.name, a.type, a.status, a.external_id, a.gone_at, a.enrolled_at, a.watched_since, \
         a.created_at, a.updated_at, c.service FROM accounts a JOIN connections c ON c.partner_id = a.partner_id AND c.id = a.connection_id \
         JOIN organizations o ON o.partner_id = a.partner_id AND o.id = a.organization_id",
    ),
    (
        "account states",
        "SELECT o.name, a.address, s.service, s.life, s.counted, s.score, s.band, s.assessment, s.assessed_at, s.next_change_at, s.last_seen_at, \
         s.last_result, s.last_at, s.last_usable_at, s.due_at, s.running, s.retrying, s.open_alerts \
         FROM account_state s JOIN accounts a ON a.partner_id = s.partner_id AND a.id = s.account_id \
         JOIN organizations o ON o.partner_id = s.partner_id AND o.id = s.organization_id",
    ),
    (
        "SaaS counts",
        "SELECT p.name, o.name, c.service, c.accounts, c.seats, c.running, c.retrying FROM saas_counts c JOIN partners p ON p.id = c.partner_id \
         LEFT JOIN organizations o ON o.partner_id = c.partner_id AND o.id = c.organization_id",
    ),
    (
        "SaaS hours",
        "SELECT p.name, o.name, h.hour, h.succeeded, h.warning, h.failed, h.missed FROM saas_hours h JOIN partners p ON p.id = h.partner_id \
         LEFT JOIN organizations o ON o.partner_id = h.partner_id AND o.id = h.organization_id \
         WHERE h.succeeded <> 0 OR h.warning <> 0 OR h.failed <> 0 OR h.missed <> 0",
    ),
    (
        "activations",
        "SELECT o.name, a.address, x.at, x.activated, x.who FROM activations x \
         JOIN organizations o ON o.partner_id = x.partner_id AND o.id = x.organization_id \
         LEFT JOIN accounts a ON a.partner_id = x.partner_id AND a.id = x.account_id",
    ),
];

async fn rows(store: &Store, sql: &str) -> Vec<QueryResult> {
    store.reads().query_all_raw(Statement::from_string(store.backend(), sql)).await.unwrap()
}

fn text(row: &QueryResult, place: usize) -> String {
    if let Ok(text) = row.try_get_by_index::<Option<String>>(place) {
        return text.unwrap_or_else(|| "-".into());
    }
    match row.try_get_by_index::<Option<i64>>(place) {
        Ok(number) => number.map_or_else(|| "-".into(), |n| n.to_string()),
        Err(_) => row.try_get_by_index::<Option<bool>>(place).unwrap().map_or_else(|| "-".into(), |b| i64::from(b).to_string()),
    }
}

/// Everything that is told, by topic, each line with its columns parted by ` | `.
async fn told(store: &Store) -> BTreeMap<&'static str, Vec<String>> {
    let mut jobs = BTreeMap::new();
    for row in rows(store, "SELECT id, name FROM jobs").await {
        jobs.insert(domain::ids::JobId(row.try_get_by_index(0).unwrap()).to_string(), text(&row, 1));
    }
    let mut told = BTreeMap::new();
    for (topic, sql) in TOLD {
        let sql = &sql.replace("{subjects}", SUBJECTS);
        let columns = sql.split(" FROM ").next().unwrap().split(',').count();
        let mut lines: Vec<String> = rows(store, sql)
            .await
            .iter()
            .map(|row| (0..columns).map(|place| nameless(text(row, place), &jobs)).collect::<Vec<_>>().join(" | "))
            .collect();
        lines.sort();
        told.insert(*topic, lines);
    }
    told
}

/// Without ids: those of jobs become names, the list of open runs loses theirs.
fn nameless(mut text: String, jobs: &BTreeMap<String, String>) -> String {
    if let Some(open) = text.find(",\"open_list\":") {
        let runs = text[open..].matches("[").count() - 1;
        text.replace_range(open.., &format!(" and {runs} open"));
    }
    // The last backup of a workload: how it ended and when; its id is the store's.
    if let Some(done) = text.find(",\"last_done\":")
        && let Some(id) = text[done..].rfind(',')
    {
        text.truncate(done + id);
    }
    while let Some(at) = text.find("\"job\":\"") {
        let id = text[at + 7..at + 20].to_owned();
        text.replace_range(at..at + 21, &format!("job {}", jobs[&id]));
    }
    text
}

fn small_fleet() -> Fleet {
    fleet::fleet(7, Size { organizations: 5, devices: 14, days: 40, customers: 9, accounts: 16 }, UNTIL)
}

/// What is told of the fleet when it is lived. Both tests compare with the same life: it takes a while.
async fn lived() -> &'static BTreeMap<&'static str, Vec<String>> {
    static LIVED: tokio::sync::OnceCell<BTreeMap<&'static str, Vec<String>>> = tokio::sync::OnceCell::const_new();
    let live = async || {
        let lived = testing::fresh(testing::Kind::Sqlite).await;
        lived::live(&lived.store, &small_fleet()).await;
        told(&lived.store).await
    };
    LIVED.get_or_init(live).await
}

on_both_stores! {
    async fn a_filled_fleet_is_the_lived_one(fresh) {
        let fleet = small_fleet();
        let filled = fill(&fresh.store, &fleet, "correct horse battery", |_| {}).await.unwrap();
        assert_eq!((filled.organizations.len(), filled.devices, filled.accounts), (10, 14, 16));
        let (expected, found) = (lived().await, told(&fresh.store).await);
        for (topic, lines) in expected {
            let other = &found[topic];
            let lost: Vec<_> = lines.iter().filter(|line| !other.contains(line)).take(2).collect();
            let new: Vec<_> = other.iter().filter(|line| !lines.contains(line)).take(2).collect();
            assert!(lost.is_empty() && new.is_empty() && lines.len() == other.len(), "{topic}: lived {lost:#?}, filled {new:#?}");
        }
        let alerts = |kind: &str| expected["alerts"].iter().filter(|line| line.contains(kind)).count();
        assert_eq!(alerts("consent_expired"), 1);
        let workloads = expected["job days"].iter().filter(|line| line.contains(" | Email | ")).count();
        assert!(workloads > 100 && expected["SaaS hours"].len() > 200, "SaaS has a history: {workloads}");
        assert!(expected["runs"].len() > 300 && expected["alerts"].len() > 3, "a fleet with a history");
        assert_eq!(expected["runs"].len(), filled.runs);
        assert_eq!(expected["alerts"].len(), filled.alerts);
        assert_eq!(engine::check::recount(&fresh.store).await.unwrap(), Vec::new());
    }

    async fn a_store_in_use_is_not_filled(fresh) {
        let fleet = fleet::fleet(7, Size { organizations: 4, devices: 4, days: 2, ..Size::default() }, UNTIL);
        fill(&fresh.store, &fleet, "correct horse battery", |_| {}).await.unwrap();
        let again = fill(&fresh.store, &fleet, "correct horse battery", |_| {}).await;
        assert!(matches!(again, Err(Error::Conflict { code: "not_empty", .. })), "{again:?}");
    }

    async fn a_filled_store_has_all_its_indexes_and_goes_on(fresh) {
        let empty = testing::fresh(fresh.kind).await;
        let indexes = if fresh.store.backend() == DbBackend::Postgres {
            "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"
        } else {
            "SELECT name FROM sqlite_master WHERE type = 'index' ORDER BY 1"
        };
        let fleet = fleet::fleet(7, Size { organizations: 4, devices: 4, days: 10, ..Size::default() }, UNTIL);
        fill(&fresh.store, &fleet, "correct horse battery", |_| {}).await.unwrap();
        let names = async |store: &Store| rows(store, indexes).await.iter().map(|row| text(row, 0)).collect::<Vec<_>>();
        assert_eq!(names(&fresh.store).await, names(&empty.store).await);
        let cancel = tokio_util::sync::CancellationToken::new();
        let engine = engine::Engine::start_driven(fresh.store.clone(), std::sync::Arc::new(|| UNTIL), cancel.clone());
        engine.reconciler.tick(UNTIL + domain::time::Span::days(3)).await.unwrap();
        assert_eq!(engine::check::recount(&fresh.store).await.unwrap(), Vec::new());
        cancel.cancel();
    }
}
