//! Intake: a demand from a door becomes a case.

use crate::clock::random;
use crate::registry::write_whole;
use crate::{Desk, DeskError, Recorded};
use writ_channels::Intake;
use writ_docket::{Command, Lodging};
use writ_vocabulary::{
    CaseFile, CaseId, Demand, Digest, Factor, FactorKind, Instant, PersonId, Purpose, Statement,
    StatementId,
};

impl Desk {
    /// Lodges a demand: its document is encrypted and kept, its receipt stands in the journal when this returns.
    /// `id` names the case, so that the same intake after a crash finds it again; without one a new id is drawn.
    ///
    /// # Errors
    /// When the demand uses words that the law book does not know; nothing was stored then.
    pub async fn lodge(
        &self,
        intake: &Intake,
        door: &str,
        entered_by: Option<PersonId>,
        id: Option<CaseId>,
    ) -> Result<Recorded, DeskError> {
        let demand = &intake.case.demand;
        self.books().lawbook.check_terms(demand)?;
        let id = match id {
            Some(id) => id,
            None => CaseId::from_random(random()?),
        };
        if let Some(standing) = self.case_if_any(&id).await? {
            return Ok(standing);
        }
        let received = self.clock.now();
        let kept = self.keep(&id, "demand", &intake.bytes).await?;
        let mut lodging = lodging(demand, door, entered_by, kept, received);
        lodging.counted_as = self.counted_as(&lodging)?;
        let recorded = self.command(&id, Command::Lodge(lodging), Some("lodge")).await?;
        self.acknowledge(&recorded, demand).await?;
        Ok(recorded)
    }

    /// Takes in what an authority sent to mend its demand.
    ///
    /// # Errors
    /// As [`lodge`](Self::lodge), or when the case no longer waits for it.
    pub async fn supplement(
        &self,
        id: &CaseId,
        intake: &Intake,
        door: &str,
    ) -> Result<Recorded, DeskError> {
        let demand = &intake.case.demand;
        self.books().lawbook.check_terms(demand)?;
        let kept = self.keep(id, "demand", &intake.bytes).await?;
        let lodging = lodging(demand, door, None, kept, self.clock.now());
        self.command(id, Command::Supplement { lodging }, None).await
    }

    /// Records a proof of who sent the demand. The authority has to be in the registry: a proof is a proof of
    /// somebody known.
    ///
    /// # Errors
    /// When the claimed authority is not in the registry, or the case refuses.
    pub async fn add_factor(&self, id: &CaseId, factor: Factor) -> Result<Recorded, DeskError> {
        let recorded = self.case(id).await?;
        let demand = self.demand(&recorded).await?;
        if self.registry().claimed(&demand).is_none() {
            return Err(DeskError::UnknownAuthority(demand.issuer.name));
        }
        self.command(id, Command::AddFactor { factor }, None).await
    }

    /// Records what the provider established beside the document; a case that has a ruling is judged again.
    ///
    /// # Errors
    /// When the law book does not leave the statement to the provider, or the case refuses.
    pub async fn establish(
        &self,
        id: &CaseId,
        by: PersonId,
        statement: StatementId,
        holds: bool,
    ) -> Result<Recorded, DeskError> {
        let said = [(statement.clone(), Statement::Flag(holds))].into();
        self.books().lawbook.check_established(&said)?;
        self.command(id, Command::Establish { by, statement, holds }, None).await
    }

    /// Checks a signature over the demand's bytes against the key enrolled for the claimed authority, and records
    /// the factor if it holds. Says whether it did.
    ///
    /// # Errors
    /// As [`add_factor`](Self::add_factor).
    pub async fn check_signature(&self, id: &CaseId, signature: &str) -> Result<bool, DeskError> {
        let recorded = self.case(id).await?;
        let bytes = self.document(id, "demand", recorded.case.lodging.demand).await?;
        let demand = self.demand(&recorded).await?;
        let received = recorded.case.lodging.received;
        let registry = self.registry();
        let signed = registry
            .claimed(&demand)
            .and_then(|authority| writ_channels::signed_by(authority, &bytes, signature, received));
        if signed.is_none() {
            return Ok(false);
        }
        let kind = FactorKind::EnrolledSignature;
        let factor =
            Factor { kind, at: self.clock.now(), from_request: false, by: None, officer: None };
        self.add_factor(id, factor).await?;
        Ok(true)
    }

    /// The demand as it now stands, in clear.
    ///
    /// # Errors
    /// When the case was erased.
    pub async fn demand(&self, recorded: &Recorded) -> Result<Demand, DeskError> {
        let id = &recorded.case.id;
        let bytes = self.document(id, "demand", recorded.case.lodging.demand).await?;
        let text = String::from_utf8_lossy(&bytes);
        CaseFile::parse(text.trim_start_matches('\u{feff}')).map(|case| case.demand).map_err(|_| {
            DeskError::Incomplete { case: id.clone(), what: "its demand no longer reads as one" }
        })
    }

    async fn acknowledge(&self, recorded: &Recorded, demand: &Demand) -> Result<(), DeskError> {
        let folder = self.outbox(recorded, demand)?;
        let promise = self.promise(recorded).await?;
        if let Some(promise) = &promise {
            write_whole(&folder.join("promise.txt"), promise.to_string().as_bytes())?;
        }
        let letter = self.acknowledgement(recorded, demand, promise.as_ref());
        write_whole(&folder.join("acknowledgement.txt"), letter.to_text().as_bytes())
    }
}

fn lodging(
    demand: &Demand,
    door: &str,
    entered_by: Option<PersonId>,
    kept: Digest,
    received: Instant,
) -> Lodging {
    Lodging {
        received,
        door: door.to_owned(),
        entered_by,
        demand: kept,
        instrument: demand.instrument.clone(),
        jurisdiction: demand.issuer.jurisdiction,
        accounts: u32::try_from(demand.accounts.len()).unwrap_or(u32::MAX),
        asked: demand.scope(Purpose::Disclose),
        preserve: demand.scope(Purpose::Preserve),
        emergency: demand.emergency.is_some(),
        counted_as: None,
    }
}
