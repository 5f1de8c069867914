//! Our own routes: contributed, shown, followed, disputed, withdrawn, looked up.

use crate::setup::{BANK, MEMBER, OTHER, Service, hash, near, opened, told, with};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use writ_commons::Role;

fn given(n: u64) -> Value {
    json!({ "bank": BANK, "signals": [{ "type": "pdq", "hash": hash(n), "quality": 90 }],
            "labels": ["behaviour/recruitment-and-instruction"], "note": "first seen at night" })
}

async fn matched(service: &Service, n: u64) -> Value {
    let asked = json!({ "signals": [{ "type": "pdq", "hash": near(n, 6) }] });
    let (status, found) = service.post("/v1/match", asked).await;
    assert_eq!(status, 200, "{found}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_contributed_is_shown_and_found_at_once_with_all_that_is_known_of_it() {
    let service = Service::keyless().await;
    let (status, made) = service.post("/v1/entries", given(1)).await;
    assert_eq!((status, &made), (201, &json!({ "entries": [1] })), "{made}");
    let (_, entry) = service.get("/v1/entries/1").await;
    assert_eq!(entry["state"], "active", "{entry}");
    assert_eq!(
        entry["signals"][0],
        json!({ "type": "pdq", "hash": hash(1), "quality": 90, "state": "active" })
    );
    assert_eq!(entry["opinions"][0]["member"], MEMBER);
    assert_eq!(entry["labels"], json!(["behaviour/recruitment-and-instruction"]));
    let found = matched(&service, 1).await;
    let one = &found["matches"][0];
    assert_eq!(
        (&one["entry"], &one["distance"], &one["bank"]),
        (&json!(1), &json!(6), &json!(BANK))
    );
    assert_eq!((&one["members"], &one["hash"]), (&json!([MEMBER]), &json!(hash(1))));
    // The same again is the same entry.
    assert_eq!(service.post("/v1/entries", given(1)).await.1, json!({ "entries": [1] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn opinions_of_members_stand_beside_each_other_and_a_withdrawal_takes_back_ones_own_only() {
    let service = Service::keyless().await;
    let id = service.contribute("pdq", &hash(1)).await;
    let key = service.key(OTHER, Role::Member, None).await;
    let path = format!("/v1/entries/{id}/opinion");
    let asked = json!({ "verdict": "dispute", "reason": "a news report" });
    let (status, entry) = told(with(service.ask("POST", &path), &asked).bearer_auth(&key)).await;
    assert_eq!((status, &entry["state"]), (200, &json!("disputed")), "{entry}");
    assert_eq!(entry["opinions"].as_array().unwrap().len(), 2);
    let (status, entry) = told(service.ask("DELETE", &path).bearer_auth(&key)).await;
    assert_eq!((status, &entry["state"]), (200, &json!("active")), "{entry}");
    let (status, said) = told(service.ask("DELETE", &path).bearer_auth(&key)).await;
    assert_eq!(status, 404, "{said}");
    let entry = format!("/v1/entries/{id}");
    assert_eq!(told(service.ask("DELETE", &entry).bearer_auth(&key)).await.0, 403);
    assert_eq!(service.delete(&entry).await.1["state"], "withdrawn");
    assert_eq!(matched(&service, 1).await["total"], 0);
    assert_eq!(service.get(&entry).await.1["state"], "withdrawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_of_a_batch_is_answered_for_itself() {
    let service = Service::keyless().await;
    let mut lines = vec![given(1).to_string(), "{".into(), String::new(), given(2).to_string()];
    lines.push(given(3).to_string().replace(&hash(3), "not a hash"));
    lines.push(given(4).to_string().replace(BANK, "NOWHERE"));
    let request = service.ask("POST", "/v1/entries/batch").body(lines.join("\n"));
    let (status, answered) = told(request).await;
    assert_eq!(status, 200, "{answered}");
    let results = answered["results"].as_array().unwrap();
    assert_eq!(
        (&results[0]["entries"], &results[2]["entries"]),
        (&json!([1]), &json!([2])),
        "{answered}"
    );
    let refused: Vec<_> = [1, 3, 4].map(|n| results[n]["status"].as_u64().unwrap()).into();
    assert_eq!(refused, [400, 400, 404], "{answered}");
    let many = vec![given(1).to_string(); 1_001].join("\n");
    assert_eq!(told(service.ask("POST", "/v1/entries/batch").body(many)).await.0, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_the_feed_page_by_page_holds_what_there_is() {
    let service = Service::keyless().await;
    let mut ids = Vec::new();
    for n in 0..40 {
        ids.push(service.contribute("pdq", &hash(n)).await);
    }
    let (mut held, mut since) = (BTreeMap::new(), "0.0".to_owned());
    for round in 0..4 {
        loop {
            let (status, page) = service.get(&format!("/v1/feed?since={since}&limit=7")).await;
            assert_eq!(status, 200, "{page}");
            for entry in page["entries"].as_array().unwrap() {
                held.insert(entry["entry"].as_u64().unwrap(), entry["state"].clone());
            }
            since = page["next"].as_str().unwrap().to_owned();
            if page["more"] == false {
                break;
            }
        }
        service.delete(&format!("/v1/entries/{}", ids[round * 3])).await;
        if round == 2 {
            service.post("/v1/entries", given(100)).await;
        }
    }
    let (_, page) = service.get(&format!("/v1/feed?since={since}")).await;
    held.extend(
        page["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| (e["entry"].as_u64().unwrap(), e["state"].clone())),
    );
    let withdrawn: Vec<u64> =
        held.iter().filter(|(_, state)| *state == "withdrawn").map(|(id, _)| *id).collect();
    assert_eq!(withdrawn, [ids[0], ids[3], ids[6], ids[9]]);
    assert_eq!(held.len(), 41);
    let (_, ahead) = service.get("/v1/feed?since=9.999999").await;
    assert!(ahead["resync"].as_str().unwrap().contains("read from the start"), "{ahead}");
    assert_eq!(service.get("/v1/feed?since=yesterday").await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_hold_the_list_is_not_told_hashes() {
    let service = Service::keyless().await;
    service.contribute("pdq", &hash(1)).await;
    let key = service.key(OTHER, Role::Matcher, None).await;
    let asked = json!({ "signals": [{ "type": "pdq", "hash": near(1, 3) }] });
    let (_, found) = told(with(service.ask("POST", "/v1/match"), &asked).bearer_auth(&key)).await;
    assert_eq!((&found["total"], &found["matches"][0]["hash"]), (&json!(1), &json!("")), "{found}");
    let path = format!("/m/lookup?signal={}&signal_type=pdq", near(1, 3));
    let (_, found) = told(service.ask("GET", &path).bearer_auth(&key)).await;
    assert_eq!(found[BANK][0]["distance"], "3");
    assert_eq!(found[BANK][0].get("hash"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn banks_are_opened_changed_and_removed_with_all_their_settings() {
    let service = Service::keyless().await;
    let bank = json!({ "name": "KNOWN_GOOD", "purpose": "negative", "quality": 50, "ratio": 1.0,
                       "action": "log", "quorum": 1, "limits": { "pdq": { "review": 20 } } });
    assert_eq!(service.post("/v1/banks", bank.clone()).await.0, 201);
    assert_eq!(service.post("/v1/banks", bank.clone()).await.0, 409);
    let (_, shown) = service.get("/v1/banks/KNOWN_GOOD").await;
    assert_eq!(
        (&shown["purpose"], &shown["limits"]["pdq"]["review"]),
        (&json!("negative"), &json!(20))
    );
    // What stands in it spares what is near, and keeps new entries near it from matching.
    let good = json!({ "bank": "KNOWN_GOOD", "signals": [{ "type": "pdq", "hash": hash(1) }] });
    assert_eq!(service.post("/v1/entries", good).await.0, 201);
    let id = service.contribute("pdq", &near(1, 2)).await;
    assert_eq!(service.get(&format!("/v1/entries/{id}")).await.1["state"], "quarantined");
    let (status, freed) = service
        .post(
            &format!("/v1/entries/{id}/release"),
            json!({ "person": "night-desk", "reason": "seen" }),
        )
        .await;
    assert_eq!((status, &freed["state"]), (200, &json!("active")), "{freed}");
    let found = matched(&service, 1).await;
    assert_eq!(
        (&found["total"], &found["spared_by"][0]["bank"]),
        (&json!(0), &json!("KNOWN_GOOD"))
    );
    let mut wider = bank;
    wider["quality"] = json!(101);
    assert_eq!(service.put("/v1/banks/KNOWN_GOOD", wider.clone()).await.0, 400);
    wider["quality"] = json!(80);
    assert_eq!(service.put("/v1/banks/KNOWN_GOOD", wider.clone()).await.0, 200);
    assert_eq!(service.put("/v1/banks/NOWHERE", wider).await.0, 404);
    assert_eq!(service.delete("/v1/banks/KNOWN_GOOD").await.0, 200);
    assert_eq!(service.delete("/v1/banks/KNOWN_GOOD").await.0, 404);
    assert_eq!(matched(&service, 1).await["total"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn incidents_sightings_labels_and_rules_are_told() {
    let service = Service::keyless().await;
    let opened = json!({ "incident": "riverside-2026", "title": "Riverside", "fast": true });
    assert_eq!(service.post("/v1/incidents", opened.clone()).await.0, 201);
    assert_eq!(service.post("/v1/incidents", opened).await.0, 409);
    let mut one = given(1);
    one["incident"] = json!("riverside-2026");
    assert_eq!(service.post("/v1/entries", one).await.0, 201);
    assert_eq!(service.get("/v1/entries/1").await.1["incident"], "riverside-2026");
    let (_, taxonomy) = service.get("/v1/taxonomy").await;
    let first = |axis: &str| {
        let axes = taxonomy["axis"].as_array().unwrap();
        let axis = axes.iter().find(|one| one["name"] == axis).unwrap();
        format!(
            "{}/{}",
            axis["name"].as_str().unwrap(),
            axis["labels"][0]["name"].as_str().unwrap()
        )
    };
    let seen =
        json!({ "entry": 1, "platform": first("platform"), "form": first("form"), "distance": 4 });
    assert_eq!(service.post("/v1/sightings", seen).await.0, 201);
    let (_, told) = service.get("/v1/entries/1/sightings").await;
    assert_eq!(told["sightings"][0]["distance"], 4, "{told}");
    assert_eq!(service.get("/v1/entries/99/sightings").await.0, 404);
    let (status, closed) = service.post("/v1/incidents/riverside-2026/close", json!({})).await;
    assert_eq!((status, &closed["report"]["entries"]), (200, &json!(1)), "{closed}");
    assert_eq!(service.post("/v1/incidents/other/close", json!({})).await.0, 404);
    assert_eq!(service.get("/v1/rules").await.1["format"], "writ-hash-rules/1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_readers_place_is_its_members_only() {
    let service = Service::keyless().await;
    service.contribute("pdq", &hash(1)).await;
    let (_, page) = service.get("/v1/feed").await;
    let at = json!({ "checkpoint": page["next"] });
    assert_eq!(service.post("/v1/readers/index-1/acknowledge", at.clone()).await.0, 404);
    for _ in 0..2 {
        assert_eq!(service.put("/v1/readers/index-1", json!({})).await.0, 200);
    }
    let other = service.key(OTHER, Role::Reader, None).await;
    let path = "/v1/readers/index-1";
    assert_eq!(told(service.ask("PUT", path).bearer_auth(&other)).await.0, 409);
    assert_eq!(told(service.ask("DELETE", path).bearer_auth(&other)).await.0, 404);
    let acknowledge = format!("{path}/acknowledge");
    assert_eq!(told(with(service.ask("POST", &acknowledge), &at).bearer_auth(&other)).await.0, 404);
    let (status, stands) = service.post(&acknowledge, at).await;
    assert_eq!((status, &stands["checkpoint"]), (200, &page["next"]), "{stands}");
    assert_eq!(service.delete(path).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_after_a_restart() {
    let service = Service::keyless().await;
    for n in 0..20 {
        service.contribute("pdq", &hash(n)).await;
    }
    service.delete("/v1/entries/3").await;
    let home = service.end().await;
    let memory = opened(home.path()).await;
    let states: Vec<String> = memory.read(|state, now| {
        state
            .entries(Default::default(), None, 100, now)
            .iter()
            .map(|e| e.standing.state.to_string())
            .collect()
    });
    assert_eq!(states.len(), 20);
    assert_eq!(states.iter().filter(|state| *state == "active").count(), 19);
}
