//! The segments of a JPEG file before and between its scans.

use super::huffman::Table;
use image::metadata::Orientation;

/// A colour component.
#[derive(Debug, Clone, Copy)]
pub struct Component {
    /// Its name in scans.
    pub id: u8,
    /// Blocks across and down in one unit of an interleaved scan.
    pub sampling: (u32, u32),
    /// Its quantisation table.
    pub steps: u8,
}

/// What the frame header says.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Whether scans refine each other.
    pub progressive: bool,
    /// One or three; the first is luma at full resolution.
    pub components: Vec<Component>,
}

/// One component in a scan.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Its place in the frame.
    pub component: usize,
    /// Its DC table.
    pub dc: usize,
    /// Its AC table.
    pub ac: usize,
}

/// What a scan header says.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The components in it.
    pub parts: Vec<Part>,
    /// The first and last coefficient, in zigzag order.
    pub band: (u32, u32),
    /// The bits given before (0 where it is the first scan of the band), and the lowest bit given.
    pub bits: (u32, u32),
}

/// All that has been said so far.
pub struct Header {
    /// The frame, once it was named.
    pub frame: Option<Frame>,
    /// How to turn the picture.
    pub orientation: Orientation,
    /// Quantisation steps in zigzag order.
    pub steps: [Option<[u16; 64]>; 4],
    /// DC tables.
    pub dc: [Option<Table>; 4],
    /// AC tables.
    pub ac: [Option<Table>; 4],
    /// Units between restart markers; 0 where there are none.
    pub restart: u32,
    jfif: bool,
    adobe: Option<u8>,
}

impl Header {
    /// Reads up to the first scan; where its header lies.
    pub fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut header = Self {
            frame: None,
            orientation: Orientation::NoTransforms,
            steps: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart: 0,
            jfif: false,
            adobe: None,
        };
        let at = header.advance(bytes, 2)?;
        let colours = header.frame.as_ref()?.components.len();
        (colours == 1 || header.has_luma()).then_some((header, at?))
    }

    /// Takes in the segments from here to the next scan, whose header's place it gives, or to the end (none).
    pub fn advance(&mut self, bytes: &[u8], at: usize) -> Option<Option<usize>> {
        segments(bytes, at, |kind, body| self.segment(kind, body))
    }

    /// Takes in a segment; none where it is of a kind not read here.
    fn segment(&mut self, kind: u8, body: &[u8]) -> Option<()> {
        match kind {
            0xc0..=0xc2 => {
                self.frame = Some(frame(body, kind == 0xc2).filter(|_| self.frame.is_none())?)
            }
            0xc4 => self.tables(body)?,
            0xdb => self.quantisation(body)?,
            0xdd => self.restart = u16::from_be_bytes(*body.first_chunk()?).into(),
            0xe0 if body.starts_with(b"JFIF\0") => self.jfif = true,
            0xe1 => {
                if let Some(exif) = body.strip_prefix(b"Exif\0\0") {
                    self.orientation =
                        Orientation::from_exif_chunk(exif).unwrap_or(self.orientation);
                }
            }
            0xee if body.starts_with(b"Adobe") => self.adobe = body.get(11).copied(),
            0xe0..=0xef | 0xfe => {}
            _ => return None,
        }
        Some(())
    }

    /// Whether three components are luma and chroma, not red, green and blue.
    fn has_luma(&self) -> bool {
        let ids = self.frame.iter().flat_map(|frame| &frame.components).map(|part| part.id);
        match self.adobe {
            Some(transform) => transform == 1,
            None => self.jfif || !ids.eq(*b"RGB"),
        }
    }

    fn tables(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((head, rest)) = body.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let (values, rest) = rest.split_at_checked(total)?;
            let kind = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *kind.get_mut(usize::from(head & 15))? = Some(Table::new(counts, values)?);
            body = rest;
        }
        Some(())
    }

    fn quantisation(&mut self, mut body: &[u8]) -> Option<()> {
        while let Some((head, rest)) = body.split_first() {
            let wide = head >> 4 != 0;
            let (values, rest) = rest.split_at_checked(if wide { 128 } else { 64 })?;
            let mut steps = [0; 64];
            for (at, step) in steps.iter_mut().enumerate() {
                *step = match wide {
                    true => u16::from_be_bytes(*values.get(2 * at..)?.first_chunk()?),
                    false => (*values.get(at)?).into(),
                };
            }
            *self.steps.get_mut(usize::from(head & 15))? = Some(steps);
            body = rest;
        }
        Some(())
    }

    /// Reads a scan's header; it, and where its data begin.
    pub fn scan(&self, bytes: &[u8], at: usize) -> Option<(Scan, usize)> {
        let length = usize::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
        let (count, body) = bytes.get(at + 2..at + length)?.split_first()?;
        let frame = self.frame.as_ref()?;
        let mut parts = Vec::new();
        let (pairs, rest) = body.split_at_checked(2 * usize::from(*count))?;
        for [id, tables] in pairs.as_chunks().0 {
            let component = frame.components.iter().position(|component| component.id == *id)?;
            parts.push(Part { component, dc: (tables >> 4).into(), ac: (tables & 15).into() });
        }
        let [first, last, bits] = *rest.first_chunk()?;
        let (band, bits) = match frame.progressive {
            true => ((first.into(), last.into()), ((bits >> 4).into(), (bits & 15).into())),
            false => ((0, 63), (0, 0)),
        };
        let alone = band.0 == 0 || parts.len() == 1;
        let whole =
            (1..=3).contains(&parts.len()) && band.0 <= band.1 && band.1 < 64 && bits.1 < 14;
        let kept = frame.progressive && band.0 == 0 && band.1 != 0;
        (alone && whole && !kept).then_some((Scan { parts, band, bits }, at + length))
    }
}

/// Shows the segments from here to the next scan, whose header's place it gives, or to the end (none).
pub fn segments(
    bytes: &[u8],
    mut at: usize,
    mut show: impl FnMut(u8, &[u8]) -> Option<()>,
) -> Option<Option<usize>> {
    loop {
        let marker = *bytes.get(at..)?.first_chunk::<2>()?;
        at += 2;
        match marker {
            [0xff, 0xff] => at -= 1,
            [0xff, 0xd9] => return Some(None),
            [0xff, 0xda] => return Some(Some(at)),
            [0xff, kind @ 0xc0..=0xfe] => {
                let length = usize::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
                show(kind, bytes.get(at + 2..at.checked_add(length)?)?)?;
                at += length;
            }
            _ => return None,
        }
    }
}

/// A frame header; none where luma is not at full resolution, or a sample is not 8 bits.
fn frame(body: &[u8], progressive: bool) -> Option<Frame> {
    let [bits, h0, h1, w0, w1, count] = *body.first_chunk()?;
    let (height, width) =
        (u16::from_be_bytes([h0, h1]).into(), u16::from_be_bytes([w0, w1]).into());
    let mut components = Vec::new();
    for [id, sampling, steps] in body.get(6..)?.as_chunks().0.iter().take(count.into()) {
        let sampling = (u32::from(sampling >> 4), u32::from(sampling & 15));
        components.push(Component { id: *id, sampling, steps: *steps });
    }
    let full = components.first()?.sampling;
    let fits = |(across, down): (u32, u32)| {
        (1..=4).contains(&across) && (1..=4).contains(&down) && across <= full.0 && down <= full.1
    };
    let known = bits == 8 && width > 0 && height > 0 && [1, 3].contains(&count);
    let known = known && components.len() == usize::from(count);
    let known = known && components.iter().all(|component| fits(component.sampling));
    known.then_some(Frame { width, height, progressive, components })
}
