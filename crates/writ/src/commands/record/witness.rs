//! `writ witness`: cosigning the records of others.

use super::read_policy;
use crate::fault;
use crate::record_args::WitnessCommand;
use crate::say::{Say, count};
use miette::Result;
use std::path::Path;
use std::process::ExitCode;
use writ_server::witness::{self, Settings};
use writ_tlog::{Cosigner, Witness, WitnessedLog};

/// Makes a key, or serves.
pub async fn run(command: &WitnessCommand, say: Say) -> Result<ExitCode> {
    match command {
        WitnessCommand::Init { name, key } => init(name, key, say),
        WitnessCommand::Serve { key, logs, state, listen } => {
            let policy = read_policy(logs)?;
            let known = policy.logs().iter().map(|log| WitnessedLog {
                origin: log.key.name().as_str().to_owned(),
                keys: vec![log.key.clone()],
            });
            let witness = Witness::new(cosigner(key)?, known);
            let logs = count(policy.logs().len(), "log");
            let settings = Settings { listen: *listen, state: state.clone() };
            let server = witness::bind(settings, witness).await.map_err(fault::of)?;
            println!("witness of {logs}, listening on http://{}", server.address());
            let stop = async {
                let _ = tokio::signal::ctrl_c().await;
            };
            server.run(stop).await;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn init(name: &str, path: &Path, say: Say) -> Result<ExitCode> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| fault::plain(error.to_string()))?;
    let cosigner = Cosigner::from_seed(name.parse().map_err(fault::of)?, &seed);
    write_secret(path, &format!("{}\n", cosigner.to_skey()))
        .map_err(|error| fault::plain(format!("{}: {error}", path.display())))?;
    let key = cosigner.key().to_string();
    say.result(&serde_json::json!({ "key": key }), |_| {
        format!("{key}\n\nGive this key, and the address, to whoever wants to be witnessed.")
    });
    Ok(ExitCode::SUCCESS)
}

fn cosigner(path: &Path) -> Result<Cosigner> {
    let bytes = super::super::bytes(path)?;
    let text = String::from_utf8_lossy(&bytes);
    Cosigner::from_skey(text.trim_end())
        .map_err(|error| fault::plain(format!("{}: {error}", path.display())))
}

/// A new file that only its owner can read.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
