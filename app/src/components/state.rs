//! What a page shows when there is nothing, when it waits, and when something went wrong.

use crate::{error::UiError, wire};
use leptos::prelude::*;

/// Nothing to show: says why and what to do.
#[component]
pub fn Empty(
    /// "No devices yet".
    #[prop(into)]
    title: String,
    /// What to do about it.
    children: Children,
) -> impl IntoView {
    view! { <div class="empty"><h2>{title}</h2><div class="empty-body">{children()}</div></div> }
}

/// What went wrong and what to do.
#[component]
pub fn ErrorBox(
    /// The error.
    error: UiError,
) -> impl IntoView {
    view! {
        <div class="error-box" role="alert">
            <h2>{match error.code.as_str() {
                "not_found" => "Not found",
                "forbidden" => "Not allowed",
                "signed_out" => "Signed out",
                "offline" => "Can't reach the portal",
                _ => "That didn't work",
            }}</h2>
            <p>{error.message.clone()}</p>
            {match error.code.as_str() {
                "not_found" => view! { <p><a href="/">"Go to Home"</a></p> }.into_any(),
                "signed_out" => view! { <p><a href="/sign-in" rel="external">"Sign in"</a></p> }.into_any(),
                "forbidden" => ().into_any(),
                _ => view! { <button type="button" class="button" on:click=|_| crate::browser::reload()>"Load again"</button> }.into_any(),
            }}
        </div>
    }
}

/// Grey lines where a page is going to be.
#[component]
pub fn Skeleton(
    /// How many lines.
    #[prop(default = 6)]
    lines: usize,
) -> impl IntoView {
    view! { <div class="skeleton" role="status"><span class="hidden-words">"Loading"</span>{(0..lines).map(|_| view! { <div class="skeleton-line"></div> }).collect_view()}</div> }
}

/// Grey rows where a table is going to be, as high as the rows themselves, so that nothing moves when they come.
#[component]
pub fn TableSkeleton(
    /// How many rows.
    #[prop(default = 10)]
    rows: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton skeleton-table" role="status">
            <span class="hidden-words">"Loading"</span>
            <div class="skeleton-head"></div>
            {(0..rows).map(|_| view! { <div class="skeleton-row"><div class="skeleton-line"></div></div> }).collect_view()}
        </div>
    }
}

/// Grey tiles where numbers are going to be.
#[component]
pub fn TilesSkeleton(
    /// How many.
    #[prop(default = 6)]
    tiles: usize,
) -> impl IntoView {
    view! {
        <div class="skeleton skeleton-tiles" role="status">
            <span class="hidden-words">"Loading"</span>
            {(0..tiles).map(|_| view! { <div class="skeleton-tile"></div> }).collect_view()}
        </div>
    }
}

/// A page's data: a skeleton while it comes, what went wrong if it doesn't, else `view` of it. While it is fetched again the old view stays.
/// Give the server function's resource made at the top of the page component.
pub fn loaded<T>(resource: wire::Resource<Result<T, UiError>>, view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    loaded_with(resource, || view! { <Skeleton/> }.into_any(), view)
}

/// As [`loaded`], with a skeleton of the page's own: [`TableSkeleton`], [`TilesSkeleton`], or several.
pub fn loaded_with<T>(
    resource: wire::Resource<Result<T, UiError>>,
    skeleton: impl Fn() -> AnyView + Send + Sync + 'static,
    view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    view! {
        <Transition fallback=move || skeleton()>
            {move || {
                let view = view.clone();
                Suspend::new(async move {
                    match resource.await {
                        Ok(data) => view(data),
                        Err(error) => view! { <ErrorBox error/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}
