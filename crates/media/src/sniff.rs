//! What bytes are, by how they begin: names and claimed types are never believed.

use image::ImageFormat;

/// A picture's format, where it is one that is decoded here.
pub fn picture(bytes: &[u8]) -> Option<ImageFormat> {
    PICTURES.iter().find(|(magic, _)| matches(magic, bytes)).map(|(_, format)| *format)
}

/// What a file that is to be a video is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moving {
    /// A container, under the name by which `ffmpeg` is told to read it as nothing else.
    Container(&'static str),
    /// A format of pictures, some of which move.
    Picture,
    /// A list of other files.
    Playlist,
    /// A still picture in a video's container, which is not decoded.
    Heic,
    /// A document of pages: PDF.
    Document,
    /// None of these.
    Unknown,
}

/// What a file that is to be a video is.
pub fn moving(bytes: &[u8]) -> Moving {
    if picture(bytes).is_some() {
        return Moving::Picture;
    }
    if HEIC.iter().any(|magic| matches(magic, bytes)) {
        return Moving::Heic;
    }
    match CONTAINERS.iter().find(|(magic, _)| matches(magic, bytes)) {
        Some((_, demuxer)) => Moving::Container(demuxer),
        None if is_pdf(bytes) => Moving::Document,
        None if is_playlist(bytes) => Moving::Playlist,
        None => Moving::Unknown,
    }
}

/// Whether the file is a document of pages (PDF), which [`Decoder::pages`](crate::Decoder::pages) draws.
pub fn is_document(bytes: &[u8]) -> bool {
    moving(bytes) == Moving::Document
}

/// Bytes at places; `.` stands for any byte.
type Magic = &'static [(usize, &'static [u8])];

fn matches(magic: Magic, bytes: &[u8]) -> bool {
    magic.iter().all(|(at, part)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(part)))
}

const PICTURES: &[(Magic, ImageFormat)] = &[
    (&[(0, b"\xff\xd8\xff")], ImageFormat::Jpeg),
    (&[(0, b"\x89PNG\r\n\x1a\n")], ImageFormat::Png),
    (&[(0, b"GIF87a")], ImageFormat::Gif),
    (&[(0, b"GIF89a")], ImageFormat::Gif),
    (&[(0, b"RIFF"), (8, b"WEBP")], ImageFormat::WebP),
    (&[(0, b"BM"), (15, b"\0\0")], ImageFormat::Bmp),
    (&[(0, b"II*\0")], ImageFormat::Tiff),
    (&[(0, b"MM\0*")], ImageFormat::Tiff),
    (&[(0, b"II+\0")], ImageFormat::Tiff),
    (&[(0, b"MM\0+")], ImageFormat::Tiff),
];

const HEIC: &[Magic] = &[
    &[(4, b"ftyphei")],
    &[(4, b"ftyphev")],
    &[(4, b"ftypmif1")],
    &[(4, b"ftypmsf1")],
    &[(4, b"ftypavif")],
    &[(4, b"ftypavis")],
];

const CONTAINERS: &[(Magic, &str)] = &[
    (&[(4, b"ftyp")], "mov"),
    (&[(4, b"moov")], "mov"),
    (&[(4, b"mdat")], "mov"),
    (&[(4, b"free")], "mov"),
    (&[(4, b"skip")], "mov"),
    (&[(4, b"wide")], "mov"),
    (&[(4, b"pnot")], "mov"),
    (&[(0, b"\x1a\x45\xdf\xa3")], "matroska"),
    (&[(0, b"RIFF"), (8, b"AVI ")], "avi"),
    (&[(0, b"FLV\x01")], "flv"),
    (&[(0, b"OggS")], "ogg"),
    (&[(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")], "asf"),
    (&[(0, b"\0\0\x01\xba")], "mpeg"),
    (&[(0, b"\0\0\x01\xb3")], "mpegvideo"),
    (&[(0, b"G"), (188, b"G"), (376, b"G")], "mpegts"),
    (&[(4, b"G"), (196, b"G"), (388, b"G")], "mpegts"),
];

/// How lists of other files begin: HLS, concat, DASH and SMIL, PLS, RealMedia, SDP, ASX.
const PLAYLISTS: &[&[u8]] = &[
    b"#extm3u",
    b"ffconcat",
    b"file ",
    b"<?xml",
    b"<mpd",
    b"<smil",
    b"[playlist]",
    b"[reference]",
    b"rtsp",
    b"v=0",
    b"<asx",
    b"http://",
    b"https://",
];

/// Readers look for the mark in the first kilobyte: what stands before it is passed over.
fn is_pdf(bytes: &[u8]) -> bool {
    bytes.iter().take(1024).enumerate().any(|(at, _)| {
        let here = bytes.get(at..).unwrap_or_default();
        [b"%PDF-1.", b"%PDF-2."].iter().any(|mark| here.starts_with(*mark))
    })
}

fn is_playlist(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let lower = text.iter().take(16).map(u8::to_ascii_lowercase).collect::<Vec<_>>();
    PLAYLISTS.iter().any(|start| lower.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playlists_are_seen_in_any_dress() {
        let lists = ["#EXTM3U\nx.ts", "\u{feff}  #extm3u", "ffconcat version 1.0", "<?xml ?><MPD>"];
        for list in lists {
            assert_eq!(moving(list.as_bytes()), Moving::Playlist, "{list}");
        }
    }

    #[test]
    fn containers_are_known_by_their_first_bytes() {
        assert_eq!(moving(b"\0\0\0\x20ftypisom"), Moving::Container("mov"));
        assert_eq!(moving(b"\0\0\0\x20ftypheic"), Moving::Heic);
        assert_eq!(moving(b"GIF89a"), Moving::Picture);
        assert_eq!(moving(b"\n\n%PDF-1.7\n"), Moving::Document);
        assert!(!is_document(b"\xff\xd8\xff%PDF-1.7") && !is_document(b"a %PDF- is a document"));
        assert_eq!(moving(b"hello"), Moving::Unknown);
        assert_eq!(moving(b""), Moving::Unknown);
        assert_eq!(picture(b"RIFF\0\0\0\0WEBPVP8 "), Some(ImageFormat::WebP));
    }
}
