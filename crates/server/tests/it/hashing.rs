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

/// A document of pages of grey tiles, one for each number, and of a page with words alone.
fn document(pages: &[u32]) -> Vec<u8> {
    let tiles = |kind: u32| {
        let tile = |at: u32| {
            let (x, y) = (f64::from(at % 16), f64::from(at / 16));
            let grey = (x * 0.7 + f64::from(kind)).sin() + (y * f64::from(kind + 1) * 0.3).cos();
            format!("{:.2} g {} {} 20 20 re f\n", 0.5 + grey / 4.0, at % 16 * 20, at / 16 * 20)
        };
        (0..256).map(tile).collect::<String>()
    };
    let words =
        "BT /F 9 Tf 9 300 Td (The keeper of the light wrote down each name, in a grey book.) Tj ET";
    let contents: Vec<_> = pages.iter().map(|kind| tiles(*kind)).chain([words.into()]).collect();
    let kids: String = (0..contents.len()).map(|at| format!("{} 0 R ", 3 + 2 * at)).collect();
    let font = "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Courier>>>>>>";
    let mut text = format!(
        "%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n\
         2 0 obj <</Type/Pages/MediaBox[0 0 320 320]{font}/Kids[{kids}]>> endobj\n"
    );
    for (content, own) in contents.iter().zip((3..).step_by(2)) {
        text += &format!(
            "{own} 0 obj <</Type/Page/Parent 2 0 R/Contents {} 0 R>> endobj\n\
             {} 0 obj <</Length {}>>\nstream\n{content}\nendstream endobj\n",
            own + 1,
            own + 1,
            content.len()
        );
    }
    (text + "trailer <</Root 1 0 R>>\n%%EOF\n").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_found_by_any_of_its_pages_and_by_its_words() {
    let service = Service::hashing().await;
    let post = |path: &str| service.ask("POST", path);
    let (_, hashed) = told(with_file(post("/h/hash"), "photo", &document(&[1, 2]), &[])).await;
    assert!(hashed["text_tlsh"].as_str().is_some_and(|hash| hash.starts_with("T1")), "{hashed}");
    let path = format!("/c/bank/{BANK}/content");
    let (status, added) = told(with_file(post(&path), "photo", &document(&[1, 2]), &[])).await;
    assert_eq!((status, &added["signals"]), (200, &hashed), "{added}");
    let (_, shown) = service.get("/v1/entries/1").await;
    assert_eq!(shown["signals"].as_array().map(Vec::len), Some(5), "{shown}");
    // Another document with the second page as its third, and other words on none.
    let other = document(&[7, 5, 2]);
    let (_, found) = told(with_file(post("/v1/match/file?types=pdq"), "photo", &other, &[])).await;
    let pages: Vec<_> =
        found["signals"].as_array().unwrap().iter().map(|one| &one["page"]).collect();
    assert_eq!(pages[..3], [1, 2, 3], "{found}");
    let nearest = &found["matches"][0];
    assert_eq!((&nearest["distance"], &nearest["part"]), (&json!(0), &json!(3)), "{found}");
    let (_, found) = told(with_file(post("/m/lookup"), "photo", &document(&[]), &[])).await;
    assert_eq!(found["text_tlsh"][BANK][0]["distance"], "0", "{found}");
    // Of many pages, as many as an entry holds are in it.
    let many: Vec<u32> = (11..50).collect();
    let (status, added) = told(with_file(post(&path), "photo", &document(&many), &[])).await;
    assert_eq!(status, 200, "{added}");
    let (_, shown) = service.get(&format!("/v1/entries/{}", added["id"])).await;
    assert!(
        shown["signals"].as_array().is_some_and(|all| (9..=16).contains(&all.len())),
        "{shown}"
    );
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
