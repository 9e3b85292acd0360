//! From a summary's figures to its mail: words in the partner's zone, links into the portal, the picture of the trend.

use super::picture::png;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use charts::{Ink, TrendPoint, TrendUnit, date, plot};
use domain::{
    health::Band,
    report::weekly::range,
    text::{kind_label, utc},
    time::Time,
    wall_clock::wall_clock,
};
use engine::store::{
    branding::Branding,
    mails::{Picture, Written},
    weekly::{Figures, Runs},
};
use post::weekly::{Alert, Backups, InBand, Low, Weekly, html, text};

/// Size of the trend, in units.
const TREND: (f64, f64) = (560.0, 120.0);
/// Seen on light and on dark ground.
const INK: Ink<'static> = Ink { line: "#6f66d8", grid: "#8b8d92" };
/// What becomes the address that unsubscribes, copy by copy.
const UNSUBSCRIBE: &str = "UNSUBSCRIBE-LINK";

/// For whom it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Those who are registered.
    Recipients,
    /// Whoever sends it to themselves.
    Test,
}

/// Subject and mail. `address`: of the portal, without a slash at the end.
pub(super) fn letter(figures: &Figures, look: &Branding, address: &str, whom: For) -> (String, Written) {
    let points: Vec<TrendPoint> = figures
        .storage
        .iter()
        .map(|(day, held)| {
            #[expect(clippy::cast_precision_loss, reason = "a drawing needs no exact bytes")]
            let value = held.map(|held| held as f64);
            TrendPoint { day: *day, value }
        })
        .collect();
    let drawn = points.iter().filter(|point| point.value.is_some()).count() > 1;
    let trend = drawn.then(|| plot(&points, TrendUnit::Bytes, TREND, INK)).and_then(|plot| Some((png(&plot.svg)?, plot.marks)));
    let mut weekly = told(figures, look, address);
    weekly.test = whom == For::Test;
    weekly.unsubscribe = (whom == For::Recipients).then(|| UNSUBSCRIBE.to_owned());
    weekly.trend = trend.as_ref().map(|(_, marks)| marks.clone());
    let logo = look.logo.as_ref();
    weekly.logo = logo.is_some();
    let mut pictures: Vec<Picture> = Vec::new();
    pictures.extend(trend.map(|(png, _)| Picture { cid: "trend".into(), png: STANDARD.encode(png) }));
    pictures.extend(logo.map(|png| Picture { cid: "logo".into(), png: STANDARD.encode(png) }));
    (weekly.subject(), Written { text: text(&weekly), html: html(&weekly), pictures })
}

fn told(figures: &Figures, look: &Branding, address: &str) -> Weekly {
    let clock = |at: Time| wall_clock(at, &figures.time_zone).unwrap_or_else(|_| utc(at));
    let (first, last) = figures.week();
    let devices = &figures.devices;
    let before = figures.before.map(|(_, bands)| bands);
    let band = |band: Band, now: i64, before: Option<i64>| InBand {
        band,
        now,
        before,
        place: format!("{address}/backups/devices?band={}", band.as_str()),
    };
    let alerts = figures.alerts.iter().map(|alert| Alert {
        kind: kind_label(alert.kind).to_owned(),
        subject: alert.subject.clone(),
        organization: alert.organization.clone(),
        at: clock(alert.at),
        resolved: alert.resolved,
        why: alert.why.clone(),
        place: format!("{address}/alerts/{}", alert.id),
    });
    let lowest = figures.lowest.iter().map(|low| Low {
        score: low.score.0,
        band: low.band,
        name: low.name.clone(),
        organization: low.organization.clone(),
        why: low.why.clone(),
        place: format!("{address}/devices/{}", low.id),
    });
    Weekly {
        partner: figures.partner.clone(),
        brand: if look.name.is_empty() { figures.partner.clone() } else { look.name.clone() },
        colour: look.colour.clone(),
        footer: look.footer.clone(),
        logo: false,
        week: range(first, last),
        zone: figures.time_zone.replace('_', " "),
        made: clock(figures.at),
        bands: vec![
            band(Band::Healthy, devices.healthy, before.map(|b| b.healthy)),
            band(Band::Warning, devices.warning, before.map(|b| b.warning)),
            band(Band::Critical, devices.critical, before.map(|b| b.critical)),
            band(Band::Unknown, devices.unknown, before.map(|b| b.unknown)),
        ],
        since: figures.before.map(|(day, _)| date(day)),
        paused: devices.paused,
        backups: (backups(&figures.jobs), backups(&figures.jobs_before)),
        saas: (backups(&figures.saas), backups(&figures.saas_before)),
        critical: (figures.critical, figures.critical_before),
        critical_is_more: figures.critical_is_more,
        alerts: alerts.collect(),
        lowest: lowest.collect(),
        storage: figures.storage.iter().map(|(day, held)| (date(*day), *held)).collect(),
        trend: None,
        portal: address.to_owned(),
        alerts_place: format!("{address}/backups/alerts?severity=critical"),
        settings_place: format!("{address}/settings/reports"),
        unsubscribe: None,
        test: false,
    }
}

const fn backups(runs: &Runs) -> Backups {
    Backups { warning: runs.warning, usable: runs.usable(), failed: runs.failed, missed: runs.missed }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use engine::store::weekly::Bands;

    fn figures(storage: &[Option<i64>]) -> Figures {
        Figures {
            partner: "Northwind".into(),
            time_zone: "America/New_York".into(),
            day: 20_773,
            at: Time(1_794_834_000_000),
            devices: Bands { healthy: 3, ..Bands::default() },
            before: Some((20_766, Bands { healthy: 2, ..Bands::default() })),
            jobs: Runs { succeeded: 9, warning: 0, failed: 1, missed: 0 },
            jobs_before: Runs::default(),
            saas: Runs::default(),
            saas_before: Runs::default(),
            critical: 0,
            critical_is_more: false,
            critical_before: 0,
            alerts: Vec::new(),
            lowest: Vec::new(),
            storage: (0..).map(|week| 20_772 - 7 * week).zip(storage.iter().copied()).collect(),
        }
    }

    #[test]
    fn a_picture_comes_with_the_mail_where_there_is_a_trend() {
        let (subject, written) =
            letter(&figures(&[Some(1 << 40), Some(1 << 39)]), &Branding::default(), "https://backup.example.com", For::Recipients);
        assert_eq!(subject, "Weekly health summary, 9 – 15 November 2026: all 3 devices healthy");
        assert!(written.html.contains("cid:trend") && written.html.contains(UNSUBSCRIBE) && written.html.contains("+1"));
        assert!(written.text.contains("90.00 % of 10 usable.") && written.text.contains("https://backup.example.com/settings/reports"));
        let png = STANDARD.decode(&written.pictures[0].png).unwrap();
        assert!(png.starts_with(b"\x89PNG") && png.len() < 20_000, "{}", png.len());
        // Width and height of its head, big-endian.
        assert_eq!((&png[16..20], &png[20..24]), (&1_120_u32.to_be_bytes()[..], &240_u32.to_be_bytes()[..]));

        let (subject, written) = letter(&figures(&[Some(1 << 40), None]), &Branding::default(), "", For::Test);
        assert!(subject.starts_with("Test: ") && !written.html.contains(UNSUBSCRIBE));
        assert!(written.pictures.is_empty() && !written.html.contains("cid:"), "a point alone is no trend");
    }
}
