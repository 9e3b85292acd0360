//! Tables as sea-orm sees them. Words, ids and times are plain here; the nouns beside this folder give them their types.

pub(crate) mod alert;
pub(crate) mod alert_event;
pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod device;
pub(crate) mod device_state;
pub(crate) mod device_storage;
pub(crate) mod inbox;
pub(crate) mod inbox_event;
pub(crate) mod inbox_rule;
pub(crate) mod job;
pub(crate) mod job_day;
pub(crate) mod job_state;
pub(crate) mod membership;
pub(crate) mod organization;
pub(crate) mod organization_count;
pub(crate) mod organization_day;
pub(crate) mod organization_hour;
pub(crate) mod partner;
pub(crate) mod policy;
pub(crate) mod restore_test;
pub(crate) mod run;
pub(crate) mod run_log;
pub(crate) mod session;
pub(crate) mod user;
