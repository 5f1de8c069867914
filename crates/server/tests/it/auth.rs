//! Keys and roles: who may ask what, and what is said to those who may not.

use crate::setup::{BANK, MEMBER, OTHER, Service, hash, told, with};
use serde_json::json;
use writ_commons::Role;
use writ_server::{NoExchanges, ServeError, Server, Services};

/// What each role may at least do, one request each; the body is what its routes need to be let in.
const ASKED: [(&str, &str, Role); 5] = [
    ("GET", "/m/lookup?signal=SIGNAL&signal_type=pdq", Role::Matcher),
    ("GET", "/v1/feed", Role::Reader),
    ("GET", "/c/banks", Role::Reader),
    ("POST", "/v1/entries", Role::Member),
    ("DELETE", "/c/bank/NOWHERE", Role::Curator),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_ask_what_it_is_for_and_no_more() {
    let service = Service::with(|_| {}).await;
    for role in [Role::Matcher, Role::Reader, Role::Member, Role::Curator] {
        let key = service.key(MEMBER, role, None).await;
        for (method, path, least) in ASKED {
            let path = path.replace("SIGNAL", &hash(1));
            let body = json!({ "bank": BANK, "signals": [{ "type": "pdq", "hash": hash(1) }] });
            let (status, said) =
                told(with(service.ask(method, &path), &body).bearer_auth(&key)).await;
            assert_eq!(status == 403, role < least, "{role:?} {method} {path}: {status} {said}");
            assert_ne!(status, 401, "{role:?} {method} {path}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_only_what_tells_nothing_is_answered() {
    let service = Service::with(|_| {}).await;
    for path in ["/status", "/status/live", "/site-map", "/openapi.json"] {
        assert_eq!(service.get(path).await.0, 200, "{path}");
    }
    for path in
        ["/v1/feed", "/m/raw_lookup", "/c/banks", "/v1/FetchHashes", "/v1/status", "/v1/match"]
    {
        let (status, said) = match path {
            "/v1/match" => service.post(path, json!({})).await,
            path => service.get(path).await,
        };
        assert_eq!(status, 401, "{path}");
        assert!(said["message"].as_str().unwrap().contains("Authorization: Bearer"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_taken_wherever_clients_put_it_and_no_more_once_revoked() {
    let service = Service::with(|_| {}).await;
    let issued =
        service.keys.issue(OTHER.parse().unwrap(), Role::Reader, None, None).await.unwrap();
    let ask = || service.ask("GET", "/v1/status");
    assert_eq!(told(ask().bearer_auth(&issued.text)).await.0, 200);
    assert_eq!(told(ask().basic_auth("coop", Some(&issued.text))).await.0, 200);
    assert_eq!(told(ask().basic_auth(&issued.text, None::<&str>)).await.0, 200);
    assert_eq!(told(ask().header("x-functions-key", &issued.text)).await.0, 200);
    assert_eq!(told(ask().header("Ocp-Apim-Subscription-Key", &issued.text)).await.0, 200);
    assert_eq!(told(ask().bearer_auth("writ_00")).await.0, 401);
    assert_eq!(told(ask().header("authorization", "Negotiate abc")).await.0, 401);
    service.keys.revoke(&issued.key.id).await.unwrap();
    assert_eq!(told(ask().bearer_auth(&issued.text)).await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_issued_by_another_program_is_known_within_seconds() {
    let service = Service::with(|_| {}).await;
    let others = writ_commons::Keys::open(service.memory.journal()).await.unwrap();
    let issued = others.issue(OTHER.parse().unwrap(), Role::Reader, None, None).await.unwrap();
    for _ in 0..80 {
        if told(service.ask("GET", "/v1/status").bearer_auth(&issued.text)).await.0 == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the key was never known");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_no_page_in_a_browser_and_no_other_name_of_this_machine_is_answered() {
    let service = Service::keyless().await;
    let ask = || service.ask("GET", "/v1/status");
    assert_eq!(told(ask()).await.0, 200);
    assert_eq!(told(ask().header("origin", "https://evil.example")).await.0, 403);
    assert_eq!(told(ask().header("host", "evil.example")).await.0, 403);
    // A key that is wrong is told so, except where the client cannot but send one.
    assert_eq!(told(ask().bearer_auth("wrong")).await.0, 401);
    assert_eq!(told(ask().header("x-functions-key", "any")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_machines_can_reach_is_never_served_without_keys() {
    let service = Service::keyless().await;
    let mut settings = crate::setup::settings(service.home());
    settings.listen = ([0, 0, 0, 0], 0).into();
    settings.keyless = true;
    let services = Services {
        memory: service.memory.clone(),
        hasher: None,
        fetcher: None,
        keys: service.keys.clone(),
        exchanges: std::sync::Arc::new(NoExchanges),
    };
    let refused = Server::bind(settings, services).await.unwrap_err();
    assert!(matches!(refused, ServeError::Keyless(_)), "{refused}");
}
