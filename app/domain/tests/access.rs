//! D11: who may what, where.

use domain::{
    access::{Action, Actor, Ground, KeyRights, Role, Scope},
    ids::{DeviceId, KeyId, OrganizationId, PartnerId, UserId},
};

/// Rows as in D11, columns as `Role::ALL`.
const TABLE: &[(Action, [bool; 7])] = {
    const Y: bool = true;
    const N: bool = false;
    &[
        //                        owner admin tech finance viewer client-admin client-viewer
        (Action::SeeDashboards, [Y, Y, Y, N, Y, Y, Y]),
        (Action::SeeSeats, [Y, Y, Y, Y, Y, N, N]),
        (Action::TendAlerts, [Y, Y, Y, N, N, N, N]),
        (Action::ManageDevices, [Y, Y, Y, N, N, N, N]),
        (Action::SeeReports, [Y, Y, Y, N, Y, Y, Y]),
        (Action::ManageDelivery, [Y, Y, Y, N, N, N, N]),
        (Action::ManageSettings, [Y, Y, N, N, N, N, N]),
        (Action::ManageUsers, [Y, Y, N, N, N, Y, N]),
        (Action::ManagePlans, [Y, Y, N, Y, N, N, N]),
        (Action::SeeAudit, [Y, Y, N, N, N, Y, N]),
        (Action::Ingest, [N, N, N, N, N, N, N]),
    ]
};

#[test]
fn every_role_may_what_the_table_says_and_nothing_else() {
    assert_eq!(TABLE.len(), Action::ALL.len());
    for (action, may) in TABLE {
        let decided: Vec<bool> = Role::ALL.iter().map(|role| role.may(*action)).collect();
        assert_eq!(decided, may, "{action}");
    }
}

#[test]
fn an_ingest_key_sends_and_sees_nothing_and_a_read_key_reads_as_a_viewer_does() {
    let may = |rights: KeyRights| -> Vec<Action> { Action::ALL.iter().copied().filter(|a| rights.may(*a)).collect() };
    assert_eq!(may(KeyRights::default()), []);
    assert_eq!(may(KeyRights { ingest: true, ..KeyRights::default() }), [Action::Ingest]);
    let read = may(KeyRights { read: true, ..KeyRights::default() });
    let viewer: Vec<Action> = Action::ALL.iter().copied().filter(|a| Role::Viewer.may(*a)).collect();
    assert_eq!(read, viewer);
    let manage = may(KeyRights { manage: true, ..KeyRights::default() });
    assert!(read.iter().all(|action| manage.contains(action)));
    assert!(!manage.contains(&Action::ManageUsers) && !manage.contains(&Action::SeeAudit) && !manage.contains(&Action::Ingest));
}

#[test]
fn what_is_outside_a_scope_does_not_exist_for_it() {
    let (ours, theirs) = (PartnerId(1), PartnerId(9));
    let (org, other) = (OrganizationId(1), OrganizationId(2));
    let (device, neighbour) = (DeviceId(1), DeviceId(2));
    let subtree = Scope::Partners([ours, PartnerId(2)].into());
    assert!(subtree.contains(PartnerId(2), Some(other), Some(neighbour)));
    assert!(!subtree.contains(theirs, Some(org), None));
    let client = Scope::Organization(ours, org);
    assert!(client.contains(ours, Some(org), Some(device)) && client.contains(ours, Some(org), None));
    assert!(!client.contains(ours, Some(other), None) && !client.contains(ours, None, None));
    let one = Scope::Device(ours, org, device);
    assert!(one.contains(ours, Some(org), Some(device)));
    assert!(!one.contains(ours, Some(org), Some(neighbour)) && !one.contains(ours, Some(org), None));
}

#[test]
fn an_actor_may_what_its_ground_allows() {
    let scope = Scope::Partners([PartnerId(1)].into());
    let viewer = Actor { ground: Ground::Member(UserId(1), Role::Viewer), scope: scope.clone() };
    assert!(viewer.may(Action::SeeReports) && !viewer.may(Action::TendAlerts));
    let rights = KeyRights { ingest: true, read: false, manage: false };
    let key = Actor { ground: Ground::Key(KeyId(1), rights), scope: scope.clone() };
    assert!(key.may(Action::Ingest) && !key.may(Action::SeeDashboards));
    assert!(Action::ALL.iter().all(|action| Actor::system(scope.clone()).may(*action)));
}

#[test]
fn every_role_is_read_back_from_its_word() {
    for role in Role::ALL {
        assert_eq!(role.as_str().parse(), Ok(*role));
    }
    let refused = "root".parse::<Role>().map_err(|e| e.to_string());
    assert!(refused.is_err_and(|why| why.starts_with("not a role: use one of `owner`")));
}
