//! Observables of jets, and the ways a jet becomes a model's input.
//!
//! * [`jets`]: jets with their constituents, from a table of any file;
//!   [`shapes`](jets::shapes) (mass, girth, …: one file and one word each) and
//!   [`efp`](jets::efp), energy flow polynomials on multigraphs that are
//!   generated here;
//! * [`images`]: pictures of the energy flow;
//! * [`particles`]: the list of constituents, and their pairs, padded;
//! * [`scalars`]: named observables side by side;
//! * [`representation`]: one of these, or the Lund plane, as a setting.
//!
//! Angles are differences of rapidity and azimuth in radians, momenta are in
//! GeV. Every function of many jets runs in parallel over the jets and gives
//! the same bits for any number of threads.

// Equations and units in the documentation are not code.
#![allow(clippy::doc_markdown)]

pub mod error;
pub mod images;
pub mod jets;
pub mod particles;
pub mod representation;
pub mod scalars;

pub use error::ObservableError;
pub use images::JetImage;
pub use jets::efp::{Candidate, EfpGrid, EfpPlan, GraphSet, Measure};
pub use jets::shapes::{About, Observable};
pub use jets::{Jet, Jets};
pub use particles::ParticleList;
pub use representation::{Representation, Standardise};
pub use scalars::Scalars;
