//! Asking witnesses to cosign what was signed, before it is published.

use crate::disk::{Disk, DiskError};
use crate::writer::Writer;
use writ_tlog::{AddCheckpoint, Policy, PolicyWitness, Reply, SignedCheckpoint, TreeError};

/// What the witnesses of a policy answered.
pub struct Gathered {
    /// The checkpoint with all good cosignatures.
    pub checkpoint: SignedCheckpoint,
    /// Whether they are a quorum: only then it is published.
    pub quorum: bool,
    /// Who has not cosigned, and why.
    pub missing: Vec<Missing>,
}

/// A witness that has not cosigned.
#[derive(Debug)]
pub struct Missing {
    /// Its name in the policy.
    pub witness: String,
    /// Why.
    pub why: String,
}

/// Asks all witnesses of a policy at the same time to cosign the checkpoint that was signed last; nothing where nothing was
/// signed. `known` is the size that they are believed to have cosigned last; one that says otherwise is asked again.
/// `post` sends a body to an address and gives the answer's status and body; it bounds time and size.
///
/// # Errors
/// When the tree on the disk is not whole.
pub async fn gather<D: Disk>(
    writer: &Writer<D>,
    policy: &Policy,
    known: u64,
    post: impl AsyncFn(String, Vec<u8>) -> Result<(u16, Vec<u8>), String>,
) -> Result<Option<Gathered>, TreeError<DiskError>> {
    let Some(mut checkpoint) = writer.signed().cloned() else { return Ok(None) };
    let asked = policy
        .witnesses()
        .iter()
        .map(async |witness| (witness, ask(writer, witness, known, &post).await));
    let mut missing = Vec::new();
    for (witness, answer) in futures::future::join_all(asked).await {
        let keys = std::slice::from_ref(&witness.key);
        let why = match answer? {
            Err(why) => why,
            Ok(lines) => match checkpoint.note_mut().adopt(lines, keys) {
                Ok(1..) => continue,
                Ok(0) => "it answered with no signature of its key".to_owned(),
                Err(error) => error.to_string(),
            },
        };
        missing.push(Missing { witness: String::from_utf8_lossy(&witness.name).into_owned(), why });
    }
    let text = checkpoint.note().to_string();
    let known = policy.clone().with_log(writer.key().clone());
    let quorum = known.evaluate(text.as_bytes()).is_ok_and(|standing| standing.quorum());
    Ok(Some(Gathered { checkpoint, quorum, missing }))
}

type Lines = Vec<writ_tlog::NoteSignature>;

/// The signature lines of one witness, or why there are none.
async fn ask<D: Disk>(
    writer: &Writer<D>,
    witness: &PolicyWitness,
    known: u64,
    post: &impl AsyncFn(String, Vec<u8>) -> Result<(u16, Vec<u8>), String>,
) -> Result<Result<Lines, String>, TreeError<DiskError>> {
    let url = witness.url.as_deref().and_then(|url| std::str::from_utf8(url).ok());
    let Some(url) = url else { return Ok(Err("the policy gives no address for it".to_owned())) };
    let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
    let mut old = known;
    for _ in 0..2 {
        let Some(request) = request(writer, old)? else {
            return Ok(Err(format!(
                "it has cosigned {old} entries, and there are fewer: is the record rewound?"
            )));
        };
        let answer = post(url.clone(), request.to_string().into_bytes()).await;
        let reply = answer.and_then(|(status, body)| {
            Reply::read(status, &body).map_err(|error| error.to_string())
        });
        match reply {
            Ok(Reply::Cosigned(lines)) => return Ok(Ok(lines)),
            Ok(Reply::Conflict { size }) => old = size,
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(Err("another asks it at the same time".to_owned()))
}

/// The request to cosign what was signed last, from a witness that has cosigned `old` entries; nothing where there are fewer.
fn request<D: Disk>(
    writer: &Writer<D>,
    old: u64,
) -> Result<Option<AddCheckpoint>, TreeError<DiskError>> {
    let Some((mut tree, signed)) = writer.tree()?.zip(writer.signed()) else { return Ok(None) };
    let size = signed.checkpoint().size();
    if old > size {
        return Ok(None);
    }
    let proof = if old == 0 { Vec::new() } else { tree.prove_consistency(old, size)? };
    Ok(Some(AddCheckpoint { old_size: old, proof, checkpoint: signed.clone() }))
}
