//! Jets out of a table of columns.
//!
//! Constituents come as list columns: `part_pt`, then a direction as
//! `part_y`, `part_eta` or `part_deta` (pseudorapidity relative to `jet_eta`),
//! and as `part_phi` or `part_dphi` (relative to `jet_phi`), and `part_m`;
//! without it they are massless. A pseudorapidity becomes the rapidity
//!
//! $$ y = \operatorname{asinh}\frac{p_T \sinh\eta}{\sqrt{p_T^2 + m^2}} $$
//!
//! Or they come as components, `part_px`, `part_py`, `part_pz`, `part_e`
//! (`cartesian.rs`), if there is no `part_pt`.
//!
//! The jet's own momentum is that of the columns `jet_pt`, `jet_y` (or
//! `jet_eta`), `jet_phi`, `jet_m`; each one that the table lacks is that of the
//! E-scheme sum of the constituents.

use std::borrow::Cow;

use pellucid_core::{Jagged, Table, Values};

use super::kinematics::{self, Momentum, wrap};
use super::property::{self, Property};
use super::{Jets, ObservableError, cartesian};

/// The jet's own momentum.
const OWN: [&str; 5] = ["jet_pt", "jet_y", "jet_eta", "jet_phi", "jet_m"];

/// Masses down to here are rounding errors of 0, GeV: files in single
/// precision take the root of a difference of squares near (300 GeV)².
const MASS_TOLERANCE: f64 = -0.1;

/// Beyond this no particle of a collider goes, and `exp(|y|)` is safe.
const LARGEST_RAPIDITY: f64 = 100.0;

/// The range of transverse momenta, GeV. Generators do make particles of
/// 1e-12 GeV along the beam of a decay; the powers of momenta that searches use
/// (down to -1, at up to eight vertices) stay far from overflow.
const PT_RANGE: std::ops::RangeInclusive<f64> = 1e-15..=1e9;

const POSITIVE: &str = "a transverse momentum above 0 (1e-15 to 1e9 GeV; leave out padding)";
const DIRECTION: &str = "a finite number of at most 100 in size";
const ANGLE: &str = "a finite angle in radians";
const MASS: &str = "a finite mass of at least 0";

impl Jets {
    /// Which of the columns found in a file are to be read, these properties of
    /// the constituents among them, or what is missing.
    pub fn needed(
        found: &[String],
        properties: &[Property],
    ) -> Result<Vec<&'static str>, ObservableError> {
        let has = |name: &str| found.iter().any(|other| other == name);
        let mut names = if is_cartesian(has) {
            cartesian::COLUMNS.to_vec()
        } else {
            let sources = Sources::choose(found)?;
            let mass = has("part_m").then_some("part_m");
            let direction = ["part_pt", sources.rapidity.column(), sources.azimuth];
            direction.into_iter().chain(mass).collect()
        };
        names.extend(OWN.into_iter().filter(|name| has(name)));
        for property in properties {
            if !has(property.column()) {
                return Err(property.not_found(found.to_vec()));
            }
            names.push(property.column());
        }
        Ok(names)
    }

    /// The jets of a table with the properties of constituents that it tells;
    /// `first_row` is the table's first row in its file, so that errors name the
    /// row in the file.
    pub fn from_table(table: &Table, first_row: usize) -> Result<Self, ObservableError> {
        let mut jets = if is_cartesian(|name: &str| table.get(name).is_some()) {
            momenta(&cartesian::to_polar(table, first_row)?, first_row)?
        } else {
            momenta(table, first_row)?
        };
        for property in Property::ALL {
            if table.get(property.column()).is_some() {
                let values = property::read(property, table, &jets, first_row)?;
                jets.set(property, values)?;
            }
        }
        Ok(jets)
    }
}

/// The jets of a table of transverse momenta and directions.
fn momenta(table: &Table, first_row: usize) -> Result<Jets, ObservableError> {
    let has = |name: &str| table.get(name).is_some();
    let sources = Sources::choose(&table.names())?;

    let pt = lists(table, "part_pt")?;
    let direction = lists(table, sources.rapidity.column())?;
    let azimuth = lists(table, sources.azimuth)?;
    let mass = has("part_m").then(|| lists(table, "part_m")).transpose()?;
    let own = |name: &str| has(name).then(|| table.floats(name)).transpose();
    let (jet_pt, jet_y, jet_eta) = (own("jet_pt")?, own("jet_y")?, own("jet_eta")?);
    let (jet_phi, jet_m) = (own("jet_phi")?, own("jet_m")?);

    let checked =
        |values: &Option<Vec<f64>>, i: usize, column: &str, expected, sound: fn(f64) -> bool| {
            values
                .as_ref()
                .map(|values| check(first_row + i, column, None, values[i], expected, sound))
                .transpose()
        };

    let mut jets = Jets::new();
    let constituents = pt.values().len();
    for array in [&mut jets.pt, &mut jets.y, &mut jets.phi, &mut jets.m] {
        array.reserve_exact(constituents);
    }
    for i in 0..table.rows() {
        let row = first_row + i;
        let length = pt.row(i).len();
        let others = [
            (sources.rapidity.column(), Some(&direction)),
            (sources.azimuth, Some(&azimuth)),
        ];
        for (name, list) in others.into_iter().chain([("part_m", mass.as_ref())]) {
            let Some(list) = list else { continue };
            if list.row(i).len() != length {
                return Err(ObservableError::Lengths {
                    row,
                    first: "part_pt".to_owned(),
                    first_length: length,
                    second: name.to_owned(),
                    second_length: list.row(i).len(),
                });
            }
        }
        if length == 0 {
            return Err(ObservableError::Empty {
                row,
                column: "part_pt".to_owned(),
            });
        }

        let own_pt = checked(&jet_pt, i, "jet_pt", POSITIVE, is_pt)?;
        let own_m = checked(&jet_m, i, "jet_m", MASS, is_mass)?;
        let own_phi = checked(&jet_phi, i, "jet_phi", ANGLE, f64::is_finite)?.map(wrap);
        let own_y = checked(&jet_y, i, "jet_y", DIRECTION, is_direction)?;
        let own_eta = checked(&jet_eta, i, "jet_eta", DIRECTION, is_direction)?;

        let start = jets.pt.len();
        for j in 0..length {
            let value = |list: &Jagged<f64>, column, expected, sound| {
                check(row, column, Some(j), list.row(i)[j], expected, sound)
            };
            let pt = value(&pt, "part_pt", POSITIVE, is_pt)?;
            let m = match &mass {
                Some(mass) => value(mass, "part_m", MASS, is_mass)?.max(0.0),
                None => 0.0,
            };
            let column = sources.rapidity.column();
            let direction = value(&direction, column, DIRECTION, is_direction)?;
            let y = match (sources.rapidity, own_eta) {
                (Rapidity::Itself, _) => direction,
                (Rapidity::Relative, Some(eta)) => kinematics::rapidity(pt, eta + direction, m),
                _ => kinematics::rapidity(pt, direction, m),
            };
            let angle = value(&azimuth, sources.azimuth, ANGLE, f64::is_finite)?;
            let origin = if sources.azimuth == "part_dphi" {
                own_phi.unwrap_or(0.0)
            } else {
                0.0
            };
            jets.pt.push(pt);
            jets.y.push(y);
            jets.phi.push(wrap(origin + angle));
            jets.m.push(m);
        }
        jets.offsets.push(jets.pt.len());

        let range = start..jets.pt.len();
        let sum = || {
            kinematics::sum(range.clone().map(|j| Momentum {
                pt: jets.pt[j],
                y: jets.y[j],
                phi: jets.phi[j],
                m: jets.m[j],
            }))
        };
        // The sum is not cheap: only for what the table lacks.
        let axis = match (own_pt, own_y.or(own_eta), own_phi, own_m) {
            (Some(pt), Some(_), Some(phi), Some(m)) => Momentum { pt, y: 0.0, phi, m },
            (pt, _, phi, m) => {
                let sum = sum();
                Momentum {
                    pt: pt.unwrap_or(sum.pt),
                    phi: phi.unwrap_or(sum.phi),
                    m: m.unwrap_or(sum.m),
                    ..sum
                }
            }
        };
        let m = axis.m.max(0.0);
        let y = own_y
            .or(own_eta.map(|eta| kinematics::rapidity(axis.pt, eta, m)))
            .unwrap_or(axis.y);
        jets.axes.push(Momentum { y, m, ..axis });
    }
    Ok(jets)
}

/// Where the rapidity comes from.
#[derive(Clone, Copy, PartialEq)]
enum Rapidity {
    Itself,
    Pseudo,
    Relative,
}

impl Rapidity {
    fn column(self) -> &'static str {
        match self {
            Self::Itself => "part_y",
            Self::Pseudo => "part_eta",
            Self::Relative => "part_deta",
        }
    }
}

/// The columns that give the direction of the constituents.
struct Sources {
    rapidity: Rapidity,
    azimuth: &'static str,
}

impl Sources {
    fn choose(found: &[String]) -> Result<Self, ObservableError> {
        let has = |name: &str| found.iter().any(|other| other == name);
        let missing = |quantity, expected| ObservableError::Columns {
            quantity,
            expected,
            found: found.to_vec(),
        };
        if !has("part_pt") {
            return Err(missing(
                "the transverse momenta of the constituents",
                "`part_pt`, or `part_px`, `part_py`, `part_pz` and `part_e`",
            ));
        }
        let rapidity = if has("part_y") {
            Rapidity::Itself
        } else if has("part_eta") {
            Rapidity::Pseudo
        } else if has("part_deta") && has("jet_eta") {
            Rapidity::Relative
        } else {
            let expected = "`part_y`, `part_eta`, or `part_deta` with `jet_eta`";
            return Err(missing("the rapidities of the constituents", expected));
        };
        let azimuth = if has("part_phi") {
            "part_phi"
        } else if has("part_dphi") && has("jet_phi") {
            "part_dphi"
        } else {
            let expected = "`part_phi`, or `part_dphi` with `jet_phi`";
            return Err(missing("the azimuths of the constituents", expected));
        };
        Ok(Self { rapidity, azimuth })
    }
}

/// Whether constituents come as components of their momenta.
fn is_cartesian(has: impl Fn(&str) -> bool) -> bool {
    !has("part_pt") && cartesian::COLUMNS.into_iter().all(has)
}

pub(super) fn lists<'a>(
    table: &'a Table,
    name: &str,
) -> Result<Cow<'a, Jagged<f64>>, ObservableError> {
    match &table.column(name)?.values {
        Values::FloatLists(lists) => Ok(Cow::Borrowed(lists)),
        _ => Ok(Cow::Owned(table.float_lists(name)?)),
    }
}

fn is_pt(pt: f64) -> bool {
    PT_RANGE.contains(&pt)
}

fn is_mass(m: f64) -> bool {
    m.is_finite() && m >= MASS_TOLERANCE
}

fn is_direction(y: f64) -> bool {
    y.abs() <= LARGEST_RAPIDITY
}

pub(super) fn check(
    row: usize,
    column: &str,
    entry: Option<usize>,
    value: f64,
    expected: &'static str,
    sound: fn(f64) -> bool,
) -> Result<f64, ObservableError> {
    if sound(value) {
        Ok(value)
    } else {
        Err(ObservableError::Value {
            row,
            column: column.to_owned(),
            entry,
            value,
            expected,
        })
    }
}

/// The checks of [`Jets::from_table`] for a jet that is built by hand.
pub(super) fn check_momentum(
    row: usize,
    entry: Option<usize>,
    p: Momentum,
) -> Result<(), ObservableError> {
    check(row, "pt", entry, p.pt, POSITIVE, is_pt)?;
    check(row, "y", entry, p.y, DIRECTION, is_direction)?;
    check(row, "phi", entry, p.phi, ANGLE, f64::is_finite)?;
    check(row, "m", entry, p.m, MASS, is_mass)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::Column;

    fn lists_column(name: &str, rows: &[&[f64]]) -> Column {
        let values = Values::FloatLists(rows.iter().map(|row| row.to_vec()).collect());
        Column {
            name: name.to_owned(),
            unit: String::new(),
            values,
        }
    }

    fn numbers(name: &str, values: &[f64]) -> Column {
        Column {
            name: name.to_owned(),
            unit: String::new(),
            values: Values::Float(values.to_vec()),
        }
    }

    fn table(part_pt: &[&[f64]], part_eta: &[&[f64]]) -> Table {
        let phi: Vec<Vec<f64>> = part_pt.iter().map(|row| vec![0.1; row.len()]).collect();
        let phi: Vec<&[f64]> = phi.iter().map(Vec::as_slice).collect();
        Table::new(vec![
            lists_column("part_pt", part_pt),
            lists_column("part_eta", part_eta),
            lists_column("part_phi", &phi),
        ])
        .unwrap()
    }

    #[test]
    fn relative_pseudorapidity_becomes_rapidity() {
        let table = Table::new(vec![
            lists_column("part_pt", &[&[2.0]]),
            lists_column("part_deta", &[&[0.5]]),
            lists_column("part_dphi", &[&[0.2]]),
            lists_column("part_m", &[&[1.0]]),
            numbers("jet_eta", &[1.0]),
            numbers("jet_phi", &[3.0]),
        ])
        .unwrap();
        let jets = Jets::from_table(&table, 0).unwrap();
        let jet = jets.jet(0);
        let expected = (2.0 * 1.5_f64.sinh() / 5.0_f64.sqrt()).asinh();
        assert!((jet.y[0] - expected).abs() < 1e-14);
        assert!((jet.phi[0] - (3.2 - std::f64::consts::TAU)).abs() < 1e-14);
        // The table has no jet_pt and no jet_m: those of the sum.
        assert!((jet.axis.pt - 2.0).abs() < 1e-14);
        assert!((jet.axis.m - 1.0).abs() < 1e-14);
        assert_eq!(jet.axis.phi, 3.0);
    }

    #[test]
    fn a_missing_column_names_what_would_do_and_what_is_there() {
        let table = Table::new(vec![
            lists_column("part_pt", &[&[1.0]]),
            lists_column("part_deta", &[&[1.0]]),
        ]);
        let message = Jets::from_table(&table.unwrap(), 0)
            .unwrap_err()
            .to_string();
        assert!(message.contains("`part_deta` with `jet_eta`"), "{message}");
        assert!(message.ends_with("part_pt, part_deta"), "{message}");
    }

    #[test]
    fn the_reader_is_told_which_columns_to_read() {
        let found: Vec<String> = [
            "label",
            "part_pt",
            "part_deta",
            "part_dphi",
            "part_m",
            "part_pid",
            "jet_eta",
            "jet_phi",
        ]
        .map(str::to_owned)
        .to_vec();
        let needed = Jets::needed(&found, &[]).unwrap();
        assert_eq!(
            needed,
            [
                "part_pt",
                "part_deta",
                "part_dphi",
                "part_m",
                "jet_eta",
                "jet_phi"
            ]
        );
        assert!(Jets::needed(&found[..2], &[]).is_err());
    }

    #[test]
    fn lists_of_different_length_name_the_row_and_both_columns() {
        let error =
            Jets::from_table(&table(&[&[1.0], &[1.0, 2.0]], &[&[0.0], &[0.0]]), 10).unwrap_err();
        let message = error.to_string();
        for part in ["row 11", "part_pt", "2 constituents", "part_eta", " 1;"] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }

    #[test]
    fn impossible_numbers_name_row_column_and_value() {
        for (value, shown) in [
            (-1.5, "-1.5"),
            (0.0, "found 0"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            let error =
                Jets::from_table(&table(&[&[1.0], &[3.0, value]], &[&[0.0], &[0.0, 0.0]]), 5)
                    .unwrap_err();
            let message = error.to_string();
            for part in ["row 6", "`part_pt`", "entry 1", shown, "above 0"] {
                assert!(message.contains(part), "{part}: {message}");
            }
        }
        let error = Jets::from_table(&table(&[&[1.0]], &[&[f64::NAN]]), 0).unwrap_err();
        assert!(error.to_string().contains("`part_eta`"), "{error}");
    }

    #[test]
    fn a_jet_without_constituents_is_refused() {
        let error = Jets::from_table(&table(&[&[1.0], &[]], &[&[0.0], &[]]), 0).unwrap_err();
        assert_eq!(
            error,
            ObservableError::Empty {
                row: 1,
                column: "part_pt".to_owned()
            }
        );
    }

    #[test]
    fn a_mass_is_zero_below_zero_only_within_rounding() {
        let mut almost = table(&[&[1.0]], &[&[0.0]]);
        almost.push(lists_column("part_m", &[&[-1e-3]])).unwrap();
        assert_eq!(Jets::from_table(&almost, 0).unwrap().jet(0).m, [0.0]);
        let mut wrong = table(&[&[1.0]], &[&[0.0]]);
        wrong.push(lists_column("part_m", &[&[-1.0]])).unwrap();
        assert!(matches!(
            Jets::from_table(&wrong, 0),
            Err(ObservableError::Value { .. })
        ));
    }
}
