//! Saved views: one's own, shared ones, and who sees and deletes which.

use crate::world::{MONDAY, World};
use domain::{
    access::{Actor, Ground, KeyRights, Role, Scope},
    ids::{KeyId, UserId},
    time::Span,
};
use engine::{
    on_both_stores,
    store::{
        audit::{self, AuditFilter},
        saved_views::{self, NewView, ViewPlace},
    },
};

fn view(name: &str, query: &str, shared: bool) -> NewView {
    NewView { place: ViewPlace::Alerts, name: name.into(), query: query.into(), shared }
}

fn member(id: i64, role: Role, scope: &Scope) -> Actor {
    Actor { ground: Ground::Member(UserId(id), role), scope: scope.clone() }
}

async fn names(world: &World, actor: &Actor) -> Vec<(String, String, bool)> {
    let views = saved_views::list(world.store(), actor, ViewPlace::Alerts).await.unwrap();
    views.into_iter().map(|v| (v.name, v.query, v.may_delete)).collect()
}

on_both_stores! {
    async fn ones_own_views_are_seen_by_nobody_else_and_shared_ones_by_all_of_the_partner(fresh) {
        let world = World::started(fresh).await;
        let scope = world.owner.scope.clone();
        let (tech, viewer) = (member(11, Role::Technician, &scope), member(12, Role::Viewer, &scope));
        let save = async |actor: &Actor, new: NewView| saved_views::save(world.store(), actor, new, MONDAY).await;
        save(&tech, view("Mine", "severity=critical&cursor=x", false)).await.unwrap();
        save(&tech, view("For all", "?state=untended&kind=job_failed", true)).await.unwrap();
        save(&viewer, view("Also mine", "", false)).await.unwrap();
        let text = |name: &str, query: &str, may: bool| (name.to_owned(), query.to_owned(), may);
        let shared = |may| text("For all", "kind=job_failed&state=untended", may);
        assert_eq!(names(&world, &tech).await, [shared(true), text("Mine", "severity=critical", true)]);
        assert_eq!(names(&world, &viewer).await, [shared(false), text("Also mine", "", true)]);
        let refused = save(&viewer, view("Not for all", "", true)).await.unwrap_err();
        assert_eq!(refused.public_code(), "forbidden");
    }

    async fn a_client_keeps_views_of_its_own_and_sees_none_that_the_partner_shares(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        saved_views::save(world.store(), &world.owner, view("For all", "state=untended", true), MONDAY).await.unwrap();
        let client = member(13, Role::ClientViewer, &Scope::Organization(world.partner, acme));
        assert_eq!(names(&world, &client).await, []);
        saved_views::save(world.store(), &client, view("Mine", "class=server", false), MONDAY).await.unwrap();
        assert_eq!(names(&world, &client).await.len(), 1);
        let refused = saved_views::save(world.store(), &client, view("For all", "", true), MONDAY).await.unwrap_err();
        assert_eq!(refused.public_code(), "forbidden");
        let other = Actor { ground: Ground::Member(UserId(14), Role::Owner), scope: Scope::Partners([domain::ids::PartnerId(99)].into()) };
        assert_eq!(names(&world, &other).await, []);
    }

    async fn a_view_of_the_same_name_is_replaced_and_what_is_shared_is_in_the_audit_log(fresh) {
        let world = World::started(fresh).await;
        let save = async |new: NewView| saved_views::save(world.store(), &world.owner, new, MONDAY + Span::SECOND).await;
        let first = save(view("Critical", "severity=critical", true)).await.unwrap();
        let again = save(view("Critical", "severity=critical&class=server", true)).await.unwrap();
        let own = save(view("Critical", "severity=warning", false)).await.unwrap();
        assert_eq!(first, again);
        assert_ne!(first, own);
        let entries = async || {
            let page = audit::list(world.store(), &world.owner, &AuditFilter::default()).await.unwrap();
            page.items.into_iter().map(|e| e.what).filter(|what| what.starts_with("view.")).collect::<Vec<_>>()
        };
        assert_eq!(entries().await, ["view.share", "view.share"]);
        saved_views::delete(world.store(), &world.owner, own, MONDAY).await.unwrap();
        saved_views::delete(world.store(), &world.owner, first, MONDAY).await.unwrap();
        assert_eq!(entries().await.iter().filter(|what| *what == "view.delete").count(), 1);
        assert_eq!(saved_views::delete(world.store(), &world.owner, first, MONDAY).await.unwrap_err().public_code(), "not_found");
    }

    async fn somebody_elses_view_is_not_found_and_a_shared_one_is_deleted_by_who_may_share(fresh) {
        let world = World::started(fresh).await;
        let scope = world.owner.scope.clone();
        let own = saved_views::save(world.store(), &world.owner, view("Mine", "", false), MONDAY).await.unwrap();
        let shared = saved_views::save(world.store(), &world.owner, view("Ours", "", true), MONDAY).await.unwrap();
        let viewer = member(12, Role::Viewer, &scope);
        let of = async |actor: &Actor, id| saved_views::delete(world.store(), actor, id, MONDAY).await.unwrap_err().public_code();
        assert_eq!(of(&viewer, own).await, "not_found");
        assert_eq!(of(&viewer, shared).await, "forbidden");
        let key = Actor { ground: Ground::Key(KeyId(5), KeyRights { ingest: false, read: true, manage: true }), scope: scope.clone() };
        let refused = saved_views::save(world.store(), &key, view("A key's", "", false), MONDAY).await.unwrap_err();
        assert_eq!(refused.public_code(), "forbidden");
        saved_views::delete(world.store(), &member(15, Role::Technician, &scope), shared, MONDAY).await.unwrap();
    }
}
