//! What is put down of requests, and what is not.

use crate::setup::{MEMBER, Service, hash, near, told};
use serde_json::{Value, json};
use writ_commons::Role;

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_or_looks_up_is_put_down_in_order_without_any_hash() {
    let service = Service::keyless().await;
    let id = service.contribute("pdq", &hash(1)).await;
    service
        .get(&format!("/m/lookup?signal={}&signal_type=pdq&seed=secret-file.jpg", near(1, 4)))
        .await;
    service
        .post(
            &format!("/v1/entries/{id}/opinion"),
            json!({ "verdict": "confirm", "reason": "secret" }),
        )
        .await;
    service.get("/v1/feed").await;
    let key = service.keys.issue(MEMBER.parse().unwrap(), Role::Reader, None, None).await.unwrap();
    told(service.ask("GET", "/m/raw_lookup?signal=zz&signal_type=pdq").bearer_auth(&key.text))
        .await;
    let home = service.end().await;
    let text = std::fs::read_to_string(home.path().join("audit.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["method"].as_str().unwrap(),
                line["route"].as_str().unwrap(),
                line["status"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("POST", "/v1/entries", 201),
            ("GET", "/m/lookup", 200),
            ("POST", "/v1/entries/{id}/opinion", 200),
            ("GET", "/m/raw_lookup", 400),
        ]
    );
    assert_eq!((&lines[1]["matches"], &lines[1]["key"]), (&json!(1), &Value::Null));
    assert_eq!(lines[3]["key"], key.key.id.as_str());
    assert!(lines.iter().all(|line| line["member"] == MEMBER && line["ms"].is_number()));
    for secret in ["secret", &hash(1), &near(1, 4), key.text.as_str()] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
