//! Videos by the `ffmpeg` program, behind the fence: a pipe in, raw grey frames on a pipe out.
//!
//! The program is told which container to read, so that nothing in the bytes chooses a playlist reader, and may use
//! no protocol but the pipe. It decodes one thread's worth at a time and the larger side of frames is bounded.

use crate::decoder::{Limits, Sampling};
use std::ffi::OsString;

/// The arguments of `ffmpeg` for a video of this container.
pub fn arguments(container: &str, limits: &Limits, sampling: &Sampling) -> Vec<OsString> {
    let (side, pixels) = (sampling.side.max(16), limits.pixels);
    let size = |this: &str| format!("max(1,round({this}*min(1,{side}/max(iw,ih))))");
    let (width, height) = (size("iw"), size("ih"));
    let scale = format!("scale=w='{width}':h='{height}':flags=area+accurate_rnd,format=gray");
    let filter = match sampling.every {
        None => scale,
        Some(every) => {
            let every = every.as_secs_f64().max(0.001);
            // A thousandth of a span makes up for times that are no whole binary fractions.
            let slot = |time: &str| format!("floor({time}/{every}+0.001)");
            let (now, last) = (slot("t"), slot("prev_selected_t"));
            format!("select='isnan(t)+isnan(prev_selected_t)+gt({now},{last})',{scale}")
        }
    };
    let frames = sampling.most.saturating_add(1);
    let quiet = "-nostdin -hide_banner -loglevel quiet -filter_threads 1";
    // One container, one protocol, one thread, no frame larger than allowed.
    let input = format!(
        "-threads 1 -protocol_whitelist pipe -max_pixels {pixels} -f {container} -i pipe:0"
    );
    // The first stream that is a video and no cover, without names and titles.
    let stream = format!("-map 0:V:0 -map_metadata -1 -map_chapters -1 -vf {filter}");
    // Bit-exact, since the container's random names would cost a fifth of a second of spinning: the fence has no
    // /dev/urandom to draw them from.
    let output = format!(
        "-fps_mode passthrough -frames:v {frames} -fflags +bitexact -c:v rawvideo -threads 1 -flush_packets 1 \
         -cluster_time_limit 0 -f matroska pipe:1"
    );
    // No word has a space within.
    let parts = [quiet, &input, &stream, &output];
    parts.iter().flat_map(|part| part.split(' ')).map(OsString::from).collect()
}
