//! Labelled jets from files, batch by batch.

use std::path::{Path, PathBuf};

use pellucid_data::{ColumnMap, Selection, check_binary_labels, check_both_classes};
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::property::Property;
use serde::{Deserialize, Serialize};

use crate::PipelineError;
use crate::jet_files::JetColumns;

/// Where labels and groups are in a file, and what its columns are called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataSettings {
    /// The column of labels: 1 for signal, 0 for background.
    pub label: String,
    /// The column that tells which jets come from one event, so that they stay
    /// on one side of every split; each jet is its own where there is none.
    pub group: String,
    /// A column of event weights, used in training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// The file's names of columns, by our names.
    pub columns: ColumnMap,
    /// Jets per batch.
    pub batch_rows: usize,
}

impl Default for DataSettings {
    fn default() -> Self {
        Self {
            label: "label".to_owned(),
            group: "event".to_owned(),
            weight: None,
            columns: ColumnMap::default(),
            batch_rows: 2000,
        }
    }
}

/// Jets with what is known of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Events {
    /// The jets.
    pub jets: Jets,
    /// True for signal.
    pub labels: Vec<bool>,
    /// Which jets belong together: file and event.
    pub groups: Vec<(usize, i64)>,
    /// Weights, if the file has them.
    pub weights: Vec<f64>,
}

impl Events {
    /// The number of jets.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The jets named, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            jets: self.jets.select(rows),
            labels: rows.iter().map(|&row| self.labels[row]).collect(),
            groups: rows.iter().map(|&row| self.groups[row]).collect(),
            weights: if self.weights.is_empty() {
                Vec::new()
            } else {
                rows.iter().map(|&row| self.weights[row]).collect()
            },
        }
    }

    /// Adds all jets of `other` behind these.
    pub fn append(&mut self, other: &Self) {
        self.jets.append(&other.jets);
        self.labels.extend_from_slice(&other.labels);
        self.groups.extend_from_slice(&other.groups);
        self.weights.extend_from_slice(&other.weights);
    }
}

/// Files of labelled jets, read as one.
#[derive(Debug, Clone)]
pub struct Source {
    paths: Vec<PathBuf>,
    settings: DataSettings,
    rows: Option<usize>,
    /// What is read of the constituents besides their momenta.
    properties: Vec<Property>,
}

impl Source {
    /// Looks at the files: whether they are there and have the columns.
    pub fn open(paths: &[PathBuf], settings: &DataSettings) -> Result<Self, PipelineError> {
        if paths.is_empty() {
            return Err(PipelineError::Setting {
                setting: "data".to_owned(),
                problem: "no data file was given".to_owned(),
            });
        }
        let source = Self {
            paths: paths.to_vec(),
            settings: settings.clone(),
            rows: None,
            properties: Vec::new(),
        };
        let mut rows = Some(0);
        for path in paths {
            let reader = pellucid_data::open(path, &source.selection(path)?)?;
            rows = rows.zip(reader.rows()).map(|(sum, rows)| sum + rows);
        }
        Ok(Self { rows, ..source })
    }

    /// Reads these of the constituents too; an error if a file does not tell one.
    pub fn telling(
        mut self,
        properties: impl IntoIterator<Item = Property>,
    ) -> Result<Self, PipelineError> {
        self.properties.extend(properties);
        self.properties.sort_unstable();
        self.properties.dedup();
        for path in &self.paths {
            self.selection(path)?;
        }
        Ok(self)
    }

    /// How many jets there are, where the format tells.
    pub fn rows(&self) -> Option<usize> {
        self.rows
    }

    /// The files.
    pub fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The columns to read of one file.
    fn selection(&self, path: &Path) -> Result<Selection, PipelineError> {
        let map = &self.settings.columns;
        let columns = JetColumns {
            columns: map.clone(),
            ..JetColumns::default()
        };
        let plan = columns.plan(path, &self.properties, true)?;
        let mut columns: Vec<String> = vec![self.settings.label.clone()];
        columns.extend(self.settings.weight.clone());
        columns.extend(plan.names().into_iter().map(str::to_owned));
        let mut map = plan.map();
        for (ours, theirs) in &self.settings.columns.0 {
            map.entry(ours.clone()).or_insert_with(|| theirs.clone());
        }
        Ok(Selection::of(columns)
            .optional([self.settings.group.clone()])
            .map(ColumnMap(map))
            .batch_rows(self.settings.batch_rows.max(1)))
    }

    /// Reads all files and hands over batch after batch; both classes must
    /// have been met at the end.
    pub fn for_each(
        &self,
        mut work: impl FnMut(Events) -> Result<(), PipelineError>,
    ) -> Result<(), PipelineError> {
        let mut counts = [0, 0];
        for (file, path) in self.paths.iter().enumerate() {
            for batch in pellucid_data::open(path, &self.selection(path)?)? {
                let batch = batch?;
                let label = &self.settings.label;
                let [zeros, ones] =
                    check_binary_labels(path, &batch.table, batch.first_row, label)?;
                counts = [counts[0] + zeros, counts[1] + ones];
                let jets = Jets::from_table(&batch.table, batch.first_row).map_err(|source| {
                    PipelineError::Jets {
                        path: path.clone(),
                        source,
                    }
                })?;
                let broken = |error| PipelineError::Jets {
                    path: path.clone(),
                    source: error,
                };
                let labels = batch.table.floats(label).map_err(|e| broken(e.into()))?;
                let groups: Vec<(usize, i64)> = match batch.table.integers(&self.settings.group) {
                    Ok(events) => events.iter().map(|&event| (file, event)).collect(),
                    Err(_) => (0..jets.len())
                        .map(|row| (file, (batch.first_row + row) as i64))
                        .collect(),
                };
                let weights = match &self.settings.weight {
                    Some(name) => batch.table.floats(name).map_err(|e| broken(e.into()))?,
                    None => Vec::new(),
                };
                work(Events {
                    jets,
                    labels: labels.into_iter().map(|label| label > 0.5).collect(),
                    groups,
                    weights,
                })?;
            }
        }
        check_both_classes(&self.paths[0], &self.settings.label, counts)?;
        Ok(())
    }

    /// All jets at once.
    pub fn read_all(&self) -> Result<Events, PipelineError> {
        let mut all = Events::default();
        self.for_each(|batch| {
            all.append(&batch);
            Ok(())
        })?;
        Ok(all)
    }
}
