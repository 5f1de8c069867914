//! Which customer an identifier leads to, and what is known of that customer.

use super::house::{House, lena, otto};
use writ_vocabulary::{Account, Controller, Flag};

fn ip(port: Option<u16>, at: &str) -> Account {
    Account::Ip { address: "203.0.113.7".parse().unwrap(), port, at: at.parse().unwrap() }
}

#[tokio::test]
async fn an_identifier_leads_to_one_customer_to_nobody_or_to_a_question() {
    let house = House::new().await;
    let reference = "a1".parse().unwrap();
    let at = "2025-11-13T21:04:05+01:00";
    let mail = |text: &str| Account::Mail(text.parse().unwrap());
    let cases = [
        (lena(), true, Some("c-1"), false),
        (otto(), true, Some("c-2"), false),
        (mail("nobody@meridian.example"), false, None, false),
        (mail("team@meridian.example"), true, None, true),
        (Account::Customer("c-9".into()), false, None, false),
        (ip(Some(1500), at), true, Some("c-1"), false),
        (ip(Some(2500), at), true, Some("c-2"), false),
        (ip(Some(3500), at), false, None, false),
        (ip(Some(1500), "2024-11-13T21:04:05+01:00"), false, None, false),
        (ip(None, at), true, None, false),
        (ip(Some(1500), "2025-11-13T21:04:05"), true, None, false),
    ];
    for (account, exists, customer, several) in cases {
        let found = house.sources.lookup(&reference, &account).await.unwrap();
        assert_eq!(found.facts.exists, exists, "{account}");
        assert_eq!(found.facts.several_customers, several, "{account}");
        assert_eq!(
            found.located.and_then(|located| located.customer).as_deref(),
            customer,
            "{account}"
        );
    }
}

#[tokio::test]
async fn the_controller_the_keys_and_the_flags_of_a_customer_are_known() {
    let house = House::new().await;
    let own = house.sources.lookup(&"a1".parse().unwrap(), &lena()).await.unwrap().facts;
    assert_eq!((own.controller, own.flags), (Controller::Provider, vec![]));
    assert!(own.holds.unwrap().contains(&"message_body".parse().unwrap()));
    let facts = house.sources.lookup(&"a2".parse().unwrap(), &otto()).await.unwrap().facts;
    let Controller::Tenant(tenant) = facts.controller else { panic!("a tenant controls it") };
    assert_eq!((tenant.organisation.as_str(), tenant.public_authority), ("Muster Ministry", true));
    assert_eq!(tenant.jurisdiction.unwrap().to_string(), "DE");
    assert_eq!(facts.flags, [Flag::Press]);
    assert_eq!(facts.customer_keys, ["calendar".parse().unwrap(), "photos".parse().unwrap()]);
    // Mail is kept by address here, so that a customer id does not reach it.
    assert!(!facts.holds.unwrap().contains(&"message_body".parse().unwrap()));
}
