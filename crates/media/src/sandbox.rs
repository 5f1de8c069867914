//! The fence around a decoding process: what it gives up, for good, before it reads a stranger's first byte.
//!
//! In this order: every open file but its three pipes; root, for the user nobody, where it was root; gaining
//! privileges ever again (`no_new_privs`); all files and TCP (Landlock, fully enforced or nothing is decoded); memory,
//! processor time, written files and core dumps beyond limits; all system calls but a short list (seccomp). The
//! environment is empty from the start, and only a process of one thread can be fenced whole.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{Gid, Uid};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The user and group `nobody` of Linux systems.
const NOBODY: u32 = 65_534;

/// Where a system keeps libraries, and what its loader reads: all that a program behind the fence may read.
const LIBRARIES: [&str; 6] =
    ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"];

/// The loaders of programs: the system reads them when it starts one.
const LOADERS: [&str; 4] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];

/// What a fenced process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Address space, in bytes.
    pub memory: u64,
    /// Processor time in its whole life, in seconds.
    pub seconds: u64,
}

/// Who is fenced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenant {
    /// This program: it has what it needs, opens nothing, and dies of a forbidden system call.
    Decoder,
    /// This program, to be replaced by that one: it may start it and read the system's libraries. A forbidden system
    /// call fails as one that the system does not know.
    Program(PathBuf),
}

/// Why the fence does not stand. Nothing may then be decoded.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// The kernel lacks Landlock, or a part of it.
    #[error(
        "landlock is not fully enforced: use Linux 6.7 or later, with landlock among its `lsm=`: {0}"
    )]
    Landlock(String),
    /// The kernel refuses the filter of system calls.
    #[error("the filter of system calls was refused: use a Linux with seccomp filters: {0}")]
    Seccomp(String),
    /// The process was no longer alone with itself.
    #[error("{0} when the fence went up: call `worker_main` first in the program's `main`")]
    Late(&'static str),
    /// The system refused a limit or the change of user.
    #[error("{0} was refused: {1}")]
    Refused(&'static str, io::Error),
}

/// Puts up the fence around this process. There is no way back.
///
/// # Errors
///
/// When any part cannot be put up in full.
pub fn enter(tenant: &Tenant, allowance: Allowance) -> Result<(), Unfit> {
    alone()?;
    close_files()?;
    become_nobody()?;
    rustix::thread::set_no_new_privs(true).map_err(refused("giving up new privileges"))?;
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(refused("hiding from debuggers"))?;
    forbid_files(tenant)?;
    limit(tenant, allowance)?;
    forbid_calls(tenant)
}

fn refused<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Unfit {
    move |error| Unfit::Refused(what, error.into())
}

/// A thread started before would stay outside the fence; variables would hand secrets in.
fn alone() -> Result<(), Unfit> {
    let threads = std::fs::read_dir("/proc/self/task").map_err(refused("counting threads"))?;
    if threads.count() != 1 {
        return Err(Unfit::Late("other threads ran"));
    }
    match std::env::vars_os().next() {
        Some(_) => Err(Unfit::Late("the environment was not empty")),
        None => Ok(()),
    }
}

/// Closes all but standard input, output and error: a parent may have left others open.
#[allow(unsafe_code)]
fn close_files() -> Result<(), Unfit> {
    // No wrapper that is safe exists: closing a file that somebody still owns breaks that owner. Here nobody does:
    // this is the first thing that the process does, and nothing of ours is open beyond the three.
    match unsafe { libc::close_range(3, libc::c_uint::MAX, 0) } {
        0 => Ok(()),
        _ => Err(Unfit::Refused("closing files", io::Error::last_os_error())),
    }
}

/// Root becomes nobody; any other user stays who they are.
fn become_nobody() -> Result<(), Unfit> {
    if !rustix::process::geteuid().is_root() && !rustix::process::getuid().is_root() {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    rustix::thread::set_thread_groups(&[])
        .and_then(|()| rustix::thread::set_thread_res_gid(group, group, group))
        .and_then(|()| rustix::thread::set_thread_res_uid(user, user, user))
        .map_err(refused("becoming nobody"))
}

/// No file, no TCP, no signal to others; a program and its libraries where it is to be started.
fn forbid_files(tenant: &Tenant) -> Result<(), Unfit> {
    let landlock = |error: &dyn std::fmt::Display| Unfit::Landlock(error.to_string());
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V4))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V4)))
        // What later kernels can forbid besides, where this one can.
        .map(|rules| rules.set_compatibility(CompatLevel::BestEffort))
        .and_then(|rules| rules.handle_access(AccessFs::from_all(ABI::V5)))
        .and_then(|rules| rules.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .map_err(|error| landlock(&error))?;
    let ruleset = match tenant {
        Tenant::Decoder => ruleset,
        Tenant::Program(program) => admit(ruleset, program)?,
    };
    let status = ruleset.restrict_self().map_err(|error| landlock(&error))?;
    match status.ruleset {
        landlock::RulesetStatus::NotEnforced => Err(landlock(&"the kernel ignores it")),
        _ => Ok(()),
    }
}

/// Reading libraries; starting the program and its loader.
fn admit(mut rules: RulesetCreated, program: &Path) -> Result<RulesetCreated, Unfit> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let start = AccessFs::ReadFile | AccessFs::Execute;
    let libraries = LIBRARIES.map(|path| (Path::new(path), read));
    let loaders = LOADERS.map(|path| (Path::new(path), start));
    for (path, access) in libraries.into_iter().chain(loaders).chain([(program, start)]) {
        // Not every system has every path.
        let Ok(opened) = PathFd::new(path) else { continue };
        let file: BitFlags<AccessFs> = AccessFs::from_file(ABI::V4);
        let access = if path.is_dir() { access } else { access & file };
        rules = rules
            .add_rule(PathBeneath::new(opened, access))
            .map_err(|error| Unfit::Landlock(error.to_string()))?;
    }
    Ok(rules)
}

/// Limits that hold for life.
fn limit(tenant: &Tenant, allowance: Allowance) -> Result<(), Unfit> {
    let files = match tenant {
        Tenant::Decoder => 3,
        Tenant::Program(_) => 64,
    };
    let limits = [
        (Resource::As, allowance.memory),
        (Resource::Cpu, allowance.seconds),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, files),
    ];
    for (resource, most) in limits {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(refused("a limit"))?;
    }
    Ok(())
}

fn forbid_calls(tenant: &Tenant) -> Result<(), Unfit> {
    let seccomp = |error: &dyn std::fmt::Display| Unfit::Seccomp(error.to_string());
    let filter = match tenant {
        Tenant::Decoder => filter(decoder_calls()?, SeccompAction::KillProcess),
        // As if the kernel were too old: the C library then takes another way, or gives up.
        Tenant::Program(_) => filter(program_calls()?, SeccompAction::Errno(libc::ENOSYS as u32)),
    };
    let filter = filter.map_err(|error| seccomp(&error))?;
    seccompiler::apply_filter(&filter).map_err(|error| seccomp(&error))
}

type Calls = BTreeMap<i64, Vec<SeccompRule>>;

fn filter(calls: Calls, otherwise: SeccompAction) -> Result<BpfProgram, seccompiler::BackendError> {
    let here = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(calls, otherwise, SeccompAction::Allow, here)?.try_into()
}

/// What decoding needs: the two pipes, memory that is not run, the clock, and to end.
fn decoder_calls() -> Result<Calls, Unfit> {
    let free = [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_futex,
        // An allocator may ask which memory is near.
        libc::SYS_getcpu,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_restart_syscall,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_yield,
        libc::SYS_sigaltstack,
    ];
    let mut calls: Calls = free.into_iter().map(|call| (call, vec![])).collect();
    let no_code = SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64);
    let anonymous = SeccompCmpOp::MaskedEq(libc::MAP_ANONYMOUS as u64);
    let own = u64::from(std::process::id());
    let pairs = [
        (libc::SYS_read, vec![(0, SeccompCmpOp::Eq, 0)]),
        (libc::SYS_write, vec![(0, SeccompCmpOp::Eq, 1)]),
        (libc::SYS_write, vec![(0, SeccompCmpOp::Eq, 2)]),
        (libc::SYS_mprotect, vec![(2, no_code.clone(), 0)]),
        (libc::SYS_mmap, vec![(2, no_code, 0), (3, anonymous, libc::MAP_ANONYMOUS as u64)]),
        // An allocator may give its memory a name, for whoever lists it.
        (libc::SYS_prctl, vec![(0, SeccompCmpOp::Eq, libc::PR_SET_VMA as u64)]),
        // A program in Rust ends itself by a signal when memory is out.
        (libc::SYS_tgkill, vec![(0, SeccompCmpOp::Eq, own)]),
    ];
    for (call, conditions) in pairs {
        calls.entry(call).or_default().push(rule(conditions)?);
    }
    Ok(calls)
}

/// What `ffmpeg` needs besides: to be started, to load libraries and to run threads, not other programs.
fn program_calls() -> Result<Calls, Unfit> {
    let mut calls: Calls = PROGRAM.iter().map(|call| (*call, vec![])).collect();
    let thread = libc::CLONE_THREAD as u64;
    calls.insert(libc::SYS_clone, vec![rule(vec![(0, SeccompCmpOp::MaskedEq(thread), thread)])?]);
    let own = u64::from(std::process::id());
    calls.insert(libc::SYS_tgkill, vec![rule(vec![(0, SeccompCmpOp::Eq, own)])?]);
    let name = libc::PR_SET_NAME as u64;
    calls.insert(libc::SYS_prctl, vec![rule(vec![(0, SeccompCmpOp::Eq, name)])?]);
    Ok(calls)
}

fn rule(conditions: Vec<(u8, SeccompCmpOp, u64)>) -> Result<SeccompRule, Unfit> {
    conditions
        .into_iter()
        .map(|(at, compare, value)| {
            SeccompCondition::new(at, SeccompCmpArgLen::Dword, compare, value)
        })
        .collect::<Result<_, _>>()
        .and_then(SeccompRule::new)
        .map_err(|error| Unfit::Seccomp(error.to_string()))
}

const PROGRAM: &[i64] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_arch_prctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_faccessat,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_statfs,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_write,
    libc::SYS_writev,
];
