//! Working memory that a thread keeps between uses.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    static KEPT: RefCell<HashMap<TypeId, Vec<Box<dyn Any>>>> = RefCell::new(HashMap::new());
}

/// Lends `work` a slice of `len` numbers of arbitrary content.
pub fn with<T: Copy + Default + 'static, R>(len: usize, work: impl FnOnce(&mut [T]) -> R) -> R {
    let kept = KEPT.with_borrow_mut(|kept| kept.entry(TypeId::of::<T>()).or_default().pop());
    let mut buffer: Box<Vec<T>> = kept
        .and_then(|kept| kept.downcast().ok())
        .unwrap_or_else(|| Box::new(Vec::new()));
    if buffer.len() < len {
        buffer.resize(len, T::default());
    }
    let result = work(&mut buffer[..len]);
    KEPT.with_borrow_mut(|kept| kept.entry(TypeId::of::<T>()).or_default().push(buffer));
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
