//! Cron and IANA zones: resolves a schedule into slots. Server side only (feature `zones`).
