//! What a wrong prediction costs.
//!
//! A [`Loss`] says for one row what a prediction `f` costs where the target is
//! `y`: its value $V(f, y) \ge 0$, zero at the best prediction, its slope
//! $\partial V/\partial f$, and a curvature that Newton's method may use. Constants
//! are then fitted by reweighted Levenberg–Marquardt steps,
//!
//! $$ \Bigl(\sum w\,c\,\nabla f\,\nabla f^T + \lambda D\Bigr)\,\delta
//!    = -\sum w\,s\,\nabla f $$
//!
//! with half the slope `s` and half the curvature `c` of each row: for least
//! squares the normal equations, for a likelihood Fisher scoring, for the modulus
//! and Huber's function least squares with weights from the last step.
//!
//! A loss is a struct in a file of its own and one word in the list below. Users
//! add theirs with [`register`].

pub mod gaussian;
pub mod huber;
pub mod logarithmic;
pub mod modulus;
pub mod poisson;

use std::fmt::Debug;
use std::sync::{Arc, RwLock};

use serde::{Deserialize, Serialize};

use crate::error::SymbolicError;

pub use gaussian::Gaussian;
pub use huber::Huber;
pub use logarithmic::Logarithmic;
pub use modulus::Modulus;
pub use poisson::Poisson;

/// What a prediction costs in one row.
pub trait Loss: Send + Sync + Debug {
    /// `V(f, y)`: zero at the best prediction, infinite or not a number where `f` is
    /// impossible.
    fn value(&self, f: f64, y: f64) -> f64;
    /// `∂V/∂f`.
    fn slope(&self, f: f64, y: f64) -> f64;
    /// `∂²V/∂f²`, its expectation over `y`, or the curvature of a parabola that
    /// touches `V` in `f` and lies above it; finite and not negative.
    fn curvature(&self, f: f64, y: f64) -> f64;

    /// Why a target is impossible ("expected …"), or `None` if all are possible.
    fn refuses(&self, _y: f64) -> Option<&'static str> {
        None
    }
    /// The weight of a row in the least squares that a fit begins with.
    fn first_weight(&self, _y: f64) -> f64 {
        1.0
    }
    /// The power of a small error that `V` is proportional to.
    fn order(&self) -> i32 {
        2
    }
    /// Minus the logarithm of the likelihood of so many rows with this mean of `V`, up
    /// to what is the same for all laws. By default that of normal errors of unknown
    /// size, $\frac n2 \ln \langle V\rangle$.
    fn length(&self, mean: f64, rows: f64) -> f64 {
        0.5 * rows * mean.ln()
    }
    /// Half the curvature that errors of constants follow from, the inverse of
    /// $\sum w\,i\,\nabla f\,\nabla f^T$ times [`dispersion`](Self::dispersion).
    fn information(&self, f: f64, y: f64) -> f64 {
        0.5 * self.curvature(f, y)
    }
    /// Whether the size of errors is known, so that this inverse is the covariance.
    fn knows_errors(&self) -> bool {
        false
    }
    /// What the inverse is multiplied by if it is not, from all predictions, targets and weights
    /// and the number of rows less that of constants.
    fn dispersion(&self, f: &[f64], y: &[f64], w: &[f64], free: f64) -> f64 {
        self.sum(f, y, w) / free
    }
    /// What the mean of `V` is called, and whether its root is shown.
    fn measure(&self) -> (&'static str, bool) {
        ("root of the mean loss", true)
    }

    /// `Σ w V` over rows.
    fn sum(&self, f: &[f64], y: &[f64], w: &[f64]) -> f64 {
        let rows = f.iter().zip(y).zip(w);
        // Rows without weight may be impossible.
        let row = |((&f, &y), &w): ((&f64, &f64), &f64)| {
            if w == 0.0 { 0.0 } else { w * self.value(f, y) }
        };
        rows.map(row).sum()
    }
    /// Half the slope and half the curvature of every row, times its weight.
    fn weigh(&self, f: &[f64], y: &[f64], w: &[f64], out: (&mut [f64], &mut [f64])) {
        let rows = f.iter().zip(y).zip(w);
        for (((&f, &y), &w), (s, c)) in rows.zip(out.0.iter_mut().zip(out.1)) {
            (*s, *c) = if w == 0.0 {
                (0.0, 0.0)
            } else {
                let half = 0.5 * w;
                (half * self.slope(f, y), half * self.curvature(f, y))
            };
        }
    }
}

/// Which loss a search has.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "lowercase")]
pub enum Kind {
    /// The squared error `(f − y)²`.
    #[default]
    L2,
    /// The modulus of the error, [`Modulus`].
    L1,
    /// [`Huber`]'s function.
    Huber {
        /// The error where squares become moduli, in the target's unit.
        delta: f64,
    },
    /// The squared error of logarithms, [`Logarithmic`].
    Log,
    /// The deviance of counts, [`Poisson`].
    Poisson,
    /// Minus twice the logarithm of a normal likelihood, [`Gaussian`]: with weights
    /// (`1/σ²` of each row) these are known; without any, one unknown `σ` for all rows,
    /// which is least squares.
    Gaussian,
    /// One that was [registered](register).
    User {
        /// Its name.
        name: String,
    },
}

/// The names of the losses that are always there.
pub const NAMES: [&str; 6] = ["l2", "l1", "huber", "log", "poisson", "gaussian"];

/// What a loss may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Data<'a> {
    /// The targets.
    pub target: &'a [f64],
    /// The weights, of mean 1.
    pub weights: &'a [f64],
    /// The mean of the weights as they were given, if any were.
    pub precision: Option<f64>,
}

impl Kind {
    /// The loss for these data; `None` for plain least squares, which has loops of its
    /// own. An error names the row whose target is impossible.
    pub fn build(
        &self,
        data: Data<'_>,
        column: &str,
    ) -> Result<Option<Arc<dyn Loss>>, SymbolicError> {
        let loss: Arc<dyn Loss> = match self {
            Self::L2 => return Ok(None),
            Self::L1 => Arc::new(Modulus::new(data)),
            Self::Huber { delta } => Arc::new(Huber::new(*delta)?),
            Self::Log => Arc::new(Logarithmic),
            Self::Poisson => Arc::new(Poisson),
            Self::Gaussian => match data.precision {
                Some(precision) => Arc::new(Gaussian { precision }),
                None => return Ok(None),
            },
            Self::User { name } => registered(name)?,
        };
        let refused = data.target.iter().enumerate();
        let refused = refused.filter_map(|(row, &y)| Some((row, y, loss.refuses(y)?)));
        match refused.into_iter().next() {
            None => Ok(Some(loss)),
            Some((row, value, expected)) => Err(SymbolicError::Target {
                column: column.to_owned(),
                row,
                value,
                expected,
            }),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::L2 => "l2",
            Self::L1 => "l1",
            Self::Huber { .. } => "huber",
            Self::Log => "log",
            Self::Poisson => "poisson",
            Self::Gaussian => "gaussian",
            Self::User { name } => name,
        }
    }

    /// Whether squared errors are what is minimised whatever the data.
    pub fn is_squares(&self) -> bool {
        *self == Self::L2
    }
}

impl std::str::FromStr for Kind {
    type Err = SymbolicError;

    /// A name, for Huber's function with its width: `huber:0.5`.
    fn from_str(text: &str) -> Result<Self, SymbolicError> {
        let wrong = |expected| {
            Err(SymbolicError::Setting {
                setting: "loss",
                found: format!("`{text}`"),
                expected,
            })
        };
        let (name, width) = match text.split_once(':') {
            Some((name, width)) => (name, Some(width)),
            None => (text, None),
        };
        let kind = match (name, width) {
            ("l2", None) => Self::L2,
            ("l1", None) => Self::L1,
            ("log", None) => Self::Log,
            ("poisson", None) => Self::Poisson,
            ("gaussian", None) => Self::Gaussian,
            ("huber", width) => match width.map(str::parse) {
                Some(Ok(delta)) => {
                    Huber::new(delta)?;
                    Self::Huber { delta }
                }
                _ => {
                    return wrong(
                        "`huber:DELTA`, the error in the target's unit where squares end, such as \
                         huber:0.5",
                    );
                }
            },
            (name, None) if registered(name).is_ok() => Self::User {
                name: name.to_owned(),
            },
            _ => return wrong("one of l2, l1, huber:DELTA, log, poisson, gaussian"),
        };
        Ok(kind)
    }
}

/// Losses that users added.
static ADDED: RwLock<Vec<(String, Arc<dyn Loss>)>> = RwLock::new(Vec::new());

/// Adds a loss of your own under a new name; [`Kind::User`] asks for it.
pub fn register(name: &str, loss: Arc<dyn Loss>) -> Result<(), SymbolicError> {
    let mut list = match ADDED.write() {
        Ok(list) => list,
        // Another thread panicked while adding: the list itself is whole.
        Err(poisoned) => poisoned.into_inner(),
    };
    if name.is_empty() || NAMES.contains(&name) || list.iter().any(|(known, _)| known == name) {
        return Err(SymbolicError::Setting {
            setting: "loss",
            found: format!("`{name}`"),
            expected: "a new name for a loss that is added",
        });
    }
    list.push((name.to_owned(), loss));
    Ok(())
}

fn registered(name: &str) -> Result<Arc<dyn Loss>, SymbolicError> {
    let list = match ADDED.read() {
        Ok(list) => list,
        Err(poisoned) => poisoned.into_inner(),
    };
    let found = list.iter().find(|(known, _)| known == name);
    found.map_or_else(
        || {
            Err(SymbolicError::Setting {
                setting: "loss",
                found: format!("`{name}`"),
                expected: "a loss that was registered",
            })
        },
        |(_, loss)| Ok(Arc::clone(loss)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(&'static str, Arc<dyn Loss>)> {
        let data = Data {
            target: &[0.5, 1.0, 4.0],
            weights: &[1.0; 3],
            precision: Some(2.5),
        };
        ["l1", "huber:0.7", "log", "poisson", "gaussian"]
            .map(|text| {
                let kind: Kind = text.parse().unwrap();
                (text, kind.build(data, "y").unwrap().unwrap())
            })
            .to_vec()
    }

    #[test]
    fn slopes_are_those_of_central_differences_and_nothing_is_better_than_the_target() {
        for (name, loss) in all() {
            for y in [0.3, 1.0, 2.5] {
                assert!(loss.value(y, y).abs() < 1e-15, "{name}");
                for f in [0.2, 0.9, 1.1, 3.0, 7.0] {
                    let h = 1e-6;
                    let numeric = (loss.value(f + h, y) - loss.value(f - h, y)) / (2.0 * h);
                    let slope = loss.slope(f, y);
                    assert!(
                        (slope - numeric).abs() < 1e-7 * (1.0 + slope.abs()),
                        "{name} {f} {y}"
                    );
                    assert!(loss.value(f, y) > 0.0 && loss.curvature(f, y) >= 0.0);
                }
            }
        }
    }

    #[test]
    fn a_newton_step_of_one_number_does_not_raise_the_loss() {
        // Fisher's information and the touching parabola are what promises it near
        // the minimum.
        for (name, loss) in all() {
            for (f, y) in [(1.05, 1.0), (0.95, 1.0), (2.0, 2.1)] {
                let next = f - loss.slope(f, y) / loss.curvature(f, y);
                assert!(loss.value(next, y) <= loss.value(f, y), "{name} {f} {y}");
            }
        }
    }

    #[test]
    fn names_are_read_and_unknown_ones_refused() {
        assert_eq!(
            "huber:0.5".parse::<Kind>().unwrap(),
            Kind::Huber { delta: 0.5 }
        );
        for wrong in ["huber", "huber:0", "huber:x", "l3", "l1:2"] {
            assert!(wrong.parse::<Kind>().is_err(), "{wrong}");
        }
        assert!(
            Kind::User {
                name: "none".into()
            }
            .build(
                Data {
                    target: &[1.0],
                    weights: &[1.0],
                    precision: None
                },
                "y"
            )
            .is_err()
        );
    }
}
