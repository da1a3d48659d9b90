//! Dimensions: what a unit measures, whatever its size.

use std::fmt;

/// What counts as a whole power: twelfths hold square and cube roots of roots.
const WHOLE: i16 = 12;
/// The base units of the SI.
const BASE: [&str; 7] = ["m", "kg", "s", "A", "K", "mol", "cd"];

/// Powers of the base units of the SI, in twelfths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Dimension([i16; 7]);

/// Names of units and their powers of m, kg, s, A, K, mol, cd.
const NAMED: [(&str, [i16; 7]); 35] = [
    ("m", [1, 0, 0, 0, 0, 0, 0]),
    ("g", [0, 1, 0, 0, 0, 0, 0]),
    ("s", [0, 0, 1, 0, 0, 0, 0]),
    ("A", [0, 0, 0, 1, 0, 0, 0]),
    ("K", [0, 0, 0, 0, 1, 0, 0]),
    ("mol", [0, 0, 0, 0, 0, 1, 0]),
    ("cd", [0, 0, 0, 0, 0, 0, 1]),
    ("rad", [0; 7]),
    ("sr", [0; 7]),
    ("deg", [0; 7]),
    ("Hz", [0, 0, -1, 0, 0, 0, 0]),
    ("Bq", [0, 0, -1, 0, 0, 0, 0]),
    ("N", [1, 1, -2, 0, 0, 0, 0]),
    ("Pa", [-1, 1, -2, 0, 0, 0, 0]),
    ("bar", [-1, 1, -2, 0, 0, 0, 0]),
    ("atm", [-1, 1, -2, 0, 0, 0, 0]),
    ("J", [2, 1, -2, 0, 0, 0, 0]),
    ("eV", [2, 1, -2, 0, 0, 0, 0]),
    ("W", [2, 1, -3, 0, 0, 0, 0]),
    ("C", [0, 0, 1, 1, 0, 0, 0]),
    ("V", [2, 1, -3, -1, 0, 0, 0]),
    ("Ohm", [2, 1, -3, -2, 0, 0, 0]),
    ("S", [-2, -1, 3, 2, 0, 0, 0]),
    ("F", [-2, -1, 4, 2, 0, 0, 0]),
    ("T", [0, 1, -2, -1, 0, 0, 0]),
    ("Wb", [2, 1, -2, -1, 0, 0, 0]),
    ("H", [2, 1, -2, -2, 0, 0, 0]),
    ("lm", [0, 0, 0, 0, 0, 0, 1]),
    ("lx", [-2, 0, 0, 0, 0, 0, 1]),
    ("Gy", [2, 0, -2, 0, 0, 0, 0]),
    ("Sv", [2, 0, -2, 0, 0, 0, 0]),
    ("L", [3, 0, 0, 0, 0, 0, 0]),
    ("b", [2, 0, 0, 0, 0, 0, 0]),
    ("min", [0, 0, 1, 0, 0, 0, 0]),
    ("h", [0, 0, 1, 0, 0, 0, 0]),
];

/// Prefixes change the size only.
const PREFIXES: [&str; 21] = [
    "da", "Y", "Z", "E", "P", "T", "G", "M", "k", "h", "d", "c", "m", "u", "µ", "n", "p", "f", "a",
    "z", "y",
];

impl Dimension {
    /// A pure number.
    pub const NONE: Self = Self([0; 7]);

    /// Reads products, quotients and powers of units: `kg*m/s^2`, `GeV`, `1/mm`,
    /// `m s^-2`, `m^(1/2)`; nothing or `1` is a pure number. The error names the
    /// part that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let spaced = text.replace("**", "^").replace('·', "*");
        let mut out = Self::NONE;
        let mut sign = 1;
        for part in pieces(&spaced) {
            match part.as_str() {
                "*" => sign = 1,
                "/" => sign = -1,
                factor => {
                    let (dimension, twelfths) = factor_of(factor).ok_or(part.clone())?;
                    let power = dimension.power(sign * twelfths).ok_or(part)?;
                    out = out.times(power);
                    sign = 1;
                }
            }
        }
        Ok(out)
    }

    /// The dimension of a product.
    pub fn times(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| {
            self.0[i].saturating_add(other.0[i])
        }))
    }

    /// The dimension of a quotient.
    pub fn over(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| {
            self.0[i].saturating_sub(other.0[i])
        }))
    }

    /// The dimension to the power of so many twelfths; `None` if that is no
    /// whole number of twelfths.
    pub fn power(self, twelfths: i16) -> Option<Self> {
        let mut out = [0; 7];
        for (out, power) in out.iter_mut().zip(self.0) {
            let product = power.checked_mul(twelfths)?;
            if product % WHOLE != 0 {
                return None;
            }
            *out = product / WHOLE;
        }
        Some(Self(out))
    }

    /// The dimension to a power that is a number of a formula.
    pub fn to_the(self, power: f64) -> Option<Self> {
        let twelfths = (power * f64::from(WHOLE)).round();
        let exact = (twelfths / f64::from(WHOLE) - power).abs() < 1e-9 && twelfths.abs() < 1e3;
        exact.then(|| self.power(twelfths as i16)).flatten()
    }

    /// With ħ = c = 1, k_B = 1 and the electric charge a pure number, all that is
    /// left is a power of energy.
    pub fn natural(self) -> Self {
        let [m, kg, s, a, k, _, _] = self.0;
        // One joule is kg in these units: all of it goes into the mass.
        Self([0, kg + a + k - m - s, 0, 0, 0, 0, 0])
    }

    /// The powers, as numbers.
    pub fn powers(self) -> [f64; 7] {
        self.0.map(|p| f64::from(p) / f64::from(WHOLE))
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factors: Vec<String> = BASE
            .iter()
            .zip(self.powers())
            .filter(|(_, p)| *p != 0.0)
            .map(|(name, p)| {
                if p == 1.0 {
                    (*name).to_owned()
                } else {
                    format!("{name}^{p}")
                }
            })
            .collect();
        if factors.is_empty() {
            f.write_str("1")
        } else {
            f.write_str(&factors.join("*"))
        }
    }
}

/// Factors and the signs between them; a bracket holds one power.
fn pieces(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word = String::new();
    let mut depth = 0;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth == 0 && (c == '*' || c == '/' || c.is_whitespace()) {
            if !word.is_empty() {
                out.push(std::mem::take(&mut word));
            }
            if !c.is_whitespace() {
                out.push(c.to_string());
            }
        } else {
            word.push(c);
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// A unit and its power in twelfths.
fn factor_of(text: &str) -> Option<(Dimension, i16)> {
    let (name, power) = match text.split_once('^') {
        None => (text, WHOLE),
        Some((name, power)) => (name, twelfths(power)?),
    };
    Some((unit(name)?, power))
}

fn twelfths(text: &str) -> Option<i16> {
    let inner = text
        .strip_prefix('(')
        .and_then(|t| t.strip_suffix(')'))
        .unwrap_or(text);
    let value = match inner.split_once('/') {
        None => inner.trim().parse::<f64>().ok()?,
        Some((a, b)) => a.trim().parse::<f64>().ok()? / b.trim().parse::<f64>().ok()?,
    };
    let scaled = value * f64::from(WHOLE);
    let whole = (scaled - scaled.round()).abs() < 1e-9 && scaled.abs() < 1000.0;
    whole.then(|| scaled.round() as i16)
}

fn unit(name: &str) -> Option<Dimension> {
    if name == "1" {
        return Some(Dimension::NONE);
    }
    let named = |name: &str| {
        let found = NAMED.iter().find(|(n, _)| *n == name)?;
        Some(Dimension(found.1.map(|p| p * WHOLE)))
    };
    named(name).or_else(|| {
        let prefixes = PREFIXES.iter().filter_map(|p| name.strip_prefix(p));
        prefixes.into_iter().find_map(named)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_whatever_their_prefix() {
        let of = |text: &str| Dimension::parse(text).unwrap();
        assert_eq!(of("kg*m/s^2"), of("N"));
        assert_eq!(of("GeV"), of("J"));
        assert_eq!(of("mm"), of("km"));
        assert_eq!(of("V*A"), of("W"));
        assert_eq!(of("m s^-2"), of("N/g"));
        assert_eq!(of("m^(1/2)").power(24), Some(of("m")));
        assert_eq!(of("").to_string(), "1");
        assert_eq!(of("1/s"), of("Hz"));
        assert_eq!(of("N").to_string(), "m*kg*s^-2");
        assert_eq!(Dimension::parse("kg*foo"), Err("foo".to_owned()));
        assert_eq!(Dimension::parse("m^x"), Err("m^x".to_owned()));
    }

    #[test]
    fn natural_units_know_energy_only() {
        let of = |text: &str| Dimension::parse(text).unwrap().natural();
        assert_eq!(of("J"), of("kg"));
        assert_eq!(of("m"), of("s"));
        assert_eq!(of("J*m"), Dimension::NONE);
        assert_eq!(of("m/s"), Dimension::NONE);
        assert_eq!(of("C"), Dimension::NONE);
        assert_eq!(of("K"), of("eV"));
    }
}
