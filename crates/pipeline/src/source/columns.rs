//! Which columns of a file are read, and what they are called.
//!
//! Those of the jets are found by the
//! [`vocabulary`](pellucid_observables::jets::vocabulary); here are those of the
//! truth: labels, weights, groups.

use std::collections::BTreeMap;
use std::path::Path;

use pellucid_data::{ColumnMap, Selection};
use pellucid_observables::ObservableError;
use pellucid_observables::jets::property::Property;
use pellucid_observables::jets::vocabulary::{self, Plan};

use super::SourceError;
use super::labels::Place;
use super::reweight;
use super::select::{self, Quantities, Select};
use super::settings::DataSettings;
use crate::PipelineError;
use crate::input_spec::demand::Demand;

/// The column of labels by default.
const LABEL: &str = "label";

/// The column that groups jets by default.
const EVENT: &str = "event";

/// The name of weights in a map of columns.
pub(super) const WEIGHT: &str = "weight";

/// Whether the truth is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truths {
    /// It must be there.
    Needed,
    /// It is read if it is there.
    Welcome,
    /// It is not looked for.
    Ignored,
}

/// What is asked of every file.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// Labels, weights and groups.
    pub truths: Truths,
    /// What must be known of constituents besides their momenta.
    pub properties: Vec<Property>,
    /// Columns to be handed on as they are.
    pub keep: Vec<String>,
    /// What is made of files that hold no jets.
    pub demand: Option<Demand>,
    /// Whether all other columns of numbers are handed on too.
    pub others: bool,
    /// Whether no events are made, so that nothing is read for them.
    pub bare: bool,
}

impl Asked {
    /// Of files of jets.
    pub fn jets(truths: Truths, keep: &[String]) -> Self {
        Self {
            truths,
            properties: Vec::new(),
            keep: keep.to_vec(),
            demand: None,
            others: false,
            bare: false,
        }
    }
}

/// What rows become.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Jets.
    Jets(Box<Plan>),
    /// Collections of what is asked for.
    Any(Demand),
}

/// What is read of one file.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// What its rows become.
    pub content: Content,
    /// Columns of numbers that nobody asked for by name, handed on where they may be.
    pub others: Vec<String>,
    /// The columns of values that the model is to give.
    pub values: Vec<String>,
    /// Our names that the map gives and the file has itself, beside no column of the
    /// name given.
    pub unfit: Vec<String>,
    /// Where its labels are.
    pub labels: Option<Place>,
    /// Whether the column of labels holds integers without sign.
    pub unsigned: bool,
    /// The column of groups, by our name.
    pub group: Option<String>,
    /// The column of weights, by our name.
    pub weight: Option<String>,
    /// Which of its rows are read.
    pub select: Option<Select>,
    /// What tells how jets are reweighted.
    pub spectrum: Quantities,
    /// All columns.
    pub selection: Selection,
}

impl Layout {
    /// Looks at a file; `class` is that of all its jets, if one was given.
    pub fn of(
        path: &Path,
        class: Option<&String>,
        settings: &DataSettings,
        asked: &Asked,
    ) -> Result<Self, PipelineError> {
        let all = pellucid_data::columns(path, &settings.features)?;
        let names: Vec<String> = all.iter().map(|column| column.name.clone()).collect();
        let Fitting { given, unfit } = Fitting::of(&settings.columns, &names);
        let found = Found::new(path, &given, &names)?;
        let mut properties = asked.properties.clone();
        let jets = |properties: &[Property]| {
            plan(
                path,
                &all,
                settings,
                &given,
                Some((properties, &asked.keep)),
            )
        };
        let mut jets_plan = match asked.demand {
            None => Some(jets(&properties)?),
            Some(_) => None,
        };
        let ours = jets_plan.as_ref().map(Plan::map).unwrap_or_default();
        let named = |name: &str| found.file_name(name).or_else(|| ours.get(name).cloned());
        let file = select::Columns {
            path,
            all: &all,
            named: &named,
            jets: asked.demand.is_none(),
        };
        let select = settings.select.as_deref();
        let select = select.map(|text| Select::of(text, &file)).transpose()?;
        let weighed = settings
            .reweight
            .iter()
            .filter(|_| asked.truths != Truths::Ignored);
        let weighed = weighed.flat_map(|reweight| &reweight.columns.0);
        let spectrum = Quantities::find(weighed.map(String::as_str), "reweight", &file);
        let spectrum = spectrum.map_err(|unknown| reweight::no_column(unknown.expected))?;
        // Observables may ask for more of the constituents.
        let of_select = select.iter().map(|select| &select.quantities);
        let needs = of_select.chain([&spectrum]).flat_map(Quantities::needs);
        let more: Vec<Property> = needs.filter(|need| !properties.contains(need)).collect();
        if !more.is_empty() {
            properties.extend(more);
            properties.sort_unstable();
            properties.dedup();
            jets_plan = Some(jets(&properties)?);
        }
        let (content, mut columns, mut map) = match (jets_plan, &asked.demand) {
            (Some(plan), _) => {
                let columns: Vec<String> = plan.names().into_iter().map(str::to_owned).collect();
                let map = plan.map();
                (Content::Jets(Box::new(plan)), columns, map)
            }
            (None, demand) => {
                let demand = demand.clone().unwrap_or_default();
                let columns = demand.columns();
                for name in &columns {
                    found.named("inputs", name)?;
                }
                (Content::Any(demand), columns, BTreeMap::new())
            }
        };
        if asked.bare {
            columns.clear();
        }
        for (ours, theirs) in &given.0 {
            map.entry(ours.clone()).or_insert_with(|| theirs.clone());
        }
        let particles = match content {
            Content::Jets(_) => columns.clone(),
            Content::Any(_) => Vec::new(),
        };
        let mut layout = Self {
            content,
            others: Vec::new(),
            values: Vec::new(),
            unfit,
            labels: None,
            unsigned: false,
            group: None,
            weight: None,
            select,
            spectrum,
            selection: Selection::default(),
        };
        if asked.truths != Truths::Ignored {
            for name in &settings.target.0 {
                layout.values.push(found.named("target", name)?);
            }
            let named = settings.label.is_some() || class.is_some();
            if layout.values.is_empty() {
                layout.labels = match found.labels(class, settings) {
                    Err(SourceError::Unlabelled { .. })
                        if asked.truths == Truths::Welcome && !named =>
                    {
                        None
                    }
                    labels => labels?,
                };
            }
            layout.group = found.group(settings)?;
        }
        if let Some(name) = &settings.weight {
            layout.weight = Some(found.named("weight", name)?);
        }
        if let Some(Place::Column(ours)) = &layout.labels {
            let theirs = map.get(ours).unwrap_or(ours);
            layout.unsigned = all
                .iter()
                .any(|column| column.name == *theirs && column.unsigned);
        }
        let quantities = layout.select.iter().map(|select| &select.quantities);
        read_too(quantities.chain([&layout.spectrum]), &mut map, &mut columns);
        let keys: Vec<String> = layout
            .labels
            .iter()
            .flat_map(Place::columns)
            .chain(&layout.group)
            .cloned()
            .collect();
        columns.extend(
            keys.iter()
                .chain(&layout.weight)
                .chain(&layout.values)
                .cloned(),
        );
        columns.extend(asked.keep.iter().cloned());
        let (mut texts, mut gaps, mut arrays) = (asked.keep.clone(), particles, Vec::new());
        if let Content::Any(demand) = &layout.content {
            texts.extend(demand.texts());
            gaps.extend(demand.gaps());
            arrays = demand.array_names();
        }
        if asked.others {
            let single = |column: &&pellucid_data::Found| {
                column.refused.is_none() && !column.lists && !column.derived
            };
            let ours = all.iter().filter(single).filter_map(|column| {
                let mapped = map.iter().find(|(_, theirs)| **theirs == column.name);
                match mapped {
                    Some((ours, _)) => Some(ours.clone()),
                    None if map.contains_key(&column.name) => None,
                    None => Some(column.name.clone()),
                }
            });
            let of_truth = |name: &String| {
                keys.contains(name)
                    || layout.weight.as_ref() == Some(name)
                    || layout.values.contains(name)
            };
            layout.others = ours.filter(|name| !of_truth(name)).collect();
            let more = layout.others.iter().filter(|name| !columns.contains(name));
            let more: Vec<String> = more.cloned().collect();
            gaps.extend(more.iter().cloned());
            columns.extend(more);
        }
        layout.selection = Selection::of(columns)
            .map(ColumnMap(map))
            .keys(keys)
            .texts(texts)
            .gaps(gaps)
            .arrays(arrays)
            .features(&settings.features)
            .batch_rows(settings.batch_rows.max(1))
            .skip_nulls(settings.skip_bad_rows);
        Ok(layout)
    }
}

/// Adds columns of numbers to those that are read.
fn read_too<'q>(
    quantities: impl Iterator<Item = &'q Quantities>,
    map: &mut BTreeMap<String, String>,
    columns: &mut Vec<String>,
) {
    for (ours, theirs) in quantities.flat_map(Quantities::columns) {
        map.insert(ours.clone(), theirs.clone());
        columns.push(ours.clone());
    }
}

/// How the columns of a file make whole events, whose particles are of no jet
/// yet, what is read of it, and which of its rows.
pub(crate) fn events_of(
    path: &Path,
    settings: &DataSettings,
) -> Result<(Plan, Selection, Option<Select>), PipelineError> {
    let all = pellucid_data::columns(path, &settings.features)?;
    let names: Vec<String> = all.iter().map(|column| column.name.clone()).collect();
    let plan = plan(path, &all, settings, &settings.columns, None)?;
    let mut map = plan.map();
    let mut columns: Vec<String> = plan.names().into_iter().map(str::to_owned).collect();
    let select = match &settings.select {
        None => None,
        Some(text) => {
            let given = settings.columns.0.iter();
            let given = given.filter(|(_, theirs)| names.contains(theirs));
            let given = ColumnMap(given.map(|(a, b)| (a.clone(), b.clone())).collect());
            let found = Found::new(path, &given, &names)?;
            let named = |name: &str| found.file_name(name).or_else(|| map.get(name).cloned());
            let file = select::Columns {
                path,
                all: &all,
                named: &named,
                jets: false,
            };
            Some(Select::of(text, &file)?)
        }
    };
    read_too(
        select.iter().map(|select| &select.quantities),
        &mut map,
        &mut columns,
    );
    let selection = Selection::of(columns)
        .map(ColumnMap(map))
        .gaps(plan.names())
        .features(&settings.features)
        .skip_nulls(settings.skip_bad_rows);
    Ok((plan, selection, select))
}

/// What of the user's map is about a file.
struct Fitting {
    given: ColumnMap,
    unfit: Vec<String>,
}

impl Fitting {
    /// Files of one data set may have different names: what a file has under our own
    /// name, and not under the one given, is read under ours.
    fn of(map: &ColumnMap, names: &[String]) -> Self {
        let of_others =
            |(ours, theirs): &(&String, &String)| !names.contains(theirs) && names.contains(ours);
        let given = map.0.iter().filter(|entry| !of_others(entry));
        Self {
            given: ColumnMap(given.map(|(a, b)| (a.clone(), b.clone())).collect()),
            unfit: map
                .0
                .iter()
                .filter(of_others)
                .map(|(ours, _)| ours.clone())
                .collect(),
        }
    }
}

/// Whether a name of the map is of the truth or of a column to keep.
fn is_of_the_truth(ours: &str, settings: &DataSettings, keep: &[String]) -> bool {
    let labels = settings.label.iter().flat_map(|names| &names.0);
    let mut named = labels
        .chain(&settings.group)
        .chain(&settings.weight)
        .chain(keep);
    [LABEL, EVENT, WEIGHT].contains(&ours)
        || ours.starts_with("label_")
        || named.any(|name| name == ours)
}

/// How the columns of a file make jets whose constituents have these properties,
/// beside columns to keep, or whole events.
fn plan(
    path: &Path,
    all: &[pellucid_data::Found],
    settings: &DataSettings,
    map: &ColumnMap,
    jets: Option<(&[Property], &[String])>,
) -> Result<Plan, PipelineError> {
    let found: Vec<vocabulary::Found> = all
        .iter()
        .map(|column| {
            vocabulary::Found::of(&column.name, column.lists).refused(column.refused.clone())
        })
        .collect();
    let keep = jets.map_or(&[][..], |(_, keep)| keep);
    let others = map
        .0
        .keys()
        .filter(|ours| is_of_the_truth(ours, settings, keep));
    let asked = vocabulary::Asked::of(&found)
        .map(&map.0)
        .others(others.cloned())
        .convention(settings.convention);
    let asked = match jets {
        Some((properties, _)) => asked.properties(properties).jets(),
        None => asked,
    };
    asked
        .plan()
        .map_err(|source| match (&source, arrays_of_particles(all)) {
            (ObservableError::Momenta { .. }, Some(array)) if !fit(all, settings) => {
                PipelineError::Features {
                    path: path.to_owned(),
                    array: match settings.features.len() {
                        0 => array,
                        given => format!("{array}, to which {given} names do not fit"),
                    },
                }
            }
            _ => PipelineError::Jets {
                path: path.to_owned(),
                source,
            },
        })
}

/// Whether an array was taken apart by the names given.
fn fit(columns: &[pellucid_data::Found], settings: &DataSettings) -> bool {
    let Some(first) = settings.features.first() else {
        return false;
    };
    let of_an_array = |name: &str| name.rsplit_once('.').is_some_and(|(_, last)| last == first);
    columns
        .iter()
        .any(|column| column.derived && (column.name == *first || of_an_array(&column.name)))
}

/// What may be particles whose numbers have no names, in words.
fn arrays_of_particles(columns: &[pellucid_data::Found]) -> Option<String> {
    let array = columns.iter().find_map(|column| {
        let shape = column.refused.as_ref()?;
        if shape.starts_with(pellucid_data::ARRAY) {
            return Some(format!("`{}` is {shape}", column.name));
        }
        (shape == "lists of lists").then(|| format!("`{}` holds {shape}", column.name))
    });
    // The only list there is.
    let list = || {
        let mut lists = columns
            .iter()
            .filter(|column| column.lists && column.refused.is_none() && !column.derived);
        let only = lists.next().filter(|_| lists.next().is_none())?;
        (!vocabulary::is_known(&only.name))
            .then(|| format!("`{}` has a list of numbers for each jet", only.name))
    };
    let matrix = || {
        let mut wide = columns
            .iter()
            .filter(|column| column.derived && column.lists);
        let matrix = wide.next()?;
        Some(format!(
            "`{}` has a row of numbers for each jet",
            matrix.name
        ))
    };
    let numbered = || {
        let digits = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
        let count = columns.iter().filter(|column| digits(&column.name)).count();
        (count >= 6).then(|| format!("{count} columns are called by numbers"))
    };
    array.or_else(matrix).or_else(numbered).or_else(list)
}

/// The columns of a file.
struct Found<'a> {
    path: &'a Path,
    /// By the names of the settings' map.
    ours: Vec<String>,
    /// The file's own names.
    names: &'a [String],
    map: &'a ColumnMap,
}

impl<'a> Found<'a> {
    fn new(path: &'a Path, map: &'a ColumnMap, names: &'a [String]) -> Result<Self, SourceError> {
        // The vocabulary has looked for those of jets.
        let of_jets = |ours: &str| ours.starts_with("jet_");
        let missing = map
            .0
            .iter()
            .find(|(ours, theirs)| !of_jets(ours) && !names.contains(theirs));
        if let Some((_, missing)) = missing {
            return Err(missing_column(path, "columns", missing, names));
        }
        let mut ours: Vec<String> = Vec::with_capacity(names.len());
        for name in names {
            let before = ours.len();
            let renamed = map.0.iter().filter(|(_, theirs)| *theirs == name);
            ours.extend(renamed.map(|(ours, _)| ours.clone()));
            // A name of ours that stands for another column hides the file's own.
            if ours.len() == before && !map.0.contains_key(name) {
                ours.push(name.clone());
            }
        }
        Ok(Self {
            path,
            ours,
            names,
            map,
        })
    }

    fn has(&self, name: &str) -> bool {
        self.ours.iter().any(|other| other == name)
    }

    /// What a column that the user names, by our name or by that of the file, is
    /// called in the file.
    fn file_name(&self, name: &str) -> Option<String> {
        if self.has(name) {
            return Some(self.map.file_name(name).to_owned());
        }
        self.names.iter().find(|other| *other == name).cloned()
    }

    /// A column that the user named, by our name or by that of the file.
    fn named(&self, setting: &'static str, name: &str) -> Result<String, SourceError> {
        if self.has(name) {
            return Ok(name.to_owned());
        }
        // A name of the file that the map gives one of ours.
        let mapped = self.map.0.iter().find(|(_, theirs)| *theirs == name);
        match mapped {
            Some((ours, _)) => Ok(ours.clone()),
            None => Err(missing_column(self.path, setting, name, self.names)),
        }
    }

    fn labels(
        &self,
        class: Option<&String>,
        settings: &DataSettings,
    ) -> Result<Option<Place>, SourceError> {
        if let Some(class) = class {
            return Ok(Some(Place::File(class.clone())));
        }
        if settings.label.as_ref().is_some_and(|label| label.0 == [""]) {
            return Ok(None);
        }
        let Some(place) = Place::choose(&self.ours, settings) else {
            return Err(SourceError::Unlabelled {
                path: self.path.to_owned(),
                found: listed(self.names),
                nearest: like_a_label(self.names),
            });
        };
        Ok(Some(match place {
            Place::Column(name) => Place::Column(self.named("label", &name)?),
            Place::OneHot(names) => Place::OneHot(
                names
                    .iter()
                    .map(|name| self.named("label", name))
                    .collect::<Result<_, _>>()?,
            ),
            file @ Place::File(_) => file,
        }))
    }

    fn group(&self, settings: &DataSettings) -> Result<Option<String>, SourceError> {
        match settings.group.as_deref() {
            Some("") => Ok(None),
            Some(name) => self.named("group", name).map(Some),
            None => Ok(self.has(EVENT).then(|| EVENT.to_owned())),
        }
    }
}

/// Names of columns in a sentence; a file of an experiment has thousands.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 40;
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}

fn missing_column(path: &Path, setting: &'static str, name: &str, names: &[String]) -> SourceError {
    let likeness =
        |other: &&String| strsim::jaro_winkler(&other.to_lowercase(), &name.to_lowercase());
    let nearest = names
        .iter()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|other| likeness(other) > 0.75);
    SourceError::Column {
        path: path.to_owned(),
        setting,
        name: name.to_owned(),
        nearest: nearest.cloned(),
        found: listed(names),
    }
}

/// The error of a name that the map gives for ours and a file does not have.
pub(super) fn not_there(
    path: &Path,
    ours: &str,
    settings: &DataSettings,
) -> Result<SourceError, PipelineError> {
    let all = pellucid_data::columns(path, &settings.features)?;
    let names: Vec<String> = all.into_iter().map(|column| column.name).collect();
    let theirs = settings.columns.file_name(ours);
    Ok(missing_column(path, "columns", theirs, &names))
}

/// The column whose name sounds like labels.
fn like_a_label(names: &[String]) -> Option<String> {
    ["label", "signal", "truth", "class", "target", "is_"]
        .iter()
        .find_map(|word| names.iter().find(|name| name.to_lowercase().contains(word)))
        .cloned()
}
