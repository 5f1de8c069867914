//! Totals that are the record's sum, and totals that are not.

use crate::period::{Logged, ORIGIN, WIDTH, bases, opening, secret, usual};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use serde_json::{Value, json};
use writ_tally::{Body, Counted, Period, RowError, Schema, Sum, Totals, TotalsError, Width};

/// The totals with one place of their JSON changed.
fn changed(totals: &Totals, pointer: &str, value: Value) -> Totals {
    let mut json: Value = serde_json::from_slice(&totals.to_json()).unwrap();
    *json.pointer_mut(pointer).expect("a place in the totals") = value;
    Totals::parse(&serde_json::to_vec(&json).unwrap()).unwrap()
}

fn row_error(result: Result<(), TotalsError>) -> (String, RowError) {
    match result {
        Err(TotalsError::Row { row, error, .. }) => (row, error),
        other => panic!("{other:?}"),
    }
}

const LEFT: &str = "/tables/0/rows";
const SECRET: &str = "/tables/2/rows";

#[test]
fn the_totals_of_a_period_are_its_sum() {
    let logged = usual();
    let totals = logged.totals();
    logged.verify(&totals).unwrap();
    let left = ["nothing", "a", "b", "c"].map(|row| totals.exact("left", row).unwrap());
    assert_eq!(left, [3, 2, 1, 1]);
    assert_eq!(totals.exact("secret", "open"), Some(2));
    assert_eq!(totals.band("secret", "banded").unwrap().to_string(), "0-249");
    for row in ["nothing", "banded"] {
        assert_eq!(totals.exact("secret", row), None, "what is hidden is not told");
    }
    assert_eq!(Totals::parse(&totals.to_json()).unwrap(), totals);
}

#[test]
fn a_period_of_decoys_alone_has_totals_too() {
    let logged = Logged::new(&[[0, 0, 0]; 3]);
    logged.verify(&logged.totals()).unwrap();
}

#[test]
fn a_changed_count_is_refused() {
    let logged = usual();
    let totals = logged.totals();
    // One count alone: the counts no longer add up.
    let more = changed(&totals, &format!("{LEFT}/1/total/exact"), json!(3));
    assert!(matches!(logged.verify(&more), Err(TotalsError::Count { counted: 8, leaves: 7, .. })));
    // One moved to another row: they do, but are not the sum.
    let moved = changed(&more, &format!("{LEFT}/2/total/exact"), json!(0));
    assert!(matches!(logged.verify(&moved), Err(TotalsError::NotTheSum(t)) if t == "left"));
    // In a table with bands, where row 0 could take the difference.
    let moved = changed(&totals, &format!("{SECRET}/1/total/exact"), json!(1));
    assert!(matches!(logged.verify(&moved), Err(TotalsError::NotTheSum(t)) if t == "secret"));
    let moved = changed(&totals, "/tables/0/delta", json!("00".repeat(32)));
    assert!(matches!(logged.verify(&moved), Err(TotalsError::NotTheSum(t)) if t == "left"));
}

#[test]
fn a_dropped_added_or_replaced_leaf_is_seen() {
    let mut logged = usual();
    let totals = logged.totals();
    let last = logged.entries.pop().unwrap();
    let verify = |logged: &Logged, totals: &Totals| {
        totals.verify(&logged.bases, ORIGIN, totals.period(), &logged.sum())
    };
    let refusal = verify(&logged, &totals);
    assert!(matches!(refusal, Err(TotalsError::Leaves { stated: 7, summed: 6 })));
    // The statement adjusted to the smaller number.
    let adjusted = changed(&totals, "/leaves", json!(6));
    let adjusted = changed(&adjusted, &format!("{LEFT}/0/total/exact"), json!(2));
    assert!(matches!(verify(&logged, &adjusted), Err(TotalsError::NotTheSum(_))));

    logged.entries.push(logged.entries[0].clone());
    assert!(matches!(verify(&logged, &totals), Err(TotalsError::NotTheSum(_))));
    logged.entries.push(last);
    assert!(matches!(verify(&logged, &totals), Err(TotalsError::Leaves { .. })));
}

#[test]
fn the_wrong_band_is_refused_and_so_is_its_neighbour() {
    let bases = bases();
    let counted = |banded: u64| {
        let mut counted = Counted::new(bases.schema());
        let mut sum = Sum::new(bases.schema());
        for n in 0..260 {
            let opening = opening(&bases, n, &[0, 0, if n < banded { 2 } else { 0 }]);
            sum.add(&Body::seal(&bases, &opening).unwrap()).unwrap();
            counted.add(&opening).unwrap();
        }
        (counted, sum)
    };
    let period = Period { from: 0, to: 260 };
    for (banded, told) in [(0, "0-249"), (249, "0-249"), (250, "250-499")] {
        let (counted, sum) = counted(banded);
        let totals = Totals::prove(&bases, ORIGIN, period, WIDTH, &counted, &secret(1)).unwrap();
        totals.verify(&bases, ORIGIN, period, &sum).unwrap();
        assert_eq!(totals.band("secret", "banded").unwrap().to_string(), told);
        for (from, to) in [(0, 249), (250, 499), (500, 749)] {
            if format!("{from}-{to}") == told {
                continue;
            }
            let other = changed(&totals, &format!("{SECRET}/2/total/band/from"), json!(from));
            let other = changed(&other, &format!("{SECRET}/2/total/band/to"), json!(to));
            let (row, error) = row_error(other.verify(&bases, ORIGIN, period, &sum));
            assert_eq!((row.as_str(), error), ("banded", RowError::Range(format!("{from}-{to}"))));
        }
    }
}

#[test]
fn a_range_that_is_no_band_of_the_report_is_refused() {
    let logged = usual();
    let totals = logged.totals();
    for (from, to) in [
        (0u32, 499u32),
        (1, 250),
        (24_000, 24_999),
        (0, 0),
        (250, 249),
        (4_294_967_250, 4_294_967_295),
    ] {
        let other = changed(&totals, &format!("{SECRET}/2/total/band/from"), json!(from));
        let other = changed(&other, &format!("{SECRET}/2/total/band/to"), json!(to));
        let (row, error) = row_error(logged.verify(&other));
        assert!(row == "banded" && matches!(error, RowError::Band(_)), "{from}-{to}: {error}");
    }
    // Another width for all: the proofs are of the width that was stated.
    let other = changed(&totals, "/width", json!(500));
    let other = changed(&other, &format!("{SECRET}/2/total/band/to"), json!(499));
    assert!(matches!(row_error(logged.verify(&other)).1, RowError::Range(_)));
}

#[test]
fn rows_are_published_in_the_manner_of_the_schema() {
    let logged = usual();
    let totals = logged.totals();
    let hidden = json!({"hidden": {"point": "00".repeat(32), "proof": ""}});
    let cases = [
        (format!("{SECRET}/2/total"), json!({"exact": 2}), "banded"),
        (format!("{SECRET}/0/total"), json!({"exact": 3}), "nothing"),
        (format!("{SECRET}/2/total"), hidden.clone(), "banded"),
        (format!("{LEFT}/0/total"), hidden.clone(), "nothing"),
        (format!("{LEFT}/1/total"), hidden, "a"),
    ];
    for (place, value, at) in cases {
        let (row, error) = row_error(logged.verify(&changed(&totals, &place, value)));
        assert!(row == at && matches!(error, RowError::Manner(_)), "{row}: {error}");
    }
}

#[test]
fn a_count_is_not_hidden_in_the_point_of_row_0() {
    // 300 banded demands; the cheat tells of 40 and lets row 0 take the other 260.
    let bases = bases();
    let rows = |banded: u64| (0..310).map(move |n| [0, 0, if n < banded { 2 } else { 0 }]);
    let count = |banded: u64| {
        let (mut counted, mut sum) = (Counted::new(bases.schema()), Sum::new(bases.schema()));
        for (n, rows) in (0..).zip(rows(banded)) {
            let opening = opening(&bases, n, &rows);
            sum.add(&Body::seal(&bases, &opening).unwrap()).unwrap();
            counted.add(&opening).unwrap();
        }
        let period = Period { from: 0, to: 310 };
        (Totals::prove(&bases, ORIGIN, period, WIDTH, &counted, &secret(1)).unwrap(), sum)
    };
    let ((honest, sum), (cheat, _)) = (count(300), count(40));
    let period = honest.period();
    honest.verify(&bases, ORIGIN, period, &sum).unwrap();

    // The honest right side of the equation, less all that the cheat states: what row 0 has to be.
    let point = |totals: &Totals, row: usize| {
        let json: Value = serde_json::from_slice(&totals.to_json()).unwrap();
        let total = json.pointer(&format!("{SECRET}/{row}/total")).unwrap();
        let total = total.get("band").or(total.get("hidden")).unwrap();
        let bytes: [u8; 32] =
            hex::decode(total["point"].as_str().unwrap()).unwrap().try_into().unwrap();
        CompressedRistretto(bytes).decompress().unwrap()
    };
    let delta = |totals: &Totals| {
        let json: Value = serde_json::from_slice(&totals.to_json()).unwrap();
        let bytes = hex::decode(json["tables"][2]["delta"].as_str().unwrap()).unwrap();
        Option::<Scalar>::from(Scalar::from_canonical_bytes(bytes.try_into().unwrap())).unwrap()
    };
    let difference: RistrettoPoint =
        point(&honest, 2) - point(&cheat, 2) + bases.blinding() * (delta(&honest) - delta(&cheat));
    let fitted = (point(&honest, 0) + difference).compress();
    let forged = changed(
        &cheat,
        &format!("{SECRET}/0/total/hidden/point"),
        json!(hex::encode(fitted.as_bytes())),
    );
    let mut forged_json: Value = serde_json::from_slice(&forged.to_json()).unwrap();
    let honest_json: Value = serde_json::from_slice(&honest.to_json()).unwrap();
    for table in 0..2 {
        forged_json["tables"][table] = honest_json["tables"][table].clone();
    }
    let forged = Totals::parse(&serde_json::to_vec(&forged_json).unwrap()).unwrap();
    let (row, error) = row_error(forged.verify(&bases, ORIGIN, period, &sum));
    assert_eq!((row.as_str(), error), ("nothing", RowError::Range("0-4294967295".to_owned())));
}

#[test]
fn totals_of_another_record_period_schema_or_shape_are_refused() {
    let logged = usual();
    let totals = logged.totals();
    let (period, sum) = (logged.period(), logged.sum());
    let other = totals.verify(&logged.bases, "other.example", period, &sum).unwrap_err();
    assert!(other.to_string().contains("for record `log.example/record`, not `other.example`"));
    let later = Period { from: 7, to: 14 };
    assert!(totals.verify(&logged.bases, ORIGIN, later, &sum).is_err());
    // The words changed as well: the range proofs are of another place.
    let renamed = changed(&totals, "/origin", json!("other.example"));
    let refusal = renamed.verify(&logged.bases, "other.example", period, &sum);
    assert!(matches!(row_error(refusal).1, RowError::Range(_)));
    let moved = changed(&totals, "/period", json!({"from": 7, "to": 14}));
    let refusal = moved.verify(&logged.bases, ORIGIN, later, &sum);
    assert!(matches!(row_error(refusal).1, RowError::Range(_)));

    for (place, value) in [
        ("/tables", json!([])),
        ("/tables/0/rows", json!([])),
        ("/tables/0/table", json!("right")),
        ("/tables/0/rows/0/row", json!("nothing`, `a")),
    ] {
        let refusal = logged.verify(&changed(&totals, place, value)).unwrap_err();
        assert!(matches!(refusal, TotalsError::Shape { .. }), "{place}: {refusal}");
    }
    let v1 = writ_tally::Bases::new(Schema::v1().unwrap());
    assert!(matches!(totals.verify(&v1, ORIGIN, period, &sum), Err(TotalsError::OtherSchema(_))));
    let v1_counted = Counted::new(v1.schema());
    let refusal =
        Totals::prove(&logged.bases, ORIGIN, period, Width::Hundred, &v1_counted, &[0; 32]);
    assert!(matches!(refusal, Err(TotalsError::OtherSchema(_))));
    let none = Period { from: 7, to: 7 };
    let refusal = Totals::prove(&logged.bases, ORIGIN, none, WIDTH, &logged.counted(), &[0; 32]);
    assert!(matches!(refusal, Err(TotalsError::Period(7, 7))));
}

#[test]
fn totals_have_one_spelling() {
    let logged = usual();
    let json = logged.totals().to_json();
    let text = String::from_utf8(json.clone()).unwrap();
    for other in [
        text.replacen(':', ": ", 1),
        text.replacen("\"leaves\":7,", "", 1).replacen("{", "{\"leaves\":7,", 1),
        text.replacen("{", "{\"note\":1,", 1),
        format!("{text}\n"),
    ] {
        assert!(Totals::parse(other.as_bytes()).is_err(), "{}", &other[..60]);
    }
    // Any digit of any hexadecimal text changed: refused in parsing or in checking. Every 23rd place is tried.
    let places: Vec<usize> = (1..json.len() - 1)
        .filter(|&at| json[at - 1..=at + 1].iter().all(|b| b.is_ascii_hexdigit()))
        .step_by(23)
        .collect();
    assert!(places.len() > 50);
    for at in places {
        let mut bytes = json.clone();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let refused = Totals::parse(&bytes).is_ok_and(|totals| logged.verify(&totals).is_ok());
        assert!(!refused, "place {at}");
    }
}
