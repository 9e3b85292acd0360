//! The parts that pages are made of. Each is one file here and one style sheet of the same name in `style/components`.
//!
//! Props are plain: texts, signals, callbacks. Nothing here knows the engine.

pub mod badge;
pub mod breadcrumbs;
pub mod button;
pub mod columns;
pub mod combobox;
pub mod copy;
pub mod count;
pub mod csv;
pub mod dialog;
pub mod field;
pub mod filters;
pub mod frame;
pub mod icon;
pub mod later;
pub mod log;
pub mod menu;
pub mod page;
pub mod pairs;
pub mod palette;
pub mod picture;
pub mod progress;
pub mod select;
pub mod service;
pub mod stat;
pub mod state;
pub mod table;
pub mod tabs;
pub mod tag;
pub mod time;
pub mod toast;
pub mod toggle;
pub mod workload;

pub use badge::{BandBadge, LifeBadge, MailBadge, PassBadge, RunBadge, SeverityBadge, StateBadge, life_badge, run_badge};
pub use breadcrumbs::Breadcrumbs;
pub use button::{Button, ButtonKind, LinkButton};
pub use columns::{Column, ColumnMenu, Columns};
pub use combobox::{Ask, Choice, Combobox};
pub use copy::CopyLine;
pub use count::{LiveCount, Marked};
pub use csv::{CsvButton, CsvRow};
pub use dialog::{Confirm, Dialog};
pub use field::{Field, SelectField, SwitchField, TextField};
pub use filters::{ChipFilter, Chips, ClearFilters, FilterBar, SearchFilter, SelectFilter, use_filter};
pub use later::{Later, ahead, when_whole};
#[cfg(feature = "hydrate")]
pub use later::{Turn, hydrate_body};
pub use log::LogViewer;
pub use menu::{Menu, MenuButton, MenuCheck, MenuLink, MenuPart};
pub use page::{Page, Section};
pub use pairs::{Pair, Pairs};
pub use palette::Palette;
pub use picture::{BandsBar, DayBars, ScorePill, ScoreRing, Sparkline, TrendChart, TrendPoint, TrendUnit};
pub use progress::Progress;
pub use select::{BulkBar, SelectAll, SelectRow, Selection};
pub use service::Compliance;
pub use stat::{StatTile, StatTiles};
pub use state::{Empty, ErrorBox, Skeleton, TableSkeleton, TilesSkeleton, loaded, loaded_with};
pub use table::{Pager, SortHead, TableFrame, query_with};
pub use tabs::{Tab, Tabs};
pub use tag::Tag;
pub use time::TimeText;
pub use toast::{Toasts, use_toasts};
pub use toggle::Toggle;
pub use workload::{WorkloadIcon, WorkloadIcons};
