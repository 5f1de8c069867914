//! vPDQ: the extension's verdicts and percentages, and its text read and written.

use crate::table;
use proptest::prelude::*;
use writ_signals::vpdq::{MAX_FRAMES, Rule};
use writ_signals::{Distance, Frame, Pdq, Vpdq, VpdqError};

const PAIRS: &str = include_str!("../../../../vectors/signals/vpdq.tsv");

#[test]
fn verdicts_and_percentages_are_those_of_the_python_extension() {
    let mut verdicts = [0, 0];
    for cells in table(PAIRS) {
        let [query, known]: [Vpdq; 2] = [cells[0].parse().unwrap(), cells[1].parse().unwrap()];
        let found = query.compare(&known, &Rule::CLIENT);
        assert_eq!(u8::from(found.matches).to_string(), cells[2]);
        let Distance::Shares(shares) = found.distance else { panic!("not shares") };
        let percent = |cell: &str| cell.parse::<f64>().unwrap();
        assert_eq!((shares.query, shares.known), (percent(cells[3]), percent(cells[4])));
        verdicts[usize::from(found.matches)] += 1;
        assert_eq!(query.to_string(), cells[0], "the client's text is written back");
    }
    assert!(verdicts.iter().all(|count| *count > 3), "{verdicts:?}");
}

#[test]
fn each_direction_has_its_own_threshold() {
    let part = video(&[1, 2]);
    let whole = video(&[1, 2, 3, 4, 5]);
    assert!(part.compare(&whole, &Rule::CLIENT).matches);
    assert!(!whole.compare(&part, &Rule::CLIENT).matches);
    assert!(whole.compare(&part, &Rule::REFERENCE).matches);
    assert!(!part.compare(&whole, &Rule::REFERENCE).matches);
}

#[test]
fn frames_of_low_quality_and_repeated_frames_are_not_counted() {
    let repeated = video(&[1, 1, 1, 2]);
    assert_eq!(repeated.hashes(50).len(), 2);
    let mut frames = video(&[1, 2]).frames().to_vec();
    frames[0].quality = 49;
    let poor = Vpdq::new(frames).unwrap();
    let any = Rule { query: 0.0, known: 0.0, ..Rule::CLIENT };
    assert!(!poor.compare(&video(&[1]), &any).matches);
    assert!(!Vpdq::new(Vec::new()).unwrap().compare(&video(&[1]), &any).matches);
}

#[test]
fn the_reference_programs_lines_are_read_and_written() {
    let lines = format!("7,100,{},0.033\n9,3,{},12.000\n", "0f".repeat(32), "f0".repeat(32));
    let video = Vpdq::from_lines(&lines).unwrap();
    assert_eq!((video.frames()[0].number, video.frames()[0].time), (7, 33));
    assert_eq!(video.to_lines(), lines);
    assert!(Vpdq::from_lines("1,100,abc,0.0").is_err());
}

#[test]
fn a_malformed_signal_says_which_frame_and_what_is_asked_for() {
    let hash = "0f".repeat(32);
    let list = |frame: &str| {
        serde_json::to_string(&[format!("{hash},100,0.0"), frame.to_owned()]).unwrap()
    };
    for (frame, says) in [
        (String::new(), "parts"),
        (hash.clone(), "parts"),
        (format!("{hash},100,0.0,"), "parts"),
        (format!("{},100,0.0", &hash[1..]), "hash"),
        (format!("{hash},101,0.0"), "quality"),
        (format!("{hash},-1,0.0"), "quality"),
        (format!("{hash},5 ,0.0"), "quality"),
        (format!("{hash},100,-0.5"), "time"),
        (format!("{hash},100,nan"), "time"),
        (format!("{hash},100,inf"), "time"),
        (format!("{hash},100,1e40"), "time"),
    ] {
        let error = list(&frame).parse::<Vpdq>().unwrap_err().to_string();
        assert!(error.starts_with("frame 2 ") && error.contains(says), "{frame}: {error}");
    }
    for text in ["{}", "[1]", "[", "null", "[[]]"] {
        assert_eq!(text.parse::<Vpdq>(), Err(VpdqError::List), "{text}");
    }
    assert_eq!("".parse::<Vpdq>().unwrap().frames(), []);
    assert_eq!(
        format!("[\"{hash},5,1.23e+03\"]").parse::<Vpdq>().unwrap().frames()[0].time,
        1_230_000
    );
    assert_eq!(Vpdq::new(vec![video(&[1]).frames()[0]; MAX_FRAMES + 1]), Err(VpdqError::TooLong));
    assert_eq!(" ".repeat(9 << 20).parse::<Vpdq>(), Err(VpdqError::TooLong));
}

fn video(hashes: &[u8]) -> Vpdq {
    let frame = |(number, hash): (u32, &u8)| {
        // A byte repeated lies far from another one only when most of their bits differ.
        let hash = Pdq::from_bytes(std::array::from_fn(|at| {
            hash.wrapping_mul(37).rotate_left(at as u32 % 8) ^ hash
        }));
        Frame { number, quality: 100, hash, time: u64::from(number) * 1000 }
    };
    Vpdq::new((0..).zip(hashes).map(frame).collect()).unwrap()
}

proptest! {
    #[test]
    fn both_texts_are_read_back(frames in prop::collection::vec((any::<[u8; 32]>(), 0_u8..=100, 0_u64..100_000_000), 0..8)) {
        let frame = |(number, (hash, quality, time))| Frame { number, quality, hash: Pdq::from_bytes(hash), time };
        let video = Vpdq::new((0..).zip(frames).map(frame).collect()).unwrap();
        prop_assert_eq!(video.to_string().parse(), Ok(video.clone()));
        prop_assert_eq!(Vpdq::from_lines(&video.to_lines()), Ok(video));
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".*", frame in "[0-9a-f,.\"e+ -]{0,90}") {
        let _ = text.parse::<Vpdq>();
        let _ = Vpdq::from_lines(&text);
        let _ = format!("[\"{frame}\"]").parse::<Vpdq>();
        let _ = Vpdq::from_lines(&frame);
    }
}
