//! Grooming, Lund plane, N-subjettiness and correlation functions: fjcontrib's
//! numbers for a thousand real jets.

use std::sync::LazyLock;

use pellucid_observables::Jets;
use pellucid_observables::jets::four_vector::Pseudojet;
use pellucid_observables::jets::grooming::{
    Filtering, Groomer, Pruning, RecursiveSoftDrop, SoftDrop, Trimming,
};
use pellucid_observables::jets::lund::{Declustering, Plane, declusterings};
use pellucid_observables::jets::shapes;
use pellucid_observables::jets::subjettiness::{Axes, Subjettiness};
use pellucid_observables::jets::substructure::Substructure;

use super::fastjet::{constituents, numbers, peer};

static JETS: LazyLock<Jets> = LazyLock::new(|| {
    let mut jets = Jets::new();
    for row in 0..1000 {
        let parts: Vec<_> = constituents(row).iter().map(Pseudojet::momentum).collect();
        jets.push(&parts).unwrap();
    }
    jets
});

/// Compares a column with what a function makes of every jet.
fn compare(
    file: &str,
    name: &str,
    tolerance: f64,
    scale: f64,
    ours: impl Fn(&Substructure<'_>) -> f64,
) {
    let arrays = peer(file);
    for (row, (jet, &theirs)) in JETS.iter().zip(numbers(&arrays, name)).enumerate() {
        let ours = ours(&Substructure::new(jet));
        assert!(
            (ours - theirs).abs() <= tolerance * theirs.abs().max(scale),
            "{name} of jet {row}: {ours} instead of {theirs}"
        );
    }
}

/// Of groomed jets: sums of the same particles, from components in FastJet and
/// from rapidities that were made of them here.
const GROOMED: f64 = 1e-10;

fn groomed(name: &str, groomer: Groomer) {
    let file = "grooming.npz";
    compare(file, &format!("{name}_pt"), GROOMED, 0.0, |jet| {
        groomer.groom(jet).jet.pt()
    });
    let arrays = peer(file);
    let masses = numbers(&arrays, &format!("{name}_m"));
    for (row, (jet, &theirs)) in JETS.iter().zip(masses).enumerate() {
        let jet = groomer.groom(&Substructure::new(jet)).jet;
        // FastJet's mass has the sign of its square, a difference of squares of
        // energies.
        let error = (jet.m().powi(2) - theirs.max(0.0).powi(2)).abs();
        let allowed = 1e-10 * theirs * theirs + 1e-15 * jet.p.e * jet.p.e;
        assert!(
            error <= allowed,
            "{name}_m of jet {row}: {} instead of {theirs}",
            jet.m()
        );
    }
}

#[test]
fn soft_drop_leaves_what_fjcontrib_leaves() {
    for (name, beta, zcut, r0) in [
        ("mmdt", 0.0, 0.1, 1.0),
        ("soft_drop_1", 1.0, 0.1, 0.8),
        ("soft_drop_2", 2.0, 0.2, 0.8),
        ("soft_drop_minus_1", -1.0, 0.1, 0.8),
    ] {
        let groomer = Groomer::SoftDrop(SoftDrop { beta, zcut, r0 });
        groomed(name, groomer);
        let splitting = |jet: &Substructure<'_>| groomer.groom(jet).splitting.unwrap_or_default();
        let file = "grooming.npz";
        compare(file, &format!("{name}_zg"), GROOMED, 0.0, |jet| {
            splitting(jet).z
        });
        compare(file, &format!("{name}_rg"), GROOMED, 1e-3, |jet| {
            splitting(jet).r
        });
    }
}

#[test]
fn the_other_groomers_leave_what_fastjet_leaves() {
    for (name, layers) in [
        ("recursive_1", Some(1)),
        ("recursive_2", Some(2)),
        ("recursive_3", Some(3)),
        ("recursive_all", None),
    ] {
        let soft_drop = SoftDrop {
            beta: 1.0,
            zcut: 0.05,
            r0: 0.8,
        };
        groomed(
            name,
            Groomer::RecursiveSoftDrop(RecursiveSoftDrop { soft_drop, layers }),
        );
    }
    groomed(
        "trimming",
        Groomer::Trimming(Trimming {
            radius: 0.2,
            fcut: 0.03,
        }),
    );
    groomed(
        "filtering",
        Groomer::Filtering(Filtering {
            radius: 0.3,
            hardest: 3,
        }),
    );
    groomed(
        "pruning",
        Groomer::Pruning(Pruning {
            zcut: 0.1,
            rcut_factor: 0.5,
        }),
    );
}

#[test]
fn groomed_jets_are_the_sums_of_their_constituents() {
    let groomers = [
        Groomer::SoftDrop(SoftDrop::new(0.0, 0.1)),
        Groomer::RecursiveSoftDrop(RecursiveSoftDrop {
            soft_drop: SoftDrop::new(1.0, 0.05),
            layers: None,
        }),
        Groomer::Trimming(Trimming {
            radius: 0.2,
            fcut: 0.03,
        }),
        Groomer::Filtering(Filtering {
            radius: 0.3,
            hardest: 3,
        }),
        Groomer::Pruning(Pruning {
            zcut: 0.1,
            rcut_factor: 0.5,
        }),
    ];
    for jet in JETS.iter().take(200) {
        let jet = Substructure::new(jet);
        for groomer in groomers {
            let groomed = groomer.groom(&jet);
            let px: f64 = groomed
                .constituents
                .iter()
                .map(|&i| jet.particles()[i].p.px)
                .sum();
            assert!((px - groomed.jet.p.px).abs() < 1e-9, "{groomer:?}");
        }
    }
}

/// A number of an emission.
type Of = fn(&Declustering) -> f64;

#[test]
fn the_lund_plane_has_the_emissions_of_fjcontrib() {
    let sum = |jet: &Substructure<'_>, of: Of| {
        let primary = declusterings(jet, Plane::Primary);
        let terms = primary.iter().enumerate();
        terms
            .map(|(k, emission)| (k + 1) as f64 * of(emission))
            .sum::<f64>()
    };
    let file = "grooming.npz";
    let columns: [(&str, Of); 5] = [
        ("lund_count", |_| 1.0),
        ("lund_ln_kt", |emission| emission.kt.ln()),
        ("lund_z", |emission| emission.z),
        ("lund_delta", |emission| emission.delta),
        ("lund_psi", |emission| emission.psi.cos()),
    ];
    for (name, of) in columns {
        // Angles of 1e-4 between directions that were rounded at 1e-15.
        compare(file, name, 1e-10, 1.0, |jet| sum(jet, of));
    }
    compare(file, "lund_m", 1e-8, 1.0, |jet| {
        sum(jet, |emission| emission.m)
    });
    let full = |jet: &Substructure<'_>, of: Of| {
        declusterings(jet, Plane::Full).iter().map(of).sum::<f64>()
    };
    let columns: [Of; 4] = [|_| 1.0, |e| e.kt.ln(), |e| e.z, |e| e.delta];
    for (k, of) in columns.into_iter().enumerate() {
        compare(file, &format!("lund_full_{k}"), 1e-10, 1.0, |jet| {
            full(jet, of)
        });
    }
}

#[test]
fn emissions_name_the_one_before() {
    for jet in JETS.iter().take(50) {
        let jet = Substructure::new(jet);
        let full = declusterings(&jet, Plane::Full);
        assert_eq!(full.len(), jet.jet().len() - 1);
        for (place, emission) in full.iter().enumerate() {
            assert_eq!(emission.before.is_none(), place == 0);
            if let Some(before) = emission.before {
                assert!(before < place && full[before].depth <= emission.depth);
            }
        }
        let primary = declusterings(&jet, Plane::Primary);
        assert_eq!(
            primary.len(),
            full.iter().filter(|emission| emission.depth == 0).count()
        );
    }
}

#[test]
fn subjettiness_without_moving_axes_is_that_of_fjcontrib() {
    let check = |suffix: &str, counts: std::ops::RangeInclusive<usize>, settings: Subjettiness| {
        for n in counts {
            compare(
                "subjettiness.npz",
                &format!("tau{n}_{suffix}"),
                1e-10,
                1e-12,
                |jet| settings.tau(jet, n),
            );
        }
    };
    let kt = Subjettiness {
        r0: 0.8,
        ..Subjettiness::default()
    };
    check("kt", 1..=6, kt);
    check(
        "ca",
        1..=4,
        Subjettiness {
            axes: Axes::CambridgeAachen,
            ..kt
        },
    );
    check(
        "wta_kt",
        1..=4,
        Subjettiness {
            axes: Axes::WtaKt,
            ..kt
        },
    );
    check("kt_beta2", 1..=3, Subjettiness { beta: 2.0, ..kt });
    check("kt_beta_half", 2..=2, Subjettiness { beta: 0.5, ..kt });
    check(
        "kt_unnormalised",
        2..=2,
        Subjettiness {
            normalised: false,
            ..kt
        },
    );
}

#[test]
fn axes_that_move_are_never_worse_than_those_of_fjcontrib() {
    let check = |suffix: &str, counts: std::ops::RangeInclusive<usize>, settings: Subjettiness| {
        for n in counts {
            let arrays = peer("subjettiness.npz");
            for (row, (jet, &theirs)) in JETS
                .iter()
                .zip(numbers(&arrays, &format!("tau{n}_{suffix}")))
                .enumerate()
            {
                let ours = settings.tau(&Substructure::new(jet), n);
                assert!(
                    ours <= theirs * (1.0 + 1e-9),
                    "tau{n}_{suffix} of jet {row}: {ours} above {theirs}"
                );
            }
        }
    };
    let kt = Subjettiness {
        r0: 0.8,
        one_pass: true,
        ..Subjettiness::default()
    };
    check("kt_one_pass", 1..=4, kt);
    check(
        "wta_kt_one_pass",
        1..=4,
        Subjettiness {
            axes: Axes::WtaKt,
            ..kt
        },
    );
    check(
        "ca_one_pass_beta2",
        1..=3,
        Subjettiness {
            axes: Axes::CambridgeAachen,
            beta: 2.0,
            ..kt
        },
    );
}

#[test]
fn correlation_functions_and_their_ratios_are_those_of_fjcontrib() {
    let arrays = peer("correlators.npz");
    for (name, _) in &arrays {
        if let Some((n, beta)) = name
            .strip_prefix("ecf")
            .and_then(|rest| rest.split_once("_beta"))
        {
            // Unnormalised there: a power of the sum of the momenta.
            let ours = shapes::by_name(&format!("e{n}_beta{beta}")).unwrap();
            let power: i32 = n.parse().unwrap();
            compare("correlators.npz", name, 1e-10, 0.0, |jet| {
                ours.evaluate_among(jet) * jet.jet().scalar_pt().powi(power)
            });
        } else {
            let ours = shapes::by_name(name).unwrap();
            compare("correlators.npz", name, 1e-10, 0.0, |jet| {
                ours.evaluate_among(jet)
            });
        }
    }
}
