//! observables.
