//! Training: losses, optimisers, schedules, and the loop over epochs.
//!
//! [`fit`] trains a graph in place on a [`Dataset`]. One step is one run of one
//! graph, whose outputs are the loss and its gradient with respect to every
//! weight, in buffers that are used again. All randomness (order of events,
//! dropout) is drawn from streams counted by epoch and step, so that a resumed
//! training continues bit for bit, and any number of threads gives the same
//! bits.

mod batch;
mod checkpoint;
mod data;
mod evaluate;
mod fit;
mod history;
#[cfg(test)]
mod interruption_tests;
mod loss;
mod optimiser;
mod particles;
#[cfg(test)]
mod peer_tests;
mod schedule;
mod settings;
#[cfg(test)]
mod tests;

pub use data::{Dataset, Split};
pub use evaluate::{evaluate, evaluate_particles};
pub use fit::fit;
pub use history::{Epoch, History};
pub use loss::{Loss, LossInputs};
pub use optimiser::Optimiser;
pub use particles::{Edges, Particles};
pub use schedule::Schedule;
pub use settings::{ClassWeights, EarlyStopping, Monitor, Training};

/// What the random streams of a training are for; each has its own seed.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Order,
    /// The dropout of this number.
    Mask(usize),
}

fn seed_for(seed: u64, purpose: Purpose) -> u64 {
    use rand::RngExt;
    let index = match purpose {
        Purpose::Order => 0,
        Purpose::Mask(i) => 1 + i as u64,
    };
    // Streams counted from the far end, where no weight's filling is.
    pellucid_core::random::stream(seed, u64::MAX - index).random()
}
