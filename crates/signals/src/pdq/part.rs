//! The tent filter of a large picture, over a smaller image of it.
//!
//! The windows are those of the whole picture, at its pixels, and each sample of the image stands for the pixels that
//! it was made of. Were the image hashed as a picture of its own size, windows would be rounded to other widths and
//! lie up to a sample beside: that moves more bits than the pixels do that are missing.

use super::shrink::{SIDE, Small, Window};
use crate::picture::Picture;

/// What the filter makes of the whole picture of this size, as near as its smaller image tells.
pub(super) fn shrink(picture: &Picture<'_>, whole: (usize, usize)) -> Small {
    let across = weights(Window::new(whole.0), picture.width());
    let down = weights(Window::new(whole.1), picture.height());
    let mut small = [[0.0; SIDE]; SIDE];
    let (mut row, mut sums) = (vec![0.0; picture.width()], vec![0.0; picture.width()]);
    for (line, rows) in small.iter_mut().zip(&down) {
        sums.fill(0.0);
        for (y, weight) in (rows.from..).zip(&rows.weights) {
            picture.row(y).luma_into(&mut row);
            sums.iter_mut().zip(&row).for_each(|(sum, luma)| *sum += luma * weight);
        }
        for (value, columns) in line.iter_mut().zip(&across) {
            let samples = sums.get(columns.from..).unwrap_or_default().iter();
            *value = samples.zip(&columns.weights).map(|(sample, weight)| sample * weight).sum();
        }
    }
    small
}

/// What each sample from one on adds to a value that is kept.
struct Part {
    from: usize,
    weights: Vec<f32>,
}

/// The 64 values that are kept along one axis, of so many samples.
fn weights(window: Window, samples: usize) -> Vec<Part> {
    let pixels = window.len as f64;
    let place = |pixel: usize| pixel as f64 * samples as f64 / pixels;
    let part = |at| {
        let (from, pixels) = tent(window, at);
        let first = place(from) as usize;
        let mut weights = Vec::new();
        let mut add = |sample: usize, weight: f64| {
            let sample = sample.min(samples - 1) - first;
            weights.resize(weights.len().max(sample + 1), 0.0);
            if let Some(sum) = weights.get_mut(sample) {
                *sum += weight as f32;
            }
        };
        for (pixel, weight) in (from..).zip(pixels) {
            let (start, end) = (place(pixel), place(pixel + 1));
            // At most two samples share a pixel, since there are at most as many samples as pixels.
            let beyond = (end - end.floor().max(start)) / (end - start);
            add(start as usize, weight * (1.0 - beyond));
            add(end as usize, weight * beyond);
        }
        Part { from: first, weights }
    };
    window.kept().into_iter().map(part).collect()
}

/// How much each pixel from one on adds to the value at this place after both filters.
fn tent(window: Window, at: usize) -> (usize, Vec<f64>) {
    let (from, to) = window.range(at);
    let (first, end) = (window.range(from).0, window.range(to - 1).1);
    // How much more each pixel adds than the one before it.
    let mut weights = vec![0.0; end - first + 1];
    for between in from..to {
        let (start, stop) = window.range(between);
        let share = 1.0 / ((stop - start) * (to - from)) as f64;
        for (pixel, change) in [(start, share), (stop, -share)] {
            if let Some(weight) = weights.get_mut(pixel - first) {
                *weight += change;
            }
        }
    }
    let mut sum = 0.0;
    for weight in &mut weights {
        sum += *weight;
        *weight = sum;
    }
    weights.pop();
    (first, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdq::shrink;
    use crate::picture::Samples;

    #[test]
    fn an_image_without_detail_lost_gives_what_the_whole_gives() {
        for (width, height, scale) in
            [(5, 9, 1), (64, 64, 2), (131, 100, 1), (131, 257, 2), (300, 90, 4), (70, 70, 8)]
        {
            let level = |x: usize, y: usize| ((x * 37 + y * 91 + x * y / 7) % 256) as u8;
            let pixels = |scale: usize| -> Vec<u8> {
                let places =
                    (0..height * scale).flat_map(|y| (0..width * scale).map(move |x| (x, y)));
                places.map(|(x, y)| level(x / scale, y / scale)).collect()
            };
            let (image, whole) = (pixels(1), pixels(scale));
            let picture = |scale: usize, samples| {
                let (width, height) = ((width * scale) as u32, (height * scale) as u32);
                Picture::new(width, height, Samples::Grey8(samples)).unwrap()
            };
            let ours = super::shrink(&picture(1, &image), (width * scale, height * scale));
            let want = shrink::shrink(&picture(scale, &whole));
            for (ours, want) in ours.as_flattened().iter().zip(want.as_flattened()) {
                let same = (ours - want).abs() < 0.01;
                assert!(same, "{width} by {height} at one part in {scale}: {ours} {want}");
            }
        }
    }

    #[test]
    fn a_whole_that_is_not_larger_changes_nothing() {
        let grey = [7; 100 * 80];
        let picture = Picture::new(100, 80, Samples::Grey8(&grey)).unwrap();
        for (width, height) in [(100, 80), (99, 200), (0, 0), (65_536, 80)] {
            assert_eq!(picture.part_of(width, height).whole(), None);
        }
        assert_eq!(picture.part_of(200, 160).whole(), Some((200, 160)));
    }
}
