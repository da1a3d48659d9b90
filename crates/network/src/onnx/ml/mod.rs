//! The operations of the set `ai.onnx.ml`, as skl2onnx writes what scikit-learn
//! trained: scalers, imputers, linear models, kernel machines, and the views of
//! columns between them. Each is written with operations of the graph, so that
//! gradient and relevance see through it.
//!
//! What these operations compute beyond their specification (rows of zeros in a
//! `Normalizer`, the second class of a classifier of one row) follows
//! onnxruntime.

mod columns;
mod encode;
mod linear;
mod scale;
mod support_vectors;

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show};
use crate::onnx::composite::Reader;
use crate::onnx::reader::Import;

/// The name of the set.
pub(crate) const DOMAIN: &str = "ai.onnx.ml";

macro_rules! readers {
    ($($name:literal => $read:path),* $(,)?) => {
        /// The names of the operations below.
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        /// What reads nodes of this name.
        pub(crate) fn reader(name: &str) -> Option<Reader> {
            match name {
                $($name => Some($read),)*
                _ => None,
            }
        }
    };
}

readers! {
    "ArrayFeatureExtractor" => columns::array_feature_extractor,
    "Binarizer" => encode::binarizer,
    "FeatureVectorizer" => columns::feature_vectorizer,
    "Imputer" => scale::imputer,
    "LabelEncoder" => encode::label_encoder,
    "LinearClassifier" => linear::classifier,
    "LinearRegressor" => linear::regressor,
    "Normalizer" => scale::normalizer,
    "OneHotEncoder" => encode::one_hot_encoder,
    "SVMClassifier" => support_vectors::classifier,
    "SVMRegressor" => support_vectors::regressor,
    "Scaler" => scale::scaler,
    "ZipMap" => columns::zip_map,
}

/// Input `i` as rows of columns, `[N, C]`, and `C`; a vector is one row.
fn table(node: &mut Import<'_>, i: usize) -> Result<(ValueId, usize), NetworkError> {
    let x = node.as_real(i)?;
    let shape = node.shape(x);
    let (rows, columns) = match shape.as_slice() {
        [columns] => (Dim::fixed(1), columns.clone()),
        [rows, columns] => (rows.clone(), columns.clone()),
        _ => {
            return Err(node.refuse(format!("expected rows of columns, found {}", show(&shape))));
        }
    };
    let known = columns.known().ok_or_else(|| {
        node.refuse(format!(
            "the number of columns {columns} must be known; import the model for a known size of it (--size NAME=N)"
        ))
    })?;
    Ok((node.reshape_if(x, vec![rows, columns])?, known))
}

/// Real numbers of an attribute, in single precision as the file has them.
fn numbers(node: &Import<'_>, attribute: &str) -> Result<Vec<f32>, NetworkError> {
    let numbers = node.proto().floats(attribute)?.unwrap_or_default().to_vec();
    if let Some(wrong) = numbers.iter().find(|x| !x.is_finite()) {
        return Err(node.refuse(format!("`{attribute}` holds {wrong}")));
    }
    Ok(numbers)
}

/// Real numbers of an attribute of which there is one for all columns, or one
/// for each; none where the attribute is left out.
fn per_column(
    node: &Import<'_>,
    attribute: &str,
    columns: usize,
) -> Result<Option<Vec<f32>>, NetworkError> {
    let found = numbers(node, attribute)?;
    match found.len() {
        0 => Ok(None),
        1 => Ok(Some(found)),
        count if count == columns => Ok(Some(found)),
        count => Err(node.refuse(format!(
            "`{attribute}` has {count} numbers for {columns} columns"
        ))),
    }
}

/// Numbers as a row of the graph.
fn row(node: &mut Import<'_>, part: &str, numbers: Vec<f32>) -> ValueId {
    let tensor = Tensor::new(vec![numbers.len()], numbers);
    node.constant(part, tensor.into())
}

/// The coefficients of an attribute as a matrix of `rows` rows.
fn matrix(
    node: &mut Import<'_>,
    attribute: &str,
    rows: usize,
    columns: usize,
) -> Result<ValueId, NetworkError> {
    let numbers = numbers(node, attribute)?;
    if rows.checked_mul(columns) != Some(numbers.len()) {
        return Err(node.refuse(format!(
            "`{attribute}` has {} numbers, expected {rows} × {columns}",
            numbers.len()
        )));
    }
    let tensor = Tensor::new(vec![rows, columns], numbers);
    Ok(node.parameter(attribute, tensor.into()))
}

/// Refuses texts where numbers are needed.
fn no_texts(node: &Import<'_>, attributes: &[&str]) -> Result<(), NetworkError> {
    let proto = node.proto();
    match attributes.iter().find(|name| proto.attribute(name).is_some()) {
        Some(name) => Err(node.refuse(format!(
            "`{name}` holds texts, which have no gradient; name the numbers behind them as inputs when the model is exported, or ask for an output that does not need them (--output NAME)"
        ))),
        None => Ok(()),
    }
}
