//! Which inputs of an operation are weights, and what they are in a network that has
//! learned nothing.

/// What a weight begins as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weight {
    /// A factor of the layer's input: normal numbers of variance `2 / fan_in`, with
    /// `fan_in` the numbers that one number of the output sums over (K. He et al.,
    /// arXiv:1502.01852, eq. 10).
    Factor {
        /// How many numbers are summed.
        fan_in: usize,
    },
    /// A table of vectors that integers look up: normal numbers of variance 1.
    Table,
    /// One number: 0 of what is added, 1 of what each number is multiplied with.
    Constant(f32),
}

/// An input that is not computed from the network's inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed<'a> {
    /// Its sides as the operation sees them.
    pub shape: &'a [usize],
    /// Whether the model was trained on it, or keeps it as if it were: no constant of the
    /// exporter.
    pub parameter: bool,
}

impl Fixed<'_> {
    /// Whether it is a parameter of several numbers; a single one is rather a unit or a
    /// temperature.
    pub fn is_list(&self) -> bool {
        self.parameter && self.shape.iter().product::<usize>() > 1
    }
}

/// What an elementwise operation adds to (0) or multiplies with (1) what it is given: a
/// parameter beside something that is computed.
pub(crate) fn beside(inputs: &[Option<Fixed<'_>>], neutral: f32) -> Vec<(usize, Weight)> {
    let wanted = |fixed: &Fixed<'_>| match neutral {
        0.0 => fixed.parameter,
        _ => fixed.is_list(),
    };
    let of = |place: usize| inputs.get(place).copied().flatten();
    match [of(0), of(1)] {
        [None, Some(fixed)] if wanted(&fixed) => vec![(1, Weight::Constant(neutral))],
        [Some(fixed), None] if wanted(&fixed) => vec![(0, Weight::Constant(neutral))],
        _ => Vec::new(),
    }
}
