//! Bombs, cut and mutated files: a named answer each, within time and memory, and the service goes on.

use crate::DECODER;
use crate::made::{self, Jpeg, PLAIN, jpeg, scene};
use crate::paper;
use image::{DynamicImage, ImageFormat};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use writ_media::{Limits, MediaError, Sampling, Scale, Sheets, is_document};

fn decode(bytes: &[u8]) -> Result<(u32, u32), MediaError> {
    DECODER.still(bytes, Limits::default(), Scale::Fast).map(|still| (still.width, still.height))
}

#[test]
fn empty_and_long_files_are_refused_before_any_process_sees_them() {
    assert_eq!(decode(b"").unwrap_err().to_string(), "the file is empty: send it again");
    let limits = Limits { bytes: 10, ..Limits::default() };
    let error = DECODER.still(&[0xff; 11], limits, Scale::Full).unwrap_err();
    assert_eq!(error.to_string(), "the file has 11 bytes: at most 10 are decoded");
}

#[test]
fn headers_of_giants_are_refused_before_anything_is_allocated() {
    let mut giant = jpeg(&scene(16, 16), PLAIN);
    let frame = giant.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    giant[frame + 5..frame + 9].fill(0xff);
    let gif = [&b"GIF89a\xff\xff\xff\xff\0\0\0"[..], &made::animation(1)[19..]].concat();
    let mut bmp = made::encoded(&scene(8, 8).into(), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]);
    let bombs = [
        ("JPEG", giant),
        ("PNG", made::png((65_535, 65_535), 8, 2, b"\x78\x9c")),
        ("PNG beyond 65,535", made::png((2_000_000, 1), 8, 2, b"\x78\x9c")),
        ("GIF", gif),
        ("BMP", bmp),
    ];
    for (name, bomb) in bombs {
        let error = decode(&bomb).unwrap_err();
        assert!(matches!(error, MediaError::TooLarge { .. }), "{name}: {error}");
    }
}

#[test]
fn a_small_file_of_many_pixels_ends_in_time_and_memory() {
    // 9,900 by 9,900 pixels of 16 bits and four channels, all zero: some 760 kB of PNG, 784 MB of pixels.
    let rows = 9_900usize * (9_900 * 8 + 1);
    let deflated = zeros(rows);
    let began = Instant::now();
    let outcome = decode(&made::png((9_900, 9_900), 16, 6, &deflated));
    assert!(began.elapsed() < Duration::from_secs(25));
    match outcome {
        Ok(size) => assert_eq!(size, (9_900, 9_900)),
        Err(error) => assert!(
            matches!(
                error,
                MediaError::Memory { .. } | MediaError::TooSlow(_) | MediaError::Malformed(_)
            ),
            "{error}"
        ),
    }
    assert_eq!(decode(&jpeg(&scene(16, 16), PLAIN)).unwrap(), (16, 16));
}

/// A zlib stream of so many zeros: one literal, then copies of 258 (RFC 1951, 3.2.6, fixed codes), no checksum.
fn zeros(count: usize) -> Vec<u8> {
    let (mut out, mut bits, mut used) = (vec![0x78, 1], 0u64, 0);
    let mut put = |value: u64, length: u32, out: &mut Vec<u8>| {
        bits |= value << used;
        used += length;
        while used >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            used -= 8;
        }
    };
    put(0b011, 3, &mut out);
    put(0b0000_1100, 8, &mut out);
    for _ in 0..count / 258 {
        // Length 258 is code 285, 11000101, most significant bit first; distance 1 is five zeros.
        put(0b1010_0011, 8, &mut out);
        put(0, 5, &mut out);
    }
    for _ in 0..count % 258 {
        put(0b0000_1100, 8, &mut out);
    }
    put(0, 7, &mut out);
    put(0, 8, &mut out);
    out
}

#[test]
fn endless_animations_stop_at_the_cap() {
    let sampling = Sampling { every: None, most: 50, ..Sampling::default() };
    let seen =
        DECODER
            .frames(&made::animation(20_000), Limits::default(), sampling, |_| {
                ControlFlow::Continue(())
            })
            .unwrap();
    assert_eq!((seen.frames, seen.whole), (50, false));
}

#[test]
fn animations_are_sampled_by_their_own_clock() {
    let animation = made::animation(7);
    let shown = |every| {
        let mut shown = Vec::new();
        let sampling = Sampling { every, ..Sampling::default() };
        let seen = DECODER.frames(&animation, Limits::default(), sampling, |frame| {
            shown.push((frame.time.as_millis(), frame.still.samples[0]));
            ControlFlow::Continue(())
        });
        assert!(seen.unwrap().whole);
        shown
    };
    let each = [(0, 0), (500, 20), (1000, 40), (1500, 60), (2000, 80), (2500, 100), (3000, 120)];
    assert_eq!(shown(None), each);
    assert_eq!(shown(Some(Duration::from_secs(1))), [(0, 0), (1000, 40), (2000, 80), (3000, 120)]);
    assert_eq!(decode(&animation).unwrap(), (16, 16));
}

/// One file of each kind that mutations start from.
fn seeds() -> Vec<Vec<u8>> {
    let small = DynamicImage::from(scene(48, 40));
    let mut seeds: Vec<_> = [
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::Jpeg,
    ]
    .map(|format| made::encoded(&small, format))
    .into();
    for progressive in [false, true] {
        let how = Jpeg { progressive, restart: 2, ..PLAIN };
        seeds.push(made::oriented(&jpeg(&small.to_rgb8(), how), 6));
        seeds.push(jpeg(&scene(1040, 1030), how));
    }
    seeds.push(include_bytes!("../../../../vectors/media/refined.jpg").to_vec());
    seeds.extend([made::animation(3), made::one_bit(64)]);
    let lines: &[&str] = &["a page of words", "that few will read"];
    seeds.extend([paper::scene_scan((48, 40), ""), paper::text_in_squares(&[lines; 2])]);
    seeds.push(paper::text(&[lines]));
    seeds
}

#[test]
fn cut_files_have_a_named_answer_at_any_length() {
    for seed in seeds().into_iter().filter(|seed| seed.len() < 20_000) {
        for length in (1..seed.len()).step_by(seed.len() / 40 + 1) {
            let cut = &seed[..length];
            let outcome = match is_document(cut) {
                true => DECODER
                    .pages(cut, Limits::default(), Sheets::default(), |_| ControlFlow::Continue(()))
                    .map(drop),
                false => decode(cut).map(drop),
            };
            match outcome {
                Ok(()) | Err(MediaError::Malformed(_) | MediaError::Unknown { .. }) => {}
                Err(other) => panic!("{length} bytes: {other}"),
            }
        }
    }
}

/// `WRIT_MUTATIONS=100000` for the long run.
#[test]
fn mutated_files_end_no_service_and_break_no_bound() {
    let count =
        std::env::var("WRIT_MUTATIONS").ok().and_then(|it| it.parse().ok()).unwrap_or(500u32);
    let limits = Limits { pixels: 4_000_000, wall: Duration::from_secs(10), ..Limits::default() };
    let (seeds, mut dice) = (seeds(), Dice(20_161_205));
    let (mut tally, mut slowest) = (std::collections::BTreeMap::new(), Duration::ZERO);
    for number in 0..count {
        let mutant = dice.mutated(&seeds);
        let began = Instant::now();
        let outcome = match number % 3 {
            _ if is_document(&mutant) => {
                let sheets = Sheets { most: 20, side: 256 };
                DECODER.pages(&mutant, limits, sheets, |_| ControlFlow::Continue(())).map(drop)
            }
            0 => DECODER.still(&mutant, limits, Scale::Full).map(|still| {
                assert!(still.samples.len() as u64 <= 3 * limits.pixels);
            }),
            1 => DECODER.still(&mutant, limits, Scale::Fast).map(drop),
            _ => {
                let sampling = Sampling { most: 20, ..Sampling::default() };
                DECODER.frames(&mutant, limits, sampling, |_| ControlFlow::Continue(())).map(drop)
            }
        };
        slowest = slowest.max(began.elapsed());
        let name = match outcome {
            Ok(()) => "decoded".into(),
            Err(error) => format!("{error:?}").split([' ', '(', '{']).next().unwrap().to_owned(),
        };
        *tally.entry(name).or_insert(0u32) += 1;
    }
    println!("{count} mutated files: {tally:?}, the slowest {slowest:?}");
    for ended in ["Stopped", "TooSlow", "Answer", "Unfit", "Process"] {
        assert_eq!(tally.get(ended), None, "{tally:?}");
    }
    assert!(slowest < limits.wall + Duration::from_secs(5));
    assert_eq!(decode(&jpeg(&scene(16, 16), PLAIN)).unwrap(), (16, 16));
}

/// Numbers that are the same in each run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % below as u64) as usize
    }

    /// A seed with bytes changed, runs overwritten, cut out or doubled, or its end missing; heads more often.
    fn mutated(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            let reach = if self.below(2) == 0 { bytes.len().min(200) } else { bytes.len() };
            let at = self.below(reach.max(1));
            let end = (at + 1 + self.below(16)).min(bytes.len());
            match self.below(8) {
                0..4 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                4 if at < bytes.len() => bytes[at] = [0, 0xff, 0x7f, 0x80][self.below(4)],
                5 => bytes[at.min(end)..end].fill([0, 0xff][self.below(2)]),
                6 => drop(bytes.drain(at.min(end)..end)),
                _ if self.below(3) == 0 => bytes.truncate(at + 4),
                _ => bytes.extend_from_within(at.min(end)..end),
            }
        }
        bytes
    }
}
