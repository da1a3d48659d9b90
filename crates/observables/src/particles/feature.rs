//! What is told of a constituent.

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};

use crate::jets::Jet;
use crate::jets::kinematics::{Momentum, delta_phi, pseudorapidity};
use crate::jets::property::Property;
use crate::jets::substructure::Substructure;

/// The jet whose constituents are told of, with what is found of it on the way.
pub(super) struct Subject<'a> {
    pub jet: Jet<'a>,
    eta: f64,
    subjets: OnceCell<[Momentum; 2]>,
}

impl<'a> Subject<'a> {
    pub fn new(jet: Jet<'a>) -> Self {
        Self {
            jet,
            eta: eta(jet.axis),
            subjets: OnceCell::new(),
        }
    }

    /// The jet's pseudorapidity.
    fn eta(&self) -> f64 {
        self.eta
    }

    /// The two exclusive kT subjets in the E-scheme, the harder first; of a
    /// single particle twice that particle.
    fn subjets(&self) -> &[Momentum; 2] {
        self.subjets.get_or_init(|| {
            let jet = Substructure::new(self.jet);
            let history = jet.kt();
            // By falling pt.
            let subjets = history.exclusive(2.min(self.jet.len()));
            let mut found = subjets.into_iter().map(|node| {
                let p = history.node(node);
                Momentum {
                    pt: p.pt(),
                    y: p.y,
                    phi: p.phi,
                    m: p.m(),
                }
            });
            let first = found.next().unwrap_or_default();
            [first, found.next().unwrap_or(first)]
        })
    }
}

/// `features! { Name "name" [Needs] "what it is" = |subject, i| value, … }`
macro_rules! features {
    ($($(#[$doc:meta])* $name:ident $word:literal [$($need:ident),*] = $value:expr;)*) => {
        /// What is told of a constituent.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Feature {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl Feature {
            /// All features.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name of the feature, as in the settings.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What must be known of the constituents besides their momenta.
            pub fn needs(self) -> &'static [Property] {
                match self {
                    $(Self::$name => &[$(Property::$need),*],)*
                }
            }

            pub(super) fn of(self, subject: &Subject<'_>, i: usize) -> f64 {
                match self {
                    $(Self::$name => { let of: fn(&Subject<'_>, usize) -> f64 = $value; of(subject, i) })*
                }
            }
        }
    };
}

features! {
    /// Transverse momentum, GeV.
    Pt "pt" [] = |s, i| s.jet.pt[i];
    /// `ln(pt / GeV)`.
    LogPt "log_pt" [] = |s, i| s.jet.pt[i].ln();
    /// Transverse momentum over that of the jet.
    PtFraction "pt_fraction" [] = |s, i| s.jet.pt[i] / s.jet.axis.pt;
    /// Logarithm of [`Feature::PtFraction`].
    LogPtFraction "log_pt_fraction" [] = |s, i| (s.jet.pt[i] / s.jet.axis.pt).ln();
    /// Energy, GeV.
    Energy "energy" [] = |s, i| energy(s.jet.constituent(i));
    /// `ln(E / GeV)`.
    LogEnergy "log_energy" [] = |s, i| log_energy(s.jet.constituent(i));
    /// Logarithm of the energy over that of the jet.
    LogEnergyFraction "log_energy_fraction" [] =
        |s, i| log_energy(s.jet.constituent(i)) - log_energy(s.jet.axis);
    /// Component of the momentum along the azimuth 0, GeV.
    Px "px" [] = |s, i| s.jet.pt[i] * s.jet.phi[i].cos();
    /// Component of the momentum along the azimuth π/2, GeV.
    Py "py" [] = |s, i| s.jet.pt[i] * s.jet.phi[i].sin();
    /// Component of the momentum along the beam, GeV.
    Pz "pz" [] = |s, i| s.jet.pt[i].hypot(s.jet.m[i]) * s.jet.y[i].sinh();
    /// Pseudorapidity.
    Eta "eta" [] = |s, i| eta(s.jet.constituent(i));
    /// Azimuth, radians.
    Phi "phi" [] = |s, i| s.jet.phi[i];
    /// Modulus of the pseudorapidity.
    AbsEta "abs_eta" [] = |s, i| eta(s.jet.constituent(i)).abs();
    /// Rapidity minus the jet's.
    DeltaY "delta_y" [] = |s, i| s.jet.y[i] - s.jet.axis.y;
    /// Pseudorapidity minus the jet's.
    DeltaEta "delta_eta" [] = |s, i| eta(s.jet.constituent(i)) - s.eta();
    /// The same, mirrored for jets that fly backwards: times -1 where the jet's
    /// pseudorapidity is below 0. Published sets have it so (`sets.rs`).
    DeltaEtaMirrored "delta_eta_mirrored" [] = |s, i| {
        let difference = eta(s.jet.constituent(i)) - s.eta();
        if s.eta() < 0.0 { -difference } else { difference }
    };
    /// Azimuth minus the jet's, radians.
    DeltaPhi "delta_phi" [] = |s, i| delta_phi(s.jet.phi[i], s.jet.axis.phi);
    /// Distance from the jet's axis in pseudorapidity and azimuth: the hypotenuse
    /// of [`Feature::DeltaEta`] and [`Feature::DeltaPhi`]. In a list that tells
    /// [`Feature::DeltaY`] and no `Δη`, it is [`Feature::DeltaRRapidity`].
    DeltaR "delta_r" [] = |s, i| {
        let difference = eta(s.jet.constituent(i)) - s.eta();
        difference.hypot(delta_phi(s.jet.phi[i], s.jet.axis.phi))
    };
    /// Distance from the jet's axis in rapidity and azimuth: the hypotenuse of
    /// [`Feature::DeltaY`] and [`Feature::DeltaPhi`].
    DeltaRRapidity "delta_r_rapidity" [] = |s, i| distance(s.jet.constituent(i), s.jet.axis);
    /// Distance from the harder of the two exclusive kT subjets, in rapidity and azimuth.
    DeltaRSubjet1 "delta_r_subjet1" [] = |s, i| distance(s.jet.constituent(i), s.subjets()[0]);
    /// Distance from the softer of the two exclusive kT subjets, in rapidity and azimuth.
    DeltaRSubjet2 "delta_r_subjet2" [] = |s, i| distance(s.jet.constituent(i), s.subjets()[1]);
    /// Mass, GeV.
    Mass "mass" [] = |s, i| s.jet.m[i];
    /// Electric charge in units of the positron's.
    Charge "charge" [Charge] = |s, i| known(s, i, Property::Charge);
    /// The number of the kind of particle (Monte Carlo scheme of the Particle Data
    /// Group), with its sign.
    Pid "pid" [Pid] = |s, i| known(s, i, Property::Pid);
    /// 1 for an electron or a positron.
    IsElectron "is_electron" [Pid] = |s, i| flag(kind(s, i), |kind| kind == 11);
    /// 1 for a muon of either charge.
    IsMuon "is_muon" [Pid] = |s, i| flag(kind(s, i), |kind| kind == 13);
    /// 1 for a photon.
    IsPhoton "is_photon" [Pid] = |s, i| flag(kind(s, i), |kind| kind == 22);
    /// 1 for a hadron with a charge.
    IsChargedHadron "is_charged_hadron" [Pid, Charge] =
        |s, i| flag(kind(s, i), is_hadron) * flag(known(s, i, Property::Charge).abs(), |q| q > 0);
    /// 1 for a hadron without.
    IsNeutralHadron "is_neutral_hadron" [Pid, Charge] =
        |s, i| flag(kind(s, i), is_hadron) * flag(known(s, i, Property::Charge).abs(), |q| q == 0);
    /// Transverse impact parameter, mm.
    D0 "d0" [D0] = |s, i| known(s, i, Property::D0);
    /// Its hyperbolic tangent, which tames the tails.
    TanhD0 "tanh_d0" [D0] = |s, i| known(s, i, Property::D0).tanh();
    /// Its uncertainty, mm.
    D0Error "d0_error" [D0Error] = |s, i| known(s, i, Property::D0Error);
    /// Longitudinal impact parameter, mm.
    Dz "dz" [Dz] = |s, i| known(s, i, Property::Dz);
    /// Its hyperbolic tangent.
    TanhDz "tanh_dz" [Dz] = |s, i| known(s, i, Property::Dz).tanh();
    /// Its uncertainty, mm.
    DzError "dz_error" [DzError] = |s, i| known(s, i, Property::DzError);
    /// 1 for every constituent; padding is 0.
    Mask "mask" [] = |_, _| 1.0;
}

/// `numbers! { /// what it is; Name "name" = |subject| value; … }`
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident $word:literal = $value:expr;)*) => {
        /// What is told of a jet, the same for each of its constituents.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum JetNumber {
            $($(#[$doc])* $name,)*
        }

        impl JetNumber {
            /// All numbers.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name of the number, as in formulas.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            pub(super) fn of(self, subject: &Subject<'_>) -> f64 {
                match self {
                    $(Self::$name => { let of: fn(&Subject<'_>) -> f64 = $value; of(subject) })*
                }
            }
        }
    };
}

numbers! {
    /// Transverse momentum of the jet, GeV.
    Pt "jet_pt" = |s| s.jet.axis.pt;
    /// Its pseudorapidity.
    Eta "jet_eta" = |s| s.eta();
    /// Its rapidity.
    Y "jet_y" = |s| s.jet.axis.y;
    /// Its azimuth, radians.
    Phi "jet_phi" = |s| s.jet.axis.phi;
    /// Its mass, GeV.
    Mass "jet_mass" = |s| s.jet.axis.m;
    /// Its energy, GeV.
    Energy "jet_energy" = |s| energy(s.jet.axis);
    /// The number of its constituents.
    Multiplicity "jet_multiplicity" = |s| s.jet.len() as f64;
}

impl Feature {
    /// The feature of constituent `i`; not a number where the jet does not tell
    /// what it [`needs`](Self::needs).
    pub fn evaluate(self, jet: Jet<'_>, i: usize) -> f64 {
        self.of(&Subject::new(jet), i)
    }
}

impl Feature {
    /// Its unit; empty for pure numbers.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Pt | Self::Energy | Self::Px | Self::Py | Self::Pz | Self::Mass => "GeV",
            Self::LogPt | Self::LogEnergy => "ln GeV",
            Self::Phi | Self::DeltaPhi => "rad",
            Self::Charge => "e",
            Self::D0 | Self::D0Error | Self::Dz | Self::DzError => "mm",
            Self::TanhD0 | Self::TanhDz => "of mm",
            _ => "",
        }
    }
}

fn known(subject: &Subject<'_>, i: usize, property: Property) -> f64 {
    let values = subject.jet.property(property);
    values.map_or(f64::NAN, |values| values[i])
}

/// The modulus of the particle's number.
fn kind(subject: &Subject<'_>, i: usize) -> f64 {
    known(subject, i, Property::Pid).abs()
}

/// Leptons, gauge bosons and what has no number are no hadrons: these begin at
/// 100 (Review of Particle Physics, Monte Carlo particle numbering scheme). Files
/// in the way of CMS call every neutral hadron 130 and every charged one 211.
fn is_hadron(kind: u64) -> bool {
    kind > 100
}

/// 1 or 0; not a number of what is not known.
fn flag(value: f64, set: fn(u64) -> bool) -> f64 {
    if value.is_nan() {
        value
    } else {
        f64::from(u8::from(set(value.ceil() as u64)))
    }
}

fn energy(p: Momentum) -> f64 {
    p.pt.hypot(p.m) * p.y.cosh()
}

/// `ln E`, with `ln cosh` that does not overflow: finite wherever the rapidity is.
fn log_energy(p: Momentum) -> f64 {
    let y = p.y.abs();
    p.pt.hypot(p.m).ln() + y + (-2.0 * y).exp().ln_1p() - std::f64::consts::LN_2
}

fn eta(p: Momentum) -> f64 {
    pseudorapidity(p.pt, p.y, p.m)
}

fn distance(a: Momentum, b: Momentum) -> f64 {
    (a.y - b.y).hypot(delta_phi(a.phi, b.phi))
}
