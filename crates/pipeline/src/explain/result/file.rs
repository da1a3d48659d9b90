//! `result.json` as a file: written so that a reader finds their way, read with a word
//! for everything else that a file may be.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, Serializer};

use super::{ExplainResult, SCHEMA_VERSION};
use crate::PipelineError;

impl ExplainResult {
    /// The text of `result.json`.
    ///
    /// # Errors
    ///
    /// Where a part of it is nothing that JSON has a form for, which would be a mistake of
    /// this program.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut text = Vec::new();
        self.serialize(&mut Serializer::with_formatter(
            &mut text,
            Layout::default(),
        ))?;
        text.push(b'\n');
        Ok(text)
    }

    /// What [`to_json`](Self::to_json) has written.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, and what to do about it.
    pub fn from_json(text: &[u8]) -> Result<Self, String> {
        let head: Head = serde_json::from_slice(text).map_err(|error| no_result(&error))?;
        match head.schema_version {
            None => Err(format!(
                "holds JSON, but has no `schema_version`: {NO_RESULT}"
            )),
            Some(SCHEMA_VERSION) => serde_json::from_slice(text).map_err(|error| no_result(&error)),
            Some(old @ 1) => Err(format!(
                "has the layout {old}, expected {SCHEMA_VERSION}: it holds too little for the page to be drawn from it; run \
                 `pellucid explain` again"
            )),
            Some(other) => Err(format!(
                "has the layout {other}, expected {SCHEMA_VERSION}: it was written by another version of this program; draw \
                 the page with that, or run `pellucid explain` again"
            )),
        }
    }

    /// Reads a `result.json`.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or is no result of this version of the layout.
    pub fn read(path: &Path) -> Result<Self, PipelineError> {
        let text = std::fs::read(path).map_err(|source| PipelineError::File {
            path: path.to_owned(),
            source,
        })?;
        Self::from_json(&text).map_err(|problem| PipelineError::Result {
            path: path.to_owned(),
            problem,
        })
    }
}

const NO_RESULT: &str = "expected the `result.json` of `pellucid explain`";

/// Says whether a text is cut off, no JSON, or JSON of something else.
fn no_result(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Eof => format!(
            "ends in the middle, at line {}: it was cut off; copy it again, or run `pellucid explain` again",
            error.line()
        ),
        Category::Syntax | Category::Io => format!("is no JSON ({error}): {NO_RESULT}"),
        Category::Data => format!("is no such result ({error}): {NO_RESULT}"),
    }
}

/// What is looked at before the rest is understood.
#[derive(Deserialize)]
struct Head {
    schema_version: Option<u32>,
    /// An object has names; a list is none.
    #[serde(flatten)]
    #[allow(clippy::zero_sized_map_values)] // what is read past
    _rest: BTreeMap<String, IgnoredAny>,
}

/// Every entry of an object has a line, and so has every object of a list; lists of numbers
/// stand on one line.
#[derive(Debug, Default)]
struct Layout {
    depth: usize,
    /// Whether the object or list that is open has an entry.
    filled: bool,
    /// Whether the entry that begins is one of a list.
    listed: bool,
}

impl Layout {
    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        write!(out, "\n{:1$}", "", self.depth)
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.filled = false;
        out.write_all(b"[")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.listed = true;
        if first { Ok(()) } else { out.write_all(b",") }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        self.listed = false;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        if std::mem::take(&mut self.listed) {
            self.line(out)?;
        }
        self.depth += 1;
        self.filled = false;
        out.write_all(b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        if self.filled {
            self.line(out)?;
        }
        out.write_all(b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.listed = false;
        if !first {
            out.write_all(b",")?;
        }
        self.line(out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.listed = false;
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_share_a_line_and_objects_have_their_own() {
        let value = serde_json::json!({
            "a": [1, null, 2.5],
            "b": [{"c": []}, {}],
            "d": {"e": [[1, 2], [3]]}
        });
        let mut text = Vec::new();
        value
            .serialize(&mut Serializer::with_formatter(
                &mut text,
                Layout::default(),
            ))
            .unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(
            text,
            "{\n \"a\": [1,null,2.5],\n \"b\": [\n {\n  \"c\": []\n },\n {}],\n \"d\": {\n  \"e\": [[1,2],[3]]\n }\n}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            value
        );
    }

    #[test]
    fn what_is_no_result_is_told_apart() {
        for (text, part) in [
            ("", "cut off"),
            ("{\"schema_version\": 2, \"words\": {", "cut off"),
            ("<html>", "is no JSON"),
            ("[1, 2]", "no such result"),
            ("{\"laws\": []}", "has no `schema_version`"),
            (
                "{\"schema_version\": 1, \"verdict\": {}}",
                "layout 1, expected 2",
            ),
            ("{\"schema_version\": 9}", "layout 9, expected 2"),
            ("{\"schema_version\": 2, \"mass\": 1}", "`mass`"),
        ] {
            let problem = ExplainResult::from_json(text.as_bytes()).unwrap_err();
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }
}
