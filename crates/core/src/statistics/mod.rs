//! Numbers about samples: rank statistics, ROC curves, correlations, the
//! bootstrap. Nothing here knows what an event is.
//!
//! All functions take slices of equal length and panic if they are not, which
//! is a bug of the caller; a number that the sample does not determine (the
//! mean of nothing, the area under the curve of one class) is not a number.

mod auc;
mod bootstrap;
mod correlation;
mod histogram;
mod moments;
mod ranks;
mod roc;
mod two_sample;

pub use auc::{auc, auc_difference, auc_estimate};
pub use bootstrap::{Bootstrap, Replicas};
pub use correlation::{correlation, correlations, spearman};
pub use histogram::Histogram;
pub use moments::{effective_number, mean, mean_estimate, quantile, quantiles, variance};
pub use ranks::{dense_ranks, order, ranks, weighted_ranks};
pub use roc::{Curve, Roc, curve, roc};
pub use two_sample::two_sample;
