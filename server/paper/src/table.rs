//! A table that flows over pages: its head is repeated, a row is never cut, and each cell knows its row's and its column's head.

use crate::{
    PaperError,
    brand::Colour,
    document::{Align, Block, Cell, Column, Table, Width},
    marks,
    sheet::{Part, SIDE, Sheets, shown},
    tags::{ElementId, Kind, ROOT},
    typeset::{Line, Style},
};
use krilla::geom::PathBuilder;

const TEXT: Style = Style::regular(8.0);
const HEAD: Style = Style::strong(7.5);
const BELOW: Style = Style::regular(7.0);
const PAD: f32 = 4.0;
const AIR: f32 = 3.75;
const BARS: f32 = 13.0;
/// Numbers keep this distance from what stands at their right.
const FAR: f32 = 5.0;
/// Of a word after its mark.
const INDENT: f32 = 11.0;
/// Most lines of a cell: a row must fit a page.
const LINES: usize = 12;

/// What a cell takes.
enum Laid {
    Lines { text: String, lines: Vec<Line>, below: Option<(String, Vec<Line>)> },
    Drawing(f32),
}

impl Laid {
    fn height(&self) -> f32 {
        match self {
            Self::Lines { lines, below, .. } => {
                let under = below.as_ref().map_or(0, |(_, lines)| lines.len());
                TEXT.leading() * lines.len() as f32 + BELOW.leading() * under as f32
            }
            Self::Drawing(height) => *height,
        }
    }
}

impl Sheets<'_> {
    pub(crate) fn table(&mut self, table: &Table) -> Result<(), PaperError> {
        self.rows(table, table.rows.iter())
    }

    /// The same, for the last time: a row is forgotten when it is drawn.
    pub(crate) fn last_table(&mut self, mut table: Table) -> Result<(), PaperError> {
        let rows = std::mem::take(&mut table.rows);
        self.rows(&table, rows.into_iter())
    }

    fn rows<R: AsRef<[Cell]>>(&mut self, table: &Table, rows: impl Iterator<Item = R>) -> Result<(), PaperError> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return self.block(&Block::Paragraph(table.empty.clone()));
        }
        let widths = self.widths(table);
        let heads: Vec<(String, Vec<Line>)> = table
            .columns
            .iter()
            .zip(&widths)
            .map(|(column, width)| {
                let text = self.type_.clean(&column.head).into_owned();
                let far = if column.align == Align::End { FAR } else { 0.0 };
                let lines = self.type_.lines(&text, HEAD, width - 2.0 * PAD - far, 3);
                (text, lines)
            })
            .collect();
        let head_height = HEAD.leading() * heads.iter().map(|(_, lines)| lines.len()).max().unwrap_or(1) as f32 + 2.0 * AIR;
        let element = self.element(ROOT, Kind::Table(crate::clean::readable(&table.summary).into()));
        let head = self.element(element, Kind::Head);
        let head_row = self.element(head, Kind::Row);
        let all = self.element(element, Kind::Rows);
        let first = rows.peek().map_or(0.0, |row| self.row(row.as_ref(), &table.columns, &widths, head_height).1);
        self.need(head_height + first)?;
        self.head(table, &widths, &heads, head_height, Some(head_row));
        let mut rules = PathBuilder::new();
        for row in rows {
            let row = row.as_ref();
            let (laid, height) = self.row(row, &table.columns, &widths, head_height);
            if !self.fits(height) {
                self.under(std::mem::replace(&mut rules, PathBuilder::new()), marks::Paint::Fill(Colour::LINE));
                self.turn()?;
                self.head(table, &widths, &heads, head_height, None);
            }
            let tag = self.element(all, Kind::Row);
            let mut x = SIDE;
            for (place, ((cell, laid), width)) in row.iter().zip(laid).zip(&widths).enumerate() {
                let kind = if place == 0 { Kind::RowHead } else { Kind::Cell };
                let element = self.element(tag, kind);
                let align = table.columns.get(place).map_or(Align::Start, |c| c.align);
                self.cell(element, cell, laid, align, [x, self.y, *width, height]);
                x += width;
            }
            self.y += height;
            marks::rect(&mut rules, SIDE, self.y - 0.25, self.inner_width(), 0.5);
        }
        self.under(rules, marks::Paint::Fill(Colour::LINE));
        self.y += 12.0;
        Ok(())
    }

    /// The cells of a row, and how high it is: never higher than a page.
    fn row(&mut self, row: &[Cell], columns: &[Column], widths: &[f32], head: f32) -> (Vec<Laid>, f32) {
        let laid: Vec<Laid> =
            row.iter().zip(widths).zip(columns).map(|((cell, width), column)| self.lay(cell, column.align, width - 2.0 * PAD)).collect();
        let most = self.page_height() - head - 2.0 * AIR;
        let height = laid.iter().map(Laid::height).fold(TEXT.leading(), f32::max).min(most) + 2.0 * AIR;
        (laid, height)
    }

    fn widths(&self, table: &Table) -> Vec<f32> {
        let fixed: f32 = table.columns.iter().map(|c| if let Width::Points(p) = c.width { p } else { 0.0 }).sum();
        let shares: f32 = table.columns.iter().map(|c| if let Width::Share(s) = c.width { s } else { 0.0 }).sum();
        let unit = (self.inner_width() - fixed).max(0.0) / shares.max(0.01);
        let width = |w: Width| match w {
            Width::Points(points) => points,
            Width::Share(share) => (share * unit).max(24.0),
        };
        table.columns.iter().map(|c| width(c.width)).collect()
    }

    /// The head; after the first time it is only part of the page.
    fn head(&mut self, table: &Table, widths: &[f32], heads: &[(String, Vec<Line>)], height: f32, row: Option<ElementId>) {
        self.ground([SIDE, self.y, self.inner_width(), height], Colour::SUNK);
        let colour = self.colour();
        self.ground([SIDE, self.y + height - 0.8, self.inner_width(), 0.8], colour);
        let mut x = SIDE;
        for (((text, lines), width), column) in heads.iter().zip(widths).zip(&table.columns) {
            let part = match row {
                Some(row) => Part::Of(self.element(row, Kind::ColumnHead)),
                None => Part::Layout,
            };
            let first = self.y + height - AIR - HEAD.leading() * lines.len() as f32 + HEAD.size;
            for (place, line) in lines.iter().enumerate() {
                let base = first + HEAD.leading() * place as f32;
                self.line(part, &shown(text, line), HEAD, Colour::INK, column.align, [x, base, *width]);
            }
            x += width;
        }
        self.y += height;
    }

    fn line(&mut self, part: Part, text: &str, style: Style, colour: Colour, align: Align, [x, base, width]: [f32; 3]) {
        if self.counting() {
            return;
        }
        let x = match align {
            Align::Start => x + PAD,
            Align::End => x + width - PAD - FAR - self.type_.width(text, style),
        };
        self.text(part, x, base, text, style, colour);
    }

    fn lay(&mut self, cell: &Cell, align: Align, width: f32) -> Laid {
        let width = width - if align == Align::End { FAR } else { 0.0 };
        let mut lines = |text: &str, style: Style, width: f32, most: usize| {
            let text = self.type_.clean(text).into_owned();
            let lines = self.type_.lines(&text, style, width, most);
            (text, lines)
        };
        match cell {
            Cell::Text(text) => {
                let (text, lines) = lines(text, TEXT, width, LINES);
                Laid::Lines { text, lines, below: None }
            }
            Cell::Pair(text, soft) => {
                let (text, above) = lines(text, TEXT, width, LINES / 2);
                let below = lines(soft, BELOW, width, LINES / 2);
                Laid::Lines { text, lines: above, below: Some(below) }
            }
            Cell::State(_, word, soft) => {
                let (text, above) = lines(word, TEXT, width - INDENT, LINES / 2);
                let below = (!soft.is_empty()).then(|| lines(soft, BELOW, width - INDENT, LINES / 2));
                Laid::Lines { text, lines: above, below }
            }
            Cell::Link { .. } => Laid::Drawing(TEXT.leading()),
            Cell::Days(_) => Laid::Drawing(BARS),
            Cell::Workloads(_) => Laid::Drawing(marks::WORKLOAD),
        }
    }

    fn cell(&mut self, element: ElementId, cell: &Cell, laid: Laid, align: Align, [x, y, width, height]: [f32; 4]) {
        if self.counting() {
            return;
        }
        let part = Part::Of(element);
        let middle = |high: f32| y + (height - high) / 2.0;
        match (cell, laid) {
            (Cell::Days(days), _) => {
                let figure = self.figure(element, &days.alternative, [x + PAD, middle(BARS), width - 2.0 * PAD, BARS]);
                self.shapes(Part::Of(figure), marks::days(&days.days, x + PAD, middle(BARS), width - 2.0 * PAD, BARS));
            }
            (Cell::Workloads(workloads), _) => {
                let figure =
                    self.figure(element, &words_of(workloads), [x + PAD, middle(marks::WORKLOAD), width - 2.0 * PAD, marks::WORKLOAD]);
                let colour = self.colour().for_text();
                let step = (marks::WORKLOAD + 3.0).min((width - 2.0 * PAD) / workloads.len().max(1) as f32);
                let (top, part) = (middle(marks::WORKLOAD), Part::Of(figure));
                for active in [true, false] {
                    let placed = workloads.iter().enumerate().filter(|(_, w)| w.active == active);
                    let letters: Vec<(char, f32)> = placed.map(|(place, w)| (w.letter, x + PAD + step * place as f32)).collect();
                    let places: Vec<f32> = letters.iter().map(|(_, left)| *left).collect();
                    self.shapes(part, marks::workloads(active, colour, &places, top));
                    self.tile_letters(part, letters, active, top);
                }
            }
            (Cell::Link { text, to }, _) => self.link_at(element, text, to, TEXT, [x + PAD, y + AIR, width - 2.0 * PAD]),
            (cell, Laid::Lines { text, lines, below }) => {
                let (mut x, mut width, mut colour) = (x, width, Colour::INK);
                if let Cell::State(mark, ..) = cell {
                    self.shapes(Part::Layout, marks::mark(*mark, x + PAD, y + AIR + 1.3, 7.0));
                    (x, width, colour) = (x + INDENT, width - INDENT, mark.ink());
                }
                // Beside drawings a single line stands in the middle of the row.
                let single = lines.len() == 1 && below.is_none() && height - 2.0 * AIR < 1.5 * TEXT.leading();
                let top = if single { middle(TEXT.leading()) } else { y + AIR };
                let mut base = top + TEXT.size;
                for line in &lines {
                    self.line(part, &shown(&text, line), TEXT, colour, align, [x, base, width]);
                    base += TEXT.leading();
                }
                if let Some((text, lines)) = below {
                    base += BELOW.size - TEXT.size;
                    for line in &lines {
                        self.line(part, &shown(&text, line), BELOW, Colour::SOFT, align, [x, base, width]);
                        base += BELOW.leading();
                    }
                }
            }
            (_, Laid::Drawing(_)) => {}
        }
    }
}

/// "Active: Mail, Drive. Inactive: Tasks."
fn words_of(workloads: &[crate::document::Workload]) -> String {
    let names = |active: bool| workloads.iter().filter(|w| w.active == active).map(|w| w.name.as_str()).collect::<Vec<_>>().join(", ");
    match (names(true), names(false)) {
        (active, inactive) if active.is_empty() && inactive.is_empty() => "No workloads".to_owned(),
        (active, inactive) if inactive.is_empty() => format!("Active: {active}"),
        (active, inactive) if active.is_empty() => format!("Inactive: {inactive}"),
        (active, inactive) => format!("Active: {active}. Inactive: {inactive}"),
    }
}
