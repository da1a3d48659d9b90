//! Images of the same jet seen from elsewhere.

use pellucid_observables::images::{Centre, Normalise};
use pellucid_observables::{JetImage, Jets};
use proptest::prelude::*;

use super::{one, random_jet, symmetry};

proptest! {
    #[test]
    fn arranged_jets_do_not_change_under_rotations_boosts_and_reflections(
        n in 3_usize..40, seed in 0_u64..1000, angle in -7.0..7.0_f64, boost in -3.0..3.0_f64,
    ) {
        let parts = random_jet(n, seed);
        let image = JetImage { centre: Centre::Centroid, ..JetImage::new(25, 1.0) };
        let before = image.arrange(one(&parts).jet(0));
        let mirrored: Vec<_> = parts.iter().map(|p| pellucid_observables::jets::kinematics::Momentum { y: -p.y, ..*p }).collect();
        for other in [symmetry::moved(&parts, angle, boost), mirrored] {
            let after = image.arrange(one(&other).jet(0));
            for (a, b) in before.iter().zip(&after) {
                prop_assert!((a.dy - b.dy).abs() < 1e-7 && (a.dphi - b.dphi).abs() < 1e-7, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_plane_turned_about_the_centroid_gives_the_same_arrangement(
        n in 3_usize..40, seed in 0_u64..1000, angle in -3.0..3.0_f64,
    ) {
        let parts = random_jet(n, seed);
        let image = JetImage::new(25, 1.0);
        let before = image.arrange(one(&parts).jet(0));
        let (sin, cos) = (angle.sin(), angle.cos());
        let turned: Vec<_> = parts
            .iter()
            .map(|p| {
                let (u, v) = (p.y - 0.7, p.phi - 3.0);
                pellucid_observables::jets::kinematics::Momentum { y: 0.7 + u * cos - v * sin, phi: 3.0 + u * sin + v * cos, ..*p }
            })
            .collect();
        let after = image.arrange(one(&turned).jet(0));
        for (a, b) in before.iter().zip(&after) {
            prop_assert!((a.dy - b.dy).abs() < 1e-7 && (a.dphi - b.dphi).abs() < 1e-7, "{a:?} {b:?}");
        }
    }

    #[test]
    fn inside_and_outside_of_the_window_are_all_of_the_momentum(
        n in 1_usize..40, seed in 0_u64..1000, half_width in 0.1..2.0_f64,
    ) {
        let parts = random_jet(n, seed);
        let jets = one(&parts);
        let image = JetImage { normalise: Normalise::None, ..JetImage::new(17, half_width) };
        let images = image.render_all(&jets).unwrap();
        let inside: f32 = images.tensor.data().iter().sum();
        let total = jets.jet(0).scalar_pt();
        // Pixels are in single precision.
        prop_assert!((f64::from(inside) / total + images.outside[0] - 1.0).abs() < 1e-5);
    }
}

#[test]
fn images_have_the_same_bits_for_any_number_of_threads() {
    let mut jets = Jets::new();
    for n in 1..100 {
        jets.push(&random_jet(n % 30 + 1, n as u64)).unwrap();
    }
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| JetImage::new(25, 0.8).render_all(&jets).unwrap())
    };
    assert_eq!(with(1), with(3));
}
