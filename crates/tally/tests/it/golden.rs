//! Stored forms: a leaf, its proof and a period's totals, in the bytes in which records hold them for ever.

use crate::period::{ORIGIN, secret};
use serde_json::{Value, json};
use writ_tally::{
    Bases, Body, Content, Counted, Entry, Leaf, Opening, Period, Schema, Totals, Width,
};

const GOLDEN: &str = include_str!("../../../../vectors/tally/v1.json");

#[test]
#[expect(clippy::disallowed_methods, reason = "renews the golden file when asked to")]
fn leaves_proofs_and_totals_keep_their_bytes() {
    let written = written();
    if std::env::var_os("WRIT_WRITE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/tally/v1.json");
        std::fs::write(path, serde_json::to_string_pretty(&written).unwrap() + "\n").unwrap();
        return;
    }
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    assert_eq!(written, golden, "a stored form changed: records and proofs would no longer verify");
}

#[test]
fn the_stored_forms_verify() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    let bases = Bases::new(Schema::v1().unwrap());
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let mut entries = Vec::new();
    for (index, stored) in (0..).zip(golden["leaves"].as_array().unwrap()) {
        let leaf = Leaf::parse(bases.schema(), &bytes(&stored["leaf"])).unwrap();
        let Content::Sealed(body) = leaf.content else { panic!("a sealed leaf") };
        assert_eq!(body.digest().to_string(), stored["body_digest"].as_str().unwrap());
        let opening = serde_json::to_vec(&stored["opening"]).unwrap();
        Opening::parse(bases.schema(), &opening).unwrap().check(&bases, &body).unwrap();
        entries.push(Entry { index, body, proof: bytes(&stored["proof"]) });
    }
    let totals = Totals::parse(&serde_json::to_vec(&golden["totals"]).unwrap()).unwrap();
    let sum = bases.verify_all(ORIGIN, entries).unwrap();
    totals.verify(&bases, ORIGIN, totals.period(), &sum).unwrap();
}

fn written() -> Value {
    let bases = Bases::new(Schema::v1().unwrap());
    let schema = bases.schema();
    let row = |table, name| schema.row(table, name).unwrap();
    let demand = [row("received", "us/content"), 0, row("sealed", "1")];
    let secret_demand =
        [row("received", "us/national-security"), 0, row("sealed", "national-security")];
    let conclusion = [0, row("concluded", "content"), 0];
    let openings = [
        Opening::new(schema, r#"{"case":"WR-1","what":"received"}"#, &demand, &secret(1)).unwrap(),
        Opening::decoy(schema, &secret(2)),
        Opening::new(schema, r#"{"case":"WR-2","what":"received"}"#, &secret_demand, &secret(3))
            .unwrap(),
        Opening::new(schema, r#"{"case":"WR-1","what":"concluded"}"#, &conclusion, &secret(4))
            .unwrap(),
    ];
    let mut counted = Counted::new(schema);
    let mut leaves = Vec::new();
    for opening in &openings {
        counted.add(opening).unwrap();
        let body = Body::seal(&bases, opening).unwrap();
        let proof = bases.prove(ORIGIN, &body, opening, &secret(5)).unwrap();
        let digest = body.digest().to_string();
        let leaf = Leaf { epoch: 3, content: Content::Sealed(body) }.to_bytes().unwrap();
        let opening: Value = serde_json::from_slice(&opening.to_json()).unwrap();
        leaves.push(json!({
            "leaf": hex::encode(leaf),
            "body_digest": digest,
            "opening": opening,
            "proof": hex::encode(proof),
        }));
    }
    let period = Period { from: 0, to: 4 };
    let totals =
        Totals::prove(&bases, ORIGIN, period, Width::TwoHundredFifty, &counted, &secret(6))
            .unwrap();
    json!({
        "origin": ORIGIN,
        "schema": schema.digest().to_string(),
        "leaves": leaves,
        "totals": serde_json::from_slice::<Value>(&totals.to_json()).unwrap(),
        "totals_digest": totals.digest().to_string(),
    })
}
