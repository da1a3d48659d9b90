//! `RotaryEmbedding`: pairs of numbers turned by an angle that depends on the
//! position,
//!
//! $$ (a, b) \mapsto (a \cos\theta - b \sin\theta,\; a \sin\theta + b \cos\theta). $$
//!
//! **Reference:** J. Su et al., arXiv:2104.09864, eq. 34.

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Add, Concat, Gather, Mul, Places, Slice, Sub};

pub(crate) fn rotary_embedding(node: &mut Import<'_>) -> Imported {
    let input = node.real(0)?;
    let given = node.shape(input);
    // As [batch, rows, heads, width].
    let x = match given.as_slice() {
        [batch, rows, all] => {
            let heads = node.proto().int("num_heads")?.unwrap_or(0);
            let heads = usize::try_from(heads)
                .ok()
                .filter(|&heads| heads > 0)
                .map(Dim::fixed)
                .ok_or_else(|| node.refuse("inputs of three sides need num_heads"))?;
            let width = all.quotient(&heads);
            node.reshape(input, vec![batch.clone(), rows.clone(), heads, width])?
        }
        [_, _, _, _] => node.transpose(input, vec![0, 2, 1, 3])?,
        _ => {
            return Err(node.refuse(format!(
                "expected three or four sides, found {}",
                show(&given)
            )));
        }
    };
    let width = node.shape(x)[3].known();
    let width = width.ok_or_else(|| node.refuse("the width of the heads must be known"))?;
    let turned = node.proto().int("rotary_embedding_dim")?.unwrap_or(0);
    let turned = match usize::try_from(turned) {
        Ok(0) if width % 2 == 0 => width,
        Ok(0) => return Err(node.refuse(format!("an odd number of {width} cannot be turned"))),
        Ok(turned) if turned <= width && turned % 2 == 0 => turned,
        _ => return Err(node.refuse(format!("{turned} of {width} numbers cannot be turned"))),
    };
    let (cos, sin) = (angles(node, 1)?, angles(node, 2)?);
    let interleaved = node.proto().flag("interleaved")?.unwrap_or(false);
    let (step, second) = if interleaved { (2, 1) } else { (1, turned / 2) };
    let a = part(node, x, 0, turned / 2, step)?;
    let b = part(node, x, second, turned / 2, step)?;
    let mut product = |x: ValueId, y: ValueId| node.add(Mul, &[x, y]);
    let (ac, bs) = (product(a, cos)?, product(b, sin)?);
    let (as_, bc) = (product(a, sin)?, product(b, cos)?);
    let (real, imaginary) = (node.add(Sub, &[ac, bs])?, node.add(Add, &[as_, bc])?);
    let mut whole = if interleaved {
        let mut pairs = node.shape(real);
        let shape = [&pairs[..3], &[Dim::fixed(turned)]].concat();
        pairs.push(Dim::fixed(1));
        let real = node.reshape(real, pairs.clone())?;
        let imaginary = node.reshape(imaginary, pairs)?;
        let both = node.add(Concat { axis: 4 }, &[real, imaginary])?;
        node.reshape(both, shape)?
    } else {
        node.add(Concat { axis: 3 }, &[real, imaginary])?
    };
    if turned < width {
        let rest = part(node, x, turned, width - turned, 1)?;
        whole = node.add(Concat { axis: 3 }, &[whole, rest])?;
    }
    Ok(vec![if given.len() == 3 {
        node.reshape(whole, given)?
    } else {
        node.transpose(whole, vec![0, 2, 1, 3])?
    }])
}

fn part(
    node: &mut Import<'_>,
    x: ValueId,
    start: usize,
    length: usize,
    step: usize,
) -> Result<ValueId, NetworkError> {
    let slice = Slice {
        axis: 3,
        start: start.into(),
        length: length.into(),
        step,
    };
    node.add(slice, &[x])
}

/// Cosines or sines of the rows' positions, the same for all heads.
fn angles(node: &mut Import<'_>, i: usize) -> Result<ValueId, NetworkError> {
    let mut cache = node.real(i)?;
    if node.has(3) {
        let positions = node.indices(3)?;
        let places = Places::Along { axis: 0 };
        cache = node.add(Gather { places }, &[cache, positions])?;
    }
    let mut shape = node.shape(cache);
    if shape.len() != 3 {
        return Err(node.refuse(format!(
            "expected a cosine and sine per row, found {}",
            show(&shape)
        )));
    }
    shape.insert(2, Dim::fixed(1));
    node.reshape(cache, shape)
}
