//! Whose document it is: a partner's name, colour, logo and a line at the foot of each page.

use domain::colour::{self, TEXT_CONTRAST};
use krilla::color::rgb;
use serde::{Deserialize, Serialize};

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// The product's own.
    pub const ACCENT: Self = Self(0x43, 0x38, 0xb8);
    pub(crate) const INK: Self = Self(0x19, 0x1b, 0x1f);
    pub(crate) const SOFT: Self = Self(0x51, 0x55, 0x5d);
    pub(crate) const LINE: Self = Self(0xd9, 0xd9, 0xd4);
    pub(crate) const SUNK: Self = Self(0xf3, 0xf3, 0xf0);
    pub(crate) const WHITE: Self = Self(0xff, 0xff, 0xff);

    /// `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let [red, green, blue] = colour::parse(text)?;
        Some(Self(red, green, blue))
    }

    /// How well it is read on white, as WCAG counts it: 1 to 21. Small text wants 4.5.
    pub fn contrast_on_white(self) -> f64 {
        colour::contrast_on_white([self.0, self.1, self.2])
    }

    /// The same hue, as dark as text needs to be on white.
    pub(crate) fn for_text(self) -> Self {
        let mut colour = self;
        while colour.contrast_on_white() < TEXT_CONTRAST {
            let darker = |channel: u8| u8::try_from(u32::from(channel) * 9 / 10).unwrap_or(0);
            colour = Self(darker(colour.0), darker(colour.1), darker(colour.2));
        }
        colour
    }

    pub(crate) fn ink(self) -> rgb::Color {
        rgb::Color::new(self.0, self.1, self.2)
    }
}

/// A partner's look.
#[derive(Clone, Debug)]
pub struct Brand {
    /// Name, at the head of each page.
    pub name: String,
    /// Colour of heads and rules; where it is too light for text, text is darker.
    pub colour: Colour,
    /// Logo.
    pub logo: Option<Logo>,
    /// A line at the foot of each page.
    pub footer: String,
}

impl Brand {
    /// A name in the product's own look.
    pub fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), colour: Colour::ACCENT, logo: None, footer: String::new() }
    }
}

/// Largest file of a logo, in bytes.
pub const LOGO_BYTES: usize = 200 * 1024;
/// Longest side of a logo, in pixels.
pub const LOGO_SIDE: u32 = 2_000;

/// A picture that was read and found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
}

/// Why a file is no logo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum LogoFault {
    /// Not a PNG, or a broken one.
    #[error("this file is not a PNG picture that can be read")]
    NotPng,
    /// Too many bytes.
    #[error("the picture is larger than 200 KB: save it smaller")]
    TooLarge,
    /// Too many pixels.
    #[error("the picture is wider or higher than 2,000 pixels: save it smaller")]
    TooManyPixels,
}

impl Logo {
    /// Reads a PNG.
    pub fn read(file: &[u8]) -> Result<Self, LogoFault> {
        if file.len() > LOGO_BYTES {
            return Err(LogoFault::TooLarge);
        }
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().map_err(|_| LogoFault::NotPng)?;
        let (width, height) = reader.info().size();
        if width == 0 || height == 0 {
            return Err(LogoFault::NotPng);
        }
        if width > LOGO_SIDE || height > LOGO_SIDE {
            return Err(LogoFault::TooManyPixels);
        }
        let mut data = vec![0; reader.output_buffer_size().ok_or(LogoFault::TooManyPixels)?];
        let frame = reader.next_frame(&mut data).map_err(|_| LogoFault::NotPng)?;
        data.truncate(frame.buffer_size());
        let pixels: Vec<u8> = match frame.color_type {
            png::ColorType::Rgba => data,
            png::ColorType::GrayscaleAlpha => data.as_chunks::<2>().0.iter().flat_map(|[l, a]| [*l, *l, *l, *a]).collect(),
            png::ColorType::Rgb => data.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*r, *g, *b, 255]).collect(),
            png::ColorType::Grayscale => data.iter().flat_map(|l| [*l, *l, *l, 255]).collect(),
            png::ColorType::Indexed => return Err(LogoFault::NotPng),
        };
        let expected = usize::try_from(u64::from(width) * u64::from(height) * 4).map_err(|_| LogoFault::TooManyPixels)?;
        if pixels.len() != expected {
            return Err(LogoFault::NotPng);
        }
        Ok(Self { width, height, pixels })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn picture(width: u32, height: u32, colour: png::ColorType) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(colour);
        let pixels = vec![120; width as usize * height as usize * colour.samples()];
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        file
    }

    #[test]
    fn a_picture_of_any_kind_becomes_a_logo() {
        for colour in [png::ColorType::Rgb, png::ColorType::Rgba, png::ColorType::Grayscale, png::ColorType::GrayscaleAlpha] {
            let logo = Logo::read(&picture(20, 10, colour)).unwrap();
            assert_eq!((logo.size(), logo.pixels.len()), ((20, 10), 800), "{colour:?}");
        }
    }

    #[test]
    fn what_is_no_picture_is_refused_with_its_reason() {
        assert_eq!(Logo::read(b"<svg/>"), Err(LogoFault::NotPng));
        assert_eq!(Logo::read(&picture(2_001, 1, png::ColorType::Rgb)), Err(LogoFault::TooManyPixels));
        assert_eq!(Logo::read(&vec![0; LOGO_BYTES + 1]), Err(LogoFault::TooLarge));
        let whole = picture(50, 50, png::ColorType::Rgb);
        assert_eq!(Logo::read(&whole[..whole.len() / 2]), Err(LogoFault::NotPng));
    }

    #[test]
    fn a_colour_is_read_and_made_dark_enough_for_text() {
        assert_eq!(Colour::parse("#4338b8"), Some(Colour::ACCENT));
        for wrong in ["", "4338b8", "#4338b", "#gggggg", "#éééé"] {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
        assert!(Colour::ACCENT.contrast_on_white() > 7.0);
        let pale = Colour(0xff, 0xe0, 0x8a);
        assert!(pale.contrast_on_white() < 2.0 && pale.for_text().contrast_on_white() >= 4.5);
    }
}
