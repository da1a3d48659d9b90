//! The messages of a file from a graph.
//!
//! Only what the outputs need is written. Names are those of the graph, with
//! what an operation adds (a shape, a constant) named after its node.

use std::collections::HashSet;

use pellucid_onnx::{
    AttributeProto, DataType, Dimension, DimensionProto, GraphProto, Model, NodeProto,
    OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto, TensorTypeProto,
    TypeProto, ValueInfoProto,
};

use crate::error::NetworkError;
use crate::graph::{Data, Dim, Graph, Kind, Node, Source, Type, ValueId};
use crate::onnx::converted::convert_inputs;
use crate::onnx::lowered::lowered;
use crate::onnx::names::{Names, name_apart};
use crate::onnx::settings::ExportSettings;
use crate::onnx::writer::{Export, Writer};
use crate::ops::Op;

/// Who wrote the file.
pub(crate) const PRODUCER: &str = "pellucid";
/// The format of the file itself: the one of operation sets 17 to 18, which
/// every runtime since 2022 reads.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;
/// The operation set that has `Gelu`, dilated average pools and scatters of
/// maxima, and its file format.
const NEWER_OPSET: i64 = 20;
const NEWER_IR_VERSION: i64 = 9;

/// The ONNX model of a graph, weights in single precision.
pub fn export(graph: &Graph) -> Result<Model, NetworkError> {
    export_with(graph, &ExportSettings::default())
}

/// The same, written as the settings say.
pub fn export_with(graph: &Graph, settings: &ExportSettings) -> Result<Model, NetworkError> {
    let graph = &*lowered(graph)?;
    let needed = needed(graph);
    let nodes = || {
        graph
            .nodes()
            .iter()
            .filter(|node| node.outputs.iter().any(|id| needed[id.index()]))
    };
    let newer = nodes().any(|node| newer(&node.op));
    let mut writer = Writer {
        opset: if newer { NEWER_OPSET } else { OPSET },
        proto: GraphProto {
            name: "network".to_owned(),
            ..GraphProto::default()
        },
        names: Names::new(
            graph
                .values()
                .filter(|(id, _)| needed[id.index()])
                .map(|(_, value)| value.name.clone()),
        ),
    };
    for &input in graph.inputs() {
        let value = graph.value(input);
        writer.proto.input.push(value_info(&value.name, &value.ty));
    }
    for (id, value) in graph.values().filter(|(id, _)| needed[id.index()]) {
        match &value.source {
            Source::Parameter(data) => writer.proto.initializer.push(tensor(&value.name, data)),
            Source::Constant(_) => {
                let node = NodeProto::new("Constant", &value.name, &[], &[&value.name]);
                let data = graph
                    .data(id)
                    .map(|data| tensor("", data))
                    .unwrap_or_default();
                writer
                    .proto
                    .node
                    .push(node.with(AttributeProto::tensor("value", data)));
            }
            Source::Input | Source::Node(..) => {}
        }
    }
    for node in nodes() {
        let mut export = Export {
            graph,
            node,
            needed: &needed,
            writer: &mut writer,
        };
        node.op.export(&mut export)?;
    }
    let mut seen = HashSet::new();
    for &output in graph.outputs() {
        let value = graph.value(output);
        // An output must be computed by a node, as constants are too, and have a
        // name of its own.
        let computed = matches!(value.source, Source::Node(..) | Source::Constant(_));
        let computed = computed && seen.insert(output);
        let name = if computed {
            value.name.clone()
        } else {
            let name = writer.names.unique(&format!("{}/output", value.name));
            writer
                .proto
                .node
                .push(NodeProto::new("Identity", &name, &[&value.name], &[&name]));
            name
        };
        writer.proto.output.push(value_info(&name, &value.ty));
    }
    convert_inputs(&mut writer.proto, &mut writer.names, &settings.inputs);
    name_apart(&mut writer.proto.node);
    let metadata = graph.metadata.iter();
    Ok(Model {
        ir_version: if newer { NEWER_IR_VERSION } else { IR_VERSION },
        producer_name: PRODUCER.to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        opset_import: vec![OperatorSetIdProto {
            version: writer.opset,
            ..Default::default()
        }],
        metadata_props: metadata
            .map(|(key, value)| StringStringEntryProto {
                key: key.clone(),
                value: value.clone(),
            })
            .collect(),
        graph: Some(writer.proto),
        ..Model::default()
    })
}

/// Whether an operation needs the newer operation set.
fn newer(op: &Op) -> bool {
    use crate::ops::Reduction::{Max, Min};
    match op {
        Op::Gelu(_) => true,
        Op::AveragePool(pool) => pool.window.dilation.iter().any(|&step| step != 1),
        Op::Scatter(scatter) => matches!(scatter.reduction, Max | Min),
        _ => false,
    }
}

/// Which values the outputs depend on.
fn needed(graph: &Graph) -> Vec<bool> {
    let mut needed = vec![false; graph.values().len()];
    for output in graph.outputs() {
        needed[output.index()] = true;
    }
    for node in graph.nodes().iter().rev() {
        if node.outputs.iter().any(|output| needed[output.index()]) {
            for input in &node.inputs {
                needed[input.index()] = true;
            }
        }
    }
    needed
}

/// Whether a value is written as truth values: it is the result of a
/// comparison, and only conditions of `Where` read it, or identities, which
/// are written as casts to numbers then.
pub(super) fn is_truth(graph: &Graph, id: ValueId) -> bool {
    let compared = graph.producer(id).is_some_and(|node| {
        matches!(
            node.op,
            Op::Greater(_) | Op::GreaterOrEqual(_) | Op::Equal(_) | Op::IsNan(_)
        )
    });
    let condition = |node: &Node| match node.op {
        Op::Where(_) => !node.inputs[1..].contains(&id),
        Op::Identity(_) => true,
        _ => false,
    };
    let mut readers = graph
        .nodes()
        .iter()
        .filter(|node| node.inputs.contains(&id));
    compared && !graph.outputs().contains(&id) && readers.all(condition)
}

fn tensor(name: &str, data: &Data) -> TensorProto {
    match data {
        Data::F32(tensor) => TensorProto::floats(name, tensor.shape(), tensor.data()),
        Data::F64(tensor) => {
            let single: Vec<f32> = tensor.data().iter().map(|&x| x as f32).collect();
            TensorProto::floats(name, tensor.shape(), &single)
        }
        Data::I32(tensor) => {
            let long: Vec<i64> = tensor.data().iter().map(|&x| i64::from(x)).collect();
            TensorProto::integers(name, tensor.shape(), &long)
        }
    }
}

fn value_info(name: &str, ty: &Type) -> ValueInfoProto {
    let kind = match ty.kind {
        Kind::Real => DataType::Float,
        Kind::Integer => DataType::Int64,
    };
    let dim = |dim: &Dim| DimensionProto {
        value: Some(match dim.known() {
            Some(known) => Dimension::Value(known as i64),
            None => Dimension::Name(dim.to_string()),
        }),
        ..DimensionProto::default()
    };
    let shape = TensorShapeProto {
        dim: ty.shape.iter().map(dim).collect(),
    };
    let tensor = TensorTypeProto {
        elem_type: kind.code(),
        shape: Some(shape),
    };
    ValueInfoProto {
        name: name.to_owned(),
        r#type: Some(TypeProto {
            tensor_type: Some(tensor),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}
