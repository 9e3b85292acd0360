//! The totals of a dashboard (D6): seats in use; what succeeded and failed in the chosen window; what retries and runs now. They follow
//! the stream. The window stands in the address and asks the server nothing: all three come with the totals.

use crate::components::{Section, StatTile, StatTiles, query_with};
use domain::{
    saas::{Ended, SaasNow},
    text,
};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

/// (word in the address, words).
const WINDOWS: [(&str, &str); 3] = [("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days")];

/// Seats in words: "52 of 50".
pub fn seats_words(seats: i64, limit: Option<i64>) -> String {
    limit.map_or_else(|| text::count(seats), |limit| format!("{} of {}", text::count(seats), text::count(limit)))
}

/// More seats are in use than were bought.
pub fn is_above(seats: i64, limit: Option<i64>) -> bool {
    limit.is_some_and(|limit| seats > limit)
}

const fn ended(now: &SaasNow, place: usize) -> Ended {
    match place {
        1 => now.week,
        2 => now.month,
        _ => now.day,
    }
}

/// Where the numbers lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// To the job log of the scope.
    ToLog,
    /// To the accounts below.
    ToAccounts,
}

/// The totals.
#[component]
pub fn Totals(
    /// The counts.
    #[prop(into)]
    now: Signal<SaasNow>,
    /// Seats that may be used, where one number says that.
    #[prop(optional_no_strip)]
    seat_limit: Option<i64>,
    /// Else seats only.
    sees_results: bool,
    /// Where the numbers lead.
    leads: Leads,
) -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    let place = Memo::new(move |_| {
        let word = query.read().get("window").unwrap_or_default();
        WINDOWS.iter().position(|(known, _)| *known == word).unwrap_or(0)
    });
    let in_window = move || WINDOWS.get(place.get()).map_or("24 hours", |(_, words)| *words);
    let cursor = move || query.read().get("cursor");
    let choice = view! {
        <nav class="choice" aria-label="Time of the ended runs">
            {WINDOWS
                .into_iter()
                .enumerate()
                .map(|(own, (word, words))| {
                    let href = move || {
                        let cursor = cursor();
                        let next = query_with(&query.read(), &[("window", (own > 0).then_some(word)), ("cursor", cursor.as_deref())]);
                        format!("{}{next}", path.get())
                    };
                    view! {
                        <a class="choice-item" href=href data-noscroll="" aria-current=move || (place.get() == own).then_some("true")>{words}</a>
                    }
                })
                .collect_view()}
        </nav>
    };
    let count = move |of: fn(&SaasNow) -> i64| Signal::derive(move || now.with(of));
    let of_window = move |of: fn(&Ended) -> i64| Signal::derive(move || of(&ended(&now.get(), place.get())));
    let issues = Signal::derive(move || match ended(&now.get(), place.get()).warning {
        0 => in_window().to_owned(),
        warning => format!("{}, {} with issues", in_window(), text::count(warning)),
    });
    let seats_note = Signal::derive(move || {
        let now = now.get();
        let of = match seat_limit {
            Some(limit) if now.seats > limit => format!("above the limit of {}", text::count(limit)),
            Some(limit) => format!("of {}", text::count(limit)),
            None => String::new(),
        };
        let unprotected = (now.accounts - now.seats).max(0);
        let protected = if unprotected > 0 {
            format!("{} of {} accounts protected", text::count(now.seats), text::count(now.accounts))
        } else {
            String::new()
        };
        [of, protected].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join("; ")
    });
    let to = move |result: &str| match leads {
        Leads::ToLog => format!("/backups/log?result={result}"),
        Leads::ToAccounts => format!("?result={result}"),
    };
    view! {
        <div class="saas-totals" data-alone=(!sees_results).then_some("")>
            <Section title="Usage">
                <StatTiles>
                    <StatTile value=count(|n| n.seats) label="Total seats" note=seats_note/>
                </StatTiles>
            </Section>
            {sees_results.then(|| view! {
                <Section title="Results" aside=choice.into_any()>
                    <StatTiles>
                        <StatTile value=of_window(|e| e.success) label="Success" state="healthy" note=issues/>
                        <StatTile value=count(|n| n.retrying) label="Retrying" state="retrying" note="now" href=to("retrying")/>
                        <StatTile value=count(|n| n.running) label="Running" state="running" note="now" href=to("running")/>
                        <StatTile value=of_window(|e| e.failed) label="Failed" state="critical" note=Signal::derive(move || in_window().to_owned()) href=to("failed")/>
                    </StatTiles>
                </Section>
            })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_are_told_with_their_limit_and_marked_when_above() {
        assert_eq!((seats_words(1_052, Some(1_000)).as_str(), is_above(1_052, Some(1_000))), ("1,052 of 1,000", true));
        assert_eq!((seats_words(50, Some(50)).as_str(), is_above(50, Some(50))), ("50 of 50", false));
        assert_eq!((seats_words(7, None).as_str(), is_above(7, None)), ("7", false));
    }
}
