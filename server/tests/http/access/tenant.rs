//! A tenant of the walk: a client with one of everything that a route can name, and its ids.

use super::ALL;
use crate::portal::{Client, START, TestApp, system};
use domain::{
    mail::MailKind,
    maintenance::{Occurs, Reach},
    policy::DeviceClass,
    run::{RunEvent, RunState},
    saas::{AccountType, Service},
    time::Span,
};
use engine::{
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    store::{
        accounts::{self, NewAccount},
        alerts, compliance,
        connections::{self, NewConnection},
        devices::{self, NewDevice},
        inbox,
        inbox_rules::{self, NewRule},
        jobs,
        keys::{self, KeyScope, NewKey},
        mail_domains::{self, NewDomain},
        mails,
        maintenance::{self, NewWindow},
        policies, reports, runs, saas,
        saved_views::{self, NewView, ViewPlace},
    },
};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Of which each tenant has a Backup Summary Report.
pub(super) const MONTH: &str = "2026-11";

/// Ids of a tenant, as texts.
pub(super) struct Tenant {
    pub(super) name: &'static str,
    pub(super) client: Client,
    pub(super) policy: String,
    pub(super) window: String,
    pub(super) job: String,
    pub(super) run: String,
    pub(super) alert: String,
    pub(super) incident: String,
    views: Vec<String>,
    pub(super) inbox: String,
    pub(super) unwanted: String,
    pub(super) rules: Vec<String>,
    pub(super) domains: Vec<String>,
    pub(super) copy: String,
    /// Of the rules: how many have been named for deletion.
    named: AtomicUsize,
    pub(super) key: String,
    pub(super) connection: String,
    pub(super) account: String,
    pub(super) report: String,
}

impl Tenant {
    /// Gives a client one of everything.
    pub(super) async fn fill(app: &TestApp, name: &'static str, client: &Client) -> Self {
        let (store, actor) = (&app.engine.store, system(client.partner));
        let run = IncomingEvent {
            subject: Subject::Device(client.device),
            job: JobRef::Named("nightly".into()),
            run: RunRef::Key("1".into()),
            event: failed(),
            log: Some("a line".into()),
        };
        let mut reports = vec![run];
        // Ten more with the same trouble: an incident.
        for n in 0..10 {
            let (organization, class) = (client.organization, DeviceClass::Workstation);
            let new = NewDevice { organization, name: format!("storm-{n}"), class, policy: None, quota_bytes: None, tags: vec![] };
            let device = devices::create(&app.engine, &actor, new, START).await.unwrap();
            reports.push(IncomingEvent { subject: Subject::Device(device), ..reports[0].clone() });
        }
        app.engine.ingest.submit(&actor, reports, START).await.unwrap();
        for source in ["unknown", "unwanted"] {
            app.post(&client.ingest, "/api/v1/events", json!({ "device": source, "state": "failed" })).await.ok();
        }
        let job = jobs::list(store, &actor, client.device).await.unwrap().remove(0);
        let filter = runs::RunFilter { device: Some(client.device), ..Default::default() };
        let run = runs::list(store, &actor, &filter).await.unwrap().items.remove(0);
        let filter = alerts::AlertFilter { device: Some(client.device), ..Default::default() };
        let alert = alerts::list(store, &actor, &filter).await.unwrap().items.remove(0);
        let waiting = inbox::list(store, &actor, &Default::default()).await.unwrap().items;
        let waiting = |source: &str| {
            waiting.iter().find(|row| row.organization == Some(client.organization) && row.source == source).unwrap().id.to_string()
        };
        let mut views = Vec::new();
        for n in 0..16 {
            let new = NewView { place: ViewPlace::Alerts, name: format!("{name} {n}"), query: String::new(), shared: true };
            views.push(saved_views::save(store, &actor, new, START).await.unwrap().to_string());
        }
        let policy = policies::list(store, &actor).await.unwrap().remove(0);
        let far = START + Span::days(100);
        let new = NewWindow {
            partner: None,
            name: "w".into(),
            note: String::new(),
            reach: Reach::Organization(client.organization),
            occurs: Occurs::Once { from: far, until: far + Span::HOUR },
        };
        let window = maintenance::create(&app.engine, &actor, new, START).await.unwrap();
        let about = compliance::Of::Organization(client.organization);
        let report = compliance::freeze(&app.engine, &actor, about, START - Span::days(30), START, START).await.unwrap();
        let month = MONTH.parse().unwrap();
        reports::make(store, &app.engine.reports, &actor, client.organization, month, START + Span::days(30)).await.unwrap();
        let new = NewKey { scope: KeyScope::Organization(client.organization), name: "spare".into(), rights: ALL, expires_at: None };
        let (key, _) = keys::create(store, &actor, new, START).await.unwrap();
        let new = NewConnection { organization: client.organization, service: Service::Microsoft365, policy: None };
        let connection = connections::create(&app.engine, &actor, new, START).await.unwrap();
        let new = NewAccount {
            address: format!("{name}@x.test"),
            name: String::new(),
            kind: AccountType::User,
            activated: true,
            external_id: None,
        };
        accounts::put(&app.engine, &actor, connection, vec![new], START).await.unwrap();
        let filter = saas::AccountsFilter::of(client.organization);
        let account = saas::accounts(store, &actor, &filter, START).await.unwrap().items.remove(0).id;
        let mut rules = Vec::new();
        for n in 0..40 {
            let (pattern, organization) = (format!("template-{n}-*"), client.organization);
            let new = NewRule { pattern, organization, class: DeviceClass::Server, policy: None, tags: vec![] };
            rules.push(inbox_rules::create(store, &actor, new, START).await.unwrap().to_string());
        }
        let mut domains = Vec::new();
        for n in 0..12 {
            let new = NewDomain { organization: Some(client.organization), domain: format!("{name}-{n}.example") };
            domains.push(mail_domains::add(store, &actor, new, START).await.unwrap().to_string());
        }
        let copy = copy(app, client).await;
        Self {
            name,
            domains,
            copy,
            report: report.to_string(),
            client: client.clone(),
            policy: policy.id.to_string(),
            window: window.to_string(),
            job: job.id.to_string(),
            run: run.id.to_string(),
            alert: alert.id.to_string(),
            incident: alert.incident.unwrap().to_string(),
            views,
            inbox: waiting("unknown"),
            unwanted: waiting("unwanted"),
            rules,
            named: AtomicUsize::new(0),
            key: key.to_string(),
            connection: connection.to_string(),
            account: account.to_string(),
        }
    }

    /// Another rule each time: whoever may delete one takes it from nobody else.
    pub(super) fn next_rule(&self) -> &str {
        &self.rules[1 + self.named.fetch_add(1, Ordering::Relaxed) % (self.rules.len() - 1)]
    }

    /// Another domain each time, too.
    pub(super) fn next_domain(&self) -> &str {
        &self.domains[1 + self.named.fetch_add(1, Ordering::Relaxed) % (self.domains.len() - 1)]
    }

    /// Another view each time, too.
    pub(super) fn next_view(&self) -> &str {
        &self.views[self.named.fetch_add(1, Ordering::Relaxed) % self.views.len()]
    }
}

/// A copy in the outbox that waits.
async fn copy(app: &TestApp, client: &Client) -> String {
    let tx = app.engine.store.begin().await.unwrap();
    let new = mails::New {
        partner: client.partner,
        organization: Some(client.organization),
        kind: MailKind::Test,
        report: None,
        once: format!("matrix:{}", client.organization),
        recipient: "ada@x.test".into(),
        subject: "A test".into(),
        content: mails::Content::Written(mails::Written { text: "a line".into(), ..Default::default() }),
    };
    let mails::Queued::New(id) = mails::queue(&app.engine.store, &tx, new, START).await.unwrap() else { panic!("not queued") };
    tx.commit().await.unwrap();
    id.to_string()
}

fn failed() -> RunEvent {
    RunEvent {
        state: RunState::Failed,
        at: START,
        attempt: 1,
        timed_out: false,
        percent: None,
        items: None,
        bytes: None,
        bytes_added: None,
        message: Some("no space".into()),
        failed_items: vec![],
        tool: None,
        destination: None,
    }
}
