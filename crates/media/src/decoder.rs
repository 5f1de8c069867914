//! The decoder that callers hold: a few workers, lent to one job at a time, ended when late and replaced when dead.

use crate::error::MediaError;
use crate::matroska::{self, Frames};
use crate::pipe::{Exchange, prepare};
use crate::sniff::{self, Moving};
use crate::wire::{Answer, Fault, Job, Request, Shape};
use crate::{quicktime, video};
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use writ_signals::{Picture, PictureError, Samples};

/// How long a worker may take to put up its fence, on a machine that is busy.
const START: Duration = Duration::from_secs(60);

/// A worker that has been at work for so long is replaced, so that nothing collects in it.
const LIFE: Duration = Duration::from_secs(300);

/// Where `ffmpeg` is looked for.
const FFMPEG: [&str; 2] = ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"];

/// How decoding is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program that calls [`worker_main`](crate::worker_main).
    pub program: PathBuf,
    /// Its arguments before those that are the worker's: the hidden sub-command.
    pub arguments: Vec<OsString>,
    /// How many files are decoded at once; callers beyond that wait.
    pub workers: usize,
    /// The address space of each worker and of `ffmpeg`, in bytes.
    pub memory: u64,
    /// The program that decodes videos.
    pub ffmpeg: PathBuf,
}

impl Settings {
    /// One worker for each processor, a gibibyte and a half each, `ffmpeg` from where systems keep it.
    pub fn new<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let found = FFMPEG.map(PathBuf::from).into_iter().find(|path| path.is_file());
        Self {
            program: program.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            memory: 3 << 29,
            ffmpeg: found.unwrap_or_else(|| "ffmpeg".into()),
        }
    }
}

/// What one file may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of the file.
    pub bytes: usize,
    /// The most pixels of one picture or frame, checked before anything is allocated for them.
    pub pixels: u64,
    /// The longest time, from when a worker is free; a caller that is shown frames spends of it too.
    pub wall: Duration,
}

impl Default for Limits {
    /// 64 MiB, 100 million pixels, 20 seconds: for pictures. Videos need more of the first and the last.
    fn default() -> Self {
        Self { bytes: 64 << 20, pixels: 100_000_000, wall: Duration::from_secs(20) }
    }
}

/// How much of a JPEG picture is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// All of it, in colour.
    Full,
    /// Its luma only, halved where the shorter side is 820 or more, at a quarter from 2,048 and at an eighth from 4,096:
    /// many times as fast, and good enough for a first look. Other formats are decoded in full.
    Fast,
}

/// An upright picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Still {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The size of the whole picture, of which this may be a smaller image.
    pub whole: (u32, u32),
    /// Bytes a pixel: 1 for grey or luma, 3 for red, green and blue.
    pub channels: u8,
    /// It was decoded at one part in this many a side: 1, 2, 4 or 8. Where it is above 1 and the answer is close,
    /// ask again with [`Scale::Full`].
    pub scale: u8,
    /// The samples, row after row from the top.
    pub samples: Vec<u8>,
}

impl Still {
    /// The picture as the signals take it: a smaller image of it as what it is.
    ///
    /// # Errors
    ///
    /// Where it is larger than they allow.
    pub fn picture(&self) -> Result<Picture<'_>, PictureError> {
        let samples = match self.channels {
            1 => Samples::Grey8(&self.samples),
            _ => Samples::Rgb8(&self.samples),
        };
        Ok(Picture::new(self.width, self.height, samples)?.part_of(self.whole.0, self.whole.1))
    }
}

/// Which frames of a video are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// The first frame in each span of this length; every frame where none.
    pub every: Option<Duration>,
    /// The most frames.
    pub most: u32,
    /// The longest side of a video's frame: larger ones are scaled down. Animated pictures stay as they are.
    pub side: u32,
}

impl Default for Sampling {
    /// One frame a second, at most ten hours of them, at most 1,920 pixels a side.
    fn default() -> Self {
        Self { every: Some(Duration::from_secs(1)), most: 36_000, side: 1920 }
    }
}

/// A frame and when it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// From the video's start.
    pub time: Duration,
    /// The frame.
    pub still: Still,
}

/// Which pages of a document are shown, and how large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheets {
    /// The most pages.
    pub most: u32,
    /// Pixels on a page's longer side, whatever its size on paper.
    pub side: u16,
}

impl Default for Sheets {
    /// 200 pages, 1,024 pixels.
    fn default() -> Self {
        Self { most: 200, side: 1024 }
    }
}

/// A page of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Which, from 1.
    pub number: u32,
    /// The words on it in the order in which they are drawn, one space between each two, at most a mebibyte. What is
    /// only a picture of words is not among them.
    pub words: String,
    /// Its picture; or why it could not be drawn, for people.
    pub picture: Result<Still, String>,
}

/// How much of a video or document was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Frames or pages handed over.
    pub frames: u32,
    /// Whether there were no more: false where the most were reached, the caller stopped, or `ffmpeg` did.
    pub whole: bool,
}

/// Decodes what strangers sent. Shared between threads, each of which waits for its own answer.
#[derive(Debug)]
pub struct Decoder {
    settings: Settings,
    pool: Mutex<Pool>,
    freed: Condvar,
}

/// Guarded by the decoder's lock, held only to take a worker out or to put it back.
#[derive(Debug)]
struct Pool {
    idle: Vec<Worker>,
    busy: usize,
}

impl Decoder {
    /// Starts a first worker, so that a machine that cannot fence one is known at once.
    ///
    /// # Errors
    ///
    /// When the worker cannot be started or fenced.
    pub fn start(settings: Settings) -> Result<Self, MediaError> {
        let first = Worker::start(&settings)?;
        let pool = Mutex::new(Pool { idle: vec![first], busy: 0 });
        Ok(Self { settings, pool, freed: Condvar::new() })
    }

    /// The picture in a file, upright; of an animation, the first.
    ///
    /// # Errors
    ///
    /// When the file is no picture, broken, or beyond the limits; when the decoder had to be ended.
    pub fn still(&self, bytes: &[u8], limits: Limits, scale: Scale) -> Result<Still, MediaError> {
        admit(bytes, &limits)?;
        if sniff::picture(bytes).is_none() {
            return Err(unknown("picture", sniff::moving(bytes)));
        }
        let mut found = None;
        self.pictures(Job::Still(scale), bytes, &limits, |shown| {
            found = shown.picture.ok();
            ControlFlow::Break(())
        })?;
        found.ok_or(MediaError::Answer("no picture"))
    }

    /// Shows the frames of a video or of an animated picture, in order, until `show` breaks off.
    ///
    /// # Errors
    ///
    /// As [`Decoder::still`]. Frames shown before an error are good.
    pub fn frames(
        &self,
        bytes: &[u8],
        limits: Limits,
        sampling: Sampling,
        mut show: impl FnMut(Timed) -> ControlFlow<()>,
    ) -> Result<Seen, MediaError> {
        admit(bytes, &limits)?;
        let mut frames = 0;
        let mut counted = |frame| {
            if frames == sampling.most {
                return ControlFlow::Break(());
            }
            frames += 1;
            show(frame)
        };
        let whole = match sniff::moving(bytes) {
            Moving::Picture => {
                let every = sampling.every.map_or(0, |every| every.as_millis().max(1) as u64);
                let job = Job::Frames { most: sampling.most, every };
                self.pictures(job, bytes, &limits, |shown| {
                    let Shown { time, picture: Ok(still), .. } = shown else {
                        return ControlFlow::Continue(());
                    };
                    counted(Timed { time, still })
                })?
            }
            Moving::Container(name) => self.video(name, bytes, &limits, &sampling, counted)?,
            other => return Err(unknown("video", other)),
        };
        Ok(Seen { frames, whole })
    }

    /// Shows the pages of a document, in order, until `show` breaks off. A page that cannot be drawn is shown with the
    /// reason.
    ///
    /// # Errors
    ///
    /// As [`Decoder::still`]; when the document asks for a password. Pages shown before an error are good.
    pub fn pages(
        &self,
        bytes: &[u8],
        limits: Limits,
        sheets: Sheets,
        mut show: impl FnMut(Page) -> ControlFlow<()>,
    ) -> Result<Seen, MediaError> {
        admit(bytes, &limits)?;
        if !sniff::is_document(bytes) {
            return Err(unknown("document", sniff::moving(bytes)));
        }
        let mut number = 0;
        let job = Job::Pages { most: sheets.most, side: sheets.side };
        let whole = self.pictures(job, bytes, &limits, |Shown { words, picture, .. }| {
            if number == sheets.most {
                return ControlFlow::Break(());
            }
            number += 1;
            show(Page { number, words, picture })
        })?;
        Ok(Seen { frames: number, whole })
    }

    /// What a worker of tests says to a wish.
    #[doc(hidden)]
    pub fn probe(&self, wish: &str, limits: Limits) -> Result<(), MediaError> {
        self.pictures(Job::Probe, wish.as_bytes(), &limits, |_| ControlFlow::Break(())).map(drop)
    }

    /// Has a worker do a job. Whether it came to its end.
    fn pictures(
        &self,
        job: Job,
        bytes: &[u8],
        limits: &Limits,
        mut show: impl FnMut(Shown) -> ControlFlow<()>,
    ) -> Result<bool, MediaError> {
        let mut place = self.place();
        let mut worker = match place.worker.take() {
            Some(worker) => worker,
            None => Worker::start(&self.settings)?,
        };
        let memory = self.settings.memory;
        match worker.work(job, bytes, limits, &mut show) {
            Ok(Done::BrokenOff) => Ok(false),
            Ok(Done::Ready(whole)) => {
                place.worker = Some(worker).filter(|worker| worker.busy < LIFE);
                Ok(whole)
            }
            Err(Failed::Fault(fault)) => {
                // Short of memory it may have ended; otherwise it waits for the next file.
                place.worker = Some(worker).filter(|it| it.busy < LIFE && fault != Fault::Memory);
                Err(explain(fault, limits, memory))
            }
            Err(failed) => Err(failed.explain(worker.process, limits, memory)),
        }
    }

    /// Has `ffmpeg` decode a video. Whether to its end.
    fn video(
        &self,
        container: &str,
        bytes: &[u8],
        limits: &Limits,
        sampling: &Sampling,
        show: impl FnMut(Timed) -> ControlFlow<()>,
    ) -> Result<bool, MediaError> {
        if !self.settings.ffmpeg.is_file() {
            return Err(MediaError::NoFfmpeg(self.settings.ffmpeg.display().to_string()));
        }
        let _place = self.place();
        let mut last = vec![self.settings.ffmpeg.clone().into_os_string()];
        last.extend(video::arguments(container, limits, sampling));
        let seconds = limits.wall.as_secs().saturating_add(2);
        let mut process = Process::start(&self.settings, seconds, last)?;
        let table = if container == "mov" { quicktime::table_first(bytes) } else { None };
        let outgoing = match &table {
            None => vec![bytes],
            // A file's kind comes before its table: `ffmpeg` does without, being told the kind.
            Some((table, place)) => {
                let around = [bytes.get(..place.start), bytes.get(place.end..)];
                [Some(table.as_slice())].into_iter().chain(around).flatten().collect()
            }
        };
        match process.frames(outgoing, limits, show) {
            Ok(Done::BrokenOff) => Ok(false),
            Ok(Done::Ready(some)) => process.finish(some, limits, self.settings.memory),
            Err(failed) => Err(failed.explain(process, limits, self.settings.memory)),
        }
    }

    /// Waits until fewer jobs run than there are workers.
    fn place(&self) -> Place<'_> {
        let most = self.settings.workers.max(1);
        let mut pool = self
            .freed
            .wait_while(self.pool(), |pool| pool.busy >= most)
            .unwrap_or_else(PoisonError::into_inner);
        pool.busy += 1;
        // One that the system ended meanwhile is of no use.
        let alive = |worker: &mut Worker| matches!(worker.process.child.try_wait(), Ok(None));
        let worker = pool.idle.pop().and_then(|mut worker| alive(&mut worker).then_some(worker));
        drop(pool);
        Place { decoder: self, worker }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        // Nothing panics while it holds the lock, and a pool is whole at every moment.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job's right to run, and the worker that goes back when it ends.
struct Place<'a> {
    decoder: &'a Decoder,
    worker: Option<Worker>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut pool = self.decoder.pool();
        pool.busy -= 1;
        pool.idle.extend(self.worker.take());
        drop(pool);
        self.decoder.freed.notify_one();
    }
}

fn admit(bytes: &[u8], limits: &Limits) -> Result<(), MediaError> {
    match bytes.len() {
        0 => Err(MediaError::Empty),
        long if long > limits.bytes => Err(MediaError::TooLong { bytes: long, most: limits.bytes }),
        _ => Ok(()),
    }
}

fn unknown(wanted: &'static str, is: Moving) -> MediaError {
    let found = match is {
        Moving::Playlist => return MediaError::Playlist,
        Moving::Heic => "it is HEIC or AVIF, convert it to JPEG or PNG first",
        Moving::Container(_) => "it is a video",
        Moving::Document => "it is a document, whose pages are drawn one by one",
        _ if wanted == "document" => "send PDF",
        _ if wanted == "picture" => "send JPEG, PNG, GIF, WebP, BMP or TIFF",
        _ => "send MP4, QuickTime, WebM, Matroska, AVI, FLV, Ogg, ASF, MPEG or an animated picture",
    };
    MediaError::Unknown { wanted, found }
}

/// What a worker shows.
struct Shown {
    /// From a video's start.
    time: Duration,
    /// A page's words.
    words: String,
    /// The picture, or why there is none.
    picture: Result<Still, String>,
}

/// How a job ended well.
enum Done {
    /// Everything was said; whether that was all of the file.
    Ready(bool),
    /// The caller had enough.
    BrokenOff,
}

/// How a job failed.
enum Failed {
    /// The worker says why.
    Fault(Fault),
    /// The worker says what it should not.
    Answer(&'static str),
    /// The fence does not stand.
    Unfit(String),
    /// The worker says nothing more, or nothing in time.
    Pipe(io::Error),
}

impl Failed {
    /// An answer that is no picture.
    fn of(answer: Answer) -> Self {
        match answer {
            Answer::Unfit(why) => Self::Unfit(why),
            Answer::Fault(fault) => Self::Fault(fault),
            _ => Self::Answer("nothing that was asked"),
        }
    }

    fn explain(self, process: Process, limits: &Limits, memory: u64) -> MediaError {
        match self {
            Self::Fault(fault) => explain(fault, limits, memory),
            Self::Answer(what) => MediaError::Answer(what),
            Self::Unfit(why) => MediaError::Unfit(why),
            Self::Pipe(error) => process.end(error, limits, memory),
        }
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData => Self::Answer("no such form"),
            _ => Self::Pipe(error),
        }
    }
}

/// A child and its pipes; ended with its owner.
#[derive(Debug)]
struct Process {
    child: Child,
    to: Option<ChildStdin>,
    from: ChildStdout,
}

impl Process {
    fn start(settings: &Settings, seconds: u64, last: Vec<OsString>) -> Result<Self, MediaError> {
        let mut child = Command::new(&settings.program)
            .args(&settings.arguments)
            .args([settings.memory.to_string(), seconds.to_string()])
            .args(last)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
        };
        prepare(&to, &from)?;
        Ok(Self { child, to: Some(to), from })
    }

    fn exchange<'a>(
        &'a mut self,
        outgoing: Vec<&'a [u8]>,
        closing: bool,
        wall: Duration,
    ) -> Exchange<'a> {
        // A wall too far to name is as good as a year.
        let far = Duration::from_secs(31_536_000);
        let until = Instant::now() + wall.min(far);
        Exchange { to: &mut self.to, from: &self.from, outgoing, closing, until }
    }

    /// Reads the frames that `ffmpeg` writes.
    fn frames(
        &mut self,
        outgoing: Vec<&[u8]>,
        limits: &Limits,
        mut show: impl FnMut(Timed) -> ControlFlow<()>,
    ) -> Result<Done, Failed> {
        let exchange = self.exchange(outgoing, true, limits.wall);
        let mut from = BufReader::with_capacity(1 << 16, exchange);
        match from.fill_buf()?.first() {
            None => return Ok(Done::Ready(false)),
            Some(first) if *first == matroska::MAGIC[0] => {}
            Some(_) => return Err(Failed::of(Answer::read(&mut from)?)),
        }
        let mut some = false;
        let mut frames = Frames::of(from, limits.pixels);
        while let Some(frame) = frames.next()? {
            let (width, height, samples) = (frame.width, frame.height, frame.samples);
            let whole = (width, height);
            let still = Still { width, height, whole, channels: 1, scale: 1, samples };
            some = true;
            if show(Timed { time: Duration::from_millis(frame.time), still }).is_break() {
                return Ok(Done::BrokenOff);
            }
        }
        Ok(Done::Ready(some))
    }

    /// How `ffmpeg` ended, having closed its pipe after some frames or none. Whether it read to the end.
    fn finish(mut self, some: bool, limits: &Limits, memory: u64) -> Result<bool, MediaError> {
        // It has closed its output: what it still does, it does within its processor time, or is ended here.
        let until = Instant::now() + Duration::from_secs(1);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        let good = matches!(self.child.try_wait(), Ok(Some(status)) if status.success());
        if some {
            return Ok(good);
        }
        match self.end(io::ErrorKind::UnexpectedEof.into(), limits, memory) {
            MediaError::Answer(_) => {
                Err(MediaError::Malformed("ffmpeg found no frame in it that it can decode".into()))
            }
            other => Err(other),
        }
    }

    /// Ends it and tells what it came to.
    fn end(mut self, error: io::Error, limits: &Limits, memory: u64) -> MediaError {
        if error.kind() == io::ErrorKind::TimedOut {
            return MediaError::TooSlow(limits.wall);
        }
        // One that is ending by itself keeps the status it has.
        let _ = self.child.kill();
        let signal = self.child.wait().ok().and_then(|status| status.signal());
        match signal {
            None => MediaError::Answer("it ended early"),
            Some(libc::SIGKILL) => MediaError::Answer("it closed its pipe"),
            Some(libc::SIGXCPU) => MediaError::TooSlow(limits.wall),
            Some(libc::SIGABRT) => MediaError::Memory { most: memory },
            Some(libc::SIGSYS) => {
                MediaError::Stopped { signal: "SIGSYS, for a forbidden system call,".into() }
            }
            Some(libc::SIGSEGV) => MediaError::Stopped { signal: "SIGSEGV, a crash,".into() },
            Some(other) => MediaError::Stopped { signal: format!("signal {other}") },
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone, or gone now: either way it is waited for, so that the system forgets it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that decodes pictures, one job after another.
#[derive(Debug)]
struct Worker {
    process: Process,
    busy: Duration,
}

impl Worker {
    fn start(settings: &Settings) -> Result<Self, MediaError> {
        let seconds = LIFE.as_secs() * 2;
        let mut process = Process::start(settings, seconds, vec![])?;
        let answer = Answer::read(&mut process.exchange(vec![], false, START));
        let failed = match answer {
            Ok(Answer::Ready) => return Ok(Self { process, busy: Duration::ZERO }),
            Ok(other) => Failed::of(other),
            Err(error) => error.into(),
        };
        let limits = Limits { wall: START, ..Limits::default() };
        Err(failed.explain(process, &limits, settings.memory))
    }

    fn work(
        &mut self,
        job: Job,
        bytes: &[u8],
        limits: &Limits,
        show: &mut impl FnMut(Shown) -> ControlFlow<()>,
    ) -> Result<Done, Failed> {
        let began = Instant::now();
        let head = Request { job, pixels: limits.pixels, bytes: bytes.len() as u64 }.head();
        let mut exchange = self.process.exchange(vec![&head, bytes], false, limits.wall);
        let mut words = String::new();
        let done = loop {
            let (time, picture) = match Answer::read(&mut exchange)? {
                Answer::Picture(shape) => (shape.time, Ok(receive(&mut exchange, &shape, limits)?)),
                Answer::Passed(why) => (0, Err(why)),
                Answer::Words(of_page) => {
                    words = of_page;
                    continue;
                }
                Answer::End(whole) => break Done::Ready(whole),
                other => return Err(Failed::of(other)),
            };
            let (time, words) = (Duration::from_millis(time), std::mem::take(&mut words));
            let shown = show(Shown { time, words, picture });
            if matches!(job, Job::Still(_)) {
                break Done::Ready(true);
            }
            if shown.is_break() {
                break Done::BrokenOff;
            }
        };
        // One that answers before it has read all is out of step with the next file.
        let done = if exchange.outgoing.iter().any(|part| !part.is_empty()) {
            Done::BrokenOff
        } else {
            done
        };
        self.busy += began.elapsed();
        Ok(done)
    }
}

/// The pixels after a shape, which is believed only within the caller's limits.
fn receive(from: &mut impl Read, shape: &Shape, limits: &Limits) -> Result<Still, Failed> {
    let Shape { width, height, whole, channels, scale, .. } = *shape;
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > limits.pixels || ![1, 3].contains(&channels) {
        return Err(Failed::Answer("no such size"));
    }
    let step = u32::from(scale);
    let sides = [whole.0.div_ceil(step.max(1)), whole.1.div_ceil(step.max(1))];
    if ![1, 2, 4, 8].contains(&scale) || sides != [width, height] {
        return Err(Failed::Answer("no such scale"));
    }
    let mut samples = vec![0; usize::try_from(shape.bytes()).map_err(io::Error::other)?];
    from.read_exact(&mut samples)?;
    Ok(Still { width, height, whole, channels, scale, samples })
}

fn explain(fault: Fault, limits: &Limits, memory: u64) -> MediaError {
    match fault {
        Fault::TooLarge(width, height) => {
            MediaError::TooLarge { width, height, most: limits.pixels }
        }
        Fault::Unknown => unknown("picture", Moving::Unknown),
        Fault::Locked => MediaError::Locked,
        Fault::Memory => MediaError::Memory { most: memory },
        Fault::Malformed(why) => MediaError::Malformed(why),
    }
}
