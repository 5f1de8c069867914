//! What a production holds: the granted columns and rows of every kind of source, and nothing else.

use super::house::{House, case, item, lena, noon, otto, period, the_day};
use crate::{Bounds, execute};
use writ_vocabulary::{Digest, FileForm, Period, Scope};

#[tokio::test]
async fn every_declaration_fits_its_source() {
    let house = House::new().await;
    let wrong = house.sources.check().await;
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test]
async fn rows_of_a_parquet_file_are_those_of_the_account_within_the_half_open_period() {
    let house = House::new().await;
    let collected =
        house.collect(&[("a1", lena())], &["session_times", "login_ip"], the_day()).await;
    assert_eq!(
        collected.paths(),
        ["a1/logins-dictionary.csv", "a1/logins.csv", "a1/logins.ndjson"]
    );
    assert_eq!(
        collected.text("a1/logins.ndjson"),
        "{\"session_times\":\"2026-11-13T00:00:00Z\",\"login_ip\":\"192.0.2.2\"}\n\
         {\"session_times\":\"2026-11-13T20:04:05.25Z\",\"login_ip\":\"192.0.2.3\"}\n"
    );
    assert_eq!(
        collected.text("a1/logins.csv"),
        "session_times,login_ip\r\n2026-11-13T00:00:00Z,192.0.2.2\r\n2026-11-13T20:04:05.25Z,192.0.2.3\r\n"
    );
    let file = &collected.manifest.files[2];
    assert_eq!((file.form, file.rows, file.source.as_str()), (FileForm::Ndjson, 2, "logins"));
    assert_eq!(file.sha256, Digest::of(collected.bytes("a1/logins.ndjson")));
    assert_eq!(file.bytes, collected.bytes("a1/logins.ndjson").len() as u64);
    assert!(file.query.contains("\"customer_id\" = :account"), "{}", file.query);
    assert!(collected.manifest.withheld.is_empty());
}

#[tokio::test]
async fn a_column_that_is_not_granted_is_not_in_the_query() {
    let house = House::new().await;
    let collected = house.collect(&[("a1", lena())], &["login_ip"], the_day()).await;
    assert_eq!(collected.text("a1/logins.csv"), "login_ip\r\n192.0.2.2\r\n192.0.2.3\r\n");
    let plan = house.plan(&[("a1", lena())], &["name"], Period::ALL).await;
    assert!(!plan.steps()[0].query.contains("street") && !plan.steps()[0].query.contains("secret"));
}

#[tokio::test]
async fn a_standing_record_is_given_as_it_stands_and_columns_of_one_element_keep_their_names() {
    let house = House::new().await;
    let collected = house.collect(&[("a1", lena())], &["name", "postal_address"], the_day()).await;
    assert_eq!(
        collected.text("a1/directory.csv"),
        "name,postal_address.street,postal_address.town\r\nLena Novak,1 Rue de l'Exemple,Exempleville\r\n"
    );
}

#[tokio::test]
async fn times_written_with_offsets_are_bounded_by_their_instant() {
    let house = House::new().await;
    let collected = house.collect(&[("a1", lena())], &["last_seen", "calendar"], the_day()).await;
    assert_eq!(
        collected.text("a1/directory.csv"),
        "last_seen,calendar\r\n2026-11-13T20:04:05Z,inside\r\n"
    );
    let all = house.collect(&[("a1", lena())], &["calendar"], Period::ALL).await;
    assert_eq!(all.text("a1/directory.csv").lines().count(), 5);
}

#[tokio::test]
async fn csv_and_ndjson_sources_give_exact_values_and_csv_cells_are_never_formulas() {
    let house = House::new().await;
    let collected =
        house.collect(&[("a1", lena())], &["search_history", "access_log"], the_day()).await;
    assert_eq!(
        collected.text("a1/searches.ndjson"),
        "{\"search_history\":\"a \\\"quoted\\\" word, and\\na second line\"}\n{\"search_history\":\"=cmd|' /C calc'!A0\"}\n"
    );
    assert_eq!(
        collected.text("a1/searches.csv"),
        "search_history\r\n\"a \"\"quoted\"\" word, and\na second line\"\r\n'=cmd|' /C calc'!A0\r\n"
    );
    assert_eq!(collected.text("a1/pages.csv"), "access_log\r\nhttps://meridian.example/a\r\n");
}

#[tokio::test]
async fn mail_is_given_whole_in_order_of_delivery_with_every_byte() {
    let house = House::new().await;
    let elements = ["message_headers", "message_body", "attachments", "subject_lines"];
    let collected = house.collect(&[("a1", lena())], &elements, the_day()).await;
    let expected: &[u8] = b"From MAILER-DAEMON Fri Nov 13 12:04:04 2026\nFrom: lena.novak@meridian.example\nSubject: sent\n\nhello\n\n\
From MAILER-DAEMON Fri Nov 13 12:04:05 2026\nFrom: otto@meridian.example\r\nSubject: first\r\n\r\n>From the start\r\n\n\
From MAILER-DAEMON Fri Nov 13 12:04:06 2026\nFrom: otto@meridian.example\nSubject: second \xff\n\nbytes \xff\xfe\n\n";
    assert_eq!(
        String::from_utf8_lossy(&collected.bytes("a1/mail-2.mbox")),
        String::from_utf8_lossy(expected)
    );
    assert_eq!(collected.bytes("a1/mail-2.mbox"), expected);
    let subjects = collected.text("a1/mail.csv");
    assert!(subjects.starts_with("subject_lines\r\nsent\r\nfirst\r\nsecond"), "{subjects}");
}

#[tokio::test]
async fn whole_messages_are_withheld_where_a_part_of_them_is_not_granted() {
    let house = House::new().await;
    let plan = house.plan(&[("a1", lena())], &["message_headers"], the_day()).await;
    assert!(plan.steps().is_empty());
    assert_eq!(
        plan.withheld()[0].why,
        "held only together with `attachments`, `message_body`, which is not granted for the whole period"
    );
}

#[tokio::test]
async fn objects_are_copied_byte_for_byte_under_numbers_with_an_index() {
    let house = House::new().await;
    let collected = house.collect(&[("a1", lena())], &["stored_files"], Period::ALL).await;
    assert_eq!(collected.paths(), ["a1/files.csv", "a1/files/000001", "a1/files/000002"]);
    assert_eq!(collected.bytes("a1/files/000002"), b"\x00\x01\xff");
    let index = collected.text("a1/files.csv");
    let first = format!("a1/files/000001,{},a=1.txt,1", Digest::of("a"));
    assert!(index.lines().any(|line| line == first), "{index}");
    let none = house
        .collect(
            &[("a1", lena())],
            &["stored_files"],
            period("2000-01-01T00:00:00Z", "2000-01-02T00:00:00Z"),
        )
        .await;
    assert_eq!(none.paths(), ["a1/files.csv"]);
}

#[tokio::test]
async fn two_accounts_never_meet_in_one_file() {
    let house = House::new().await;
    let collected =
        house.collect(&[("a1", lena()), ("a2", otto())], &["login_ip", "name"], the_day()).await;
    assert_eq!(collected.text("a2/logins.csv"), "login_ip\r\n198.51.100.9\r\n");
    assert!(!collected.text("a1/directory.csv").contains("Otto"));
}

#[tokio::test]
async fn the_same_plan_gives_the_same_bytes_and_reports_its_progress() {
    let house = House::new().await;
    let scope = Scope::of(super::house::ELEMENTS.map(|element| item("a1", element, the_day())));
    let plan = house.plan_of(&[("a1", lena())], scope, Bounds::default()).await;
    let mut told = Vec::new();
    let out = house.home.path().join("one");
    let one =
        execute(&plan, &house.sources, &out, &noon, |progress| told.push(progress)).await.unwrap();
    let two = execute(&plan, &house.sources, &house.home.path().join("two"), &noon, |_| ())
        .await
        .unwrap();
    assert_eq!(one.manifest, two.manifest);
    assert_eq!((one.manifest.case, one.manifest.began), (case(), noon()));
    assert_eq!(told.iter().filter(|progress| progress.finished).count(), plan.steps().len());
    for file in &one.manifest.files {
        let bytes = std::fs::read(one.dir.join(&file.path)).unwrap();
        assert_eq!(Digest::of(bytes), file.sha256, "{}", file.path);
    }
}
