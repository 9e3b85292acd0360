//! Facts in words a technician can act on: reasons, recommended actions, sizes, lengths of time, schedules. English only, no zones: times are
//! given as RFC 3339 UTC in text and are localised at the edges.
