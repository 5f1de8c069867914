//! Whoever sends what: every answer is JSON, bounds hold, and the service stays up.

use crate::setup::{BANK, Service, hash, told};
use proptest::prelude::*;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What comes back on a connection of its own, until it is closed.
async fn raw(service: &Service, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_paths_and_queries_are_answered_in_json() {
    let service = Service::keyless().await;
    for path in [
        "/c/bank/%FF%FE",
        "/c/bank/..%2f..%2fetc/content/1",
        "/v1/entries/99999999999999999999",
        "/v1/entries/-1",
        "/v1/banks/lower%20case",
        "/m/lookup?signal=%ff&signal_type=%00",
        "/m/raw_lookup?signal_type=pdq&signal_type=x&signal=1&signal=2",
        "/v1/feed?limit=many",
        "/v1/feed?since=1.2.3",
        "/c/bank/A/content/1/more",
        "/%00",
    ] {
        let (status, said) = service.get(path).await;
        assert!(
            (400..500).contains(&status) && said["message"].is_string(),
            "{path}: {status} {said}"
        );
    }
    for path in ["/v1/feed?limit=0", "/v1/feed?limit=99999999", "/v1/FetchHashes?pageSize=0"] {
        assert_eq!(service.get(path).await.0, 200, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_bodies_are_answered_in_json() {
    let service = Service::keyless().await;
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let many: Vec<_> = (0..65).map(|n| json!({ "type": "pdq", "hash": hash(n) })).collect();
    let bodies = [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "\u{0}".to_owned(),
        deep,
        json!({ "signals": [] }).to_string(),
        json!({ "signals": many }).to_string(),
        json!({ "signals": [{ "type": "pdq", "hash": "x".repeat(1 << 20) }] }).to_string(),
        json!({ "signals": [{ "type": "pdq", "hash": hash(1), "quality": 300 }] }).to_string(),
        json!({ "bank": BANK, "signals": [{ "type": "pdq", "hash": hash(1), "quality": 101 }] }).to_string(),
        json!({ "bank": BANK, "signals": [{ "type": "pdq", "hash": hash(1) }], "expires": "2000-01-01T00:00:00Z" }).to_string(),
        json!({ "bank": BANK, "signals": [{ "type": "pdq", "hash": hash(1) }], "labels": ["no/such"] }).to_string(),
    ];
    for path in [
        "/v1/match",
        "/v1/entries",
        "/v1/banks",
        "/v1/sightings",
        "/c/banks",
        "/c/exchanges",
        "/m/compare",
        "/v1/SubmitHashes",
    ] {
        for body in &bodies {
            let request = service
                .ask("POST", path)
                .header("content-type", "application/json")
                .body(body.clone());
            let (status, said) = told(request).await;
            let start: String = body.chars().take(60).collect();
            let well = path == "/m/compare" && body.starts_with("{\"signals\":[]");
            assert!(
                well || (400..500).contains(&status) && said["message"].is_string(),
                "{path} {start}: {status} {said}"
            );
        }
    }
    let large = vec![b' '; 5 << 20];
    assert_eq!(told(service.ask("POST", "/v1/match").body(large)).await.0, 413);
    assert_eq!(service.get("/v1/status").await.1["entries"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_too_long_or_no_heads_at_all_end_the_connection_only() {
    let service = Service::keyless().await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", "a".repeat(200_000));
    let many = format!("GET /status HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "A: b\r\n".repeat(500));
    for head in [
        long.as_bytes(),
        many.as_bytes(),
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let answer = raw(&service, head).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(service.get("/v1/status").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_or_reads_slowly_is_cut_off_and_no_other_waits() {
    let service = Service::with(|settings| {
        settings.keyless = true;
        settings.patience = Duration::from_millis(600);
        settings.connections = 4;
    })
    .await;
    let began = Instant::now();
    let slow = [
        raw(&service, b"GET /status HT"),
        raw(&service, b""),
        raw(&service, b"POST /v1/match HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"),
        raw(&service, b"POST /v1/entries/batch HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"),
    ];
    let answers = futures::future::join_all(slow).await;
    assert!(
        answers[2].starts_with("HTTP/1.1 408") && answers[2].contains("{\"message\""),
        "{answers:?}"
    );
    assert!(answers[3].starts_with("HTTP/1.1 408"), "{answers:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(service.get("/v1/status").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_waits_for_what_was_asked_already() {
    let service = Service::keyless().await;
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    let body = json!({ "bank": BANK, "signals": [{ "type": "pdq", "hash": hash(1) }] }).to_string();
    let head = format!(
        "POST /v1/entries HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body.as_bytes()[..10]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let rest = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stream.write_all(&body.as_bytes()[10..]).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    });
    let home = service.end().await;
    let answer = rest.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let memory = crate::setup::opened(home.path()).await;
    assert_eq!(memory.status().entries, 1);
}

#[test]
fn no_request_whatever_is_answered_with_a_fault() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Service::keyless());
    let paths = prop::sample::select(vec![
        "/v1/entries/{}",
        "/v1/feed?since={}",
        "/v1/match",
        "/v1/entries",
        "/v1/entries/batch",
        "/v1/banks/{}",
        "/c/bank/{}",
        "/c/bank/RECRUITMENT_VIDEO/content/{}",
        "/m/lookup?signal={}&signal_type=pdq",
        "/m/raw_lookup?signal_type={}&signal=00",
        "/v1/FetchHashes?startTimestamp={}",
        "/v1/SubmitFeedback",
        "/v1/readers/{}",
    ]);
    let methods = prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "PATCH"]);
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"signals\"",
        ":",
        ",",
        "1",
        "-1",
        "\"pdq\"",
        "\"type\"",
        "\"hash\"",
        "null",
        "\"bank\"",
        "\n",
        "\"RECRUITMENT_VIDEO\"",
        "é",
    ]);
    let body = prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat());
    let asked = (methods, paths, "[a-zA-Z0-9.%&=_/-]{0,24}", body);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..Default::default()
    });
    let done = runner.run(&asked, |(method, path, place, body)| {
        let request = service.ask(method, &path.replace("{}", &place.replace('%', "%25")));
        let request = request.header("content-type", "application/json").body(body);
        let (status, _) = runtime.block_on(told(request));
        prop_assert!(status < 500, "{status}");
        Ok(())
    });
    done.unwrap();
}
