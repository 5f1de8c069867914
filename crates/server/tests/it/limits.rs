//! How often one may ask.

use crate::setup::{MEMBER, OTHER, Service, hash, told, with};
use serde_json::json;
use writ_commons::Role;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_asks_too_often_waits_and_others_do_not() {
    let service = Service::with(|settings| settings.lookups_per_minute = 3).await;
    let (first, second) = (
        service.key(MEMBER, Role::Matcher, None).await,
        service.key(OTHER, Role::Matcher, Some(5)).await,
    );
    let path = format!("/m/raw_lookup?signal={}&signal_type=pdq", hash(1));
    let ask = |key: &str| service.ask("GET", &path).bearer_auth(key);
    for _ in 0..3 {
        assert_eq!(told(ask(&first)).await.0, 200);
    }
    let response = ask(&first).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 429);
    let wait: u64 = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    for _ in 0..5 {
        assert_eq!(told(ask(&second)).await.0, 200);
    }
    assert_eq!(told(ask(&second)).await.0, 429);
    // What is no look-up is not counted.
    assert_eq!(told(service.ask("GET", "/v1/status").bearer_auth(&first)).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_signals_in_one_request_count_as_many() {
    let service = Service::with(|settings| settings.lookups_per_minute = 10).await;
    let key = service.key(MEMBER, Role::Matcher, None).await;
    let asked = |many: u64| {
        let signals: Vec<_> =
            (0..many).map(|n| json!({ "type": "pdq", "hash": hash(n) })).collect();
        with(service.ask("POST", "/v1/match"), &json!({ "signals": signals })).bearer_auth(&key)
    };
    assert_eq!(told(asked(8)).await.0, 200);
    assert_eq!(told(asked(8)).await.0, 429);
    let (status, said) = told(asked(20)).await;
    assert_eq!(status, 429);
    assert!(
        said["message"].as_str().unwrap().contains("send fewer")
            || said["message"].as_str().unwrap().contains("wait")
    );
}
