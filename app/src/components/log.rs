//! A log: its lines numbered, searched as one types, what was found marked, and the whole to save.

use super::icon::{DOWNLOAD, Icon, SEARCH};
use crate::browser;
use domain::text;
use leptos::prelude::*;

/// Most lines that are drawn: head and tail; what is between is rarely read, and searching finds it.
const MOST_LINES: usize = 2_000;

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
) -> impl IntoView {
    let wanted = RwSignal::new(String::new());
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let all = lines.len();
    let lines = StoredValue::new(lines);
    let text = StoredValue::new(text);
    let found = Memo::new(move |_| {
        let wanted = wanted.get().to_ascii_lowercase();
        lines.with_value(|lines| {
            lines.iter().enumerate().filter(|(_, l)| wanted.is_empty() || l.to_ascii_lowercase().contains(&wanted)).map(|(n, _)| n).collect::<Vec<_>>()
        })
    });
    let words = move || {
        let n = found.with(Vec::len);
        if wanted.with(String::is_empty) {
            format!("{} {}", text::count(all as i64), if all == 1 { "line" } else { "lines" })
        } else {
            format!("{} of {} lines", text::count(n as i64), text::count(all as i64))
        }
    };
    let search = format!("Search {label}");
    view! {
        <div class="log-viewer">
            <div class="filters log-bar">
                <label class="search">
                    <Icon shape=SEARCH/>
                    <span class="hidden-words">{search.clone()}</span>
                    <input class="input" type="search" placeholder=search on:input=move |event| wanted.set(event_target_value(&event))/>
                </label>
                <p class="faint" role="status">{words}</p>
                <button type="button" class="button button-quiet" on:click=move |_| text.with_value(|t| browser::download(&file, "text/plain;charset=utf-8", t))>
                    <Icon shape=DOWNLOAD/>"Download"
                </button>
            </div>
            <div class="log" tabindex="0" role="region" aria-label=label>
                <ol>
                    {move || {
                        let wanted = wanted.get();
                        let found = found.get();
                        let skip = found.len().saturating_sub(MOST_LINES);
                        let head = if skip > 0 { MOST_LINES / 2 } else { found.len() };
                        lines.with_value(|lines| {
                            found
                                .iter()
                                .enumerate()
                                .filter(|(place, _)| *place < head || *place >= head + skip)
                                .map(|(_, n)| line(*n, lines.get(*n).map_or("", String::as_str), &wanted))
                                .collect_view()
                        })
                    }}
                </ol>
            </div>
        </div>
    }
}

fn line(number: usize, line: &str, wanted: &str) -> AnyView {
    let low = line.get(..line.len().min(160)).unwrap_or(line).to_ascii_lowercase();
    let level = if low.contains("error") || low.contains("fatal") || low.contains("panic") {
        Some("error")
    } else if low.contains("warn") {
        Some("warning")
    } else {
        None
    };
    view! {
        <li value=number + 1 data-level=level>
            {pieces(line, wanted).into_iter().map(|(is_hit, piece)| if is_hit { view! { <mark>{piece}</mark> }.into_any() } else { piece.into_any() }).collect_view()}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn what_is_searched_is_found_without_regard_to_case_and_beside_other_letters() {
        let said = |line: &str, wanted: &str| pieces(line, wanted).into_iter().filter(|(hit, _)| *hit).map(|(_, p)| p).collect::<Vec<_>>();
        assert_eq!(said("Error: an error", "ERROR"), ["Error", "error"]);
        assert_eq!(said("Größe: größe", "größe"), ["größe"]);
        assert!(said("nothing", "").is_empty());
        assert_eq!(pieces("aaa", "aa"), [(false, String::new()), (true, "aa".into()), (false, "a".into())]);
    }
}
