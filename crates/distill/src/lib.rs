//! distill.
