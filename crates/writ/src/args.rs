//! What can be said on the command line.

use crate::hash_args::HashesCommand;
use crate::record_args::{AuditArgs, ReceiptCommand, RecordCommand, WitnessCommand};
use crate::report_args::ReportArgs;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use std::path::PathBuf;
use writ_docket::AnswerKind;
use writ_hashbank::{BankName, Label};
use writ_vocabulary::{
    AuthorityClass, AuthorityId, CaseId, FactorKind, Instant, InstrumentId, Jurisdiction, Phone,
    StatementId,
};

/// Answers governments' demands for customer data: only what the law compels, sealed, delivered, accounted for.
#[derive(Debug, Parser)]
#[command(name = "writ", version, max_term_width = 80)]
pub struct Args {
    /// The provider's home: its settings, sources, keys, journal.
    #[arg(long, global = true, env = "WRIT_HOME", default_value = ".", value_name = "DIR")]
    pub home: PathBuf,
    /// A law book to use instead of the one in the home or in the program.
    #[arg(long, global = true, value_name = "DIR")]
    pub lawbook: Option<PathBuf>,
    /// A collective policy to use instead of the one in the home or in the program.
    #[arg(long, global = true, value_name = "DIR")]
    pub policy: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a home for a provider: settings to fill in, keys, an empty journal.
    Init,
    /// Take demands in. A detached signature `FILE.sig` beside a file is checked as a factor.
    Lodge {
        /// Demand files, TOML or JSON (docs/demand-format.md).
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The member of staff who typed it in, for a demand by telephone or on paper.
        #[arg(long, value_name = "PERSON")]
        entered_by: Option<String>,
        /// The case that this mends, instead of opening a new one.
        #[arg(long, value_name = "CASE")]
        supplements: Option<CaseId>,
    },
    /// Judge a demand on the facts in its file. Stores nothing.
    Assess {
        /// A case file (docs/demand-format.md).
        file: PathBuf,
        /// Compare with what the file expects; exit 1 where it differs.
        #[arg(long)]
        expect: bool,
    },
    /// List the cases.
    Cases {
        /// Closed ones too.
        #[arg(long)]
        all: bool,
    },
    /// Show a case: what was asked, ruled, decided, and what is owed.
    Show {
        /// The case.
        case: CaseId,
    },
    /// Show which queries a grant will run. Reads no customer's rows.
    Plan {
        /// The case.
        case: CaseId,
    },
    /// Record a proof of who sent a demand.
    Factor {
        /// The case.
        case: CaseId,
        /// What kind of proof.
        #[arg(long)]
        kind: FactorWord,
        /// Who established it.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
        /// It rests on what the request itself supplied.
        #[arg(long)]
        from_request: bool,
    },
    /// Record what a document cannot say of itself: that another authority raised no ground, that a time ran out. The case is
    /// judged again.
    Establish {
        /// The case.
        case: CaseId,
        /// What, in the law book's word: `enforcing_authority.silent`.
        statement: StatementId,
        /// It is not so.
        #[arg(long)]
        not: bool,
        /// Who established it.
        #[arg(long = "as", value_name = "PERSON")]
        person: String,
    },
    /// Prove the sender again, after the authority enrolled another key.
    Authenticate {
        /// The case.
        case: CaseId,
    },
    /// Agree to disclose what the ruling allows, or a part of it.
    Grant {
        #[command(flatten)]
        decision: Decision,
        /// Only these elements.
        #[arg(long, value_delimiter = ',', value_name = "ELEMENT")]
        only: Vec<String>,
    },
    /// Answer with a reasoned no.
    Refuse(Decision),
    /// Ask the authority for what is missing.
    Cure(Decision),
    /// Send the authority to whom the data belong.
    Redirect(Decision),
    /// Wait for the sender to be proven.
    Hold(Decision),
    /// Record that what an order names is removed, or access to it disabled. The authority and the customer are told.
    Act(Decision),
    /// After review, give the hashes of what was removed to a bank of the shared memory.
    Contribute {
        #[command(flatten)]
        decision: Decision,
        /// The bank.
        #[arg(long)]
        bank: BankName,
        /// Labels, as in taxonomy/labels.toml.
        #[arg(long = "label", value_delimiter = ',')]
        labels: Vec<Label>,
        /// The files that were removed, and folders of them.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Freeze what was asked; give nothing.
    Preserve {
        #[command(flatten)]
        decision: Decision,
        /// Until when.
        #[arg(long)]
        until: Instant,
    },
    /// Renew a preservation.
    Extend {
        #[command(flatten)]
        decision: Decision,
        /// Until when.
        #[arg(long)]
        until: Instant,
    },
    /// Disclose against the ruling: two people, with a written reason. No fixed rule can be overridden.
    Override {
        /// The case.
        case: CaseId,
        /// The two people.
        #[arg(long = "as", value_name = "PERSON", num_args = 2, required = true)]
        people: Vec<String>,
        /// The elements to disclose.
        #[arg(long, value_delimiter = ',', required = true, value_name = "ELEMENT")]
        only: Vec<String>,
        /// A file with the reason.
        #[arg(long, value_name = "FILE")]
        reason: PathBuf,
    },
    /// Record the confirmation that an emergency grant owes.
    Confirm {
        #[command(flatten)]
        decision: Decision,
        /// The document.
        #[arg(long, value_name = "FILE")]
        document: PathBuf,
    },
    /// Defer the customer's notice until a named gag's end.
    Defer {
        /// The case.
        case: CaseId,
        /// The gag's end.
        #[arg(long)]
        until: Instant,
        /// The order.
        #[arg(long, value_name = "FILE")]
        order: PathBuf,
    },
    /// The authority takes its demand back.
    Withdraw {
        /// The case.
        case: CaseId,
    },
    /// A court or an objection stops the case.
    Suspend {
        /// The case.
        case: CaseId,
        /// The document.
        #[arg(long, value_name = "FILE")]
        document: PathBuf,
    },
    /// The stop is lifted.
    Resume {
        /// The case.
        case: CaseId,
        /// The document.
        #[arg(long, value_name = "FILE")]
        document: PathBuf,
    },
    /// Perform what is owed: assess, collect, seal, deliver, notify, close.
    Work {
        /// Perform what is owed now, then end; otherwise go on until interrupted.
        #[arg(long)]
        once: bool,
    },
    /// Open a parcel as the authority: decrypt, verify everything, unpack.
    Open {
        /// The parcel.
        parcel: PathBuf,
        /// A file with the authority's secret key (AGE-SECRET-KEY-...).
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The provider's public key or its fingerprint, from the provider's own publication.
        #[arg(long, value_name = "KEY")]
        provider: Option<String>,
        /// Where to unpack; a new or empty folder. Default: the parcel's name without `.age`.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// The registry of authorities.
    #[command(subcommand)]
    Authority(AuthorityCommand),
    /// The law book.
    #[command(subcommand)]
    Lawbook(LawbookCommand),
    /// The collective policy.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Make the public page for authorities, from the law book and the policy.
    Guidelines(GuidelinesArgs),
    /// The figures, folded from the events.
    Report(ReportArgs),
    /// The provider's public record.
    #[command(subcommand)]
    Record(RecordCommand),
    /// Check a public record as a stranger: every signature, entry, proof and sum.
    Audit(AuditArgs),
    /// Receipts and promises that a demand is in a record.
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// Be a witness of others' records.
    #[command(subcommand)]
    Witness(WitnessCommand),
    /// Erase a closed case's documents and identifiers for good; its events stay.
    Erase {
        /// The case.
        case: CaseId,
        /// Say that you mean it.
        #[arg(long, required = true)]
        for_good: bool,
    },
    /// Check the home: settings, sources, keys, journal.
    Doctor,
    /// Print the JSON Schema of the demand file.
    Schema,
    #[command(flatten)]
    Hashes(HashesCommand),
    /// Play the founding night on generated data.
    Demo(DemoArgs),
}

/// A person's decision on a case.
#[derive(Debug, ClapArgs)]
pub struct Decision {
    /// The case.
    pub case: CaseId,
    /// Who decides: an id of the staff list in writ.toml.
    #[arg(long = "as", value_name = "PERSON")]
    pub person: String,
}

/// The registry of authorities.
#[derive(Debug, Subcommand)]
pub enum AuthorityCommand {
    /// List them.
    List,
    /// Add one, from your own sources and never from a demand.
    Add {
        /// Its id, as in `fr-pnat`.
        id: AuthorityId,
        /// Its full name.
        #[arg(long)]
        name: String,
        /// Its state.
        #[arg(long)]
        jurisdiction: Jurisdiction,
        /// What kind of body it is (`writ lawbook classes`).
        #[arg(long)]
        class: AuthorityClass,
        /// The published number of its switchboard.
        #[arg(long)]
        switchboard: Option<Phone>,
        /// A mail domain it sends from.
        #[arg(long = "domain")]
        domains: Vec<String>,
    },
    /// Enrol a key. An older one of the same purpose is withdrawn.
    Enrol {
        /// The authority.
        id: AuthorityId,
        /// An `age1...` key that parcels are sealed to.
        #[arg(long, value_name = "AGE1...")]
        seal: Option<String>,
        /// An Ed25519 key that it signs demands with, as 64 hexadecimal characters.
        #[arg(long, value_name = "HEX")]
        sign: Option<String>,
    },
}

/// The law book.
#[derive(Debug, Subcommand)]
pub enum LawbookCommand {
    /// List the instruments.
    List,
    /// Show one.
    Show {
        /// As in `us/search-warrant`.
        instrument: InstrumentId,
    },
    /// Load it, run every example through it and the policy.
    Check,
    /// List what differs between two law books, key by key.
    Diff {
        /// The folder of the older one.
        old: PathBuf,
        /// The folder of the newer one.
        new: PathBuf,
        /// Ask every example, every policy case and every recorded demand of the home under both; list the rulings that differ.
        #[arg(long)]
        replay: bool,
    },
    /// List the elements, with their category under each law.
    Elements,
    /// List the classes of authorities.
    Classes,
    /// Print what each datum is under each law, as Markdown.
    Table(TableArgs),
}

/// The collective policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Run every case of every rule.
    Test {
        /// Change each policy in every way, too, and list the changes that no case notices.
        #[arg(long)]
        mutants: bool,
    },
    /// List the rules.
    Rules,
    /// Print how each rule is kept, shown and proven, as Markdown.
    Table(TableArgs),
    /// Prove what must always hold, for all inputs. Needs the solver cvc5.
    Prove {
        /// Only this property.
        #[arg(long, value_name = "ID")]
        property: Option<String>,
        /// A folder for a demand that breaks a property; otherwise it is printed.
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
    /// Say what changes from one collective policy to another: by the solver for all inputs, then for every case, the law
    /// book's examples and the rulings of the home. Exit 1 where anything does.
    Diff {
        /// The folder of the one.
        old: PathBuf,
        /// The folder of the other.
        new: PathBuf,
        /// A folder for demands that show the changes; otherwise their questions are printed.
        #[arg(long, value_name = "DIR")]
        into: Option<PathBuf>,
    },
}

/// Make the public page for authorities.
#[derive(Debug, Clone, ClapArgs)]
pub struct GuidelinesArgs {
    /// A folder for the page, as HTML and as PDF. Default: the HTML is printed.
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// The language of the page.
    #[arg(long, value_enum, default_value_t = LangWord::En)]
    pub lang: LangWord,
    /// The day for which it speaks, as 2026-11-22. Default: today (UTC).
    #[arg(long, value_name = "DATE")]
    pub on: Option<Date>,
}

/// A language of public pages.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LangWord {
    /// English.
    En,
    /// French.
    Fr,
}

/// Where a table goes.
#[derive(Debug, Clone, ClapArgs)]
pub struct TableArgs {
    /// Renew it in this document, between its two comments.
    #[arg(long, value_name = "FILE")]
    pub into: Option<PathBuf>,
}

/// Play the founding night on generated data.
#[derive(Debug, Clone, ClapArgs)]
pub struct DemoArgs {
    /// Customers of the generated provider.
    #[arg(long, default_value_t = 2_000)]
    pub accounts: u64,
    /// Login rows of the generated provider.
    #[arg(long, default_value_t = 100_000)]
    pub logins: u64,
    /// From what everything is drawn.
    #[arg(long, default_value_t = 20_161_213)]
    pub seed: u64,
    /// A folder for the provider's home; data that stand there already are used. Default: a new one, removed at the end.
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// Cases to play instead of the founding night's.
    #[arg(long, value_name = "DIR")]
    pub scenario: Option<PathBuf>,
}

/// A kind of proof.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum FactorWord {
    Passkey,
    AlignedDkim,
    MutualTls,
    QualifiedSignature,
    EnrolledSignature,
    CallBack,
    SecondOfficer,
}

impl From<FactorWord> for FactorKind {
    fn from(word: FactorWord) -> Self {
        match word {
            FactorWord::Passkey => Self::Passkey,
            FactorWord::AlignedDkim => Self::AlignedDkim,
            FactorWord::MutualTls => Self::MutualTls,
            FactorWord::QualifiedSignature => Self::QualifiedSignature,
            FactorWord::EnrolledSignature => Self::EnrolledSignature,
            FactorWord::CallBack => Self::CallBack,
            FactorWord::SecondOfficer => Self::SecondOfficer,
        }
    }
}

impl Command {
    /// The answer without data that this command gives, if it gives one.
    pub fn answer(&self) -> Option<(&Decision, AnswerKind)> {
        match self {
            Self::Refuse(decision) => Some((decision, AnswerKind::Refuse)),
            Self::Cure(decision) => Some((decision, AnswerKind::AskCure)),
            Self::Redirect(decision) => Some((decision, AnswerKind::Redirect)),
            Self::Hold(decision) => Some((decision, AnswerKind::Hold)),
            Self::Act(decision) => Some((decision, AnswerKind::Act)),
            _ => None,
        }
    }
}
