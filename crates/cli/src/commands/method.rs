//! Options that name a method, and what of a model it explains.

use clap::Args;
use pellucid_pipeline::attribute::request::{Asked, Quadrature, Value};
use pellucid_pipeline::settings::word;

use crate::Common;

/// The method.
#[derive(Debug, Clone, Args)]
pub struct MethodOptions {
    /// The method
    #[arg(long, value_name = "METHOD")]
    pub method: String,
    /// Where paths and comparisons begin: zeros, mean (of the events), or an
    /// array that is repeated for all events; INPUT=… for one input of several
    #[arg(long, value_name = "zeros|mean|ARRAY")]
    pub baseline: Vec<String>,
    /// Steps on a path: midpoint and gauss-legendre have as many points,
    /// trapezoid one more [default: 32, doubled up to 512 until the residual is
    /// below 1 %]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub steps: Option<u32>,
    /// The rule of integration [default: gauss-legendre]
    #[arg(long, value_name = "midpoint|trapezoid|gauss-legendre", value_parser = word::<Quadrature>)]
    pub quadrature: Option<Quadrature>,
    /// A setting of the method, may be given several times: epsilon, alpha,
    /// beta, gamma, bias=absorb|ignore|share, empty=lose|reassign,
    /// composite=epsilon-plus|epsilon-plus-flat|epsilon-alpha2-beta1|epsilon-gamma-box,
    /// low, high, attention=constant|attnlrp, pool=winner|proportional,
    /// add-epsilon, pool-epsilon, graph=frozen, node=NAME,
    /// target-scale=value|one
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
}

impl From<&MethodOptions> for Asked {
    fn from(options: &MethodOptions) -> Self {
        Self {
            name: options.method.clone(),
            set: options.set.clone(),
            baseline: options.baseline.clone(),
            steps: options.steps,
            quadrature: options.quadrature,
        }
    }
}

/// What of a model is explained.
#[derive(Debug, Clone, Args)]
pub struct QuestionOptions {
    /// The number of each row that is explained, from 0, rows flattened
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    pub target: Option<usize>,
    /// The output to explain, or a value inside of the model by its name; what only
    /// other outputs need is not read [default: the first of real numbers]
    #[arg(long, value_name = "NAME")]
    pub output: Option<String>,
    /// The value before a final sigmoid or softmax, or the output itself
    #[arg(long, value_name = "logit|probability", default_value = "logit", value_parser = word::<Value>)]
    pub explain: Value,
    /// An input that is constant (a mask, an adjacency): it gets no attribution
    /// and stays what it is along a path; integer inputs are always held
    #[arg(long, value_name = "NAME")]
    pub hold: Vec<String>,
}

/// Writes notes to the standard error, on a terminal or not, unless asked for quiet.
pub fn told(common: &Common, notes: &[String]) {
    for note in notes.iter().filter(|_| !common.quiet) {
        eprintln!("note: {note}");
    }
}

/// A setting, `KEY=VALUE`.
pub fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() && !value.is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("expected KEY=VALUE, such as epsilon=0.25".to_owned()),
    }
}

/// Bytes with their unit: `200MB`, `1.5GB`, `64MiB`.
pub fn bytes(text: &str) -> Result<usize, String> {
    const UNITS: [(&str, f64); 7] = [
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("B", 1.0),
    ];
    let refused = || "expected a size with its unit, such as 200MB or 1.5GB".to_owned();
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| Some((text.trim().strip_suffix(name)?, unit)))
        .ok_or_else(refused)?;
    let number: f64 = number.trim().parse().map_err(|_| refused())?;
    let bytes = number * unit;
    // Below 2⁵³ a size is exact.
    if (1.0..9e15).contains(&bytes) {
        Ok(bytes as usize)
    } else {
        Err(refused())
    }
}

/// The length of a named side: `particles=20`.
pub fn size(text: &str) -> Result<(String, usize), String> {
    let (name, length) = key_value(text).map_err(|_| "expected NAME=N, such as particles=20")?;
    match length.parse() {
        Ok(length @ 1..) => Ok((name, length)),
        _ => Err(format!(
            "`{length}` is no length; expected an integer from 1, such as particles=20"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_need_a_number_and_a_unit() {
        assert_eq!(bytes("200MB"), Ok(200_000_000));
        assert_eq!(bytes("1.5 GB"), Ok(1_500_000_000));
        assert_eq!(bytes("64MiB"), Ok(67_108_864));
        for wrong in ["200", "MB", "-1MB", "0MB", "nanGB", "infGB", "2TB"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }
}
