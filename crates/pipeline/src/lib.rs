//! The jobs themselves: from files to results.
//!
//! * [`input_spec`]: how jets become a model's inputs, kept with the model;
//! * [`source`]: jets from files, batch by batch, with labels, weights and groups
//!   or without;
//! * [`observables`](mod@observables): a table of observables of all jets of a file;
//! * [`audit`](mod@audit): tests of a model or of observables, infrared safety first;
//! * [`inputs`]: writes a model's inputs to a file;
//! * [`recipe`]: trains a tagger as a settings file says;
//! * [`explain`](mod@explain): from a file of jets and a tagger to a report;
//! * [`attribute`](mod@attribute): a method's numbers for the events of a file of arrays;
//! * [`cluster`](mod@cluster): from the particles of events to jets;
//! * [`inspect`](mod@inspect): what is in a model;
//! * [`export_explanation`](mod@export_explanation): an explanation as an ONNX model;
//! * [`regress`](mod@regress): the law behind a table;
//! * [`search`](mod@search): the columns of a table that decide as a score does;
//! * [`model`]: a model file as it is read;
//! * [`parts`]: long work kept in finished parts, so that it can go on;
//! * [`settings`]: settings files, with the nearest known key for a mistyped one;
//! * [`provenance`]: what a result was made of.

pub mod attribute;
pub mod audit;
pub mod cluster;
pub mod error;
pub mod explain;
pub mod export_explanation;
pub mod input_spec;
pub mod inputs;
pub mod inspect;
pub mod model;
pub mod observables;
pub mod parts;
pub mod provenance;
pub mod recipe;
pub mod regress;
pub mod search;
pub mod settings;
pub mod source;
pub mod tagger;

pub use error::PipelineError;
/// The settings of jets, for those who make requests.
pub use pellucid_observables::jets;
/// Features and variables of particles, for those who list them.
pub use pellucid_observables::particles;
