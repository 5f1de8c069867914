//! Huffman codes of JPEG (ITU-T T.81, annexes C and F): the bits of a scan, and tables that read or skip symbols.

/// How many bits one look at a table covers.
const LOOK: u32 = 12;

/// The bits of a scan's entropy-coded data, stuffing taken out.
pub struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, from the highest down; `count` of them are there.
    ahead: u64,
    count: u32,
    /// Bits handed out that the data does not have.
    missing: u32,
}

impl<'a> Bits<'a> {
    /// Starts at a byte of the file.
    pub fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at, ahead: 0, count: 0, missing: 0 }
    }

    /// Makes sure that 32 bits are there: enough for any code and the value behind it.
    pub fn refill(&mut self) {
        if self.count >= 32 {
            return;
        }
        let eight = self.data.get(self.at..).and_then(|rest| rest.first_chunk());
        match eight.map(|eight| u64::from_be_bytes(*eight)) {
            Some(eight) if !has_marker(eight) => {
                self.ahead |= eight >> self.count;
                let taken = (64 - self.count) / 8;
                self.at += taken as usize;
                self.count += 8 * taken;
            }
            _ => self.refill_slowly(),
        }
    }

    /// Byte by byte: where a 0xFF is near, or the end. Past a marker or the end come zeros.
    #[cold]
    fn refill_slowly(&mut self) {
        // Bits beyond `count` may be there already, read eight bytes at a time.
        self.ahead &= !(u64::MAX.checked_shr(self.count).unwrap_or(0));
        while self.count <= 56 {
            let byte = match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (Some(0xff), _) | (None, _) => {
                    self.missing += 8;
                    0
                }
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            self.ahead |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next `count` bits, 1 to 16, left where they are.
    fn peek(&self, count: u32) -> u32 {
        (self.ahead >> (64 - count)) as u32
    }

    fn skip(&mut self, count: u32) {
        self.ahead = self.ahead.checked_shl(count).unwrap_or(0);
        self.count = self.count.saturating_sub(count);
    }

    /// One bit.
    pub fn bit(&mut self) -> bool {
        self.refill();
        let bit = self.peek(1) == 1;
        self.skip(1);
        bit
    }

    /// A plain number of `count` bits, 0 to 16.
    pub fn number(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        self.refill();
        let number = self.peek(count);
        self.skip(count);
        number
    }

    /// A signed value of `size` bits, 0 to 16, as T.81 F.2.2.1 extends it; refilled by the caller.
    fn value(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        let bits = self.peek(size) as i32;
        self.skip(size);
        if bits >> (size - 1) == 0 { bits - (1 << size) + 1 } else { bits }
    }

    /// Whether more was read than there is.
    pub fn overran(&self) -> bool {
        self.missing > self.count
    }

    /// Drops what is left before a restart marker and steps over it; false where none follows.
    pub fn restart(&mut self) -> bool {
        self.ahead = 0;
        self.count = 0;
        self.missing = 0;
        // Bytes may have been read ahead only up to the marker.
        let rest = self.data.get(self.at..).unwrap_or_default();
        let is_restart = |two: &[u8]| matches!(two, [0xff, 0xd0..=0xd7]);
        match rest.windows(2).position(is_restart) {
            Some(0) => self.at += 2,
            _ => return false,
        }
        true
    }
}

/// Whether one of eight bytes is 0xFF.
fn has_marker(eight: u64) -> bool {
    let ones = u64::MAX / 0xff;
    let inverse = !eight;
    inverse.wrapping_sub(ones) & eight & (ones << 7) != 0
}

/// A table of codes.
pub struct Table {
    /// By the next [`LOOK`] bits: the symbol, and above it the length of its code; 0 where the code is longer.
    symbols: Box<[u16; 1 << LOOK]>,
    /// By the next [`LOOK`] bits, for AC codes: how many bits to skip, how many coefficients those pass (from bit 8),
    /// and whether the block ends (bit 16); several symbols at once. 0 where the code is longer.
    skips: Box<[u32; 1 << LOOK]>,
    /// For longer codes, by length: one above the last code, shifted up to 16 bits, and what to add for its symbol.
    longer: [(u32, i32); 17],
    values: Vec<u8>,
}

/// What one step through AC codes did.
pub enum Step {
    /// A value after a run of zeros.
    Value(u32, i32),
    /// No more values in this block, and in (2ⁿ − 1 + …) more in progressive scans: the number n.
    End(u32),
}

impl Table {
    /// Reads a table from its counts by length and its symbols; none where they are no code.
    pub fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let total: usize = counts.iter().map(|count| usize::from(*count)).sum();
        let values = values.get(..total)?.to_vec();
        let mut symbols = Box::new([0u16; 1 << LOOK]);
        let mut longer = [(0, 0); 17];
        let (mut code, mut index) = (0u32, 0usize);
        for (length, count) in (1u32..).zip(counts) {
            let first = code;
            let offset = index as i32 - first as i32;
            for value in values.get(index..index + usize::from(*count))? {
                if length <= LOOK {
                    let (start, room) = ((code << (LOOK - length)) as usize, 1 << (LOOK - length));
                    symbols
                        .get_mut(start..start + room)?
                        .fill((length as u16) << 8 | u16::from(*value));
                }
                code += 1;
                index += 1;
            }
            if code > 1 << length {
                return None;
            }
            *longer.get_mut(length as usize)? = (code << (16 - length), offset);
            code <<= 1;
        }
        let mut skips = Box::new([0; 1 << LOOK]);
        for (bits, skip) in (0u32..).zip(skips.iter_mut()) {
            *skip = skip_of(bits, &symbols);
        }
        Some(Self { symbols, skips, longer, values })
    }

    /// The next symbol; none where the bits are no code. Refilled by the caller.
    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u32> {
        let found = self.symbols.get(bits.peek(LOOK) as usize).copied().unwrap_or(0);
        if found != 0 {
            bits.skip(u32::from(found >> 8));
            return Some(u32::from(found & 0xff));
        }
        let sixteen = bits.peek(16);
        let long = (LOOK + 1..=16).zip(self.longer.get(LOOK as usize + 1..)?);
        let (length, (_, offset)) = long.into_iter().find(|(_, (above, _))| sixteen < *above)?;
        bits.skip(length);
        let at = (sixteen >> (16 - length)) as i32 + offset;
        self.values.get(usize::try_from(at).ok()?).map(|value| u32::from(*value))
    }

    /// The difference of a DC coefficient.
    pub fn difference(&self, bits: &mut Bits<'_>) -> Option<i32> {
        bits.refill();
        let size = self.symbol(bits).filter(|size| *size <= 16)?;
        Some(bits.value(size))
    }

    /// The next step through AC coefficients.
    pub fn step(&self, bits: &mut Bits<'_>) -> Option<Step> {
        bits.refill();
        let symbol = self.symbol(bits)?;
        Some(match (symbol >> 4, symbol & 15) {
            (run, 0) if run < 15 => Step::End(run),
            (run, size) => Step::Value(run, bits.value(size)),
        })
    }

    /// Passes over the AC coefficients of a block from `at` on.
    pub fn pass(&self, bits: &mut Bits<'_>, mut at: u32) -> Option<()> {
        while at < 64 {
            bits.refill();
            let skip = self.skips.get(bits.peek(LOOK) as usize).copied().unwrap_or(0);
            let (length, passed, ends) = (skip & 0xff, skip >> 8 & 0xff, skip >> 16);
            // Symbols beyond the block's last coefficient belong to the next block.
            if skip != 0 && at + passed + ends <= 64 {
                bits.skip(length);
                if ends == 1 {
                    return Some(());
                }
                at += passed;
            } else {
                match self.step(bits)? {
                    Step::End(_) => return Some(()),
                    Step::Value(run, _) => at += run + 1,
                }
            }
        }
        Some(())
    }
}

/// How much the symbols in these [`LOOK`] bits, and the value bits behind them, pass at once.
fn skip_of(bits: u32, symbols: &[u16; 1 << LOOK]) -> u32 {
    let (mut used, mut passed) = (0u32, 0u32);
    while used < LOOK && passed < 64 {
        let left = bits << used & ((1 << LOOK) - 1);
        let found = u32::from(symbols.get(left as usize).copied().unwrap_or(0));
        let (length, run, size) = (found >> 8, found >> 4 & 15, found & 15);
        if found == 0 || used + length > LOOK {
            break;
        }
        used += length;
        if size == 0 && run < 15 {
            return used | passed << 8 | 1 << 16;
        }
        used += size;
        passed += run + 1;
    }
    used | passed << 8
}
