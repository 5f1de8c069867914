//! Files: hashed, looked up and contributed, uploaded or by their address.

use crate::setup::{BANK, Service, told, with, with_file};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A picture with something in it, as a bitmap of 128 by 128 pixels; each `kind` another.
fn picture(kind: u32) -> Vec<u8> {
    bitmap(|x, y| {
        let (x, y) = (f64::from(x) / 9.0, f64::from(y) / 13.0);
        (127.0 + 60.0 * (x + f64::from(kind)).sin() + 60.0 * (y * f64::from(kind + 1)).cos()) as u8
    })
}

fn bitmap(grey: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    const SIDE: u32 = 128;
    let mut bytes = b"BM".to_vec();
    let size = 54 + SIDE * SIDE * 3;
    for number in [size, 0, 54, 40, SIDE, SIDE, 1 | 24 << 16, 0, 0, 0, 0, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    for y in (0..SIDE).rev() {
        bytes.extend((0..SIDE).flat_map(|x| [grey(x, y); 3]));
    }
    bytes
}

/// A web server for one answer after another, the same each.
async fn site(kind: &'static str, file: Vec<u8>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 4_096];
            let _ = stream.read(&mut asked).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                file.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&file).await;
        }
    });
    format!("http%3A%2F%2F{address}%2Fa")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_picture_is_hashed_contributed_and_found() {
    let service = Service::hashing().await;
    let (status, hashed) =
        told(with_file(service.ask("POST", "/h/hash"), "photo", &picture(1), &[])).await;
    assert_eq!((status, hashed["pdq"].as_str().map(str::len)), (200, Some(64)), "{hashed}");
    let more = [
        ("metadata", r#"{"content_id":"up-17","json":{"seen":3}}"#),
        ("note", "from the night desk"),
    ];
    let path = format!("/c/bank/{BANK}/content");
    let (status, added) =
        told(with_file(service.ask("POST", &path), "photo", &picture(1), &more)).await;
    assert_eq!((status, &added["id"], &added["signals"]), (200, &json!(1), &hashed), "{added}");
    let (_, shown) = service.get(&format!("{path}/1?include_signals=true")).await;
    assert_eq!(
        (&shown["metadata"]["content_id"], &shown["metadata"]["json"]["seen"]),
        (&json!("up-17"), &json!(3)),
        "{shown}"
    );
    assert_eq!((&shown["note"], &shown["signals"]), (&json!("from the night desk"), &hashed));
    let (_, found) =
        told(with_file(service.ask("POST", "/m/lookup"), "photo", &picture(1), &[])).await;
    assert_eq!(found["pdq"][BANK][0]["distance"], "0", "{found}");
    let (_, found) =
        told(with_file(service.ask("POST", "/m/lookup"), "photo", &picture(7), &[])).await;
    assert_eq!(found["pdq"], json!({}), "{found}");
    let (_, found) =
        told(with_file(service.ask("POST", "/v1/match/file"), "photo", &picture(1), &[])).await;
    assert_eq!(
        (&found["matches"][0]["entry"], &found["signals"][0]["type"]),
        (&json!(1), &json!("pdq")),
        "{found}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_fetched_by_its_address_and_taken_for_what_it_is_served_as() {
    let service = Service::hashing().await;
    let (image, words) =
        (site("image/bmp", picture(2)).await, site("text/plain", picture(2)).await);
    let (status, hashed) = service.get(&format!("/h/hash?url={image}&types=pdq")).await;
    assert_eq!((status, hashed.as_object().unwrap().len()), (200, 1), "{hashed}");
    let (status, said) = service.get(&format!("/h/hash?url={words}")).await;
    assert!(
        status == 400
            && said["message"]
                .as_str()
                .unwrap()
                .starts_with("unsupported url ContentType: 'text/plain'"),
        "{said}"
    );
    assert_eq!(
        service.get(&format!("/h/hash?url={words}&content_type=photo&types=pdq")).await.1,
        hashed
    );
    let body = json!({ "metadata": { "content_id": "a" }, "note": "b" });
    let path = format!("/c/bank/{BANK}/content?url={image}");
    assert_eq!(told(with(service.ask("POST", &path), &body)).await.1["id"], 1);
    assert_eq!(
        service.get(&format!("/m/lookup?url={image}")).await.1["pdq"][BANK][0]["bank_content_id"],
        1
    );
    let (_, inner) = service.get(&format!("/m/lookup?url={image}&signal_type=pdq")).await;
    assert_eq!(inner[BANK][0]["bank_content_id"], 1, "{inner}");
    for bad in ["", "?url=rings", "?url=file:///etc/hostname", "?url=http://127.0.0.1:1/a.png"] {
        let (status, said) = service.get(&format!("/h/hash{bad}")).await;
        assert_eq!(status, if bad.is_empty() { 422 } else { 400 }, "{bad}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_hashed_are_told_why() {
    let service = Service::hashing().await;
    let ask = || service.ask("POST", "/h/hash");
    let flat = bitmap(|_, _| 90);
    assert_eq!(told(with_file(ask(), "photo", &flat, &[])).await.1["pdq"], "");
    let (status, said) = told(with_file(
        service.ask("POST", &format!("/c/bank/{BANK}/content")),
        "photo",
        &flat,
        &[],
    ))
    .await;
    assert_eq!(status, 400, "{said}");
    let torn = &picture(1)[..40];
    for (field, file) in
        [("photo", torn), ("photo", b""), ("photo", b"not a picture"), ("file", torn)]
    {
        let (status, said) = told(with_file(ask(), field, file, &[])).await;
        assert_eq!(status, 400, "{field}: {said}");
    }
    let (status, said) = told(with_file(ask(), "photo", &vec![0; (1 << 20) + 1], &[])).await;
    assert_eq!(status, 413, "{said}");
    assert_eq!(told(ask()).await.1["message"], "Missing multipart/form-data file upload");
    let types =
        told(with_file(service.ask("POST", "/h/hash?types=pdq2"), "photo", &picture(1), &[])).await;
    assert_eq!(types.0, 400);
    assert_eq!(
        told(with_file(service.ask("POST", "/h/hash?types=,"), "photo", &picture(1), &[])).await.0,
        400
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_a_decoder_says_so() {
    let service = Service::keyless().await;
    assert_eq!(
        told(with_file(service.ask("POST", "/h/hash"), "photo", &picture(1), &[])).await.0,
        403
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_that_cannot_be_decoded_has_its_digests() {
    let service = Service::hashing().await;
    let ask = |path: &str| with_file(service.ask("POST", path), "video", b"no video at all", &[]);
    let (status, hashed) = told(ask("/h/hash")).await;
    assert_eq!((status, &hashed["vpdq"]), (200, &json!("")), "{hashed}");
    assert_eq!(hashed["video_md5"].as_str().map(str::len), Some(32), "{hashed}");
    assert_eq!(told(ask("/h/hash?types=vpdq")).await.0, 400);
    assert_eq!(told(ask(&format!("/c/bank/{BANK}/content"))).await.1["id"], 1);
    let (_, found) = told(ask("/m/lookup")).await;
    assert_eq!(found["video_md5"][BANK][0]["bank_content_id"], 1, "{found}");
}
