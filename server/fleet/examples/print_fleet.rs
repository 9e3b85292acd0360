//! Prints a fleet's organizations and devices, and with the name of a device what happened to it in its last days:
//! `cargo run -p fleet --example print_fleet -- [SEED] [ORGANIZATION/DEVICE [DAYS]]`.

use domain::{
    text,
    time::{Span, Time},
};
use fleet::{Size, What, fleet};

/// 2026-11-20T07:40:00Z.
const UNTIL: Time = Time(1_795_160_400_000);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let wanted = arguments.next();
    let days = arguments.next().and_then(|days| days.parse().ok()).unwrap_or(3);
    let fleet = fleet(seed, Size::DEMO, UNTIL);
    for organization in fleet.organizations() {
        let partner = &fleet.partners[organization.partner].name;
        if wanted.is_none() {
            println!(
                "{partner} → {} ({}, {} {})",
                organization.name,
                organization.time_zone,
                organization.plan_name,
                organization.devices.len()
            );
        }
        for device in &organization.devices {
            let path = format!("{}/{}", organization.name, device.name);
            if wanted.is_none() {
                let jobs: Vec<_> = device.jobs.iter().map(|job| format!("{} [{}]", job.name, text::schedule(&job.follows))).collect();
                println!("    {} {:?} {:?} {:?} {}", device.name, device.class, device.story, device.tags, jobs.join(", "));
            } else if wanted.as_ref() == Some(&path) {
                for happening in device.happenings(UNTIL - Span::days(days), UNTIL) {
                    match happening.what {
                        What::Run { job, key, event, log } => {
                            let (job, message) = (&device.jobs[job].name, event.message.unwrap_or_default());
                            println!("{} {job} {key} {:?} {} {message}", text::utc(happening.at), event.state, event.attempt);
                            println!("{}", log.unwrap_or_default());
                        }
                        what => println!("{} {what:?}", text::utc(happening.at)),
                    }
                }
            }
        }
    }
}
