//! The file: what the tools of the trade say of it.
#![expect(clippy::unwrap_used, reason = "tests")]

use crate::{accounts::accounts, samples};
use paper::{Fonts, Limits, PaperError, document::Block, document::Document, render};
use std::{cell::Cell, path::Path, process::Command};

fn made(document: &Document) -> Vec<u8> {
    render(document.clone(), Fonts::embedded(), Limits::default(), &|| false).unwrap()
}

/// What a tool says of a file.
fn said(tool: &str, before: &[&str], file: &Path, after: &[&str]) -> String {
    let output =
        Command::new(tool).args(before).arg(file).args(after).output().unwrap_or_else(|e| panic!("{tool} (tools/setup.sh tests): {e}"));
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn kept(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.pdf");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn every_sample_is_a_sound_tagged_file() {
    for (name, document) in samples::all() {
        let (_folder, path) = kept(&made(&document));
        let checked = said("qpdf", &["--check"], &path, &[]);
        assert!(checked.contains("No syntax or stream encoding errors found"), "{name}: {checked}");
        let info = said("pdfinfo", &[], &path, &[]);
        let says = |key: &str, value: &str| info.lines().any(|line| line.starts_with(key) && line.contains(value));
        assert!(says("Tagged:", "yes") && says("PDF version:", "1.7") && says("JavaScript:", "no"), "{name}: {info}");
        let metadata = said("pdfinfo", &["-meta"], &path, &[]);
        assert!(metadata.contains("pdfaid:part") && metadata.contains("pdfuaid:part"), "{name}: {metadata}");
        let fonts = said("pdffonts", &[], &path, &[]);
        let embedded = fonts.lines().skip(2).all(|line| line.contains("yes yes yes"));
        assert!(embedded, "each face is embedded, cut to what is used, and can be read back: {fonts}");
    }
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    for (name, document) in samples::all() {
        assert!(made(&document) == made(&document), "{name}");
    }
}

#[test]
fn the_compliance_report_reads_as_it_was_written() {
    let (_, report) = samples::all().into_iter().find(|(name, _)| *name == "compliance-one-client").unwrap();
    let (_folder, path) = kept(&made(&report));
    let text = said("pdftotext", &["-layout", "-enc", "UTF-8"], &path, &["-"]);
    let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    insta::assert_snapshot!(text.replace('\u{c}', "———————— page ————————\n"));
}

#[test]
fn the_backup_summary_reads_as_it_was_written() {
    for name in ["backup-summary-organization", "backup-summary-devices"] {
        let (_, report) = samples::all().into_iter().find(|(of, _)| *of == name).unwrap();
        let (_folder, path) = kept(&made(&report));
        let text = said("pdftotext", &["-layout", "-enc", "UTF-8"], &path, &["-"]);
        let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        insta::assert_snapshot!(name, text.replace('\u{c}', "———————— page ————————\n"));
    }
}

#[test]
fn the_structure_says_what_is_a_head_and_what_is_a_cell() {
    let (_folder, path) = kept(&made(&accounts(60, 31)));
    let structure = said("pdfinfo", &["-struct-text"], &path, &[]);
    let of = |line: &str| line.trim_start().split([' ', ':']).next().unwrap_or_default().to_owned();
    let count = |element: &str| structure.lines().filter(|line| of(line) == element).count();
    assert_eq!(count("Table"), 1, "one table, though it takes several pages");
    assert_eq!(count("TR"), 61, "the repeated heads are not read again");
    assert_eq!(count("TH"), 6 + 60, "a head for each column and each row");
    assert_eq!(count("TD"), 5 * 60);
    assert_eq!(count("Figure"), 2 * 60 + 1, "bars, workloads, and the logo");
    assert!(structure.contains("ulrich.rossi0@contoso-industries.example"), "{structure}");
}

#[test]
fn names_of_every_script_can_be_read_back() {
    let (_folder, path) = kept(&made(&samples::scripts()));
    let text = said("pdftotext", &["-enc", "UTF-8"], &path, &["-"]);
    let bare = |s: &str| s.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{202a}'..='\u{202e}')).collect::<String>();
    let read = bare(&text);
    for name in samples::NAMES {
        assert!(read.contains(&bare(name)), "{name}: {text}");
    }
    assert!(text.contains("Party □ Ltd. □") && text.contains("could not be shown"), "{text}");
}

#[test]
fn ten_thousand_rows_are_made_and_more_than_allowed_are_refused() {
    let file = made(&accounts(10_000, 31));
    let (_folder, path) = kept(&file);
    let info = said("pdfinfo", &[], &path, &[]);
    let pages: usize = info.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim().parse().unwrap();
    assert!((400..700).contains(&pages), "{pages} pages");
    assert!(file.len() < 10_000_000, "{} bytes", file.len());
    let text = said("pdftotext", &["-f", "2", "-l", "2"], &path, &["-"]);
    assert!(text.contains(&format!("Page 2 of {pages}")), "{text}");
    let few = Limits { rows: 9_999 };
    let refused = render(accounts(10_000, 31), Fonts::embedded(), few, &|| false);
    assert_eq!(refused, Err(PaperError::TooManyRows { rows: 10_000, limit: 9_999 }));
}

#[test]
fn whoever_wanted_it_can_stop_it_at_any_page() {
    let document = accounts(200, 31);
    for after in [0, 1, 5, 12] {
        let asked = Cell::new(0);
        let stop = || asked.replace(asked.get() + 1) >= after;
        assert_eq!(render(document.clone(), Fonts::embedded(), Limits::default(), &stop), Err(PaperError::Stopped));
        assert_eq!(asked.get(), after + 1, "not a page more");
    }
}

#[test]
fn characters_of_head_and_foot_that_cannot_be_shown_leave_the_count_of_pages_as_it_is() {
    // The remark about them is one line: with some of these it is the one that takes a page more.
    let mut document = samples::scripts();
    document.brand.name = "Party 🎉 Ltd.".to_owned();
    document.brand.footer = "🎉".to_owned();
    for lines in 50..130 {
        document.blocks = vec![Block::Paragraph("A line of this document.".to_owned()); lines];
        let (_folder, path) = kept(&made(&document));
        let info = said("pdfinfo", &[], &path, &[]);
        let pages = info.lines().find_map(|line| line.strip_prefix("Pages:")).unwrap().trim().to_owned();
        let text = said("pdftotext", &["-f", &pages], &path, &["-"]);
        assert!(text.contains(&format!("Page {pages} of {pages}")), "{lines}: {text}");
    }
}

#[test]
fn what_is_left_out_at_the_end_and_what_is_told_no_more_are_said() {
    let (_, report) = samples::all().into_iter().find(|(name, _)| *name == "compliance").unwrap();
    let (_folder, path) = kept(&made(&report));
    let text = said("pdftotext", &["-layout", "-enc", "UTF-8"], &path, &["-"]);
    assert!(text.contains("Left out") && text.contains("and 78 earlier ones") && text.contains("the latest of each device"), "{text}");
}

#[test]
fn a_document_without_anything_is_still_a_file() {
    let mut document = samples::scripts();
    document.blocks = Vec::new();
    document.title = String::new();
    made(&document);
    document.blocks = vec![Block::PageBreak, Block::Paragraph(String::new()), Block::Heading(3, String::new()), Block::Facts(Vec::new())];
    made(&document);
}
