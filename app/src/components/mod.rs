//! The parts that pages are made of. Each is one file here and one style sheet of the same name in `style/components`.
//!
//! Props are plain: texts, signals, callbacks. Nothing here knows the engine.

pub mod badge;
pub mod button;
pub mod copy;
pub mod count;
pub mod dialog;
pub mod field;
pub mod frame;
pub mod icon;
pub mod page;
pub mod picture;
pub mod state;
pub mod table;
pub mod tabs;
pub mod time;
pub mod toast;

pub use badge::{BandBadge, LifeBadge, RunBadge, SeverityBadge};
pub use button::{Button, ButtonKind, LinkButton};
pub use copy::CopyLine;
pub use count::LiveCount;
pub use dialog::{Confirm, Dialog};
pub use field::{Field, SelectField, SwitchField, TextField};
pub use page::{Page, Section};
pub use picture::{BandsBar, DayBars, ScorePill, ScoreRing};
pub use state::{Empty, ErrorBox, Skeleton, loaded};
pub use table::{Pager, SortHead, TableFrame, query_with};
pub use tabs::{Tab, Tabs};
pub use time::TimeText;
pub use toast::{Toasts, use_toasts};
