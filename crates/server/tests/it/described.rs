//! The description of the routes, which clients are made from, is golden.

use std::path::Path;

#[test]
fn the_description_is_the_one_that_was_agreed_on() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let described = format!("{}\n", writ_server::openapi());
    let agreed = std::fs::read_to_string(&path).unwrap_or_default();
    if agreed != described {
        std::fs::write(path.with_extension("json.new"), &described).unwrap();
        panic!(
            "the routes changed: compare `crates/server/openapi.json.new`, and move it over `openapi.json` where it is right"
        );
    }
}

#[test]
fn every_route_says_what_it_is_for() {
    let described: serde_json::Value = serde_json::from_str(&writ_server::openapi()).unwrap();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, route) in methods.as_object().unwrap() {
            assert!(route["summary"].is_string() && route["tags"].is_array(), "{method} {path}");
        }
    }
}
