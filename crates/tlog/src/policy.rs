//! Trust policies: which logs are believed, and whose cosignatures it takes (C2SP tlog-policy).

use crate::{
    CheckpointError, KeyError, KeyKind, SignedCheckpoint, Verified, VerifierKey, VerifyError, text,
};
use std::collections::{BTreeMap, BTreeSet};

/// The longest policy, in bytes.
pub const MAX_POLICY: usize = 1 << 20;
/// The most logs, witnesses and groups that a policy may have, of each. The specification asks for at least 32.
pub const MAX_NAMES: usize = 1024;

/// Which logs are believed, and whose cosignatures it takes.
///
/// ```
/// let policy = b"
///     log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k
///     witness w1 remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2 https://w1.example/
///     group both any w1
///     quorum both
/// ";
/// let policy = writ_tlog::Policy::parse(policy)?;
/// assert_eq!(policy.witnesses()[0].url.as_deref(), Some(&b"https://w1.example/"[..]));
/// # Ok::<(), writ_tlog::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    /// Each knows only those before it.
    groups: Vec<Group>,
    quorum: Member,
}

/// A log that is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key, whose name is the log's origin.
    pub key: VerifierKey,
    /// Where it is to be reached. Octets: the specification gives them no encoding.
    pub url: Option<Vec<u8>>,
}

/// A witness that may count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name in this policy. Octets: the specification gives them no encoding.
    pub name: Vec<u8>,
    /// Its key.
    pub key: VerifierKey,
    /// Where it is to be reached.
    pub url: Option<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<Member>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
    /// What nobody need vouch for: `none`.
    Nobody,
}

/// Why bytes are no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// It is too long.
    #[error("a policy of {bytes} bytes is longer than {MAX_POLICY}: leave out what nobody needs")]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// A line is wrong.
    #[error("line {line} of the policy: {fault}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        fault: LineFault,
    },
    /// It does not say what it takes.
    #[error(
        "the policy has no `quorum` line: add `quorum NAME` of a witness or group, or `quorum none`"
    )]
    NoQuorum,
}

/// What is wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// A byte that text cannot have.
    #[error("it has the control character {byte:#04x}: only tab and newline may be there")]
    Control {
        /// The byte.
        byte: u8,
    },
    /// Another word than those known.
    #[error(
        "`{found}` is not a line of a policy: begin with `log`, `witness`, `group` or `quorum`"
    )]
    Word {
        /// The word, cut.
        found: String,
    },
    /// Too few or too many words.
    #[error("it is not of the form `{form}`")]
    Form {
        /// The form of such a line.
        form: &'static str,
    },
    /// No key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key that signs something else.
    #[error("the key of `{name}` is of the wrong type for a {of}: {wanted}")]
    Kind {
        /// The key's name.
        name: String,
        /// Whose it is.
        of: &'static str,
        /// What would do.
        wanted: &'static str,
    },
    /// A key twice.
    #[error(
        "the key of `{name}` is listed twice, here under another line's key: leave one out, or nobody knows how often it counts"
    )]
    SameKey {
        /// The key's name.
        name: String,
    },
    /// A name twice.
    #[error("`{name}` is defined before: give another name")]
    SameName {
        /// The name, cut.
        name: String,
    },
    /// A name that means something else.
    #[error("`none` cannot be defined or be a member: it is only for `quorum none`")]
    None,
    /// A name that nothing has.
    #[error("`{name}` is not defined on a line before: define it there")]
    Undefined {
        /// The name, cut.
        name: String,
    },
    /// A name in two groups.
    #[error("`{name}` is a member of a group already: let it count in one place")]
    Member {
        /// The name, cut.
        name: String,
    },
    /// A threshold that cannot be.
    #[error("`{found}` is not `all`, `any` or a number from 1 to {members}, the number of members")]
    Threshold {
        /// The word, cut.
        found: String,
        /// How many members there are.
        members: usize,
    },
    /// A second quorum.
    #[error("there is a `quorum` before: leave one out")]
    SecondQuorum,
    /// Too many of a kind.
    #[error("it is more than the {MAX_NAMES}th of its kind: leave out what nobody needs")]
    TooMany,
}

/// Why a checkpoint is not believed under a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyRefusal {
    /// It cannot be read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The log is not one of the policy's.
    #[error("the policy knows no log `{origin}`: add its `log` line, if you trust it")]
    Log {
        /// The log's name, cut.
        origin: String,
    },
    /// A signature is bad, or none is known.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The log itself has not signed.
    #[error(
        "the checkpoint is cosigned, but not signed by the log `{origin}` itself: fetch it from the log"
    )]
    NotByLog {
        /// The log's name, cut.
        origin: String,
    },
    /// Too few witnesses.
    #[error(
        "the checkpoint lacks witnesses: {} cosigned it, {} did not, and that is not the policy's quorum; wait for more, or fetch a newer checkpoint",
        listed(has),
        listed(lacks)
    )]
    Quorum {
        /// The names of those witnesses of the policy that have cosigned.
        has: Vec<String>,
        /// The names of those that have not.
        lacks: Vec<String>,
    },
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

/// A checkpoint under a policy: signed by one of its logs, and cosigned by so many of its witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'p> {
    policy: &'p Policy,
    log: &'p PolicyLog,
    signed: SignedCheckpoint,
    cosigned: Vec<Cosigned<'p>>,
}

/// A witness of the policy, and when it cosigned: its latest time, if it did so twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosigned<'p> {
    /// The witness.
    pub witness: &'p PolicyWitness,
    /// When, in seconds since 1970.
    pub time: u64,
    /// The witness's place in the policy.
    place: usize,
}

impl Policy {
    /// Reads a policy. Its order matters only in that names are defined before they are used.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > MAX_POLICY {
            return Err(PolicyError::TooLong { bytes: bytes.len() });
        }
        let mut reading = Reading::default();
        for (place, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let at = |fault| PolicyError::Line { line: place + 1, fault };
            reading.line(line).map_err(at)?;
        }
        let Reading { logs, witnesses, groups, quorum, .. } = reading;
        Ok(Self { logs, witnesses, groups, quorum: quorum.ok_or(PolicyError::NoQuorum)? })
    }

    /// The policy with this log too, for whoever knows the log from elsewhere. A key that is there already changes
    /// nothing.
    pub fn with_log(mut self, key: VerifierKey) -> Self {
        if self.logs.iter().all(|log| log.key.public() != key.public()) {
            self.logs.push(PolicyLog { key, url: None });
        }
        self
    }

    /// The logs, in the policy's order.
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses, in the policy's order.
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Reads a checkpoint that a log of the policy has signed and a quorum of its witnesses has cosigned.
    pub fn open(&self, checkpoint: &[u8]) -> Result<Standing<'_>, PolicyRefusal> {
        self.evaluate(checkpoint)?.with_quorum()
    }

    /// Reads a checkpoint that a log of the policy has signed, and sees which of its witnesses have cosigned.
    pub fn evaluate(&self, checkpoint: &[u8]) -> Result<Standing<'_>, PolicyRefusal> {
        self.judge(SignedCheckpoint::parse(checkpoint)?)
    }

    pub(crate) fn judge(&self, signed: SignedCheckpoint) -> Result<Standing<'_>, PolicyRefusal> {
        let origin = signed.checkpoint().origin();
        let of_origin = |log: &&PolicyLog| log.key.name().as_str() == origin;
        let logs: Vec<&PolicyLog> = self.logs.iter().filter(of_origin).collect();
        if logs.is_empty() {
            return Err(PolicyRefusal::Log { origin: text::shown(origin) });
        }
        let keys = logs.iter().map(|log| &log.key).chain(self.witnesses.iter().map(|w| &w.key));
        let keys: Vec<VerifierKey> = keys.cloned().collect();
        let verified = signed.note().verify(&keys)?;
        let signed_by = |key: &VerifierKey| verified.iter().any(|good| good.key == key);
        let log = logs.into_iter().find(|log| signed_by(&log.key));
        let log = log.ok_or_else(|| PolicyRefusal::NotByLog { origin: text::shown(origin) })?;
        let cosigned = self.witnesses.iter().enumerate().filter_map(|(place, witness)| {
            let by_it =
                |good: &Verified<'_>| if *good.key == witness.key { good.time } else { None };
            let time = verified.iter().filter_map(by_it).max()?;
            Some(Cosigned { witness, time, place })
        });
        let cosigned = cosigned.collect();
        Ok(Standing { policy: self, log, signed, cosigned })
    }

    /// Whether these witnesses, by their place in the policy, are a quorum.
    fn is_quorum(&self, cosigned: &BTreeSet<usize>) -> bool {
        let mut groups: Vec<bool> = Vec::with_capacity(self.groups.len());
        let holds = |member: &Member, groups: &[bool]| match member {
            Member::Witness(place) => cosigned.contains(place),
            Member::Group(place) => groups.get(*place).copied().unwrap_or(false),
            Member::Nobody => true,
        };
        for group in &self.groups {
            let count = group.members.iter().filter(|member| holds(member, &groups)).count();
            groups.push(count >= group.threshold);
        }
        holds(&self.quorum, &groups)
    }
}

impl<'p> Standing<'p> {
    /// The checkpoint.
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.signed
    }

    /// The log.
    pub fn log(&self) -> &'p PolicyLog {
        self.log
    }

    /// The witnesses of the policy that have cosigned, in its order. No other cosignature counts.
    pub fn cosigned(&self) -> &[Cosigned<'p>] {
        &self.cosigned
    }

    /// Whether they are a quorum.
    pub fn quorum(&self) -> bool {
        self.quorum_since(0)
    }

    /// Whether those that cosigned at this time or later are a quorum: so a checkpoint is known to be fresh.
    pub fn quorum_since(&self, time: u64) -> bool {
        let counts = self.cosigned.iter().filter(|by| by.time >= time);
        self.policy.is_quorum(&counts.map(|by| by.place).collect())
    }

    /// The latest time since which there is a quorum; none if there is no quorum or it needs no cosignature.
    pub fn quorum_time(&self) -> Option<u64> {
        let mut times: Vec<u64> = self.cosigned.iter().map(|by| by.time).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        let needed = !self.policy.is_quorum(&BTreeSet::new());
        times.into_iter().find(|time| needed && self.quorum_since(*time))
    }

    /// The time of the oldest cosignature: what is in the tree was there then.
    pub fn oldest(&self) -> Option<u64> {
        self.cosigned.iter().map(|by| by.time).min()
    }

    /// The time of the youngest cosignature.
    pub fn youngest(&self) -> Option<u64> {
        self.cosigned.iter().map(|by| by.time).max()
    }

    pub(crate) fn with_quorum(self) -> Result<Self, PolicyRefusal> {
        if self.quorum() {
            return Ok(self);
        }
        let (has, lacks): (Vec<_>, Vec<_>) = self
            .policy
            .witnesses
            .iter()
            .partition(|witness| self.cosigned.iter().any(|by| by.witness == *witness));
        let names = |them: Vec<&PolicyWitness>| them.iter().map(|w| shown(&w.name)).collect();
        Err(PolicyRefusal::Quorum { has: names(has), lacks: names(lacks) })
    }
}

/// A policy as far as it has been read.
#[derive(Default)]
struct Reading<'a> {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    quorum: Option<Member>,
    names: BTreeMap<&'a [u8], Member>,
    grouped: BTreeSet<&'a [u8]>,
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: &'a [u8]) -> Result<(), LineFault> {
        if let Some(byte) = line.iter().find(|byte| matches!(byte, 0..=8 | 10..=31 | 127)) {
            return Err(LineFault::Control { byte: *byte });
        }
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let words: Vec<&[u8]> = line.split(blank).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [word, ..] if word.starts_with(b"#") => Ok(()),
            [b"log", rest @ ..] => self.log(rest),
            [b"witness", rest @ ..] => self.witness(rest),
            [b"group", rest @ ..] => self.group(rest),
            [b"quorum", rest @ ..] => self.quorum(rest),
            [word, ..] => Err(LineFault::Word { found: shown(word) }),
        }
    }

    fn log(&mut self, words: &[&[u8]]) -> Result<(), LineFault> {
        let form = LineFault::Form { form: "log KEY [URL]" };
        let (key, url) = match words {
            [key] => (key, None),
            [key, url] => (key, Some(url.to_vec())),
            _ => return Err(form),
        };
        let key = read_key(key)?;
        check_room(self.logs.len())?;
        check_new(&key, self.logs.iter().map(|log| &log.key))?;
        self.logs.push(PolicyLog { key, url });
        Ok(())
    }

    fn witness(&mut self, words: &[&'a [u8]]) -> Result<(), LineFault> {
        let form = LineFault::Form { form: "witness NAME KEY [URL]" };
        let (name, key, url) = match words {
            [name, key] => (*name, key, None),
            [name, key, url] => (*name, key, Some(url.to_vec())),
            _ => return Err(form),
        };
        let key = read_key(key)?;
        if key.kind() != KeyKind::Cosignature {
            let wanted = "give its key of type 0x04, an Ed25519 cosignature";
            return Err(LineFault::Kind { name: key.name().to_string(), of: "witness", wanted });
        }
        check_room(self.witnesses.len())?;
        check_new(&key, self.witnesses.iter().map(|witness| &witness.key))?;
        self.define(name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(PolicyWitness { name: name.to_vec(), key, url });
        Ok(())
    }

    fn group(&mut self, words: &[&'a [u8]]) -> Result<(), LineFault> {
        let form = LineFault::Form { form: "group NAME all|any|NUMBER MEMBER..." };
        let [name, threshold, names @ ..] = words else { return Err(form) };
        if names.is_empty() {
            return Err(form);
        }
        let members = names.iter().map(|name| self.member(name)).collect::<Result<Vec<_>, _>>()?;
        let number = match *threshold {
            b"all" => Some(members.len()),
            b"any" => Some(1),
            number => std::str::from_utf8(number)
                .ok()
                .and_then(text::decimal)
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| (1..=members.len()).contains(number)),
        };
        let fault = || LineFault::Threshold { found: shown(threshold), members: members.len() };
        let threshold = number.ok_or_else(fault)?;
        check_room(self.groups.len())?;
        self.define(name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { threshold, members });
        Ok(())
    }

    fn quorum(&mut self, words: &[&'a [u8]]) -> Result<(), LineFault> {
        let [name] = words else { return Err(LineFault::Form { form: "quorum NAME" }) };
        if self.quorum.is_some() {
            return Err(LineFault::SecondQuorum);
        }
        self.quorum = Some(if *name == b"none" { Member::Nobody } else { self.defined(name)? });
        Ok(())
    }

    fn define(&mut self, name: &'a [u8], member: Member) -> Result<(), LineFault> {
        if name == b"none" {
            return Err(LineFault::None);
        }
        match self.names.insert(name, member) {
            None => Ok(()),
            Some(_) => Err(LineFault::SameName { name: shown(name) }),
        }
    }

    fn defined(&self, name: &[u8]) -> Result<Member, LineFault> {
        let undefined = || LineFault::Undefined { name: shown(name) };
        self.names.get(name).copied().ok_or_else(undefined)
    }

    /// A name counts in one group only, so that no witness counts in two ways.
    fn member(&mut self, name: &'a [u8]) -> Result<Member, LineFault> {
        if name == b"none" {
            return Err(LineFault::None);
        }
        let member = self.defined(name)?;
        match self.grouped.insert(name) {
            true => Ok(member),
            false => Err(LineFault::Member { name: shown(name) }),
        }
    }
}

fn read_key(vkey: &[u8]) -> Result<VerifierKey, LineFault> {
    Ok(String::from_utf8_lossy(vkey).parse::<VerifierKey>()?)
}

fn check_new<'k>(
    key: &VerifierKey,
    mut before: impl Iterator<Item = &'k VerifierKey>,
) -> Result<(), LineFault> {
    match before.any(|other| other.public() == key.public()) {
        false => Ok(()),
        true => Err(LineFault::SameKey { name: key.name().to_string() }),
    }
}

fn check_room(count: usize) -> Result<(), LineFault> {
    if count < MAX_NAMES { Ok(()) } else { Err(LineFault::TooMany) }
}

fn shown(name: &[u8]) -> String {
    text::shown(&String::from_utf8_lossy(name))
}
