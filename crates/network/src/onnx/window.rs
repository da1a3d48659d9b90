//! The windows of convolutions and pools, as attributes of ONNX nodes.

use pellucid_onnx::AttributeProto;

use crate::error::NetworkError;
use crate::graph::Dim;
use crate::onnx::reader::Import;
use crate::onnx::writer::Export;
use crate::ops::Window;

/// The kernel of a node with its steps, over an input with these spatial sides.
pub(crate) fn steps(
    node: &Import<'_>,
    kernel: &[usize],
    sides: &[Dim],
) -> Result<Window, NetworkError> {
    let proto = node.proto();
    let rank = kernel.len();
    if rank != sides.len() || rank == 0 {
        return Err(node.refuse(format!(
            "a window of {rank} sides moves over {}",
            sides.len()
        )));
    }
    let mut window = Window::new(kernel);
    if let Some(stride) = proto.sizes("strides")? {
        window.stride = stride;
    }
    if let Some(dilation) = proto.sizes("dilations")? {
        window.dilation = dilation;
    }
    window.sound().map_err(|problem| node.refuse(problem))?;
    Ok(window)
}

/// Reads the pads that a node states.
pub(crate) fn pads(node: &Import<'_>, window: &mut Window) -> Result<(), NetworkError> {
    let (proto, rank) = (node.proto(), window.rank());
    let Some(pads) = proto.ints("pads")? else {
        return Ok(());
    };
    if pads.iter().any(|&pad| pad < 0) {
        return Err(node.refuse(format!("negative pads {pads:?} are not supported")));
    }
    let pads = proto.sizes("pads")?.unwrap_or_default();
    if pads.len() != 2 * rank {
        return Err(node.refuse(format!("expected {} pads, found {}", 2 * rank, pads.len())));
    }
    window.before = pads[..rank].to_vec();
    window.after = pads[rank..].to_vec();
    window.sound().map_err(|problem| node.refuse(problem))
}

/// The window of a node over an input with these spatial sides.
pub(crate) fn read(
    node: &Import<'_>,
    kernel: &[usize],
    sides: &[Dim],
) -> Result<Window, NetworkError> {
    let proto = node.proto();
    let mut window = steps(node, kernel, sides)?;
    window.ceil = proto.flag("ceil_mode")?.unwrap_or(false);
    let automatic = proto.string("auto_pad")?.unwrap_or("NOTSET");
    if automatic == "NOTSET" {
        pads(node, &mut window)?;
    }
    match automatic {
        "NOTSET" | "VALID" => {}
        "SAME_UPPER" | "SAME_LOWER" => {
            for (d, side) in sides.iter().enumerate() {
                let total = same_padding(&window, d, side).ok_or_else(|| {
                    node.refuse(format!(
                        "{automatic} padding needs a known side, found {side}"
                    ))
                })?;
                let (less, more) = (total / 2, total - total / 2);
                (window.before[d], window.after[d]) = if automatic == "SAME_UPPER" {
                    (less, more)
                } else {
                    (more, less)
                };
            }
        }
        other => return Err(node.refuse(format!("the padding `{other}` is not known"))),
    }
    Ok(window)
}

/// All padding along a side for `⌈side / stride⌉` outputs.
fn same_padding(window: &Window, d: usize, side: &Dim) -> Option<usize> {
    let span = window.dilation[d] * (window.kernel[d] - 1) + 1;
    match (window.stride[d], side.known()) {
        (1, _) => Some(span - 1),
        (stride, Some(side)) => {
            Some(((side.div_ceil(stride).max(1) - 1) * stride + span).saturating_sub(side))
        }
        _ => None,
    }
}

/// The attributes of a window.
pub(crate) fn attributes(window: &Window) -> Vec<AttributeProto> {
    let pads: Vec<usize> = window.before.iter().chain(&window.after).copied().collect();
    let mut attributes = vec![
        AttributeProto::sizes("kernel_shape", &window.kernel),
        AttributeProto::sizes("strides", &window.stride),
        AttributeProto::sizes("pads", &pads),
    ];
    // `AveragePool` has no dilations before operation set 19.
    if window.dilation.iter().any(|&step| step != 1) {
        attributes.push(AttributeProto::sizes("dilations", &window.dilation));
    }
    if window.ceil {
        attributes.push(AttributeProto::int("ceil_mode", 1));
    }
    attributes
}

/// The attributes of a transposed convolution back to images of these sides.
pub(crate) fn transposed(
    node: &Export<'_>,
    window: &Window,
    sides: &[Dim],
    groups: usize,
) -> Result<Vec<AttributeProto>, NetworkError> {
    let mut window = Window {
        ceil: false,
        ..window.clone()
    };
    let mut extra = Vec::new();
    for (d, side) in sides.iter().enumerate() {
        // A window that moves one by one reaches everything.
        if window.stride[d] == 1 {
            extra.push(0);
            continue;
        }
        let (Some(side), Some(steps)) = (side.known(), node.shape(0)[d + 2].known()) else {
            return Err(node.refuse(
                "a window that skips needs images of known sides (--size NAME=N gives them)",
            ));
        };
        let span = window.dilation[d] * (window.kernel[d] - 1) + 1;
        let reached = steps.saturating_sub(1) * window.stride[d] + span;
        let padded = side + window.before[d] + window.after[d];
        // What no window reached is added behind; a last window that reaches
        // beyond the padding (ceil mode) needs as much more padding.
        extra.push(padded.saturating_sub(reached));
        window.after[d] += reached.saturating_sub(padded);
    }
    let mut attributes = attributes(&window);
    attributes.push(AttributeProto::int("group", groups as i64));
    attributes.push(AttributeProto::sizes("output_padding", &extra));
    Ok(attributes)
}
