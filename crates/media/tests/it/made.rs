//! Media that the tests make themselves.

use image::{DynamicImage, ImageFormat, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use std::io::Cursor;

/// A scene without symmetry: gradients, shapes and fine texture, in colour.
pub fn scene(width: u32, height: u32) -> RgbImage {
    let (w, h) = (f64::from(width), f64::from(height));
    RgbImage::from_fn(width, height, |x, y| {
        let (u, v) = (f64::from(x) / w, f64::from(y) / h);
        let wave = (u * 9.0 + v * 4.0).sin() * 60.0 + (u * u * 23.0).cos() * 40.0;
        let disc = if (u - 0.3).hypot(v - 0.6) < 0.2 { 70.0 } else { 0.0 };
        let grain = f64::from((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 27 & 15);
        let level = 110.0 + wave + disc + 50.0 * v + grain;
        [level, level * (0.6 + 0.4 * u), 255.0 - level * v].map(|value| value as u8).into()
    })
}

/// Encoded by the `image` crate.
pub fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// How a JPEG is written.
#[derive(Debug, Clone, Copy)]
pub struct Jpeg {
    pub progressive: bool,
    pub sampling: SamplingFactor,
    pub restart: u16,
    pub quality: u8,
}

pub const PLAIN: Jpeg =
    Jpeg { progressive: false, sampling: SamplingFactor::F_2_2, restart: 0, quality: 85 };

/// A colour JPEG.
pub fn jpeg(image: &RgbImage, how: Jpeg) -> Vec<u8> {
    coloured(image.as_raw(), (image.width(), image.height()), ColorType::Rgb, how)
}

/// A JPEG of any kind of colours.
pub fn coloured(samples: &[u8], size: (u32, u32), colours: ColorType, how: Jpeg) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, how.quality);
    encoder.set_progressive(how.progressive);
    encoder.set_sampling_factor(how.sampling);
    encoder.set_restart_interval(how.restart);
    encoder.encode(samples, size.0 as u16, size.1 as u16, colours).unwrap();
    bytes
}

/// A JPEG whose EXIF says how to turn it: 1 to 8.
pub fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"\xff\xe1\0\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    [&jpeg[..2], &exif, &jpeg[2..]].concat()
}

/// An animated GIF whose frames are grey levels 0, 20, 40, …, each shown for half a second.
pub fn animation(frames: u16) -> Vec<u8> {
    let mut bytes = b"GIF89a\x10\0\x10\0\xf0\0\0\0\0\0\xff\xff\xff".to_vec();
    for number in 0..frames {
        let level = (u32::from(number) * 20 % 256) as u8;
        bytes.extend(b"\x21\xf9\x04\x04\x32\0\0\0\x2c\0\0\0\0\x10\0\x10\0\x80");
        bytes.extend([level, level, level, 0, 0, 0, 2]);
        // 256 pixels of index 0: a clear code before every second, so that codes stay three bits wide.
        let mut codes = Vec::new();
        for _ in 0..128 {
            codes.extend([4u8, 0, 0]);
        }
        codes.push(5);
        let mut packed = vec![0u8; (codes.len() * 3).div_ceil(8)];
        for (at, code) in codes.iter().enumerate() {
            for bit in 0..3 {
                packed[(at * 3 + bit) / 8] |= (code >> bit & 1) << ((at * 3 + bit) % 8);
            }
        }
        for block in packed.chunks(255) {
            bytes.push(block.len() as u8);
            bytes.extend(block);
        }
        bytes.push(0);
    }
    bytes.push(0x3b);
    bytes
}

/// A PNG chunk.
pub fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let crc = !kind.iter().chain(body).fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    });
    [&(body.len() as u32).to_be_bytes()[..], kind, body, &crc.to_be_bytes()].concat()
}

/// A PNG of one bit a pixel: black on the left, white on the right.
pub fn one_bit(side: u32) -> Vec<u8> {
    let row = (0..side / 8).map(|at| if at < side / 16 { 0 } else { 0xff });
    let rows: Vec<u8> = (0..side).flat_map(|_| std::iter::once(0).chain(row.clone())).collect();
    png((side, side), 1, 0, &stored(&rows))
}

/// A PNG with this image data, compressed already.
pub fn png((width, height): (u32, u32), depth: u8, colours: u8, data: &[u8]) -> Vec<u8> {
    let head =
        [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colours, 0, 0, 0]].concat();
    let chunks = [chunk(b"IHDR", &head), chunk(b"IDAT", data), chunk(b"IEND", b"")].concat();
    [b"\x89PNG\r\n\x1a\n", chunks.as_slice()].concat()
}

/// A zlib stream that stores its bytes.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 1];
    let mut parts = bytes.chunks(65_535).peekable();
    while let Some(part) = parts.next() {
        out.push(u8::from(parts.peek().is_none()));
        out.extend((part.len() as u16).to_le_bytes());
        out.extend((!(part.len() as u16)).to_le_bytes());
        out.extend(part);
    }
    let sums = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    out.extend((sums.1 << 16 | sums.0).to_be_bytes());
    out
}

/// The samples as one kind of picture after another, each with its name.
pub fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let scene = DynamicImage::from(scene(600, 400));
    let png = |image: DynamicImage| encoded(&image, ImageFormat::Png);
    let mut kinds = vec![
        ("PNG, colour", png(scene.clone())),
        ("PNG, colour with transparency", png(scene.to_rgba8().into())),
        ("PNG, colour of 16 bits", png(scene.to_rgb16().into())),
        ("PNG, colour of 16 bits with transparency", png(scene.to_rgba16().into())),
        ("WebP", encoded(&scene, ImageFormat::WebP)),
        ("BMP", encoded(&scene, ImageFormat::Bmp)),
        ("TIFF", encoded(&scene, ImageFormat::Tiff)),
        ("JPEG", encoded(&scene, ImageFormat::Jpeg)),
    ];
    let grey = scene.to_luma8();
    kinds.extend([
        ("PNG, grey", png(grey.into())),
        ("PNG, grey with transparency", png(scene.to_luma_alpha8().into())),
        ("PNG, grey of 16 bits", png(scene.to_luma16().into())),
        ("PNG, grey of 16 bits with transparency", png(scene.to_luma_alpha16().into())),
    ]);
    kinds
}

/// Luma as JPEG means it (ITU-R BT.601), of a row of colours.
pub fn luma(image: &RgbImage) -> Vec<u8> {
    let of = |[red, green, blue]: [u8; 3]| {
        (0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue)).round() as u8
    };
    image.pixels().map(|pixel| of(pixel.0)).collect()
}
