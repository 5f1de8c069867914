//! A decoder in hostile hands: real attempts from inside the fence, and what comes of them.

use crate::{DECODER, settings};
use std::ops::ControlFlow;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use writ_media::{Decoder, Limits, MediaError, Sampling, Scale, Settings};

fn attempt(wish: &str) -> MediaError {
    let limits = Limits { wall: Duration::from_secs(3), ..Limits::default() };
    DECODER.probe(wish, limits).unwrap_err()
}

#[test]
fn a_worker_that_reaches_outside_is_ended() {
    let wishes = [
        "read a file",
        "write a file",
        "look at a file",
        "connect",
        "send a datagram",
        "start a program",
        "start a thread",
    ];
    for wish in wishes {
        let error = attempt(wish);
        assert!(
            matches!(&error, MediaError::Stopped { signal } if signal.contains("SIGSYS")),
            "{wish}: {error}"
        );
    }
    assert!(!std::path::Path::new("/tmp/writ-media-escaped").exists());
    assert_eq!(attempt("nothing").to_string(), "the file is broken or cut off: nothing");
}

#[test]
fn a_worker_has_no_environment() {
    assert!(attempt("environment").to_string().ends_with("0 variables"));
}

#[test]
fn a_worker_that_hangs_is_ended_in_time() {
    let began = Instant::now();
    assert!(matches!(attempt("spin"), MediaError::TooSlow(_)));
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_worker_without_memory_says_so_and_one_that_ends_is_replaced() {
    assert!(matches!(attempt("take memory"), MediaError::Memory { .. }));
    assert!(matches!(attempt("end"), MediaError::Answer(_)));
    assert!(matches!(attempt("panic"), MediaError::Malformed(_)));
    let picture = crate::made::jpeg(&crate::made::scene(40, 30), crate::made::PLAIN);
    assert_eq!(DECODER.still(&picture, Limits::default(), Scale::Fast).unwrap().width, 40);
}

#[test]
fn many_threads_share_few_workers() {
    let picture = crate::made::jpeg(&crate::made::scene(80, 60), crate::made::PLAIN);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let still = DECODER.still(&picture, Limits::default(), Scale::Fast).unwrap();
                    assert_eq!((still.width, still.height), (80, 60));
                }
            });
        }
    });
}

#[test]
fn a_program_that_is_no_worker_is_named_as_such() {
    let none: [&str; 0] = [];
    let error = Decoder::start(Settings::new("/bin/false", none)).unwrap_err();
    assert!(matches!(error, MediaError::Answer(_)), "{error}");
    let error = Decoder::start(Settings::new("/nonexistent", none)).unwrap_err();
    assert!(error.to_string().contains("could not be started"), "{error}");
}

/// The worker's own program stands in for an `ffmpeg` in hostile hands: it says what it could do.
#[test]
fn a_video_program_in_hostile_hands_reaches_nothing() {
    // Where nobody may run it from: the build folder may be closed to other users.
    let program = std::env::temp_dir().join(format!("writ-media-hostile-{}", std::process::id()));
    std::fs::copy(env!("CARGO_BIN_EXE_media_worker"), &program).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let decoder = Decoder::start(Settings { ffmpeg: program.clone(), ..settings() }).unwrap();
    let said = decoder
        .frames(b"FLV\x01rest", Limits::default(), Sampling::default(), |_| {
            ControlFlow::Continue(())
        })
        .unwrap_err();
    std::fs::remove_file(program).unwrap();
    let MediaError::Unfit(said) = said else { panic!("{said}") };
    assert_eq!(said.matches("refused").count(), 7, "{said}");
    assert!(!said.contains("done"), "{said}");
}
