//! Letters to customers: by a mail server, or into a folder; and the notice itself.

use crate::judge::Lookups;
use crate::papers::done;
use crate::registry::write_whole;
use crate::{Desk, DeskError, Recorded};
use lettre::message::{Attachment, Message, MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::collections::BTreeSet;
use std::time::Duration;
use writ_docket::Command;
use writ_letters::Letter;
use writ_vocabulary::{Account, AccountFacts, AccountRef, CaseId, Controller, Demand, Digest};

/// How long a mail server may take.
const PATIENCE: Duration = Duration::from_secs(20);

impl Desk {
    /// Tells whoever must be told, of every account whose data were granted or removed.
    pub(crate) async fn notify(
        &self,
        recorded: &Recorded,
        command_id: &str,
    ) -> Result<Recorded, DeskError> {
        let id = &recorded.case.id;
        let demand = self.demand(recorded).await?;
        let lookups = self.lookups(&demand).await?;
        let accounts: BTreeSet<_> = done(recorded).items().map(|item| item.account).collect();
        let mut messages = Vec::new();
        for account in &accounts {
            let Some(facts) = lookups.get(account).map(|found| &found.facts).filter(|it| it.exists)
            else {
                continue;
            };
            let copy = match is_theirs_alone(&demand, facts, &lookups) {
                true => Some(self.document(id, "demand", recorded.case.lodging.demand).await?),
                false => None,
            };
            let letter = self.notice(recorded, &demand, facts, copy.is_some());
            let address = match (&facts.controller, demand.account(account)) {
                (Controller::Tenant(tenant), _) => Some(tenant.contact.clone()),
                (Controller::Provider, Some(Account::Mail(mail))) => Some(mail.to_string()),
                _ => None,
            };
            let sent = match address.filter(|address| address.contains('@')) {
                Some(address) => self.send(id, account, &address, &letter, copy).await?,
                None => self.to_be_posted(id, account, &letter, copy)?,
            };
            messages.extend_from_slice(sent.as_bytes());
        }
        let message = self.keep(id, "notice", &messages).await?;
        self.command_on(recorded, Command::RecordNotice { message }, command_id).await
    }

    /// Sends a letter. Its Message-ID follows from case and account, so that a repetition after a crash is
    /// recognisable as one (RFC 5322 section 3.6.4).
    async fn send(
        &self,
        id: &CaseId,
        account: &AccountRef,
        to: &str,
        letter: &Letter,
        copy: Option<Vec<u8>>,
    ) -> Result<Digest, DeskError> {
        let failed = |error: &dyn std::fmt::Display| DeskError::Mail(error.to_string());
        let from = &self.house.mail.from;
        let domain = from
            .rsplit_once('@')
            .map_or("writ.example", |(_, domain)| domain.trim_end_matches('>'));
        let attached = |name: &str, bytes: Vec<u8>, form: &str| {
            let form = form.parse().map_err(|error| failed(&error))?;
            Ok::<_, DeskError>(Attachment::new(name.to_owned()).body(bytes, form))
        };
        let pdf = attached("notice.pdf", letter.to_pdf(&self.pdf)?, "application/pdf")?;
        let mut parts =
            MultiPart::mixed().singlepart(SinglePart::plain(letter.to_text())).singlepart(pdf);
        if let Some(copy) = copy {
            parts = parts.singlepart(attached("demand.txt", copy, "text/plain; charset=utf-8")?);
        }
        let message = Message::builder()
            .message_id(Some(format!("<notice.{id}.{account}@{domain}>").to_lowercase()))
            .date(std::time::SystemTime::from(self.clock.now()))
            .from(from.parse().map_err(|error| failed(&error))?)
            .to(to.parse().map_err(|error| failed(&error))?)
            .subject(letter.title.clone())
            .multipart(parts)
            .map_err(|error| failed(&error))?;
        match (&self.house.mail.smtp, &self.house.mail.folder) {
            (Some(server), _) => self.through(server, message.clone()).await?,
            (None, folder) => {
                let folder = self
                    .home
                    .join(folder.as_deref().unwrap_or(std::path::Path::new("outbox/mail")));
                std::fs::create_dir_all(&folder).map_err(DeskError::file(&folder))?;
                write_whole(&folder.join(format!("{id}.{account}.eml")), &message.formatted())?;
            }
        }
        Ok(Digest::of(message.formatted()))
    }

    async fn through(&self, server: &str, message: Message) -> Result<(), DeskError> {
        let (host, port) = server
            .rsplit_once(':')
            .and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)))
            .ok_or_else(|| {
                DeskError::Mail(format!("`{server}` is not `host:port`; mend `[mail] smtp`"))
            })?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .timeout(Some(PATIENCE))
            .build();
        transport
            .send(message)
            .await
            .map(|_| ())
            .map_err(|error| DeskError::Mail(error.to_string()))
    }

    /// A customer without a mail address in the demand gets a letter on paper: printed and posted by a person.
    fn to_be_posted(
        &self,
        id: &CaseId,
        account: &AccountRef,
        letter: &Letter,
        copy: Option<Vec<u8>>,
    ) -> Result<Digest, DeskError> {
        let folder = self.home.join("outbox").join("to-be-posted");
        std::fs::create_dir_all(&folder).map_err(DeskError::file(&folder))?;
        let pdf = letter.to_pdf(&self.pdf)?;
        write_whole(&folder.join(format!("{id}.{account}.pdf")), &pdf)?;
        if let Some(copy) = copy {
            write_whole(&folder.join(format!("{id}.{account}.demand.txt")), &copy)?;
        }
        Ok(Digest::of(pdf))
    }
}

/// Whether a demand may be shown to the controller of this account: an organisation gets a copy (collective policy P5),
/// unless it names anybody else's account too.
fn is_theirs_alone(demand: &Demand, facts: &AccountFacts, lookups: &Lookups) -> bool {
    matches!(facts.controller, Controller::Tenant(_))
        && demand.accounts.iter().all(|line| {
            lookups
                .get(&line.reference)
                .is_some_and(|found| found.facts.controller == facts.controller)
        })
}
