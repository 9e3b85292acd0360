//! The faces of a document: Inter for Latin, Greek and Cyrillic, one Noto face for each other script, all embedded in the program. More may be added
//! when the server starts. What no face covers is shown as [`MISSING`], never left out silently.

use harfrust::{Direction, FontRef, Script, ShapePlan, ShaperData};
use skrifa::MetadataProvider;
use std::sync::LazyLock;

/// Stands for a character that no face covers.
pub const MISSING: char = '\u{25A1}';

/// How heavy the letters are. Only Inter has the second weight; other scripts are drawn with a thin outline for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weight {
    /// Running text.
    Regular,
    /// Heads and names.
    SemiBold,
}

/// Number of a face in [`Fonts`].
pub(crate) type FaceId = u8;

/// Inter, regular and semi-bold, come first.
pub(crate) const REGULAR: FaceId = 0;
pub(crate) const SEMI_BOLD: FaceId = 1;

pub(crate) struct Face {
    font: FontRef<'static>,
    pub(crate) shaping: ShaperData,
    pub(crate) drawing: krilla::text::Font,
    pub(crate) units: f32,
}

impl Face {
    fn read(data: &'static [u8], index: u32) -> Option<Self> {
        let font = FontRef::from_index(data, index).ok()?;
        let drawing = krilla::text::Font::new(data.into(), index)?;
        let units = drawing.units_per_em();
        Some(Self { shaping: ShaperData::new(&font), font, drawing, units })
    }

    pub(crate) fn shaper(&self) -> harfrust::Shaper<'_> {
        self.shaping.shaper(&self.font).build()
    }

    pub(crate) fn plan(&self, direction: Direction, script: Script, features: &[harfrust::Feature]) -> ShapePlan {
        ShapePlan::new(&self.shaper(), direction, Some(script), None, features)
    }

    fn covers(&self, c: char) -> bool {
        self.font.charmap().map(c).is_some_and(|glyph| glyph.to_u32() != 0)
    }

    /// What a character is as wide as, in em.
    pub(crate) fn advance(&self, c: char) -> f32 {
        let Some(glyph) = self.font.charmap().map(c) else { return 0.0 };
        let metrics = self.font.glyph_metrics(skrifa::instance::Size::unscaled(), skrifa::instance::LocationRef::default());
        metrics.advance_width(glyph).unwrap_or(0.0) / self.units
    }
}

/// All faces, in the order in which they are asked.
pub struct Fonts {
    pub(crate) faces: Vec<Face>,
    /// The face of each character of the basic plane, found once; 255: none.
    basic: Vec<FaceId>,
}

const EMBEDDED: &[&[u8]] = &[
    include_bytes!("../fonts/Inter-Regular.ttf"),
    include_bytes!("../fonts/Inter-SemiBold.ttf"),
    include_bytes!("../fonts/NotoSansHebrew-Regular.ttf"),
    include_bytes!("../fonts/NotoSansArabic-Regular.ttf"),
    include_bytes!("../fonts/NotoSansArmenian-Regular.ttf"),
    include_bytes!("../fonts/NotoSansGeorgian-Regular.ttf"),
    include_bytes!("../fonts/NotoSansEthiopic-Regular.ttf"),
    include_bytes!("../fonts/NotoSansDevanagari-Regular.ttf"),
    include_bytes!("../fonts/NotoSansBengali-Regular.ttf"),
    include_bytes!("../fonts/NotoSansGurmukhi-Regular.ttf"),
    include_bytes!("../fonts/NotoSansGujarati-Regular.ttf"),
    include_bytes!("../fonts/NotoSansTamil-Regular.ttf"),
    include_bytes!("../fonts/NotoSansTelugu-Regular.ttf"),
    include_bytes!("../fonts/NotoSansKannada-Regular.ttf"),
    include_bytes!("../fonts/NotoSansMalayalam-Regular.ttf"),
    include_bytes!("../fonts/NotoSansSinhala-Regular.ttf"),
    include_bytes!("../fonts/NotoSansThai-Regular.ttf"),
    include_bytes!("../fonts/NotoSansLao-Regular.ttf"),
    include_bytes!("../fonts/NotoSansKhmer-Regular.ttf"),
    include_bytes!("../fonts/NotoSansMyanmar-Regular.ttf"),
    include_bytes!("../fonts/NotoSansCJKsc-Regular.otf"),
];

const NONE: FaceId = FaceId::MAX;
const BASIC: u32 = 0x1_0000;

impl Fonts {
    /// The embedded faces, read once in the life of the process.
    pub fn embedded() -> &'static Self {
        static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts::with(Vec::new()));
        &FONTS
    }

    /// The embedded faces and more (TrueType, OpenType, or the first of a collection), asked after them. What can't be read is left out. The given ones
    /// stay in memory until the process ends.
    pub fn with(more: Vec<Vec<u8>>) -> Self {
        let more = more.into_iter().map(|data| &*Box::leak(data.into_boxed_slice()));
        let faces: Vec<Face> =
            EMBEDDED.iter().copied().chain(more).filter_map(|data| Face::read(data, 0)).take(usize::from(NONE)).collect();
        let mut fonts = Self { faces, basic: Vec::new() };
        fonts.basic = (0..BASIC).map(|c| char::from_u32(c).map_or(NONE, |c| fonts.ask(c))).collect();
        fonts
    }

    fn ask(&self, c: char) -> FaceId {
        let found = self.faces.iter().enumerate().find(|(place, face)| *place != usize::from(SEMI_BOLD) && face.covers(c));
        found.and_then(|(place, _)| FaceId::try_from(place).ok()).unwrap_or(NONE)
    }

    /// The first face that covers a character.
    pub(crate) fn face_of(&self, c: char) -> Option<FaceId> {
        let face = if u32::from(c) < BASIC { self.basic.get(c as usize).copied().unwrap_or(NONE) } else { self.ask(c) };
        (face != NONE).then_some(face)
    }

    /// Whether a face covers a character.
    pub(crate) fn covers(&self, face: FaceId, c: char) -> bool {
        self.face_of(c) == Some(face) || self.faces.get(usize::from(face)).is_some_and(|f| f.covers(c))
    }
}
