//! Colours that people choose: read as `#rrggbb`, and how well they are read on white. The page says so while one is chosen; documents follow it.

/// Red, green, blue.
pub type Rgb = [u8; 3];

/// Contrast that small text needs (WCAG 2, AA).
pub const TEXT_CONTRAST: f64 = 4.5;

/// `#rrggbb` in either case.
pub fn parse(text: &str) -> Option<Rgb> {
    let digits = text.strip_prefix('#')?.as_bytes();
    let [a, b, c, d, e, f] = digits else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let part = |high: u8, low: u8| Some(digit(high)? * 16 + digit(low)?);
    Some([part(*a, *b)?, part(*c, *d)?, part(*e, *f)?])
}

/// How well a colour is read on white, as WCAG counts it: 1 to 21.
pub fn contrast_on_white(colour: Rgb) -> f64 {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = colour.map(linear);
    1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_read_from_its_digits() {
        assert_eq!(parse("#4338b8"), Some([0x43, 0x38, 0xb8]));
        assert_eq!(parse("#ABCDEF"), Some([0xab, 0xcd, 0xef]));
        for wrong in ["", "#", "4338b8", "#4338b", "#4338b80", "#gggggg", "#ééé"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn contrast_is_as_wcag_counts_it() {
        assert!((contrast_on_white([0, 0, 0]) - 21.0).abs() < 0.001);
        assert!((contrast_on_white([255, 255, 255]) - 1.0).abs() < 0.001);
        assert!(contrast_on_white([0x76, 0x76, 0x76]) >= TEXT_CONTRAST && contrast_on_white([0x78, 0x78, 0x78]) < TEXT_CONTRAST);
    }
}
