//! Reconciler: facts and a time in, the written difference out.
