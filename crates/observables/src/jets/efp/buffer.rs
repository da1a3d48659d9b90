//! Memory for vectors and matrices, kept from jet to jet.

use super::kernels::LANES;

/// Numbers that begin at a multiple of the widest vector.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    data: Vec<f64>,
    start: usize,
    len: usize,
}

impl Buffer {
    pub(super) fn resize(&mut self, len: usize) {
        if self.data.len() < len + LANES {
            self.data = vec![0.0; len + LANES];
            let offset = self.data.as_ptr().align_offset(LANES * size_of::<f64>());
            // An allocator that cannot say costs speed only.
            self.start = if offset <= LANES { offset } else { 0 };
        }
        self.len = len;
    }

    pub(super) fn get(&self) -> &[f64] {
        &self.data[self.start..self.start + self.len]
    }

    pub(super) fn get_mut(&mut self) -> &mut [f64] {
        &mut self.data[self.start..self.start + self.len]
    }
}
