//! The command as its users meet it.

mod architecture;
mod attribute;
mod bad_input;
mod cluster;
mod distillation;
mod explain;
mod export_explanation;
mod inputs;
mod inspect;
#[cfg(unix)]
mod interruption;
mod lists;
mod observables;
mod regress;
mod regress_settings;
mod support;
mod train;
#[path = "../../../report/tests/it/webdriver.rs"]
mod webdriver;
