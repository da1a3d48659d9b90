//! The command as its users meet it.

mod advice;
mod any_model;
mod architecture;
mod attribute;
mod bad_input;
mod cluster;
mod data_sets;
mod distillation;
mod explain;
mod export_explanation;
mod inputs;
mod inspect;
#[cfg(unix)]
mod interruption;
mod jet_formats;
mod jet_table;
mod lists;
mod observables;
mod regress;
mod regress_rows;
mod regress_settings;
mod report;
mod running;
mod search;
mod strangers;
mod support;
mod train;
mod weaver;
#[path = "../../../report/tests/it/webdriver.rs"]
mod webdriver;
