//! The scans of a JPEG file: from bits to the blocks of its luma.

use super::header::{Frame, Header, Part, Scan};
use super::huffman::{Bits, Step, Table};
use super::idct::{self, Block};

/// The most scans of one file: real ones have about ten, and each costs a walk over all blocks.
const MAX_SCANS: usize = 64;

/// Where the coefficient at each place of the zigzag lies: row and column.
const ZIGZAG: [(u8, u8); 64] = zigzag();

// Worked out while compiling: a wrong index would not compile.
#[allow(clippy::indexing_slicing)]
const fn zigzag() -> [(u8, u8); 64] {
    let mut order = [(0, 0); 64];
    let (mut at, mut diagonal) = (0, 0u8);
    while diagonal < 15 {
        let mut step = 0;
        while step <= diagonal {
            // Even diagonals run upwards.
            let row = if diagonal % 2 == 0 { diagonal - step } else { step };
            let column = diagonal - row;
            if row < 8 && column < 8 {
                order[at] = (row, column);
                at += 1;
            }
            step += 1;
        }
        diagonal += 1;
    }
    order
}

/// So many across and down.
type Size = (u32, u32);

/// Pixels of whole blocks.
pub struct Plane {
    samples: Vec<u8>,
    stride: usize,
}

impl Plane {
    /// The upper left part of this size.
    pub fn cropped(mut self, width: u32, height: u32) -> Option<Vec<u8>> {
        let (width, height) = (width as usize, height as usize);
        for row in 1..height {
            let from = row * self.stride;
            if from + width > self.samples.len() {
                return None;
            }
            self.samples.copy_within(from..from + width, row * width);
        }
        self.samples.truncate(width * height);
        (self.samples.len() == width * height).then_some(self.samples)
    }
}

/// Decodes the luma at one part in `scale` a side, from the first scan's header on.
pub fn decode(mut header: Header, bytes: &[u8], mut at: usize, scale: u32) -> Option<Plane> {
    let frame = header.frame.clone()?;
    let mut luma = Luma::new(&frame, 8 / scale)?;
    for _ in 0..MAX_SCANS {
        let (scan, data) = header.scan(bytes, at)?;
        let matters = scan.parts.iter().any(|part| part.component == 0) && scan.band.0 <= luma.last;
        if matters {
            luma.steps =
                header.steps.get(usize::from(frame.components.first()?.steps))?.or(luma.steps);
            luma.scan(&frame, &header, &scan, &mut Bits::new(bytes, data))?;
            if !frame.progressive {
                return Some(luma.plane);
            }
        }
        match header.advance(bytes, next_marker(bytes, data)?)? {
            Some(next) => at = next,
            None => return luma.finish(),
        }
    }
    None
}

/// Where the data of a scan end: at the first marker that is neither a stuffed byte nor a restart.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match bytes.get(at + 1)? {
            0 | 0xd0..=0xd7 => at += 2,
            _ => return Some(at),
        }
    }
}

/// The luma while it is being decoded.
struct Luma {
    plane: Plane,
    /// Pixels of a block's side.
    side: usize,
    /// The last coefficient in the zigzag that matters at this size.
    last: u32,
    /// Blocks across and down, of whole units.
    blocks: Size,
    /// All coefficients, 64 a block, where scans refine each other.
    kept: Vec<i16>,
    steps: Option<[u16; 64]>,
}

impl Luma {
    fn new(frame: &Frame, side: u32) -> Option<Self> {
        let (across, down) = frame.components.first()?.sampling;
        let whole = |pixels: u32, step: u32| pixels.div_ceil(8 * step) * step;
        let blocks = (whole(frame.width, across), whole(frame.height, down));
        let count = blocks.0 as usize * blocks.1 as usize;
        let stride = (blocks.0 * side) as usize;
        let within = |place: &(u8, u8)| u32::from(place.0.max(place.1)) < side;
        let last = ZIGZAG.iter().rposition(within)? as u32;
        let kept = if frame.progressive { vec![0; 64 * count] } else { vec![] };
        let samples = vec![0; count * (side * side) as usize];
        let plane = Plane { samples, stride };
        Some(Self { plane, side: side as usize, last, blocks, kept, steps: None })
    }

    /// Walks over the blocks of a scan.
    fn scan(
        &mut self,
        frame: &Frame,
        header: &Header,
        scan: &Scan,
        bits: &mut Bits<'_>,
    ) -> Option<()> {
        let (units, parts) = self.layout(frame, scan)?;
        let multipliers = self.multipliers();
        let mut coder = Coder { header, scan, bits, before: [0; 4], ends: 0 };
        let mut until_restart = header.restart;
        for row in 0..units.1 {
            for column in 0..units.0 {
                if header.restart > 0 {
                    if until_restart == 0 {
                        coder.restart()?;
                        until_restart = header.restart;
                    }
                    until_restart -= 1;
                }
                for (part, (across, down)) in &parts {
                    for place in 0..across * down {
                        let at = (column * across + place % across, row * down + place / across);
                        self.block(frame, &mut coder, part, at, &multipliers)?;
                    }
                }
            }
            if coder.bits.overran() {
                return None;
            }
        }
        Some(())
    }

    /// How many units a scan has, and how many blocks of each component are in one: in a scan of one component, as
    /// many as hold its pixels, one by one.
    fn layout(&self, frame: &Frame, scan: &Scan) -> Option<(Size, Vec<(Part, Size)>)> {
        let full = frame.components.first()?.sampling;
        if let [part] = scan.parts.as_slice() {
            return Some((
                (frame.width.div_ceil(8), frame.height.div_ceil(8)),
                vec![(*part, (1, 1))],
            ));
        }
        let sampled = |part: &Part| Some((*part, frame.components.get(part.component)?.sampling));
        let parts = scan.parts.iter().map(sampled).collect::<Option<_>>()?;
        Some(((self.blocks.0 / full.0, self.blocks.1 / full.1), parts))
    }

    /// By what each coefficient is multiplied, in zigzag order.
    fn multipliers(&self) -> [f32; 64] {
        let mut multipliers = [0.0; 64];
        let steps = self.steps.unwrap_or([0; 64]);
        for ((to, step), (row, column)) in multipliers.iter_mut().zip(steps).zip(ZIGZAG) {
            *to = f32::from(step) * idct::factor(self.side, row.into(), column.into());
        }
        multipliers
    }

    /// Decodes one block, or passes over it where it is chroma.
    fn block(
        &mut self,
        frame: &Frame,
        coder: &mut Coder<'_, '_>,
        part: &Part,
        (across, down): (u32, u32),
        multipliers: &[f32; 64],
    ) -> Option<()> {
        match (frame.progressive, part.component) {
            (false, 0) => {
                let mut block = [[0.0; 8]; 8];
                coder.sequential(part, self.last, multipliers, &mut block)?;
                self.draw(&block, across, down)
            }
            (false, _) => coder.passed(part),
            (true, 0) => {
                let at = 64 * (down * self.blocks.0 + across) as usize;
                coder.progressive(part, self.kept.get_mut(at..)?.first_chunk_mut()?)
            }
            (true, _) => coder.progressive(part, &mut [0; 64]),
        }
    }

    fn draw(&mut self, block: &Block, across: u32, down: u32) -> Option<()> {
        let (across, down) = (across as usize * self.side, down as usize * self.side);
        let into = self.plane.samples.get_mut(down * self.plane.stride + across..)?;
        idct::pixels(block, self.side, into, self.plane.stride);
        Some(())
    }

    /// Draws what progressive scans have left.
    fn finish(mut self) -> Option<Plane> {
        self.steps?;
        let multipliers = self.multipliers();
        let kept = std::mem::take(&mut self.kept);
        for (at, values) in (0u32..).zip(kept.as_chunks::<64>().0) {
            let mut block = [[0.0; 8]; 8];
            let known = values.iter().zip(&multipliers).zip(ZIGZAG).take(self.last as usize + 1);
            for ((value, multiplier), place) in known {
                put(&mut block, place, f32::from(*value) * multiplier);
            }
            self.draw(&block, at % self.blocks.0, at / self.blocks.0)?;
        }
        Some(self.plane)
    }
}

/// Puts a coefficient where the transform wants it: by column first.
fn put(block: &mut Block, (row, column): (u8, u8), value: f32) {
    let column = block.get_mut(usize::from(column));
    if let Some(to) = column.and_then(|column| column.get_mut(usize::from(row))) {
        *to = value;
    }
}

/// The state of the entropy coding within a scan.
struct Coder<'a, 'b> {
    header: &'a Header,
    scan: &'a Scan,
    bits: &'a mut Bits<'b>,
    /// The last DC value of each component.
    before: [i32; 4],
    /// How many blocks from here on have no further values.
    ends: u32,
}

impl Coder<'_, '_> {
    fn restart(&mut self) -> Option<()> {
        self.before = [0; 4];
        self.ends = 0;
        self.bits.restart().then_some(())
    }

    fn dc_value(&mut self, part: &Part) -> Option<i32> {
        let difference = table(&self.header.dc, part.dc)?.difference(self.bits)?;
        let before = self.before.get_mut(part.component)?;
        *before = before.wrapping_add(difference);
        Some(*before)
    }

    /// A block of one scan alone: the coefficients that matter, times their multipliers.
    fn sequential(
        &mut self,
        part: &Part,
        last: u32,
        by: &[f32; 64],
        block: &mut Block,
    ) -> Option<()> {
        block[0][0] = self.dc_value(part)? as f32 * by[0];
        let ac = table(&self.header.ac, part.ac)?;
        let mut at = 1;
        while at <= last {
            match ac.step(self.bits)? {
                Step::End(_) => return Some(()),
                Step::Value(run, value) => {
                    at += run;
                    if let (Some(place), Some(by)) = (ZIGZAG.get(at as usize), by.get(at as usize))
                    {
                        put(block, *place, value as f32 * by);
                    }
                    at += 1;
                }
            }
        }
        ac.pass(self.bits, at)
    }

    fn passed(&mut self, part: &Part) -> Option<()> {
        self.dc_value(part)?;
        table(&self.header.ac, part.ac)?.pass(self.bits, 1)
    }

    /// One scan's share of a block (T.81, G.1.2).
    fn progressive(&mut self, part: &Part, block: &mut [i16; 64]) -> Option<()> {
        match (self.scan.band.0, self.scan.bits) {
            (0, (0, low)) => {
                block[0] = (self.dc_value(part)? << low) as i16;
                Some(())
            }
            (0, (_, low)) => {
                if self.bits.bit() {
                    block[0] |= 1 << low;
                }
                Some(())
            }
            (_, (0, low)) => self.first(part, low, block),
            (_, (_, low)) => self.refinement(part, low, block),
        }
    }

    /// The first scan of a band.
    fn first(&mut self, part: &Part, low: u32, block: &mut [i16; 64]) -> Option<()> {
        if self.ends > 0 {
            self.ends -= 1;
            return Some(());
        }
        let ac = table(&self.header.ac, part.ac)?;
        let (mut at, last) = self.scan.band;
        while at <= last {
            match ac.step(self.bits)? {
                Step::End(run) => {
                    self.ends = (1 << run) - 1 + self.bits.number(run);
                    return Some(());
                }
                Step::Value(run, value) => {
                    at += run;
                    if let Some(to) = block.get_mut(at as usize) {
                        *to = (value << low) as i16;
                    }
                    at += 1;
                }
            }
        }
        Some(())
    }

    /// A later scan of a band: one more bit of values known, and values that now become known.
    fn refinement(&mut self, part: &Part, low: u32, block: &mut [i16; 64]) -> Option<()> {
        let (mut at, last) = self.scan.band;
        if self.ends == 0 {
            let ac = table(&self.header.ac, part.ac)?;
            while at <= last {
                let (run, value) = match ac.step(self.bits)? {
                    Step::End(run) => {
                        self.ends = (1 << run) + self.bits.number(run);
                        break;
                    }
                    Step::Value(run, value) => (run, value),
                };
                at = self.refined(block, (at, last), low, Some(run));
                if value != 0
                    && let Some(to) = block.get_mut(at as usize)
                {
                    *to = (value.signum() << low) as i16;
                }
                at += 1;
            }
        }
        if self.ends > 0 {
            self.refined(block, (at, last), low, None);
            self.ends -= 1;
        }
        Some(())
    }

    /// Gives known values their next bit, up to the zero after `zeros` zeros or to the band's end; where that is.
    fn refined(
        &mut self,
        block: &mut [i16; 64],
        (mut at, last): (u32, u32),
        low: u32,
        zeros: Option<u32>,
    ) -> u32 {
        let mut left = zeros;
        while at <= last {
            let Some(value) = block.get_mut(at as usize) else { break };
            if *value == 0 {
                match left {
                    Some(0) => break,
                    Some(more) => left = Some(more - 1),
                    None => {}
                }
            } else if self.bits.bit() && *value & (1 << low) == 0 {
                *value = value.wrapping_add(value.signum() << low);
            }
            at += 1;
        }
        at
    }
}

fn table(tables: &[Option<Table>; 4], at: usize) -> Option<&Table> {
    tables.get(at)?.as_ref()
}
