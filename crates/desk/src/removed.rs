//! Where the two halves meet: hashes of what a removal order reached go to a bank of the shared memory.

use crate::{Desk, DeskError};
use writ_commons::{CommandError, Memory};
use writ_docket::{Command, decide};
use writ_hashbank::{BankName, Contribution, EntryId, Event};
use writ_vocabulary::{CaseId, PersonId};

impl Desk {
    /// Contributes hashes of what was removed, as a person decided after review, and puts on the docket which entries
    /// they became. Each contribution is answered for itself: its entries, or why the bank refused it. Other members
    /// learn under which law it was removed, and nothing of the case. Doing it again changes nothing in the bank.
    ///
    /// # Errors
    /// When nothing was removed in the case, or this person may not decide it: nothing was contributed then.
    pub async fn contribute(
        &self,
        id: &CaseId,
        by: PersonId,
        memory: &Memory,
        bank: &BankName,
        contributions: Vec<Contribution>,
    ) -> Result<Vec<Result<Vec<EntryId>, CommandError>>, DeskError> {
        let recorded = self.case(id).await?;
        let record = |entries| Command::RecordHashesContributed {
            by: by.clone(),
            bank: bank.to_string(),
            entries,
        };
        // Asked before anything is told to the bank: what it has learned, other members may have fetched.
        decide(record(vec![0]), Some(&recorded.case), self.clock.now())?;
        let demand = self.demand(&recorded).await?;
        let books = self.books();
        let law = books
            .lawbook
            .versions(&demand.instrument)
            .iter()
            .next()
            .map_or_else(|| demand.instrument.to_string(), |row| row.summary.cite.clone());
        let commands = contributions.into_iter().map(|contribution| {
            writ_hashbank::Command::Contribute(Contribution {
                bank: bank.clone(),
                note: Some(format!("removed on an order under {law}")),
                ..contribution
            })
        });
        let decided = memory.commands(commands.collect()).await;
        let answers: Vec<Result<Vec<EntryId>, CommandError>> = decided
            .into_iter()
            .map(|decided| {
                decided.map(|events| events.iter().filter_map(Event::entry_added).collect())
            })
            .collect();
        let entries: Vec<u32> = answers.iter().flatten().flatten().map(|entry| entry.0).collect();
        if !entries.is_empty() {
            self.command(id, record(entries), None).await?;
        }
        Ok(answers)
    }
}
