//! One variable of a list of particles: what it is, and how it is brought to
//! numbers near 1.
//!
//! $$ x = \min\bigl(\max\bigl((v - s)\, k,\; l\bigr),\; u\bigr) $$
//!
//! with the shift `s` ([`subtract`](Transform::subtract)), the factor `k`
//! ([`multiply`](Transform::multiply)) and the bounds `l`, `u`
//! ([`clip`](Transform::clip)); a value that is no number becomes 0, or, with
//! [`infinite`](Transform::infinite), what is not finite becomes that before it is
//! shifted. Where there is no particle, or where the file does not tell the
//! variable, stands [`pad`](Transform::pad).
//!
//! * **Reference:** the data configurations of weaver, which write `[name,
//!   subtract, multiply, low, high, pad]`; its `preprocess.json` calls the same
//!   numbers `median`, `norm_factor`, `lower_bound`, `upper_bound`, `pad` and
//!   `replace_inf_value`.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::formula::Formula;
use super::{Feature, variable};
use crate::ObservableError;

/// How the values of a variable are moved and bounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transform {
    /// What is taken off.
    pub subtract: f64,
    /// What the rest is multiplied by.
    pub multiply: f64,
    /// The bounds of the result; infinite where there is none.
    pub clip: [f64; 2],
    /// What stands where there is no particle.
    pub pad: f64,
    /// What stands for a value that is not finite, before it is moved.
    pub infinite: Option<f64>,
}

impl Transform {
    /// Leaves values as they are.
    pub const IDENTITY: Self = Self {
        subtract: 0.0,
        multiply: 1.0,
        clip: [f64::NEG_INFINITY, f64::INFINITY],
        pad: 0.0,
        infinite: None,
    };

    /// The value moved and bounded.
    pub fn apply(self, value: f64) -> f64 {
        let value = match self.infinite {
            Some(instead) if !value.is_finite() => instead,
            _ => value,
        };
        let moved = (value - self.subtract) * self.multiply;
        if moved.is_nan() {
            0.0
        } else {
            moved.max(self.clip[0]).min(self.clip[1])
        }
    }

    /// An error if it makes no numbers.
    fn check(self, name: &str) -> Result<(), ObservableError> {
        let finite = [self.subtract, self.multiply, self.pad];
        let finite = finite.into_iter().chain(self.infinite);
        if finite.into_iter().all(f64::is_finite) && self.clip[0] <= self.clip[1] {
            return Ok(());
        }
        let [low, high] = self.clip;
        Err(ObservableError::setting(
            "features",
            format!(
                "`{name}` with subtract {}, multiply {}, clip [{low}, {high}], pad {}",
                self.subtract, self.multiply, self.pad
            ),
            "finite numbers, and bounds of which the first is not above the second",
        ))
    }
}

/// One variable of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub formula: Formula,
    /// How it is moved and bounded.
    pub transform: Transform,
}

impl Entry {
    /// The feature or the variable of this name, as it is.
    pub fn named(name: &str) -> Result<Self, ObservableError> {
        Ok(Self {
            name: name.to_owned(),
            formula: variable::named(name)?,
            transform: Transform::IDENTITY,
        })
    }

    /// The same moved and bounded.
    pub fn transformed(self, transform: Transform) -> Self {
        Self { transform, ..self }
    }

    /// Whether it is 1 for every particle.
    pub fn is_mask(&self) -> bool {
        self.formula == Formula::Feature(Feature::Mask)
    }

    /// Its unit, if it is not moved and known by name; empty otherwise.
    pub fn unit(&self) -> &'static str {
        variable::Variable::named(&self.name).map_or_else(
            || match self.formula {
                Formula::Feature(feature) => feature.unit(),
                _ => "",
            },
            |row| row.unit,
        )
    }

    /// An error if a number is out of its range.
    pub fn check(&self) -> Result<(), ObservableError> {
        self.transform.check(&self.name)
    }
}

impl From<Feature> for Entry {
    fn from(feature: Feature) -> Self {
        Self {
            name: feature.name().to_owned(),
            formula: Formula::Feature(feature),
            transform: Transform::IDENTITY,
        }
    }
}

/// Bounds, of which either may be missing: `inf` in TOML, `null` in JSON, which knows no
/// infinite numbers.
#[derive(Serialize, Deserialize)]
#[serde(from = "[Option<f64>; 2]")]
struct Bounds([f64; 2]);

impl From<[Option<f64>; 2]> for Bounds {
    fn from([low, high]: [Option<f64>; 2]) -> Self {
        let none = Transform::IDENTITY.clip;
        Self([low.unwrap_or(none[0]), high.unwrap_or(none[1])])
    }
}

/// An entry as a table of settings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    formula: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subtract: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    multiply: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clip: Option<Bounds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pad: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    infinite: Option<f64>,
}

impl TryFrom<Written> for Entry {
    type Error = ObservableError;

    fn try_from(written: Written) -> Result<Self, ObservableError> {
        let formula = match &written.formula {
            None => variable::named(&written.name)?,
            // What nobody tells has no formula that could be read.
            Some(text) if text.is_empty() => Formula::Absent(written.name.clone()),
            Some(text) => Formula::parse(text, &variable::named)?,
        };
        let none = Transform::IDENTITY;
        Ok(Self {
            name: written.name,
            formula,
            transform: Transform {
                subtract: written.subtract.unwrap_or(none.subtract),
                multiply: written.multiply.unwrap_or(none.multiply),
                clip: written.clip.map_or(none.clip, |bounds| bounds.0),
                pad: written.pad.unwrap_or(none.pad),
                infinite: written.infinite,
            },
        })
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let by_name = variable::named(&self.name).is_ok_and(|formula| formula == self.formula);
        let none = Transform::IDENTITY;
        if by_name && self.transform == none {
            return serializer.serialize_str(&self.name);
        }
        let unless = |value: f64, usual: f64| (value != usual).then_some(value);
        let formula = match &self.formula {
            _ if by_name => None,
            Formula::Absent(_) => Some(String::new()),
            formula => Some(formula.to_string()),
        };
        let Transform {
            subtract,
            multiply,
            clip,
            pad,
            infinite,
        } = self.transform;
        Written {
            name: self.name.clone(),
            formula,
            subtract: unless(subtract, none.subtract),
            multiply: unless(multiply, none.multiply),
            clip: (clip != none.clip).then_some(Bounds(clip)),
            pad: unless(pad, none.pad),
            infinite,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrTable;

        impl<'de> Visitor<'de> for NameOrTable {
            type Value = Entry;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(
                    "the name of a feature, or { name = …, formula = …, subtract = …, multiply = …, clip = […, …], pad = … }",
                )
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Entry, E> {
                Entry::named(name).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
                let written = Written::deserialize(MapAccessDeserializer::new(map))?;
                Entry::try_from(written).map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(NameOrTable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_moved_then_bounded_and_what_is_no_number_is_zero() {
        let transform = Transform {
            subtract: 1.7,
            multiply: 0.5,
            clip: [-5.0, 5.0],
            ..Transform::IDENTITY
        };
        assert_eq!(transform.apply(3.7), 1.0);
        assert_eq!(transform.apply(f64::NEG_INFINITY), -5.0);
        assert_eq!(transform.apply(f64::NAN), 0.0);
        let replaced = Transform {
            infinite: Some(0.0),
            ..transform
        };
        // As `catch_infs` of CMS: replaced first, then moved.
        assert_eq!(replaced.apply(f64::NEG_INFINITY), -0.85);
        assert_eq!(replaced.apply(f64::NAN), -0.85);
    }

    #[test]
    fn an_entry_is_a_word_or_a_table_and_survives_being_written() {
        for text in [
            r#""log_pt""#,
            r#""pfcand_quality""#,
            r#"{"name":"part_pt_log","subtract":1.7,"multiply":0.7,"clip":[-5.0,5.0]}"#,
            r#"{"name":"part_pt_log","clip":[null,5.0]}"#,
            r#"{"name":"mine","formula":"log(pt / jet_pt)","pad":-1.0,"infinite":0.0}"#,
            r#"{"name":"theirs","formula":"","pad":-1.0}"#,
        ] {
            let entry: Entry = serde_json::from_str(text).unwrap();
            let written = serde_json::to_string(&entry).unwrap();
            let again: Entry = serde_json::from_str(&written).unwrap();
            assert_eq!(again, entry, "{written}");
        }
    }

    #[test]
    fn a_mistyped_key_or_formula_says_what_would_be_right() {
        for (text, part) in [
            (r#"{"name": "pt", "substract": 1}"#, "`subtract`"),
            (r#"{"name": "a", "formula": "log(ptt)"}"#, "`pt`"),
            (r#""log_ptt""#, "`log_pt`"),
        ] {
            let message = serde_json::from_str::<Entry>(text).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
        let wrong: Entry = serde_json::from_str(r#"{"name": "pt", "clip": [1, -1]}"#).unwrap();
        assert!(wrong.check().is_err());
    }
}
