//! Huffman codes of JPEG (ITU-T T.81, annexes C and F): the bits of a scan, and tables that read or skip symbols.

/// How many bits one look at a table covers.
pub const LOOK: u32 = 12;

/// Zeros behind the data, so that eight bytes can be read from any of them.
const BEHIND: usize = 8;

/// The entropy-coded data up to a marker, stuffing taken out.
pub struct Interval<'a> {
    bytes: &'a [u8],
    clean: Vec<u8>,
    /// Where the marker behind the data lies.
    end: usize,
}

impl<'a> Interval<'a> {
    /// The data from a byte of the file on.
    pub fn from(bytes: &'a [u8], at: usize) -> Self {
        let room = bytes.len().saturating_sub(at) + BEHIND;
        let mut interval = Self { bytes, clean: Vec::with_capacity(room), end: 0 };
        interval.read(at);
        interval
    }

    /// Goes on behind a restart marker; none where no such marker follows.
    pub fn restart(&mut self) -> Option<()> {
        let marker = self.bytes.get(self.end..)?.first_chunk()?;
        matches!(marker, [0xff, 0xd0..=0xd7]).then(|| self.read(self.end + 2))
    }

    /// Its bits.
    pub fn bits(&self) -> Bits<'_> {
        Bits { data: &self.clean, at: 0, ahead: 0, count: 0 }
    }

    fn read(&mut self, at: usize) {
        self.clean.clear();
        let rest = self.bytes.get(at..).unwrap_or_default();
        let (mut done, mut before) = (0, 0);
        for word in rest.as_chunks::<8>().0 {
            let Some((kept, count)) = without_stuffing(u64::from_le_bytes(*word), before) else {
                break;
            };
            self.clean.extend_from_slice(&kept.to_le_bytes());
            self.clean.truncate(self.clean.len() - 8 + count);
            before = word[7];
            done += 8;
        }
        self.finish(at + done, before);
    }

    /// Byte by byte up to the marker or the end.
    fn finish(&mut self, mut at: usize, mut before: u8) {
        while let Some(byte) = self.bytes.get(at) {
            match (before, *byte) {
                (0xff, 0) => {}
                (0xff, _) => break,
                (_, byte) => self.clean.push(byte),
            }
            before = *byte;
            at += 1;
        }
        if before == 0xff {
            self.clean.pop();
            at -= 1;
        }
        self.end = at;
        self.clean.extend([0; BEHIND]);
    }
}

/// Eight bytes without the zeros behind a 0xFF, and how many they are; none where a marker is among them. The first
/// byte is the lowest.
#[inline(always)]
fn without_stuffing(mut word: u64, before: u8) -> Option<(u64, usize)> {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGHEST: u64 = ONES << 7;
    // In each byte's highest bit: whether it is 0xFF, whether it is behind one, whether it is zero.
    let full = ((word & !HIGHEST) + ONES) & word & HIGHEST;
    let behind = full << 8 | u64::from(before == 0xff) << 7;
    if behind == 0 {
        return Some((word, 8));
    }
    let zero = !(((word & !HIGHEST) + !HIGHEST) | word) & HIGHEST;
    if behind & !zero != 0 {
        return None;
    }
    let (mut stuffed, mut count) = (behind, 8);
    while stuffed != 0 {
        let below = (1 << (stuffed.trailing_zeros() - 7)) - 1;
        word = word & below | word >> 8 & !below;
        stuffed = (stuffed & (stuffed - 1)) >> 8;
        count -= 1;
    }
    Some((word, count))
}

/// The bits of an interval. Behind its end come zeros.
#[derive(Clone, Copy)]
pub struct Bits<'a> {
    /// With [`BEHIND`] zeros.
    data: &'a [u8],
    at: usize,
    /// The next bits, from the highest down; `count` of them are there.
    ahead: u64,
    count: u32,
}

impl Bits<'_> {
    /// Makes sure that 56 bits are there: enough for any code and the value behind it, and some more.
    #[inline(always)]
    pub fn refill(&mut self) {
        if let Some(eight) = self.data.get(self.at..).and_then(|rest| rest.first_chunk()) {
            self.ahead |= u64::from_be_bytes(*eight) >> self.count;
        }
        self.at += (63 - self.count as usize) >> 3;
        self.count |= 56;
    }

    /// The next `count` bits, 1 to 16, left where they are.
    #[inline(always)]
    pub fn peek(&self, count: u32) -> usize {
        (self.ahead >> (64 - count)) as usize
    }

    /// Passes `count` bits, at most as many as are there.
    #[inline(always)]
    pub fn skip(&mut self, count: u32) {
        self.ahead <<= count;
        self.count -= count;
    }

    /// One bit.
    pub fn bit(&mut self) -> bool {
        self.number(1) == 1
    }

    /// A plain number of `count` bits, 0 to 16.
    pub fn number(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        if self.count < count {
            self.refill();
        }
        let number = self.peek(count);
        self.skip(count);
        number as u32
    }

    /// A signed value of `size` bits, 0 to 16, as T.81 F.2.2.1 extends it; refilled by the caller.
    #[inline(always)]
    fn value(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        let bits = self.peek(size) as u32;
        self.skip(size);
        extended(bits, size)
    }

    /// Whether more was read than there is.
    pub fn overran(&self) -> bool {
        8 * (self.at + BEHIND) > 8 * self.data.len() + self.count as usize
    }
}

/// What the bits of a value mean.
fn extended(bits: u32, size: u32) -> i32 {
    if size > 0 && bits >> (size - 1) == 0 { bits as i32 - (1 << size) + 1 } else { bits as i32 }
}

/// A table of codes.
pub struct Table {
    /// By the next [`LOOK`] bits: the symbol, and above it the length of its code; 0 where the code is longer.
    symbols: Box<[u16; 1 << LOOK]>,
    /// For longer codes, by length: one above the last code, shifted up to 16 bits, and what to add for its symbol.
    longer: [(u32, i32); 17],
    values: Vec<u8>,
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
        Some(Self { symbols, longer, values })
    }

    /// The next symbol; none where the bits are no code. Refilled by the caller.
    #[inline(always)]
    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u32> {
        let found = self.symbols.get(bits.peek(LOOK)).copied().unwrap_or(0);
        if found == 0 {
            return self.longer(bits);
        }
        bits.skip(u32::from(found >> 8));
        Some(u32::from(found & 0xff))
    }

    #[cold]
    fn longer(&self, bits: &mut Bits<'_>) -> Option<u32> {
        let sixteen = bits.peek(16) as u32;
        let long = (LOOK + 1..=16).zip(self.longer.get(LOOK as usize + 1..)?);
        let (length, (_, offset)) = long.into_iter().find(|(_, (above, _))| sixteen < *above)?;
        bits.skip(length);
        let at = (sixteen >> (16 - length)) as i32 + offset;
        self.values.get(usize::try_from(at).ok()?).map(|value| u32::from(*value))
    }
}

/// A run that leads beyond any block: its end, and in progressive scans, this above it, how many bits say the number of
/// blocks that end with it.
pub const END: u32 = 64;

/// Marks an entry whose value is longer.
const LONGER: u32 = 0x80;

/// Codes together with the values behind them, by the next [`LOOK`] bits: how many bits both have, from bit 8 the run
/// before the value, from bit 16 the value. With [`LONGER`], how many bits the code has, and in place of the value how
/// many its has. 0 where the code is longer.
pub struct Values<'a> {
    table: &'a Table,
    /// A symbol's run, and the size of its value.
    parts: fn(u32) -> Option<(u32, u32)>,
    entries: Box<[u32; 1 << LOOK]>,
}

impl<'a> Values<'a> {
    /// Of DC differences: runs of none.
    pub fn of_dc(table: &'a Table) -> Self {
        Self::of(table, |symbol| (symbol <= 16).then_some((0, symbol)))
    }

    /// Of AC coefficients.
    pub fn of_ac(table: &'a Table) -> Self {
        Self::of(table, |symbol| match (symbol >> 4, symbol & 15) {
            (run, 0) if run < 15 => Some((END + run, 0)),
            other => Some(other),
        })
    }

    fn of(table: &'a Table, parts: fn(u32) -> Option<(u32, u32)>) -> Self {
        let mut entries = Box::new([0; 1 << LOOK]);
        for (bits, (entry, found)) in (0u32..).zip(entries.iter_mut().zip(table.symbols.iter())) {
            let (length, symbol) = (u32::from(*found >> 8), u32::from(*found & 0xff));
            let Some((run, size)) = parts(symbol).filter(|_| *found != 0) else { continue };
            let used = length + size;
            *entry = if used <= LOOK {
                let value = extended(bits >> (LOOK - used) & ((1 << size) - 1), size);
                used | run << 8 | (value as u32) << 16
            } else {
                LONGER | length | run << 8 | size << 16
            };
        }
        Self { table, parts, entries }
    }

    /// The next value and the run of zeros before it; a run of 64 or more where the block ends. At most [`LOOK`] of
    /// the bits are used, or they are refilled.
    #[inline(always)]
    pub fn next(&self, bits: &mut Bits<'_>) -> Option<(u32, i32)> {
        let entry = self.entries.get(bits.peek(LOOK)).copied().unwrap_or(0);
        if entry == 0 || entry & LONGER != 0 {
            return self.longer(bits, entry);
        }
        bits.skip(entry & 0xff);
        Some((entry >> 8 & 0xff, entry as i32 >> 16))
    }

    #[inline(never)]
    fn longer(&self, bits: &mut Bits<'_>, entry: u32) -> Option<(u32, i32)> {
        bits.refill();
        let (run, size) = match entry {
            0 => (self.parts)(self.table.symbol(bits)?)?,
            _ => {
                bits.skip(entry & 0x7f);
                (entry >> 8 & 0xff, entry >> 16)
            }
        };
        let value = bits.value(size);
        bits.refill();
        Some((run, value))
    }
}

/// Blocks to be passed over, several symbols at once, by the next [`LOOK`] bits: how many bits they and their values
/// have, and from bit 8 how many coefficients those are, [`END`] and more where the block ends. 0 where the first code
/// is longer.
pub struct Skips {
    /// From the DC coefficient on.
    whole: Box<[u16; 1 << LOOK]>,
    /// From an AC coefficient on.
    rest: Box<[u16; 1 << LOOK]>,
}

impl Skips {
    /// Of the AC codes of a component; with its DC codes where whole blocks of it are passed over.
    pub fn of(dc: Option<&Table>, ac: &Table) -> Self {
        let mut skips = Self { whole: Box::new([0; 1 << LOOK]), rest: Box::new([0; 1 << LOOK]) };
        for (bits, skip) in (0..).zip(skips.rest.iter_mut()) {
            *skip = skip_of(bits, (0, 0), ac);
        }
        for (bits, (skip, found)) in
            (0..).zip(skips.whole.iter_mut().zip(dc.iter().flat_map(|dc| dc.symbols.iter())))
        {
            let (length, size) = (u32::from(*found >> 8), u32::from(*found & 0xff));
            if *found != 0 && size <= 16 {
                *skip = skip_of(bits, (length + size, 1), ac);
            }
        }
        skips
    }

    /// Passes over a block.
    #[inline(always)]
    pub fn pass_whole(&self, dc: &Values<'_>, ac: &Values<'_>, bits: &mut Bits<'_>) -> Option<()> {
        bits.refill();
        let skip = u32::from(self.whole.get(bits.peek(LOOK)).copied().unwrap_or(0));
        if skip == 0 {
            dc.next(bits)?;
            return self.pass(ac, bits, 1);
        }
        bits.skip(skip & 0xff);
        match skip >> 8 {
            passed @ ..END => self.pass(ac, bits, passed),
            _ => Some(()),
        }
    }

    /// Passes over the AC coefficients of a block from `at` on.
    #[inline(always)]
    pub fn pass(&self, ac: &Values<'_>, bits: &mut Bits<'_>, mut at: u32) -> Option<()> {
        while at < 64 {
            bits.refill();
            // Two looks at most use 54 bits.
            at = self.look(ac, bits, at)?;
            if at < 64 {
                at = self.look(ac, bits, at)?;
            }
        }
        Some(())
    }

    #[inline(always)]
    fn look(&self, ac: &Values<'_>, bits: &mut Bits<'_>, at: u32) -> Option<u32> {
        let skip = u32::from(self.rest.get(bits.peek(LOOK)).copied().unwrap_or(0));
        let passed = skip >> 8;
        // Symbols beyond the block's last coefficient belong to the next block.
        if skip == 0 || at + (passed & (END - 1)) + passed / END > 64 {
            return Some(at + ac.next(bits)?.0 + 1);
        }
        bits.skip(skip & 0xff);
        Some(at + passed)
    }
}

/// How much the AC symbols in these [`LOOK`] bits, and the value bits behind them, pass at once, after so many bits
/// and coefficients.
fn skip_of(bits: u32, (mut used, mut passed): (u32, u32), ac: &Table) -> u16 {
    while used < LOOK && passed < END - 16 {
        let left = bits << used & ((1 << LOOK) - 1);
        let found = u32::from(ac.symbols.get(left as usize).copied().unwrap_or(0));
        let (length, run, size) = (found >> 8, found >> 4 & 15, found & 15);
        if found == 0 || used + length > LOOK {
            break;
        }
        used += length;
        if size == 0 && run < 15 {
            passed += END;
            break;
        }
        used += size;
        passed += run + 1;
    }
    (used | passed << 8) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of which many are 0xFF or zero.
    fn bytes(count: usize) -> Vec<u8> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match state >> 28 {
                0..4 => 0xff,
                4..8 => 0,
                _ => (state >> 16) as u8,
            }
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn data_come_without_stuffing_up_to_the_marker() {
        for count in 0..200 {
            let data = bytes(count);
            let stuffed = |byte: &u8| if *byte == 0xff { vec![0xff, 0] } else { vec![*byte] };
            let mut file: Vec<u8> = data.iter().flat_map(stuffed).collect();
            let end = file.len();
            for behind in
                [&b""[..], b"\xff", b"\xff\xd9", b"\xff\xff\xd9", b"\xff\xd0\x12\x34\xff\xd9"]
            {
                file.truncate(end);
                file.extend_from_slice(behind);
                let mut interval = Interval::from(&file, 0);
                let (clean, zeros) = interval.clean.split_at(interval.clean.len() - BEHIND);
                assert_eq!((clean, zeros, interval.end), (&data[..], &[0; BEHIND][..], end));
                assert_eq!(interval.restart().is_some(), behind.len() > 3);
            }
        }
    }

    #[test]
    fn bits_come_in_order_and_their_end_is_noticed() {
        let data = bytes(100);
        let mut bits =
            Bits { data: &[&data[..], &[0; BEHIND]].concat(), at: 0, ahead: 0, count: 0 };
        for byte in &data {
            assert!(!bits.overran());
            let high = bits.number(3);
            assert_eq!(high << 5 | bits.number(5), u32::from(*byte));
        }
        assert!(!bits.overran());
        assert!(!bits.bit() && bits.overran());
    }

    /// Codes of 1, 2, 3, … bits, each but the last byte's all ones and a zero, for these symbols.
    fn staircase(symbols: &[u8; 16]) -> Table {
        Table::new(&[1; 16], symbols).unwrap()
    }

    #[test]
    fn blocks_are_passed_as_they_are_read() {
        // The end, then runs and sizes up to a value of 15 bits behind a code of 16.
        let ac = staircase(&[
            0x01, 0, 0x02, 0x11, 0x03, 0xf0, 0x24, 0x35, 0x08, 0x1a, 0x4b, 5, 6, 7, 9, 0x0f,
        ]);
        let dc = staircase(&[0, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16]);
        let (by_dc, by_ac) = (Values::of_dc(&dc), Values::of_ac(&ac));
        let skips = Skips::of(Some(&dc), &ac);
        let data = [bytes(20_000), vec![0; BEHIND]].concat();
        let start = Bits { data: &data, at: 0, ahead: 0, count: 0 };
        let (mut read, mut passed) = (start, start);
        while !read.overran() {
            let whole = skips.pass_whole(&by_dc, &by_ac, &mut passed);
            let mut plain = || {
                read.refill();
                let size = dc.symbol(&mut read).filter(|size| *size <= 16)?;
                read.value(size);
                let mut at = 1;
                while at < 64 {
                    read.refill();
                    let symbol = ac.symbol(&mut read)?;
                    let (run, size) = (symbol >> 4, symbol & 15);
                    if size == 0 && run < 15 {
                        break;
                    }
                    read.value(size);
                    at += run + 1;
                }
                Some(())
            };
            assert_eq!(plain(), whole);
            assert_eq!(8 * read.at - read.count as usize, 8 * passed.at - passed.count as usize);
            if whole.is_none() {
                (read, passed) = (at_next_byte(read), at_next_byte(passed));
            }
        }
    }

    /// Where bits are no code, goes on with the next byte.
    fn at_next_byte(bits: Bits<'_>) -> Bits<'_> {
        let at = (8 * bits.at - bits.count as usize) / 8 + 1;
        Bits { at, ahead: 0, count: 0, ..bits }
    }
}
