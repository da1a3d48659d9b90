//! Weights kept in a file beside the model.
//!
//! `PyTorch`'s exporter writes them so by default. The model names the file, so
//! a model from a stranger could name any file: only one inside the model's
//! own folder is read, symbolic links resolved, and only as many bytes as the
//! tensor's shape says.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path};

use crate::OnnxError;
use crate::file::LARGEST_FILE;
use crate::proto::{GraphProto, ModelProto, NodeProto, TensorProto};

/// What a tensor says about the file that it is kept in.
pub(crate) fn entry<'a>(tensor: &'a TensorProto, key: &str) -> Option<&'a str> {
    tensor
        .external_data
        .iter()
        .find(|entry| entry.key == key)
        .map(|entry| entry.value.as_str())
}

/// Reads every tensor of the model that is kept in a file of `folder` into the
/// model; afterwards the model is whole.
pub fn load(model: &mut ModelProto, folder: &Path) -> Result<(), OnnxError> {
    let mut left = LARGEST_FILE;
    if let Some(graph) = &mut model.graph {
        load_graph(graph, folder, &mut left)?;
    }
    let functions = model.functions.iter_mut();
    let mut nodes = functions.flat_map(|function| &mut function.node);
    nodes.try_for_each(|node| load_node(node, folder, &mut left))
}

fn load_graph(graph: &mut GraphProto, folder: &Path, left: &mut u64) -> Result<(), OnnxError> {
    for tensor in &mut graph.initializer {
        load_tensor(tensor, folder, left)?;
    }
    let mut nodes = graph.node.iter_mut();
    nodes.try_for_each(|node| load_node(node, folder, left))
}

/// What a node holds itself: constants, and the branches of a condition, which
/// the format nests no deeper than its decoder goes.
fn load_node(node: &mut NodeProto, folder: &Path, left: &mut u64) -> Result<(), OnnxError> {
    for attribute in &mut node.attribute {
        for tensor in attribute
            .t
            .as_deref_mut()
            .into_iter()
            .chain(&mut attribute.tensors)
        {
            load_tensor(tensor, folder, left)?;
        }
        for graph in attribute
            .g
            .as_deref_mut()
            .into_iter()
            .chain(&mut attribute.graphs)
        {
            load_graph(graph, folder, left)?;
        }
    }
    Ok(())
}

fn load_tensor(tensor: &mut TensorProto, folder: &Path, left: &mut u64) -> Result<(), OnnxError> {
    if tensor.data_location == 0 && tensor.external_data.is_empty() {
        return Ok(());
    }
    let location = entry(tensor, "location").unwrap_or_default().to_owned();
    let refuse = |reason: String| OnnxError::External {
        tensor: tensor.name.clone(),
        location: location.clone(),
        reason,
    };
    let number = |key: &str| match entry(tensor, key) {
        None => Ok(None),
        Some(text) => text
            .parse::<u64>()
            .map(Some)
            .map_err(|_| refuse(format!("has the {key} `{text}`, expected a number"))),
    };
    let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
    let needed = tensor.bytes()? as u64;
    if length.is_some_and(|length| length != needed) {
        return Err(refuse(format!(
            "gives it {} bytes, but its shape {:?} needs {needed}",
            length.unwrap_or_default(),
            tensor.dims
        )));
    }
    *left = left.checked_sub(needed).ok_or_else(|| {
        refuse(format!(
            "would make the model larger than {LARGEST_FILE} bytes"
        ))
    })?;

    let inside = !location.is_empty()
        && Path::new(&location)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let outside = || refuse("is not inside the folder of the model".to_owned());
    if !inside {
        return Err(outside());
    }
    let unreadable = |error: std::io::Error| refuse(format!("cannot be read: {error}"));
    let folder = folder.canonicalize().map_err(unreadable)?;
    let path = folder.join(&location).canonicalize().map_err(unreadable)?;
    if !path.starts_with(&folder) {
        return Err(outside());
    }
    let mut file = std::fs::File::open(&path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    if offset.checked_add(needed).is_none_or(|end| end > size) {
        return Err(refuse(format!(
            "has {size} bytes, but {needed} from byte {offset} on are needed; copy or export it again"
        )));
    }
    let mut raw = vec![0; needed as usize];
    file.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
    file.read_exact(&mut raw).map_err(unreadable)?;
    tensor.raw_data = Some(raw);
    tensor.external_data.clear();
    tensor.data_location = 0;
    Ok(())
}
