//! How far a service level is kept (D5), and by how many devices: moves with the counts.

use domain::{live::CountsNow, sla, text};
use leptos::prelude::*;

/// Compliance in words: `98.5 %`. Rounded down, so that it says 100 % only when nothing is in breach.
pub fn percent(counts: &CountsNow) -> Option<String> {
    let hundredths = sla::compliance(counts.covered, counts.in_breach)?;
    Some(match (hundredths / 100, hundredths % 100 / 10) {
        (whole, 0) => format!("{whole} %"),
        (whole, tenths) => format!("{whole}.{tenths} %"),
    })
}

/// Devices in words: `23 of 25`, within the SLA.
pub fn within(counts: &CountsNow) -> String {
    format!("{} of {}", text::count(counts.covered - counts.in_breach), text::count(counts.covered))
}

/// Compliance now, with its devices in words below. Stands below a heading that says "within the SLA". `bare`: the words for screen
/// readers and the pointer only.
#[component]
pub fn Compliance(
    /// Counts of the scope or organization.
    #[prop(into)]
    counts: Signal<CountsNow>,
    /// Words for screen readers and the pointer only.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let counts = counts.get();
        percent(&counts).map(|percent| (percent, within(&counts), counts.in_breach > 0))
    });
    move || match shown.get() {
        None => view! { <span class="faint">"not covered"</span> }.into_any(),
        Some((percent, words, is_broken)) => {
            let title = bare.then(|| format!("{words} within the SLA"));
            view! {
            <span class="compliance" data-broken=is_broken.then_some("") title=title>
                <span class="compliance-share">{percent}</span>
                <span class=if bare { "hidden-words" } else { "cell-sub" }>{words}<span class="hidden-words">" within the SLA"</span></span>
            </span>
            }
            .into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(covered: i64, in_breach: i64) -> Option<String> {
        percent(&CountsNow { covered, in_breach, ..CountsNow::default() })
    }

    #[test]
    fn compliance_has_at_most_one_decimal_and_is_never_rounded_up() {
        assert_eq!(of(25, 2).as_deref(), Some("92 %"));
        assert_eq!(of(3, 1).as_deref(), Some("66.6 %"));
        assert_eq!(of(100_000, 1).as_deref(), Some("99.9 %"));
        assert_eq!(of(3, 0).as_deref(), Some("100 %"));
        assert_eq!(of(0, 0), None);
        assert_eq!(within(&CountsNow { covered: 25, in_breach: 2, ..CountsNow::default() }), "23 of 25");
    }
}
