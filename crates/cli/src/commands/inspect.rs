//! `pellucid inspect`: what is in a model.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::attribute::request::Asked;
use pellucid_pipeline::inspect::network::Fate;
use pellucid_pipeline::inspect::{Inspection, Row, folder, inspect};

use super::Run;
use super::method::{key_value, size};
use crate::Common;
use crate::table::{show, table};

/// Print the nodes of a model, or a row for every model of a folder
///
/// Of a model: inputs, the outputs that can be explained and why others cannot,
/// every node with its shapes, weights, whether it folds into another, and the
/// rule of relevance that it would get.
/// Of a folder: whether each file imports, runs, how far its gradient is from a
/// central difference, what is missing in the balance of lrp-epsilon; the exit
/// code is 2 if anything fails.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Command {
    /// The model (ONNX), or a folder of models
    #[arg(
        value_name = "MODEL.onnx|FOLDER",
        required_unless_present = "operations"
    )]
    path: Option<PathBuf>,
    /// List the ONNX operations that can be read; needs no model
    #[arg(long, conflicts_with_all = ["path", "method", "set", "size", "output"])]
    operations: bool,
    /// Only what this output needs, or a value inside of the model; else all
    /// outputs that can be explained
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// The method of relevance whose rules are printed [default: lrp-epsilon]
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// A setting of that method, may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// A named size of the inputs that the model is read for; may be given
    /// several times
    #[arg(long, value_name = "NAME=N", value_parser = size)]
    size: Vec<(String, usize)>,
}

impl Run for Command {
    const KEEPS_WHAT_IS_FINISHED: bool = false;

    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let Some(path) = &self.path else {
            return operations(common);
        };
        if path.is_dir() {
            let rows = folder(path, job)?;
            if common.json {
                println!("{}", serde_json::to_string(&rows)?);
            } else {
                show(&rows_of(&rows))?;
            }
            let failed = rows.iter().any(|row| row.error.is_some());
            return Ok(ExitCode::from(if failed { 2 } else { 0 }));
        }
        let asked = (self.method.is_some() || !self.set.is_empty()).then(|| Asked {
            name: self
                .method
                .clone()
                .unwrap_or_else(|| "lrp-epsilon".to_owned()),
            set: self.set.clone(),
            ..Asked::default()
        });
        let sizes = self.size.iter().cloned().collect();
        let found = inspect(path, self.output.as_deref(), &sizes, asked.as_ref())?;
        if common.json {
            println!("{}", serde_json::to_string(&found)?);
        } else {
            show(&page(&found))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The operations that can be read.
fn operations(common: &Common) -> anyhow::Result<ExitCode> {
    let all = pellucid_pipeline::inspect::operations();
    if common.json {
        println!("{}", serde_json::to_string(&all)?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    for domain in ["ai.onnx", "ai.onnx.ml", "qonnx.custom_op.general"] {
        let own = all.iter().filter(|operation| operation.domain == domain);
        let names: Vec<&str> = own.map(|operation| operation.name).collect();
        text.extend([
            format!("{domain} ({}):\n", names.len()),
            names.join(" "),
            "\n".to_owned(),
        ]);
    }
    show(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn page(found: &Inspection) -> String {
    let mut text = format!(
        "{}: {} nodes ({} when folded), {} parameters\n",
        found.model,
        found
            .nodes
            .iter()
            .filter(|node| node.fate != Fate::Made)
            .count(),
        found.folded_nodes,
        found.parameters
    );
    for (what, ports) in [("input", &found.inputs), ("output", &found.outputs)] {
        for port in ports {
            let shape = port.shape.join(", ");
            let line = format!("{what}  {}  [{shape}]  {}\n", port.name, port.kind);
            text.push_str(&line);
        }
    }
    for (output, problem) in &found.refused {
        let line = format!("output  {output}  cannot be explained: {problem}\n");
        text.push_str(&line);
    }
    if let Some(reason) = &found.examples {
        let line = format!("sizes are examples (--size NAME=N sets them): {reason}\n");
        text.push_str(&line);
    }
    text.push('\n');
    let rows: Vec<Vec<String>> = found
        .nodes
        .iter()
        .enumerate()
        .map(|(i, node)| {
            let rule = match (node.fate, &node.rule) {
                (Fate::Folded, _) => "(folds away)".to_owned(),
                (_, Some(rule)) => rule.clone(),
                (_, None) => "-".to_owned(),
            };
            let made = match node.fate {
                Fate::Made => "new".to_owned(),
                _ => i.to_string(),
            };
            let parameters = match node.parameters {
                0 => "-".to_owned(),
                count => count.to_string(),
            };
            let shapes = node.shapes.join(" ");
            let operation = match node.becomes {
                Some(other) => format!("{} → {other}", node.operation),
                None => node.operation.to_owned(),
            };
            vec![made, node.name.clone(), operation, shapes, parameters, rule]
        })
        .collect();
    let rule = format!("rule ({})", found.method);
    let head = ["#", "node", "operation", "shape", "parameters", &rule];
    text.push_str(&table(&head, &rows));
    text
}

fn rows_of(rows: &[Row]) -> String {
    let number = |figure: Option<f64>| figure.map_or("-".to_owned(), |x| format!("{x:.1e}"));
    let count = |count: Option<usize>| count.map_or("-".to_owned(), |n| n.to_string());
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.file.clone(),
                count(row.nodes),
                count(row.parameters),
                if row.imports { "yes" } else { "no" }.to_owned(),
                row.forward_ms
                    .map_or("-".to_owned(), |ms| format!("{ms:.2}")),
                count(row.memory_kb),
                number(row.gradient),
                number(row.lrp_epsilon),
                row.error.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let head = [
        "file",
        "nodes",
        "parameters",
        "imports",
        "ms",
        "kB",
        "gradient",
        "lrp-epsilon",
        "error",
    ];
    table(&head, &cells)
}
