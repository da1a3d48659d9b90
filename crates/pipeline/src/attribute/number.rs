//! The precision in which numbers of a file are held: that of the runs.

use pellucid_core::Tensor;
use pellucid_data::npz::Array;
use pellucid_network::Real;

/// Single or double precision.
pub trait Number: Real {
    /// The numbers of an array.
    fn tensor(array: &Array) -> Tensor<Self>;

    /// Numbers as an array.
    fn array(tensor: Tensor<Self>) -> Array;

    /// Whether the array holds numbers that this precision does not.
    fn rounds(array: &Array) -> bool;
}

impl Number for f32 {
    fn tensor(array: &Array) -> Tensor<Self> {
        match array {
            Array::F32(tensor) => tensor.clone(),
            Array::F64(tensor) => tensor.map(|&x| x as f32),
            Array::I64(tensor) => tensor.map(|&x| x as f32),
        }
    }

    fn array(tensor: Tensor<Self>) -> Array {
        Array::F32(tensor)
    }

    fn rounds(array: &Array) -> bool {
        match array {
            Array::F32(_) => false,
            Array::F64(tensor) => {
                let changed = |&x: &f64| f64::from(x as f32) != x && !x.is_nan();
                tensor.data().iter().any(changed)
            }
            // Wider than they are, so that the largest one does not come back as itself.
            Array::I64(tensor) => {
                let changed = |&x: &i64| (x as f32) as i128 != i128::from(x);
                tensor.data().iter().any(changed)
            }
        }
    }
}

impl Number for f64 {
    fn tensor(array: &Array) -> Tensor<Self> {
        match array {
            Array::F32(tensor) => tensor.map(|&x| f64::from(x)),
            Array::F64(tensor) => tensor.clone(),
            Array::I64(tensor) => tensor.map(|&x| x as f64),
        }
    }

    fn array(tensor: Tensor<Self>) -> Array {
        Array::F64(tensor)
    }

    fn rounds(array: &Array) -> bool {
        matches!(array, Array::I64(tensor) if tensor.data().iter().any(|x| x.unsigned_abs() > 1 << 53))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_single_precision_does_not_hold_is_known() {
        let doubles = |x: f64| Array::F64(Tensor::new(vec![1], vec![x]));
        let integers = |x: i64| Array::I64(Tensor::new(vec![1], vec![x]));
        assert!(!f32::rounds(&doubles(0.5)) && f32::rounds(&doubles(0.1)));
        assert!(f32::rounds(&doubles(1e300)) && !f64::rounds(&doubles(0.1)));
        assert!(!f32::rounds(&integers(1 << 24)) && f32::rounds(&integers((1 << 24) + 1)));
        assert!(!f64::rounds(&integers(1 << 53)) && f64::rounds(&integers(i64::MIN)));
    }
}
