//! The SaaS part of a fleet lived: connections made, accounts discovered and activated, their runs told to ingest by address.

use super::Lived;
use domain::{
    ids::{AccountId, ConnectionId, OrganizationId, PartnerId, PolicyId},
    saas::AccountStatus,
    time::{Span, Time},
};
use engine::{
    ingest::{IncomingEvent, JobRef, RunRef, Subject},
    store::{
        accounts::{self, NewAccount},
        connections::{self, Claimed, Tokens},
    },
    vault::Vault,
};
use fleet::{AccountPlan, ConnectionPlan, Happening, OrganizationPlan, What};
use sea_orm::{ConnectionTrait, Statement, Value};

/// What is to be done to a connection or an account.
pub enum SaasAct {
    Connect(usize),
    Grant(usize),
    Refuse(usize),
    See(usize),
    Status(usize, AccountStatus),
    Happen(usize, Box<Happening>),
}

/// A connection with its organization, by their places.
pub struct Link {
    pub partner: PartnerId,
    pub organization: OrganizationId,
    pub policy: PolicyId,
    pub plan: ConnectionPlan,
    pub id: ConnectionId,
}

/// An account, its connection, and its id once it is seen.
pub struct Known {
    pub link: usize,
    pub organization_name: String,
    pub plan: AccountPlan,
    pub id: Option<AccountId>,
}

impl Lived<'_> {
    /// All that is to be done for the connections of an organization.
    pub fn plan_saas(
        &mut self,
        plan: &OrganizationPlan,
        (partner, organization): (PartnerId, OrganizationId),
        policies: &[PolicyId],
    ) -> Vec<(Time, SaasAct)> {
        let until = self.fleet.until;
        let mut acts = Vec::new();
        for connection in &plan.connections {
            let link = self.links.len();
            acts.push((connection.made_at, SaasAct::Connect(link)));
            acts.extend(connection.granted_at.map(|at| (at, SaasAct::Grant(link))));
            acts.extend(connection.expired_at.map(|at| (at, SaasAct::Refuse(link))));
            for account in &connection.accounts {
                let place = self.accounts.len();
                acts.push((account.seen_at, SaasAct::See(place)));
                acts.extend(account.activated_at.map(|at| (at, SaasAct::Status(place, AccountStatus::Activated))));
                acts.extend(account.deactivated_at.map(|at| (at, SaasAct::Status(place, AccountStatus::Deactivated))));
                acts.extend(account.happenings(account.seen_at, until).map(|h| (h.at, SaasAct::Happen(place, Box::new(h)))));
                let organization_name = plan.name.clone();
                self.accounts.push(Known { link, organization_name, plan: account.clone(), id: None });
            }
            let policy = policies[connection.policy];
            self.links.push(Link { partner, organization, policy, plan: connection.clone(), id: ConnectionId(0) });
            self.partners_of_links.push(plan.partner);
        }
        acts.retain(|(at, _)| *at <= until);
        acts
    }

    pub async fn act_saas(&mut self, at: Time, act: SaasAct) {
        match act {
            SaasAct::Connect(link) => self.connect(link).await,
            SaasAct::Grant(link) => self.grant(link).await,
            SaasAct::Refuse(link) => self.refuse(link).await,
            SaasAct::See(place) => {
                let known = &self.accounts[place];
                let new = NewAccount {
                    address: known.plan.address.clone(),
                    name: known.plan.name.clone(),
                    kind: known.plan.kind,
                    activated: false,
                    external_id: Some(known.plan.external_id.clone()),
                };
                let link = &self.links[known.link];
                let outcome = accounts::put(&self.engine, &self.actor, link.id, vec![new], at).await.unwrap();
                assert_eq!(outcome.created, 1, "{}", known.plan.address);
                let sql = "SELECT id FROM accounts WHERE partner_id = $1 AND connection_id = $2 AND address_lower = $3";
                let values: [Value; 3] = [link.partner.0.into(), link.id.0.into(), known.plan.address.to_lowercase().into()];
                let store = &self.engine.store;
                let row = store.reads().query_one_raw(Statement::from_sql_and_values(store.backend(), sql, values)).await.unwrap().unwrap();
                self.accounts[place].id = Some(AccountId(row.try_get_by_index(0).unwrap()));
            }
            SaasAct::Status(place, status) => {
                let id = self.accounts[place].id.unwrap();
                let outcome = accounts::set_status(&self.engine, &self.actor, &[id], status, at).await.unwrap();
                assert_eq!(outcome.changed, 1);
            }
            SaasAct::Happen(place, happening) => {
                let known = &self.accounts[place];
                let What::Run { job, key, event, log } = happening.what else { panic!("only runs happen to accounts") };
                let subject = Subject::Account {
                    account: known.plan.address.clone(),
                    organization: Some(known.organization_name.clone()),
                    service: Some(self.links[known.link].plan.service),
                };
                let job = JobRef::Named(known.plan.workloads[job].as_str().to_owned());
                let incoming = IncomingEvent { subject, job, run: RunRef::Key(key), event, log };
                let receipt = self.engine.ingest.submit(&self.actor, vec![incoming], at).await.unwrap();
                assert_eq!((receipt.accepted, receipt.rejected), (1, Vec::new()));
            }
        }
    }

    /// Made and, where the fleet says so, authorized.
    async fn connect(&mut self, link: usize) {
        let Link { organization, policy, plan, .. } = &self.links[link];
        let new = connections::NewConnection { organization: *organization, service: plan.service, policy: Some(*policy) };
        let id = connections::create(&self.engine, &self.actor, new, plan.made_at).await.unwrap();
        self.links[link].id = id;
    }

    async fn grant(&self, link: usize) {
        let Link { plan, id, .. } = &self.links[link];
        let at = plan.granted_at.unwrap();
        let tokens = Tokens { access: "a".into(), access_until: at + Span::HOUR, refresh: "r".into() };
        let tenant = Some(plan.tenant.clone());
        connections::granted(&self.engine, &self.actor, &vault(), *id, (tokens, tenant), at).await.unwrap();
    }

    /// The provider refuses, and a while later again.
    async fn refuse(&self, link: usize) {
        let Link { partner, plan, id, .. } = &self.links[link];
        let at = plan.expired_at.unwrap();
        for now in [at - Span::SECOND * 90, at] {
            let Claimed::Ours(claim) = connections::claim(&self.engine.store, &vault(), *partner, *id, now).await.unwrap() else {
                panic!("nobody else renews")
            };
            let said = ("AADSTS50173", "invalid_grant: The provided grant has expired due to it being revoked.");
            connections::refused(&self.engine, &claim, said, now).await.unwrap();
        }
    }

    /// What a fill leaves out, since there is no provider to ask: tokens, and when they are renewed.
    pub async fn forget_tokens(&self) {
        for (place, link) in self.links.iter().enumerate() {
            let Link { partner, plan, id, .. } = link;
            let owner = self.fleet.partners[self.partners_of_links[place]].people[0].name.clone();
            let Some(granted) = plan.granted_at else { continue };
            let week = Span::days(7);
            let refreshed = granted + week * ((plan.expired_at.unwrap_or(self.fleet.until) - granted).0 / week.0);
            let sql = "UPDATE connections SET tokens = NULL, next_refresh_at = NULL, next_discovery_at = NULL, granted_by = $3, refreshed_at = $4, \
                       discovered_at = $5, updated_at = consent_at WHERE partner_id = $1 AND id = $2";
            let values: [Value; 5] = [partner.0.into(), id.0.into(), owner.into(), refreshed.0.into(), (granted.0 + 45_000).into()];
            let tx = self.engine.store.begin().await.unwrap();
            tx.execute_raw(Statement::from_sql_and_values(self.engine.store.backend(), sql, values)).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}

fn vault() -> Vault {
    Vault::new([("test".to_owned(), [7; 32])]).unwrap()
}
