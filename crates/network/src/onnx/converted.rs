//! Inputs of a written file in the element types that another program gives.
//!
//! A network computes with real numbers of single precision and with integers of 64 bits.
//! A file that takes truth values, half or double precision, or other integers casts them
//! in front of everything else, so that it takes the very arrays that the model
//! takes which it was made from.

use std::collections::BTreeMap;

use pellucid_onnx::{AttributeProto, DataType, GraphProto, NodeProto, ValueInfoProto};

use super::names::Names;

/// Lets the inputs named have the element types given.
pub(super) fn convert_inputs(
    graph: &mut GraphProto,
    names: &mut Names,
    kinds: &BTreeMap<String, DataType>,
) {
    let mut renamed = BTreeMap::new();
    let mut casts = Vec::new();
    for input in &mut graph.input {
        let (Some(kind), Some(own)) = (kinds.get(&input.name), element_type(input)) else {
            continue;
        };
        if kind.code() == *own {
            continue;
        }
        let to = i64::from(std::mem::replace(own, kind.code()));
        let name = names.unique(&format!("{}/converted", input.name));
        let cast = NodeProto::new("Cast", &name, &[&input.name], &[&name]);
        casts.push(cast.with(AttributeProto::int("to", to)));
        renamed.insert(input.name.clone(), name);
    }
    for read in graph.node.iter_mut().flat_map(|node| &mut node.input) {
        if let Some(name) = renamed.get(read) {
            read.clone_from(name);
        }
    }
    graph.node.splice(0..0, casts);
}

/// The code of an input's element type.
fn element_type(input: &mut ValueInfoProto) -> Option<&mut i32> {
    let tensor = input.r#type.as_mut()?.tensor_type.as_mut()?;
    Some(&mut tensor.elem_type)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use pellucid_onnx::{DataType, Model};

    use crate::graph::{Dim, Graph, Type};
    use crate::onnx::{self, ExportSettings};
    use crate::ops::{Identity, Mul};

    #[test]
    fn inputs_of_other_types_are_cast_in_front_of_everything() {
        let n = Dim::symbol("N");
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![n.clone(), 2.into()]));
        let mask = graph.input("mask", Type::real(vec![n, 2.into()]));
        let product = graph.push(Mul, &[x, mask]).unwrap();
        let same = graph.push(Identity, &[mask]).unwrap();
        graph.set_outputs(vec![product, same]);
        let kinds = [("x", DataType::Double), ("mask", DataType::Bool)];
        let settings = ExportSettings {
            inputs: kinds.map(|(name, kind)| (name.to_owned(), kind)).into(),
        };
        let model: Model = onnx::export_with(&graph, &settings).unwrap();
        let proto = model.graph.as_ref().unwrap();
        let found: BTreeMap<&str, i32> = proto
            .input
            .iter()
            .map(|input| {
                let ty = input.r#type.as_ref().unwrap();
                (
                    input.name.as_str(),
                    ty.tensor_type.as_ref().unwrap().elem_type,
                )
            })
            .collect();
        assert_eq!(found["x"], DataType::Double.code());
        assert_eq!(found["mask"], DataType::Bool.code());
        let casts = proto.node.iter().take_while(|node| node.op_type == "Cast");
        assert_eq!(casts.count(), 2);
        let reads = |name: &str| {
            let reads =
                |node: &&pellucid_onnx::NodeProto| node.input.iter().any(|input| input == name);
            proto.node.iter().filter(reads).count()
        };
        assert_eq!(
            (reads("x"), reads("mask")),
            (1, 1),
            "only the casts read the inputs"
        );
        assert!(onnx::import(model).is_ok());
    }
}
