//! The worker: the fenced process that decodes one file after another until its pipe is closed.

use crate::document::{self, Drawn};
use crate::sandbox::{self, Allowance, Tenant};
use crate::still::{self, Pixels};
use crate::wire::{Answer, Fault, Job, Request};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The mode of a program in which [`Decoder`](crate::Decoder) starts it: call this first in `main`, before any thread,
/// with the arguments after the hidden sub-command.
///
/// Fences this process, says so on standard output, then decodes what comes on standard input until that is closed.
/// For a video it becomes the `ffmpeg` program instead.
pub fn worker_main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    worker_main_with(arguments, |_| Vec::new())
}

/// As [`worker_main`], with something for tests to try from inside the fence: it is handed the bytes of a probe and
/// its answer is sent back.
#[doc(hidden)]
pub fn worker_main_with(
    arguments: impl IntoIterator<Item = OsString>,
    probe: impl Fn(&[u8]) -> Vec<u8>,
) -> ExitCode {
    // A panic is answered for below; its message would name what a stranger sent.
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = match Orders::read(arguments.into_iter()) {
        Some(orders) => orders.follow(probe),
        None => Err("the worker was started with arguments that it does not know".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = Answer::Unfit(why).write(&mut Out);
            ExitCode::FAILURE
        }
    }
}

/// What the arguments ask for: memory, seconds, and the program to become with its arguments.
struct Orders {
    allowance: Allowance,
    become_program: Option<(PathBuf, Vec<OsString>)>,
}

impl Orders {
    fn read(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut number = || arguments.next()?.to_str()?.parse::<u64>().ok();
        let allowance = Allowance { memory: number()?, seconds: number()? };
        let program = arguments.next().map(PathBuf::from);
        Some(Self { allowance, become_program: program.map(|it| (it, arguments.collect())) })
    }

    fn follow(self, probe: impl Fn(&[u8]) -> Vec<u8>) -> Result<(), String> {
        match self.become_program {
            None => {
                sandbox::enter(&Tenant::Decoder, self.allowance).map_err(|why| why.to_string())?;
                // The pipe's other end may be gone: then there is nobody to tell.
                let _ = serve(probe);
                Ok(())
            }
            Some((program, arguments)) => {
                let tenant = Tenant::Program(program.clone());
                sandbox::enter(&tenant, self.allowance).map_err(|why| why.to_string())?;
                let why = Command::new(&program).args(arguments).exec();
                Err(format!("`{}` could not be started: {why}", program.display()))
            }
        }
    }
}

/// Answers requests until the pipe is closed.
fn serve(probe: impl Fn(&[u8]) -> Vec<u8>) -> io::Result<()> {
    Answer::Ready.write(&mut Out)?;
    let mut from = io::stdin().lock();
    while let Some(request) = Request::read(&mut from)? {
        let mut bytes = Vec::new();
        let length = usize::try_from(request.bytes).unwrap_or(usize::MAX);
        if bytes.try_reserve_exact(length).is_err() {
            // The bytes cannot be skipped in bounded time: end, and be replaced.
            return Answer::Fault(Fault::Memory).write(&mut Out);
        }
        (&mut from).take(request.bytes).read_to_end(&mut bytes)?;
        match answer(&request, bytes, &probe) {
            Ok(()) => {}
            Err(Stop::Fault(fault)) => Answer::Fault(fault).write(&mut Out)?,
            Err(Stop::Pipe(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Why a job ended early.
enum Stop {
    Fault(Fault),
    Pipe(io::Error),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn answer(request: &Request, bytes: Vec<u8>, probe: impl Fn(&[u8]) -> Vec<u8>) -> Result<(), Stop> {
    let decoded = catch_unwind(AssertUnwindSafe(|| match request.job {
        Job::Still(scale) => still::decode(&bytes, request.pixels, scale)
            .map_err(Stop::Fault)
            .and_then(|pixels| send(&pixels)),
        Job::Frames { most, every } => {
            let whole = still::animate(&bytes, request.pixels, (most, every), |it| send(&it))?;
            Answer::End(whole).write(&mut Out).map_err(Stop::Pipe)
        }
        Job::Pages { most, side } => {
            let whole = document::pages(bytes, (most, side), |it| show(&it))?;
            Answer::End(whole).write(&mut Out).map_err(Stop::Pipe)
        }
        Job::Probe => {
            let said = String::from_utf8_lossy(&probe(&bytes)).into_owned();
            Err(Stop::Fault(Fault::Malformed(said)))
        }
    }));
    decoded.unwrap_or_else(|_| Err(Stop::Fault(Fault::Malformed("it confused the decoder".into()))))
}

fn send(pixels: &Pixels) -> Result<(), Stop> {
    let sent = Answer::Picture(pixels.shape).write(&mut Out);
    sent.and_then(|()| Out.write_all(&pixels.samples)).map_err(Stop::Pipe)
}

fn show(page: &Drawn) -> Result<(), Stop> {
    Answer::Words(page.words.clone()).write(&mut Out).map_err(Stop::Pipe)?;
    match &page.picture {
        Ok(pixels) => send(pixels),
        Err(why) => Answer::Passed(why.clone()).write(&mut Out).map_err(Stop::Pipe),
    }
}

/// Standard output without a buffer: the fence allows plain writes to it and nothing else.
struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(rustix::stdio::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
