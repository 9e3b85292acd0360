//! What companies, machines, people and departments are called, a file for each culture: its words alone, and here how companies are named with
//! them. All made up.

mod english;
mod french;
mod german;
mod greek;
mod iberian;
mod japanese;
mod korean;
mod letters;
mod nordic;
mod polish;
mod staff;

pub(crate) use english::ENGLISH;
pub(crate) use french::FRENCH;
pub(crate) use german::GERMAN;
pub(crate) use greek::GREEK;
pub(crate) use iberian::IBERIAN;
pub(crate) use japanese::JAPANESE;
pub(crate) use korean::KOREAN;
pub(crate) use letters::shown;
pub(crate) use nordic::NORDIC;
pub(crate) use polish::POLISH;
pub(crate) use staff::{ELSEWHERE, Staff};

use letters::roman;

/// Words of a language, for names.
pub(crate) struct Culture {
    stems: &'static [&'static str],
    trades: &'static [&'static str],
    /// `{s}` is the stem, `{t}` the trade.
    shapes: &'static [&'static str],
    /// As they stand in the names of machines: lower case, plain letters.
    pub(crate) people: &'static [&'static str],
    /// What a front desk's computer is called, where it is not called `pc-…`.
    pub(crate) desk: Option<&'static str>,
    /// What its people and departments are called.
    pub(crate) staff: &'static Staff,
}

impl Culture {
    /// Places of a number's stem, trade and shape, and how many numbers before had the same.
    fn parts(&self, number: usize) -> (usize, usize, usize, usize) {
        let Culture { stems, trades, shapes, .. } = self;
        // Of all (shape, trade, stem), so that neighbours differ in each: a step without a factor in common.
        let all = stems.len() * trades.len() * shapes.len();
        let step = (all * 618 / 1_000..).find(|step| common(*step, all) == 1).unwrap_or(1);
        let at = number % all * step % all;
        (at % stems.len(), at / stems.len() % trades.len(), at / (stems.len() * trades.len()), number / all)
    }

    /// A name that no other number has.
    pub(crate) fn company(&self, number: usize) -> String {
        let Culture { stems, trades, shapes, .. } = self;
        let (stem, trade, shape, more) = self.parts(number);
        let name = shapes[shape].replace("{s}", stems[stem]).replace("{t}", trades[trade]);
        match more {
            0 => name,
            more => format!("{name} {}", more + 1),
        }
    }

    /// The company's domain, under one that nobody can own.
    pub(crate) fn domain(&self, number: usize) -> String {
        let Culture { stems, trades, .. } = self;
        let (stem, trade, shape, more) = self.parts(number);
        let (stem, trade) = (roman(stems[stem]), roman(trades[trade]));
        let mut name = match shape {
            0 => format!("{stem}-{trade}"),
            1 => format!("{trade}-{stem}"),
            2 => format!("{stem}{trade}"),
            _ => format!("{trade}{stem}"),
        };
        if more > 0 {
            name.push_str(&(more + 1).to_string());
        }
        format!("{name}.example.{}", ["com", "net", "org"][number % 3])
    }
}

fn common(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common(b, a % b) }
}
