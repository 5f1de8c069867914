//! What a plan says before anything is read.

use super::house::{House, item, lena, otto, the_day};
use crate::Bounds;
use writ_vocabulary::{Account, Period, Scope};

#[tokio::test]
async fn a_plan_is_shown_at_eighty_columns_without_an_identifier() {
    let house = House::new().await;
    let elements = ["session_times", "login_ip", "name", "location_history"];
    let plan = house.plan(&[("a1", lena())], &elements, the_day()).await;
    let shown = plan.to_string();
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let digest = plan.digest();
    let expected = format!(
        "Plan for C-7K3M-Q2XD: 2 queries, 1 item withheld
at most 10000000 rows and 300 s a query, 17179869184 bytes in all
digest {digest}

1. a1, 2026-11-13T00:00:00Z to 2026-11-14T00:00:00Z
   source   directory (sqlite)
   gives    name
   files    a1/directory.ndjson, a1/directory.csv
   query    SELECT \"id\" AS _account, \"full_name\" AS \"name\" FROM \"customers\"
            WHERE \"id\" = :account ORDER BY \"name\"

2. a1, 2026-11-13T00:00:00Z to 2026-11-14T00:00:00Z
   source   logins (parquet)
   gives    login_ip, session_times
   files    a1/logins.ndjson, a1/logins.csv
   query    SELECT \"customer_id\" AS _account, \"at\" AS _time, \"ip\" AS \"login_ip\"
            FROM \"logins\" WHERE \"customer_id\" = :account AND \"at\" >= :from AND
            \"at\" < :until ORDER BY _time NULLS FIRST, \"login_ip\"

Withheld
   a1       location_history, 2026-11-13T00:00:00Z to 2026-11-14T00:00:00Z: no
            source holds it
"
    );
    assert_eq!(shown, expected);
    let debug = format!("{plan:?}");
    for secret in ["lena", "c-1"] {
        assert!(!shown.contains(secret) && !debug.contains(secret), "{debug}");
    }
}

#[tokio::test]
async fn elements_of_one_source_account_and_period_share_a_query_and_other_periods_have_their_own()
{
    let house = House::new().await;
    let later = super::house::period("2026-11-14T00:00:00Z", "2026-11-15T00:00:00Z");
    let scope = Scope::of([
        item("a1", "session_times", the_day()),
        item("a1", "login_ip", the_day()),
        item(
            "a1",
            "login_ip",
            super::house::period("2026-12-01T00:00:00Z", "2026-12-02T00:00:00Z"),
        ),
        item("a1", "session_times", later),
    ]);
    let plan = house.plan_of(&[("a1", lena())], scope.clone(), Bounds::default()).await;
    let given = Scope::of(plan.steps().iter().flat_map(|step| step.items()));
    assert_eq!(given, scope);
    assert_eq!(plan.steps().len(), 3);
    assert_eq!(plan.steps()[2].path, "a1/logins-3");
}

#[tokio::test]
async fn what_only_the_customer_can_read_is_withheld_with_the_reason() {
    let house = House::new().await;
    let plan = house.plan(&[("a2", otto())], &["calendar", "photos"], Period::ALL).await;
    assert!(plan.steps().is_empty());
    for withheld in plan.withheld() {
        assert!(
            withheld.why.starts_with("held only under the customer's own keys"),
            "{}",
            withheld.why
        );
    }
    assert_eq!(plan.withheld().len(), 2);
}

#[tokio::test]
async fn an_account_that_is_nobodys_gives_nothing() {
    let house = House::new().await;
    let nobody = Account::Mail("nobody@meridian.example".parse().unwrap());
    let plan = house.plan(&[("a1", nobody)], &["name"], Period::ALL).await;
    assert!(plan.steps().is_empty());
    assert_eq!(plan.withheld()[0].why, "no customer was found by this identifier");
}
