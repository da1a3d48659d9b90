//! LSTM, GRU and plain recurrent layers, unrolled into ordinary nodes.
//!
//! ONNX keeps a whole layer in one node. Here every step becomes nodes of its
//! own, so that gradient, tangent and relevance see through it. With the
//! state `h` (`[N, H]`) and the particle `x` of the step (`[N, I]`) every
//! pre-activation is one sum of linear maps,
//!
//! $$ z_g = W_g x + b_g + U_g h $$
//!
//! one [`Gemm`](crate::ops::Gemm) each, joined by an `Add`; the gates are
//! products with an activation's result. Each gate has its own weights, cut out of the file's
//! stack of gates, and each step its own products: a product of the whole
//! sequence at once would put relevance of all steps through one node, and
//! cutting its result into steps costs the gradient more than the larger
//! product saves.
//!
//! * **Shapes:** `X` is `[S, N, I]` (or `[N, S, I]` with `layout = 1`), `Y` is
//!   `[S, D, N, H]` (`[N, S, D, H]`), `Y_h` and `Y_c` `[D, N, H]` (`[N, D, H]`)
//!   with `D` directions.
//! * The number of steps `S` must be known; [`import_for`](super::import_for)
//!   gives named sizes a value.
//! * Sequences shorter than `S` (`sequence_lens`) keep their state from their
//!   end on, and their outputs there are 0.
//! * **Reference:** the equations of the ONNX operators `LSTM`, `GRU`, `RNN`;
//!   S. Hochreiter, J. Schmidhuber, Neural Computation 9 (1997) 1735;
//!   K. Cho et al., arXiv:1406.1078, eqs. 5–8.

mod activation;
mod gru;
mod layer;
mod lstm;
mod plain;
mod weights;

pub(crate) use gru::gru;
pub(crate) use lstm::lstm;
pub(crate) use plain::rnn;
