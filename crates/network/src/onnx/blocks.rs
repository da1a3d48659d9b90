//! Channels that become blocks of an image, and back.

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;

/// The image, its four sides and the length of a block.
fn image(node: &mut Import<'_>) -> Result<(ValueId, [Dim; 4], Dim), NetworkError> {
    let x = node.either(0)?;
    let shape = node.shape(x);
    let block = node.proto().int("blocksize")?.unwrap_or(0);
    let block = usize::try_from(block)
        .ok()
        .filter(|block| (1..=1 << 20).contains(block))
        .ok_or_else(|| node.refuse(format!("blocks of {block}, expected 1 or more")))?;
    let shape: [Dim; 4] = shape.try_into().map_err(|shape: Vec<Dim>| {
        node.refuse(format!("expected images, found {}", show(&shape)))
    })?;
    Ok((x, shape, Dim::fixed(block)))
}

/// `y[n, c, b h + i, b w + j] = x[n, (i b + j) C + c, h, w]` (DCR), or of
/// channel `(c b + i) b + j` (CRD).
pub(crate) fn depth_to_space(node: &mut Import<'_>) -> Imported {
    let (x, [batch, depth, height, width], block) = image(node)?;
    let channels = depth.quotient(&(&block * &block));
    let columns_first = match node.proto().string("mode")?.unwrap_or("DCR") {
        "DCR" => false,
        "CRD" => true,
        other => return Err(node.refuse(format!("the mode `{other}`, expected DCR or CRD"))),
    };
    let mut apart = vec![batch.clone()];
    let order = if columns_first {
        apart.extend([channels.clone(), block.clone(), block.clone()]);
        vec![0, 1, 4, 2, 5, 3]
    } else {
        apart.extend([block.clone(), block.clone(), channels.clone()]);
        vec![0, 3, 4, 1, 5, 2]
    };
    apart.extend([height.clone(), width.clone()]);
    let apart = node.reshape(x, apart)?;
    let moved = node.transpose(apart, order)?;
    let shape = vec![batch, channels, &height * &block, &width * &block];
    Ok(vec![node.reshape(moved, shape)?])
}

/// `y[n, (i b + j) C + c, h, w] = x[n, c, b h + i, b w + j]`.
pub(crate) fn space_to_depth(node: &mut Import<'_>) -> Imported {
    let (x, [batch, channels, height, width], block) = image(node)?;
    let (rows, columns) = (height.quotient(&block), width.quotient(&block));
    let apart = vec![
        batch.clone(),
        channels.clone(),
        rows.clone(),
        block.clone(),
        columns.clone(),
        block.clone(),
    ];
    let apart = node.reshape(x, apart)?;
    let moved = node.transpose(apart, vec![0, 3, 5, 1, 2, 4])?;
    let depth = &(&channels * &block) * &block;
    Ok(vec![
        node.reshape(moved, vec![batch, depth, rows, columns])?,
    ])
}
