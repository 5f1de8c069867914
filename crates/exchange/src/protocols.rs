//! The protocols: one table, and a partner from its configuration.

use crate::config::Given;
use crate::{Config, ConfigError, Http, Partner, Protocol, Secret};
use crate::{ncmec, plain, stopncii, tat, threatexchange, writ};

/// Every protocol, in reading order. A new one is a file that declares its own and a line here.
pub static PROTOCOLS: &[&Protocol] = &[
    &writ::PROTOCOL,
    &stopncii::PROTOCOL,
    &ncmec::PROTOCOL,
    &threatexchange::PROTOCOL,
    &tat::PROTOCOL,
    &plain::PROTOCOL,
];

/// Every protocol: names, what each is, settings and credentials, for forms.
pub fn protocols() -> &'static [&'static Protocol] {
    PROTOCOLS
}

/// The partner that `config` and `secret` describe. Nothing is asked of it yet.
///
/// # Errors
/// [`ConfigError`], naming the setting and what to write.
pub fn partner(
    config: &Config,
    secret: &Secret,
    http: &Http,
) -> Result<Box<dyn Partner>, ConfigError> {
    let called = |protocol: &&&Protocol| {
        config.protocol == protocol.name || config.protocol == protocol.also
    };
    let Some(protocol) = PROTOCOLS.iter().find(called) else {
        let names: Vec<_> = PROTOCOLS.iter().map(|protocol| protocol.name).collect();
        return Err(ConfigError::Protocol {
            given: crate::gather::shortened(&config.protocol, 64),
            known: names.join(", "),
        });
    };
    (protocol.make)(&Given::new(protocol, config, secret, http)?)
}
