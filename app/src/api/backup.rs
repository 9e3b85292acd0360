//! Server functions of backup.
