//! Quantities that a model depends on: its inputs, or what they occur in together.

use crate::evaluate::{Program, Rows, Scratch, input_gradient};
use crate::expression::{Expression, Shorthand};

/// A quantity made of inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// What it is, over the inputs.
    pub expression: Expression,
    /// The inputs in it; no other quantity has them.
    pub inputs: Vec<usize>,
}

impl Quantity {
    /// An input by itself.
    pub fn input(place: usize) -> Self {
        Self {
            expression: Expression::variable(place as u16),
            inputs: vec![place],
        }
    }

    /// Two quantities in one.
    pub fn of(a: &Self, b: &Self, expression: &Expression) -> Self {
        let mut inputs = [a.inputs.as_slice(), &b.inputs].concat();
        inputs.sort_unstable();
        Self {
            expression: expression.canonical(Shorthand {
                neg: true,
                inv: false,
                square: true,
                cube: false,
                sub: true,
                abs: false,
                products: true,
                powers: false,
            }),
            inputs,
        }
    }

    /// What it is called, numbers rounded to four digits.
    pub fn text(&self, names: &[String]) -> String {
        let mut rounded = self.expression.clone();
        for number in rounded.constants_mut() {
            // A number is read back from how it is written.
            *number = format!("{number:.3e}").parse().unwrap_or(*number);
        }
        rounded.infix(names)
    }

    /// Its values at points.
    pub fn values(&self, columns: &[Vec<f64>]) -> Vec<f64> {
        let program = Program::new(&self.expression);
        program.values(
            self.expression.constants(),
            &rows(columns),
            &mut Scratch::new(),
        )
    }

    /// The slope of a model along it, for the model's gradient at the same points.
    /// If the model depends on the quantity `q` alone, `∂f/∂xᵢ = f′ ∂q/∂xᵢ` for all
    /// its inputs; this is the `f′` of least squares, inputs in units of their `spread`.
    pub fn slopes(&self, columns: &[Vec<f64>], gradient: &[Vec<f64>], spread: &[f64]) -> Vec<f64> {
        if let [only] = self.inputs.as_slice()
            && self.expression == Expression::variable(*only as u16)
        {
            return gradient[*only].clone();
        }
        let own = input_gradient(
            &Program::keeping(&self.expression),
            self.expression.constants(),
            &rows(columns),
            &mut Scratch::new(),
        );
        let count = columns.first().map_or(0, Vec::len);
        let slope = |row: usize| {
            let terms = self.inputs.iter().map(|&i| {
                let scale = spread[i] * spread[i];
                let own = own[i][row];
                (scale * own * gradient[i][row], scale * own * own)
            });
            let (along, size) =
                terms.fold((0.0, 0.0), |sum, term| (sum.0 + term.0, sum.1 + term.1));
            if size > 0.0 { along / size } else { 0.0 }
        };
        (0..count).map(slope).collect()
    }
}

fn rows(columns: &[Vec<f64>]) -> Rows<f64> {
    let n = columns.first().map_or(0, Vec::len);
    Rows::new(columns, &vec![0.0; n], &vec![1.0; n])
}
