//! A log: its lines numbered, searched as one types, what was found marked and jumped to, and the whole to save. Before the scripts
//! come it is plain text with a link to the whole.

use super::{
    icon::{DOWN, DOWNLOAD, Icon, SEARCH},
    toggle::Toggle,
};
use crate::browser;
use domain::text;
use leptos::{ev::KeyboardEvent, prelude::*};

/// Most lines that are drawn at once.
const MOST_LINES: usize = 2_000;
/// Of a longer log: so many from its head, the rest of them from its tail.
const HEAD: usize = 500;

/// Splits a line around what was searched, without regard to case (ASCII). (is it a hit, piece).
pub fn pieces(line: &str, wanted: &str) -> Vec<(bool, String)> {
    if wanted.is_empty() {
        return vec![(false, line.to_owned())];
    }
    let (low, wanted) = (line.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    let mut pieces = Vec::new();
    let mut from = 0;
    while let Some(found) = low.get(from..).and_then(|rest| rest.find(&wanted)) {
        let (start, end) = (from + found, from + found + wanted.len());
        pieces.push((false, line[from..start].to_owned()));
        pieces.push((true, line[start..end].to_owned()));
        from = end;
    }
    pieces.push((false, line[from..].to_owned()));
    pieces
}

/// What stands in a log where its middle was left out when it was received: "1234 bytes".
fn left_out(lines: &[String]) -> Option<&str> {
    let words = |line: &String| {
        let inner = line.trim_matches(|c| matches!(c, '[' | ']' | ' '));
        inner.starts_with('…') && inner.ends_with('…') && inner.contains("bytes left out")
    };
    let line = lines.iter().find(|line| words(line))?;
    line.split(['…', '[', ']']).map(str::trim).find_map(|part| part.strip_suffix(" left out"))
}

/// The lines that are drawn: (from, to) each, ascending.
fn drawn(all: usize, here: Option<usize>) -> Vec<(usize, usize)> {
    if all <= MOST_LINES {
        return vec![(0, all)];
    }
    match here {
        Some(here) => {
            let from = here.saturating_sub(MOST_LINES / 2).min(all - MOST_LINES);
            vec![(from, from + MOST_LINES)]
        }
        None => vec![(0, HEAD), (all - (MOST_LINES - HEAD), all)],
    }
}

/// A log. Errors and warnings (lines that say so) are marked at their edge.
#[component]
pub fn LogViewer(
    /// Its text.
    #[prop(into)]
    text: String,
    /// What it is: "Log".
    #[prop(into)]
    label: String,
    /// Name of the file that is saved.
    #[prop(into)]
    file: String,
    /// Where the whole is, as plain text; without it the text here is saved.
    #[prop(into, optional)]
    source: Option<String>,
) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let only = RwSignal::new(false);
    let whole = RwSignal::new(false);
    let place = RwSignal::new(0_usize);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let all = lines.len();
    let cut = left_out(&lines).map(|bytes| format!("Its middle was left out when it was received ({bytes}): head and tail are here."));
    let lines = StoredValue::new(lines);
    let text = StoredValue::new(text);
    let found = Memo::new(move |_| {
        let wanted = wanted.get().to_ascii_lowercase();
        if wanted.is_empty() {
            return Vec::new();
        }
        lines.with_value(|lines| {
            lines.iter().enumerate().filter(|(_, l)| l.to_ascii_lowercase().contains(&wanted)).map(|(n, _)| n).collect::<Vec<_>>()
        })
    });
    let here = Memo::new(move |_| found.with(|found| found.get(place.get().min(found.len().saturating_sub(1))).copied()));
    let is_searched = move || wanted.with(|w| !w.is_empty());
    let words = move || {
        let (n, lines) = (found.with(Vec::len), if all == 1 { "line" } else { "lines" });
        if !is_searched() {
            format!("{} {lines}", text::count(all as i64))
        } else if n == 0 {
            format!("Not in its {} {lines}", text::count(all as i64))
        } else {
            format!("{} of {} found", text::count(place.get().min(n - 1) as i64 + 1), text::count(n as i64))
        }
    };
    // Which lines are drawn moves only when a jump leaves them.
    let shown = Memo::new(move |before: Option<&(bool, Vec<(usize, usize)>)>| {
        let is_only = only.get() && is_searched();
        if is_only {
            return (true, Vec::new());
        }
        if whole.get() {
            return (false, vec![(0, all)]);
        }
        let here = here.get();
        if let (Some(here), Some((false, before))) = (here, before)
            && before.iter().any(|(from, to)| (*from..*to).contains(&here))
        {
            return (false, before.clone());
        }
        (false, drawn(all, here))
    });
    let jump = move |step: isize| {
        let n = found.with_untracked(Vec::len);
        if n == 0 {
            return;
        }
        let now = place.get_untracked().min(n - 1);
        place.set(if step < 0 { now.checked_sub(1).unwrap_or(n - 1) } else { (now + 1) % n });
    };
    Effect::new(move |_| {
        if let Some(line) = here.get() {
            // Drawn first, then shown.
            browser::after(0, move || browser::show_nearest(&format!(".log li[value=\"{}\"]", line + 1)));
        }
    });
    let search = format!("Search {label}");
    let by_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            jump(if event.shift_key() { -1 } else { 1 });
        }
    };
    view! {
        <div class="log-viewer">
            <div class="filters log-bar">
                <label class="search">
                    <Icon shape=SEARCH/>
                    <span class="hidden-words">{search.clone()}</span>
                    <input
                        class="input"
                        type="search"
                        placeholder=search
                        on:input=move |event| {
                            wanted.set(event_target_value(&event));
                            place.set(0);
                        }
                        on:keydown=by_key
                    />
                </label>
                <p class="faint log-found" role="status">{words}</p>
                <span class="log-jumps" hidden=move || found.with(Vec::is_empty)>
                    <button type="button" class="button button-quiet log-up" aria-label="Previous hit" title="Previous hit (Shift Enter)" on:click=move |_| jump(-1)><Icon shape=DOWN/></button>
                    <button type="button" class="button button-quiet" aria-label="Next hit" title="Next hit (Enter)" on:click=move |_| jump(1)><Icon shape=DOWN/></button>
                </span>
                <span hidden=move || !is_searched()><Toggle label="Only lines with hits" on=only on_change=Callback::new(move |on| only.set(on))/></span>
                {match source {
                    Some(href) => view! { <a class="button button-quiet" href=href download=file rel="external"><Icon shape=DOWNLOAD/>"Download"</a> }.into_any(),
                    None => view! {
                        <button type="button" class="button button-quiet" on:click=move |_| text.with_value(|t| browser::download(&file, "text/plain;charset=utf-8", t))>
                            <Icon shape=DOWNLOAD/>"Download"
                        </button>
                    }
                    .into_any(),
                }}
            </div>
            {cut.map(|words| view! { <p class="notice log-cut">{words}</p> })}
            <div class="log" tabindex="0" role="region" aria-label=label>
                <ol>
                    {move || {
                        let wanted = wanted.get();
                        let (is_only, ranges) = shown.get();
                        lines.with_value(|lines| {
                            let draw = |n: usize| line(n, lines.get(n).map_or("", String::as_str), &wanted, here);
                            if is_only {
                                return found.with(|found| found.iter().take(MOST_LINES).map(|n| draw(*n)).collect_view()).into_any();
                            }
                            let mut views: Vec<AnyView> = Vec::new();
                            let mut next = 0;
                            for (from, to) in ranges {
                                if from > next {
                                    views.push(gap(from - next, whole));
                                }
                                views.extend((from..to).map(draw));
                                next = to;
                            }
                            if next < all {
                                views.push(gap(all - next, whole));
                            }
                            views.collect_view().into_any()
                        })
                    }}
                </ol>
            </div>
        </div>
    }
}

fn gap(lines: usize, whole: RwSignal<bool>) -> AnyView {
    view! {
        <li class="log-gap">
            {format!("{} lines are not drawn; searching finds them. ", text::count(lines as i64))}
            <button type="button" class="button button-quiet" on:click=move |_| whole.set(true)>"Draw all"</button>
        </li>
    }
    .into_any()
}

fn line(number: usize, line: &str, wanted: &str, here: Memo<Option<usize>>) -> AnyView {
    let low = line.get(..line.floor_char_boundary(160)).unwrap_or(line).to_ascii_lowercase();
    let level = if low.contains("error") || low.contains("fatal") || low.contains("panic") {
        Some("error")
    } else if low.contains("warn") {
        Some("warning")
    } else {
        None
    };
    let pieces = pieces(line, wanted);
    if pieces.len() == 1 {
        return view! { <li value=number + 1 data-level=level>{line.to_owned()}</li> }.into_any();
    }
    view! {
        <li value=number + 1 data-level=level data-here=move || (here.get() == Some(number)).then_some("")>
            {pieces.into_iter().map(|(is_hit, piece)| if is_hit { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() }).collect_view()}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{drawn, left_out, pieces};

    #[test]
    fn what_is_searched_is_found_without_regard_to_case_and_beside_other_letters() {
        let said = |line: &str, wanted: &str| pieces(line, wanted).into_iter().filter(|(hit, _)| *hit).map(|(_, p)| p).collect::<Vec<_>>();
        assert_eq!(said("Error: an error", "ERROR"), ["Error", "error"]);
        assert_eq!(said("Größe: größe", "größe"), ["Größe", "größe"]);
        assert!(said("nothing", "").is_empty());
        assert_eq!(pieces("aaa", "aa"), [(false, String::new()), (true, "aa".into()), (false, "a".into())]);
    }

    #[test]
    fn a_long_log_shows_its_head_and_its_end_or_what_is_around_a_hit() {
        assert_eq!(drawn(12, None), [(0, 12)]);
        assert_eq!(drawn(10_000, None), [(0, 500), (8_500, 10_000)]);
        assert_eq!(drawn(10_000, Some(4_000)), [(3_000, 5_000)]);
        assert_eq!(drawn(10_000, Some(3)), [(0, 2_000)]);
        assert_eq!(drawn(10_000, Some(9_999)), [(8_000, 10_000)]);
    }

    #[test]
    fn a_log_that_was_cut_says_so() {
        let log = |line: &str| vec!["head".to_owned(), line.to_owned(), "tail".to_owned()];
        assert_eq!(left_out(&log("… 1234 bytes left out …")), Some("1234 bytes"));
        assert_eq!(left_out(&log("[… 56 bytes left out …]")), Some("56 bytes"));
        assert_eq!(left_out(&log("7 bytes left out")), None);
    }
}
