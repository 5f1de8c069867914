// Checks a checkpoint and proofs of inclusion with the unpatched modules of npm's `@sigstore/verify`.
//
// Use: node with_verify.js NODE_MODULES CHECKPOINT QUESTION
const fs = require('fs');
const path = require('path');

const [modules, checkpoint, question] = process.argv.slice(2);
// The package offers these to its own files alone, so they are named by their place.
const dist = path.resolve(modules, '@sigstore/verify/dist');
const { verifyTLogInclusion } = require(path.join(dist, 'tlog'));
const { VerificationError } = require(path.join(dist, 'error'));
const { crypto } = require(path.resolve(modules, '@sigstore/core'));

const envelope = fs.readFileSync(checkpoint, 'utf8');
const { log, proofs } = JSON.parse(fs.readFileSync(question, 'utf8'));
const bytes = (text) => Buffer.from(text, 'base64');
const logs = [{ logID: bytes(log.id), baseURL: `https://${log.name}`, publicKey: crypto.createPublicKey(log.key) }];

function verdict() {
  try {
    for (const { index, entry, hashes } of proofs) {
      const inclusionProof = { logIndex: String(index), hashes: hashes.map(bytes), checkpoint: { envelope } };
      verifyTLogInclusion({ logId: { keyId: bytes(log.id) }, canonicalizedBody: bytes(entry), inclusionProof }, logs);
    }
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return { verdict: 'refuses', why: error.message };
  }
  return { verdict: 'accepts', entries: proofs.length, inclusion: proofs.length };
}

console.log(JSON.stringify(verdict()));
