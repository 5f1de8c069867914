//! Pictures by formula, in whole numbers: the same that `vectors/signals/generate.py` states for the references.

use writ_signals::{Picture, Samples};

/// A picture of the test: its bytes, one or three a pixel.
pub struct Drawn {
    pub width: u32,
    pub height: u32,
    pub colour: bool,
    pub bytes: Vec<u8>,
}

impl Drawn {
    pub fn new(formula: &str, seed: i64, width: u32, height: u32, colour: bool) -> Self {
        let of = formula_named(formula);
        let (w, h) = (i64::from(width), i64::from(height));
        let colours = if colour { 3 } else { 1 };
        let mut bytes = Vec::with_capacity((w * h * colours) as usize);
        for y in 0..h {
            for x in 0..w {
                bytes.extend((0..colours).map(|c| of(x, y, w, h, seed + c) as u8));
            }
        }
        Self { width, height, colour, bytes }
    }

    pub fn samples(&self) -> Samples<'_> {
        if self.colour { Samples::Rgb8(&self.bytes) } else { Samples::Grey8(&self.bytes) }
    }

    pub fn picture(&self) -> Picture<'_> {
        Picture::new(self.width, self.height, self.samples()).unwrap()
    }

    /// A portable grey map or pixel map, binary, as Pillow writes it.
    pub fn read(file: &[u8]) -> Self {
        let mut lines = file.splitn(4, |byte| *byte == b'\n');
        let magic = lines.next().unwrap();
        let size = std::str::from_utf8(lines.next().unwrap()).unwrap();
        let (width, height) = size.split_once(' ').unwrap();
        assert_eq!(lines.next().unwrap(), b"255");
        let bytes = lines.next().unwrap().to_vec();
        let (width, height) = (width.parse().unwrap(), height.parse().unwrap());
        Self { width, height, colour: magic == b"P6", bytes }
    }

    /// The picture whose pixel at (x, y) is this one's at `from(x, y)`.
    pub fn turned(&self, transposed: bool, from: impl Fn(usize, usize) -> (usize, usize)) -> Self {
        let (width, height) =
            if transposed { (self.height, self.width) } else { (self.width, self.height) };
        let per_pixel = if self.colour { 3 } else { 1 };
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for y in 0..height as usize {
            for x in 0..width as usize {
                let (x, y) = from(x, y);
                let at = (y * self.width as usize + x) * per_pixel;
                bytes.extend_from_slice(&self.bytes[at..at + per_pixel]);
            }
        }
        Self { width, height, colour: self.colour, bytes }
    }
}

fn formula_named(name: &str) -> fn(i64, i64, i64, i64, i64) -> i64 {
    match name {
        "flat" => |_, _, _, _, seed| 100 + seed,
        "slope" => |x, y, w, h, _| (x * 255 / (w - 1).max(1) * 3 + y * 255 / (h - 1).max(1)) / 4,
        "noise" => |x, y, _, _, seed| mix(x, y, seed) >> 24,
        "blocks" => |x, y, w, h, seed| mix(x * 8 / w, y * 8 / h, seed) >> 24,
        "tiles" => |x, y, w, h, seed| {
            if (x * (13 + seed) / w + y * 9 / h) % 2 == 0 { 35 } else { 220 }
        },
        "rings" => rings,
        "text" => text,
        "framed" => |x, y, w, h, seed| {
            let inside = (w / 16..w - w / 16).contains(&x) && (h / 16..h - h / 16).contains(&y);
            if inside { 200 - seed } else { 0 }
        },
        "hills" => hills,
        other => panic!("no formula {other}"),
    }
}

fn mix(x: i64, y: i64, seed: i64) -> i64 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1);
    h = h.wrapping_add((y as u32).wrapping_mul(0x85EB_CA77));
    h = h.wrapping_add((seed as u32).wrapping_mul(0xC2B2_AE3D));
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    i64::from(h ^ (h >> 15))
}

fn rings(x: i64, y: i64, w: i64, h: i64, seed: i64) -> i64 {
    let (dx, dy) = (2 * x - w, 2 * y - h);
    (dx * dx + dy * dy) * 24 / (w * w + h * h) * (11 + seed) % 256
}

fn text(x: i64, y: i64, w: i64, h: i64, seed: i64) -> i64 {
    let (across, down) = (x * 100 / w, y * 84 / h);
    let (px, py) = (across % 5, down % 7);
    let glyph = mix(across / 5, down / 7, seed);
    if px < 4 && py < 6 && (glyph >> (py * 4 + px)) & 1 == 1 { 20 } else { 240 }
}

fn hills(x: i64, y: i64, w: i64, h: i64, seed: i64) -> i64 {
    let octave = |octave: i64| {
        let period = (w.max(h) / (3 << octave)).max(1);
        let (ix, iy) = (x / period, y / period);
        let (fx, fy) = (x % period * 256 / period, y % period * 256 / period);
        let corner = |dx, dy| mix(ix + dx, iy + dy, seed * 8 + octave) >> 24;
        let top = corner(0, 0) * (256 - fx) + corner(1, 0) * fx;
        let bottom = corner(0, 1) * (256 - fx) + corner(1, 1) * fx;
        ((top * (256 - fy) + bottom * fy) >> 16) * (64 >> octave)
    };
    (0..6).map(octave).sum::<i64>() / 126
}
