//! Documents that the tests make themselves: PDF written by hand, with a font made of squares.

use crate::made::{self, scene};

/// A document of these objects, numbered from 1; the first is its catalogue.
pub fn document(objects: &[Vec<u8>]) -> Vec<u8> {
    sealed(objects, "")
}

/// A document with more in its trailer.
pub fn sealed(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut places = String::from("0000000000 65535 f \n");
    for (object, number) in objects.iter().zip(1..) {
        places += &format!("{:010} 00000 n \n", bytes.len());
        bytes.extend(format!("{number} 0 obj\n").bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let (start, count) = (bytes.len(), objects.len() + 1);
    bytes.extend(format!("xref\n0 {count}\n{places}").bytes());
    bytes.extend(format!("trailer\n<</Size {count}/Root 1 0 R{trailer}>>\n").bytes());
    bytes.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    bytes
}

/// An object with bytes of its own.
pub fn stream(keys: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("<<{keys}/Length {}>>\nstream\n", body.len());
    [head.as_bytes(), body, b"\nendstream"].concat()
}

/// A document of one page with these keys and this content; what it names comes after, from object 5 on.
pub fn page(keys: &str, content: &[u8], rest: Vec<Vec<u8>>) -> Vec<u8> {
    document(&[one(keys, content), rest].concat())
}

/// The first four objects of a document of one page.
pub fn one(keys: &str, content: &[u8]) -> Vec<Vec<u8>> {
    vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R/Contents 4 0 R{keys}>>").into_bytes(),
        stream("", content),
    ]
}

/// A document that wraps one JPEG picture, shown at its own shape.
pub fn scan(jpeg: &[u8], (width, height): (u32, u32), more: &str) -> Vec<u8> {
    let keys = format!("/MediaBox[0 0 {width} {height}]/Resources<</XObject<</I 5 0 R>>>>{more}");
    let content = format!("q {width} 0 0 {height} 0 0 cm /I Do Q");
    let kind = format!(
        "/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
    );
    page(&keys, content.as_bytes(), vec![stream(&kind, jpeg)])
}

/// The scene as a scan of so many pixels.
pub fn scene_scan(size: (u32, u32), more: &str) -> Vec<u8> {
    scan(&made::jpeg(&scene(size.0, size.1), made::PLAIN), size, more)
}

/// Pages of words, a line each, in one of the standard fonts, which is not in the document.
pub fn text(pages: &[&[&str]]) -> Vec<u8> {
    written("/Type/Font/Subtype/Type1/BaseFont/Helvetica", pages, vec![])
}

/// The same in a font that is in the document: each letter a column of squares.
pub fn text_in_squares(pages: &[&[&str]]) -> Vec<u8> {
    let widths = vec!["600"; 96].join(" ");
    let font = format!(
        "/Type/Font/Subtype/TrueType/BaseFont/Squares/FirstChar 32/LastChar 127/Widths[{widths}]/FontDescriptor 4 0 R/ToUnicode 6 0 R"
    );
    let about = "<</Type/FontDescriptor/FontName/Squares/Flags 4/FontBBox[0 0 600 900]/ItalicAngle 0/Ascent 900/Descent 0/CapHeight 900/StemV 80/FontFile2 5 0 R>>";
    let names = "1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfrange <20> <7f> <0020> endbfrange";
    let rest = vec![about.into(), stream("", &squares()), stream("", names.as_bytes())];
    written(&font, pages, rest)
}

fn written(font: &str, pages: &[&[&str]], rest: Vec<Vec<u8>>) -> Vec<u8> {
    let first = 4 + rest.len();
    let kids: Vec<_> = (0..pages.len()).map(|at| format!("{} 0 R", first + 2 * at)).collect();
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!(
            "<</Type/Pages/Kids[{}]/Count {}/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>>>",
            kids.join(" "),
            pages.len()
        )
        .into_bytes(),
        format!("<<{font}>>").into_bytes(),
    ];
    objects.extend(rest);
    for lines in pages {
        let lines: Vec<_> = lines.iter().map(|line| format!("({line}) Tj T*")).collect();
        let content = format!("BT /F 14 Tf 18 TL 60 770 Td {} ET", lines.join(" "));
        let own = objects.len() + 2;
        objects.push(format!("<</Type/Page/Parent 2 0 R/Contents {own} 0 R>>").into_bytes());
        objects.push(stream("", content.as_bytes()));
    }
    document(&objects)
}

/// A TrueType font of 96 letters, from the space on: where a bit of the letter's number is set, a square.
fn squares() -> Vec<u8> {
    let letters: Vec<Vec<u8>> = (0..96u8).map(letter).collect();
    let mut starts = vec![0u32];
    for letter in &letters {
        starts.push(starts[starts.len() - 1] + letter.len() as u32);
    }
    let wide = |numbers: &[u16]| numbers.iter().flat_map(|it| it.to_be_bytes()).collect::<Vec<_>>();
    let version = [0, 1, 0, 0];
    let head = wide(&[
        0, 1, 0, 1, 0, 0, 0x5f0f, 0x3cf5, 0, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 600, 900, 0, 8, 2,
        1, 0,
    ]);
    let hhea = wide(&[1, 0, 900, 0, 0, 600, 0, 0, 600, 1, 0, 0, 0, 0, 0, 0, 0, 96]);
    let maxp = [&version[..], &wide(&[96, 28, 7, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])].concat();
    let codes = (0..=255u8).map(|code| code.checked_sub(32).filter(|at| *at < 96).unwrap_or(0));
    let cmap = [wide(&[0, 1, 1, 0, 0, 12, 0, 262, 0]), codes.collect()].concat();
    let tables: [(&[u8; 4], Vec<u8>); 7] = [
        (b"cmap", cmap),
        (b"glyf", letters.concat()),
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", wide(&[600, 0]).repeat(96)),
        (b"loca", starts.into_iter().flat_map(u32::to_be_bytes).collect()),
        (b"maxp", maxp),
    ];
    let mut font = [&version[..], &wide(&[7, 64, 2, 48])].concat();
    let mut at = font.len() + 16 * tables.len();
    for (name, table) in &tables {
        font.extend(*name);
        font.extend(0u32.to_be_bytes());
        font.extend((at as u32).to_be_bytes());
        font.extend((table.len() as u32).to_be_bytes());
        at += table.len().next_multiple_of(4);
    }
    for (_, mut table) in tables {
        table.resize(table.len().next_multiple_of(4), 0);
        font.extend(table);
    }
    font
}

/// An outline of squares, from below: one for each bit of the number that is set.
fn letter(number: u8) -> Vec<u8> {
    let bits: Vec<i16> = (0..7).filter(|bit| number >> bit & 1 == 1).collect();
    if bits.is_empty() {
        return Vec::new();
    }
    let (mut ends, mut across, mut down, mut last) = (vec![], vec![], vec![], (0i16, 0i16));
    for (bit, square) in bits.iter().zip(1u16..) {
        let (left, low) = (40 + 260 * (bit % 2), 220 * (bit / 2));
        ends.extend((4 * square - 1).to_be_bytes());
        for corner in [(left, low), (left, low + 200), (left + 240, low + 200), (left + 240, low)] {
            across.extend((corner.0 - last.0).to_be_bytes());
            down.extend((corner.1 - last.1).to_be_bytes());
            last = corner;
        }
    }
    let head = [bits.len() as i16, 0, 0, 600, 900].map(i16::to_be_bytes).concat();
    let flags = vec![1u8; 4 * bits.len()];
    let mut outline = [head, ends, vec![0, 0], flags, across, down].concat();
    outline.resize(outline.len().next_multiple_of(4), 0);
    outline
}
