//! What no configuration changes: the fixed policies and the digests of their texts.

use crate::clause::Clause;
use writ_lawbook::Fault;
use writ_vocabulary::Digest;

/// The fixed policies, each with the digest of its text: no credential, nothing weakened, no help to attack, no
/// standing access, no freeze. A policy in which one is missing or reads otherwise is not loaded, whoever adopted it.
pub const FIXED: [(&str, &str); 7] = [
    ("P12.assistance", "e5d8051e5ee795af5d55b037848c0d5c6e61dad8676bff3c57c3c1992498b48f"),
    ("P12.credential", "446a37f972a5c6d09033f974b25b3248b6594b0d02a2717db58d79465fe58f88"),
    ("P12.weaken", "81eeb4850aab1eda4cc9dc24f8342aa1587c97b3babb1c2338505c31bc55004f"),
    ("P13.aim", "1dd5d6e3a714194c5286b9d89085b109a4f7a6e607582961a5f50d8d7a9b7584"),
    ("P13.attack", "234ff62a25f5310740e1d09dd1b1efbb55c20625091faaa860164f7ef608bff4"),
    ("P14.standing-access", "5111cbffb5d1807a8eb074814f46a560530156e0e7f10e9658adbd9b5dc19f55"),
    ("P19.freeze", "9a82160351838fa8b10175ae75a7a68f82f9f7a79e21dd5ed46dabf7f5476e9a"),
];

/// What is wrong with the fixed policies among `clauses`.
pub(crate) fn changed(clauses: &[Clause]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (id, digest) in FIXED {
        match clauses.iter().find(|clause| clause.id == id) {
            None => faults.push(Fault {
                file: "fixed.cedar".to_owned(),
                line: None,
                what: format!("the fixed policy `{id}` is missing: put it back as it was published"),
            }),
            Some(clause) if digest.parse() != Ok(clause.digest) => faults.push(at(
                clause,
                format!(
                    "the fixed policy `{id}` was changed (its digest is {}): put it back as it was published; \
                     a change needs a new version of the program, for everybody to see",
                    Digest::to_string(&clause.digest)
                ),
            )),
            Some(_) => {}
        }
    }
    let unlisted = clauses
        .iter()
        .filter(|clause| clause.fixed && FIXED.iter().all(|(id, _)| *id != clause.id));
    faults.extend(unlisted.map(|clause| {
        at(
            clause,
            format!(
                "policy `{}` is marked `@fixed`, and the program does not know it as such",
                clause.id
            ),
        )
    }));
    faults
}

fn at(clause: &Clause, what: String) -> Fault {
    Fault { file: clause.file.clone(), line: Some(clause.line), what }
}
