//! Lives a plan: the real engine on its own store, agents that send, people who pause, and a clock that jumps to whatever is next.

use crate::a_year::{
    fleet::QUOTA,
    plan::{Act, Class, Occurs, Plan, Reach, Run, begin},
};
use domain::{
    access::{Actor, Scope},
    ids::{ConnectionId, DeviceId, OrganizationId, PartnerId, PolicyId},
    policy::{DeviceClass, Policy},
    run::{RunEvent, RunState},
    saas::{AccountType, Service},
    time::{Span, Time},
};
use engine::{
    Engine,
    ingest::{CheckIn, IncomingEvent, JobRef, RunRef, Subject},
    store::{Store, accounts, connections, devices, maintenance, organizations, partners, policies, restore_tests, sla},
    vault::Vault,
};
use sea_orm::{ConnectionTrait, Statement, Value};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use tokio_util::sync::CancellationToken;

/// Something was said of an alert; how it stood then.
#[derive(Clone, Debug)]
pub struct Seen {
    pub at: Time,
    pub alert: i64,
    pub subject: usize,
    pub kind: String,
    pub critical: bool,
    pub open: bool,
    pub muted: bool,
}

/// What came of a year.
#[derive(Default)]
pub struct Lived {
    pub seen: Vec<Seen>,
    pub events: usize,
    pub steps: usize,
    pub ticks: usize,
    pub drifts: Vec<String>,
    pub incidents: Vec<Incident>,
}

/// An incident as the store has it.
#[derive(Clone, Debug)]
pub struct Incident {
    pub cause: String,
    pub opened: Time,
    pub resolved: Option<Time>,
    /// Subjects whose alerts belong to it.
    pub members: Vec<usize>,
}

pub struct World<'p> {
    plan: &'p Plan,
    engine: Engine,
    actor: Actor,
    partner: PartnerId,
    clock: Arc<AtomicI64>,
    organizations: Vec<OrganizationId>,
    policies: HashMap<(usize, [i64; 4]), PolicyId>,
    devices: Vec<Option<DeviceId>>,
    connections: Vec<ConnectionId>,
    vault: Vault,
    subjects: HashMap<i64, usize>,
    lived: Lived,
    last_event: i64,
}

/// What is sent, or done.
#[derive(Clone, Copy)]
enum Item<'p> {
    Start(usize, usize, usize),
    Retry(usize, usize, usize),
    End(usize, usize, usize),
    Act(usize, &'p Act),
}

impl<'p> World<'p> {
    pub async fn new(plan: &'p Plan, store: &Store, cancel: &CancellationToken) -> Self {
        let everybody = Actor::system(Scope::Partners(Vec::new().into()));
        let partner = partners::create(store, &everybody, "Nordlicht", "Europe/Berlin", None, begin()).await.unwrap();
        let clock = Arc::new(AtomicI64::new(begin().0));
        let hands = clock.clone();
        let engine = Engine::start_driven(store.clone(), Arc::new(move || Time(hands.load(Ordering::Relaxed))), cancel.clone());
        let mut world = Self {
            plan,
            engine,
            actor: Actor::system(Scope::Partners([partner].into())),
            partner,
            clock,
            organizations: Vec::new(),
            policies: HashMap::new(),
            devices: vec![None; plan.subjects.len()],
            connections: Vec::new(),
            vault: Vault::new([("k1".to_owned(), [7; 32])]).unwrap(),
            subjects: HashMap::new(),
            lived: Lived::default(),
            last_event: 0,
        };
        world.found().await;
        world
    }

    /// Organizations, connections and accounts: all there from the beginning.
    async fn found(&mut self) {
        let store = self.engine.store.clone();
        // Only this test asks for the latest entries of all alerts.
        store.reads().execute_unprepared("CREATE INDEX year_events ON alert_events (id)").await.unwrap();
        for place in 0..self.plan.organizations {
            let new = organizations::NewOrganization { name: format!("Client {place}"), ..Default::default() };
            self.organizations.push(organizations::create(&store, &self.actor, new, begin()).await.unwrap());
        }
        self.loosen().await;
        for (place, (organization, rhythm)) in self.plan.connections.iter().enumerate() {
            let of = |s: &&crate::a_year::plan::Subject| s.class == Class::Account(place);
            let policy = self.policy(*rhythm, self.plan.subjects.iter().find(of).unwrap()).await;
            let service = if place < 6 { Service::Microsoft365 } else { Service::GoogleWorkspace };
            let new = connections::NewConnection { organization: self.organizations[*organization], service, policy: Some(policy) };
            let connection = connections::create(&self.engine, &self.actor, new, begin()).await.unwrap();
            let new: Vec<_> = self
                .plan
                .subjects
                .iter()
                .filter(of)
                .map(|account| accounts::NewAccount {
                    address: account.name.clone(),
                    name: account.name.clone(),
                    kind: [AccountType::Site, AccountType::Group, AccountType::User][account.jobs.len() / 2],
                    activated: true,
                    external_id: None,
                })
                .collect();
            accounts::put(&self.engine, &self.actor, connection, new, begin()).await.unwrap();
            self.know_accounts(connection).await;
            self.connections.push(connection);
            let itself = self.plan.subjects.iter().position(|subject| subject.class == Class::Connection(place)).unwrap();
            self.subjects.insert(connection.0, itself);
        }
    }

    /// All but one of the organizations have a service level of a week: every daily backup would breach and mend the usual one day by day, which
    /// alerts nobody and takes half of this test's time.
    async fn loosen(&self) {
        for organization in &self.organizations[1..] {
            for class in [DeviceClass::Workstation, DeviceClass::Server] {
                let rule = sla::Proposal { scope: sla::RuleScope::Organization(*organization), class, hours: 168 };
                sla::set(&self.engine, &self.actor, rule, begin()).await.unwrap();
            }
        }
    }

    async fn know_accounts(&mut self, connection: ConnectionId) {
        let sql = "SELECT id, address FROM accounts WHERE partner_id = $1 AND connection_id = $2";
        for row in self.rows(sql, vec![self.partner.0.into(), connection.0.into()]).await {
            let (id, address): (i64, String) = (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
            let place = self.plan.subjects.iter().position(|subject| subject.name == address).unwrap();
            self.subjects.insert(id, place);
        }
    }

    async fn policy(&mut self, rhythm: usize, of: &crate::a_year::plan::Subject) -> PolicyId {
        let terms = of.terms;
        let key = (rhythm, [terms.grace.0, terms.longest.0, terms.overdue.unwrap_or(0), terms.allowance.0]);
        if let Some(known) = self.policies.get(&key) {
            return *known;
        }
        let minutes = |span: Span| (span.0 / 60_000) as u32;
        let policy = Policy {
            schedule: self.plan.slots[rhythm].rhythm.schedule(),
            grace_minutes: minutes(terms.grace),
            longest_run_minutes: minutes(terms.longest),
            overdue_hours: terms.overdue.map(|hours| hours as u32),
            offline_allowance_hours: minutes(terms.allowance) / 60,
            ..Policy::default()
        };
        let new = policies::NewPolicy { partner: None, name: format!("Policy {}", self.policies.len()), policy };
        let id = policies::create(&self.engine.store, &self.actor, new, begin()).await.unwrap();
        self.policies.insert(key, id);
        id
    }

    async fn rows(&self, sql: &str, values: Vec<Value>) -> Vec<sea_orm::QueryResult> {
        let store = &self.engine.store;
        store.reads().query_all_raw(Statement::from_sql_and_values(store.backend(), sql, values)).await.unwrap()
    }

    /// When the engine wants to be asked next.
    async fn wanted(&self) -> Time {
        let sql = "SELECT MIN(next_change_at) FROM device_state WHERE next_change_at IS NOT NULL \
                   UNION ALL SELECT MIN(next_change_at) FROM account_state WHERE next_change_at IS NOT NULL";
        let rows = self.rows(sql, Vec::new()).await;
        rows.iter().filter_map(|row| row.try_get_by_index::<Option<i64>>(0).unwrap()).min().map_or(Time(i64::MAX), Time)
    }

    /// All that is planned, in the order of arrival.
    fn items(&self) -> Vec<(Time, Item<'p>)> {
        let mut items = Vec::new();
        for ((s, j), runs) in &self.plan.runs {
            for (r, run) in runs.iter().enumerate() {
                if let Some(at) = run.start_known {
                    items.push((at, Item::Start(*s, *j, r)));
                    if run.retried {
                        items.push((at, Item::Retry(*s, *j, r)));
                    }
                }
                if let Some(at) = run.end_known {
                    items.push((at, Item::End(*s, *j, r)));
                    items.extend(run.again.map(|later| (at + later, Item::End(*s, *j, r))));
                }
            }
        }
        items.extend(self.plan.acts.iter().map(|(at, s, act)| (*at, Item::Act(*s, act))));
        // A copy that finds nobody is not sent again.
        let away = |at: Time| self.plan.outages.iter().any(|(from, until)| *from <= at && at < *until);
        items.retain(|(at, _)| *at < self.plan.until && !away(*at));
        items.sort_by_key(|(at, item)| (*at, !matches!(item, Item::Act(_, Act::Return)), !matches!(item, Item::Act(_, Act::Enrol))));
        items
    }

    fn event(&self, s: usize, j: usize, r: usize, run: &Run, state: RunState) -> IncomingEvent {
        let subject = &self.plan.subjects[s];
        let organization = Some(format!("Client {}", subject.organization));
        let (at, attempt) = match state {
            RunState::Running => (run.start, 1),
            RunState::Retrying => (run.start + Span::MINUTE, 2),
            _ => (run.end.unwrap(), 1 + u16::from(run.retried)),
        };
        IncomingEvent {
            subject: if subject.is_account() {
                Subject::Account { account: subject.name.clone(), organization, service: None }
            } else {
                Subject::Device(self.devices[s].unwrap())
            },
            job: JobRef::Named(subject.jobs[j].into()),
            run: RunRef::Key(format!("r{r}")),
            event: RunEvent {
                attempt,
                bytes: state.is_end().then_some(run.bytes),
                items: state.is_end().then_some(run.files),
                ..RunEvent::new(state, at)
            },
            log: None,
        }
    }

    /// Everything, and then what the recount says.
    pub async fn live(mut self) -> Lived {
        let items = self.items();
        for step in items.chunk_by(|a, b| a.0 == b.0) {
            let now = step[0].0;
            self.pass(now).await;
            self.clock.store(now.0, Ordering::Relaxed);
            self.step(step, now).await;
            self.lived.steps += 1;
        }
        self.pass(self.plan.until).await;
        self.lived.drifts = engine::check::recount(&self.engine.store).await.unwrap().iter().map(|d| format!("{d:?}")).collect();
        self.lived.incidents = self.incidents().await;
        self.lived
    }

    async fn incidents(&self) -> Vec<Incident> {
        let mut all = Vec::new();
        for row in self.rows("SELECT id, cause, opened_at, resolved_at FROM incidents ORDER BY id", Vec::new()).await {
            let id: i64 = row.try_get_by_index(0).unwrap();
            let of = self.rows("SELECT DISTINCT device_id FROM alerts WHERE incident_id = $1", vec![id.into()]).await;
            all.push(Incident {
                cause: row.try_get_by_index(1).unwrap(),
                opened: Time(row.try_get_by_index(2).unwrap()),
                resolved: row.try_get_by_index::<Option<i64>>(3).unwrap().map(Time),
                members: of.iter().map(|row| self.subjects[&row.try_get_by_index::<i64>(0).unwrap()]).collect(),
            });
        }
        all
    }

    /// Lets time pass until shortly before `until`: whatever the engine waits for happens within its minute.
    async fn pass(&mut self, until: Time) {
        loop {
            let wanted = self.wanted().await;
            let minute = Time((wanted.0.saturating_add(59_999)).div_euclid(60_000).saturating_mul(60_000));
            // Before somebody says something, everything that is due has happened.
            let now = if minute < until { minute } else { wanted };
            let now = now.max(Time(self.clock.load(Ordering::Relaxed)));
            // Away, the portal does nothing.
            let now = self.plan.outages.iter().find(|(from, until)| *from <= now && now < *until).map_or(now, |(_, until)| *until);
            if now >= until {
                return;
            }
            self.clock.store(now.0, Ordering::Relaxed);
            self.engine.reconciler.tick(now).await.unwrap();
            self.lived.ticks += 1;
            self.look(now).await;
        }
    }

    async fn step(&mut self, step: &[(Time, Item<'p>)], now: Time) {
        let mut events = Vec::new();
        let mut alive = Vec::new();
        for (_, item) in step {
            let (s, j, r, state) = match *item {
                Item::Act(s, act) => {
                    match act {
                        Act::CheckIn(used) => alive.push((s, *used)),
                        _ => self.act(s, act, now).await,
                    }
                    continue;
                }
                Item::Start(s, j, r) => (s, j, r, RunState::Running),
                Item::Retry(s, j, r) => (s, j, r, RunState::Retrying),
                Item::End(s, j, r) => (s, j, r, self.plan.runs[&(s, j)][r].state),
            };
            events.push(self.event(s, j, r, &self.plan.runs[&(s, j)][r], state));
        }
        let sent = events.len();
        self.lived.events += sent + alive.len();
        let (ingest, actor) = (self.engine.ingest.clone(), self.actor.clone());
        // Whoever sends at the same time shares one transaction.
        let mut waiting = tokio::task::JoinSet::new();
        for (s, used) in alive {
            let (ingest, actor) = (ingest.clone(), actor.clone());
            let check_in = CheckIn {
                device: Some(self.devices[s].unwrap().to_string()),
                organization: Some(format!("Client {}", self.plan.subjects[s].organization)),
                at: now,
                storage_used: used,
                ..CheckIn::default()
            };
            waiting.spawn(async move {
                ingest.check_in(&actor, check_in, now).await.unwrap();
            });
        }
        if sent > 0 {
            let receipt = ingest.submit(&actor, events, now).await.unwrap();
            assert_eq!((receipt.rejected, receipt.accepted), (Vec::new(), sent));
        }
        while let Some(done) = waiting.join_next().await {
            done.unwrap();
        }
        self.look(now).await;
    }

    async fn act(&mut self, s: usize, act: &Act, now: Time) {
        let subject = &self.plan.subjects[s];
        let known = self.devices[s];
        match act {
            Act::CheckIn(_) => {}
            Act::Enrol => {
                let policy = self.policy(subject.rhythm, &subject.clone()).await;
                let new = devices::NewDevice {
                    organization: self.organizations[subject.organization],
                    name: subject.name.clone(),
                    class: if subject.class == Class::Server { DeviceClass::Server } else { DeviceClass::Workstation },
                    policy: Some(policy),
                    quota_bytes: Some(QUOTA),
                    tags: Vec::new(),
                };
                let device = devices::create(&self.engine, &self.actor, new, now).await.unwrap();
                self.devices[s] = Some(device);
                self.subjects.insert(device.0, s);
            }
            Act::Restore(passed) => {
                let test = restore_tests::NewRestoreTest { at: now, passed: *passed, scope: "one folder".into(), ..Default::default() };
                restore_tests::record(&self.engine, &self.actor, known.unwrap(), test, now).await.unwrap();
            }
            Act::Pause => devices::pause(&self.engine, &self.actor, known.unwrap(), now).await.unwrap(),
            Act::Window(place) => self.plan_window(*place, now).await,
            Act::Refuse | Act::Stumble | Act::Grant => self.consent(subject.class, act, now).await,
            Act::Return => self.engine.reconciler.returned(now).await.unwrap(),
            Act::Resume => devices::resume(&self.engine, &self.actor, known.unwrap(), now).await.unwrap(),
        }
    }

    async fn plan_window(&self, place: usize, now: Time) {
        let window = &self.plan.windows[place];
        let reach = match window.reach {
            Reach::Device(s) => domain::maintenance::Reach::Device(self.devices[s].unwrap()),
            Reach::Organization(place) => domain::maintenance::Reach::Organization(self.organizations[place]),
            Reach::Partner => domain::maintenance::Reach::Partner,
        };
        let occurs = match &window.occurs {
            Occurs::Once(from, until) => domain::maintenance::Occurs::Once { from: *from, until: *until },
            Occurs::Weekly(cron, zone, .., minutes, except) => domain::maintenance::Occurs::Recurring {
                cron: (*cron).into(),
                zone: zone.name().into(),
                minutes: *minutes as u32,
                except: except.iter().map(|day| day.to_string().parse().unwrap()).collect(),
            },
        };
        let partner = (window.reach == Reach::Partner).then_some(self.partner);
        let new = maintenance::NewWindow { partner, name: format!("Window {place}"), note: String::new(), reach, occurs };
        maintenance::create(&self.engine, &self.actor, new, now).await.unwrap();
    }

    async fn consent(&self, class: Class, act: &Act, now: Time) {
        let Class::Connection(place) = class else { panic!("consent of {class:?}") };
        let id = self.connections[place];
        if *act == Act::Grant {
            let tokens = connections::Tokens { access: "a".into(), access_until: now + Span::HOUR, refresh: format!("r{}", now.0) };
            connections::granted(&self.engine, &self.actor, &self.vault, id, (tokens, Some("contoso".into())), now).await.unwrap();
            return;
        }
        let connections::Claimed::Ours(claim) = connections::claim(&self.engine.store, &self.vault, self.partner, id, now).await.unwrap()
        else {
            panic!("the connection is claimed by somebody else");
        };
        if *act == Act::Refuse {
            connections::refused(&self.engine, &claim, ("invalid_grant", "The grant is gone."), now).await.unwrap();
        } else {
            connections::passing(&self.engine, &claim, ("timeout", "No answer."), now).await.unwrap();
        }
    }

    /// What was said of alerts since it was looked last.
    async fn look(&mut self, now: Time) {
        let sql = "SELECT e.id, e.alert_id, e.at, a.device_id, a.kind, a.severity, a.muted, a.resolved_at FROM alert_events e \
                   JOIN alerts a ON a.partner_id = e.partner_id AND a.id = e.alert_id WHERE e.id > $1 ORDER BY e.id";
        for row in self.rows(sql, vec![self.last_event.into()]).await {
            self.last_event = row.try_get_by_index(0).unwrap();
            let subject: i64 = row.try_get_by_index(3).unwrap();
            self.lived.seen.push(Seen {
                at: now,
                alert: row.try_get_by_index(1).unwrap(),
                subject: self.subjects[&subject],
                kind: row.try_get_by_index(4).unwrap(),
                critical: row.try_get_by_index::<String>(5).unwrap() == "critical",
                open: row.try_get_by_index::<Option<i64>>(7).unwrap().is_none(),
                muted: row.try_get_by_index(6).unwrap(),
            });
        }
    }
}
