//! The hasher-matcher-actioner's routes, as its clients use them.

use crate::setup::{BANK, OTHER, Service, hash, near, told, with};
use serde_json::{Value, json};
use writ_commons::Role;

async fn looked_up(service: &Service, signal: &str, more: &str) -> Value {
    let (status, found) =
        service.get(&format!("/m/lookup?signal={signal}&signal_type=pdq{more}")).await;
    assert_eq!(status, 200, "{found}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn banks_are_made_as_clients_make_them() {
    let service = Service::keyless().await;
    let made = [
        (json!({ "name": "ONE" }), 201, "1.0"),
        (json!({ "name": "HALF", "enabled_ratio": "0.5" }), 201, "0.5"),
        // The default ratio wins over `enabled`.
        (json!({ "name": "STILL_ON", "enabled": false }), 201, "1.0"),
        (json!({ "name": "OFF", "enabled_ratio": null, "enabled": false }), 201, "0.0"),
    ];
    for (asked, wanted, ratio) in made {
        let (status, bank) = service.post("/c/banks", asked).await;
        assert_eq!(
            (status, bank["matching_enabled_ratio"].to_string().as_str()),
            (wanted, ratio),
            "{bank}"
        );
    }
    let refused = [
        (json!({ "name": "ONE" }), 403),
        (json!({ "name": "one" }), 400),
        (json!({ "name": "1ONE" }), 400),
        (json!({ "name": 7 }), 422),
        (json!({}), 422),
        (json!({ "name": "TWO", "enabled_ratio": "half" }), 422),
        (json!({ "name": "TWO", "enabled_ratio": 1.5 }), 400),
    ];
    for (asked, wanted) in refused {
        let (status, said) = service.post("/c/banks", asked.clone()).await;
        assert_eq!(status, wanted, "{asked}: {said}");
        assert!(said["message"].is_string(), "{said}");
    }
    // A base address that ends in a slash.
    let (status, banks) = service.get("//c/banks").await;
    assert_eq!((status, banks.as_array().unwrap().len()), (200, 5), "{banks}");
    let (status, bank) =
        service.put("/c/bank/ONE", json!({ "name": "FIRST", "enabled": false })).await;
    assert_eq!(
        (status, &bank["name"], &bank["matching_enabled_ratio"]),
        (200, &json!("FIRST"), &json!(0.0))
    );
    assert_eq!(service.put("/c/bank/FIRST", json!({ "name": "HALF" })).await.0, 403);
    assert_eq!(
        service.get("/c/bank/ONE").await,
        (404, json!({ "message": "bank 'ONE' not found" }))
    );
    for _ in 0..2 {
        assert_eq!(service.delete("/c/bank/FIRST").await, (200, json!({ "message": "Done" })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_tells_its_distance_as_text_and_what_more_is_known() {
    let service = Service::keyless().await;
    let path = format!("/c/bank/{BANK}/signal");
    let (status, added) = service
        .post(&path, json!({ "pdq": hash(1), "video_md5": &hash(2)[..32], "note": "two" }))
        .await;
    assert_eq!((status, &added["id"]), (200, &json!(1)), "{added}");
    assert_eq!(added["signals"]["pdq"], hash(1));
    let found = looked_up(&service, &near(1, 31), "").await;
    let one = &found[BANK][0];
    assert_eq!((&one["bank_content_id"], &one["distance"]), (&json!(1), &json!("31")), "{found}");
    assert_eq!(
        (&one["type"], &one["hash"], &one["state"]),
        (&json!("pdq"), &json!(hash(1)), &json!("active"))
    );
    assert_eq!(looked_up(&service, &near(1, 32), "").await, json!({}));
    assert_eq!(looked_up(&service, &hash(1), "&banks=NOWHERE,nonsense").await, json!({}));
    let (_, found) =
        service.get(&format!("/m/lookup?signal={}&signal_type=video_md5", &hash(2)[..32])).await;
    assert_eq!(found[BANK][0]["distance"], "-");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raw_look_up_takes_no_notice_of_ratio_or_of_what_is_switched_off() {
    let service = Service::keyless().await;
    let id = service.contribute("pdq", &hash(1)).await;
    let raw = |more: &str| format!("/m/raw_lookup?signal={}&signal_type=pdq{more}", near(1, 2));
    let content = format!("/c/bank/{BANK}/content/{id}");
    assert_eq!(service.get(&raw("")).await, (200, json!({ "matches": [1] })));
    let with_distance = json!({ "matches": [{ "bank_content_id": 1, "distance": "2" }] });
    assert_eq!(service.get(&raw("&include_distance=yes")).await.1, with_distance);
    assert_eq!(service.get(&raw("&include_distance=perhaps")).await.0, 422);
    service.put(&content, json!({ "disable_until_ts": 0 })).await;
    service.put(&format!("/c/bank/{BANK}"), json!({ "enabled_ratio": 0 })).await;
    assert_eq!(service.get(&raw("")).await.1, json!({ "matches": [1] }));
    assert_eq!(looked_up(&service, &hash(1), "").await, json!({}));
    assert_eq!(service.get("/m/raw_lookup?signal=00").await.0, 422);
    assert_eq!(service.get("/m/raw_lookup?signal=00&signal_type=pdq").await.0, 400);
    assert_eq!(
        service.get("/m/raw_lookup?signal=00&signal_type=phash").await.1["message"],
        "No such SignalType 'phash'"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_shown_switched_off_and_on_annotated_and_deleted() {
    let service = Service::keyless().await;
    let id = service.contribute("pdq", &hash(1)).await;
    let path = format!("/c/bank/{BANK}/content/{id}");
    let (_, shown) = service.get(&path).await;
    assert_eq!(
        shown,
        json!({ "bank": { "matching_enabled_ratio": 1.0, "name": BANK }, "disable_until_ts": 1, "id": id, "original_media_uri": null })
    );
    let off = writ_vocabulary::Instant::now().as_second() + 3_600;
    let (status, changed) =
        service.put(&path, json!({ "disable_until_ts": off, "note": "kept" })).await;
    assert_eq!(
        (status, &changed["disable_until_ts"], &changed["note"]),
        (200, &json!(off), &json!("kept")),
        "{changed}"
    );
    assert_eq!(looked_up(&service, &hash(1), "").await, json!({}));
    // For others it matches all the same.
    let key = service.key(OTHER, Role::Matcher, None).await;
    let asked = service.ask("GET", &format!("/m/lookup?signal={}&signal_type=pdq", hash(1)));
    assert_eq!(told(asked.bearer_auth(key)).await.1[BANK][0]["bank_content_id"], id);
    for (given, wanted) in [
        (json!("7"), 200),
        (json!("soon"), 400),
        (json!(-1), 400),
        (json!(4_102_444_800u64), 400),
        (Value::Null, 400),
    ] {
        let (status, said) = service.put(&path, json!({ "disable_until_ts": given })).await;
        assert_eq!(status, wanted, "{given}: {said}");
    }
    assert_eq!(looked_up(&service, &hash(1), "").await[BANK][0]["distance"], "0");
    let (_, shown) = service.get(&format!("{path}?include_signals=True")).await;
    assert_eq!(
        (&shown["signals"]["pdq"], &shown["note"], &shown["disable_until_ts"]),
        (&json!(hash(1)), &json!("kept"), &json!(1))
    );
    // Nothing asked is nothing done, and nothing broken.
    assert_eq!(service.put(&path, json!({})).await.0, 200);
    for deleted in [1, 0] {
        assert_eq!(service.delete(&path).await, (200, json!({ "deleted": deleted })));
    }
    assert_eq!(service.get(&path).await.0, 404);
    assert_eq!(service.get(&format!("/c/bank/{BANK}/content/abc")).await.0, 404);
    assert_eq!(
        service.get("/c/bank/NOWHERE/content/1").await.1["message"],
        "bank 'NOWHERE' not found"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_makes_a_banks_coin_fall_the_same_each_time() {
    let service = Service::keyless().await;
    service.contribute("pdq", &hash(1)).await;
    service.put(&format!("/c/bank/{BANK}"), json!({ "enabled_ratio": 0.5 })).await;
    let mut hits = 0;
    for seed in 0..60 {
        let first = looked_up(&service, &hash(1), &format!("&seed={seed}")).await;
        assert_eq!(looked_up(&service, &hash(1), &format!("&seed={seed}")).await, first);
        hits += u32::from(first != json!({}));
    }
    assert!((10..50).contains(&hits), "{hits} of 60");
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_are_compared_in_pairs() {
    let service = Service::keyless().await;
    let pair = |a: String, b: String| json!({ "pdq": [a, b] });
    let (_, told) = service.post("/m/compare", pair(hash(1), near(1, 31))).await;
    assert_eq!(told, json!({ "pdq": [true, { "distance": 31 }] }));
    let (_, told) = service.post("/m/compare", pair(hash(1), near(1, 32))).await;
    assert_eq!(told, json!({ "pdq": [false, { "distance": 32 }] }));
    let md5 = &hash(2)[..32];
    assert_eq!(
        service.post("/m/compare", json!({ "video_md5": [md5, md5] })).await.1,
        json!({ "video_md5": [true, {}] })
    );
    for bad in [
        json!([]),
        json!({ "pdq": [hash(1)] }),
        json!({ "pdq": hash(1) }),
        json!({ "pdq": [1, 2] }),
        json!({ "phash": ["a", "b"] }),
    ] {
        assert_eq!(service.post("/m/compare", bad.clone()).await.0, 400, "{bad}");
    }
    assert_eq!(told_of(&service).await, 415);
}

async fn told_of(service: &Service) -> u16 {
    told(service.ask("POST", "/m/compare").body("{}")).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn the_indexes_and_types_are_told() {
    let service = Service::keyless().await;
    service.contribute("pdq", &hash(1)).await;
    let (_, status) = service.get("/m/index/status?signal_type=pdq").await;
    assert_eq!(
        (&status["pdq"]["present"], &status["pdq"]["size"]),
        (&json!(true), &json!(1)),
        "{status}"
    );
    assert_eq!(service.get("/m/index/status?signal_type=phash").await.0, 400);
    let (_, index) = service.get("/c/signal_type/index").await;
    assert_eq!(
        (&index["pdq"]["index_out_of_date"], &index["pdq"]["db_size"]),
        (&json!(false), &json!(1))
    );
    let (_, types) = service.get("/c/signal_type").await;
    assert!(types.as_array().unwrap().contains(&json!({ "name": "pdq", "enabled_ratio": 1.0 })));
    assert_eq!(service.put("/c/signal_type/pdq", json!({ "enabled_ratio": "1.0" })).await.0, 200);
    assert_eq!(service.put("/c/signal_type/pdq", json!({ "enabled_ratio": 0 })).await.0, 409);
    assert!(
        service
            .get("/c/content_type")
            .await
            .1
            .as_array()
            .unwrap()
            .contains(&json!({ "name": "photo", "enabled": true }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_says_that_it_is_alive_and_what_it_serves() {
    let service = Service::keyless().await;
    let home = service.ask("GET", "/").send().await.unwrap();
    assert_eq!(
        (home.status().as_u16(), &home.headers()["location"]),
        (302, &"/status".parse().unwrap())
    );
    for path in ["/status", "/status/live", "//status"] {
        let alive = service.ask("GET", path).send().await.unwrap();
        assert!(alive.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert_eq!(alive.text().await.unwrap(), "I-AM-ALIVE");
    }
    assert_eq!(service.ask("HEAD", "/status").send().await.unwrap().status().as_u16(), 200);
    let (_, map) = service.get("/site-map").await;
    assert!(
        map.as_array().unwrap().contains(&json!("/c/bank/<bank_name>/content/<content_id>")),
        "{map}"
    );
    let nothing = told(with(service.ask("GET", "/nothing"), &json!({}))).await;
    assert_eq!((nothing.0, nothing.1["message"].is_string()), (404, true));
    assert_eq!(service.delete("/status").await.0, 405);
}
