//! What can be said on the command line about the report.

use clap::{Args as ClapArgs, ValueEnum};
use std::path::PathBuf;
use writ_report::ReportingPeriod;
use writ_vocabulary::Instant;

/// Which figures, and in which form.
#[derive(Debug, ClapArgs)]
pub struct ReportArgs {
    /// Demands received from this instant on.
    #[arg(long)]
    pub from: Option<Instant>,
    /// Demands received before this instant.
    #[arg(long)]
    pub until: Option<Instant>,
    /// As CSV.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// A period to publish: `2026-H1`, `2026`, `2026-01-01/2026-03-31`.
    #[arg(long, conflicts_with_all = ["from", "until"])]
    pub period: Option<ReportingPeriod>,
    /// In the form in which others publish it: CSV, or JSON with --json.
    #[arg(long, requires = "period", value_name = "FORM")]
    pub form: Option<Form>,
    /// The service that a DSA report is about.
    #[arg(long, value_name = "NAME", required_if_eq("form", "dsa"))]
    pub service: Option<String>,
    /// Write the report as a page with charts.
    #[arg(long, requires = "period", conflicts_with = "form", value_name = "FILE")]
    pub page: Option<PathBuf>,
    /// Compare with a published report: Microsoft's CSV or JSON, Google's, Apple's, a DSA table.
    #[arg(long, requires = "period", conflicts_with_all = ["form", "page"], value_name = "FILE")]
    pub compare: Option<PathBuf>,
}

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Country by outcome, sections apart.
    Microsoft,
    /// Country by legal process.
    Google,
    /// Request types and measures.
    Apple,
    /// Legal process and emergencies.
    Meta,
    /// Statistics under Article 28 of Regulation (EU) 2023/1543.
    EEvidence,
    /// Part 3 of the template of Implementing Regulation (EU) 2024/2835.
    Dsa,
    /// The yearly report of Article 7 of Regulation (EU) 2021/784.
    Tco,
}
