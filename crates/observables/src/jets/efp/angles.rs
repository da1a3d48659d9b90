//! Powers of the angles between all pairs of particles.
//!
//! $$ \theta_{ij}^{p} = \bigl((y_i - y_j)^2 + (\phi_i - \phi_j)^2\bigr)^{p/2} $$
//!
//! A grid over beta asks for the powers `w β` of every edge weight `w`, and
//! those overlap. Each distinct power is made once, from the square by roots,
//! squares and products of others where it can be, by `powf` where it cannot.
//! Coincident particles have an angle of 0 and so every power of it.

/// How one matrix of powers is made from others, named by their position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Recipe {
    /// The square of the angles itself.
    Square,
    /// The root of another.
    Root(usize),
    /// The product of two others.
    Product(usize, usize),
    /// The square of the angles to this power.
    Power(f64),
}

/// The powers of one grid, in an order in which each needs only earlier ones.
#[derive(Debug, Clone)]
pub(super) struct Powers {
    exponents: Vec<f64>,
    pub(super) recipes: Vec<Recipe>,
}

impl Powers {
    /// Recipes for these exponents of the angle, all above 0.
    pub(super) fn new(wanted: &[f64]) -> Self {
        let mut powers = Self {
            exponents: vec![2.0],
            recipes: vec![Recipe::Square],
        };
        let mut rest = wanted.to_vec();
        rest.sort_by(f64::total_cmp);
        rest.dedup();
        rest.retain(|&p| p != 2.0);
        while !rest.is_empty() {
            let made = rest
                .iter()
                .enumerate()
                .find_map(|(i, &p)| powers.cheap(p).map(|recipe| (i, recipe)));
            if let Some((i, recipe)) = made {
                powers.push(rest.remove(i), recipe);
                continue;
            }
            // A few roots of the square lead to 1, 1/2, 1/4; anything else is
            // a power of its own.
            let p = rest[0];
            let steps = (2..=4).find(|&steps| p * f64::from(1 << steps) == 2.0);
            if steps.is_some() {
                rest.insert(0, p * 2.0);
            } else {
                powers.push(rest.remove(0), Recipe::Power(0.5 * p));
            }
        }
        powers
    }

    /// Where the matrix of this power is.
    pub(super) fn position(&self, exponent: f64) -> Option<usize> {
        self.exponents.iter().position(|&p| p == exponent)
    }

    fn push(&mut self, exponent: f64, recipe: Recipe) {
        self.exponents.push(exponent);
        self.recipes.push(recipe);
    }

    /// A product or a root of powers that are there.
    fn cheap(&self, p: f64) -> Option<Recipe> {
        for (i, &a) in self.exponents.iter().enumerate() {
            if let Some(j) = self.exponents[..=i].iter().position(|&b| a + b == p) {
                return Some(Recipe::Product(i, j));
            }
        }
        self.position(2.0 * p).map(Recipe::Root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_gives_its_power_from_earlier_ones() {
        for wanted in [
            vec![1.0, 2.0, 3.0],
            vec![0.5],
            vec![0.25, 0.7, 1.4, 2.1],
            vec![2.0, 4.0, 0.3],
        ] {
            let powers = Powers::new(&wanted);
            let theta = 0.37_f64;
            let mut values: Vec<f64> = Vec::new();
            for (&exponent, &recipe) in powers.exponents.iter().zip(&powers.recipes) {
                let value = match recipe {
                    Recipe::Square => theta * theta,
                    Recipe::Root(i) => values[i].sqrt(),
                    Recipe::Product(i, j) => values[i] * values[j],
                    Recipe::Power(p) => (theta * theta).powf(p),
                };
                assert!((value / theta.powf(exponent) - 1.0).abs() < 1e-14);
                values.push(value);
            }
            assert!(wanted.iter().all(|&p| powers.position(p).is_some()));
        }
    }

    #[test]
    fn the_grid_of_the_search_needs_no_general_power() {
        let wanted: Vec<f64> = [0.5, 1.0, 2.0]
            .iter()
            .flat_map(|b| (1..=5).map(move |w| f64::from(w) * b))
            .collect();
        let powers = Powers::new(&wanted);
        assert!(
            !powers
                .recipes
                .iter()
                .any(|recipe| matches!(recipe, Recipe::Power(_)))
        );
        // 1/2, 1, …, 5 by halves without 7/2 and 9/2, and 6, 8, 10.
        assert_eq!(powers.recipes.len(), 11);
    }
}
