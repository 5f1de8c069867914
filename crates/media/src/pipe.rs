//! The parent's end of a child's two pipes: writes what the child is to read while it reads what the child answers,
//! and gives up at a given time.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::{ChildStdin, ChildStdout};
use std::time::Instant;

/// As much as a pipe may hold, where the system allows it: fewer changes between the two processes.
const ROOM: usize = 1 << 20;

/// Sets both pipes up for [`Exchange`].
pub fn prepare(to: &ChildStdin, from: &ChildStdout) -> io::Result<()> {
    rustix::io::ioctl_fionbio(to, true)?;
    // Refused where the user has many pipes already: then the usual 64 KiB.
    let _ = rustix::pipe::fcntl_setpipe_size(to, ROOM);
    let _ = rustix::pipe::fcntl_setpipe_size(from, ROOM);
    Ok(())
}

/// One exchange. Reading from it drives both directions.
pub struct Exchange<'a> {
    /// The child's standard input; closed once all is written where `closing`.
    pub to: &'a mut Option<ChildStdin>,
    /// The child's standard output.
    pub from: &'a ChildStdout,
    /// What the child is still to read, in order.
    pub outgoing: Vec<&'a [u8]>,
    /// Whether the end of what is written is the end of the pipe.
    pub closing: bool,
    /// When to give up.
    pub until: Instant,
}

impl Read for Exchange<'_> {
    /// As a pipe's, but [`io::ErrorKind::TimedOut`] once the time is over.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let (readable, writable) = self.wait()?;
            if readable {
                match rustix::io::read(self.from, &mut *into) {
                    Err(Errno::INTR | Errno::AGAIN) => {}
                    result => return Ok(result?),
                }
            }
            if writable {
                self.write_some()?;
            }
        }
    }
}

impl Exchange<'_> {
    /// Waits until a pipe is ready.
    fn wait(&mut self) -> io::Result<(bool, bool)> {
        self.outgoing.retain(|part| !part.is_empty());
        if self.closing && self.outgoing.is_empty() {
            *self.to = None;
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut both = vec![PollFd::from_borrowed_fd(self.from.as_fd(), PollFlags::IN)];
        if let Some(to) = self.to.as_ref().filter(|_| !self.outgoing.is_empty()) {
            both.push(PollFd::from_borrowed_fd(to.as_fd(), PollFlags::OUT));
        }
        match poll(&mut both, Some(&left)) {
            Err(Errno::INTR) => return Ok((false, false)),
            other => other?,
        };
        let ready = |at: usize| both.get(at).is_some_and(|fd| !fd.revents().is_empty());
        Ok((ready(0), ready(1)))
    }

    /// Writes what goes in now. A child that reads no more is not an error: it may have answered already.
    fn write_some(&mut self) -> io::Result<()> {
        let (Some(to), Some(part)) = (self.to.as_ref(), self.outgoing.first_mut()) else {
            return Ok(());
        };
        match rustix::io::write(to, part) {
            Ok(written) => *part = part.get(written..).unwrap_or_default(),
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(Errno::PIPE) => self.outgoing.clear(),
            Err(other) => return Err(other.into()),
        }
        Ok(())
    }
}
