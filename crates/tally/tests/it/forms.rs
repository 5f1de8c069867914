//! Schemas, bands, leaves and their sizes.

use crate::period::{bases, entry, opening, secret};
use writ_tally::{
    Band, Bases, Body, Content, Genesis, Leaf, LeafError, Opening, Published, Reveal, Schema, Width,
};

#[test]
fn the_first_schema_keeps_to_its_sizes() {
    let schema = Schema::v1().unwrap();
    let shape: Vec<(&str, usize)> =
        schema.tables().iter().map(|table| (table.name(), table.rows().len())).collect();
    assert_eq!(shape, [("received", 31), ("concluded", 15), ("sealed", 11)]);
    // A demand that counts in a band in one table must not be told apart by the exact rows of another.
    assert!(schema.tables().iter().all(|table| table.has_bands()));
    assert_eq!(Leaf::sealed_len(&schema), 135);
    assert_eq!(Bases::new(schema).proof_len(), 32 * (35 + 19 + 15));
}

#[test]
fn a_schema_is_the_same_whatever_its_layout() {
    let text = "name = \"s\"\nversion = 1\n[[table]]\nname = \"t\"\nrows = [\"nothing\", \"a\"]\n";
    let other = "# why\nversion=1\nname='s'\ntable = [{rows=['nothing','a'], name='t', banded=[]}]";
    let (schema, same) = (Schema::parse(text).unwrap(), Schema::parse(other).unwrap());
    assert_eq!(schema.digest(), same.digest());
    let renamed = Schema::parse(&text.replace("\"a\"", "\"b\"")).unwrap();
    assert_ne!(schema.digest(), renamed.digest());
    assert_ne!(Bases::new(schema).rows(), Bases::new(renamed).rows());
}

#[test]
fn a_schema_is_refused_by_the_name_of_what_is_wrong() {
    let with = |table: &str| format!("name = \"s\"\nversion = 1\n[[table]]\n{table}");
    let many = (0..64).map(|n| format!("\"r{n}\"")).collect::<Vec<_>>().join(",");
    let cases = [
        ("version = 1\nname = 's'\ntable = []".to_owned(), "has 0 tables"),
        ("name = 's'\nversion = 0\ntable = []".to_owned(), "version is 0"),
        (with("name = \"t\"\nrows = [\"nothing\"]"), "table `t` has 1 rows"),
        (with(&format!("name = \"t\"\nrows = [\"nothing\",{many}]")), "table `t` has 65 rows"),
        (with("name = \"t\"\nrows = [\"none\", \"a\"]"), "starts with row `none`"),
        (with("name = \"t\"\nrows = [\"nothing\", \"A\"]"), "row of table `t` `A` is no name"),
        (
            with("name = \"t\"\nrows = [\"nothing\", \"a\", \"a\"]"),
            "row of table `t` `a` is there twice",
        ),
        (with("name = \"t\"\nrows = [\"nothing\", \"a\"]\nbanded = [\"b\"]"), "bands `b`"),
        (
            with("name = \"t\"\nrows = [\"nothing\", \"a\"]\nbanded = [\"nothing\"]"),
            "bands `nothing`",
        ),
        (with("name = \"t\"\nrows = [\"nothing\", \"a\"]\nwidth = 3"), "unknown field `width`"),
        (" ".repeat(70_000), "has 70000 bytes"),
    ];
    for (text, told) in cases {
        let refusal = Schema::parse(&text).unwrap_err().to_string();
        assert!(refusal.contains(told), "{refusal}");
    }
}

#[test]
fn only_the_bands_of_the_statute_are_bands() {
    for (width, text) in [
        (Width::Thousand, "0-999"),
        (Width::Thousand, "24,000–24,999"),
        (Width::FiveHundred, "20,500-20,999"),
        (Width::TwoHundredFifty, "250 - 499"),
        (Width::Hundred, "900-999"),
    ] {
        assert!(Band::parse(width, text).is_ok(), "{text}");
    }
    for (width, text) in [
        (Width::FiveHundred, "24,000-24,999"),
        (Width::FiveHundred, "1-500"),
        (Width::Thousand, "500-1499"),
        (Width::Hundred, "0-249"),
        (Width::Hundred, "0"),
        (Width::Hundred, "-99"),
        (Width::Hundred, "0-99-199"),
        (Width::Hundred, "+0-99"),
        (Width::Hundred, "99999999999-99999999999"),
    ] {
        assert!(Band::parse(width, text).is_err(), "{text}");
    }
    let refusal = Band::parse(Width::FiveHundred, "24,000-24,999").unwrap_err();
    assert!(refusal.to_string().contains("`24000-24499` is the band that `24000` lies in"));
    assert!(Width::try_from(200).is_err());
}

#[test]
fn leaves_of_each_kind_read_as_they_were_written() {
    let bases = bases();
    let schema = bases.schema();
    let opening = opening(&bases, 3, &[1, 2, 1]);
    let body = Body::seal(&bases, &opening).unwrap();
    let contents = [
        Content::Sealed(body.clone()),
        Content::Genesis(Genesis {
            epoch_seconds: 86_400,
            leaves_per_epoch: 64,
            origin: "log.example/record".to_owned(),
            schema: schema.digest(),
            start: 1_790_000_000,
        }),
        Content::Reveal(Reveal { index: 12, opening }),
        Content::Published(Published { digest: [3; 32].into(), from: 0, to: 64 }),
    ];
    for (kind, content) in (1u8..).zip(contents) {
        let bytes = Leaf { epoch: 0x0102_0304, content }.to_bytes().unwrap();
        assert_eq!(bytes[..6], [1, kind, 1, 2, 3, 4]);
        let leaf = Leaf::parse(schema, &bytes).unwrap();
        assert_eq!(leaf.to_bytes().unwrap(), bytes);
        if let Content::Reveal(reveal) = &leaf.content {
            reveal.check(&bases, &body).unwrap();
        }
        if kind > 1 {
            let spaced = [&bytes[..6], b" ", &bytes[6..]].concat();
            assert!(matches!(Leaf::parse(schema, &spaced), Err(LeafError::Json(_))));
        }
    }
}

#[test]
fn leaves_that_are_none_are_refused() {
    let schema = Schema::v1().unwrap();
    let leaf = |bytes: &[u8]| Leaf::parse(&schema, bytes).unwrap_err().to_string();
    assert!(leaf(&[1, 1, 0]).contains("has 3 bytes"));
    assert!(leaf(&[2, 1, 0, 0, 0, 0]).contains("version 2"));
    assert!(leaf(&[1, 9, 0, 0, 0, 0]).contains("kind 9"));
    assert!(leaf(&[1, 1, 0, 0, 0, 0]).contains("has 0 bytes"));
    assert!(leaf(&[0; 70_000]).contains("at most 65535"));
    let json = |kind: u8, json: &str| leaf(&[&[1, kind, 0, 0, 0, 0], json.as_bytes()].concat());
    let digest = "00".repeat(32);
    assert!(json(4, &format!("{{\"digest\":\"{digest}\",\"from\":5,\"to\":5}}")).contains("`to`"));
    assert!(
        json(4, &format!("{{\"digest\":\"{digest}\",\"from\":5,\"to\":9007199254740992}}"))
            .contains("2^53")
    );
    assert!(json(4, "{\"digest\":\"00\",\"from\":5,\"to\":5}").contains("1 bytes where 32 belong"));
}

#[test]
fn an_event_too_long_or_rows_out_of_range_are_refused() {
    let bases = bases();
    let refusal = |event: &str, rows: &[u8]| {
        Opening::new(bases.schema(), event, rows, &[0; 32]).unwrap_err().to_string()
    };
    assert!(refusal(&"x".repeat(25_000), &[0, 0, 0]).contains("has 25000 bytes"));
    assert!(refusal("", &[0, 0]).contains("2 rows where the schema has 3 tables"));
    assert!(refusal("", &[0, 4, 0]).contains("row 4 of table `right`, which has rows 0 to 3"));
    // The longest event, of characters that JSON writes as six, is still one log entry or a clear refusal.
    let event = "\u{1}".repeat(24 * 1024);
    let opening = Opening::new(bases.schema(), &event, &[0, 0, 0], &[0; 32]).unwrap();
    let reveal = Leaf { epoch: 0, content: Content::Reveal(Reveal { index: 0, opening }) };
    assert!(matches!(reveal.to_bytes(), Err(LeafError::Long(_))));
}

#[test]
fn one_secret_used_for_two_leaves_still_makes_unrelated_ones() {
    let bases = bases();
    let seal = |event: &str, rows: &[u8]| {
        let opening = Opening::new(bases.schema(), event, rows, &secret(1)).unwrap();
        Body::seal(&bases, &opening).unwrap().to_bytes()
    };
    let leaves = [seal("a", &[1, 0, 0]), seal("b", &[1, 0, 0]), seal("a", &[0, 0, 0])];
    for part in 0..4 {
        let parts: Vec<&[u8]> = leaves.iter().map(|leaf| &leaf[1 + 32 * part..][..32]).collect();
        assert!(parts[0] != parts[1] && parts[0] != parts[2] && parts[1] != parts[2]);
    }
}

#[test]
fn an_opening_printed_by_mistake_opens_nothing() {
    assert_eq!(format!("{:?}", opening(&bases(), 1, &[1, 0, 0])), "Opening { .. }");
}

#[test]
fn leaves_and_proofs_of_decoys_and_demands_look_alike() {
    let bases = bases();
    let many = |rows: fn(u64) -> [u8; 3]| -> Vec<Vec<u8>> {
        (0..240)
            .map(|n| {
                let opening = match rows(n) {
                    [0, 0, 0] => Opening::decoy(bases.schema(), &secret(n)),
                    rows => opening(&bases, n, &rows),
                };
                let entry = entry(&bases, n, &opening);
                let leaf = Leaf { epoch: 9, content: Content::Sealed(entry.body) };
                [leaf.to_bytes().unwrap(), entry.proof].concat()
            })
            .collect()
    };
    let (decoys, demands) = (many(|_| [0, 0, 0]), many(|n| [1 + (n % 3) as u8, 0, 2]));
    let size = Leaf::sealed_len(bases.schema()) + bases.proof_len();
    assert!(decoys.iter().chain(&demands).all(|leaf| leaf.len() == size));
    // Each bit is set about as often in both. Of n = 240 fair ones the two numbers differ by 11 (sqrt(n / 2)) in the
    // standard deviation; among the 6,968 bits none should differ by six times that.
    let ones = |leaves: &[Vec<u8>], bit: usize| {
        leaves.iter().filter(|leaf| leaf[bit / 8] >> (bit % 8) & 1 == 1).count()
    };
    for bit in 0..size * 8 {
        let (decoy, demand) = (ones(&decoys, bit), ones(&demands, bit));
        assert!(decoy.abs_diff(demand) < 66, "bit {bit}: {decoy} of decoys, {demand} of demands");
    }
}
