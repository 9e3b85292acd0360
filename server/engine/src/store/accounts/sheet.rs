//! A list of accounts as people have it: a CSV file out of a spreadsheet or an admin portal, or pasted lines. Text in, rows and
//! problems out; each problem says where it is and what to do. Knows no store.

use super::put::{NewAccount, check};
use crate::error::Error;
use domain::saas::{AccountType, Service};
use serde::Serialize;
use std::collections::HashMap;

/// Most rows of a file.
pub const MOST_ROWS: usize = 50_000;
/// Most bytes of a file.
pub const MOST_BYTES: usize = 10 << 20;
/// Letters of a cell that a message repeats.
const SHOWN: usize = 80;

/// A file, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Rows that can be taken, in the order of the file.
    pub rows: Vec<NewAccount>,
    /// What is wrong with the others, by line.
    pub problems: Vec<RowProblem>,
    /// Headers of columns that mean nothing here.
    pub ignored: Vec<String>,
}

/// A row that can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// Line of the file, from 1.
    pub line: u64,
    /// Header of the column; without headers `address`, `name`, `type` or `status`. Empty: the row as a whole.
    pub column: String,
    /// What stands there, cut.
    pub value: String,
    /// What is wrong and what to do.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    /// The lower the better: files often have several addresses.
    Address(u8),
    Name,
    FirstName,
    LastName,
    Type,
    Status,
}

fn invalid(code: &'static str, message: impl Into<String>) -> Error {
    Error::invalid(code, "file", message)
}

/// Reads a file: UTF-8 with or without a byte order mark (or UTF-16 with one); commas, semicolons or tabs; headers in any order
/// and in the words of the usual admin portals; or no header and the columns address, name, type, status.
///
/// # Errors
/// `Invalid`: not text, too large, too many rows, nothing in it, or no column with addresses.
pub fn read(service: Service, bytes: &[u8]) -> Result<Sheet, Error> {
    if bytes.len() > MOST_BYTES {
        let message = format!("This file has more than {} MiB. Split it, or leave out columns that aren't needed.", MOST_BYTES >> 20);
        return Err(invalid("file_too_large", message));
    }
    let text = text_of(bytes)?;
    let (text, skipped, delimiter) = delimited(&text);
    if text.trim().is_empty() {
        return Err(invalid("empty_file", "There is nothing in it. Choose a file with one account a line."));
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut lines = Lines { text: text.as_bytes(), counted: 0, line: 1 };
    let mut columns: Option<Columns> = None;
    let mut sheet = Sheet::default();
    let mut met: HashMap<String, u64> = HashMap::new();
    let mut seen = 0usize;
    for record in reader.records() {
        let record = record.map_err(|error| invalid("unreadable_file", format!("This is no CSV: {error}.")))?;
        let line = lines.at(record.position().map_or(0, csv::Position::byte)) + skipped;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let columns = match &columns {
            Some(columns) => columns,
            None => {
                let found = Columns::of(&record)?;
                let is_header = found.has_header;
                sheet.ignored.clone_from(&found.ignored);
                let found = columns.insert(found);
                if is_header {
                    continue;
                }
                found
            }
        };
        seen += 1;
        if seen > MOST_ROWS {
            return Err(invalid("too_many_rows", format!("This file has more than {MOST_ROWS} rows. Split it into several.")));
        }
        match columns.row(service, &record).and_then(|account| {
            let lower = account.address.to_lowercase();
            match met.get(&lower) {
                Some(first) => {
                    let message = format!("Line {first} already has this address. Keep one of them.");
                    Err(columns.problem(Field::Address(0), &account.address, message))
                }
                None => {
                    met.insert(lower, line);
                    Ok(account)
                }
            }
        }) {
            Ok(account) => sheet.rows.push(account),
            Err(problem) => sheet.problems.push(RowProblem { line, ..problem }),
        }
    }
    if seen == 0 {
        return Err(invalid("empty_file", "There is a header and nothing below it. Choose a file with one account a line."));
    }
    Ok(sheet)
}

/// Counts lines as editors do. A record's own position stands before the empty lines that were skipped for it.
struct Lines<'t> {
    text: &'t [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line on which the record begins whose position is this byte. Positions only rise.
    fn at(&mut self, byte: u64) -> u64 {
        let start = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(letter) = self.text.get(self.counted).filter(|l| self.counted < start || matches!(**l, b'\n' | b'\r')) {
            self.counted += 1;
            self.line += u64::from(*letter == b'\n' || *letter == b'\r' && self.text.get(self.counted) != Some(&b'\n'));
        }
        self.line
    }
}

fn text_of(bytes: &[u8]) -> Result<String, Error> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units)
            .collect::<Result<String, _>>()
            .map_err(|_| invalid("not_text", "This file is not text. Save it as “CSV UTF-8”."))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'P', b'K', 3, 4, ..] => Err(invalid("spreadsheet", "This is a spreadsheet, not CSV. Open it and save it as “CSV UTF-8”.")),
        _ => {
            let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
            if bytes.contains(&0) {
                return Err(invalid("not_text", "This file is not text. Choose a CSV file."));
            }
            std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
                let line = bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
                invalid("not_utf8", format!("Line {line} is not UTF-8 text. Save the file as “CSV UTF-8” and choose it again."))
            })
        }
    }
}

/// The text without a `sep=` line, how many lines that were, and the delimiter: the one that the first line has most of.
fn delimited(text: &str) -> (&str, u64, u8) {
    let first = text.lines().next().unwrap_or_default();
    if let Some(named) = first.trim().strip_prefix("sep=") {
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
        return (rest, 1, named.bytes().next().filter(u8::is_ascii).unwrap_or(b'\t'));
    }
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let (mut quoted, mut counts) = (false, [0usize; 3]);
    for byte in line.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    let delimiter = match counts {
        [comma, semicolon, tab] if tab > comma && tab >= semicolon => b'\t',
        [comma, semicolon, _] if semicolon > comma => b';',
        _ => b',',
    };
    (text, 0, delimiter)
}

/// Which column holds what.
struct Columns {
    fields: Vec<Option<Field>>,
    headers: Vec<String>,
    ignored: Vec<String>,
    has_header: bool,
}

impl Columns {
    fn of(first: &csv::StringRecord) -> Result<Self, Error> {
        if first.get(0).is_some_and(|cell| cell.contains('@') || cell.contains("://")) {
            let fields = [Field::Address(0), Field::Name, Field::Type, Field::Status].map(Some).to_vec();
            let headers = ["address", "name", "type", "status"].map(str::to_owned).to_vec();
            return Ok(Self { fields, headers, ignored: Vec::new(), has_header: false });
        }
        let headers: Vec<String> = first.iter().map(|cell| cell.trim().to_owned()).collect();
        let mut fields: Vec<Option<Field>> = headers.iter().map(|header| field(header)).collect();
        // Of two columns of the same meaning the first counts.
        for place in 1..fields.len() {
            if fields[..place].contains(&fields[place]) {
                fields[place] = None;
            }
        }
        if fields.iter().flatten().any(|field| matches!(field, Field::Address(_))) {
            let ignored = headers.iter().zip(&fields).filter(|(h, f)| f.is_none() && !h.is_empty()).map(|(h, _)| h.clone()).collect();
            return Ok(Self { fields, headers, ignored, has_header: true });
        }
        let found = headers.iter().filter(|h| !h.is_empty()).take(12).map(|h| format!("`{}`", shown(h))).collect::<Vec<_>>().join(", ");
        let message = format!(
            "No column holds addresses. Name one `address`, `email` or `user principal name` in the first line; found there: {found}."
        );
        Err(invalid("no_address_column", message))
    }

    fn problem(&self, of: Field, value: &str, message: impl Into<String>) -> RowProblem {
        let same = |field: &Option<Field>| match (field, of) {
            (Some(Field::Address(_)), Field::Address(_)) => true,
            (Some(field), of) => *field == of,
            _ => false,
        };
        let column = self.fields.iter().position(same).and_then(|place| self.headers.get(place)).cloned().unwrap_or_default();
        RowProblem { line: 0, column, value: shown(value), message: message.into() }
    }

    fn row(&self, service: Service, record: &csv::StringRecord) -> Result<NewAccount, RowProblem> {
        if let Some(extra) = record.iter().skip(self.fields.len()).find(|cell| !cell.trim().is_empty()) {
            let message = format!(
                "This row has {} cells, the others {}. Put quotes around a cell that holds the separator.",
                record.len(),
                self.fields.len()
            );
            return Err(RowProblem { line: 0, column: String::new(), value: shown(extra), message });
        }
        let mut addresses: Vec<(u8, &str)> = Vec::new();
        let (mut name, mut first, mut last, mut kind, mut status) = ("", "", "", "", "");
        for (field, cell) in self.fields.iter().zip(record.iter()) {
            let cell = cell.trim();
            match field {
                Some(Field::Address(rank)) if !cell.is_empty() => addresses.push((*rank, cell)),
                Some(Field::Name) => name = cell,
                Some(Field::FirstName) => first = cell,
                Some(Field::LastName) => last = cell,
                Some(Field::Type) => kind = cell,
                Some(Field::Status) => status = cell,
                _ => {}
            }
        }
        let address = addresses.into_iter().min_by_key(|(rank, _)| *rank).map_or("", |(_, cell)| cell);
        let name = if name.is_empty() { format!("{first} {last}").trim().to_owned() } else { name.to_owned() };
        let kind = kind_of(kind).ok_or_else(|| {
            self.problem(Field::Type, kind, "There is no such type. Use user, shared mailbox, group, site or team, or leave it empty.")
        })?;
        let activated = activated(status).ok_or_else(|| {
            self.problem(Field::Status, status, "There is no such status. Use activated or deactivated, or leave it empty.")
        })?;
        let new = NewAccount { address: address.to_owned(), name: name.clone(), kind, activated, external_id: None };
        check(service, new).map_err(|error| match error.public_field() {
            Some("name") => self.problem(Field::Name, &name, error.public_message()),
            Some("type") => self.problem(Field::Type, kind.name(), error.public_message()),
            _ => self.problem(Field::Address(0), address, error.public_message()),
        })
    }
}

/// A cell as a message repeats it.
fn shown(cell: &str) -> String {
    let line: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN + 1).collect();
    if line.chars().count() > SHOWN { line.chars().take(SHOWN).chain(std::iter::once('…')).collect() } else { line }
}

/// What a header means: letters only, whatever is in brackets left out. What a portal marks as read-only tells of itself, not of backups.
fn field(header: &str) -> Option<Field> {
    let lower = header.to_lowercase();
    if lower.contains("read only") {
        return None;
    }
    let plain = lower.split(['[', '(']).next().unwrap_or_default();
    let word: String = plain.chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match word.as_str() {
        "address" | "email" | "emailaddress" | "mail" | "mailaddress" | "account" | "accountaddress" | "login" => Field::Address(0),
        "primarysmtpaddress" | "primaryemail" | "primaryemailaddress" | "smtpaddress" | "windowsliveid" => Field::Address(1),
        "userprincipalname" | "upn" | "username" | "user" => Field::Address(2),
        "url" | "siteurl" | "webaddress" | "weburl" => Field::Address(3),
        "name" | "displayname" | "fullname" | "accountname" => Field::Name,
        "firstname" | "givenname" => Field::FirstName,
        "lastname" | "surname" | "familyname" => Field::LastName,
        "type" | "accounttype" | "recipienttype" | "recipienttypedetails" | "kind" => Field::Type,
        "status" | "activated" | "backup" | "protected" => Field::Status,
        _ => return None,
    })
}

fn kind_of(cell: &str) -> Option<AccountType> {
    let word: String = cell.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match word.as_str() {
        "" | "user" | "users" | "usermailbox" | "mailbox" | "person" | "member" => AccountType::User,
        "sharedmailbox" | "shared" => AccountType::SharedMailbox,
        "group" | "groupmailbox" | "m365group" | "microsoft365group" | "office365group" | "unifiedgroup" => AccountType::Group,
        "site" | "sharepoint" | "sharepointsite" => AccountType::Site,
        "team" | "teams" => AccountType::Team,
        _ => return None,
    })
}

fn activated(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "activated" | "active" | "yes" | "y" | "true" | "1" | "on" | "x" => Some(true),
        "" | "deactivated" | "inactive" | "no" | "n" | "false" | "0" | "off" | "unprotected" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
