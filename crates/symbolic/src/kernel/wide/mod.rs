//! Kernels in registers of 64 bytes (AVX-512), for what a loop over plain numbers
//! cannot say: looking a number up in a table that is a register, and estimates of
//! `1/x` and `1/√x` that a few products make exact.
//!
//! Each function fills what fits whole registers and returns how many numbers
//! that are, none on a machine without such registers. The bits are those of the
//! function for one number, which fills the rest.

mod exponential;
mod lanes;
mod logarithm;
mod quotient;
mod root;

pub use exponential::exps;
use lanes::Lanes;
pub use logarithm::lns;
pub use quotient::quotients;
pub use root::roots;

/// Where estimates and their residuals neither overflow nor lose digits: magnitudes
/// from `2^−a` to below `2^a`, where `a` is a quarter of the exponent's range or
/// less. Collects all numbers of a block with two instructions a register and asks once.
#[derive(Clone, Copy)]
struct Range<L: Lanes> {
    lanes: L,
    seen: L::Register,
}

impl<L: Lanes> Range<L> {
    #[inline(always)]
    fn new(lanes: L) -> Self {
        let seen = lanes.splat(L::Number::default());
        Self { lanes, seen }
    }

    /// Takes a register in: its bits above those of the smallest number of the
    /// range; a number of the range has none of the top bits then.
    #[inline(always)]
    fn see(&mut self, x: L::Register) {
        let above = self.lanes.minus_bits(x, self.lanes.splat(L::SMALLEST));
        self.seen = self.lanes.or(self.seen, above);
    }

    /// Whether all magnitudes were in the range.
    #[inline(always)]
    fn magnitudes(self) -> bool {
        self.lanes.none(self.seen, L::TOP)
    }

    /// Whether all numbers were positive and in the range.
    #[inline(always)]
    fn positive(self) -> bool {
        self.lanes.none(self.seen, L::TOP) && self.lanes.none(self.seen, L::SIGN)
    }
}
