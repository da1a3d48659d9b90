//! Pools as ONNX has them, over one to three spatial sides.

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, volume};
use crate::onnx::reader::Import;
use crate::onnx::window;
use crate::ops::{Op, Window};

/// Input 0 pooled by what `make` makes of a window.
///
/// Maxima and averages over a box are those over its depth of those over its
/// height and width (an average over what is on the input as well, because
/// every line along the depth counts the same number): three sides are done in
/// two steps.
pub(crate) fn pool<O: Into<Op>>(
    node: &mut Import<'_>,
    make: impl Fn(Window) -> O,
) -> Result<ValueId, NetworkError> {
    let x = node.real(0)?;
    let shape = node.shape(x);
    let kernel = node.proto().sizes("kernel_shape")?;
    let kernel = kernel.ok_or_else(|| node.refuse("it has no kernel_shape"))?;
    let whole = window::read(node, &kernel, shape.get(2..).unwrap_or_default())?;
    let [batch, channels, depth, height, width] = shape.as_slice() else {
        return node.add(make(whole), &[x]);
    };
    let planes = volume(&[channels.clone(), depth.clone()]);
    let flat = [batch, &planes, height, width].map(Clone::clone).to_vec();
    let flat = node.reshape(x, flat)?;
    let flat = node.add(make(part(&whole, 1..3)), &[flat])?;
    let sides = node.shape(flat)[2..].to_vec();
    let deep = vec![
        batch.clone(),
        channels.clone(),
        depth.clone(),
        volume(&sides),
    ];
    let deep = node.reshape(flat, deep)?;
    let mut along = part(&whole, 0..1);
    let lists = [&mut along.kernel, &mut along.stride, &mut along.dilation];
    for list in lists {
        list.push(1);
    }
    for list in [&mut along.before, &mut along.after] {
        list.push(0);
    }
    let deep = node.add(make(along), &[deep])?;
    let mut result = node.shape(deep)[..3].to_vec();
    result.extend::<Vec<Dim>>(sides);
    node.reshape(deep, result)
}

/// Some of a window's sides.
fn part(whole: &Window, sides: std::ops::Range<usize>) -> Window {
    Window {
        kernel: whole.kernel[sides.clone()].to_vec(),
        stride: whole.stride[sides.clone()].to_vec(),
        dilation: whole.dilation[sides.clone()].to_vec(),
        before: whole.before[sides.clone()].to_vec(),
        after: whole.after[sides].to_vec(),
        ceil: whole.ceil,
    }
}
