//! What tables say besides `y = f(x)`: what stays constant in time, what drives
//! a motion, what a neuron's gradient points along.
//!
//! * [`trajectory`]: motions in time, smoothed, with their rates;
//! * [`vanishing`]: sums of few terms whose change along given directions
//!   vanishes;
//! * [`terms`]: what such sums are made of;
//! * [`balance`]: whether what a function owes to its columns balances;
//! * `blocks`: motions in swings;
//! * [`invariant`]: functions that are constant along every trajectory;
//! * [`gradient`]: functions whose gradient points where a network's does;
//! * [`motion`]: differential equations as problems of a [search](crate::search);
//! * [`proposals`]: polynomials that such a search begins with.

pub mod balance;
mod blocks;
pub mod gradient;
pub mod invariant;
pub mod motion;
pub mod proposals;
pub mod terms;
pub mod trajectory;
pub mod vanishing;
