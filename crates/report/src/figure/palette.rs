//! The colours of maps, as classes of the page's stylesheet.
//!
//! A value becomes one of [`SIDE`] levels on each side of zero, or one of
//! [`RISING`] levels above it; zero has no level and is not drawn, so that it is
//! the background in light and dark alike. Between the anchors, colours are
//! interpolated in `OKLab`, where equal steps look equal. Blue and red keep apart
//! under every common colour blindness, and lightness alone carries the size.
//!
//! * **Reference:** B. Ottosson, "A perceptual color space for image
//!   processing" (2020), for the `OKLab` matrices.

use crate::markup::put;

/// Levels on each side of zero of the diverging palette.
pub(super) const SIDE: i32 = 32;
/// Levels of the sequential palette.
pub(super) const RISING: i32 = 48;

/// Anchors from zero outwards; the first is the page behind the map.
const RED: ([u32; 4], [u32; 4]) = (
    [0xffffff, 0xf6b79b, 0xd0493c, 0x7c0d20],
    [0x14181d, 0x7a2c24, 0xe2604a, 0xffd3bd],
);
const BLUE: ([u32; 4], [u32; 4]) = (
    [0xffffff, 0xa9cfe8, 0x3a86c0, 0x0a3066],
    [0x14181d, 0x1d4a78, 0x4897e0, 0xc9e6ff],
);
const GREEN: ([u32; 4], [u32; 4]) = (
    [0xffffff, 0xaedccb, 0x2f8d95, 0x16264f],
    [0x14181d, 0x1b5260, 0x35a394, 0xf3f6bd],
);

fn linear(channel: u32) -> f64 {
    let c = f64::from(channel & 0xff) / 255.0;
    if c <= 0.040_45 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

fn encoded(linear: f64) -> u32 {
    let c = linear.clamp(0.0, 1.0);
    let c = if c <= 0.003_130_8 {
        12.92 * c
    } else {
        1.055 * c.powf(1.0 / 2.4) - 0.055
    };
    (c * 255.0).round() as u32
}

fn to_oklab(rgb: u32) -> [f64; 3] {
    let [r, g, b] = [linear(rgb >> 16), linear(rgb >> 8), linear(rgb)];
    let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
    let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
    let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
    [
        0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
        1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
        0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
    ]
}

fn from_oklab([l, a, b]: [f64; 3]) -> u32 {
    let x = (l + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let y = (l - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let z = (l - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    let red = 4.076_741_662_1 * x - 3.307_711_591_3 * y + 0.230_969_929_2 * z;
    let green = -1.268_438_004_6 * x + 2.609_757_401_1 * y - 0.341_319_396_5 * z;
    let blue = -0.004_196_086_3 * x - 0.703_418_614_7 * y + 1.707_614_701_0 * z;
    (encoded(red) << 16) | (encoded(green) << 8) | encoded(blue)
}

/// The colour at a fraction of the way along the anchors.
fn along(anchors: &[u32; 4], fraction: f64) -> u32 {
    let place = fraction.clamp(0.0, 1.0) * 3.0;
    let first = (place.floor() as usize).min(2);
    let (from, to) = (to_oklab(anchors[first]), to_oklab(anchors[first + 1]));
    let t = place - first as f64;
    from_oklab([0, 1, 2].map(|i| from[i] + t * (to[i] - from[i])))
}

/// The class of a level: `p` above zero, `n` below, `s` of the sequential palette.
pub(super) fn class(level: i32, diverging: bool) -> String {
    match (diverging, level >= 0) {
        (true, true) => format!("p{level}"),
        (true, false) => format!("n{}", -level),
        (false, _) => format!("s{level}"),
    }
}

/// The rules for all levels, for light and dark.
pub(crate) fn stylesheet() -> String {
    let mut out = String::new();
    for (name, (light, dark), levels) in
        [('p', &RED, SIDE), ('n', &BLUE, SIDE), ('s', &GREEN, RISING)]
    {
        for level in 1..=levels {
            let fraction = f64::from(level) / f64::from(levels);
            let (light, dark) = (along(light, fraction), along(dark, fraction));
            put!(
                out,
                ".{name}{level}{{stroke:light-dark(#{light:06x},#{dark:06x})}}"
            );
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_survive_the_way_to_oklab_and_back() {
        for rgb in [0x000000, 0xffffff, 0x3a86c0, 0xd0493c, 0x16264f] {
            assert_eq!(from_oklab(to_oklab(rgb)), rgb, "{rgb:06x}");
        }
    }

    #[test]
    fn lightness_falls_from_zero_outwards_in_light_and_rises_in_dark() {
        for (light, dark) in [RED, BLUE, GREEN] {
            let lightness = |anchors, level| to_oklab(along(anchors, f64::from(level) / 48.0))[0];
            for level in 1..=48 {
                assert!(lightness(&light, level) < lightness(&light, level - 1));
                assert!(lightness(&dark, level) > lightness(&dark, level - 1));
            }
        }
    }

    #[test]
    fn both_sides_of_zero_are_equally_light() {
        // Otherwise one sign would look stronger than the other; 0.06 of the
        // range from black to white is about what the eye lets pass.
        for level in 1..=32 {
            let fraction = f64::from(level) / 32.0;
            for (red, blue) in [(RED.0, BLUE.0), (RED.1, BLUE.1)] {
                let difference =
                    to_oklab(along(&red, fraction))[0] - to_oklab(along(&blue, fraction))[0];
                assert!(difference.abs() < 0.06, "{level}: {difference}");
            }
        }
    }
}
