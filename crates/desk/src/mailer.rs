//! Letters to customers: by a mail server, or into a folder; and the notice itself.

use crate::registry::write_whole;
use crate::{Desk, DeskError, Recorded};
use lettre::message::{Attachment, Message, MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::collections::BTreeSet;
use std::time::Duration;
use writ_docket::Command;
use writ_letters::Letter;
use writ_vocabulary::{Account, AccountRef, CaseId, Controller, Digest};

/// How long a mail server may take.
const PATIENCE: Duration = Duration::from_secs(20);

impl Desk {
    /// Tells whoever must be told, of every account that was granted.
    pub(crate) async fn notify(
        &self,
        recorded: &Recorded,
        command_id: &str,
    ) -> Result<Recorded, DeskError> {
        let id = &recorded.case.id;
        let judged = self.judge(recorded).await?;
        let granted = recorded.case.grant().map(|grant| grant.scope().clone()).unwrap_or_default();
        let accounts: BTreeSet<_> = granted.items().map(|item| item.account).collect();
        let mut messages = Vec::new();
        for account in &accounts {
            let facts = judged.facts.account(account);
            if !facts.exists {
                continue;
            }
            let letter = self.notice(recorded, &judged, account);
            let address = match (&facts.controller, judged.demand.account(account)) {
                (Controller::Tenant(tenant), _) => Some(tenant.contact.clone()),
                (Controller::Provider, Some(Account::Mail(mail))) => Some(mail.to_string()),
                _ => None,
            };
            let sent = match address.filter(|address| address.contains('@')) {
                Some(address) => self.send(id, account, &address, &letter).await?,
                None => self.to_be_posted(id, account, &letter)?,
            };
            messages.extend_from_slice(sent.as_bytes());
        }
        let message = self.keep(id, "notice", &messages).await?;
        self.command(id, Command::RecordNotice { message }, Some(command_id)).await
    }

    /// Sends a letter. Its Message-ID follows from case and account, so that a repetition after a crash is
    /// recognisable as one (RFC 5322 section 3.6.4).
    async fn send(
        &self,
        id: &CaseId,
        account: &AccountRef,
        to: &str,
        letter: &Letter,
    ) -> Result<Digest, DeskError> {
        let failed = |error: &dyn std::fmt::Display| DeskError::Mail(error.to_string());
        let from = &self.house.mail.from;
        let domain = from
            .rsplit_once('@')
            .map_or("writ.example", |(_, domain)| domain.trim_end_matches('>'));
        let pdf = Attachment::new("notice.pdf".to_owned()).body(
            letter.to_pdf(&self.pdf)?,
            "application/pdf".parse().map_err(|error| failed(&error))?,
        );
        let message = Message::builder()
            .message_id(Some(format!("<notice.{id}.{account}@{domain}>").to_lowercase()))
            .date(std::time::SystemTime::from(self.clock.now()))
            .from(from.parse().map_err(|error| failed(&error))?)
            .to(to.parse().map_err(|error| failed(&error))?)
            .subject(letter.title.clone())
            .multipart(
                MultiPart::mixed().singlepart(SinglePart::plain(letter.to_text())).singlepart(pdf),
            )
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
    ) -> Result<Digest, DeskError> {
        let folder = self.home.join("outbox").join("to-be-posted");
        std::fs::create_dir_all(&folder).map_err(DeskError::file(&folder))?;
        let pdf = letter.to_pdf(&self.pdf)?;
        write_whole(&folder.join(format!("{id}.{account}.pdf")), &pdf)?;
        Ok(Digest::of(pdf))
    }
}
