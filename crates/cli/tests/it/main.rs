//! The command as its users meet it.

mod architecture;
mod bad_input;
mod explain;
mod inputs;
mod support;
mod train;
#[path = "../../../report/tests/it/webdriver.rs"]
mod webdriver;
