//! Every kind of picture comes out upright, in the right colours and of the right size.

use crate::DECODER;
use crate::made::{self, Jpeg, PLAIN, jpeg, scene};
use image::{DynamicImage, ImageFormat};
use jpeg_encoder::{ColorType, SamplingFactor};
use writ_media::{Limits, Scale, Still};
use writ_signals::Spectrum;

fn still(bytes: &[u8], scale: Scale) -> Still {
    DECODER.still(bytes, Limits::default(), scale).unwrap()
}

/// How far the samples lie from those of the picture, on average.
fn off(still: &Still, image: &DynamicImage) -> f64 {
    let want = match (still.channels, image.color().has_color()) {
        (1, true) => made::luma(&image.to_rgb8()),
        (1, false) => image.to_luma8().into_raw(),
        _ => image.to_rgb8().into_raw(),
    };
    assert_eq!((still.width, still.height), (image.width(), image.height()));
    let sum: u64 = still.samples.iter().zip(&want).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / want.len() as f64
}

#[test]
fn each_kind_of_picture_has_the_colours_it_was_made_of() {
    let scene = DynamicImage::from(scene(600, 400));
    let grey = DynamicImage::from(scene.to_luma8());
    for (name, bytes) in made::kinds() {
        let channels = if name.contains("grey") { 1 } else { 3 };
        let still = still(&bytes, Scale::Full);
        assert_eq!((still.channels, still.scale), (channels, 1), "{name}");
        let most = if name == "JPEG" { 6.0 } else { 1.0 };
        let off = off(&still, if channels == 1 { &grey } else { &scene });
        assert!(off < most, "{name}: {off}");
    }
}

#[test]
fn colours_under_transparency_are_kept() {
    let mut clear = scene(64, 64).clone();
    clear.put_pixel(0, 0, [200, 100, 50].into());
    let mut clear = DynamicImage::from(clear).to_rgba8();
    clear.pixels_mut().for_each(|pixel| pixel.0[3] = 0);
    let still = still(&made::encoded(&clear.into(), ImageFormat::Png), Scale::Full);
    assert_eq!(still.samples[..3], [200, 100, 50]);
}

#[test]
fn one_bit_pictures_are_black_and_white() {
    let still = still(&made::one_bit(64), Scale::Full);
    assert_eq!((still.channels, still.samples[0], still.samples[63]), (1, 0, 255));
}

#[test]
fn inks_become_colours_not_their_inverse() {
    let scene = scene(200, 120);
    let inks: Vec<u8> =
        scene.pixels().flat_map(|it| [255 - it[0], 255 - it[1], 255 - it[2], 0]).collect();
    let how = Jpeg { sampling: SamplingFactor::F_1_1, quality: 95, ..PLAIN };
    for colours in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let bytes = made::coloured(&inks, (200, 120), colours, how);
        for scale in [Scale::Full, Scale::Fast] {
            let still = still(&bytes, scale);
            let off = off(&still, &scene.clone().into());
            assert!(off < 4.0, "{colours:?}: {off}");
        }
    }
}

#[test]
fn each_exif_orientation_comes_out_upright_at_each_scale() {
    let upright = DynamicImage::from(scene(600, 520));
    let stored = [
        upright.clone(),
        upright.fliph(),
        upright.rotate180(),
        upright.flipv(),
        upright.rotate90().fliph(),
        upright.rotate270(),
        upright.rotate270().fliph(),
        upright.rotate90(),
    ];
    for (orientation, stored) in (1..).zip(stored) {
        let bytes = made::oriented(&jpeg(&stored.to_rgb8(), PLAIN), orientation);
        for scale in [Scale::Full, Scale::Fast] {
            let still = still(&bytes, scale);
            assert!(off(&still, &upright) < 6.0, "{orientation} {scale:?}");
        }
    }
}

#[test]
fn each_kind_of_jpeg_has_the_same_luma_by_either_way() {
    let grey = ColorType::Luma;
    for (width, height) in [(600, 531), (1, 1), (9, 700), (821, 1103), (2080, 2311)] {
        let scene = scene(width, height);
        for progressive in [false, true] {
            for (sampling, restart) in [
                (SamplingFactor::F_1_1, 0),
                (SamplingFactor::F_2_1, 7),
                (SamplingFactor::F_2_2, 0),
                (SamplingFactor::F_4_1, 1),
            ] {
                let how = Jpeg { progressive, sampling, restart, ..PLAIN };
                same(&jpeg(&scene, how), (width, height), &format!("{how:?}"));
            }
            let how = Jpeg { progressive, ..PLAIN };
            let luma = DynamicImage::from(scene.clone()).to_luma8();
            same(&made::coloured(&luma, (width, height), grey, how), (width, height), "grey");
        }
    }
}

/// Fast and full agree: in size by the scale, in samples at full size, and in hash at any.
fn same(bytes: &[u8], (width, height): (u32, u32), how: &str) {
    let (fast, full) = (still(bytes, Scale::Fast), still(bytes, Scale::Full));
    let scale = match width.min(height) {
        0..820 => 1,
        820..2048 => 2,
        _ => 4,
    };
    assert_eq!((fast.scale, fast.channels), (scale, 1), "{how}");
    assert_eq!([fast.whole, full.whole], [(width, height); 2], "{how}");
    let scale = u32::from(scale);
    assert_eq!((fast.width, fast.height), (width.div_ceil(scale), height.div_ceil(scale)), "{how}");
    if scale == 1 {
        let samples = full.samples.clone();
        let image = match full.channels {
            1 => image::GrayImage::from_raw(width, height, samples).unwrap().into(),
            _ => DynamicImage::from(image::RgbImage::from_raw(width, height, samples).unwrap()),
        };
        let off = off(&fast, &image);
        assert!(off < 1.5, "{how} {width} by {height}: {off}");
    }
    let seen = [&fast, &full].map(|still| Spectrum::of(&still.picture().unwrap()));
    if seen[1].quality() >= 80 {
        let distance = seen[0].hash().distance(&seen[1].hash());
        assert!(distance <= 10, "{how} {width} by {height}: {distance} bits apart");
    }
}

#[test]
fn names_and_claims_are_not_believed() {
    let jpeg = jpeg(&scene(32, 32), PLAIN);
    assert_eq!(still(&jpeg, Scale::Full).width, 32);
    let error = DECODER.still(b"\x1a\x45\xdf\xa3rest", Limits::default(), Scale::Full).unwrap_err();
    assert_eq!(error.to_string(), "the bytes are no picture that is decoded here: it is a video");
    let error = DECODER.still(b"plain text", Limits::default(), Scale::Full).unwrap_err();
    assert!(error.to_string().ends_with("send JPEG, PNG, GIF, WebP, BMP or TIFF"), "{error}");
}
