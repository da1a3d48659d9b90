//! Events of different length, for models of one event and for others.
//!
//! Arrays of an input are lists behind one another, `NAME` `[total, …]`, with `NAME.offsets`
//! `[events + 1]`: event `i` has the rows `offsets[i]` to `offsets[i + 1]`, any number of them and none.
//! Several inputs (particles and vertices) have lengths of their own; an input without
//! offsets has one block of numbers per event. The results are lists alike: `attribution` `[total, …]` with
//! `attribution.offsets`.
//!
//! Where the model has a side of events, those of equal lengths run together; where it
//! takes one event, each runs by itself, several at once on several threads. Parts of
//! [`PART`] events are kept as they are finished.
//!
//! * [`events`]: the events of a file;
//! * [`run`](mod@run): the loop over them;
//! * [`joined`]: what was found of all events, as arrays.

pub mod events;
pub mod joined;
pub mod run;

/// Events of a part.
pub const PART: usize = 512;
