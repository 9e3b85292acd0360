//! Recount: computes counts and states anew from runs and devices, and compares. Drift is a bug.
