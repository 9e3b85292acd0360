//! Small pictures: one path each, drawn in the text's colour. A state has a shape of its own, so that colour is never alone.

use leptos::prelude::*;

/// Which picture; each is a path in a box of 16 × 16.
pub type Shape = &'static str;

/// A disc with a tick.
pub const HEALTHY: Shape = "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.9 5.3-4.4 5a.8.8 0 0 1-1.2 0L4 9l1.1-1.1 1.8 1.8 3.8-4.4Z";
/// A triangle with a mark.
pub const WARNING: Shape = "M8 1.2 15.4 14.4H.6ZM7.2 6v4.2h1.6V6Zm0 5.3v1.6h1.6v-1.6Z";
/// An octagon with a cross.
pub const CRITICAL: Shape =
    "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5Zm.7 3.8L4.6 5.7 6.9 8l-2.3 2.3 1.1 1.1L8 9.1l2.3 2.3 1.1-1.1L9.1 8l2.3-2.3-1.1-1.1L8 6.9Z";
/// A ring with a dash.
pub const UNKNOWN: Shape = "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6ZM5.4 7.2h5.2v1.6H5.4Z";
/// A disc with an arrow head.
pub const RUNNING: Shape = "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM6.3 4.7 11.6 8l-5.3 3.3Z";
/// An arrow going round.
pub const RETRYING: Shape = "M8 1.6a6.4 6.4 0 0 1 4.9 2.3L14.5 2.3V7.2H9.6l1.9-1.9A4.5 4.5 0 1 0 12.3 9.5l1.9.5A6.4 6.4 0 1 1 8 1.6Z";
/// A clock.
pub const MISSED: Shape =
    "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6ZM7.2 4.5h1.6v3.1l2.3 1.4-.8 1.3-3.1-1.9Z";
/// Two arrow heads.
pub const SKIPPED: Shape = "M1.5 3 8 8l-6.5 5ZM8 3l6.5 5L8 13Z";
/// A square.
pub const CANCELLED: Shape = "M3 3h10v10H3Z";
/// Two bars.
pub const PAUSED: Shape = "M4 2.5h2.8v11H4Zm5.2 0H12v11H9.2Z";
/// A cone on the road.
pub const MAINTENANCE: Shape = "M7 1.5h2l1.2 4H5.8Zm-1.5 5.2h5l.9 3H4.6ZM1.5 14v-1.6h2.2l.5-1.6h7.6l.5 1.6h2.2V14Z";
/// Three dots.
pub const PENDING: Shape = "M3 6.4a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2Zm5 0a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2Zm5 0a1.6 1.6 0 1 1 0 3.2 1.6 1.6 0 0 1 0-3.2Z";
/// A box.
pub const RETIRED: Shape = "M1.5 2.5h13v3.2h-13Zm1 4.2h11v6.8h-11ZM6 8.3v1.5h4V8.3Z";
/// A ribbon that keeps a page.
pub const BOOKMARK: Shape = "M3.5 1.5h9v13L8 11.2l-4.5 3.3Zm1.6 1.6v8.3L8 9.3l2.9 2.1V3.1Z";
/// A magnifying glass.
pub const SEARCH: Shape =
    "M6.7 1.5a5.2 5.2 0 1 0 3.1 9.4l3.7 3.7 1.1-1.1-3.7-3.7a5.2 5.2 0 0 0-4.2-8.3Zm0 1.6a3.6 3.6 0 1 1 0 7.2 3.6 3.6 0 0 1 0-7.2Z";
/// A sun and moon in one.
pub const THEME: Shape = "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6v10.8a5.4 5.4 0 0 0 0-10.8Z";
/// A head and shoulders.
pub const PERSON: Shape = "M8 1.5a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4ZM2 14.5c0-3.3 2.7-5.2 6-5.2s6 1.9 6 5.2Z";
/// An angle pointing down.
pub const DOWN: Shape = "M3.3 5.5 8 10.2l4.7-4.7 1 1L8 12.2 2.3 6.5Z";
/// Two sheets.
pub const COPY: Shape = "M5.5 1.5h8v9.5h-8Zm1.5 1.5v6.5h5V3ZM2.5 4.5H4v8.5h6.5v1.5h-8Z";
/// A cross.
pub const CLOSE: Shape = "M3.7 2.6 8 6.9l4.3-4.3 1.1 1.1L9.1 8l4.3 4.3-1.1 1.1L8 9.1l-4.3 4.3-1.1-1.1L6.9 8 2.6 3.7Z";

/// Three dots below one another.
pub const MORE: Shape =
    "M8 2.2a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3Zm0 4.3a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3Zm0 4.3a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3Z";
/// Three columns.
pub const COLUMNS: Shape = "M1.5 2.5h13v11h-13ZM3 4v8h2.4V4Zm3.9 0v8h2.2V4Zm3.7 0v8H13V4Z";
/// An arrow into a tray.
pub const DOWNLOAD: Shape = "M7.2 1.5h1.6v6.2l2.1-2.1L12 6.7l-4 4-4-4 1.1-1.1 2.1 2.1ZM2 12.4h12V14H2Z";
/// A ring with an i.
pub const INFO: Shape =
    "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6a5.4 5.4 0 1 1 0 10.8A5.4 5.4 0 0 1 8 2.6ZM7.2 7h1.6v4.4H7.2Zm0-2.6h1.6V6H7.2Z";

/// An envelope.
pub const ENVELOPE: Shape = "M1.5 3h13v10h-13Zm1.7 1.5L8 8.4l4.8-3.9Zm-.2 1.8v5.2h10V6.3l-5 4Z";
/// A folder.
pub const FOLDER: Shape = "M1.5 3h5l1.5 1.8h6.5V13h-13Z";
/// A card with a head on it.
pub const CONTACT_CARD: Shape = "M2 2.5h12v11H2Zm6 2a2 2 0 1 0 0 4 2 2 0 0 0 0-4Zm-3.6 7.6h7.2c0-1.9-1.6-2.8-3.6-2.8s-3.6.9-3.6 2.8Z";
/// A leaf of a calendar.
pub const CALENDAR: Shape = "M2 3h2.4V1.5h1.5V3h4.2V1.5h1.5V3H14v10.5H2Zm1.5 3.4V12h9V6.4Zm1.3 1.2h2.4v2.2H4.8Z";
/// A box with a tick.
pub const CHECK_LIST: Shape = "M2 2h12v12H2Zm2.5 5.9 2.7 2.9 4.6-5.3-1.2-1-3.5 4-1.5-1.6Z";
/// A page with parts.
pub const SITE: Shape = "M1.5 2.5h13v11h-13ZM3 6v6h3.8V6Zm5.3 0v2.2H13V6Zm0 3.7V12H13V9.7Z";

/// A picture that doesn't change by itself: no effect of its own.
pub fn picture(shape: Shape) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path fill-rule="evenodd" d=shape></path></svg> }
}

/// A picture that says nothing by itself: there is always a word beside it.
#[component]
pub fn Icon(
    /// Which one.
    #[prop(into)]
    shape: Signal<Shape>,
) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path fill-rule="evenodd" d=move || shape.get()></path></svg> }
}
