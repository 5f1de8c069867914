//! Who asks, and whether they may: the key of a request, its role, and the guard before every family of routes.

use crate::app::{App, Shared};
use crate::audit::Line;
use crate::error::Problem;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};
use writ_commons::{Grant, KeyId, Role};
use writ_hashbank::MemberId;
use writ_vocabulary::Instant;

/// How often keys issued and revoked by other programs are read.
const ROUND: Duration = Duration::from_secs(2);
/// The headers in which StopNCII clients send keys.
const FUNCTION_KEY: &str = "x-functions-key";
const SUBSCRIPTION_KEY: &str = "ocp-apim-subscription-key";

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    /// None where no key was needed.
    pub key: Option<KeyId>,
    pub member: MemberId,
    pub role: Role,
    pub per_minute: Option<u32>,
}

/// What a family of routes needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    pub grant: Grant,
    /// Whether it counts as a look-up.
    pub metered: bool,
    /// Whether it leaves a line in the audit.
    pub audited: bool,
}

impl Need {
    pub const LOOK_UP: Self = Self { grant: Grant::Match, metered: true, audited: true };
    pub const ASK: Self = Self { grant: Grant::Match, metered: false, audited: false };
    pub const READ: Self = Self { grant: Grant::Read, metered: false, audited: false };
    pub const FOLLOW: Self = Self { grant: Grant::Read, metered: false, audited: true };
    pub const SPEAK: Self = Self { grant: Grant::Speak, metered: false, audited: true };
    pub const CURATE: Self = Self { grant: Grant::Curate, metered: false, audited: true };
}

/// How many matches an answer tells, for the audit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matches(pub u64);

/// Stands before a route: lets through who may, and puts down what was asked.
pub(crate) async fn guard(
    State((app, need)): State<(Shared, Need)>,
    mut request: Request,
    next: Next,
) -> Response {
    let (at, began) = (Instant::now(), Clock::now());
    let who = match admit(&app, need, request.headers(), at) {
        Ok(who) => Arc::new(who),
        Err(problem) => return problem.into_response(),
    };
    let asked = need.audited.then(|| {
        let route = request.extensions().get::<MatchedPath>();
        (request.method().clone(), route.map_or_else(|| "".into(), |route| route.as_str().into()))
    });
    request.extensions_mut().insert(Arc::clone(&who));
    let response = match need.metered.then(|| app.rates.spend(&who, 1)) {
        Some(Err(problem)) => problem.into_response(),
        _ => next.run(request).await,
    };
    if let Some((method, route)) = asked {
        let matches = response.extensions().get::<Matches>().map(|matches| matches.0);
        let (key, member) = (who.key.clone(), who.member.clone());
        let (status, took) = (response.status(), began.elapsed());
        app.audit.tell(Line { at, key, member, method, route, status, matches, took });
    }
    response
}

/// Who asks, as the guard found out.
impl FromRequestParts<Shared> for Who {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let who = parts.extensions.get::<Arc<Self>>().map(|who| Self::clone(who));
        who.ok_or_else(|| Problem::fault(&"a route without its guard"))
    }
}

/// Reads keys anew from time to time, for ever.
pub(crate) async fn refresh(app: Arc<App>) {
    let mut failing = false;
    loop {
        tokio::time::sleep(ROUND).await;
        match app.keys.refresh().await {
            Ok(()) => failing = false,
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, "keys issued or revoked since are not known: it is tried again");
            }
            Err(_) => {}
        }
    }
}

fn admit(app: &App, need: Need, headers: &HeaderMap, now: Instant) -> Result<Who, Problem> {
    let who = who(app, headers, now)?;
    if who.role.may(need.grant) {
        return Ok(who);
    }
    let (role, needed) = (role_word(who.role), role_word(least(need.grant)));
    Err(Problem::forbidden(format!(
        "a key of role `{role}` may not do this: ask for one of role `{needed}`"
    )))
}

fn who(app: &App, headers: &HeaderMap, now: Instant) -> Result<Who, Problem> {
    let given = keys(headers)?;
    if let Some(caller) = given.iter().find_map(|text| app.keys.caller(text, now)) {
        let (key, member) = (Some(caller.key), caller.member);
        return Ok(Who { key, member, role: caller.role, per_minute: caller.per_minute });
    }
    // StopNCII clients cannot but send a key, so that any they send is as good as none.
    let none = given.is_empty() || !headers.contains_key(header::AUTHORIZATION);
    if app.settings.keyless && none {
        from_here(headers)?;
        let member = app.settings.member.clone();
        return Ok(Who { key: None, member, role: Role::Curator, per_minute: None });
    }
    Err(Problem::new(
        StatusCode::UNAUTHORIZED,
        match given.is_empty() {
            true => {
                "a key is needed: send `Authorization: Bearer <key>`; `writ key issue` draws one"
            }
            false => {
                "the key is unknown, revoked or has ended: ask whoever runs this service for another"
            }
        },
    ))
}

/// The keys that a request brings: as a bearer's token, as the password or the user of a pair, or in the headers of
/// StopNCII clients.
fn keys(headers: &HeaderMap) -> Result<Vec<String>, Problem> {
    let unreadable = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "the `Authorization` header cannot be read: send `Bearer <key>`, or `Basic` with the key as the password",
        )
    };
    let mut keys = Vec::new();
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let (scheme, rest) =
            value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(unreadable)?;
        match scheme {
            _ if scheme.eq_ignore_ascii_case("bearer") => keys.push(rest.trim().to_owned()),
            _ if scheme.eq_ignore_ascii_case("basic") => {
                let pair = BASE64_STANDARD.decode(rest.trim()).map_err(|_| unreadable())?;
                let pair = String::from_utf8(pair).map_err(|_| unreadable())?;
                let (user, password) = pair.split_once(':').ok_or_else(unreadable)?;
                keys.extend([password, user].map(str::to_owned));
            }
            _ => return Err(unreadable()),
        }
    }
    let others = [FUNCTION_KEY, SUBSCRIPTION_KEY].into_iter().filter_map(|name| headers.get(name));
    keys.extend(others.filter_map(|value| value.to_str().ok()).map(str::to_owned));
    keys.retain(|key| !key.is_empty());
    Ok(keys)
}

/// Without a key nothing of a browser is answered: any page could make one ask this machine's own services.
fn from_here(headers: &HeaderMap) -> Result<(), Problem> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if headers.contains_key(header::ORIGIN) || !is_loopback(host) {
        return Err(Problem::forbidden(
            "without a key this service answers programs of this machine only, at 127.0.0.1 or localhost: issue a key",
        ));
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host.split(':').next(),
    };
    let name = name.unwrap_or_default();
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The role that may least of those that may do this.
fn least(grant: Grant) -> Role {
    let roles = [Role::Matcher, Role::Reader, Role::Member];
    roles.into_iter().find(|role| role.may(grant)).unwrap_or(Role::Curator)
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Matcher => "matcher",
        Role::Reader => "reader",
        Role::Member => "member",
        Role::Curator => "curator",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.9.9.9:1", "[::1]:80", "[::1]"]
        {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "evil.example", "127.0.0.1.evil.example", "192.0.2.1:80", "[2001:db8::1]"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn keys_are_found_wherever_clients_put_them() {
        let of = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            keys(&headers).map_err(|problem| problem.status.as_u16())
        };
        assert_eq!(of("authorization", "Bearer abc"), Ok(vec!["abc".to_owned()]));
        assert_eq!(
            of("authorization", "basic eDphYmM="),
            Ok(vec!["abc".to_owned(), "x".to_owned()])
        );
        assert_eq!(of("authorization", "Basic YWJjOg=="), Ok(vec!["abc".to_owned()]));
        assert_eq!(of("x-functions-key", "abc"), Ok(vec!["abc".to_owned()]));
        for bad in ["Bearer", "Basic !", "Basic eA==", "Digest abc", "Basic /w=="] {
            assert_eq!(of("authorization", bad), Err(401), "{bad}");
        }
    }
}
