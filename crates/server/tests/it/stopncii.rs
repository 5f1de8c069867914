//! The feed as the Python client `threatexchange` reads it.

use crate::setup::{BANK, MEMBER, OTHER, Service, hash, told, with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use writ_commons::Role;

/// What such a client keeps: records by type and value, and a number.
#[derive(Default)]
struct Client {
    held: BTreeMap<(String, String), Value>,
    stamp: Option<u64>,
    told: usize,
}

impl Client {
    /// A run, or its first pages.
    async fn fetch(&mut self, service: &Service, size: usize, pages: usize) {
        let start = self.stamp.unwrap_or(10);
        let mut token = String::new();
        for _ in 0..pages {
            let path = format!("/v1/FetchHashes?startTimestamp={start}&pageSize={size}{token}");
            let (status, page) =
                told(service.ask("GET", &path).header("x-functions-key", "fk")).await;
            assert_eq!(status, 200, "{page}");
            let records = page["hashRecords"].as_array().unwrap();
            assert_eq!(page["count"], records.len());
            for record in records {
                for field in [
                    "lastModtimestamp",
                    "signalType",
                    "hashValue",
                    "hashStatus",
                    "caseNumbers",
                    "CSPFeedbacks",
                ] {
                    assert!(!record[field].is_null(), "{field} in {record}");
                }
                let key = |name: &str| record[name].as_str().unwrap().to_owned();
                self.held.insert((key("signalType"), key("hashValue")), record.clone());
                self.told += 1;
            }
            let stamp = page["nextSetTimestamp"].as_u64().unwrap();
            assert!(self.stamp <= Some(stamp), "the number fell from {:?} to {stamp}", self.stamp);
            self.stamp = Some(stamp);
            if page["hasMoreRecords"] == false {
                assert_eq!(page["nextPageToken"], Value::Null);
                return;
            }
            token = format!("&nextPageToken={}", page["nextPageToken"].as_str().unwrap());
        }
    }

    fn feedbacks(&self, n: u64) -> Vec<(&str, &str)> {
        let record = &self.held[&("ImagePDQ".to_owned(), hash(n))];
        let each = record["CSPFeedbacks"].as_array().unwrap().iter();
        each.map(|one| (one["source"].as_str().unwrap(), one["feedbackValue"].as_str().unwrap()))
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_each_change_once_and_misses_none_however_its_runs_end() {
    let service = Service::keyless().await;
    for n in 0..30 {
        service.contribute("pdq", &hash(n)).await;
    }
    let mut client = Client::default();
    // Broken off after two pages, it goes on where it was.
    client.fetch(&service, 4, 2).await;
    assert_eq!(client.told, 8);
    client.fetch(&service, 4, 100).await;
    assert_eq!((client.held.len(), client.told), (30, 30));
    client.fetch(&service, 4, 100).await;
    assert_eq!(client.told, 30, "what was told is not told again");
    service.contribute("video_md5", &hash(50)[..32]).await;
    service.contribute("photo_sha256", &hash(51)).await;
    client.fetch(&service, 4, 100).await;
    assert_eq!(
        (client.held.len(), client.told),
        (31, 31),
        "types the client does not know are left out"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_longer_matches_is_told_as_not_blocked_by_us_and_blocked_by_nobody() {
    let service = Service::keyless().await;
    let id = service.contribute("pdq", &hash(1)).await;
    let mut client = Client::default();
    client.fetch(&service, 10, 9).await;
    assert_eq!(client.feedbacks(1), [(MEMBER, "Blocked")]);
    service.delete(&format!("/v1/entries/{id}")).await;
    client.fetch(&service, 10, 9).await;
    assert_eq!(client.feedbacks(1), [(MEMBER, "NotBlocked")]);
    assert_eq!(client.held[&("ImagePDQ".to_owned(), hash(1))]["hashStatus"], "Withdrawn");
    // And it can come back.
    service.contribute("pdq", &hash(1)).await;
    client.fetch(&service, 10, 9).await;
    assert_eq!(client.feedbacks(1), [(MEMBER, "Blocked")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_is_told_as_it_stands_in_all_banks_together() {
    let service = Service::keyless().await;
    service.post("/c/banks", json!({ "name": "SECOND" })).await;
    service.contribute("pdq", &hash(1)).await;
    let second = json!({ "bank": "SECOND", "signals": [{ "type": "pdq", "hash": hash(1) }] });
    let (_, made) = service.post("/v1/entries", second).await;
    let mut client = Client::default();
    client.fetch(&service, 10, 9).await;
    service.delete(&format!("/v1/entries/{}", made["entries"][0])).await;
    client.fetch(&service, 10, 9).await;
    assert_eq!(client.feedbacks(1), [(MEMBER, "Blocked")], "it still stands in the first bank");
    service.delete(&format!("/c/bank/{BANK}")).await;
    client.fetch(&service, 10, 9).await;
    assert_eq!(client.feedbacks(1), [(MEMBER, "NotBlocked")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn submitted_hashes_are_contributed_and_feedback_becomes_the_members_opinion() {
    let service = Service::keyless().await;
    let record = |kind: &str, value: &str| {
        json!({ "lastModtimestamp": 1, "signalType": kind, "hashValue": value,
                "CSPFeedbacks": [{ "tags": ["behaviour/recruitment-and-instruction", "by night"], "feedbackValue": "Blocked" }] })
    };
    // As the client writes it, by a mistake of its own.
    let records = [
        record("StopNCIISignalType.ImagePDQ", &hash(1)),
        record("VideoMD5", &hash(2)[..32]),
        record("VideoTMK", "x"),
        record("ImagePDQ", "zz"),
        json!(7),
    ];
    let (status, taken) =
        service.post("/v1/SubmitHashes", json!({ "count": 5, "hashRecords": records })).await;
    assert_eq!((status, &taken["count"]), (200, &json!(2)), "{taken}");
    let refused: Vec<_> =
        taken["refused"].as_array().unwrap().iter().map(|one| one["index"].clone()).collect();
    assert_eq!(refused, [json!(2), json!(3), json!(4)], "{taken}");
    let (_, entry) = service.get("/v1/entries/1").await;
    assert_eq!(entry["labels"], json!(["behaviour/recruitment-and-instruction"]));
    assert_eq!(entry["opinions"][0]["note"], "by night");
    let key = service.key(OTHER, Role::Member, None).await;
    let said = |value: &str, hash: &str| {
        let feedback = json!({ "tags": [], "feedbackValue": value, "hashValue": hash });
        let body = json!({ "count": 1, "hashFeedbacks": [feedback] });
        with(service.ask("POST", "/v1/SubmitFeedback"), &body).header("x-functions-key", &key)
    };
    assert_eq!(told(said("NotBlocked", &hash(1))).await.1["count"], 1);
    let (_, entry) = service.get("/v1/entries/1").await;
    let verdicts: Vec<_> = entry["opinions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["verdict"].as_str())
        .collect();
    assert_eq!(verdicts, ["not-terrorist"], "{entry}");
    assert_eq!(told(said("Deleted", &hash(1))).await.1["count"], 1);
    let (_, entry) = service.get("/v1/entries/1").await;
    assert_eq!(entry["opinions"].as_array().unwrap().len(), 1, "{entry}");
    let (status, none) = told(said("Blocked", &hash(99))).await;
    assert_eq!((status, &none["count"]), (200, &json!(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_another_service_is_told_so() {
    let service = Service::keyless().await;
    let (status, said) = service.get("/v1/FetchHashes?startTimestamp=1700000000").await;
    assert_eq!(status, 409);
    assert!(said["message"].as_str().unwrap().contains("another's"), "{said}");
}
