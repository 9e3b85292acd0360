//! A switch that acts at once. Inside forms, where a button sends it, `SwitchField` is the same switch as a field.

use leptos::prelude::*;

/// A switch: on or off, told from elsewhere; pressing it asks for the other.
#[component]
pub fn Toggle(
    /// What it switches: "Send the weekly summary".
    #[prop(into)]
    label: Signal<String>,
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// Called with what it shall be.
    #[prop(into)]
    on_change: Callback<bool>,
    /// Work goes on that it began.
    #[prop(into, optional)]
    busy: Signal<bool>,
    /// Can't be pressed.
    #[prop(into, optional)]
    disabled: Signal<bool>,
    /// The label is for screen readers only.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="toggle"
            role="switch"
            aria-checked=move || if on.get() { "true" } else { "false" }
            aria-busy=move || busy.get().then_some("true")
            disabled=move || disabled.get() || busy.get()
            on:click=move |_| on_change.run(!on.get_untracked())
        >
            <span class="toggle-track" aria-hidden="true"><span class="toggle-knob"></span></span>
            <span class=if bare { "hidden-words" } else { "toggle-label" }>{move || label.get()}</span>
        </button>
    }
}
