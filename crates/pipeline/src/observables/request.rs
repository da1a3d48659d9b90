//! What is asked for.

use std::str::FromStr;

use pellucid_observables::Measure;
use serde::{Deserialize, Serialize};

use crate::source::DataSettings;

/// The observables to compute, in the order of the columns.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// Columns of the input to be copied, before all others.
    pub keep: Vec<String>,
    /// Named observables, as [`list`](super::list) has them.
    pub observables: Vec<String>,
    /// Energy flow polynomials.
    pub efp: Vec<Efps>,
    /// What the columns of the input are called and mean.
    pub data: DataSettings,
}

/// Energy flow polynomials on a grid of kappa and beta.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Efps {
    /// The graphs, in the words of [`pellucid_observables::jets::efp::language`].
    pub graphs: Vec<String>,
    /// The powers of the momenta.
    #[serde(default = "one_kappa")]
    pub kappa: Vec<Kappa>,
    /// The powers of the angles.
    #[serde(default = "one_beta")]
    pub beta: Vec<f64>,
    /// What is the momentum of a particle and the angle between two.
    #[serde(default)]
    pub measure: Measure,
    /// Whether momenta are divided by their sum.
    #[serde(default = "yes")]
    pub normalised: bool,
}

fn one_kappa() -> Vec<Kappa> {
    vec![Kappa::Number(1.0)]
}

fn one_beta() -> Vec<f64> {
    vec![1.0]
}

fn yes() -> bool {
    true
}

/// The power of the momenta, a number or `pf`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Kappa {
    /// A number.
    Number(f64),
    /// `pf`: each vertex has its number of edges for a power, which leaves
    /// products of momenta as they are.
    ParticleFlow,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Number(f64),
    Word(String),
}

impl TryFrom<Written> for Kappa {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Number(number) => Ok(Self::Number(number)),
            Written::Word(word) => word.parse(),
        }
    }
}

impl From<Kappa> for Written {
    fn from(kappa: Kappa) -> Self {
        match kappa {
            Kappa::Number(number) => Self::Number(number),
            Kappa::ParticleFlow => Self::Word("pf".to_owned()),
        }
    }
}

impl FromStr for Kappa {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "pf" => Ok(Self::ParticleFlow),
            text => text
                .parse()
                .map(Self::Number)
                .map_err(|_| format!("kappa is `{text}`, expected a number or `pf`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::parse;

    #[test]
    fn a_settings_file_says_all_that_can_be_asked() {
        let text = r#"
            keep = ["label"]
            observables = ["mass", "lha"]
            [[efp]]
            graphs = ["d<=3 prime", "edges=0-1,1-2"]
            kappa = [0, -1.5, "pf"]
            beta = [0.5, 1]
            measure = "hadrdot"
            normalised = false
            [[efp]]
            graphs = ["d=2"]
            [data]
            convention = "pt-y-phi-m"
            columns = { part_pt = "PFCands_pt" }
        "#;
        let request: Request = parse(text).unwrap();
        let kappa = [Kappa::Number(0.0), Kappa::Number(-1.5), Kappa::ParticleFlow];
        assert_eq!(request.efp[0].kappa, kappa);
        assert_eq!(request.efp[1].kappa, [Kappa::Number(1.0)]);
        assert!(request.efp[1].normalised && !request.efp[0].normalised);
        let again: Request = parse(&toml::to_string(&request).unwrap()).unwrap();
        assert_eq!(again, request);
    }

    #[test]
    fn what_is_mistyped_is_named() {
        for (text, part) in [
            ("observable = []", "did you mean `observables`?"),
            ("[[efp]]\ngraphs = []\nkappa = [\"flow\"]", "`flow`"),
            ("[[efp]]\ngraphs = []\nmeasure = \"hadrodot\"", "`hadrdot`"),
            ("[[efp]]\nkappa = [1]", "graphs"),
            ("[data]\nconvention = \"E-px-py-pz\"", "px-py-pz-E"),
        ] {
            let message = parse::<Request>(text).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }
}
