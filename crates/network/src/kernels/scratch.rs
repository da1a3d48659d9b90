//! Working memory that a thread keeps between uses.

use std::any::{Any, TypeId};
use std::cell::RefCell;

/// Buffers that are free, each with the type of its numbers; a handful.
type Kept = Vec<(TypeId, Box<dyn Any>)>;

thread_local! {
    static KEPT: RefCell<Kept> = const { RefCell::new(Vec::new()) };
}

/// Where a lent slice begins: at a cache line, so that aligned vectors of it
/// never lie across two.
pub(crate) const LINE: usize = 64;

/// Lends `work` a slice of `len` numbers of arbitrary content.
pub fn with<T: Copy + Default + 'static, R>(len: usize, work: impl FnOnce(&mut [T]) -> R) -> R {
    let kept = KEPT.with_borrow_mut(|kept| {
        let last = kept.iter().rposition(|(of, _)| *of == TypeId::of::<T>());
        last.map(|i| kept.swap_remove(i).1)
    });
    let mut buffer: Box<Vec<T>> = kept
        .and_then(|kept| kept.downcast().ok())
        .unwrap_or_else(|| Box::new(Vec::new()));
    let spare = LINE / size_of::<T>().max(1);
    if buffer.len() < len + spare {
        buffer.resize(len + spare, T::default());
    }
    let start = buffer.as_ptr().align_offset(LINE).min(spare);
    let result = work(&mut buffer[start..start + len]);
    KEPT.with_borrow_mut(|kept| kept.push((TypeId::of::<T>(), buffer)));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_loans_do_not_overlap() {
        with::<f32, _>(4, |outer| {
            outer.fill(1.0);
            with::<f32, _>(8, |inner| inner.fill(2.0));
            assert_eq!(outer, [1.0; 4]);
        });
    }
}
