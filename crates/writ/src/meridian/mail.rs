//! Mail: one Maildir for each account, full messages (RFC 5322); under the customer's own keys with a sealed body.

use super::MeridianError;
use super::cast::{CustomerId, Message, Person};
use super::chance::{Chance, Stream};
use super::files::{file_of, folder};
use super::people::{Account, DAYS, DUSK, People};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::Path;

/// How many of the others have mail.
const OTHERS: u64 = 64;

/// Writes the Maildirs under `mail`.
pub(super) fn write(
    mail: &Path,
    people: &People<'_>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<(), MeridianError> {
    let of = people.cast.people.len() as u64 + people.others().min(OTHERS);
    for (done, account) in (1..).zip(people.some(OTHERS)) {
        let id = account.id();
        let mut chance = people.chance(Stream::Mail, u64::from(id.0));
        let maildir = mail.join(id.to_string());
        ["cur", "new", "tmp"].iter().try_for_each(|part| folder(&maildir.join(part)))?;
        let messages = match &account {
            Account::Named(person) => person
                .messages
                .iter()
                .map(|message| of_cast(person, message, &mut chance))
                .collect(),
            Account::Drawn { .. } => drawn(&people.customer(&account).mail, &mut chance),
        };
        for (number, (at, text)) in messages.iter().enumerate() {
            // The newest is unread.
            let unread = number + 1 == messages.len();
            deliver(&maildir, id, number, at.as_second(), text, unread)?;
        }
        progress("mailboxes", done, of);
    }
    Ok(())
}

/// The name as Maildir has it: the second, what is unique on this host, the host, and the flags of what was read.
fn deliver(
    maildir: &Path,
    id: CustomerId,
    number: usize,
    at: i64,
    text: &str,
    unread: bool,
) -> Result<(), MeridianError> {
    let name = format!("{at}.M{number:06}P{}.mx1.meridian.example", id.0);
    let path = if unread {
        maildir.join("new").join(name)
    } else {
        maildir.join("cur").join(format!("{name}:2,S"))
    };
    file_of(&path, text.as_bytes(), at)
}

fn of_cast(person: &Person, message: &Message, chance: &mut Chance) -> (Timestamp, String) {
    let mut text = head(&person.mail.to_string(), message, chance);
    let boundary = format!("=_{:016x}", chance.next());
    if person.has_key_to("message_body") {
        text += &format!(
            "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=\"{boundary}\"\r\n\r\n\
             --{boundary}\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n\
             --{boundary}\r\nContent-Type: application/octet-stream; name=\"encrypted.asc\"\r\n\r\n{}\
             --{boundary}--\r\n",
            armoured(chance)
        );
    } else if let Some(attached) = &message.attachment {
        text += &format!(
            "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n\
             --{boundary}\r\n{PLAIN}\r\n{}\r\n\
             --{boundary}\r\nContent-Type: text/plain; charset=utf-8; name=\"{name}\"\r\n\
             Content-Transfer-Encoding: 8bit\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}\r\n\
             --{boundary}--\r\n",
            lines(&message.text),
            lines(&attached.text),
            name = attached.name,
        );
    } else {
        text += &format!("{PLAIN}\r\n{}\r\n", lines(&message.text));
    }
    (message.at, text)
}

const PLAIN: &str =
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";

fn head(mailbox: &str, message: &Message, chance: &mut Chance) -> String {
    let date =
        message.at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    format!(
        "Return-Path: <{from}>\r\nDelivered-To: {mailbox}\r\n\
         Received: from out.{domain} (out.{domain} [192.0.2.25])\r\n\tby mx1.meridian.example with ESMTPS id {:08x}\r\n\
         \tfor <{to}>; {date}\r\nFrom: <{from}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: {date}\r\n\
         Message-ID: <{:016x}@{domain}>\r\nMIME-Version: 1.0\r\n",
        chance.next() as u32,
        chance.next(),
        from = message.from,
        to = message.to,
        subject = message.subject,
        domain = message.from.as_str().rsplit('@').next().unwrap_or_default(),
    )
}

/// What an encrypted body looks like: armoured noise (RFC 9580 section 6), which no key opens.
fn armoured(chance: &mut Chance) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = "-----BEGIN PGP MESSAGE-----\r\n\r\n".to_owned();
    for _ in 0..6 {
        text.extend(
            (0..64)
                .filter_map(|_| ALPHABET.get(chance.below(64) as usize))
                .map(|byte| char::from(*byte)),
        );
        text += "\r\n";
    }
    text + "-----END PGP MESSAGE-----\r\n"
}

fn lines(text: &str) -> String {
    text.trim_end().lines().collect::<Vec<_>>().join("\r\n")
}

/// Three everyday messages, oldest first.
fn drawn(mailbox: &str, chance: &mut Chance) -> Vec<(Timestamp, String)> {
    let third = (DAYS * 86_400 / 3) as u64;
    (0..3)
        .filter_map(|part| {
            let at = DUSK - DAYS * 86_400 + (part * third + chance.below(third)) as i64;
            let message = Message {
                at: Timestamp::from_second(at).ok()?,
                from: "newsletter@lanternpost.example".parse().ok()?,
                to: mailbox.parse().ok()?,
                subject: format!("The lantern post, number {}", 1 + chance.below(400)),
                text: "Pears are in season. The ferry runs until the end of the month.".to_owned(),
                attachment: None,
            };
            let head = head(mailbox, &message, chance);
            Some((message.at, format!("{head}{PLAIN}\r\n{}\r\n", message.text)))
        })
        .collect()
}
