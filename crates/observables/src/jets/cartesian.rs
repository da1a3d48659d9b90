//! Jets whose constituents come as components of their momenta.
//!
//! $$ p_T = \sqrt{p_x^2 + p_y^2}, \quad \phi = \operatorname{atan2}(p_y, p_x), \quad
//!    m^2 = (E + p)(E - p), \quad y = \operatorname{asinh}\frac{p_z}{\sqrt{p_T^2 + m^2}} $$
//!
//! A mass squared below 0 by rounding, as massless particles have it in files of
//! either precision, counts as 0; one further below is no particle and is
//! refused.

use std::borrow::Cow;

use pellucid_core::{Column, Jagged, Table, Values};

use super::ObservableError;
use super::table::{check, lists};

/// The columns of the components.
pub(super) const COLUMNS: [&str; 4] = ["part_px", "part_py", "part_pz", "part_e"];

/// `m²` may be this far below 0, as a share of `E²`: the rounding of files in
/// single precision, whose energies and momenta are off by 6e-8 each.
const MASS_TOLERANCE: f64 = 1e-6;

/// The table with `part_pt`, `part_y`, `part_phi` and `part_m` in place of the
/// components.
pub(super) fn to_polar(table: &Table, first_row: usize) -> Result<Table, ObservableError> {
    let [px, py, pz, e]: [Cow<'_, Jagged<f64>>; 4] = [
        lists(table, COLUMNS[0])?,
        lists(table, COLUMNS[1])?,
        lists(table, COLUMNS[2])?,
        lists(table, COLUMNS[3])?,
    ];
    let mut polar: [Jagged<f64>; 4] = Default::default();
    for i in 0..table.rows() {
        let row = first_row + i;
        let components = [px.row(i), py.row(i), pz.row(i), e.row(i)];
        for (name, list) in COLUMNS.iter().zip(components) {
            if list.len() != components[0].len() {
                return Err(ObservableError::Lengths {
                    row,
                    first: COLUMNS[0].to_owned(),
                    first_length: components[0].len(),
                    second: (*name).to_owned(),
                    second_length: list.len(),
                });
            }
        }
        let mut particles: [Vec<f64>; 4] = Default::default();
        for j in 0..components[0].len() {
            let mut p = [0.0; 4];
            for ((p, list), name) in p.iter_mut().zip(components).zip(COLUMNS) {
                *p = check(
                    row,
                    name,
                    Some(j),
                    list[j],
                    "a finite number",
                    f64::is_finite,
                )?;
            }
            let found = momentum(p).ok_or_else(|| ObservableError::Value {
                row,
                column: COLUMNS[3].to_owned(),
                entry: Some(j),
                value: p[3],
                expected: "an energy of at least the size of the momentum",
            })?;
            for (list, value) in particles.iter_mut().zip(found) {
                list.push(value);
            }
        }
        for (list, values) in polar.iter_mut().zip(particles) {
            list.push(values);
        }
    }
    let mut columns: Vec<Column> = table.columns().to_vec();
    columns.retain(|column| !COLUMNS.contains(&column.name.as_str()));
    let names = ["part_pt", "part_y", "part_phi", "part_m"];
    for (name, list) in names.into_iter().zip(polar) {
        columns.push(Column {
            name: name.to_owned(),
            unit: String::new(),
            values: Values::FloatLists(list),
        });
    }
    Ok(Table::new(columns)?)
}

/// `pt`, `y`, `phi`, `m`; nothing if the energy is below the momentum.
fn momentum([px, py, pz, e]: [f64; 4]) -> Option<[f64; 4]> {
    let pt = px.hypot(py);
    let p = pt.hypot(pz);
    let square = (e + p) * (e - p);
    if square < -MASS_TOLERANCE * e * e || e < 0.0 {
        return None;
    }
    let m = square.max(0.0).sqrt();
    Some([pt, (pz / pt.hypot(m)).asinh(), py.atan2(px), m])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Jets;

    fn table(columns: [&[f64]; 4]) -> Table {
        let column = |(name, row): (&str, &[f64])| Column {
            name: name.to_owned(),
            unit: String::new(),
            values: Values::FloatLists([row.to_vec()].into_iter().collect()),
        };
        Table::new(COLUMNS.into_iter().zip(columns).map(column).collect()).unwrap()
    }

    #[test]
    fn components_are_the_momentum_they_are_made_of() {
        let (pt, y, phi, m) = (20.0_f64, -1.3_f64, 2.5_f64, 3.0_f64);
        let mt = pt.hypot(m);
        let found = table([
            &[pt * phi.cos(), 5.0],
            &[pt * phi.sin(), 0.0],
            &[mt * y.sinh(), 0.0],
            &[mt * y.cosh(), 5.0 - 1e-12],
        ]);
        let jets = Jets::from_table(&found, 0).unwrap();
        let jet = jets.jet(0);
        for (ours, expected) in [
            (jet.pt[0], pt),
            (jet.y[0], y),
            (jet.phi[0], phi),
            (jet.m[0], m),
        ] {
            assert!((ours - expected).abs() < 1e-12, "{ours} {expected}");
        }
        assert_eq!(jet.m[1], 0.0);
        assert_eq!(Jets::needed(&found.names(), &[]).unwrap(), COLUMNS);
    }

    #[test]
    fn what_is_no_momentum_is_named_with_its_place() {
        for (bad, part) in [
            (table([&[3.0], &[0.0], &[4.0], &[4.0]]), "`part_e`, entry 0"),
            (table([&[f64::NAN], &[0.0], &[4.0], &[9.0]]), "`part_px`"),
            (table([&[0.0], &[0.0], &[4.0], &[4.0]]), "`part_pt`"),
            (table([&[1.0], &[0.0], &[4.0, 1.0], &[9.0]]), "`part_pz` 2"),
        ] {
            let message = Jets::from_table(&bad, 7).unwrap_err().to_string();
            assert!(
                message.contains(part) && message.contains("row 7"),
                "{message}"
            );
        }
    }
}
