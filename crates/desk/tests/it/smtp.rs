//! Notices by mail: sent to a server, retried where it is away, never lost.

use super::{books, house, silently};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use writ_desk::{Clock, Desk, Done, SetClock};
use writ_docket::{Command, Decider, NoticeState};
use writ_vocabulary::{CaseId, Factor, FactorKind, Instant};

const CUSTODY: &str = r#"
[[source]]
id = "people"
kind = "csv"
location = "people.csv"
[[yields]]
source = "people"
account_key = { customer = "id" }
standing = true
elements = { full_name = "name" }
[accounts]
mail = { source = "people", query = "SELECT id FROM people WHERE mail = $mail" }
[controllers]
source = "people"
query = "SELECT organisation, contact, '' AS jurisdiction, '' AS public_authority FROM people WHERE id = $customer"
"#;

const PEOPLE: &str = "id,mail,full_name,organisation,contact
c1,lena@meridian.example,Lena Example,,
c2,dispatch@northwind.example,Dispatch,Northwind Shipping (invented),legal@northwind.example
";

const DEMAND: &str = r#"
format = "writ-case/1"
[demand]
reference = "GJ-7"
instrument = "us/subpoena"
issued = "2026-11-19"
signed = true
issuer = { authority = "us-example", name = "Office of Example (invented)", class = "us-attorney", jurisdiction = "US", person = "A. Example", title = "Attorney" }
accounts = [{ ref = "a1", mail = "lena@meridian.example" }]
items = [{ elements = ["name"] }]
"#;

/// A warrant with a named silence that ends: the way past an organisation, which is told afterwards.
const WARRANT: &str = r#"
format = "writ-case/1"
[demand]
reference = "W-8"
instrument = "us/search-warrant"
issued = "2026-11-19"
signed = true
issuer = { authority = "us-example", name = "Court of Example (invented)", class = "us-magistrate", jurisdiction = "US", person = "A. Example" }
gag = { instrument = "us/gag-2705b", until = "2026-12-19T00:00:00Z", text = "Order 26-8" }
states = { probable_cause = true, particularity = true }
accounts = [{ ref = "a1", mail = "dispatch@northwind.example" }OTHERS]
items = [{ elements = ["name"] }]
"#;

/// A mail server that takes every message and keeps it.
fn sink() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let kept = taken.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            stream.write_all(b"220 sink.example\r\n").unwrap();
            let mut line = String::new();
            while lines.read_line(&mut line).unwrap_or(0) > 0 {
                let verb = line.get(..4).unwrap_or("").to_ascii_uppercase();
                line.clear();
                if verb == "DATA" {
                    stream.write_all(b"354 go on\r\n").unwrap();
                    let mut message = String::new();
                    while lines.read_line(&mut line).unwrap() > 0 && line != ".\r\n" {
                        message.push_str(&line);
                        line.clear();
                    }
                    line.clear();
                    kept.lock().unwrap().push(message);
                }
                stream
                    .write_all(if verb == "QUIT" { b"221 bye\r\n" } else { b"250 ok\r\n" })
                    .unwrap();
            }
        }
    });
    (address, taken)
}

async fn desk(home: &Path, server: &str, clock: Arc<SetClock>) -> Arc<Desk> {
    std::fs::write(home.join("writ.toml"), house(&format!("smtp = \"{server}\""))).unwrap();
    std::fs::write(home.join("custody.toml"), CUSTODY).unwrap();
    std::fs::write(home.join("people.csv"), PEOPLE).unwrap();
    Arc::new(Desk::open(home, books(), clock).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_waits_for_the_mail_server_and_then_goes_out_once() {
    let temp = tempfile::tempdir().unwrap();
    let start: Instant = "2026-11-20T10:00:00Z".parse().unwrap();
    let clock = Arc::new(SetClock::at(start));
    // Nobody listens on this port: the first attempt fails.
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let desk = desk(temp.path(), &away, clock.clone()).await;
    let identity = writ_parcel::Identity::generate();
    enrol(&desk, "us-attorney", &identity.recipient());
    let id = lodged(&desk, &clock, DEMAND).await;
    settle(&desk, &id).await;
    let waiting = desk.case(&id).await.unwrap().case;
    assert!(matches!(waiting.notice, NoticeState::Owed { .. }), "{waiting:?}");
    assert_eq!(waiting.stage_name(), "sealed", "nothing leaves before the customer was told");
    drop(desk);
    let (address, taken) = sink();
    let desk = self::desk(temp.path(), &address, clock.clone()).await;
    let early = desk.work(&silently()).await.unwrap();
    assert!(early.is_empty(), "a failed duty is not tried again at once: {early:?}");
    clock.pass(61);
    let performed = desk.work(&silently()).await.unwrap();
    assert!(performed.iter().all(|one| matches!(one.done, Done::Now(_))), "{performed:?}");
    assert_eq!(desk.case(&id).await.unwrap().case.stage_name(), "closed");
    let taken = taken.lock().unwrap();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].contains("To: lena@meridian.example"), "{}", taken[0]);
    assert!(
        taken[0]
            .to_lowercase()
            .contains(&format!("message-id: <notice.{id}.a1@meridian.example>").to_lowercase()),
        "{}",
        taken[0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_gets_a_copy_of_a_demand_that_names_nobody_else() {
    for (others, copied) in
        [("", true), (r#", { ref = "a2", mail = "lena@meridian.example" }"#, false)]
    {
        let temp = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::at("2026-11-20T10:00:00Z".parse().unwrap()));
        let (address, taken) = sink();
        let desk = desk(temp.path(), &address, clock.clone()).await;
        enrol(&desk, "us-court", &writ_parcel::Identity::generate().recipient());
        let id = lodged(&desk, &clock, &WARRANT.replace("OTHERS", others)).await;
        settle(&desk, &id).await;
        assert!(taken.lock().unwrap().is_empty(), "silence is kept while it lasts");
        clock.set("2026-12-19T00:00:01Z".parse().unwrap());
        desk.work(&silently()).await.unwrap();
        let taken = taken.lock().unwrap();
        let told = taken.iter().find(|mail| mail.contains("To: legal@northwind.example"));
        let told = told.unwrap_or_else(|| panic!("the organisation was not told: {taken:?}"));
        assert_eq!(told.contains("demand.txt"), copied, "{told}");
    }
}

/// A case whose sender is proven.
async fn lodged(desk: &Desk, clock: &SetClock, demand: &str) -> CaseId {
    let intake = writ_channels::read(demand.as_bytes()).unwrap();
    let id = desk.lodge(&intake, "native", None, None).await.unwrap().case.id;
    for kind in [FactorKind::CallBack, FactorKind::Passkey] {
        let factor = Factor { kind, at: clock.now(), from_request: false, by: None, officer: None };
        desk.add_factor(&id, factor).await.unwrap();
    }
    id
}

fn enrol(desk: &Desk, class: &str, recipient: &str) {
    let authority = serde_json::json!({
        "id": "us-example", "name": "Office of Example (invented)", "jurisdiction": "US", "class": class,
        "keys": [{ "purpose": "seal", "key": recipient, "enrolled": "2026-01-01T00:00:00Z" }],
    });
    desk.change_registry(|registry| {
        registry.authorities.push(serde_json::from_value(authority).unwrap())
    })
    .unwrap();
}

/// Works, and agrees wherever people must.
async fn settle(desk: &Desk, id: &CaseId) {
    desk.work_on(id, &|_, _| {}).await;
    for reviewer in ["reviewer-1", "reviewer-2"] {
        let case = desk.case(id).await.unwrap().case;
        if let writ_docket::Stage::Assessed(assessed) = &case.stage {
            let scope = assessed.ruled.allowed();
            let by = Decider::Person(reviewer.parse().unwrap());
            desk.command(id, Command::Grant { by, scope }, None).await.unwrap();
        }
    }
    desk.work_on(id, &|_, _| {}).await;
}
