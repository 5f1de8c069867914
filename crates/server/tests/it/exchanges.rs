//! Exchanges over the routes that clients use, kept in memory here.

use crate::setup::Service;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use writ_server::{Api, ExchangeError, Exchanges, Field, NewExchange};

#[derive(Default)]
struct Kept {
    keys: Mutex<bool>,
    set_up: Mutex<BTreeMap<String, NewExchange>>,
}

fn ready<'a, T: Send + 'a>(
    value: Result<T, ExchangeError>,
) -> BoxFuture<'a, Result<T, ExchangeError>> {
    Box::pin(async { value })
}

impl Exchanges for Kept {
    fn apis(&self) -> BoxFuture<'_, Result<Vec<Api>, ExchangeError>> {
        let field = |name, kind| Field {
            name,
            kind,
            required: true,
            default: Value::Null,
            help: "",
            choices: None,
        };
        let keys = *self.keys.lock().unwrap();
        ready(Ok(vec![
            Api { name: "sample", config: vec![], credentials: None, has_credentials: false },
            Api {
                name: "fb_threatexchange",
                config: vec![field("privacy_group", "number")],
                credentials: Some(vec![field("api_token", "string")]),
                has_credentials: keys,
            },
        ]))
    }

    fn set_credentials(
        &self,
        _: &str,
        credentials: Option<Map<String, Value>>,
    ) -> BoxFuture<'_, Result<(), ExchangeError>> {
        *self.keys.lock().unwrap() = credentials.is_some();
        ready(Ok(()))
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<String>, ExchangeError>> {
        ready(Ok(self.set_up.lock().unwrap().keys().cloned().collect()))
    }

    fn create(&self, new: NewExchange) -> BoxFuture<'_, Result<(), ExchangeError>> {
        if new.api == "fb_threatexchange" && !new.config.contains_key("privacy_group") {
            return ready(Err(ExchangeError::Settings(
                "missing value for field \"privacy_group\"".into(),
            )));
        }
        self.set_up.lock().unwrap().insert(new.name.clone(), new);
        ready(Ok(()))
    }

    fn get(&self, name: &str) -> BoxFuture<'_, Result<Option<Value>, ExchangeError>> {
        let kept = self.set_up.lock().unwrap();
        ready(Ok(kept
            .get(name)
            .map(|one| json!({ "name": one.name, "api": one.api, "enabled": one.enabled }))))
    }

    fn enable(&self, name: &str, enabled: bool) -> BoxFuture<'_, Result<(), ExchangeError>> {
        let mut kept = self.set_up.lock().unwrap();
        let found = kept.get_mut(name).map(|one| one.enabled = enabled);
        ready(found.ok_or_else(|| ExchangeError::Missing(name.to_owned())))
    }

    fn delete(&self, name: &str) -> BoxFuture<'_, Result<(), ExchangeError>> {
        self.set_up.lock().unwrap().remove(name);
        ready(Ok(()))
    }

    fn status(&self, name: &str) -> BoxFuture<'_, Result<Option<Value>, ExchangeError>> {
        let known = self.set_up.lock().unwrap().contains_key(name);
        ready(Ok(known.then(|| json!({ "fetched_items": 0 }))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_is_set_up_with_its_bank_switched_and_ended_with_it() {
    let service =
        Service::start(|settings| settings.keyless = true, Arc::new(Kept::default()), false).await;
    assert_eq!(service.get("/c/exchanges/apis").await.1, json!(["sample", "fb_threatexchange"]));
    let (_, schema) = service.get("/c/exchanges/api/fb_threatexchange/schema").await;
    assert_eq!(schema["config_schema"]["fields"][0]["name"], "privacy_group", "{schema}");
    assert_eq!(service.get("/c/exchanges/api/smoke/schema").await.0, 404);
    assert_eq!(service.get("/c/exchanges/api/smoke").await.0, 400);
    let keys = "/c/exchanges/api/fb_threatexchange";
    let set = |given: Value| json!({ "credential_json": given });
    assert_eq!(
        service.post(keys, set(json!({ "api_token": "x" }))).await.1["has_set_authentification"],
        true
    );
    assert_eq!(service.post(keys, set(json!({}))).await.1["has_set_authentification"], false);
    assert_eq!(service.post("/c/exchanges/api/sample", set(json!({ "a": 1 }))).await.0, 400);

    let made = json!({ "bank": "SHARED", "api": "sample" });
    assert_eq!(
        service.post("/c/exchanges", made.clone()).await,
        (201, json!({ "message": "Created successfully" }))
    );
    assert_eq!(service.post("/c/exchanges", made).await.0, 403);
    assert_eq!(service.get("/v1/banks/SHARED").await.1["source"], "SHARED");
    assert_eq!(service.get("/c/exchanges").await.1, json!(["SHARED"]));
    assert_eq!(
        service.put("/c/exchange/SHARED", json!({ "enabled": false })).await.1["enabled"],
        false
    );
    assert_eq!(service.get("/c/exchange/SHARED/status").await.1["fetched_items"], 0);
    for _ in 0..2 {
        assert_eq!(
            service.delete("/c/exchange/SHARED").await,
            (200, json!({ "message": "Exchange deleted" }))
        );
    }
    assert_eq!(service.get("/c/bank/SHARED").await.0, 404);
    assert_eq!(service.get("/c/exchange/SHARED").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_cannot_be_leaves_no_bank_behind() {
    let service =
        Service::start(|settings| settings.keyless = true, Arc::new(Kept::default()), false).await;
    let refused = [
        json!({ "api": "sample" }),
        json!({ "bank": "SHARED" }),
        json!({ "bank": "shared", "api": "sample" }),
        json!({ "bank": "SHARED", "api": "smoke" }),
        json!({ "bank": "SHARED", "api": "sample", "api_json": [] }),
        json!({ "bank": "SHARED", "api": "fb_threatexchange", "api_json": {} }),
        json!([]),
    ];
    for asked in refused {
        let (status, said) = service.post("/c/exchanges", asked.clone()).await;
        assert_eq!(status, 400, "{asked}: {said}");
    }
    assert_eq!(service.get("/c/bank/SHARED").await.0, 404);
}
