//! One register of numbers, in both precisions under one name.

use pulp::Simd;

/// What a register of 64 bytes can do. Bits of numbers are numbers here, too:
/// what is done to them has `bits` in its name.
pub trait Lanes: Copy {
    /// One of the numbers.
    type Number: Copy + Default;
    /// All of them.
    type Register: Copy;
    /// The least magnitude of the [range](super::Range) of estimates.
    const SMALLEST: Self::Number;
    /// The top bits of what lies below or above that range, the sign aside.
    const TOP: Self::Number;
    /// The sign's bit.
    const SIGN: Self::Number;

    /// The registers that a slice fills.
    fn registers(self, numbers: &[Self::Number]) -> &[Self::Register];
    /// The registers that a slice fills, to be written.
    fn registers_mut(self, numbers: &mut [Self::Number]) -> &mut [Self::Register];
    /// One number everywhere.
    fn splat(self, x: Self::Number) -> Self::Register;
    /// `a + b`.
    fn plus(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// `a − b`.
    fn minus(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// `a b`.
    fn times(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// `a b + c`, rounded once.
    fn fused(self, a: Self::Register, b: Self::Register, c: Self::Register) -> Self::Register;
    /// `c − a b`, rounded once.
    fn left(self, a: Self::Register, b: Self::Register, c: Self::Register) -> Self::Register;
    /// The smaller of two numbers; `x` if it is none.
    fn at_most(self, bound: Self::Register, x: Self::Register) -> Self::Register;
    /// The larger of two numbers; `x` if it is none.
    fn at_least(self, bound: Self::Register, x: Self::Register) -> Self::Register;
    /// `2^⌊power⌋ x`.
    fn scaled(self, x: Self::Register, power: Self::Register) -> Self::Register;
    /// `1/x` to 14 bits.
    fn inverse_estimate(self, x: Self::Register) -> Self::Register;
    /// `1/√x` to 14 bits.
    fn inverse_root_estimate(self, x: Self::Register) -> Self::Register;
    /// The entries of a table of two registers that the low bits of `places` name.
    fn looked_up(self, table: [Self::Register; 2], places: Self::Register) -> Self::Register;
    /// The difference of the bits, as whole numbers.
    fn minus_bits(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// The bits that both have.
    fn and(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// The bits that one of them has.
    fn or(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// The top bits of the mantissa, as many as name an entry of a table, moved to
    /// the bottom; what stands above them stays above them.
    fn place_bits(self, bits: Self::Register) -> Self::Register;
    /// The bits as a signed whole number, made a number.
    fn whole(self, bits: Self::Register) -> Self::Register;
    /// Whether no number has any of these bits.
    fn none(self, numbers: Self::Register, bits: Self::Number) -> bool;

    /// `Σ cᵢ xⁱ`, the constant first.
    #[inline(always)]
    fn polynomial(self, x: Self::Register, coefficients: &[Self::Number]) -> Self::Register {
        let mut terms = coefficients.iter().rev();
        let last = terms.next().copied().unwrap_or_default();
        terms.fold(self.splat(last), |sum, &term| {
            self.fused(x, sum, self.splat(term))
        })
    }

    /// A table of exactly two registers.
    #[inline(always)]
    fn table(self, entries: &[Self::Number]) -> [Self::Register; 2] {
        let registers = self.registers(entries);
        [registers[0], registers[1]]
    }
}

/// A precision that has registers of 64 bytes on some machines.
pub trait Wide: Sized + Copy + Default {
    /// Its registers.
    type Lanes: Lanes<Number = Self>;
    /// Runs `work` with them, if this machine has them; it must be small enough to
    /// be inlined, loops and all.
    fn wide<R>(work: impl FnOnce(Self::Lanes) -> R) -> Option<R>;
}

macro_rules! lanes {
    ($lanes:ident, $number:ident, $bits:ident, $registers:ident, $registers_mut:ident,
     $wide:ident, $raw:ident, smallest $smallest:literal, top $top:literal,
     place $place:literal, whole $extension:ident $whole:ident,
     $splat:ident $plus:ident $minus:ident $times:ident $fused:ident $left:ident
     $least:ident $most:ident $scaled:ident $inverse:ident $root:ident $permute:ident
     $to_bits:ident $from_bits:ident $minus_bits:ident $shift:ident $test:ident $splat_bits:ident
     $signed:ident) => {
        /// Registers of this precision.
        #[derive(Clone, Copy)]
        pub struct $lanes(pulp::x86::V4);

        impl $lanes {
            #[inline(always)]
            fn bits(self, x: std::arch::x86_64::$raw) -> std::arch::x86_64::__m512i {
                self.0.avx512f.$to_bits(x)
            }

            #[inline(always)]
            fn number(self, bits: std::arch::x86_64::__m512i) -> std::arch::x86_64::$raw {
                self.0.avx512f.$from_bits(bits)
            }
        }

        impl Lanes for $lanes {
            type Number = $number;
            type Register = pulp::$wide;
            const SMALLEST: $number = $number::from_bits($smallest);
            const TOP: $number = $number::from_bits($top);
            const SIGN: $number = $number::from_bits(1 << ($bits::BITS - 1));

            #[inline(always)]
            fn registers(self, numbers: &[$number]) -> &[pulp::$wide] {
                pulp::x86::V4::$registers(numbers).0
            }
            #[inline(always)]
            fn registers_mut(self, numbers: &mut [$number]) -> &mut [pulp::$wide] {
                pulp::x86::V4::$registers_mut(numbers).0
            }
            #[inline(always)]
            fn splat(self, x: $number) -> pulp::$wide {
                pulp::cast(self.0.avx512f.$splat(x))
            }
            #[inline(always)]
            fn plus(self, a: pulp::$wide, b: pulp::$wide) -> pulp::$wide {
                pulp::cast(self.0.avx512f.$plus(pulp::cast(a), pulp::cast(b)))
            }
            #[inline(always)]
            fn minus(self, a: pulp::$wide, b: pulp::$wide) -> pulp::$wide {
                pulp::cast(self.0.avx512f.$minus(pulp::cast(a), pulp::cast(b)))
            }
            #[inline(always)]
            fn times(self, a: pulp::$wide, b: pulp::$wide) -> pulp::$wide {
                pulp::cast(self.0.avx512f.$times(pulp::cast(a), pulp::cast(b)))
            }
            #[inline(always)]
            fn fused(self, a: pulp::$wide, b: pulp::$wide, c: pulp::$wide) -> pulp::$wide {
                let [a, b, c] = [a, b, c].map(pulp::cast);
                pulp::cast(self.0.avx512f.$fused(a, b, c))
            }
            #[inline(always)]
            fn left(self, a: pulp::$wide, b: pulp::$wide, c: pulp::$wide) -> pulp::$wide {
                let [a, b, c] = [a, b, c].map(pulp::cast);
                pulp::cast(self.0.avx512f.$left(a, b, c))
            }
            #[inline(always)]
            fn at_most(self, bound: pulp::$wide, x: pulp::$wide) -> pulp::$wide {
                pulp::cast(self.0.avx512f.$least(pulp::cast(bound), pulp::cast(x)))
            }
            #[inline(always)]
            fn at_least(self, bound: pulp::$wide, x: pulp::$wide) -> pulp::$wide {
                pulp::cast(self.0.avx512f.$most(pulp::cast(bound), pulp::cast(x)))
            }
            #[inline(always)]
            fn scaled(self, x: pulp::$wide, power: pulp::$wide) -> pulp::$wide {
                pulp::cast(self.0.avx512f.$scaled(pulp::cast(x), pulp::cast(power)))
            }
            #[inline(always)]
            fn inverse_estimate(self, x: pulp::$wide) -> pulp::$wide {
                pulp::cast(self.0.avx512f.$inverse(pulp::cast(x)))
            }
            #[inline(always)]
            fn inverse_root_estimate(self, x: pulp::$wide) -> pulp::$wide {
                pulp::cast(self.0.avx512f.$root(pulp::cast(x)))
            }
            #[inline(always)]
            fn looked_up(self, table: [pulp::$wide; 2], places: pulp::$wide) -> pulp::$wide {
                let [low, high] = table.map(pulp::cast);
                let places = self.bits(pulp::cast(places));
                pulp::cast(self.0.avx512f.$permute(low, places, high))
            }
            #[inline(always)]
            fn minus_bits(self, a: pulp::$wide, b: pulp::$wide) -> pulp::$wide {
                let [a, b] = [a, b].map(|x| self.bits(pulp::cast(x)));
                pulp::cast(self.number(self.0.avx512f.$minus_bits(a, b)))
            }
            #[inline(always)]
            fn and(self, a: pulp::$wide, b: pulp::$wide) -> pulp::$wide {
                let [a, b] = [a, b].map(|x| self.bits(pulp::cast(x)));
                pulp::cast(self.number(self.0.avx512f._mm512_and_si512(a, b)))
            }
            #[inline(always)]
            fn or(self, a: pulp::$wide, b: pulp::$wide) -> pulp::$wide {
                let [a, b] = [a, b].map(|x| self.bits(pulp::cast(x)));
                pulp::cast(self.number(self.0.avx512f._mm512_or_si512(a, b)))
            }
            #[inline(always)]
            fn place_bits(self, bits: pulp::$wide) -> pulp::$wide {
                let bits = self.bits(pulp::cast(bits));
                pulp::cast(self.number(self.0.avx512f.$shift::<$place>(bits)))
            }
            #[inline(always)]
            fn whole(self, bits: pulp::$wide) -> pulp::$wide {
                pulp::cast(self.0.$extension.$whole(self.bits(pulp::cast(bits))))
            }
            #[inline(always)]
            fn none(self, numbers: pulp::$wide, bits: $number) -> bool {
                let bits = self.0.avx512f.$splat_bits(bits.to_bits() as $signed);
                self.0.avx512f.$test(self.bits(pulp::cast(numbers)), bits) == 0
            }
        }

        impl Wide for $number {
            type Lanes = $lanes;
            #[inline(always)]
            fn wide<R>(work: impl FnOnce($lanes) -> R) -> Option<R> {
                let v4 = crate::kernel::simd::widest()?;
                Some(v4.vectorize(
                    #[inline(always)]
                    || work($lanes(v4)),
                ))
            }
        }
    };
}

lanes!(
    Single, f32, u32, as_simd_f32s, as_mut_simd_f32s, f32x16, __m512,
    smallest 0x3000_0000, top 0x6000_0000, place 18, whole avx512f _mm512_cvtepi32_ps,
    _mm512_set1_ps _mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_fmadd_ps _mm512_fnmadd_ps
    _mm512_min_ps _mm512_max_ps _mm512_scalef_ps _mm512_rcp14_ps _mm512_rsqrt14_ps
    _mm512_permutex2var_ps _mm512_castps_si512 _mm512_castsi512_ps _mm512_sub_epi32
    _mm512_srli_epi32 _mm512_test_epi32_mask _mm512_set1_epi32 i32
);
lanes!(
    Double, f64, u64, as_simd_f64s, as_mut_simd_f64s, f64x8, __m512d,
    smallest 0x2ff0_0000_0000_0000, top 0x6000_0000_0000_0000, place 48,
    whole avx512dq _mm512_cvtepi64_pd,
    _mm512_set1_pd _mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_fmadd_pd _mm512_fnmadd_pd
    _mm512_min_pd _mm512_max_pd _mm512_scalef_pd _mm512_rcp14_pd _mm512_rsqrt14_pd
    _mm512_permutex2var_pd _mm512_castpd_si512 _mm512_castsi512_pd _mm512_sub_epi64
    _mm512_srli_epi64 _mm512_test_epi64_mask _mm512_set1_epi64 i64
);
