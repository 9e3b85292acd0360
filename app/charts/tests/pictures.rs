//! The drawings, as they are. A change of one is looked at and accepted with `cargo insta accept`.

use charts::{DayBar, DayState, TrendPoint, TrendUnit, bands_bar, date, day_bars, day_bars_text, score_ring, sparkline, trend, trend_text};
use domain::health::{Band, Score};

fn a_month() -> Vec<DayBar> {
    let mut bars: Vec<DayBar> = (20_755..20_778).map(|day| DayBar::of(day, 1, 0, 0, 0)).collect();
    bars[0] = DayBar::no_data(20_755);
    bars[1] = DayBar { state: DayState::Deactivated, ..DayBar::no_data(20_756) };
    bars[9] = DayBar::of(20_764, 1, 1, 0, 0);
    bars[12] = DayBar::of(20_767, 0, 0, 3, 0);
    bars[15] = DayBar::of(20_770, 0, 0, 0, 1);
    bars
}

#[test]
fn every_state_of_a_day_has_a_shape_of_its_own() {
    insta::assert_snapshot!(day_bars(&a_month()).replace("<g", "\n<g"));
}

#[test]
fn the_text_alternative_counts_and_names_the_bad_days() {
    insta::assert_snapshot!(day_bars_text(&a_month()));
    assert_eq!(day_bars_text(&[]), "no days");
}

#[test]
fn a_failed_run_made_good_the_same_day_is_a_warning_and_not_unhealthy() {
    assert_eq!(DayBar::of(1, 1, 0, 2, 0).state, DayState::Warning);
    assert_eq!(DayBar::of(1, 0, 0, 2, 0).state, DayState::Unhealthy);
    assert_eq!(DayBar::of(1, 0, 0, 1, 1).state, DayState::Unhealthy);
    assert_eq!(DayBar::of(1, 0, 0, 0, 0).state, DayState::NoData);
}

#[test]
fn days_have_the_dates_of_the_calendar() {
    assert_eq!(date(0), "1 Jan");
    assert_eq!(date(-1), "31 Dec");
    assert_eq!(date(19_782), "29 Feb");
    assert_eq!(date(20_777), "20 Nov");
}

#[test]
fn a_ring_is_filled_as_far_as_the_score() {
    insta::assert_snapshot!(score_ring(Score(84), Band::Warning));
    assert!(score_ring(Score(0), Band::Unknown).contains("stroke-dasharray=\"0.0 "));
}

#[test]
fn the_fewest_of_a_fleet_can_still_be_seen() {
    insta::assert_snapshot!(bands_bar(&[(Band::Critical, 1), (Band::Warning, 0), (Band::Unknown, 2), (Band::Healthy, 100_000)]));
    assert!(bands_bar(&[(Band::Healthy, 0)]).contains("band-none"));
}

#[test]
fn a_line_has_gaps_where_nothing_is_known() {
    insta::assert_snapshot!(sparkline(&[Some(1.0), Some(3.0), None, Some(2.0), Some(2.5)], "Storage & quota"));
}

const GIB: f64 = 1_073_741_824.0;

fn a_disk_that_fills() -> Vec<TrendPoint> {
    let used = [Some(700.0), Some(750.0), None, Some(820.0), Some(610.0), Some(900.0)];
    used.into_iter().zip(20_755..).map(|(gib, day)| TrendPoint { day, value: gib.map(|g: f64| g * GIB) }).collect()
}

#[test]
fn a_trend_has_an_axis_in_words_gaps_and_its_limit() {
    insta::assert_snapshot!(
        trend(&a_disk_that_fills(), TrendUnit::Bytes, Some((1_000.0 * GIB, "Quota")), "Storage & quota").replace("><", ">\n<")
    );
}

#[test]
fn the_text_of_a_trend_tells_its_ends_and_what_stands_out() {
    insta::assert_snapshot!(trend_text(&a_disk_that_fills(), TrendUnit::Bytes, Some((1_000.0 * GIB, "Quota")), "Storage"));
    assert_eq!(trend_text(&[], TrendUnit::Count, None, "Devices"), "Devices: nothing known");
    assert_eq!(
        trend_text(&[TrendPoint { day: 0, value: Some(97.25) }], TrendUnit::Percent, None, "Compliance"),
        "Compliance: 97.2 % on 1 Jan"
    );
}

#[test]
fn the_axis_of_a_trend_ends_at_a_round_number() {
    let drawn =
        |value: f64, unit| trend(&[TrendPoint { day: 0, value: Some(value) }, TrendPoint { day: 1, value: Some(value) }], unit, None, "x");
    assert!(drawn(37.0, TrendUnit::Count).contains(">40<"));
    assert!(drawn(812.0, TrendUnit::Count).contains(">1,000<") || drawn(812.0, TrendUnit::Count).contains(">1\u{202f}000<"));
    assert!(drawn(3.0 * GIB, TrendUnit::Bytes).contains(">4.0 GiB<"));
    assert!(drawn(12.0, TrendUnit::Percent).contains(">100 %<"));
    assert!(drawn(0.0, TrendUnit::Count).contains("trend-line"));
}
