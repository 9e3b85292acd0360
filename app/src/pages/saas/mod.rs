//! SaaS backups: the global dashboard, an organization's, and one account (D6).

pub mod account;
pub mod accounts;
pub mod overview;
pub mod row;
pub mod totals;
