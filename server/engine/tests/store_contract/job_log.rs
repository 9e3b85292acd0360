//! The job log: order, pages without loss or doubles, filters, scope.

use crate::world::{MONDAY, World, new_device};
use domain::{
    access::{Actor, Ground, Role, Scope},
    ids::DeviceId,
    run::{RunEvent, RunState, Tool},
    time::{Span, Time},
};
use engine::{
    on_both_stores,
    store::{
        devices,
        job_log::{self, LogFilter, LogPage, LogResult},
        organizations::{self, NewOrganization},
        partners,
    },
};

const NOW: Time = Time(MONDAY.0 + Span::DAY.0);

async fn page(world: &World, actor: &Actor, filter: &LogFilter) -> LogPage {
    job_log::list(world.store(), actor, filter, NOW).await.unwrap()
}

/// All pages: (device, start).
async fn walked(world: &World, actor: &Actor, mut filter: LogFilter) -> Vec<(String, Time)> {
    let mut all = Vec::new();
    for _ in 0..200 {
        let page = page(world, actor, &filter).await;
        all.extend(page.items.into_iter().map(|r| (r.device.1, r.started_at)));
        match page.next_cursor {
            Some(cursor) => filter.cursor = Some(cursor),
            None => return all,
        }
    }
    panic!("the log has no end");
}

async fn below(world: &World) -> (Actor, DeviceId) {
    let south = partners::create(world.store(), &world.owner, "South", "UTC", None, MONDAY).await.unwrap();
    let both = Actor { scope: Scope::Partners([world.partner, south].into()), ..world.owner.clone() };
    let new = NewOrganization { partner: Some(south), name: "Harbour".into(), ..Default::default() };
    let harbour = organizations::create(world.store(), &both, new, MONDAY).await.unwrap();
    let device = devices::create(&world.engine, &both, new_device(harbour, "quay"), MONDAY).await.unwrap();
    (both, device)
}

on_both_stores! {
    async fn the_log_of_several_partners_is_one_list_without_loss_or_doubles(fresh) {
        let world = World::started(fresh).await;
        let own = world.device(world.organization("Acme").await, "fs-01").await;
        let (both, quay) = below(&world).await;
        let sender = Actor::system(both.scope.clone());
        // Three runs begin in the same millisecond.
        for n in 0..9_i64 {
            let at = MONDAY + Span::minutes(n / 3);
            world.report(own, &format!("r{n}"), RunState::Succeeded, at).await;
            world.report_as(&sender, quay, &format!("q{n}"), RunEvent::new(RunState::Failed, at), None).await;
        }
        for limit in [1, 4, 18, 50] {
            let all = walked(&world, &both, LogFilter { limit: Some(limit), ..Default::default() }).await;
            assert_eq!(all.len(), 18, "{limit} a page");
            assert!(all.is_sorted_by_key(|(_, at)| std::cmp::Reverse(*at)));
            assert_eq!(all.iter().filter(|(device, _)| device == "quay").count(), 9);
        }
        let troubled = walked(&world, &both, LogFilter { result: LogResult::Troubled, limit: Some(2), ..Default::default() }).await;
        assert_eq!((troubled.len(), troubled.iter().all(|(device, _)| device == "quay")), (9, true));
        assert_eq!(walked(&world, &world.owner, LogFilter::default()).await.len(), 9, "only its own partner");
    }

    async fn the_log_is_narrowed_by_result_device_client_tool_and_time(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let (mail, files) = (world.device(acme, "MAIL-01").await, world.device(other, "files_1").await);
        let tool = |name: &str| Some(Tool { name: name.into(), version: "1".into() });
        for n in 0..6 {
            let at = MONDAY + Span::hours(n);
            let end = RunEvent { tool: tool("restic"), message: Some(r#"said "tool":{"name":"borg""#.into()), ..RunEvent::new(RunState::Succeeded, at) };
            world.report_with(mail, &format!("m{n}"), end, None).await;
        }
        let bad = RunEvent { tool: tool("Borg"), attempt: 3, ..RunEvent::new(RunState::Failed, MONDAY + Span::hours(2)) };
        world.report_with(files, "f1", bad, None).await;
        world.report(files, "f2", RunState::Skipped, MONDAY + Span::hours(3)).await;
        world.report(files, "f3", RunState::Running, MONDAY + Span::hours(4)).await;
        world.report(mail, "w", RunState::Warning, MONDAY + Span::hours(7)).await;
        let many = async |filter: LogFilter| walked(&world, &world.owner, LogFilter { limit: Some(2), ..filter }).await.len();
        let is = |state| LogFilter { result: LogResult::Is(state), ..Default::default() };
        assert_eq!(many(is(RunState::Succeeded)).await, 6);
        assert_eq!(many(is(RunState::Skipped)).await, 1);
        assert_eq!(many(is(RunState::Running)).await, 1);
        assert_eq!(many(is(RunState::Retrying)).await, 0);
        assert_eq!(many(is(RunState::Failed)).await, 1);
        assert_eq!(many(LogFilter { result: LogResult::Troubled, ..Default::default() }).await, 2);
        assert_eq!(many(LogFilter { result: LogResult::Troubled, organization: Some(acme), ..Default::default() }).await, 1);
        assert_eq!(many(LogFilter { organization: Some(other), ..Default::default() }).await, 3);
        assert_eq!(many(LogFilter { organization: Some(other), ..is(RunState::Running) }).await, 1);
        assert_eq!(many(LogFilter { device: Some("mail".into()), ..Default::default() }).await, 7);
        assert_eq!(many(LogFilter { device: Some("s_1".into()), ..Default::default() }).await, 3, "an underscore is a letter");
        assert_eq!(many(LogFilter { device: Some("nobody".into()), ..Default::default() }).await, 0);
        assert_eq!(many(LogFilter { tool: Some("restic".into()), ..Default::default() }).await, 6);
        assert_eq!(many(LogFilter { tool: Some("bor".into()), ..Default::default() }).await, 1, "what a message says is no tool");
        assert_eq!(many(LogFilter { tool: Some("restic".into()), organization: Some(other), ..Default::default() }).await, 0);
        assert_eq!(many(LogFilter { since: Some(MONDAY + Span::hours(4)), ..Default::default() }).await, 4);
        assert_eq!(many(LogFilter { since: Some(MONDAY + Span::hours(4)), organization: Some(acme), ..Default::default() }).await, 3);
        let failed = page(&world, &world.owner, &is(RunState::Failed)).await.items.remove(0);
        assert_eq!((failed.attempt, failed.organization.1.as_str(), failed.tool.unwrap().name.as_str()), (3, "Other", "Borg"));
    }

    async fn a_client_and_another_partner_see_their_own_part_of_the_log(fresh) {
        let world = World::started(fresh).await;
        let (acme, other) = (world.organization("Acme").await, world.organization("Other").await);
        let (own, hidden) = (world.device(acme, "own").await, world.device(other, "hidden").await);
        for n in 0..3 {
            world.report(own, &format!("a{n}"), RunState::Failed, MONDAY + Span::minutes(n)).await;
            world.report(hidden, &format!("b{n}"), RunState::Failed, MONDAY + Span::minutes(n)).await;
        }
        world.report(hidden, "open", RunState::Running, MONDAY + Span::minutes(9)).await;
        let client = Actor { ground: Ground::Member(world.user, Role::ClientViewer), scope: Scope::Organization(world.partner, acme) };
        for result in [LogResult::Any, LogResult::Troubled, LogResult::Is(RunState::Failed)] {
            let seen = walked(&world, &client, LogFilter { result, limit: Some(2), ..Default::default() }).await;
            assert_eq!((seen.len(), seen.iter().all(|(device, _)| device == "own")), (3, true), "{result:?}");
        }
        assert!(walked(&world, &client, LogFilter { organization: Some(other), ..Default::default() }).await.is_empty());
        assert!(walked(&world, &client, LogFilter { device: Some("hidden".into()), ..Default::default() }).await.is_empty());
        assert!(walked(&world, &client, LogFilter { result: LogResult::Is(RunState::Running), ..Default::default() }).await.is_empty());
        let system = Actor::system(partners::everything(world.store()).await.unwrap());
        let stranger = partners::create(world.store(), &system, "Contoso", "UTC", None, MONDAY).await;
        let stranger = Actor { scope: Scope::Partners([stranger.unwrap()].into()), ..world.owner.clone() };
        assert!(walked(&world, &stranger, LogFilter { organization: Some(acme), ..Default::default() }).await.is_empty());
        let finance = Actor { ground: Ground::Member(world.user, Role::Finance), ..world.owner.clone() };
        assert_eq!(job_log::list(world.store(), &finance, &LogFilter::default(), NOW).await.unwrap_err().public_code(), "forbidden");
    }

    async fn runs_of_quiet_devices_are_found_however_long_ago_they_were(fresh) {
        let world = World::started(fresh).await;
        let acme = world.organization("Acme").await;
        let mut all = Vec::new();
        for n in 0..12 {
            all.push(world.device(acme, &format!("pc-{n}")).await);
        }
        let long_ago = |days| MONDAY - Span::days(days);
        world.report(all[0], "old", RunState::Succeeded, long_ago(390)).await;
        world.report(all[3], "older", RunState::Succeeded, long_ago(395)).await;
        world.report(all[5], "new", RunState::Succeeded, MONDAY).await;
        let filter = LogFilter { organization: Some(acme), ..Default::default() };
        let found = walked(&world, &world.owner, filter).await;
        assert!(found.iter().any(|(_, at)| *at == long_ago(395)) && found.iter().any(|(_, at)| *at == MONDAY));
    }
}
