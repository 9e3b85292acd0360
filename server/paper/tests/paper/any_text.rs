//! No text may fail the export: whatever a client calls itself, the report is made.

use crate::samples;
use paper::{
    Fonts, Limits, Mark,
    document::{Block, Cell, Column, Cover, Document, Page, Sign, Table, Tile, Workload},
    render,
};
use proptest::prelude::*;

/// Every block and cell with this text in it.
fn everywhere(text: &str) -> Document {
    let t = || text.to_owned();
    let mut document = samples::scripts();
    document.title = t();
    document.subject = t();
    document.language = "en".to_owned();
    document.page = Page::Portrait;
    document.brand.name = t();
    document.brand.footer = t();
    document.imprint.generated = t();
    document.imprint.inputs_hash = t();
    document.imprint.verify_at = t();
    let cover = || Cover { above: t(), title: t(), subtitle: t(), facts: vec![(t(), t())] };
    let letter = text.chars().next().unwrap_or('M');
    document.blocks = vec![
        Block::Cover(cover()),
        Block::Masthead(cover()),
        Block::Heading(1, t()),
        Block::Heading(2, t()),
        Block::Paragraph(t()),
        Block::Note(t()),
        Block::Facts(vec![(t(), t())]),
        Block::Definitions(vec![(t(), t())]),
        Block::Tiles(vec![Tile { label: t(), value: t(), note: t(), mark: Some(Mark::Bad) }]),
        Block::Legend(vec![(Sign::Active(letter), t()), (Sign::Inactive(letter), t())]),
        Block::Link { text: t(), to: t() },
        Block::Table(Table {
            summary: t(),
            columns: vec![
                Column::text(text, 2.0),
                Column::number(text, 1.0),
                Column::text(text, 1.0),
                Column::text(text, 0.5),
                Column::drawing(text, 40.0),
            ],
            rows: vec![vec![
                Cell::text(text),
                Cell::Pair(t(), t()),
                Cell::State(Mark::Off, t(), t()),
                Cell::Link { text: t(), to: t() },
                Cell::Workloads(vec![Workload { letter, name: t(), active: true }]),
            ]],
            empty: t(),
        }),
    ];
    document
}

fn made(text: &str) -> Result<usize, String> {
    render(everywhere(text), Fonts::embedded(), Limits::default(), &|| false).map(|file| file.len()).map_err(|e| e.to_string())
}

#[test]
fn the_worst_that_is_known() {
    let long = "x".repeat(9_000);
    let words = "many words ".repeat(900);
    let marks = "e\u{301}".repeat(50) + &"\u{301}".repeat(300);
    for text in [
        "",
        " ",
        "\u{0}",
        "\u{feff}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{200d}",
        "\u{200d}\u{200d}अ",
        "\u{e000}",
        "\u{10ffff}",
        "🎉👨‍👩‍👧🇩🇪",
        "\u{202e}abc",
        "שלום \u{301}",
        "كتاب\u{200d}",
        "\u{301}",
        "\u{94d}क",
        "a\u{94d}",
        "क\u{94d}\u{200d}ष",
        "\u{1f1e9}",
        "\u{600}",
        "\u{6dd}1",
        "ﷺ",
        "㍿",
        "\u{3164}",
        "\u{ad}",
        "∞≠✓",
        "\u{25cc}",
        "ạ̈̈̈",
        "\u{115f}가",
        "𠀋",
        "<&>\"'",
        &long,
        &words,
        &marks,
    ] {
        assert!(made(text).is_ok(), "{text:?}: {:?}", made(text));
    }
}

/// Every character that a face covers, a hundred at a time: alone, and joined to words.
#[test]
fn every_character_of_the_basic_plane() {
    let all: Vec<char> =
        (0..0xffff_u32).filter_map(char::from_u32).filter(|c| !matches!(c, '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7ff}')).collect();
    for some in all.chunks(400) {
        let apart: String = some.iter().flat_map(|c| [*c, ' ']).collect();
        let table = Block::Table(Table {
            summary: String::new(),
            columns: vec![Column::text("", 1.0)],
            rows: vec![vec![Cell::Text(apart)], vec![Cell::Text(some.iter().collect())]],
            empty: String::new(),
        });
        let mut document = samples::scripts();
        document.blocks = vec![table];
        let file = render(document.clone(), Fonts::embedded(), Limits::default(), &|| false);
        assert!(file.is_ok(), "from {:?}: {file:?}", some.first());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_printed(text in any::<String>()) {
        prop_assert_eq!(made(&text).err(), None);
    }

    #[test]
    fn any_mixture_of_scripts_is_printed(text in "[a-zA-Z0-9 \u{300}-\u{36f}\u{590}-\u{6ff}\u{900}-\u{dff}\u{e00}-\u{109f}\u{1780}-\u{17ff}\u{200b}-\u{206f}\u{3040}-\u{30ff}\u{4e00}-\u{4fff}]{0,60}") {
        prop_assert_eq!(made(&text).err(), None);
    }
}
