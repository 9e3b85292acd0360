//! What a page shows when there is nothing, when it waits, and when something went wrong.

use super::{Page, table::query_with};
use crate::{error::UiError, wire};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

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

/// What went wrong and what to do, in a part of a page.
#[component]
pub fn ErrorBox(
    /// The error.
    error: UiError,
) -> impl IntoView {
    told(error, true)
}

/// What went wrong and what to do, where a whole page can't be shown: a [`Page`] of its own, so that the document's title, the focus and what
/// is read out are those of this page and not of the one before.
#[component]
pub fn ErrorPage(
    /// The error.
    error: UiError,
) -> impl IntoView {
    view! { <Page title=heading(&error)>{told(error, false)}</Page> }
}

fn heading(error: &UiError) -> &'static str {
    match error.code.as_str() {
        "not_found" => "Not found",
        "forbidden" => "Not allowed",
        "signed_out" => "Signed out",
        "offline" => "Can't reach the portal",
        _ => "That didn't work",
    }
}

fn told(error: UiError, headed: bool) -> AnyView {
    let heading = headed.then(|| heading(&error));
    view! {
        <div class="error-box" role="alert">
            {heading.map(|words| view! { <h2>{words}</h2> })}
            <p>{error.message}</p>
            {match error.code.as_str() {
                "not_found" => view! { <p><a href="/">"Go to Home"</a></p> }.into_any(),
                "signed_out" => view! { <p><a href="/sign-in" rel="external">"Sign in"</a></p> }.into_any(),
                "forbidden" => ().into_any(),
                "invalid_cursor" => view! { <FirstPage/> }.into_any(),
                _ => view! { <button type="button" class="button" on:click=|_| crate::browser::reload()>"Load again"</button> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// Out of a place in a list that isn't there any more: the same list from its beginning. What can be asked for is kept.
#[component]
fn FirstPage() -> impl IntoView {
    let (query, path) = (use_query_map(), use_location().pathname);
    view! { <p><a class="button" href=move || format!("{}{}", path.get(), query_with(&query.read(), &[]))>"Go to the first page"</a></p> }
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

/// Data of a part of a page: a skeleton while it comes, what went wrong if it doesn't, else `view` of it. While it is fetched again the old
/// view stays. Give the server function's resource made at the top of the page component.
pub fn loaded<T>(resource: wire::Resource<Result<T, UiError>>, view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    loaded_with(resource, lines, view)
}

/// As [`loaded`], with a skeleton of its own: [`TableSkeleton`], [`TilesSkeleton`], or several.
pub fn loaded_with<T>(
    resource: wire::Resource<Result<T, UiError>>,
    skeleton: impl Fn() -> AnyView + Send + Sync + 'static,
    view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    awaited(resource, skeleton, view, |error| view! { <ErrorBox error/> }.into_any())
}

/// As [`loaded`], of what a page can't be without: `view` makes the whole [`Page`], and what went wrong is a page, too.
pub fn loaded_page<T>(resource: wire::Resource<Result<T, UiError>>, view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    loaded_page_with(resource, lines, view)
}

/// As [`loaded_page`], with a skeleton of its own.
pub fn loaded_page_with<T>(
    resource: wire::Resource<Result<T, UiError>>,
    skeleton: impl Fn() -> AnyView + Send + Sync + 'static,
    view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    awaited(resource, skeleton, view, |error| view! { <ErrorPage error/> }.into_any())
}

fn lines() -> AnyView {
    view! { <Skeleton/> }.into_any()
}

fn awaited<T>(
    resource: wire::Resource<Result<T, UiError>>,
    skeleton: impl Fn() -> AnyView + Send + Sync + 'static,
    view: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
    failed: fn(UiError) -> AnyView,
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
                        Err(error) => failed(error),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}
