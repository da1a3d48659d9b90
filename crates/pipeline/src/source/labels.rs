//! Which jets are signal and which background.
//!
//! Labels are numbers or texts in a column, columns of which one is 1 (one for
//! each class), or said of whole files. Each names a class; two are chosen, and
//! the jets of all others are left out and counted.

use std::collections::BTreeMap;
use std::path::Path;

use pellucid_core::table::TableError;
use pellucid_core::{Table, Values};
use pellucid_data::{DataError, says_nothing};

use super::SourceError;
use super::settings::{DataSettings, Names};
use crate::settings::most_like;

/// What columns of classes begin with.
const PREFIX: &str = "label_";

/// More classes than anybody has: the column tells something else.
const MOST_CLASSES: usize = 1000;

/// What an unknown class is called where none of the columns is 1.
const NONE: &str = "none of the columns";

/// Where the labels of a file are.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// One column, by our name of it.
    Column(String),
    /// Columns of which one is 1.
    OneHot(Vec<String>),
    /// All jets of the file are of this class.
    File(String),
}

impl Place {
    /// Where the labels are among the columns found, which have our names;
    /// `None` if nowhere.
    pub fn choose(found: &[String], settings: &DataSettings) -> Option<Self> {
        let has = |name: &str| found.iter().any(|other| other == name);
        let Some(asked) = &settings.label else {
            if has("label") {
                return Some(Self::Column("label".to_owned()));
            }
            let columns = with_prefix(found, PREFIX);
            return (columns.len() > 1).then_some(Self::OneHot(columns));
        };
        match asked.0.as_slice() {
            [one] => match one.strip_suffix('*') {
                Some(prefix) => {
                    let columns = with_prefix(found, prefix);
                    (!columns.is_empty()).then_some(Self::OneHot(columns))
                }
                None => Some(Self::Column(one.clone())),
            },
            many => Some(Self::OneHot(many.to_vec())),
        }
    }

    /// The columns to be read.
    pub fn columns(&self) -> &[String] {
        match self {
            Self::Column(name) => std::slice::from_ref(name),
            Self::OneHot(names) => names,
            Self::File(_) => &[],
        }
    }
}

fn with_prefix(found: &[String], prefix: &str) -> Vec<String> {
    let starts = found.iter().filter(|name| name.starts_with(prefix));
    starts.cloned().collect()
}

/// Rows whose labels are asked for.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub path: &'a Path,
    pub table: &'a Table,
    /// The table's first row in its file.
    pub first_row: usize,
    /// The rows that are not left out already.
    pub kept: &'a [bool],
    /// Whether integers have no sign, though they are read with one.
    pub unsigned: bool,
}

/// For every row whether it is signal, `None` if it is of another class or left
/// out already; an error in place of a label that is none.
type Sides = Vec<Result<Option<bool>, SourceError>>;

/// The two classes, and what was met of all.
#[derive(Debug, Clone)]
pub(super) struct Classes {
    signal: Names,
    background: Names,
    /// What belongs to a class of this name, and how many rows had it.
    known: BTreeMap<String, (Option<bool>, usize)>,
}

impl Classes {
    pub fn new(settings: &DataSettings) -> Self {
        let mut classes = Self {
            signal: settings.signal.clone(),
            background: settings.background.clone(),
            known: BTreeMap::new(),
        };
        let labels = &settings.files;
        if classes.nothing_chosen() && labels.len() == 2 {
            let standard = labels.iter().all(|files| standard(&files.class).is_some());
            if !standard {
                classes.signal = Names(vec![labels[0].class.clone()]);
                classes.background = Names(vec![labels[1].class.clone()]);
            }
        }
        classes
    }

    /// What signal and background are called, where the user named them.
    pub fn names(&self) -> Option<[String; 2]> {
        match (self.signal.is_empty(), self.background.is_empty()) {
            (true, true) => None,
            (false, true) => Some([
                self.signal.joined(),
                format!("not {}", self.signal.joined()),
            ]),
            (true, false) => Some([
                format!("not {}", self.background.joined()),
                self.background.joined(),
            ]),
            (false, false) => Some([self.signal.joined(), self.background.joined()]),
        }
    }

    fn nothing_chosen(&self) -> bool {
        self.signal.is_empty() && self.background.is_empty()
    }

    /// Which side every row is of.
    pub fn of(&mut self, place: &Place, asked: Asked<'_>) -> Result<Sides, SourceError> {
        match place {
            Place::File(class) => {
                let rows = asked.kept.iter().filter(|&&kept| kept).count();
                let side = self.side(class, rows, place, || vec![class.clone()])?;
                Ok(asked.kept.iter().map(|_| Ok(side)).collect())
            }
            Place::OneHot(columns) => self.of_columns(columns, place, asked),
            Place::Column(column) => self.of_column(column, place, asked),
        }
    }

    fn of_column(
        &mut self,
        column: &str,
        place: &Place,
        asked: Asked<'_>,
    ) -> Result<Sides, SourceError> {
        let Asked {
            path,
            table,
            first_row,
            kept,
            unsigned,
        } = asked;
        let values = &table
            .column(column)
            .map_err(|source| about(path, source))?
            .values;
        let wrong = |row: usize, found: String| SourceError::Label {
            path: path.to_owned(),
            column: column.to_owned(),
            row: first_row + row,
            found,
        };
        let name = |text: &str| self.name_of(text);
        let names = names_of(column, values, unsigned, name).map_err(|it| about(path, it))?;
        let all = || {
            let mut all: Vec<String> = names.iter().flatten().cloned().collect();
            all.sort();
            all.dedup();
            all
        };
        let mut out = Vec::with_capacity(names.len());
        for (row, name) in names.iter().enumerate() {
            out.push(match name {
                _ if !kept[row] => Ok(None),
                Ok(name) => Ok(self.side(name, 1, place, all).map_err(|error| {
                    let (row, path) = (first_row + row, path.display());
                    met(error, format!(" (`{name}` in row {row} of `{path}`)"))
                })?),
                Err(found) => Err(wrong(row, found.clone())),
            });
        }
        Ok(out)
    }

    /// The class that a text names; the text itself, for a message, where it stands
    /// for a missing label, unless a class is called so.
    fn name_of(&self, text: &str) -> Result<String, String> {
        let name = text.trim();
        let mut chosen = self.signal.0.iter().chain(&self.background.0);
        match () {
            () if !says_nothing(name) || chosen.any(|class| class == name) => Ok(name.to_owned()),
            () if name.is_empty() => Err("nothing".to_owned()),
            () => Err(format!("`{name}`")),
        }
    }

    fn of_columns(
        &mut self,
        columns: &[String],
        place: &Place,
        asked: Asked<'_>,
    ) -> Result<Sides, SourceError> {
        let Asked {
            path,
            table,
            first_row,
            kept,
            ..
        } = asked;
        let values = columns
            .iter()
            .map(|name| table.floats(name))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|source| about(path, source))?;
        let names: Vec<&str> = columns.iter().map(|name| short(name, columns)).collect();
        for name in &names {
            // All are known before the first row: a chosen one must be among them.
            self.side(name, 0, place, || {
                names.iter().map(|&n| n.to_owned()).collect()
            })?;
        }
        let wrong = |row: usize, found: String| SourceError::OneHot {
            path: path.to_owned(),
            row: first_row + row,
            found,
            classes: names.join(", "),
        };
        let mut out = Vec::with_capacity(table.rows());
        for row in 0..table.rows() {
            if !kept[row] {
                out.push(Ok(None));
                continue;
            }
            let odd = values
                .iter()
                .map(|column| column[row])
                .find(|&x| x != 0.0 && x != 1.0);
            if let Some(odd) = odd {
                out.push(Err(wrong(row, format!("{odd}"))));
                continue;
            }
            let of_row = (0..columns.len()).filter(|&i| values[i][row] == 1.0);
            out.push(match of_row.collect::<Vec<_>>().as_slice() {
                [one] => Ok(self.side(names[*one], 1, place, Vec::new)?),
                [] => {
                    self.known.entry(NONE.to_owned()).or_insert((None, 0)).1 += 1;
                    Ok(None)
                }
                many => Err(wrong(row, many.len().to_string())),
            });
        }
        Ok(out)
    }

    /// Whether the class of that name is signal, `None` if it is of neither side;
    /// it is counted `rows` times. `all` are the names that are known at this
    /// place, for the error if nobody said which is signal.
    fn side(
        &mut self,
        name: &str,
        rows: usize,
        place: &Place,
        all: impl Fn() -> Vec<String>,
    ) -> Result<Option<bool>, SourceError> {
        if let Some((signal, count)) = self.known.get_mut(name) {
            *count += rows;
            return Ok(*signal);
        }
        let has = |names: &Names| names.0.iter().any(|other| is(other, name));
        let signal = if self.nothing_chosen() {
            let Some(signal) = standard(name) else {
                return Err(self.choose(place, all()));
            };
            if name == "0" && self.known.contains_key("-1")
                || name == "-1" && self.known.contains_key("0")
            {
                let mut all = all();
                all.extend(self.known.keys().cloned());
                all.push(name.to_owned());
                all.sort();
                all.dedup();
                return Err(self.choose(place, all));
            }
            Some(signal)
        } else if has(&self.signal) {
            Some(true)
        } else if has(&self.background) || self.background.is_empty() {
            Some(false)
        } else if self.signal.is_empty() {
            Some(true)
        } else {
            None
        };
        if self.known.len() >= MOST_CLASSES {
            return Err(self.choose(place, all()));
        }
        self.known.insert(name.to_owned(), (signal, rows));
        Ok(signal)
    }

    /// The error of labels of which nobody said what they mean.
    fn choose(&self, place: &Place, mut classes: Vec<String>) -> SourceError {
        const SHOWN: usize = 20;
        classes.extend(self.known.keys().cloned());
        classes.sort();
        classes.dedup();
        let pair = match classes.as_slice() {
            [one] => [one.clone(), "NAME".to_owned()],
            [first, .., last] => [last.clone(), first.clone()],
            [] => ["NAME".to_owned(), "NAME".to_owned()],
        };
        if classes.len() > SHOWN {
            let more = classes.len() - SHOWN;
            classes.truncate(SHOWN);
            classes.push(format!("and {more} more"));
        }
        let place = match place {
            Place::Column(column) => format!("column `{column}`"),
            Place::OneHot(columns) => format!("one of the columns {}", columns.join(", ")),
            Place::File(_) => "--label".to_owned(),
        };
        SourceError::Choose {
            place,
            classes,
            met: String::new(),
            pair,
        }
    }

    /// After the last row: every class that was chosen must have been met.
    pub fn check(&self) -> Result<(), SourceError> {
        for class in self.signal.0.iter().chain(&self.background.0) {
            let met = self
                .known
                .iter()
                .any(|(name, (_, rows))| is(class, name) && *rows > 0);
            if !met {
                let classes: Vec<String> = self
                    .known
                    .iter()
                    .filter(|(_, (_, rows))| *rows > 0)
                    .map(|(name, _)| name.clone())
                    .collect();
                return Err(SourceError::UnknownClass {
                    class: class.clone(),
                    nearest: most_like(class, classes.iter().map(String::as_str))
                        .map(str::to_owned),
                    classes,
                });
            }
        }
        Ok(())
    }

    /// The classes that are neither, with their numbers of rows.
    pub fn left_out(&self) -> Vec<(String, usize)> {
        let others = self
            .known
            .iter()
            .filter(|(_, (signal, rows))| signal.is_none() && *rows > 0);
        others
            .map(|(name, (_, rows))| (name.clone(), *rows))
            .collect()
    }

    /// The names of all classes of one side that were met.
    pub fn met(&self, side: bool) -> Vec<String> {
        let of_side = |(_, (signal, rows)): &(&String, &(Option<bool>, usize))| {
            *signal == Some(side) && *rows > 0
        };
        self.known
            .iter()
            .filter(of_side)
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// What each row of a column of labels names, or what it holds instead; `name` says so of
/// a text.
pub(super) fn names_of(
    column: &str,
    values: &Values,
    unsigned: bool,
    name: impl Fn(&str) -> Result<String, String>,
) -> Result<Vec<Result<String, String>>, TableError> {
    Ok(match values {
        Values::Text(texts) => texts.iter().map(|text| name(text)).collect(),
        Values::Integer(numbers) if unsigned => {
            let names = numbers.iter().map(|n| Ok(n.cast_unsigned().to_string()));
            names.collect()
        }
        Values::Integer(numbers) => numbers.iter().map(|n| Ok(n.to_string())).collect(),
        Values::Float(numbers) => {
            let name = |&number: &f64| {
                if number.fract() == 0.0 && number.abs() < 1e15 {
                    Ok((number as i64).to_string())
                } else {
                    Err(number.to_string())
                }
            };
            numbers.iter().map(name).collect()
        }
        lists => {
            return Err(TableError::Kind {
                name: column.to_owned(),
                expected: "a number or a text per row",
                found: lists.kind(),
            });
        }
    })
}

/// The error of classes that nobody chose, with the place of one of them.
fn met(mut error: SourceError, place: String) -> SourceError {
    if let SourceError::Choose { met, .. } = &mut error {
        *met = place;
    }
    error
}

/// Whether the user's name of a class is that of the file: `label_Tbqq` is
/// `Tbqq` too.
fn is(asked: &str, name: &str) -> bool {
    asked == name || asked.strip_prefix(PREFIX) == Some(name)
}

/// The name of a class without what all columns begin with.
pub(super) fn short<'n>(name: &'n str, columns: &[String]) -> &'n str {
    let all = columns.iter().all(|column| column.starts_with(PREFIX));
    if all { &name[PREFIX.len()..] } else { name }
}

/// What labels mean everywhere: whether it is signal.
pub(super) fn standard(name: &str) -> Option<bool> {
    match name.to_lowercase().as_str() {
        "1" | "signal" | "sig" | "true" => Some(true),
        "0" | "-1" | "background" | "bkg" | "false" => Some(false),
        _ => None,
    }
}

pub(super) fn about(path: &Path, source: TableError) -> SourceError {
    SourceError::Data(DataError::Table {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use pellucid_core::Column;

    use super::*;

    fn column(name: &str, values: Values) -> Column {
        Column {
            name: name.to_owned(),
            unit: String::new(),
            values,
        }
    }

    fn texts(texts: &[&str]) -> Values {
        Values::Text(texts.iter().map(|&text| text.to_owned()).collect())
    }

    fn settings(text: &str) -> DataSettings {
        toml::from_str(text).unwrap()
    }

    /// Whether rows are signal, and the classes left out with their rows.
    type Read = (Vec<Option<bool>>, Vec<(String, usize)>);

    fn read(columns: Vec<Column>, settings: &DataSettings) -> Result<Read, String> {
        let table = Table::new(columns).unwrap();
        let place = Place::choose(&table.names(), settings).ok_or("nowhere")?;
        let mut classes = Classes::new(settings);
        let say = |error: SourceError| error.to_string();
        let kept = vec![true; table.rows()];
        let asked = Asked {
            path: Path::new("jets.parquet"),
            table: &table,
            first_row: 100,
            kept: &kept,
            unsigned: false,
        };
        let rows = classes.of(&place, asked).map_err(say)?;
        let rows = rows.into_iter().collect::<Result<_, _>>().map_err(say)?;
        classes.check().map_err(say)?;
        Ok((rows, classes.left_out()))
    }

    #[test]
    fn zero_and_one_minus_and_plus_one_need_no_word() {
        for (values, expected) in [
            (Values::Integer(vec![0, 1]), [false, true]),
            (Values::Float(vec![1.0, 0.0]), [true, false]),
            (Values::Integer(vec![-1, 1]), [false, true]),
            (Values::Float(vec![1.0, -1.0]), [true, false]),
            (texts(&["signal", "Background"]), [true, false]),
        ] {
            let found = read(vec![column("label", values)], &DataSettings::default());
            assert_eq!(found.unwrap().0, expected.map(Some));
        }
        let values = Values::Integer(vec![-1, 0, 1]);
        let message = read(vec![column("label", values)], &DataSettings::default()).unwrap_err();
        assert!(message.contains("-1, 0, 1"), "{message}");
    }

    #[test]
    fn of_texts_and_integers_two_classes_are_chosen_by_name() {
        let labels = || vec![column("label", texts(&["top", "QCD", "W", "QCD"]))];
        let message = read(labels(), &DataSettings::default()).unwrap_err();
        for part in ["QCD, W, top", "--signal top --background QCD"] {
            assert!(message.contains(part), "{message}");
        }
        let (rows, out) = read(labels(), &settings("signal = 'top'\nbackground = 'QCD'")).unwrap();
        assert_eq!(rows, [Some(true), Some(false), None, Some(false)]);
        assert_eq!(out, [("W".to_owned(), 1)]);
        let (rows, out) = read(labels(), &settings("signal = ['top', 'W']")).unwrap();
        assert_eq!(rows, [Some(true), Some(false), Some(true), Some(false)]);
        assert!(out.is_empty());
        let message = read(labels(), &settings("signal = 'topp'")).unwrap_err();
        assert!(message.contains("did you mean `top`?"), "{message}");
        let numbers = vec![column("truth", Values::Integer(vec![0, 5, 7]))];
        let chosen = settings("label = 'truth'\nsignal = 5\nbackground = 0");
        assert_eq!(
            read(numbers, &chosen).unwrap().0,
            [Some(false), Some(true), None]
        );
    }

    #[test]
    fn of_columns_the_one_that_is_1_tells_the_class() {
        let columns = |third: f64| {
            vec![
                column("label_QCD", Values::Integer(vec![1, 0, 0, 0])),
                column("label_Tbqq", Values::Float(vec![0.0, 1.0, 0.0, third])),
                column("label_Wqq", Values::Integer(vec![0, 0, 1, 0])),
            ]
        };
        let chosen = settings("signal = 'Tbqq'\nbackground = 'label_QCD'");
        let (rows, out) = read(columns(0.0), &chosen).unwrap();
        assert_eq!(rows, [Some(false), Some(true), None, None]);
        assert_eq!(out, [("Wqq".to_owned(), 1), (NONE.to_owned(), 1)]);
        let message = read(columns(0.5), &chosen).unwrap_err();
        assert!(
            message.contains("row 103") && message.contains("0.5"),
            "{message}"
        );
        let message = read(columns(0.0), &DataSettings::default()).unwrap_err();
        assert!(message.contains("QCD, Tbqq, Wqq"), "{message}");
        let listed = settings("label = ['label_QCD', 'label_Wqq']\nsignal = 'Wqq'");
        let (rows, _) = read(columns(0.0), &listed).unwrap();
        assert_eq!(rows, [Some(false), None, Some(true), None]);
    }

    #[test]
    fn a_fraction_is_no_class() {
        let labels = vec![column("label", Values::Float(vec![1.0, 0.3]))];
        let message = read(labels, &DataSettings::default()).unwrap_err();
        for part in ["`label`", "0.3", "row 101"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_missing_label_is_no_class_unless_one_is_called_so() {
        for (missing, said) in [
            ("", "nothing"),
            ("NA", "`NA`"),
            (" nan", "`nan`"),
            ("None", "`None`"),
        ] {
            for chosen in ["", "signal = 'top'", "signal = 'top'\nbackground = 'QCD'"] {
                let labels = vec![column("label", texts(&[missing, "top", "QCD"]))];
                let message = read(labels, &settings(chosen)).unwrap_err();
                let expected = format!("holds {said} in row 100");
                let unchosen = chosen.is_empty() && message.contains("QCD, top");
                assert!(unchosen || message.contains(&expected), "{message}");
            }
        }
        let labels = vec![column("label", texts(&["NA", "top", "QCD"]))];
        let chosen = settings("signal = 'top'\nbackground = 'NA'");
        let (rows, _) = read(labels, &chosen).unwrap();
        assert_eq!(rows, [Some(false), Some(true), None]);
    }
}
