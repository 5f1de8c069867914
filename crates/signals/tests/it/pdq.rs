//! PDQ: the reference's bits and quality on every picture, and what must hold for all pictures.

use crate::pictures::Drawn;
use crate::table;
use proptest::prelude::*;
use writ_signals::{Form, NoSignal, Pdq, Picture, Samples, Spectrum};

const PLAIN: &str = include_str!("../../../../vectors/signals/pdq.tsv");
const FORMS: &str = include_str!("../../../../vectors/signals/pdq-forms.tsv");
const PICTURES: &str = include_str!("../../../../vectors/signals/pictures.tsv");

fn drawn(cells: &[&str]) -> Drawn {
    let number = |at: usize| cells[at].parse().unwrap();
    let seed = cells[1].parse().unwrap();
    Drawn::new(cells[0], seed, number(2), number(3), number(4) == 3)
}

#[test]
fn hash_and_quality_are_the_references_on_the_same_pixels() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for cells in table(PLAIN) {
        let drawn = drawn(&cells);
        let spectrum = Spectrum::of(&drawn.picture());
        let reference: Pdq = cells[6].parse().unwrap();
        let apart = spectrum.hash().distance(&reference);
        if apart > 0 || spectrum.quality().to_string() != cells[5] {
            wrong.push(format!("{cells:?}: {apart} bits, quality {}", spectrum.quality()));
        }
        tried += 1;
    }
    assert!(tried > 350);
    assert_eq!(wrong, Vec::<String>::new(), "{} of {tried}", wrong.len());
}

#[test]
fn the_eight_forms_are_the_references_and_come_in_its_order() {
    for cells in table(FORMS) {
        let forms = Spectrum::of(&drawn(&cells).picture()).forms();
        let hashes: Vec<_> = forms.iter().map(|(_, hash)| hash.to_string()).collect();
        assert_eq!(hashes, cells[5].split(' ').collect::<Vec<_>>(), "{cells:?}");
    }
}

#[test]
fn drawings_kept_as_files_have_the_references_hash_as_grey_as_colour_and_as_luma() {
    for cells in table(PICTURES) {
        let file: &[u8] = match cells[0] {
            "page.pgm" => include_bytes!("../../../../vectors/signals/page.pgm"),
            "poster.ppm" => include_bytes!("../../../../vectors/signals/poster.ppm"),
            _ => include_bytes!("../../../../vectors/signals/seal.pgm"),
        };
        let drawn = Drawn::read(file);
        let spectrum = Spectrum::of(&drawn.picture());
        assert_eq!(spectrum.quality().to_string(), cells[1]);
        assert_eq!(spectrum.hash().to_string(), cells[2]);
        if !drawn.colour {
            let thrice: Vec<u8> = drawn.bytes.iter().flat_map(|grey| [*grey; 3]).collect();
            let luma: Vec<f32> = drawn.bytes.iter().map(|grey| f32::from(*grey)).collect();
            for samples in [Samples::Rgb8(&thrice), Samples::Luma(&luma)] {
                let again =
                    Spectrum::of(&Picture::new(drawn.width, drawn.height, samples).unwrap());
                assert_eq!(again, spectrum, "{}", cells[0]);
            }
        }
    }
}

#[test]
fn a_form_is_the_hash_of_the_turned_pixels() {
    for (formula, seed) in [("hills", 1), ("text", 2), ("noise", 1)] {
        let upright = Drawn::new(formula, seed, 320, 320, true);
        let (w, h) = (319, 319);
        let forms = Spectrum::of(&upright.picture()).forms();
        for (form, hash) in forms {
            let turned = match form {
                Form::Upright => upright.turned(false, |x, y| (x, y)),
                Form::Rotate90 => upright.turned(true, |x, y| (w - y, x)),
                Form::Rotate180 => upright.turned(false, |x, y| (w - x, h - y)),
                Form::Rotate270 => upright.turned(true, |x, y| (y, h - x)),
                Form::FlipX => upright.turned(false, |x, y| (x, h - y)),
                Form::FlipY => upright.turned(false, |x, y| (w - x, y)),
                Form::FlipPlus1 => upright.turned(true, |x, y| (y, x)),
                Form::FlipMinus1 => upright.turned(true, |x, y| (w - y, h - x)),
            };
            // At this size the filter sees a picture alike from either side; what is left is rounding.
            let apart = Spectrum::of(&turned.picture()).hash().distance(&hash);
            assert!(apart <= 2, "{formula} {form:?}: {apart}");
        }
    }
}

#[test]
fn a_flat_or_tiny_picture_has_no_signal_and_says_why() {
    let flat = Drawn::new("flat", 0, 300, 200, true);
    let spectrum = Spectrum::of(&flat.picture());
    assert_eq!(spectrum.signal(), Err(NoSignal::TooFlat { quality: 0 }));
    let tiny = Drawn::new("noise", 0, 4, 100, false);
    assert_eq!(Spectrum::of(&tiny.picture()).signal(), Err(NoSignal::TooSmall));
    let detailed = Spectrum::of(&Drawn::new("text", 1, 300, 200, false).picture());
    assert_eq!(detailed.signal(), Ok(detailed.hash()));
}

#[test]
fn a_flat_picture_with_a_border_is_doubtful_and_a_detailed_one_is_not() {
    let framed = Spectrum::of(&Drawn::new("framed", 0, 640, 480, false).picture());
    assert!(framed.is_doubtful(), "{}", framed.near_median(0.1));
    assert!(framed.margin() < 0.01);
    for formula in ["text", "noise", "hills"] {
        let spectrum = Spectrum::of(&Drawn::new(formula, 1, 640, 480, false).picture());
        assert!(!spectrum.is_doubtful(), "{formula}: {}", spectrum.near_median(0.1));
    }
}

#[test]
fn samples_between_rows_are_not_looked_at() {
    let drawn = Drawn::new("hills", 4, 130, 90, true);
    let mut spaced = Vec::new();
    for row in drawn.bytes.chunks_exact(390) {
        spaced.extend_from_slice(row);
        spaced.extend_from_slice(&[77; 13]);
    }
    let picture = Picture::with_stride(130, 90, 403, Samples::Rgb8(&spaced)).unwrap();
    assert_eq!(Spectrum::of(&picture), Spectrum::of(&drawn.picture()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_size_and_content_gives_a_hash_without_a_panic(
        width in 1_u32..400, height in 1_u32..400, gap in 0_usize..9, kind in 0_u8..3, seed in any::<u64>(),
    ) {
        let per_pixel = if kind == 1 { 3 } else { 1 };
        let stride = width as usize * per_pixel + gap;
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        let bytes: Vec<u8> = (0..stride * height as usize).map(|_| next()).collect();
        let luma: Vec<f32> = bytes.iter().map(|byte| f32::from(*byte) * 0.7).collect();
        let samples = match kind {
            0 => Samples::Grey8(&bytes),
            1 => Samples::Rgb8(&bytes),
            _ => Samples::Luma(&luma),
        };
        let spectrum = Spectrum::of(&Picture::with_stride(width, height, stride, samples).unwrap());
        prop_assert!(spectrum.quality() <= 100);
        prop_assert_eq!(spectrum.forms()[0].1, spectrum.hash());
        prop_assert!(spectrum.margin() >= 0.0);
        prop_assert_eq!(spectrum.near_median(1e9), 255);
        // As many ones as frequencies above the median: half, or fewer where they are tied.
        prop_assert!(spectrum.hash().distance(&Pdq::from_bytes([0; 32])) <= 128);
    }

    #[test]
    fn distance_is_a_metric_and_text_is_read_back(a in any::<[u8; 32]>(), b in any::<[u8; 32]>(), c in any::<[u8; 32]>()) {
        let (a, b, c) = (Pdq::from_bytes(a), Pdq::from_bytes(b), Pdq::from_bytes(c));
        prop_assert_eq!(a.distance(&a), 0);
        prop_assert_eq!(a.distance(&b), b.distance(&a));
        prop_assert!(a.distance(&c) <= a.distance(&b) + b.distance(&c));
        prop_assert_eq!(a.to_string().parse(), Ok(a));
        prop_assert_eq!(a.to_string().to_uppercase().parse(), Ok(a));
    }
}
