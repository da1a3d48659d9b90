//! Where the page comes from: enough to make it again.

use super::block::{Block, Context};

/// Hashes, seeds, versions and settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    entries: Vec<(String, String)>,
    command: String,
    settings: String,
}

impl Provenance {
    /// Nothing said yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact: name and value, as prose.
    #[must_use]
    pub fn entry(mut self, name: &str, value: &str) -> Self {
        self.entries.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The command that makes the page again.
    #[must_use]
    pub fn command(mut self, command: &str) -> Self {
        command.clone_into(&mut self.command);
        self
    }

    /// The settings as TOML.
    #[must_use]
    pub fn settings(mut self, toml: &str) -> Self {
        toml.clone_into(&mut self.settings);
        self
    }

    pub(super) fn html(&self, context: &mut Context) -> String {
        let mut blocks = vec![Block::Facts(self.entries.clone())];
        if !self.command.is_empty() {
            blocks.push(Block::code("Command", &self.command));
        }
        if !self.settings.is_empty() {
            blocks.push(Block::code("Settings (TOML)", &self.settings));
        }
        context.blocks(&blocks)
    }
}
