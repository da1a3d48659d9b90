//! Normalisations that are written with other operations. Relevance takes what
//! they divide by as constant.

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, volume};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{
    Abs, Add, AveragePool, Div, Equal, Mul, Pow, ReduceMean, ReduceSum, Sqrt, Sub, Where, Window,
};

/// `x` over its norm `Σ |x|` or `√Σ x²` along a side; 0 where that is 0.
pub(crate) fn lp(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let rank = node.shape(x).len();
    let axis = node.axis(node.proto().int("axis")?.unwrap_or(-1), rank)?;
    let p = node.proto().int("p")?.unwrap_or(2);
    let sum = ReduceSum {
        axes: vec![axis],
        keep: true,
    };
    let norm = match p {
        1 => {
            let size = node.add(Abs, &[x])?;
            node.add(sum, &[size])?
        }
        2 => {
            let square = node.add(Mul, &[x, x])?;
            let sum = node.add(sum, &[square])?;
            node.add(Sqrt, &[sum])?
        }
        _ => return Err(node.refuse(format!("the norm {p} is not known, expected 1 or 2"))),
    };
    let (zero, one) = (node.scalar(0.0), node.scalar(1.0));
    let nothing = node.add(Equal, &[norm, zero])?;
    let divisor = node.add(Where, &[nothing, one, norm])?;
    node.push(Div, &[x, divisor])
}

/// `x / √(mean x² + epsilon) · scale`, the mean over the sides from `axis` on;
/// B. Zhang, R. Sennrich, arXiv:1910.07467, eq. 4.
pub(crate) fn root_mean_square(node: &mut Import<'_>) -> Imported {
    let (x, scale) = (node.real(0)?, node.real(1)?);
    let rank = node.shape(x).len();
    let axis = node.axis(node.proto().int("axis")?.unwrap_or(-1), rank)?;
    let epsilon = node.float("epsilon", 1e-5)?;
    let mean = mean_square(node, x, (axis..rank).collect())?;
    let epsilon = node.scalar(epsilon);
    let mean = node.add(Add, &[mean, epsilon])?;
    let root = node.add(Sqrt, &[mean])?;
    let normal = node.add(Div, &[x, root])?;
    node.push(Mul, &[normal, scale])
}

/// `(x − mean) / (√(mean (x − mean)²) + 10⁻⁹)` over the sides `axes`.
pub(crate) fn mean_variance(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let rank = node.shape(x).len();
    let axes = match node.proto().ints("axes")? {
        Some(axes) => node.axes(axes, rank)?,
        None => node.axes(&[0, 2, 3], rank)?,
    };
    let mean = ReduceMean {
        axes: axes.clone(),
        keep: true,
    };
    let mean = node.add(mean, &[x])?;
    let centred = node.add(Sub, &[x, mean])?;
    let variance = mean_square(node, centred, axes)?;
    let deviation = node.add(Sqrt, &[variance])?;
    let tiny = node.scalar(1e-9);
    let divisor = node.add(Add, &[deviation, tiny])?;
    node.push(Div, &[centred, divisor])
}

fn mean_square(
    node: &mut Import<'_>,
    x: ValueId,
    axes: Vec<usize>,
) -> Result<ValueId, NetworkError> {
    let square = node.add(Mul, &[x, x])?;
    node.add(ReduceMean { axes, keep: true }, &[square])
}

/// `x / (bias + alpha/size Σ x²)^beta`, the sum over `size` channels about each;
/// A. Krizhevsky et al., NIPS 2012, section 3.3.
pub(crate) fn local_response(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let shape = node.shape(x);
    let (alpha, beta) = (node.float("alpha", 1e-4)?, node.float("beta", 0.75)?);
    let bias = node.float("bias", 1.0)?;
    let size = node.proto().int("size")?.unwrap_or(0);
    let size = usize::try_from(size)
        .ok()
        .filter(|size| (1..=1 << 20).contains(size) && shape.len() > 1)
        .ok_or_else(|| node.refuse(format!("{size} channels, expected 1 or more")))?;
    let square = node.add(Mul, &[x, x])?;
    // The channels become the rows of an image, over which an average moves.
    let image = vec![
        shape[0].clone(),
        Dim::fixed(1),
        shape[1].clone(),
        volume(&shape[2..]),
    ];
    let image = node.reshape(square, image)?;
    let mut window = Window::new(&[size, 1]);
    window.before[0] = (size - 1) / 2;
    window.after[0] = size / 2;
    let pool = AveragePool {
        window,
        count_pad: true,
    };
    let mean = node.add(pool, &[image])?;
    let mean = node.reshape(mean, shape)?;
    let (alpha, bias, beta) = (node.scalar(alpha), node.scalar(bias), node.scalar(beta));
    let scaled = node.add(Mul, &[mean, alpha])?;
    let shifted = node.add(Add, &[scaled, bias])?;
    let divisor = node.add(Pow, &[shifted, beta])?;
    node.push(Div, &[x, divisor])
}
