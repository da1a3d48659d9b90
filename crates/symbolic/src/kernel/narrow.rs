//! What stands in for the kernels in [wide](super) registers where no processor has
//! them: each function fills nothing.

/// None of `eᵃ`.
pub fn exps<T>(_: &[T], _: &mut [T]) -> usize {
    0
}

/// None of `ln a`.
pub fn lns<T>(_: &[T], _: &mut [T]) -> usize {
    0
}

/// None of `a/b`.
pub fn quotients<T>(_: &[T], _: &[T], _: &mut [T]) -> usize {
    0
}

/// None of `√a`.
pub fn roots<T>(_: &[T], _: &mut [T]) -> usize {
    0
}
