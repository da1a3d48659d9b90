//! `pellucid cluster`: from the particles of events to jets.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use pellucid_core::Job;
use pellucid_pipeline::PipelineError;
use pellucid_pipeline::cluster::{Request, Which, cluster};
use pellucid_pipeline::jets::area::Areas;
use pellucid_pipeline::jets::clustering::{Algorithm, Clustering, Recombination};
use pellucid_pipeline::jets::grooming::{
    Filtering, Groomer, Pruning, RecursiveSoftDrop, SoftDrop, Trimming,
};
use pellucid_pipeline::jets::lund::Plane;
use pellucid_pipeline::settings::word;
use pellucid_pipeline::source::DataSettings;

use super::Run;
use super::jets::JetOptions;
use crate::Common;

/// Cluster the particles of events into jets
///
/// EVENTS holds one event per row: lists `pt`, `y` or `eta`, `phi`, `m` or `e`, or
/// `px`, `py`, `pz` and `e` or `m` (GeV, radians), each perhaps with a prefix such as
/// `part_`; in NPZ flat arrays of these names with `offsets` (n + 1 integers), or
/// matrices [events, particles], or one array [events, particles, numbers] with
/// --columns pt,y,phi,m. Padding at the end of rows (all zeros, or no numbers) is
/// left out and counted. The names declare the convention; where two are possible
/// --convention must say which.
///
/// JETS.parquet holds one row per jet, by event and falling pt: `file` (its place,
/// if there are several), `event` (row of the input, from 0, counted on from file to
/// file), `jet_pt`, `jet_y`, `jet_eta`, `jet_phi`, `jet_m`, `n_const`,
/// `part_index` (places of the constituents in the event, from 0, rising);
/// with --areas also `jet_area`, `rho` and `subtracted_pt` … `_m`; with --groom
/// `groomed_pt` … `_m`, `groomed_n_const`, `groomed_part_index` and, of soft
/// drop, `zg` and `rg` (0 where nothing passes); with --constituents `part_pt`,
/// `part_y`, `part_phi`, `part_m`, so that `pellucid observables` can go on;
/// with --lund the lists `lund_delta`, `_kt`, `_z`, `_psi`, `_kappa`, `_m`.
///
/// Work that was stopped goes on where it was if the same command is given again.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Command {
    /// The events (Parquet, NPZ or CSV): files, folders and patterns
    #[arg(value_name = "EVENTS", required = true)]
    events: Vec<PathBuf>,
    /// The distance that is minimised
    #[arg(long, value_enum)]
    algorithm: AlgorithmName,
    /// The radius R, radians
    #[arg(long)]
    radius: f64,
    /// The exponent p of genkt and ee-genkt
    #[arg(long, allow_negative_numbers = true)]
    power: Option<f64>,
    /// Jets with less transverse momentum are left out, GeV
    #[arg(
        long,
        value_name = "PT",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    min_pt: f64,
    /// What the sum of two is
    #[arg(long, value_name = "e-scheme|wta", default_value = "e-scheme", value_parser = word::<Recombination>)]
    recombination: Recombination,
    /// Join until N jets are left (all particles where there are fewer)
    #[arg(long, value_name = "N", conflicts_with = "dcut")]
    exclusive: Option<usize>,
    /// Join as long as distances are not above D (GeV² of kT)
    #[arg(long, value_name = "D", allow_negative_numbers = true)]
    dcut: Option<f64>,
    /// Areas by ghosts, the density rho, and jets without what lies below them
    #[arg(long)]
    areas: bool,
    /// The area of one ghost, radians²
    #[arg(long, value_name = "A", default_value_t = 0.01, requires = "areas")]
    ghost_area: f64,
    /// Groom each jet
    #[arg(long, value_enum)]
    groom: Option<GroomName>,
    /// Soft drop and pruning: the momentum share that is kept
    #[arg(long, default_value_t = 0.1, allow_negative_numbers = true)]
    zcut: f64,
    /// Soft drop: the exponent of the angle
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    beta: f64,
    /// Soft drop: the angle at which the share is zcut [default: the radius]
    #[arg(long)]
    r0: Option<f64>,
    /// Recursive soft drop: splittings that must pass [default: no end]
    #[arg(long)]
    layers: Option<usize>,
    /// Trimming: the share of the jet's pt that a subjet needs
    #[arg(long, default_value_t = 0.03)]
    fcut: f64,
    /// Trimming and filtering: the radius of subjets [default: 0.2, 0.3]
    #[arg(long)]
    subjet_radius: Option<f64>,
    /// Filtering: how many subjets stay
    #[arg(long, default_value_t = 3)]
    hardest: usize,
    /// Pruning: the factor of 2 m / pt
    #[arg(long, default_value_t = 0.5)]
    rcut_factor: f64,
    /// The Lund plane of each jet, as lists
    #[arg(long, value_name = "primary|full", value_parser = word::<Plane>)]
    lund: Option<Plane>,
    /// The momenta of the constituents, as lists
    #[arg(long)]
    constituents: bool,
    /// The file to write
    #[arg(long, value_name = "JETS.parquet")]
    out: PathBuf,
    #[command(flatten)]
    columns: JetOptions,
}

/// The algorithms by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AlgorithmName {
    /// p = -1
    AntiKt,
    /// p = 1
    Kt,
    /// p = 0
    CambridgeAachen,
    /// p = --power
    Genkt,
    /// kT of e+e- (Durham); the radius is not used
    EeKt,
    /// generalised kT of e+e-, p = --power
    EeGenkt,
}

/// The groomers by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GroomName {
    /// --zcut, --beta, --r0
    SoftDrop,
    /// the same and --layers
    RecursiveSoftDrop,
    /// --fcut, --subjet-radius
    Trimming,
    /// --hardest, --subjet-radius
    Filtering,
    /// --zcut, --rcut-factor
    Pruning,
}

impl Run for Command {
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let mut data = DataSettings::default();
        self.columns.apply(&mut data);
        let request = Request {
            events: self.events.clone(),
            data,
            clustering: Clustering::new(self.algorithm()?, self.radius)
                .recombination(self.recombination),
            which: match (self.exclusive, self.dcut) {
                (Some(count), _) => Which::Exclusive(count),
                (None, Some(dcut)) => Which::ExclusiveTo(dcut),
                (None, None) => Which::Inclusive,
            },
            min_pt: self.min_pt,
            areas: self.areas.then(|| Areas {
                ghost_area: self.ghost_area,
                ..Areas::default()
            }),
            groomer: self.groom.map(|name| self.groomer(name)),
            lund: self.lund,
            constituents: self.constituents,
            seed: common.seed,
            out: self.out.clone(),
        };
        let summary = cluster(&request, job)?;
        if common.json {
            println!("{}", serde_json::to_string(&summary)?);
        } else if !common.quiet {
            println!(
                "{}: {} jets of {} events",
                self.out.display(),
                summary.jets,
                summary.events
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Command {
    fn algorithm(&self) -> anyhow::Result<Algorithm> {
        let wrong = |problem: &str| PipelineError::Setting {
            setting: "--power".to_owned(),
            problem: problem.to_owned(),
        };
        let needed = || wrong("genkt and ee-genkt need the exponent p, as in --power 0.5");
        let general = [AlgorithmName::Genkt, AlgorithmName::EeGenkt];
        if self.power.is_some() && !general.contains(&self.algorithm) {
            return Err(wrong("only genkt and ee-genkt have an exponent; leave it out").into());
        }
        Ok(match self.algorithm {
            AlgorithmName::AntiKt => Algorithm::AntiKt,
            AlgorithmName::Kt => Algorithm::Kt,
            AlgorithmName::CambridgeAachen => Algorithm::CambridgeAachen,
            AlgorithmName::Genkt => Algorithm::GenKt {
                power: self.power.ok_or_else(needed)?,
            },
            AlgorithmName::EeKt => Algorithm::EeKt,
            AlgorithmName::EeGenkt => Algorithm::EeGenKt {
                power: self.power.ok_or_else(needed)?,
            },
        })
    }

    fn groomer(&self, name: GroomName) -> Groomer {
        let soft_drop = SoftDrop {
            beta: self.beta,
            zcut: self.zcut,
            r0: self.r0.unwrap_or(self.radius),
        };
        match name {
            GroomName::SoftDrop => Groomer::SoftDrop(soft_drop),
            GroomName::RecursiveSoftDrop => Groomer::RecursiveSoftDrop(RecursiveSoftDrop {
                soft_drop,
                layers: self.layers,
            }),
            GroomName::Trimming => Groomer::Trimming(Trimming {
                radius: self.subjet_radius.unwrap_or(0.2),
                fcut: self.fcut,
            }),
            GroomName::Filtering => Groomer::Filtering(Filtering {
                radius: self.subjet_radius.unwrap_or(0.3),
                hardest: self.hardest,
            }),
            GroomName::Pruning => Groomer::Pruning(Pruning {
                zcut: self.zcut,
                rcut_factor: self.rcut_factor,
            }),
        }
    }
}
