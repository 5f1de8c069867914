//! What `custody.toml` says, and what is told of its faults.

use std::collections::BTreeSet;
use writ_custody::{Custody, Form, IdentifierKind, Kind, Location, Relation, TimeForm};
use writ_vocabulary::ElementId;

fn known() -> BTreeSet<ElementId> {
    [
        "name",
        "postal_address",
        "session_times",
        "login_ip",
        "message_headers",
        "message_body",
        "attachments",
        "stored_files",
    ]
    .into_iter()
    .map(|element| element.parse().unwrap())
    .collect()
}

/// The example of the crate's opening comment, so that what is documented is what is read.
fn example() -> String {
    include_str!("../src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .skip_while(|line| line.trim() != "```toml")
        .skip(1)
        .take_while(|line| line.trim() != "```")
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect()
}

fn faults(text: &str) -> Vec<String> {
    let faults = Custody::parse("custody.toml", text, &known()).unwrap_err();
    faults.0.iter().map(ToString::to_string).collect()
}

#[test]
fn the_documented_example_is_read_whole() {
    let custody = Custody::parse("custody.toml", &example(), &known()).unwrap();
    assert_eq!(custody.sources.len(), 5);
    let billing = &custody.sources[&"billing".parse().unwrap()];
    assert_eq!(
        (billing.kind, &billing.location),
        (Kind::Postgres, &Location::UrlFile("secrets/billing.url".into()))
    );
    let logins = &custody.yields[1];
    assert_eq!(logins.relation, Relation::Table("logins".into()));
    assert_eq!(logins.time.as_ref().map(|time| time.form), Some(TimeForm::Timestamp));
    let mail = &custody.yields[2];
    assert_eq!(mail.form, Form::Mail);
    assert_eq!(mail.columns[0].elements.len(), 3);
    assert!(custody.yields[0].time.is_none() && custody.yields[3].customer_keys);
    assert!(custody.accounts.contains_key(&IdentifierKind::Ip) && custody.controllers.is_some());
    assert_eq!(custody.elements(), known());
}

#[test]
fn a_column_that_is_several_elements_is_read_only_where_all_are_granted() {
    let custody = Custody::parse("custody.toml", &example(), &known()).unwrap();
    let mail = &custody.yields[2];
    assert!(mail.columns_within(|element| element.as_str() == "message_headers").is_empty());
    assert_eq!(mail.columns_within(|_| true).len(), 1);
}

const SOURCES: &str = r#"[[source]]
id = "directory"
kind = "sqlite"
location = "directory.sqlite"
[[source]]
id = "mail"
kind = "maildir"
location = "mail"
"#;

#[test]
fn each_fault_is_told_with_its_line_and_its_remedy() {
    let cases: &[(&str, &[&str])] = &[
        (
            "[[source]]\nid = \"Directory\"\nkind = \"sqlite\"\nlocation = \"x\"",
            &["custody.toml:10: `Directory` is not a source: lower-case words joined by `-`"],
        ),
        (
            "[[source]]\nid = \"x\"\nkind = \"oracle\"\nlocation = \"x\"",
            &[
                "custody.toml:11: unknown variant `oracle`, expected one of `sqlite`, `postgres`, `parquet`, `csv`, `ndjson`, `maildir`, `objects`",
            ],
        ),
        (
            "[[source]]\nid = \"x\"\nkind = \"postgres\"\nlocation = \"postgres://u:secret@db.example/x\"",
            &[
                "custody.toml:12: the location holds a password: put the URL into a file that only the provider's account can read, and name it in `url_file`",
            ],
        ),
        (
            "[[source]]\nid = \"x\"\nkind = \"sqlite\"",
            &["custody.toml:9: the source has no place: give `location`, a path"],
        ),
        (
            "[[source]]\nid = \"directory\"\nkind = \"csv\"\nlocation = \"x\"",
            &["custody.toml:10: the source `directory` is declared twice: rename one"],
        ),
        (
            "[[yields]]\nsource = \"directry\"\ntable = \"t\"\nstanding = true\naccount_key = { customer = \"id\" }\nelements = { n = \"name\" }",
            &["custody.toml:10: no source is named `directry`; did you mean `directory`?"],
        ),
        (
            "[[yields]]\nsource = \"directory\"\nstanding = true\naccount_key = { customer = \"id\" }\nelements = { n = \"name\" }",
            &["custody.toml:9: neither `table` nor `query` is given: say which rows these are"],
        ),
        (
            "[[yields]]\nsource = \"directory\"\ntable = \"t\"\naccount_key = { ip = \"ip\" }\nelements = { n = \"login_ips\" }\nstanding = true",
            &[
                "custody.toml:12: an IP address is nobody's for good and cannot be an account key: say in `[accounts]` how it leads to a customer",
                "custody.toml:13: unknown element `login_ips`; did you mean `login_ip`? (the list is the law book's `elements.toml`)",
            ],
        ),
        (
            "[[yields]]\nsource = \"directory\"\ntable = \"t\"\naccount_key = { customer = \"id\" }\nelements = { n = \"name\" }",
            &[
                "custody.toml:9: no `time_column`: name the column that a granted period bounds, or say `standing = true` where the row is the record as it stands",
            ],
        ),
        (
            "[[yields]]\nsource = \"mail\"\ntime_column = \"when\"\naccount_key = { customer = \"account\" }\nelements = { subject = \"message_headers\" }",
            &[
                "custody.toml:9: a source of kind `maildir` has no column `when`: it has account, file, received, date, sender, recipients, subject, message_id, size, headers, body, content",
            ],
        ),
        (
            "[[yields]]\nsource = \"mail\"\nform = \"mail\"\ntime_column = \"received\"\naccount_key = { customer = \"account\" }\nelements = { subject = \"message_headers\" }",
            &[
                "custody.toml:9: `elements` names no `content` column: it is what is given in this `form`",
            ],
        ),
        (
            "[accounts]\nmail = { source = \"directory\", query = \"SELECT id FROM customers\" }",
            &[
                "custody.toml:10: the query does not depend on the account: compare a column with `$mail`",
            ],
        ),
        (
            "[controllers]\nsource = \"directory\"\nquery = \"SELECT 1 WHERE $customer = 1\"\npassword = \"x\"",
            &["custody.toml:12: unknown field `password`, expected `source` or `query`"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(faults(&format!("{SOURCES}{text}\n")), *expected, "{text}");
    }
}
