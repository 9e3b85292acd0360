//! How far something is: a bar and words.

use leptos::prelude::*;

/// How far something is. Without a share it only moves.
#[component]
pub fn Progress(
    /// What is going on: "Making the report".
    #[prop(into)]
    label: Signal<String>,
    /// 0 to 100; none: not known.
    #[prop(into)]
    percent: Signal<Option<u8>>,
    /// Words behind: "812 of 1,500 devices, about 20 s left".
    #[prop(into, optional)]
    detail: Signal<String>,
    /// Only the bar is seen: in tables.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let share = move || percent.get().map(|p| p.min(100).to_string());
    view! {
        <div class="progress" data-bare=bare.then_some("")>
            <p class=if bare { "hidden-words" } else { "progress-words" }>
                <span class="progress-label">{move || label.get()}</span>
                <span class="progress-share">{move || percent.get().map(|p| format!("{} %", p.min(100)))}</span>
            </p>
            <progress class="progress-bar" max="100" value=share aria-label=move || label.get()></progress>
            <p class="progress-detail">{move || detail.get()}</p>
        </div>
    }
}
