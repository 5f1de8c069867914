//! What can be said on the command line about hashes of known terrorist images and video.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use writ_commons::{KeyId, PartnerName};
use writ_hashbank::{BankName, IncidentId, Label, MemberId, SignalType};
use writ_vocabulary::{Instant, PersonId};

/// What members share of known terrorist images and video.
#[derive(Debug, Subcommand)]
pub enum HashesCommand {
    /// Hash pictures, videos, texts and the pages of documents (PDF). Folders are walked. Nothing is stored or sent.
    Hash(HashArgs),
    /// Look files up in the banks.
    Match {
        #[command(flatten)]
        what: HashArgs,
        #[command(flatten)]
        how: FindArgs,
    },
    /// Search the past: which earlier uploads match entries that came later.
    Hunt {
        /// A folder of files; or a Parquet or CSV table with the columns `id`, `type`, `hash` and, where known, `quality`
        /// (0 to 100) and `uploaded` (an instant).
        path: PathBuf,
        /// Only entries contributed from this instant on. Default: since the upload.
        #[arg(long)]
        since: Option<Instant>,
        #[command(flatten)]
        how: FindArgs,
    },
    /// The banks and what is in them.
    #[command(subcommand)]
    Bank(BankCommand),
    /// Where an entry's content surfaced; with `--platform`, put down that it did.
    Sightings {
        /// The entry.
        entry: u32,
        /// Where: a label such as `platform/messaging`.
        #[arg(long, requires = "form")]
        platform: Option<Label>,
        /// In which form: a label such as `form/cropped`.
        #[arg(long, requires = "platform")]
        form: Option<Label>,
        /// When it surfaced. Default: now.
        #[arg(long, requires = "platform")]
        seen: Option<Instant>,
        /// Its own PDQ hash, where it differs.
        #[arg(long, requires = "platform", value_name = "HASH")]
        hash: Option<String>,
    },
    /// Which entries and sightings are forms of the same content.
    Cluster {
        /// Only the cluster of this entry.
        entry: Option<u32>,
        /// How near is near, in bits of PDQ.
        #[arg(long, default_value_t = 31, value_name = "BITS")]
        within: u32,
        /// A page with the variants as a graph.
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// The keys with which members' programs ask.
    #[command(subcommand)]
    Key(KeyCommand),
    /// The partners whose lists are fetched into banks.
    #[command(subcommand)]
    Partner(PartnerCommand),
    /// Serve the banks to members' programs over HTTP.
    Serve {
        /// Where to listen. Default: as hashes/hashes.toml says.
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<SocketAddr>,
    },
}

/// Which files, and what of them.
#[derive(Debug, ClapArgs)]
pub struct HashArgs {
    /// Files and folders.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Only these types of signal: `pdq`, `video_sha256`, ...
    #[arg(long = "type", value_delimiter = ',', value_name = "TYPE")]
    pub types: Vec<String>,
    /// What the files are. Default: what their bytes look like.
    #[arg(long = "as", value_enum, value_name = "KIND")]
    pub kind: Option<KindWord>,
}

/// Where to look, and how to tell it.
#[derive(Debug, ClapArgs)]
pub struct FindArgs {
    /// Only these banks.
    #[arg(long = "bank", value_delimiter = ',', value_name = "BANK")]
    pub banks: Vec<BankName>,
    /// A page with the matches, their distances and the variants as a graph. It shows hashes and labels, no content.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum KindWord {
    Photo,
    Video,
    Text,
}

/// The banks.
#[derive(Debug, Subcommand)]
pub enum BankCommand {
    /// Make the shared memory in the home: rules and labels adopted, yourself its first member.
    Init {
        /// Your name among the members: `meridian-video`.
        #[arg(long)]
        member: MemberId,
    },
    /// List the banks.
    List,
    /// Open a bank.
    Create {
        /// Its name: capital letters, digits and `_`.
        name: BankName,
        /// What matches it is never found anywhere: for harmless content.
        #[arg(long)]
        negative: bool,
        #[command(flatten)]
        settings: BankArgs,
    },
    /// Change a bank's settings; what is not named stays.
    Change {
        /// The bank.
        name: BankName,
        #[command(flatten)]
        settings: BankArgs,
    },
    /// Remove a bank. What it holds is withdrawn.
    Remove {
        /// The bank.
        name: BankName,
    },
    /// Contribute hashes: of files, or from a list.
    Add {
        /// Into which bank.
        bank: BankName,
        /// Files and folders to hash; each becomes an entry.
        files: Vec<PathBuf>,
        /// A list: one `TYPE HASH` or `HASH` (PDQ) a line.
        #[arg(long, value_name = "FILE")]
        list: Option<PathBuf>,
        /// Labels, as in taxonomy/labels.toml.
        #[arg(long = "label", value_delimiter = ',')]
        labels: Vec<Label>,
        /// A note.
        #[arg(long)]
        note: Option<String>,
        /// The incident they belong to.
        #[arg(long)]
        incident: Option<IncidentId>,
        /// When they end.
        #[arg(long)]
        expires: Option<Instant>,
    },
    /// List a bank's entries.
    Entries {
        /// The bank.
        name: BankName,
        /// After this entry.
        #[arg(long, default_value_t = 0)]
        after: u32,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Show an entry: its signals, what members say, where it stands and why.
    Show {
        /// The entry.
        entry: u32,
    },
    /// Say what you think of an entry. It takes the place of what you said before, never of another's.
    Opine {
        /// The entry.
        entry: u32,
        /// What.
        #[arg(value_enum)]
        verdict: VerdictWord,
        /// The labels you would give it.
        #[arg(long = "label", value_delimiter = ',')]
        labels: Vec<Label>,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
        /// For another member, whose word reached you otherwise.
        #[arg(long)]
        member: Option<MemberId>,
    },
    /// Stand no longer by what you contributed.
    Withdraw {
        /// The entry.
        entry: u32,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Let go an entry that is held for matching too often, or for lying near harmless content.
    Release {
        /// The entry.
        entry: u32,
        /// Who looked at it.
        #[arg(long = "as", value_name = "PERSON")]
        person: PersonId,
        /// Why it may match.
        #[arg(long)]
        reason: String,
    },
    /// Write a bank's hashes, one `TYPE HASH` a line.
    Export {
        /// The bank.
        name: BankName,
    },
    /// Let a member in, or give it another voice.
    Admit {
        /// Its name.
        member: MemberId,
        /// What it may do.
        #[arg(long, value_enum, default_value_t = VoiceWord::Full)]
        voice: VoiceWord,
    },
    /// Adopt rules or labels: a file like taxonomy/rules.toml or taxonomy/labels.toml, of a higher version.
    Adopt {
        /// The file.
        file: PathBuf,
    },
    /// Answer an attack together: its entries match on one member's word while it is open.
    OpenIncident {
        /// Its name.
        incident: IncidentId,
        /// For people.
        #[arg(long)]
        title: String,
        /// Labels that its entries get.
        #[arg(long = "label", value_delimiter = ',')]
        labels: Vec<Label>,
        /// Two members' word is needed all the same.
        #[arg(long)]
        slow: bool,
    },
    /// End an incident, and tell what came of it.
    CloseIncident {
        /// Its name.
        incident: IncidentId,
    },
    /// Show entries that are to be looked at again by now.
    Review,
    /// Show how the shared memory stands.
    Status,
}

/// A bank's settings.
#[derive(Debug, ClapArgs)]
pub struct BankArgs {
    /// What a match leads to at most.
    #[arg(long, value_enum)]
    pub action: Option<ActionWord>,
    /// How many members must stand by an entry.
    #[arg(long)]
    pub quorum: Option<u8>,
    /// The part of look-ups in which it takes part, 0 to 1.
    #[arg(long)]
    pub ratio: Option<f64>,
    /// The least quality of a hash, 0 to 100.
    #[arg(long)]
    pub quality: Option<u8>,
    /// How near is a match, `TYPE=BITS` or `TYPE=AUTO:REVIEW`.
    #[arg(long = "limit", value_name = "TYPE=BITS", value_parser = limit)]
    pub limits: Vec<(SignalType, Option<u32>, u32)>,
    /// For people.
    #[arg(long)]
    pub description: Option<String>,
}

fn limit(text: &str) -> Result<(SignalType, Option<u32>, u32), String> {
    let form = || "write `pdq=31` or `pdq=16:31`".to_owned();
    let (kind, bits) = text.split_once('=').ok_or_else(form)?;
    let kind = kind.parse::<SignalType>().map_err(|error| error.to_string())?;
    let number = |text: &str| text.parse::<u32>().map_err(|_| form());
    match bits.split_once(':') {
        Some((auto, review)) => Ok((kind, Some(number(auto)?), number(review)?)),
        None => Ok((kind, None, number(bits)?)),
    }
}

/// What a match leads to.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ActionWord {
    Log,
    Review,
    Auto,
}

/// What a member says.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum VerdictWord {
    Confirm,
    Dispute,
    NotTerrorist,
    Seen,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum VoiceWord {
    Full,
    Observer,
    Barred,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum RoleWord {
    /// Hash and match only.
    Matcher,
    /// Also read entries and the feed.
    Reader,
    /// Also contribute and give opinions.
    Member,
    /// Also change banks, partners and incidents.
    Curator,
}

/// The keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Draw a key. It is shown once.
    Issue {
        /// For which member.
        #[arg(long)]
        member: MemberId,
        /// What it is for.
        #[arg(long, value_enum)]
        role: RoleWord,
        /// How many look-ups a minute.
        #[arg(long)]
        per_minute: Option<u32>,
        /// When it ends.
        #[arg(long)]
        expires: Option<Instant>,
    },
    /// List the keys in use.
    List,
    /// End a key at once, also for a service that runs.
    Revoke {
        /// Its name.
        key: KeyId,
    },
}

/// The partners.
#[derive(Debug, Subcommand)]
pub enum PartnerCommand {
    /// The protocols there are, and what each asks for.
    Protocols,
    /// The partners, and how far each was read.
    List,
    /// Set a partner up, or change it.
    Set {
        /// Its name: capital letters, digits and `_`.
        name: PartnerName,
        /// The bank that it fills. Default: one of its own name.
        #[arg(long)]
        bank: Option<BankName>,
        /// A file with its settings: `protocol = "stopncii"`, and what `writ partner protocols` shows.
        #[arg(long, value_name = "FILE")]
        settings: PathBuf,
        /// The service does not fetch it by itself.
        #[arg(long)]
        off: bool,
    },
    /// Keep credentials for a protocol or a partner, readable to this user only; without a file, let go of them.
    Credentials {
        /// The protocol's or the partner's name.
        of: String,
        /// A file with them, a `name = "value"` a line.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Remove a partner. What only it stands by is withdrawn.
    Remove {
        /// The partner.
        name: PartnerName,
    },
    /// Fetch what is new.
    Fetch {
        /// Only from this partner. Default: from all that are on.
        name: Option<PartnerName>,
        /// Read it from the start, and let go of what it no longer names.
        #[arg(long, requires = "name")]
        anew: bool,
    },
}
