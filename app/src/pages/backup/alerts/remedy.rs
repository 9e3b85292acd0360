//! Cause and recommended action as people read them. Commands are set as code.

use domain::remedy::Remedy;
use leptos::prelude::*;

/// A text with what stands between backticks as code.
pub fn coded(text: &str) -> AnyView {
    let pieces = text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
    let piece = |(n, piece): (usize, &str)| {
        if n % 2 == 1 { view! { <code>{piece.to_owned()}</code> }.into_any() } else { piece.to_owned().into_any() }
    };
    pieces.map(piece).collect_view().into_any()
}

/// The first steps in one paragraph: one where the cause is known, else two.
pub fn brief_words(remedy: &Remedy) -> String {
    let first = if remedy.cause.is_some() { 1 } else { 2 };
    remedy.steps.iter().take(first).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// The cause, where what stands beside it doesn't tell it already: told by words of a tool.
pub fn cause(remedy: &Remedy) -> Option<&str> {
    remedy.cause.as_deref().filter(|_| remedy.told_by.is_some())
}

/// In a list: the cause, and the first steps in one paragraph.
pub fn brief(remedy: &Remedy) -> AnyView {
    let steps = brief_words(remedy);
    view! {
        {cause(remedy).map(|cause| view! { <p class="remedy-cause">{coded(cause)}</p> })}
        <p class="remedy-do">{coded(&steps)}</p>
    }
    .into_any()
}

/// On a page: the cause, how it was recognised (unless that is what is `said` beside it), the steps in order.
pub fn whole(remedy: &Remedy, said: Option<&str>) -> AnyView {
    let told_by = remedy.told_by.clone().filter(|words| !said.is_some_and(|said| said.contains(words.as_str())));
    let many = remedy.steps.len() > 1;
    let steps = remedy.steps.iter().map(|step| view! { <li>{coded(step)}</li> }).collect_view();
    view! {
        {remedy.cause.as_deref().map(|cause| view! { <p class="remedy-cause">{coded(cause)}</p> })}
        {if many { view! { <ol class="remedy-steps">{steps}</ol> }.into_any() } else { view! { <ul class="remedy-steps" role="list">{steps}</ul> }.into_any() }}
        {told_by.map(|words| view! { <p class="faint remedy-by">"Told by: "<q>{words}</q></p> })}
    }
    .into_any()
}
