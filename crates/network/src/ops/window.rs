//! The windows that convolutions and pools move over an image.

use crate::graph::Dim;
use crate::kernels::conv::Geometry;

/// How a window moves; one entry per spatial side (one to three).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its sides.
    pub kernel: Vec<usize>,
    /// Its steps.
    pub stride: Vec<usize>,
    /// The steps within it.
    pub dilation: Vec<usize>,
    /// What is added before the input along each side.
    pub before: Vec<usize>,
    /// What is added behind the input along each side.
    pub after: Vec<usize>,
    /// Whether a window that is only partly on the input still counts.
    pub ceil: bool,
}

impl Window {
    /// A window that moves by single steps over the bare input.
    pub fn new(kernel: &[usize]) -> Self {
        let rank = kernel.len();
        Self {
            kernel: kernel.to_vec(),
            stride: vec![1; rank],
            dilation: vec![1; rank],
            before: vec![0; rank],
            after: vec![0; rank],
            ceil: false,
        }
    }

    /// Sets the steps.
    pub fn stride(mut self, stride: &[usize]) -> Self {
        self.stride = stride.to_vec();
        self
    }

    /// Sets the steps within the window.
    pub fn dilation(mut self, dilation: &[usize]) -> Self {
        self.dilation = dilation.to_vec();
        self
    }

    /// Sets what is added on both ends of each side.
    pub fn pad(mut self, pad: &[usize]) -> Self {
        self.before = pad.to_vec();
        self.after = pad.to_vec();
        self
    }

    /// The number of spatial sides.
    pub fn rank(&self) -> usize {
        self.kernel.len()
    }

    /// Whether it has one to three sides and every list one sound entry for each.
    pub fn check(&self) -> Result<(), String> {
        let rank = self.rank();
        if !(1..=3).contains(&rank) {
            return Err(format!(
                "windows of {rank} sides are not supported, expected 1 to 3"
            ));
        }
        self.sound()
    }

    /// Whether every list has one sound entry per side.
    pub(crate) fn sound(&self) -> Result<(), String> {
        let rank = self.rank();
        let lists = [&self.stride, &self.dilation, &self.before, &self.after];
        if lists.iter().any(|list| list.len() != rank) {
            return Err("kernel, strides, dilations and pads differ in length".to_owned());
        }
        let positive = [&self.kernel, &self.stride, &self.dilation];
        if positive.iter().any(|list| list.contains(&0)) {
            return Err("kernel, strides and dilations must be at least 1".to_owned());
        }
        if [
            &self.kernel,
            &self.stride,
            &self.dilation,
            &self.before,
            &self.after,
        ]
        .iter()
        .any(|list| list.iter().any(|&entry| entry > 1 << 20))
        {
            return Err("a window's size, step or padding is beyond 2^20".to_owned());
        }
        Ok(())
    }

    /// The output side along spatial side `d` of an input side:
    /// `⌊(side + pads − dilation (kernel − 1) − 1) / stride⌋ + 1`.
    pub fn output(&self, d: usize, side: &Dim) -> Result<Dim, String> {
        let span = self.dilation[d] * (self.kernel[d] - 1) + 1;
        let padded = side + &Dim::fixed(self.before[d] + self.after[d]);
        if let Some(known) = padded.known() {
            if known < span {
                return Err(format!(
                    "a window of {span} does not fit an input of {known}"
                ));
            }
            let free = known - span;
            let mut steps = if self.ceil {
                free.div_ceil(self.stride[d])
            } else {
                free / self.stride[d]
            };
            // A last window that would begin in the padding behind is dropped.
            let real = side.known().unwrap_or(0) + self.before[d];
            if self.ceil && steps * self.stride[d] >= real {
                steps -= 1;
            }
            return Ok(Dim::fixed(steps + 1));
        }
        if self.ceil {
            return Err("ceil mode needs input sides that are known".to_owned());
        }
        let free = &padded - &Dim::fixed(span);
        Ok(&free.quotient(&Dim::fixed(self.stride[d])) + &Dim::fixed(1))
    }

    /// The sizes of one run; sides that an image or a line lacks are 1.
    pub(crate) fn geometry(
        &self,
        input: &[usize],
        output: &[usize],
        groups: usize,
        channels: usize,
        filters: usize,
    ) -> Geometry {
        Geometry {
            batch: input[0],
            groups,
            channels,
            filters,
            input: three(&input[2..], 1),
            output: three(&output[2..], 1),
            kernel: three(&self.kernel, 1),
            stride: three(&self.stride, 1),
            dilation: three(&self.dilation, 1),
            pad: three(&self.before, 0),
        }
    }
}

/// One to three entries, `lead` in front of them.
pub(crate) fn three(list: &[usize], lead: usize) -> [usize; 3] {
    match *list {
        [depth, height, width] => [depth, height, width],
        [height, width] => [lead, height, width],
        [width] => [lead, lead, width],
        _ => [lead; 3],
    }
}
