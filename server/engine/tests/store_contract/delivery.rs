//! To whom monthly reports go: domains and their proof, the rule for addresses, the switch, and who is shared with.

use crate::world::{MONDAY, World};
use domain::{
    access::{Actor, Ground, KeyRights, Role, Scope},
    ids::{KeyId, MailDomainId, OrganizationId, PartnerId, ReportId, UserId},
    time::Span,
};
use engine::{
    error::Error,
    on_both_stores,
    store::{
        audit::{self, AuditFilter},
        mail_domains::{self, Looked, NewDomain, Proof},
        mails,
        organizations::{self, NewOrganization},
        partners,
        report_delivery::{self, NewDelivery},
    },
};

fn member(role: Role, scope: &Scope) -> Actor {
    Actor { ground: Ground::Member(UserId(41), role), scope: scope.clone() }
}

fn client(world: &World, organization: OrganizationId) -> Actor {
    member(Role::ClientAdmin, &Scope::Organization(world.partner, organization))
}

fn to(enabled: bool, addresses: &[&str]) -> NewDelivery {
    NewDelivery { enabled, addresses: addresses.iter().map(|a| (*a).to_owned()).collect() }
}

async fn add(world: &World, organization: Option<OrganizationId>, domain: &str) -> MailDomainId {
    let new = NewDomain { organization, domain: domain.into() };
    mail_domains::add(world.store(), &world.owner, new, MONDAY).await.unwrap()
}

/// The record is there.
async fn prove(world: &World, id: MailDomainId) {
    let wanted = mail_domains::get(world.store(), &world.owner, id).await.unwrap().value;
    let looked = Looked::Texts(vec!["v=spf1 -all".into(), wanted]);
    assert!(mail_domains::looked_up(world.store(), &world.owner, id, &looked, MONDAY + Span::HOUR).await.unwrap());
}

async fn set(world: &World, organization: OrganizationId, new: NewDelivery) -> Result<(), Error> {
    report_delivery::set_delivery(world.store(), &world.owner, organization, new, MONDAY).await
}

fn refusal(result: Result<(), Error>) -> (&'static str, Option<&'static str>, String) {
    let error = result.unwrap_err();
    (error.public_code(), error.public_field(), error.public_message())
}

async fn audited(world: &World) -> Vec<String> {
    let page = audit::list(world.store(), &world.owner, &AuditFilter::default()).await.unwrap();
    let kinds = ["mail_domain.", "report."];
    page.items.into_iter().rev().map(|e| e.what).filter(|what| kinds.iter().any(|kind| what.starts_with(kind))).collect()
}

on_both_stores! {
    async fn a_domain_is_proved_by_its_record_and_stays_so_when_the_record_is_gone(fresh) {
        let world = World::started(fresh).await;
        let (store, owner) = (world.store(), &world.owner);
        let id = add(&world, None, " @Northwind.Example ").await;
        let row = mail_domains::get(store, owner, id).await.unwrap();
        assert_eq!((row.domain.as_str(), row.record.as_str()), ("northwind.example", "_holdfast.northwind.example"));
        assert!(row.value.starts_with("holdfast-verify=") && row.value.len() == 48 && row.proved.is_none());
        assert_eq!((row.partner.1.as_str(), row.made_by.as_str()), ("Northwind", "Ada"));

        for looked in [Looked::Texts(vec![]), Looked::Texts(vec!["holdfast-verify=other".into()]), Looked::Fault("no answer".into())] {
            assert!(!mail_domains::looked_up(store, owner, id, &looked, MONDAY).await.unwrap(), "{looked:?}");
        }
        let row = mail_domains::get(store, owner, id).await.unwrap();
        assert!(row.checked.unwrap().1.contains("no answer") && row.proved.is_none());

        prove(&world, id).await;
        assert!(mail_domains::looked_up(store, owner, id, &Looked::Texts(vec![]), MONDAY + Span::DAY).await.unwrap());
        let row = mail_domains::get(store, owner, id).await.unwrap();
        assert_eq!(row.proved, Some((MONDAY + Span::HOUR, Proof::Record)));
        assert_eq!(audited(&world).await, ["mail_domain.add", "mail_domain.verify"], "looking in vain changes nothing");
    }

    async fn the_same_domain_is_there_once_for_each_and_a_partners_own_holds_for_all(fresh) {
        let world = World::started(fresh).await;
        let (store, owner) = (world.store(), &world.owner);
        let (acme, bolt) = (world.organization("Acme").await, world.organization("Bolt").await);
        add(&world, Some(acme), "shared.example").await;
        add(&world, Some(bolt), "shared.example").await;
        let own = add(&world, None, "shared.example").await;
        let again = async |organization, domain: &str| {
            let new = NewDomain { organization, domain: domain.into() };
            mail_domains::add(store, owner, new, MONDAY).await.unwrap_err().public_code()
        };
        assert_eq!(again(Some(acme), "Shared.example").await, "domain_exists");
        assert_eq!(again(None, "no domain").await, "invalid_domain");
        let cave = world.organization("Cave").await;
        prove(&world, own).await;
        assert_eq!(again(Some(cave), "shared.example").await, "domain_exists");
        let listed = async |organization| {
            let rows = mail_domains::list(store, owner, organization).await.unwrap();
            rows.into_iter().map(|row| row.organization.map_or_else(|| "own".into(), |(_, name)| name)).collect::<Vec<String>>()
        };
        assert_eq!(listed(None).await.len(), 3);
        assert_eq!(listed(Some(acme)).await, ["Acme", "own"], "what is not proved comes first");
    }

    async fn domains_are_for_owners_and_admins_and_nobody_finds_those_of_others(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        let acme = world.organization("Acme").await;
        let id = add(&world, Some(acme), "acme.example").await;
        let scope = world.owner.scope.clone();
        for role in [Role::Technician, Role::Finance, Role::Viewer] {
            let error = mail_domains::remove(store, &member(role, &scope), id, MONDAY).await.unwrap_err();
            assert_eq!(error.public_code(), "forbidden", "{role:?}");
            assert_eq!(mail_domains::list(store, &member(role, &scope), None).await.unwrap_err().public_code(), "forbidden");
        }
        let stranger = member(Role::Owner, &Scope::Partners([PartnerId(99)].into()));
        assert_eq!(mail_domains::get(store, &stranger, id).await.unwrap_err().public_code(), "not_found");
        assert_eq!(mail_domains::remove(store, &stranger, id, MONDAY).await.unwrap_err().public_code(), "not_found");
        let new = NewDomain { organization: Some(acme), domain: "acme.example".into() };
        assert_eq!(mail_domains::add(store, &stranger, new, MONDAY).await.unwrap_err().public_code(), "not_found");
        assert_eq!(mail_domains::list(store, &stranger, None).await.unwrap(), []);
        assert_eq!(mail_domains::list(store, &client(&world, acme), None).await.unwrap_err().public_code(), "forbidden");
    }

    async fn addresses_are_on_a_proved_domain_of_the_partner_or_the_organization_and_nothing_else(fresh) {
        let world = World::started(fresh).await;
        let (acme, bolt) = (world.organization("Acme").await, world.organization("Bolt").await);
        let own = add(&world, None, "northwind.example").await;
        let of_acme = add(&world, Some(acme), "acme.example").await;
        let (code, field, words) = refusal(set(&world, acme, to(true, &["ada@northwind.example"])).await);
        assert_eq!((code, field), ("unverified_domain", Some("address_1")));
        assert!(words.contains("northwind.example is no verified domain of Northwind or Acme") && words.contains("None is verified"), "{words}");
        prove(&world, own).await;
        prove(&world, of_acme).await;
        for (addresses, code, field) in [
            (&["", "ada@gmail.example"][..], "unverified_domain", "address_2"),
            (&["ada@sub.acme.example"], "unverified_domain", "address_1"),
            (&["ada@acme.example", "", "Ada@ACME.example"], "double_address", "address_3"),
            (&["ada"], "invalid_email", "address_1"),
            (&["a@acme.example", "b@acme.example", "c@acme.example", "d@acme.example"], "too_many_addresses", "address_3"),
            (&["", " "], "no_address", "address_1"),
        ] {
            let (is, at, words) = refusal(set(&world, acme, to(true, addresses)).await);
            assert_eq!((is, at), (code, Some(field)), "{addresses:?}: {words}");
        }
        let (.., words) = refusal(set(&world, acme, to(true, &["x@gmail.example"])).await);
        assert!(words.contains("Verified: acme.example, northwind.example"), "{words}");
        let (code, ..) = refusal(set(&world, bolt, to(true, &["ada@acme.example"])).await);
        assert_eq!(code, "unverified_domain", "another organization's domain");
        set(&world, acme, to(true, &["ada@Acme.example", "", "ops@northwind.example"])).await.unwrap();
        let kept = report_delivery::delivery(world.store(), &world.owner, acme).await.unwrap();
        let kept: Vec<(String, bool)> = kept.addresses.into_iter().map(|a| (a.address, a.proved)).collect();
        assert_eq!(kept, [("ada@acme.example".into(), true), ("ops@northwind.example".into(), true)]);
    }

    async fn whoever_opts_in_gets_the_report_that_is_due_next_and_none_while_it_is_off(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = add(&world, Some(acme), "acme.example").await;
        prove(&world, id).await;
        let at = async |due| report_delivery::recipients(world.store().reads(), world.partner, acme, due).await.unwrap();
        assert_eq!(at(MONDAY + Span::DAY).await, [""; 0]);
        set(&world, acme, to(true, &["ada@acme.example"])).await.unwrap();
        assert_eq!(at(MONDAY - Span::SECOND).await, [""; 0], "due before it was switched on, and made late");
        assert_eq!(at(MONDAY + Span::DAY).await, ["ada@acme.example"]);
        // Changed while it is on: on since the first time.
        let later = MONDAY + Span::days(3);
        let new = to(true, &["ada@acme.example", "bob@acme.example"]);
        report_delivery::set_delivery(world.store(), &world.owner, acme, new, later).await.unwrap();
        assert_eq!(at(MONDAY + Span::DAY).await.len(), 2);
        set(&world, acme, to(false, &["ada@acme.example"])).await.unwrap();
        assert_eq!(at(MONDAY + Span::days(9)).await, [""; 0]);
        let kept = report_delivery::delivery(world.store(), &world.owner, acme).await.unwrap();
        assert_eq!((kept.enabled, kept.addresses.len(), kept.changed.unwrap().1.as_str()), (false, 1, "Ada"));
        report_delivery::set_delivery(world.store(), &world.owner, acme, to(true, &["ada@acme.example"]), later).await.unwrap();
        assert_eq!(at(MONDAY + Span::DAY).await, [""; 0], "opted in anew");
        assert_eq!(audited(&world).await.iter().filter(|what| *what == "report.delivery").count(), 4);
    }

    async fn a_domain_that_is_removed_takes_its_addresses_out_and_the_switch_can_still_be_turned_off(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let id = add(&world, Some(acme), "acme.example").await;
        prove(&world, id).await;
        set(&world, acme, to(true, &["ada@acme.example"])).await.unwrap();
        mail_domains::remove(world.store(), &world.owner, id, MONDAY).await.unwrap();
        let due = MONDAY + Span::DAY;
        assert_eq!(report_delivery::recipients(world.store().reads(), world.partner, acme, due).await.unwrap(), [""; 0]);
        let kept = report_delivery::delivery(world.store(), &world.owner, acme).await.unwrap();
        assert!(kept.enabled && !kept.addresses[0].proved);
        assert_eq!(refusal(set(&world, acme, to(true, &["ada@acme.example"])).await).0, "unverified_domain");
        assert_eq!(refusal(set(&world, acme, to(false, &["bob@acme.example"])).await).0, "unverified_domain", "a new one");
        set(&world, acme, to(false, &["ada@acme.example"])).await.unwrap();
    }

    async fn what_waits_for_an_address_that_is_taken_out_is_kept_back(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        let acme = world.organization("Acme").await;
        let id = add(&world, Some(acme), "acme.example").await;
        prove(&world, id).await;
        set(&world, acme, to(true, &["ada@acme.example", "bob@acme.example"])).await.unwrap();
        let queue = async |report: i64| {
            let tx = store.begin().await.unwrap();
            let (of, to) = ((world.partner, acme, ReportId(report)), ["Ada@acme.example".to_owned(), "bob@acme.example".to_owned()]);
            mails::queue_report(store, &tx, of, "Report", &to, MONDAY).await.unwrap();
            tx.commit().await.unwrap();
        };
        let states = async || {
            let rows = mails::of_organization(store, &world.owner, acme, 50).await.unwrap();
            let mut states: Vec<_> = rows.into_iter().map(|row| format!("{} {}", row.recipient, row.state.as_str())).collect();
            states.sort();
            states
        };
        queue(1).await;
        set(&world, acme, to(true, &["ada@acme.example"])).await.unwrap();
        assert_eq!(states().await, ["Ada@acme.example queued", "bob@acme.example cancelled"]);
        let going = mails::claim_due(store, "here", MONDAY + Span::SECOND).await.unwrap().unwrap();
        assert!(mails::hand_over(store, &going, MONDAY + Span::SECOND).await.unwrap());
        set(&world, acme, to(false, &["ada@acme.example"])).await.unwrap();
        assert_eq!(states().await, ["Ada@acme.example handing_over", "bob@acme.example cancelled"], "what goes at this moment goes");
    }

    async fn who_sees_and_changes_delivery_follows_the_role_and_clients_see_reports_that_are_shared(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        let (acme, bolt) = (world.organization("Acme").await, world.organization("Bolt").await);
        let scope = world.owner.scope.clone();
        let code = |result: Result<(), Error>| result.err().map_or("done", |error| error.public_code());
        for (role, sees, changes) in [
            (Role::Owner, true, true),
            (Role::Admin, true, true),
            (Role::Technician, true, true),
            (Role::Finance, false, false),
            (Role::Viewer, true, false),
        ] {
            let actor = member(role, &scope);
            assert_eq!(report_delivery::may_see(store, &actor, acme).await.unwrap(), sees, "{role:?}");
            assert_eq!(report_delivery::delivery(store, &actor, acme).await.is_ok(), sees, "{role:?}");
            let changed = code(report_delivery::set_delivery(store, &actor, acme, to(false, &[]), MONDAY).await);
            assert_eq!(changed, if changes { "done" } else { "forbidden" }, "{role:?}");
            let shared = code(report_delivery::share(store, &actor, bolt, true, MONDAY).await);
            assert_eq!(shared, if changes { "done" } else { "forbidden" }, "{role:?}");
        }
        let own = client(&world, acme);
        assert!(!report_delivery::may_see(store, &own, acme).await.unwrap());
        assert_eq!(report_delivery::delivery(store, &own, acme).await.unwrap_err().public_code(), "forbidden");
        assert_eq!(report_delivery::may_see(store, &own, bolt).await.unwrap_err().public_code(), "not_found");
        // A key of the organization is the partner's: only it can make one.
        let key = Actor { ground: Ground::Key(KeyId(5), KeyRights { ingest: false, read: true, manage: false }), scope: own.scope.clone() };
        assert!(report_delivery::may_see(store, &key, acme).await.unwrap());
        assert_eq!(code(report_delivery::share(store, &own, acme, true, MONDAY).await), "forbidden");
        report_delivery::share(store, &world.owner, acme, true, MONDAY).await.unwrap();
        assert!(report_delivery::may_see(store, &own, acme).await.unwrap());
        assert!(report_delivery::delivery(store, &own, acme).await.is_err(), "downloads, not the addresses");
        // Sharing is a switch of its own.
        set(&world, acme, to(false, &[])).await.unwrap();
        assert!(report_delivery::delivery(store, &world.owner, acme).await.unwrap().shared);
        report_delivery::share(store, &world.owner, acme, false, MONDAY).await.unwrap();
        assert!(!report_delivery::may_see(store, &own, acme).await.unwrap());
    }

    async fn a_sub_resellers_client_has_the_domains_of_its_own_partner(fresh) {
        let world = World::started(fresh).await;
        let store = world.store();
        let below = partners::create(store, &world.owner, "Below", "UTC", Some(world.partner), MONDAY).await.unwrap();
        let owner = Actor { scope: Scope::Partners([world.partner, below].into()), ..world.owner.clone() };
        let new = NewOrganization { partner: Some(below), name: "Far".into(), ..NewOrganization::default() };
        let far = organizations::create(store, &owner, new, MONDAY).await.unwrap();
        let above = add(&world, None, "northwind.example").await;
        prove(&world, above).await;
        let refused = report_delivery::set_delivery(store, &owner, far, to(true, &["ada@northwind.example"]), MONDAY).await;
        assert_eq!(refusal(refused).0, "unverified_domain");
        let new = NewDomain { organization: Some(far), domain: "far.example".into() };
        let id = mail_domains::add(store, &owner, new, MONDAY).await.unwrap();
        let value = mail_domains::get(store, &owner, id).await.unwrap().value;
        assert!(mail_domains::looked_up(store, &owner, id, &Looked::Texts(vec![value]), MONDAY).await.unwrap());
        report_delivery::set_delivery(store, &owner, far, to(true, &["ada@far.example"]), MONDAY).await.unwrap();
        assert_eq!(mail_domains::list(store, &owner, None).await.unwrap().len(), 2, "a reseller sees those below it");
    }
}
