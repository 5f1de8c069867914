//! Videos by the real `ffmpeg`, made by it too.

use crate::{DECODER, settings};
use std::ops::ControlFlow;
use std::process::{Command, Stdio};
use std::time::Duration;
use writ_media::{Decoder, Limits, MediaError, Sampling, Seen, Settings, Timed};

/// Whether `ffmpeg` is here. Where tests must be whole, it has to be.
fn has_ffmpeg() -> bool {
    let here = settings().ffmpeg.is_file();
    let whole = std::env::var("CI").is_ok_and(|it| it == "true");
    assert!(here || !whole, "ffmpeg is missing: run `scripts/setup test`");
    if !here {
        println!("left out: ffmpeg is not installed");
    }
    here
}

/// The test picture of `ffmpeg` for some seconds, in some form.
fn clip(size: &str, rate: &str, seconds: u32, form: &[&str]) -> Vec<u8> {
    from_source(&format!("testsrc=size={size}:rate={rate}:duration={seconds}"), form)
}

fn from_source(source: &str, form: &[&str]) -> Vec<u8> {
    let folder = std::env::temp_dir();
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = folder.join(format!("writ-media-{}-{number}", std::process::id()));
    let status = Command::new(settings().ffmpeg)
        .args(["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"])
        .args(form)
        .arg(&path)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    bytes
}

const MP4: &[&str] = &["-c:v", "libx264", "-preset", "ultrafast", "-qp", "12", "-f", "mp4"];

fn frames(bytes: &[u8], sampling: Sampling) -> Result<(Vec<Timed>, Seen), MediaError> {
    let limits = Limits { wall: Duration::from_secs(60), ..Limits::default() };
    let mut frames = Vec::new();
    let seen = DECODER.frames(bytes, limits, sampling, |frame| {
        frames.push(frame);
        ControlFlow::Continue(())
    })?;
    Ok((frames, seen))
}

fn seconds(frames: &[Timed]) -> Vec<u64> {
    frames.iter().map(|frame| frame.time.as_millis() as u64).collect()
}

#[test]
fn one_frame_a_second_comes_with_its_time_from_each_container() {
    if !has_ffmpeg() {
        return;
    }
    let forms: [&[&str]; 8] = [
        MP4,
        &["-c:v", "libx264", "-preset", "ultrafast", "-f", "matroska"],
        &["-c:v", "libvpx", "-deadline", "realtime", "-f", "webm"],
        &["-c:v", "mpeg4", "-f", "avi"],
        &["-c:v", "flv1", "-f", "flv"],
        &["-c:v", "mpeg2video", "-f", "mpegts"],
        &["-c:v", "wmv2", "-f", "asf"],
        &["-c:v", "libtheora", "-f", "ogg"],
    ];
    for form in forms {
        let video = clip("320x180", "25", 4, form);
        let (frames, seen) =
            frames(&video, Sampling::default()).unwrap_or_else(|error| panic!("{form:?}: {error}"));
        assert_eq!(seconds(&frames), [0, 1000, 2000, 3000], "{form:?}");
        assert!(seen.whole, "{form:?}");
        let first = &frames[0].still;
        assert_eq!((first.width, first.height, first.channels), (320, 180, 1), "{form:?}");
        assert_ne!(frames[0].still.samples, frames[3].still.samples, "{form:?}");
    }
}

#[test]
fn a_table_of_contents_at_the_end_is_read_from_a_pipe() {
    if !has_ffmpeg() {
        return;
    }
    let video = clip("1280x720", "25", 3, MP4);
    assert!(video.len() > 100_000, "{}", video.len());
    assert_eq!(seconds(&frames(&video, Sampling::default()).unwrap().0), [0, 1000, 2000]);
}

#[test]
fn every_frame_or_few_and_none_larger_than_asked() {
    if !has_ffmpeg() {
        return;
    }
    let video = clip("640x360", "10", 3, MP4);
    let all = Sampling { every: None, side: 160, ..Sampling::default() };
    let (every, seen) = frames(&video, all).unwrap();
    assert_eq!((every.len(), seen.whole), (30, true));
    assert_eq!((every[7].still.width, every[7].still.height), (160, 90));
    assert_eq!(every[7].time.as_millis(), 700);
    let (few, seen) = frames(&video, Sampling { most: 5, ..all }).unwrap();
    assert_eq!((few.len(), seen.whole), (5, false));
}

#[test]
fn padded_odd_and_moving_sizes_come_out_whole() {
    if !has_ffmpeg() {
        return;
    }
    let odd = clip("178x102", "5", 2, MP4);
    let (frames, _) = frames(&odd, Sampling::default()).unwrap();
    assert_eq!((frames[0].still.width, frames[0].still.height), (178, 102));
}

#[test]
fn a_video_beyond_the_limits_is_ended() {
    if !has_ffmpeg() {
        return;
    }
    let video = clip("1280x720", "25", 20, MP4);
    let limits = Limits { wall: Duration::from_millis(30), ..Limits::default() };
    let error = DECODER
        .frames(&video, limits, Sampling::default(), |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert!(matches!(error, MediaError::TooSlow(_)), "{error}");
    let limits = Limits { pixels: 1000, wall: Duration::from_secs(60), ..Limits::default() };
    let error = DECODER
        .frames(&video, limits, Sampling::default(), |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert!(matches!(error, MediaError::Malformed(_) | MediaError::Answer(_)), "{error}");
}

#[test]
fn playlists_are_refused_and_broken_videos_named() {
    for list in [
        "#EXTM3U\n#EXTINF:1,\nlist.m3u8\n",
        "ffconcat version 1.0\nfile '/etc/passwd'\n",
        "<?xml?><MPD/>",
    ] {
        assert!(
            matches!(frames(list.as_bytes(), Sampling::default()), Err(MediaError::Playlist)),
            "{list}"
        );
    }
    if has_ffmpeg() {
        // A playlist behind a container's first bytes is read as that container, and is none.
        let error =
            frames(b"FLV\x01\n#EXTM3U\nfile:///etc/passwd\n", Sampling::default()).unwrap_err();
        assert!(matches!(error, MediaError::Malformed(_)), "{error}");
    }
}

#[test]
fn a_machine_without_ffmpeg_says_which_program_it_wants() {
    let decoder =
        Decoder::start(Settings { ffmpeg: "/nonexistent/ffmpeg".into(), ..settings() }).unwrap();
    let error = decoder
        .frames(b"FLV\x01", Limits::default(), Sampling::default(), |_| ControlFlow::Continue(()))
        .unwrap_err();
    assert!(error.to_string().contains("`/nonexistent/ffmpeg`"), "{error}");
}

#[test]
fn cut_and_mutated_videos_have_an_answer() {
    if !has_ffmpeg() {
        return;
    }
    let video = clip("160x90", "10", 2, MP4);
    for number in 0..12 {
        let mut mutant = video.clone();
        let at = (number * 7919 + 40) % mutant.len();
        mutant[at] ^= 0x55;
        if number % 2 == 0 {
            mutant.truncate(mutant.len() * (number + 1) / 13);
        }
        match frames(&mutant, Sampling::default()) {
            Ok(_) | Err(MediaError::Malformed(_) | MediaError::Answer(_)) => {}
            Err(other) => panic!("{number}: {other}"),
        }
    }
}

#[test]
fn black_is_0_and_white_is_255() {
    if !has_ffmpeg() {
        return;
    }
    for (colour, level) in [("black", 0), ("white", 255)] {
        let video = from_source(&format!("color={colour}:size=64x64:rate=5:duration=1"), MP4);
        let (frames, _) = frames(&video, Sampling::default()).unwrap();
        assert!(
            frames[0].still.samples.iter().all(|sample| sample.abs_diff(level) <= 1),
            "{colour}"
        );
    }
}
