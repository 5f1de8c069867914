//! What can be said on the command line about the public record.

use clap::{Args as ClapArgs, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use writ_vocabulary::Instant;

/// The provider's public record.
#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// Close the epochs that are over, have witnesses cosign, publish, give receipts. `writ work` does it by itself.
    Keep,
    /// Publish the totals of a period, proven to be the record's sum. Once for each period; periods never overlap.
    Totals {
        /// The period's first instant.
        #[arg(long)]
        from: Instant,
        /// The instant after it.
        #[arg(long)]
        until: Instant,
    },
}

/// Check a public record as a stranger: every signature, entry, proof and sum.
#[derive(Debug, ClapArgs)]
pub struct AuditArgs {
    /// The record: its address (https://...) or a folder.
    pub record: String,
    /// The log's key and the witnesses that are believed, as a C2SP tlog-policy. Default: the keys published beside the
    /// record, which are worth what the way to it is.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// A checkpoint kept from an earlier visit: the record has to begin with what it covers.
    #[arg(long, value_name = "CHECKPOINT")]
    pub since: Option<PathBuf>,
    /// A published report (JSON) whose figures have to be the record's.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Leave out the proofs that each leaf counts once, which take the most time.
    #[arg(long)]
    pub no_proofs: bool,
    /// The log holds anything, not a provider's record: check tiles, entries and signatures only.
    #[arg(long, conflicts_with = "report")]
    pub opaque: bool,
    /// Keep the checkpoint that was found whole, for the next visit.
    #[arg(long, value_name = "FILE")]
    pub keep: Option<PathBuf>,
}

/// Receipts and promises.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Check a receipt offline: that one demand is in the record, when, and how it counts. Of a promise: that it is the
    /// provider's, and with --record whether it was kept.
    Check {
        /// The receipt or the promise.
        file: PathBuf,
        /// Whom to believe, as for `writ audit`.
        #[arg(long, value_name = "FILE")]
        policy: PathBuf,
        /// The record, to look up whether a promise was kept.
        #[arg(long, value_name = "URL|DIR")]
        record: Option<String>,
    },
}

/// A witness of others' records.
#[derive(Debug, Subcommand)]
pub enum WitnessCommand {
    /// Make a witness's key.
    Init {
        /// The name of the key: best the address where it is reached, without the scheme.
        #[arg(long)]
        name: String,
        /// Where to keep it.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Cosign what grows consistently (C2SP tlog-witness), until interrupted.
    Serve {
        /// The key, of `writ witness init`.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The logs to be witnessed: a C2SP tlog-policy with their `log` lines.
        #[arg(long, value_name = "FILE")]
        logs: PathBuf,
        /// Where to keep what was cosigned last. Losing it means cosigning a rewound log: keep it durable.
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:7556")]
        listen: SocketAddr,
    },
}
