//! Objects packed: the engine writes each element of the structure as a plain object, which is most of the file. Here they go, compressed, into object
//! streams (ISO 32000-1, 7.5.7), with a cross-reference stream instead of the table. Allowed in PDF/A-2; a third to a quarter of the size.

use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;

/// Objects of one stream.
const TOGETHER: usize = 500;

struct Object {
    number: u32,
    /// Where it begins, and where the next one does.
    start: usize,
    end: usize,
}

enum Place {
    At(usize),
    In(u32, usize),
}

/// The file with its objects packed; as it is where it is not as the engine writes files.
pub(crate) fn pack(file: Vec<u8>) -> Vec<u8> {
    repack(&file).unwrap_or(file)
}

fn repack(file: &[u8]) -> Option<Vec<u8>> {
    let tail = file.get(file.len().checked_sub(64)?..)?;
    let named = find(tail, b"startxref")?;
    let table = number(tail.get(named + 9..)?)?.0;
    let (objects, after) = objects(file, table)?;
    let trailer = file.get(after..)?;
    let entries = dictionary(trailer.get(find(trailer, b"trailer")? + 7..)?)?;

    let header = file.get(..objects.first()?.start)?;
    let mut out = Vec::with_capacity(file.len() / 2);
    out.extend_from_slice(header);
    let mut next = objects.iter().map(|o| o.number).max()? + 1;
    let mut places: Vec<(u32, Place)> = Vec::with_capacity(objects.len() + 8);
    let mut waiting: Vec<(u32, &[u8])> = Vec::with_capacity(TOGETHER);
    for object in &objects {
        let whole = file.get(object.start..object.end)?;
        let body = body(whole, object.number)?;
        if body.ends_with(b"endstream") {
            places.push((object.number, Place::At(out.len())));
            out.extend_from_slice(whole.trim_ascii_end());
            out.push(b'\n');
        } else {
            waiting.push((object.number, body));
            if waiting.len() == TOGETHER {
                bundle(&mut waiting, &mut next, &mut places, &mut out)?;
            }
        }
    }
    bundle(&mut waiting, &mut next, &mut places, &mut out)?;
    finish(out, places, next, entries)
}

/// The objects by the table, in the order of the file; and where the table ends.
fn objects(file: &[u8], table: usize) -> Option<(Vec<Object>, usize)> {
    let mut at = table + file.get(table..)?.starts_with(b"xref").then_some(4)?;
    let (first, used) = number(file.get(at..)?)?;
    at += used;
    let (count, used) = number(file.get(at..)?)?;
    at += used;
    at += file.get(at..)?.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let mut objects = Vec::with_capacity(count);
    for place in 0..count {
        let line = file.get(at..at + 20)?;
        if line.get(17) == Some(&b'n') {
            let start = std::str::from_utf8(line.get(..10)?).ok()?.parse().ok()?;
            objects.push(Object { number: u32::try_from(first + place).ok()?, start, end: 0 });
        }
        at += 20;
    }
    objects.sort_unstable_by_key(|o| o.start);
    for place in 0..objects.len() {
        let end = objects.get(place + 1).map_or(table, |o| o.start);
        objects.get_mut(place)?.end = end;
    }
    Some((objects, at))
}

/// What stands between `obj` and `endobj`.
fn body(whole: &[u8], number: u32) -> Option<&[u8]> {
    let body = whole.strip_prefix(format!("{number} 0 obj").as_bytes())?;
    Some(body.trim_ascii_end().strip_suffix(b"endobj")?.trim_ascii())
}

fn bundle(waiting: &mut Vec<(u32, &[u8])>, next: &mut u32, places: &mut Vec<(u32, Place)>, out: &mut Vec<u8>) -> Option<()> {
    if waiting.is_empty() {
        return Some(());
    }
    let mut index = String::new();
    let mut bodies = Vec::new();
    for (place, (number, body)) in waiting.iter().enumerate() {
        index.push_str(&format!("{number} {} ", bodies.len()));
        bodies.extend_from_slice(body);
        bodies.push(b'\n');
        places.push((*number, Place::In(*next, place)));
    }
    let head = format!("/Type/ObjStm/N {}/First {}", waiting.len(), index.len());
    let mut data = index.into_bytes();
    data.extend_from_slice(&bodies);
    places.push((*next, Place::At(out.len())));
    stream(*next, head.as_bytes(), &data, out)?;
    *next += 1;
    waiting.clear();
    Some(())
}

fn stream(number: u32, head: &[u8], data: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(data).ok()?;
    let packed = encoder.finish().ok()?;
    write!(out, "{number} 0 obj\n<<").ok()?;
    out.extend_from_slice(head);
    write!(out, "/Filter/FlateDecode/Length {}>>\nstream\n", packed.len()).ok()?;
    out.extend_from_slice(&packed);
    out.extend_from_slice(b"\nendstream\nendobj\n");
    Some(())
}

fn finish(mut out: Vec<u8>, mut places: Vec<(u32, Place)>, own: u32, entries: &[u8]) -> Option<Vec<u8>> {
    let start = out.len();
    places.push((own, Place::At(start)));
    places.sort_unstable_by_key(|(number, _)| *number);
    let size = own + 1;
    let mut rows = Vec::with_capacity(size as usize * 7);
    let mut listed = places.into_iter().peekable();
    for number in 0..size {
        let (kind, a, b) = match listed.next_if(|(n, _)| *n == number) {
            Some((_, Place::At(at))) => (1, u32::try_from(at).ok()?, 0),
            Some((_, Place::In(bundle, place))) => (2, bundle, u16::try_from(place).ok()?),
            None => (0, 0, if number == 0 { u16::MAX } else { 0 }),
        };
        rows.push(kind);
        rows.extend_from_slice(&a.to_be_bytes());
        rows.extend_from_slice(&b.to_be_bytes());
    }
    let mut head = format!("/Type/XRef/W[1 4 2]/Size {size}").into_bytes();
    head.extend_from_slice(entries);
    stream(own, &head, &rows, &mut out)?;
    write!(out, "startxref\n{start}\n%%EOF").ok()?;
    Some(out)
}

/// Root, information and id of the trailer: its dictionary without brackets and size.
fn dictionary(text: &[u8]) -> Option<&[u8]> {
    let inner = text.trim_ascii_start().strip_prefix(b"<<")?;
    let end = (0..inner.len()).rev().find(|at| inner.get(*at..).is_some_and(|rest| rest.starts_with(b">>")))?;
    let inner = inner.get(..end)?.trim_ascii();
    let size = find(inner, b"/Size")?;
    let used = number(inner.get(size + 5..)?)?.1;
    // The engine writes the size first.
    (size == 0).then(|| inner.get(5 + used..)).flatten()
}

/// A number after white space, and how many bytes it took.
fn number(text: &[u8]) -> Option<(usize, usize)> {
    let skipped = text.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let digits = text.get(skipped..)?.iter().take_while(|b| b.is_ascii_digit()).count();
    let value = std::str::from_utf8(text.get(skipped..skipped + digits)?).ok()?.parse().ok()?;
    Some((value, skipped + digits))
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}
