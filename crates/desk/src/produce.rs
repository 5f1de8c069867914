//! From a grant to a sealed parcel.

use crate::papers::custody_steps;
use crate::registry::{sync_folder_of, write_whole};
use crate::{Desk, DeskError, Recorded};
use std::path::{Path, PathBuf};
use writ_collect::{Bounds, Plan, Progress, execute};
use writ_docket::{Collected, Command, Ruled, Stage};
use writ_letters::ParcelNote;
use writ_parcel::{Contents, CustodyChain, ParcelId};
use writ_vocabulary::{
    CaseId, Category, CustodyStep, CustodyVerb, Digest, FileEntry, KeyPurpose, Manifest,
};

impl Desk {
    /// The plan of a case's grant: which queries will run. Reads no customer's rows.
    ///
    /// # Errors
    /// When nothing is granted, or a source cannot be asked whose an account is.
    pub async fn plan(&self, recorded: &Recorded) -> Result<Plan, DeskError> {
        let id = recorded.case.id.clone();
        let missing =
            DeskError::Incomplete { case: id, what: "nothing is granted, so there is no plan" };
        let grant = recorded.case.grant().ok_or(missing)?;
        let demand = self.demand(recorded).await?;
        let located = self.located(&demand).await?;
        Ok(Plan::of(grant, self.sources.custody(), &located, Bounds::default()))
    }

    /// Carries out the plan.
    pub(crate) async fn collect(
        &self,
        recorded: &Recorded,
        command_id: &str,
        progress: &(dyn Fn(Progress) + Sync),
    ) -> Result<Recorded, DeskError> {
        let id = &recorded.case.id;
        let plan = self.plan(recorded).await?;
        let folder = self.work_folder(id)?;
        let out = folder.join("production");
        remove_if_there(&out)?;
        let clock = || self.clock.now();
        let produced = match execute(&plan, &self.sources, &out, &clock, progress).await {
            Ok(produced) => produced,
            Err(error) => {
                let failed = Command::RecordCollectionFailed { why: error.to_string() };
                self.command(id, failed, None).await?;
                return Err(error.into());
            }
        };
        let json = canonical(id, &produced.manifest)?;
        write_whole(&folder.join("manifest.json"), &json)?;
        let missing = DeskError::Incomplete { case: id.clone(), what: "it has no ruling" };
        let ruled = recorded.case.ruled().ok_or(missing)?;
        let collected = Collected {
            manifest: Digest::of(&json),
            rows: produced
                .manifest
                .files
                .iter()
                .filter(|file| counts(file))
                .map(|file| file.rows)
                .sum(),
            content_rows: content_rows(&produced.manifest, ruled),
        };
        self.command_on(recorded, Command::RecordCollected(collected), command_id).await
    }

    /// Seals the production to the key that the authority had enrolled when it was authenticated.
    pub(crate) async fn seal(
        &self,
        recorded: &Recorded,
        command_id: &str,
    ) -> Result<Recorded, DeskError> {
        let id = &recorded.case.id;
        let incomplete = |what| DeskError::Incomplete { case: id.clone(), what };
        let Stage::Collected(granted, collected) = &recorded.case.stage else {
            return Err(incomplete("it is not collected"));
        };
        let folder = self.work_folder(id)?;
        let manifest = self.manifest(id)?;
        let registry = self.registry();
        let recipient = registry
            .get(&granted.proven.authority)
            .and_then(|authority| authority.key(KeyPurpose::Seal, self.clock.now()))
            .filter(|key| Some(key.fingerprint()) == granted.proven.recipient)
            .ok_or_else(|| incomplete("the authority's key is not the one that was enrolled when it was proven; authenticate it again"))?;
        let demand = self.demand(recorded).await?;
        let ruling = self.ruling(recorded).await?;
        let note = ParcelNote {
            door: "the outbox".to_owned(),
            sealed_to: recipient.key.clone(),
            until: self.clock.now(),
            manifest: collected.manifest,
        };
        let plain = self.ruling_plain(recorded, &demand, &ruling, note);
        let certificate =
            self.certificate(recorded, &demand, &manifest, collected.manifest, &recipient.key)?;
        let contents = Contents {
            parcel: &parcel_id(id)?,
            provider: &self.house.name,
            authority: &granted.proven.authority,
            made_at: self.clock.now(),
            manifest: &manifest,
            production: &folder.join("production"),
            custody: &self.chain(recorded, &manifest)?,
            ruling: &plain.to_text(),
            certificate_pdf: &certificate.to_pdf(&self.pdf)?,
            certificate_text: &certificate.to_text(),
        };
        let sealed =
            writ_parcel::seal(&contents, &self.key, recipient, &folder.join("parcel.age"))?;
        let command = Command::RecordSealed {
            manifest: sealed.manifest_digest,
            parcel: sealed.parcel_digest,
            recipient: sealed.recipient_fingerprint,
        };
        self.command_on(recorded, command, command_id).await
    }

    /// Hands over what is ready: the parcel, or the answer without data.
    pub(crate) async fn deliver(
        &self,
        recorded: &Recorded,
        command_id: &str,
    ) -> Result<Recorded, DeskError> {
        let id = &recorded.case.id;
        let demand = self.demand(recorded).await?;
        let out = self.outbox(recorded, &demand)?;
        let receipt = match &recorded.case.stage {
            Stage::Sealed(_, _, parcel) => {
                self.hand_over(id, *parcel, &out)?;
                *parcel
            }
            _ => {
                let accounts = self.lookups(&demand).await?;
                let ruling = self.ruling(recorded).await?;
                let outcome = self.outcome(recorded, &accounts, &ruling);
                let letter = self.answer(recorded, &demand, &ruling, outcome);
                write_whole(&out.join("answer.pdf"), &letter.to_pdf(&self.pdf)?)?;
                let text = letter.to_text();
                write_whole(&out.join("answer.txt"), text.as_bytes())?;
                self.keep(id, "answer", text.as_bytes()).await?
            }
        };
        let command = Command::RecordDelivered { door: "outbox".to_owned(), receipt };
        let done = self.command_on(recorded, command, command_id).await?;
        remove_if_there(&self.home.join("work").join(id.as_str()))?;
        Ok(done)
    }

    /// Moves the parcel into the outbox. One that stands there already was moved before a crash: it stays.
    fn hand_over(&self, id: &CaseId, parcel: Digest, out: &Path) -> Result<(), DeskError> {
        let ready = self.work_folder(id)?.join("parcel.age");
        let target = out.join("parcel.age");
        if ready.exists() {
            std::fs::rename(&ready, &target).map_err(DeskError::file(&target))?;
            return sync_folder_of(&target).map_err(DeskError::file(&target));
        }
        let standing = std::fs::read(&target).map_err(DeskError::file(&target))?;
        if Digest::of(&standing) == parcel {
            return Ok(());
        }
        Err(DeskError::Incomplete {
            case: id.clone(),
            what: "the parcel in the outbox is not the one that was sealed",
        })
    }

    fn chain(&self, recorded: &Recorded, manifest: &Manifest) -> Result<CustodyChain, DeskError> {
        let id = &recorded.case.id;
        let mut steps = custody_steps(recorded, manifest);
        steps.push(CustodyStep {
            verb: CustodyVerb::Sealed,
            at: self.clock.now(),
            ended: None,
            performer: "writ".to_owned(),
            what: "the production, to the authority's enrolled key".to_owned(),
            tool: Some(format!("writ {}", env!("CARGO_PKG_VERSION"))),
            digest: None,
        });
        CustodyChain::new(id.clone(), steps).map_err(|_| DeskError::Incomplete {
            case: id.clone(),
            what: "its custody chain runs backwards in time",
        })
    }

    fn manifest(&self, id: &CaseId) -> Result<Manifest, DeskError> {
        let path = self.work_folder(id)?.join("manifest.json");
        let bytes = std::fs::read(&path).map_err(DeskError::file(&path))?;
        serde_json::from_slice(&bytes).map_err(|_| DeskError::Incomplete {
            case: id.clone(),
            what: "its manifest no longer reads as one",
        })
    }

    fn work_folder(&self, id: &CaseId) -> Result<PathBuf, DeskError> {
        let folder = self.home.join("work").join(id.as_str());
        std::fs::create_dir_all(&folder).map_err(DeskError::file(&folder))?;
        Ok(folder)
    }
}

/// A production has its rows as NDJSON and as CSV: they count once.
fn counts(file: &FileEntry) -> bool {
    file.form != writ_vocabulary::FileForm::Csv
}

fn content_rows(manifest: &Manifest, ruled: &Ruled) -> u64 {
    let is_content = |file: &&FileEntry| {
        let of = |element| ruled.items.iter().find(|item| &item.item.element == element);
        counts(file)
            && file.elements.iter().any(|element| {
                of(element).is_none_or(|item| {
                    matches!(item.category, None | Some(Category::Content | Category::Realtime))
                })
            })
    };
    manifest.files.iter().filter(is_content).map(|file| file.rows).sum()
}

fn parcel_id(id: &CaseId) -> Result<ParcelId, DeskError> {
    format!("{id}-1")
        .parse()
        .map_err(|_| DeskError::Incomplete { case: id.clone(), what: "its id is no parcel's" })
}

fn canonical(id: &CaseId, manifest: &Manifest) -> Result<Vec<u8>, DeskError> {
    writ_parcel::canonical_json(manifest).map_err(|_| DeskError::Incomplete {
        case: id.clone(),
        what: "its manifest has no canonical form",
    })
}

fn remove_if_there(folder: &Path) -> Result<(), DeskError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(DeskError::file(folder)(error))
        }
        _ => Ok(()),
    }
}
