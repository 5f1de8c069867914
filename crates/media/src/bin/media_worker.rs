//! A worker for tests and measurements: besides decoding, it tries what the fence must stop.

use std::io::Write;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "-nostdin") {
        return in_place_of_ffmpeg();
    }
    writ_media::worker_main_with(arguments, |wish| attempt(wish).into_bytes())
}

/// Started as if it were `ffmpeg`, it tries everything and says so in the form in which a fence that does not stand
/// is reported.
fn in_place_of_ffmpeg() -> ExitCode {
    let said: Vec<_> = WISHES.iter().map(|wish| attempt(wish)).collect();
    let said =
        said.iter().map(|it| if it == "done" { "done" } else { "refused" }).collect::<Vec<_>>();
    let text = said.join(", ");
    let answer = [&[1, text.len() as u8, 0], text.as_bytes()].concat();
    match std::io::stdout().write_all(&answer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

const WISHES: [&[u8]; 7] = [
    b"read a file",
    b"write a file",
    b"connect",
    b"send a datagram",
    b"start a program",
    b"signal another",
    b"listen nearby",
];

/// Tries what is wished for and says what came of it.
fn attempt(wish: &[u8]) -> String {
    let outcome = match wish {
        b"read a file" => std::fs::read("/etc/passwd").map(drop),
        b"write a file" => std::fs::write("/tmp/writ-media-escaped", "x"),
        b"connect" => std::net::TcpStream::connect("127.0.0.1:9").map(drop),
        b"send a datagram" => std::net::UdpSocket::bind("127.0.0.1:0").map(drop),
        b"start a program" => Command::new("/bin/true").status().map(drop),
        b"start a thread" => std::thread::Builder::new().spawn(|| ()).map(drop),
        b"signal another" => rustix::process::getppid().map_or(Ok(()), |parent| {
            rustix::process::test_kill_process(parent).map_err(Into::into)
        }),
        b"listen nearby" => std::os::unix::net::UnixDatagram::unbound().map(drop),
        b"look at a file" => std::fs::metadata("/").map(drop),
        b"spin" => loop {
            std::hint::spin_loop();
        },
        b"take memory" => return vec![1u8; 1 << 40].len().to_string(),
        b"panic" => panic!("as wished"),
        b"end" => std::process::exit(0),
        b"environment" => return format!("{} variables", std::env::vars_os().count()),
        _ => return "nothing".into(),
    };
    match outcome {
        Ok(()) => "done".into(),
        Err(error) => error.to_string(),
    }
}
