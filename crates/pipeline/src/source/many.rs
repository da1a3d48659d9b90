//! Which of several classes an event is of.
//!
//! Labels are integers, which ascend, or texts, whose order `[data] classes` gives: that
//! of the model's outputs, of two the signal last. Before the first event is handed on,
//! all labels are looked at once, so that a class is what it is in every file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pellucid_core::target::Truth;
use pellucid_data::{ColumnMap, DataError, Selection};

use super::SourceError;
use super::labels::{self, Asked, Place, about, short, standard};
use super::settings::DataSettings;

/// More classes than this are hardly classes.
const MOST: usize = 100;

/// Several classes, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Many {
    names: Vec<String>,
    /// What a label says, and the place of the class that it means.
    places: BTreeMap<String, usize>,
}

/// One file's labels.
pub(super) struct Labels<'a> {
    pub path: &'a Path,
    pub place: &'a Place,
    pub map: &'a ColumnMap,
    pub unsigned: bool,
    pub features: &'a [String],
}

impl Many {
    /// The classes of these files; `None` where labels tell signal from background by the
    /// rules for two. `any` is whether several classes may be meant without a word.
    pub fn of(
        files: &[Labels<'_>],
        settings: &DataSettings,
        any: bool,
    ) -> Result<Option<Self>, SourceError> {
        let chosen = !settings.signal.is_empty() || !settings.background.is_empty();
        let named = &settings.classes.0;
        let Some(first) = files.first().filter(|_| !chosen) else {
            return Ok(None);
        };
        match first.place {
            Place::File(_) => {
                if named.is_empty() && settings.files.len() <= 2 {
                    return Ok(None);
                }
                let own: Vec<String> = settings.files.iter().map(|it| it.class.clone()).collect();
                Self::matched(&own, named, first).map(Some)
            }
            Place::OneHot(columns) if any || !named.is_empty() => {
                let own: Vec<String> = columns
                    .iter()
                    .map(|it| short(it, columns).to_owned())
                    .collect();
                Self::matched(&own, named, first).map(Some)
            }
            Place::Column(column) if any || !named.is_empty() => {
                let mut met = BTreeSet::new();
                for file in files {
                    survey(file, column, &mut met)?;
                }
                Self::of_met(&met, named, first)
            }
            _ => Ok(None),
        }
    }

    /// Classes that have names of their own: in the order given, where one is, else in
    /// theirs.
    fn matched(own: &[String], named: &[String], file: &Labels<'_>) -> Result<Self, SourceError> {
        let mut distinct: Vec<String> = Vec::new();
        for name in own {
            if !distinct.contains(name) {
                distinct.push(name.clone());
            }
        }
        let order = if named.is_empty() { &distinct } else { named };
        match distinct.iter().find(|name| !order.contains(name)) {
            Some(unknown) => Err(Self::unknown(file, unknown, &distinct, named)),
            None => Ok(Self::in_order(order)),
        }
    }

    fn in_order(names: &[String]) -> Self {
        Self {
            places: names.iter().cloned().zip(0..).collect(),
            names: names.to_vec(),
        }
    }

    fn unknown(file: &Labels<'_>, found: &str, met: &[String], named: &[String]) -> SourceError {
        SourceError::Classes {
            path: file.path.to_owned(),
            found: format!("`{found}`"),
            met: met.to_vec(),
            named: named.to_vec(),
        }
    }

    /// Classes of a column in which these were met.
    fn of_met(
        met: &BTreeSet<String>,
        named: &[String],
        file: &Labels<'_>,
    ) -> Result<Option<Self>, SourceError> {
        let integers: Option<BTreeSet<i64>> = met.iter().map(|name| name.parse().ok()).collect();
        let all: Vec<String> = match &integers {
            Some(integers) => integers.iter().map(ToString::to_string).collect(),
            None => met.iter().cloned().collect(),
        };
        if named.is_empty() {
            let two = all.len() == 2 && all.iter().all(|name| standard(name).is_some());
            return match integers {
                _ if two => Ok(None),
                Some(_) => Ok(Some(Self::in_order(&all))),
                None => Err(Self::unknown(file, &all[0], &all, named)),
            };
        }
        if all.iter().all(|name| named.contains(name)) {
            return Ok(Some(Self::in_order(named)));
        }
        let Some(integers) = integers else {
            let odd = all.iter().find(|name| !named.contains(name));
            return Err(Self::unknown(
                file,
                odd.map_or("", String::as_str),
                &all,
                named,
            ));
        };
        // Integers count the classes from 0, or ascend as they do.
        let count = integers
            .iter()
            .all(|&n| n >= 0 && (n as usize) < named.len());
        if !count && integers.len() != named.len() {
            let found = format!("{} different integers", integers.len());
            return Err(SourceError::Classes {
                path: file.path.to_owned(),
                found,
                met: all,
                named: named.to_vec(),
            });
        }
        let place =
            |(rank, &n): (usize, &i64)| (n.to_string(), if count { n as usize } else { rank });
        Ok(Some(Self {
            names: named.to_vec(),
            places: integers.iter().enumerate().map(place).collect(),
        }))
    }

    /// The class of every row; `None` of one that is of none or left out already.
    pub fn places(
        &self,
        place: &Place,
        asked: Asked<'_>,
    ) -> Result<Vec<Result<Option<usize>, SourceError>>, SourceError> {
        let Asked {
            path,
            table,
            first_row,
            kept,
            unsigned,
        } = asked;
        match place {
            Place::File(class) => Ok(kept
                .iter()
                .map(|_| Ok(self.places.get(class).copied()))
                .collect()),
            Place::Column(column) => {
                let values = &table
                    .column(column)
                    .map_err(|source| about(path, source))?
                    .values;
                let names = labels::names_of(column, values, unsigned, name_of);
                let names = names.map_err(|source| about(path, source))?;
                let of = |(row, name): (usize, Result<String, String>)| match name {
                    _ if !kept[row] => Ok(None),
                    Ok(name) if self.places.contains_key(&name) => {
                        Ok(self.places.get(&name).copied())
                    }
                    Ok(found) | Err(found) => Err(SourceError::Label {
                        path: path.to_owned(),
                        column: column.clone(),
                        row: first_row + row,
                        found,
                    }),
                };
                Ok(names.into_iter().enumerate().map(of).collect())
            }
            Place::OneHot(columns) => {
                let values = columns
                    .iter()
                    .map(|name| table.floats(name))
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|source| about(path, source))?;
                let of = |row: usize| {
                    let ones: Vec<usize> = (0..columns.len())
                        .filter(|&i| values[i][row] == 1.0)
                        .collect();
                    let odd = values
                        .iter()
                        .any(|column| column[row] != 0.0 && column[row] != 1.0);
                    match ones[..] {
                        _ if !kept[row] => Ok(None),
                        [one] if !odd => {
                            Ok(self.places.get(short(&columns[one], columns)).copied())
                        }
                        _ => Err(SourceError::OneHot {
                            path: path.to_owned(),
                            row: first_row + row,
                            found: ones.len().to_string(),
                            classes: self.names.join(", "),
                        }),
                    }
                };
                Ok((0..table.rows()).map(of).collect())
            }
        }
    }

    /// The truth of events of these classes.
    pub fn truth(&self, places: Vec<usize>) -> Truth {
        match &self.names[..] {
            [background, signal] => Truth::Two {
                names: [signal.clone(), background.clone()],
                signal: places.into_iter().map(|place| place == 1).collect(),
            },
            names => Truth::Classes {
                names: names.to_vec(),
                classes: places,
            },
        }
    }

    /// What they are called.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// A text that says something.
fn name_of(text: &str) -> Result<String, String> {
    let name = text.trim();
    match name {
        "" => Err("nothing".to_owned()),
        name if pellucid_data::says_nothing(name) => Err(format!("`{name}`")),
        name => Ok(name.to_owned()),
    }
}

/// Looks at all labels of a file. What is no label is refused where its row is read.
fn survey(file: &Labels<'_>, column: &str, met: &mut BTreeSet<String>) -> Result<(), SourceError> {
    let selection = Selection::of([column])
        .map(file.map.clone())
        .keys([column])
        .features(file.features)
        .skip_nulls(true)
        .batch_rows(1 << 16);
    let reader = pellucid_data::open(file.path, &selection).map_err(SourceError::of_data)?;
    for batch in reader {
        let batch = batch.map_err(SourceError::of_data)?;
        let found = batch.table.column(column).map_err(|source| {
            SourceError::Data(DataError::Table {
                path: file.path.to_owned(),
                source,
            })
        })?;
        let names = labels::names_of(column, &found.values, file.unsigned, name_of);
        let names = names.map_err(|source| about(file.path, source))?;
        let nulls: BTreeSet<usize> = batch.nulls.iter().map(|null| null.row).collect();
        for (row, name) in names.into_iter().enumerate() {
            if nulls.contains(&row) {
                continue;
            }
            match name {
                Ok(name) => {
                    met.insert(name);
                }
                Err(found) if found.parse::<f64>().is_ok_and(f64::is_finite) => {
                    return Err(SourceError::Fraction {
                        path: file.path.to_owned(),
                        column: column.to_owned(),
                        row: batch.first_row + row,
                        found,
                    });
                }
                Err(_) => {}
            }
        }
        if met.len() > MOST {
            return Err(SourceError::Fraction {
                path: file.path.to_owned(),
                column: column.to_owned(),
                row: batch.first_row,
                found: format!("more than {MOST} different labels"),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(met: &[&str], named: &[&str]) -> Result<Option<Vec<(String, usize)>>, String> {
        let owned = |list: &[&str]| list.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        let file = Labels {
            path: Path::new("a.csv"),
            place: &Place::Column("label".to_owned()),
            map: &ColumnMap::default(),
            unsigned: false,
            features: &[],
        };
        let many = Many::of_met(&owned(met).into_iter().collect(), &owned(named), &file);
        let many = many.map_err(|error| error.to_string())?;
        Ok(many.map(|many| many.places.into_iter().collect()))
    }

    #[allow(clippy::unnecessary_wraps)] // as what it is compared with
    fn places(pairs: &[(&str, usize)]) -> Result<Option<Vec<(String, usize)>>, String> {
        let mut pairs: Vec<_> = pairs.iter().map(|&(a, b)| (a.to_owned(), b)).collect();
        pairs.sort();
        Ok(Some(pairs))
    }

    #[test]
    fn integers_ascend_and_words_come_in_the_order_given() {
        assert_eq!(
            of(&["11", "2", "-1"], &[]),
            places(&[("-1", 0), ("2", 1), ("11", 2)])
        );
        assert_eq!(
            of(&["top", "QCD"], &["QCD", "top"]),
            places(&[("QCD", 0), ("top", 1)])
        );
        assert_eq!(
            of(&["0", "2"], &["QCD", "W", "top"]),
            places(&[("0", 0), ("2", 2)])
        );
        assert_eq!(
            of(&["11", "211", "13"], &["e", "mu", "pi"]),
            places(&[("11", 0), ("13", 1), ("211", 2)])
        );
        // 0 and 1 are background and signal by the rules for two.
        assert_eq!(of(&["0", "1"], &[]), Ok(None));
    }

    #[test]
    fn labels_that_no_class_fits_are_refused_with_a_way_out() {
        let message = of(&["top", "QCD", "W"], &[]).unwrap_err();
        assert!(
            message.contains("QCD, W, top") && message.contains("--classes"),
            "{message}"
        );
        let message = of(&["top", "Z"], &["QCD", "top"]).unwrap_err();
        assert!(message.contains("`Z`"), "{message}");
        let message = of(&["1", "2", "3"], &["a", "b"]).unwrap_err();
        assert!(message.contains("3 different integers"), "{message}");
    }

    #[test]
    fn of_two_classes_the_last_is_the_signal() {
        let many = Many::in_order(&["QCD".to_owned(), "W".to_owned()]);
        let Truth::Two { names, signal } = many.truth(vec![1, 0]) else {
            panic!("two classes")
        };
        assert_eq!((names[0].as_str(), &signal[..]), ("W", &[true, false][..]));
    }
}
