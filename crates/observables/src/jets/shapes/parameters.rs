//! Observables with parameters in their names: `tau2(beta=2,axes=wta-kt)`.
//!
//! | name | parameters (defaults) |
//! |---|---|
//! | `angularity` | `kappa` (1), `beta` (1): `Σ z^κ r^β` |
//! | `jet_charge` | `kappa` (0.5): `Σ z^κ q` |
//! | `tau1` … `tau6` | `beta` (1), `r0` (1), `axes` (`kt`, or `ca`, `wta-kt`), `min` (`false`), `normalised` (`true`) |
//! | `e2` `e3` `e4` `c1` `c2` `c3` `d2` `m2` `m3` `n2` `n3` `u1` `u2` `u3` | `beta` (1) |
//! | `soft_drop_mass`, `_pt`, `_zg`, `_rg` | `beta` (0), `zcut` (0.1), `r0` (1) |
//!
//! Angularities: C. Berger, T. Kúcs, G. Sterman, hep-ph/0303051, in the form of
//! A. Larkoski, J. Thaler, W. Waalewijn, arXiv:1408.3122, eq. 1.1, with angles that are not
//! divided by a radius. Each is made once and kept.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::family::{member, ratio, text};
use super::{About, Observable, jet_charge};
use crate::ObservableError;
use crate::jets::Jet;
use crate::jets::grooming::SoftDrop;
use crate::jets::subjettiness::{Axes, Subjettiness};
use crate::jets::substructure::Substructure;

type Made = BTreeMap<String, &'static dyn Observable>;

static MADE: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);

/// The observable of a name with parameters; `None` for a name without.
pub(super) fn by_name(name: &str) -> Option<Result<&'static dyn Observable, ObservableError>> {
    let (base, rest) = name.split_once('(')?;
    let rest = rest.strip_suffix(')')?;
    // What was made is sound even if another thread panicked.
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = made.get(name) {
        return Some(Ok(*known));
    }
    let found = Parameters::read(rest).and_then(|mut parameters| {
        let observable = make(name, base, &mut parameters)?;
        parameters.all_used()?;
        Ok(observable)
    });
    if let Ok(observable) = found {
        made.insert(name.to_owned(), observable);
    }
    Some(found)
}

/// What stands between the parentheses.
struct Parameters<'a> {
    given: BTreeMap<&'a str, &'a str>,
    known: Vec<&'static str>,
}

impl<'a> Parameters<'a> {
    fn read(words: &'a str) -> Result<Self, ObservableError> {
        let mut given = BTreeMap::new();
        for word in words.split(',').filter(|word| !word.trim().is_empty()) {
            let (key, value) = word.split_once('=').ok_or_else(|| wrong(word))?;
            if given.insert(key.trim(), value.trim()).is_some() {
                return Err(wrong(word));
            }
        }
        Ok(Self {
            given,
            known: Vec::new(),
        })
    }

    fn take<T: std::str::FromStr>(
        &mut self,
        key: &'static str,
        default: T,
    ) -> Result<T, ObservableError> {
        self.known.push(key);
        match self.given.remove(key) {
            None => Ok(default),
            Some(value) => value.parse().map_err(|_| wrong(&format!("{key}={value}"))),
        }
    }

    fn number(&mut self, key: &'static str, default: f64) -> Result<f64, ObservableError> {
        let value: f64 = self.take(key, default)?;
        if value.is_finite() && value.abs() <= 100.0 {
            Ok(value)
        } else {
            Err(wrong(&format!("{key}={value}")))
        }
    }

    /// An exponent of an angle.
    fn exponent(&mut self, default: f64) -> Result<f64, ObservableError> {
        let beta = self.number("beta", default)?;
        if beta > 0.0 {
            Ok(beta)
        } else {
            Err(wrong(&format!("beta={beta}")))
        }
    }

    fn all_used(&self) -> Result<(), ObservableError> {
        match self.given.iter().next() {
            None => Ok(()),
            Some((key, _)) => Err(ObservableError::setting(
                "parameter",
                key,
                text(format!("one of {}", self.known.join(", "))),
            )),
        }
    }
}

fn wrong(word: &str) -> ObservableError {
    ObservableError::setting(
        "parameter",
        word,
        "a sound value as in `beta=2` or `axes=wta-kt`",
    )
}

fn make(
    name: &str,
    base: &str,
    parameters: &mut Parameters<'_>,
) -> Result<&'static dyn Observable, ObservableError> {
    let about = |like: About, definition: String| About {
        name: text(name.to_owned()),
        definition: text(definition),
        unit: "",
        ..like
    };
    let like = |name: &str| super::by_name(name).map(|like| *like.about());
    if base == "angularity" {
        let (kappa, beta) = (
            parameters.number("kappa", 1.0)?,
            parameters.number("beta", 1.0)?,
        );
        if beta < 0.0 {
            return Err(wrong(&format!("beta={beta}")));
        }
        let about = About {
            name: text(name.to_owned()),
            symbol: "lambda",
            latex: text(format!(r"\lambda^{{{kappa}}}_{{{beta}}}")),
            unit: "",
            definition: text(format!("Σ z^{kappa} r^{beta}")),
            reference: "arXiv:1408.3122, eq. 1.1",
            infrared_safe: kappa == 1.0 && beta > 0.0,
        };
        return Ok(member(about, move |jet| angularity(jet.jet(), kappa, beta)));
    }
    if base == "jet_charge" {
        let kappa = parameters.number("kappa", 0.5)?;
        return Ok(jet_charge::of(text(name.to_owned()), kappa));
    }
    if let Some(n) = base
        .strip_prefix("tau")
        .and_then(|n| n.parse().ok())
        .filter(|n| (1..=6).contains(n))
    {
        let settings = Subjettiness {
            axes: match parameters.take("axes", "kt".to_owned())?.as_str() {
                "kt" => Axes::Kt,
                "ca" => Axes::CambridgeAachen,
                "wta-kt" => Axes::WtaKt,
                other => return Err(wrong(&format!("axes={other}"))),
            },
            beta: parameters.exponent(1.0)?,
            r0: parameters.number("r0", 1.0)?,
            one_pass: parameters.take("min", false)?,
            normalised: parameters.take("normalised", true)?,
        };
        settings.check()?;
        let words = format!(
            "Σ pt min ΔR^{} to {n} {} axes{}, {}",
            settings.beta,
            match settings.axes {
                Axes::Kt => "exclusive kT",
                Axes::CambridgeAachen => "exclusive Cambridge/Aachen",
                Axes::WtaKt => "exclusive winner-take-all kT",
            },
            if settings.one_pass {
                " at the nearest minimum"
            } else {
                ""
            },
            if settings.normalised {
                format!("over Σ pt R0^{} with R0 = {}", settings.beta, settings.r0)
            } else {
                "not normalised".to_owned()
            },
        );
        let about = about(like(base)?, words);
        return Ok(member(about, move |jet| settings.tau(jet, n)));
    }
    if let Some(part) = base.strip_prefix("soft_drop_") {
        let drop = SoftDrop {
            beta: parameters.number("beta", 0.0)?,
            zcut: parameters.number("zcut", 0.1)?,
            r0: parameters.number("r0", 1.0)?,
        };
        drop.check()?;
        let of: fn(SoftDrop, &Substructure<'_>) -> f64 = match part {
            "mass" => |drop, jet| drop.groom(jet).jet.m(),
            "pt" => |drop, jet| drop.groom(jet).jet.pt(),
            "zg" => |drop, jet| drop.groom(jet).splitting.unwrap_or_default().z,
            "rg" => |drop, jet| drop.groom(jet).splitting.unwrap_or_default().r,
            _ => return super::by_name(base),
        };
        let like = like(base)?;
        let words = format!(
            "{part} after soft drop, beta {}, zcut {}, R0 {}",
            drop.beta, drop.zcut, drop.r0
        );
        let about = About {
            unit: like.unit,
            ..about(like, words)
        };
        return Ok(member(about, move |jet| of(drop, jet)));
    }
    let of = correlation(base).ok_or_else(|| super::unknown(name))?;
    let beta = parameters.exponent(1.0)?;
    let like = like(&format!("{base}_beta1"))?;
    let words = format!(
        "{} of correlation functions with beta {beta}",
        base.to_uppercase()
    );
    let about = about(like, words);
    Ok(member(about, move |jet| of(jet, beta)))
}

/// `Σ z^κ r^β`; a particle on the axis counts with `β = 0` only.
fn angularity(jet: Jet<'_>, kappa: f64, beta: f64) -> f64 {
    let total = jet.scalar_pt();
    jet.plane()
        .map(|flow| (flow.pt / total).powf(kappa) * flow.radius().powf(beta))
        .sum()
}

type Correlation = fn(&Substructure<'_>, f64) -> f64;

/// Correlation functions and their ratios, as in the families of fixed `β`.
fn correlation(base: &str) -> Option<Correlation> {
    Some(match base {
        "e2" | "c1" | "u1" => |jet, beta| jet.correlations(beta).e2,
        "e3" => |jet, beta| jet.correlations(beta).e3,
        "e4" => |jet, beta| jet.four_point(beta).e4,
        "u2" => |jet, beta| jet.correlations(beta).one_e3,
        "u3" => |jet, beta| jet.four_point(beta).one_e4,
        "c2" => |jet, beta| {
            let few = jet.correlations(beta);
            ratio(few.e3, few.e2.powi(2))
        },
        "d2" => |jet, beta| {
            let few = jet.correlations(beta);
            ratio(few.e3, few.e2.powi(3))
        },
        "c3" => |jet, beta| {
            let few = jet.correlations(beta);
            ratio(jet.four_point(beta).e4 * few.e2, few.e3 * few.e3)
        },
        "m2" => |jet, beta| {
            let few = jet.correlations(beta);
            ratio(few.one_e3, few.e2)
        },
        "n2" => |jet, beta| {
            let few = jet.correlations(beta);
            ratio(few.two_e3, few.e2 * few.e2)
        },
        "m3" => |jet, beta| ratio(jet.four_point(beta).one_e4, jet.correlations(beta).one_e3),
        "n3" => |jet, beta| {
            let three = jet.correlations(beta).one_e3;
            ratio(jet.four_point(beta).two_e4, three * three)
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::jets::shapes::testing::jet;
    use crate::jets::shapes::{by_name, standard};

    fn value(name: &str) -> f64 {
        let jets = jet(&[
            (5.0, 0.0, 0.1),
            (3.0, 0.3, 0.0),
            (2.0, 0.0, -0.4),
            (1.0, -0.2, 0.2),
        ]);
        by_name(name).unwrap().evaluate(jets.jet(0))
    }

    #[test]
    fn parameters_at_their_defaults_give_the_observables_without() {
        for (with, without) in [
            ("angularity(kappa=1,beta=1)", "girth"),
            ("angularity(beta=2)", "width"),
            ("angularity(beta=0.5)", "lha"),
            ("angularity(kappa=0, beta=0)", "multiplicity"),
            ("tau2()", "tau2"),
            ("tau2(axes=wta-kt)", "tau2_wta"),
            ("tau3(min=true)", "tau3_min"),
            ("d2(beta=2)", "d2_beta2"),
            ("n2(beta=1)", "n2_beta1"),
            ("soft_drop_mass(beta=0)", "mmdt_mass"),
            ("soft_drop_zg(beta=1)", "soft_drop_zg"),
        ] {
            assert!((value(with) - value(without)).abs() < 1e-14, "{with}");
            assert_eq!(by_name(with).unwrap().about().name, with);
        }
        assert!((value("angularity(kappa=2,beta=0)").sqrt() - value("ptd")).abs() < 1e-14);
        assert!(value("n2(beta=0.7)") != value("n2(beta=1)"));
        assert!(
            standard()
                .iter()
                .all(|observable| !observable.about().name.contains('('))
        );
    }

    #[test]
    fn parameters_that_are_none_are_refused() {
        for (name, part) in [
            ("tau2(bet=1)", "one of axes, beta, r0, min, normalised"),
            ("tau2(beta=-1)", "beta=-1"),
            ("tau2(axes=kT)", "axes=kT"),
            ("tau2(beta)", "`parameter` is beta"),
            ("tau9(beta=1)", "tau9"),
            ("girth(beta=1)", "girth(beta=1)"),
            ("soft_drop_mass(zcut=3)", "zcut"),
        ] {
            let message = by_name(name)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(message.contains(part), "{name}: {message}");
        }
    }
}
