//! The one program: `writ`.

mod args;
mod books;
mod commands;
mod demo;
mod fault;
mod hash_args;
mod meridian;
mod record_args;
mod report_args;
mod say;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == commands::WORKER) {
        return writ_media::worker_main(arguments);
    }
    let args = args::Args::parse();
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("WRIT_LOG").unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("writ: the system gave no threads to work with: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(args)) {
        Ok(code) => code,
        Err(report) => {
            eprintln!("{report:?}");
            ExitCode::from(2)
        }
    }
}
