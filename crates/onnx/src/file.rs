//! A model from a file or bytes, and back.
//!
//! Protobuf has no magic number: an empty file is a valid, empty message, and
//! many other files decode by accident. So the outermost records are walked
//! first: every one must be a field of a model, with that field's wire type,
//! and the last one must end where the file ends. That tells "not an ONNX
//! model" from "truncated".

use std::path::Path;

use prost::Message;

use crate::proto::{ModelProto, StringStringEntryProto};
use crate::{OnnxError, external};

/// A protobuf message has at most 2 GiB.
pub const LARGEST_FILE: u64 = (1 << 31) - 1;

impl ModelProto {
    /// The model in a file; weights in files beside it are read too.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, OnnxError> {
        let path = path.as_ref();
        let io = |source| OnnxError::Io {
            verb: "read",
            path: path.to_owned(),
            source,
        };
        let within = |source| OnnxError::File {
            path: path.to_owned(),
            source: Box::new(source),
        };
        let bytes = std::fs::metadata(path).map_err(io)?.len();
        if bytes > LARGEST_FILE {
            return Err(within(OnnxError::TooLarge {
                bytes,
                limit: LARGEST_FILE,
            }));
        }
        let mut model = Self::decode(&std::fs::read(path).map_err(io)?).map_err(within)?;
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        external::load(&mut model, folder).map_err(within)?;
        Ok(model)
    }

    /// The model in these bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, OnnxError> {
        walk(bytes)?;
        let model = <Self as Message>::decode(bytes).map_err(|error| OnnxError::NotOnnx {
            reason: error.to_string(),
        })?;
        if model.graph.is_none() {
            return Err(OnnxError::NotOnnx {
                reason: "it holds no graph".to_owned(),
            });
        }
        Ok(model)
    }

    /// The bytes of a file of this model.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Writes the model, first beside `path` and then moved there, so that an
    /// interruption leaves no half file.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), OnnxError> {
        let path = path.as_ref();
        let io = |source| OnnxError::Io {
            verb: "write",
            path: path.to_owned(),
            source,
        };
        let mut partial = path.as_os_str().to_owned();
        partial.push(".part");
        let written =
            std::fs::write(&partial, self.encode()).and_then(|()| std::fs::rename(&partial, path));
        written.map_err(|source| {
            // Nothing half-written stays; that removing fails too says nothing new.
            let _ = std::fs::remove_file(&partial);
            io(source)
        })
    }

    /// The version of ONNX's own operations that the model means.
    pub fn opset(&self) -> Result<i64, OnnxError> {
        self.opset_import
            .iter()
            .find(|set| matches!(set.domain.as_str(), "" | "ai.onnx"))
            .map(|set| set.version)
            .ok_or(OnnxError::NoOpset)
    }

    /// The value of a key of the metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata_props
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| entry.value.as_str())
    }

    /// Sets a key of the metadata.
    pub fn set_metadata(&mut self, key: &str, value: &str) {
        let value = value.to_owned();
        match self
            .metadata_props
            .iter_mut()
            .find(|entry| entry.key == key)
        {
            Some(entry) => entry.value = value,
            None => {
                self.metadata_props.push(StringStringEntryProto {
                    key: key.to_owned(),
                    value,
                });
            }
        }
    }
}

const VARINT: u64 = 0;
const BYTES: u64 = 2;

/// Walks the outermost records, see the module.
fn walk(bytes: &[u8]) -> Result<(), OnnxError> {
    if bytes.is_empty() {
        return Err(OnnxError::Empty);
    }
    let foreign = |reason: String| OnnxError::NotOnnx { reason };
    let mut rest = bytes;
    while !rest.is_empty() {
        let position = bytes.len() - rest.len();
        let key = varint(&mut rest)?;
        // 20 and 26 are training information and device placement, read past.
        let wire_type = match key >> 3 {
            1 | 5 => VARINT,
            2 | 3 | 4 | 6 | 7 | 8 | 14 | 20 | 25 | 26 => BYTES,
            field => {
                return Err(foreign(format!(
                    "no model has a field {field} (byte {position})"
                )));
            }
        };
        if key & 7 != wire_type {
            return Err(foreign(format!(
                "its field {} is of the wrong type",
                key >> 3
            )));
        }
        let value = varint(&mut rest)?;
        if wire_type == BYTES {
            let here = rest.len() as u64;
            if value > LARGEST_FILE {
                return Err(foreign(format!(
                    "its field {} claims {value} bytes",
                    key >> 3
                )));
            }
            if value > here {
                return Err(OnnxError::Truncated {
                    missing: value - here,
                });
            }
            rest = &rest[value as usize..];
        }
    }
    Ok(())
}

fn varint(rest: &mut &[u8]) -> Result<u64, OnnxError> {
    let mut value = 0_u64;
    for (i, &byte) in rest.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            *rest = &rest[i + 1..];
            return Ok(value);
        }
    }
    if rest.len() < 10 {
        Err(OnnxError::Truncated { missing: 1 })
    } else {
        Err(OnnxError::NotOnnx {
            reason: "a number in it never ends".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::GraphProto;

    fn small() -> ModelProto {
        ModelProto {
            ir_version: 8,
            producer_name: "pellucid".to_owned(),
            graph: Some(GraphProto {
                name: "main".to_owned(),
                ..GraphProto::default()
            }),
            ..ModelProto::default()
        }
    }

    #[test]
    fn other_files_are_told_from_models() {
        let says = |bytes: &[u8]| ModelProto::decode(bytes).unwrap_err().to_string();
        assert_eq!(says(b""), "not an ONNX model: the file is empty");
        for other in [
            &b"PAR1\x15\x04\x15\x80"[..],
            b"PK\x03\x04\x14\x00",
            b"\x89HDF\r\n\x1a\n",
            b"{\"a\": 1}",
            b"\x93NUMPY\x01\x00",
            b"\n\n\n\n",
            b"<html></html>",
            &[0; 64],
            &[255; 64],
        ] {
            let sentence = says(other);
            assert!(sentence.starts_with("not an ONNX model: "), "{sentence}");
        }
        assert!(says(b"\x08\x08").contains("no graph"));
    }

    #[test]
    fn a_truncated_model_says_so_wherever_it_is_cut() {
        let bytes = small().encode();
        // Cut after a whole record the rest is a model without graph.
        for cut in 1..bytes.len() {
            let sentence = ModelProto::decode(&bytes[..cut]).unwrap_err().to_string();
            assert!(
                sentence.contains("truncated") || sentence.contains("no graph"),
                "{cut}: {sentence}"
            );
        }
    }

    #[test]
    fn metadata_are_set_and_replaced() {
        let mut model = small();
        model.set_metadata("pellucid.inputs", "old");
        model.set_metadata("pellucid.inputs", "new");
        let again = ModelProto::decode(&model.encode()).unwrap();
        assert_eq!(again.metadata("pellucid.inputs"), Some("new"));
        assert_eq!(again.metadata_props.len(), 1);
    }
}
