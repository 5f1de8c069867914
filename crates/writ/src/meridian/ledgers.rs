//! The ledgers: payments of the last months as CSV, the storage's access log as NDJSON.

use super::MeridianError;
use super::chance::Stream;
use super::files::{file, folder};
use super::people::{DAYS, DUSK, People};
use jiff::Timestamp;
use serde_json::json;
use std::fmt::Write;
use std::path::Path;

/// How many of the others stand in the ledgers: what is older than a month lies in an archive that no demand reaches.
const OTHERS: u64 = 2_000;

/// Writes the folders `payments` and `access` of `data`.
pub(super) fn write(
    data: &Path,
    people: &People<'_>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), MeridianError> {
    let of = people.cast.people.len() as u64 + people.others().min(OTHERS);
    let mut payments = "customer_id,paid_at,amount_cents,currency,source\n".to_owned();
    let mut access = String::new();
    for (done, account) in (1..).zip(people.some(OTHERS)) {
        let customer = people.customer(&account);
        let mut chance = people.chance(Stream::Ledgers, u64::from(account.id().0));
        for month in (0..3).rev() {
            let at = moment(DUSK - 86_400 * (30 * month + chance.below(28) as i64));
            let cents = 299 + 100 * chance.below(8);
            // Writing to a string cannot fail.
            let _ = writeln!(
                payments,
                "{},{at},{cents},EUR,\"{}\"",
                customer.id, customer.payment_source
            );
        }
        let mut at = DUSK - DAYS * 86_400;
        for _ in 0..4 {
            at += chance.below((DAYS * 86_400 / 4) as u64) as i64;
            let deed = chance.pick(&[
                "opened the folder",
                "shared a link",
                "uploaded a file",
                "changed the password",
            ]);
            let line = json!({ "customer_id": customer.id, "at": moment(at), "deed": deed, "address": customer.registration_ip });
            let _ = writeln!(access, "{line}");
        }
        progress("ledgers", done, of);
    }
    folder(&data.join("payments"))?;
    folder(&data.join("access"))?;
    file(&data.join("payments").join("payments.csv"), payments.as_bytes())?;
    file(&data.join("access").join("access.ndjson"), access.as_bytes())
}

fn moment(second: i64) -> String {
    Timestamp::from_second(second).unwrap_or_default().to_string()
}
