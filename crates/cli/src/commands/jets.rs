//! Options of every command that reads jets: what the files are, and what is in
//! them.

use clap::Args;
use pellucid_pipeline::settings::word;
use pellucid_pipeline::source::{Convention, DataSettings, LabelledFiles, Names};

/// What the columns of jets are called and mean, and which rows are read.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How jets are read")]
pub struct JetOptions {
    /// The files' names of columns by ours, such as part_pt=PFCands_pt, with
    /// commas between them; or, without `=`, what the numbers of a particle are in
    /// an array or in numbered columns, such as pt,y,phi,pid; may be given several
    /// times
    #[arg(long, value_name = "OURS=NAME,…|NAME,…", value_delimiter = ',', value_parser = column)]
    columns: Vec<(Option<String>, String)>,
    /// What the constituents' numbers are, if names do not tell: pt-eta-phi-m,
    /// pt-y-phi-m, px-py-pz-e, …
    #[arg(long, value_name = "CONVENTION", value_parser = word::<Convention>)]
    convention: Option<Convention>,
    /// The rows that are read: a condition on columns of one number per row, and on
    /// observables of the jets where no column is called so, such as
    /// '65 < jet_m < 95 and tau21 < 0.4'; with and, or, not, brackets, + - * / ^,
    /// abs, sqrt, log, log10, exp, min, max, and names of odd signs in backquotes
    #[arg(long, value_name = "CONDITION")]
    select: Option<String>,
    /// Leave out rows that cannot be used (empty jets, nulls, numbers that no
    /// jet can have), and count them by kind
    #[arg(long)]
    skip_bad_rows: bool,
}

impl JetOptions {
    /// Puts what was given in place of what the settings say.
    pub fn apply(&self, data: &mut DataSettings) {
        let maps = self.columns.iter();
        let maps = maps.filter_map(|(ours, theirs)| Some((ours.clone()?, theirs.clone())));
        data.columns.0.extend(maps);
        let features = self.columns.iter().filter(|(ours, _)| ours.is_none());
        let features: Vec<String> = features.map(|(_, name)| name.clone()).collect();
        if !features.is_empty() {
            data.features = features;
        }
        data.convention = self.convention.or(data.convention);
        data.select = self.select.clone().or(data.select.take());
        data.skip_bad_rows |= self.skip_bad_rows;
    }
}

/// What jets truly are, how much they count, and which belong together.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Labels, weights, groups")]
pub struct TruthOptions {
    /// The column of labels (0 and 1, -1 and 1, integers, texts; `label_*` for
    /// columns of which one is 1), or NAME=FILES for files whose jets are all of
    /// one class, given once for each class; the first is the signal
    #[arg(long, value_name = "COLUMN|NAME=FILES")]
    label: Vec<String>,
    /// A class that is signal; may be given several times
    #[arg(long, value_name = "CLASS", allow_negative_numbers = true)]
    signal: Vec<String>,
    /// A class that is background [default: all that are not signal]; jets of
    /// other classes are left out and counted
    #[arg(long, value_name = "CLASS", allow_negative_numbers = true)]
    background: Vec<String>,
    /// What several classes are called, in the order of the model's outputs and of two the
    /// signal last; integers ascend without
    #[arg(long, value_name = "CLASS,CLASS,…", value_delimiter = ',', conflicts_with_all = ["signal", "background"])]
    classes: Vec<String>,
    /// The column of a value that the model is to give, in place of classes; may be given
    /// several times
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["label", "classes"])]
    value: Vec<String>,
    /// The column of event weights; negative ones count as they are
    #[arg(long, value_name = "COLUMN")]
    weight: Option<String>,
    /// The column that tells which jets come from one event [default: event, if
    /// the file has it]
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
}

impl TruthOptions {
    /// Whether files are named with their labels.
    pub fn names_files(&self) -> bool {
        self.label.iter().any(|label| label.contains('='))
    }

    /// Puts what was given in place of what the settings say.
    pub fn apply(&self, data: &mut DataSettings) -> anyhow::Result<()> {
        let (files, columns): (Vec<&String>, Vec<&String>) =
            self.label.iter().partition(|label| label.contains('='));
        if !files.is_empty() {
            if let Some(column) = columns.first() {
                anyhow::bail!(
                    "`--label {column}` names a column and `--label {}` files; give one or the other",
                    files[0]
                );
            }
            let mut labelled: Vec<LabelledFiles> = Vec::new();
            for text in files {
                let one: LabelledFiles = text.parse().map_err(anyhow::Error::msg)?;
                match labelled.iter_mut().find(|other| other.class == one.class) {
                    Some(same) => same.paths.extend(one.paths),
                    None => labelled.push(one),
                }
            }
            data.files = labelled;
            data.label = None;
        } else if !columns.is_empty() {
            data.label = Some(Names(columns.into_iter().cloned().collect()));
            data.files.clear();
        }
        if !self.signal.is_empty() {
            data.signal = Names(self.signal.clone());
        }
        if !self.classes.is_empty() {
            data.classes = Names(self.classes.clone());
        }
        if !self.value.is_empty() {
            data.target = Names(self.value.clone());
        }
        if !self.background.is_empty() {
            data.background = Names(self.background.clone());
        }
        data.weight = self.weight.clone().or(data.weight.take());
        data.group = self.group.clone().or(data.group.take());
        Ok(())
    }
}

/// `OURS=NAME`, or a name alone.
fn column(text: &str) -> Result<(Option<String>, String), String> {
    match text.split_once('=') {
        Some((ours, theirs)) if !ours.trim().is_empty() && !theirs.trim().is_empty() => {
            Ok((Some(ours.trim().to_owned()), theirs.trim().to_owned()))
        }
        None if !text.trim().is_empty() => Ok((None, text.trim().to_owned())),
        _ => Err(
            "expected OURS=NAME, such as part_pt=PFCands_pt, or the names of the numbers in an \
             array, such as pt,y,phi,m"
                .to_owned(),
        ),
    }
}
