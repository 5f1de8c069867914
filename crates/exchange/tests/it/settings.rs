//! What may be configured, and what a wrong configuration is told.

use std::sync::Arc;
use writ_exchange::{Change, Config, Http, PROTOCOLS, Secret, Settings, partner};

fn refused(config: &str, secret: &[(&str, &str)], settings: Settings) -> String {
    let http = Http::new(settings).unwrap();
    let config: Config = toml::from_str(config).unwrap();
    let secret = Secret::new(secret.iter().copied());
    partner(&config, &secret, &http).err().expect("it is refused").to_string()
}

/// Settings, credentials, and what is told.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const KEY: &[(&str, &str)] = &[("key", "invented")];
const WRONG: &[Case] = &[
    (
        "protocol = 'ftp'",
        KEY,
        "there is no protocol `ftp`: known are writ, stopncii, ncmec, threatexchange, tat, plain",
    ),
    (
        "protocol = 'writ'",
        KEY,
        "`writ` needs the setting `url`: where it is: `https://hashes.partner.example`",
    ),
    (
        "protocol = 'writ'\nurl = 'https://a.example'\nport = 1",
        KEY,
        "`writ` has no setting `port`: it has `url`, `banks`, `labels`, `tags`",
    ),
    (
        "protocol = 'writ'\nurl = 'https://a.example'",
        &[],
        "the credential `key` of `writ` is missing: set it",
    ),
    (
        "protocol = 'writ'\nurl = 'https://a.example'",
        &[("key", "a"), ("pass", "b")],
        "the credential `pass` of `writ` is unknown: it has `key`",
    ),
    (
        "protocol = 'writ'\nurl = 'https://u:hidden@a.example'",
        KEY,
        "the setting `url` cannot be used: it holds a name or a password: give them as credentials",
    ),
    (
        "protocol = 'writ'\nurl = 'http://a.example'",
        KEY,
        "the setting `url` cannot be used: credentials are not sent over `http`: write `https`",
    ),
    (
        "protocol = 'writ'\nurl = 'https://169.254.169.254'",
        KEY,
        "the setting `url` cannot be used: its address is not of the public internet: allow private addresses in the program's settings if it is meant",
    ),
    (
        "protocol = 'writ'\nurl = 'https://a.example/?x=1'",
        KEY,
        "the setting `url` cannot be used: it has a part after `?`: leave it out",
    ),
    (
        "protocol = 'plain'\nurl = 'file:///etc/passwd'",
        &[],
        "the setting `url` cannot be used: it names no host: write it whole, like `https://partner.example/v1`",
    ),
    (
        "protocol = 'plain'\nfilename = '/etc/passwd'",
        &[],
        "the setting `filename` cannot be used: files are not read: name a folder for lists in the program's settings",
    ),
    (
        "protocol = 'threatexchange'\nprivacy_group = 'x'",
        &[("api_token", "t")],
        "the setting `privacy_group` cannot be used: write a whole number, 0 or more",
    ),
    (
        "protocol = 'plain'\nurl = 'https://a.example/l'\nlabels = ['bad']",
        &[],
        "the setting `labels` cannot be used: `bad` is not a label: write `<axis>/<label>`, both lower-case words joined by `-`",
    ),
];

#[test]
fn a_wrong_configuration_is_told_with_what_to_write() {
    for (config, secret, told) in WRONG {
        assert_eq!(refused(config, secret, Settings::default()), *told);
    }
}

#[test]
fn a_list_outside_the_folder_for_lists_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let lists = Settings { lists: Some(folder.path().to_owned()), ..Settings::default() };
    for outside in ["../secret", "/etc/passwd", "a/../../b"] {
        let told =
            refused(&format!("protocol = 'plain'\nfilename = '{outside}'"), &[], lists.clone());
        assert!(told.contains("it must lie in"), "{told}");
    }
}

#[tokio::test]
async fn a_list_in_the_folder_is_read_and_a_link_out_of_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(outside.path(), "video_md5 00112233445566778899aabbccddeeff\n").unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("link.txt")).unwrap();
    std::fs::copy(outside.path(), folder.path().join("list.txt")).unwrap();
    let http = Http::new(Settings { lists: Some(folder.path().to_owned()), ..Settings::default() })
        .unwrap();
    let open = |name: &str| {
        let config: Config =
            toml::from_str(&format!("protocol = 'local_file'\nfilename = '{name}'")).unwrap();
        partner(&config, &Secret::default(), &http).unwrap()
    };
    let page = open("list.txt").fetch(None).await.unwrap();
    assert!(page.whole && matches!(page.records[0].change, Change::Held(_)));
    let again = open("list.txt").fetch(Some(&page.next)).await.unwrap();
    assert!(again.records.is_empty() && !again.whole);
    let link = open("link.txt").fetch(None).await.unwrap_err();
    assert!(link.to_string().contains("not a file in the folder for lists"), "{link}");
}

#[test]
fn credentials_are_not_shown() {
    let secret = Secret::new([("key", "invented-secret")]);
    assert_eq!(format!("{secret:?}"), r#"{"key"}"#);
}

#[test]
fn every_protocol_says_what_it_is_and_its_settings_have_help() {
    for protocol in PROTOCOLS {
        assert!(!protocol.about.is_empty());
        for field in protocol.settings().chain(protocol.credentials) {
            assert!(!field.help.is_empty(), "{} of {protocol:?}", field.name);
        }
    }
    let shown = serde_json::to_value(PROTOCOLS[0].fields).unwrap();
    assert_eq!(shown[0]["type"], "text");
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_asked() {
    let clock = Arc::new(|| "2026-11-13T21:00:00Z".parse().unwrap());
    let http = Http::new(Settings { clock, ..Settings::default() }).unwrap();
    let config: Config =
        toml::from_str("protocol = 'plain'\nurl = 'http://localhost:9/list'\nsignal_type = 'pdq'")
            .unwrap();
    let partner = partner(&config, &Secret::default(), &http).unwrap();
    let error = partner.fetch(None).await.unwrap_err();
    assert!(error.to_string().contains("not of the public internet"), "{error}");
}
