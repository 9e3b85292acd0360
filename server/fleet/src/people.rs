//! The partners and those who sign in.

use crate::{
    plan::{PartnerPlan, PersonPlan},
    policies,
};
use domain::{access::Role, policy::DeviceClass};

/// Name, zone, place of the one above, domain of its addresses.
const PARTNERS: [(&str, &str, Option<usize>, &str); 4] = [
    ("Nordlicht IT-Service", "Europe/Berlin", None, "example.com"),
    ("Wisła Cloud", "Europe/Warsaw", Some(0), "wisla.example.com"),
    ("Harborline Managed Services", "America/New_York", None, "example.net"),
    ("朝日システムズ", "Asia/Tokyo", None, "example.org"),
];

/// A night with its run, and two hours; a weekend on which nobody opens a laptop, and the morning after it.
const SERVICE_LEVELS: [(DeviceClass, i64); 2] = [(DeviceClass::Server, 26), (DeviceClass::Workstation, 80)];

const PEOPLE: [&[(&str, &str, Role)]; 4] = [
    &[
        ("Lena Brandt", "lena.brandt", Role::Owner),
        ("Jonas Øverland", "jonas.overland", Role::Admin),
        ("Aylin Yıldız", "aylin.yildiz", Role::Technician),
        ("Piet de Vries", "piet.devries", Role::Finance),
        ("Sofía Núñez", "sofia.nunez", Role::Viewer),
        ("Karl Müller", "karl.mueller", Role::ClientAdmin),
        ("Ines Müller", "ines.mueller", Role::ClientViewer),
    ],
    &[("Zofia Żurawska", "zofia.zurawska", Role::Owner), ("Michał Król", "michal.krol", Role::Technician)],
    &[("Grace Whitcombe", "grace.whitcombe", Role::Owner), ("Malik Reid", "malik.reid", Role::Technician)],
    &[("田中 美咲", "misaki.tanaka", Role::Owner), ("佐藤 健", "ken.sato", Role::Technician)],
];

/// How many partners a fleet has.
pub(crate) const PARTNERS_OF_A_FLEET: usize = PARTNERS.len();

pub(crate) fn partners() -> Vec<PartnerPlan> {
    PARTNERS
        .iter()
        .zip(PEOPLE)
        .map(|((name, zone, parent, domain), people)| PartnerPlan {
            name: (*name).to_owned(),
            time_zone: (*zone).to_owned(),
            parent: *parent,
            policies: policies::of(zone),
            service_levels: if parent.is_none() { SERVICE_LEVELS.to_vec() } else { Vec::new() },
            people: people
                .iter()
                .map(|(name, local, role)| PersonPlan {
                    name: (*name).to_owned(),
                    email: format!("{local}@{domain}"),
                    role: *role,
                    // The first organization is the first partner's.
                    organization: role.is_client().then_some(0),
                })
                .collect(),
        })
        .collect()
}
