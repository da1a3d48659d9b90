//! `[reweight]`: weights with which all classes have the same spectrum.
//!
//! In a first pass over the files the weights of each class `c` are summed in
//! bins `b` of one to three columns, `W_cb`; in the second a jet of the class
//! in the bin counts
//!
//! $$ w \to w\, \frac{g_b}{\sum_{b'} g_{b'}} \frac{\sum_{b'} W_{cb'}}{W_{cb}} $$
//!
//! so that the spectrum of every class is the goal `g`, and its sum of weights is
//! what it was. The goal is the spectrum of one class, `g_b = W_kb`, or a flat
//! one: `g_b` is then the width of the bin (area, volume), not the same number in
//! bins of different widths.
//!
//! * **Bins without a goal:** sums go over the bins in which the weights of every
//!   class add up to more than 0. Elsewhere a class has a hole that no weight
//!   fills and that would tell the classes apart, so that jets there, and outside
//!   of all bins, count 0 and are counted.
//! * **Closure:** within the bins the spectra agree by construction, which is
//!   checked. Whether the bins are narrow enough is seen in bins half as wide, see
//!   `closure`.
//! * **What it costs:** a class then says as much as
//!   `n_eff = (Σw)² / Σw²` jets without weights.

mod bins;
mod closure;
mod settings;
mod weighing;

pub use closure::{Finer, Reweighted, Spectrum};
pub use settings::{Bins, Reweight};

pub(super) use closure::Closing;
pub(super) use weighing::{Weighing, no_column};

/// What the weights of this section are called where those of a column have its
/// name.
pub(super) const NAME: &str = "[reweight]";
