//! What is put on a page: kept until the page is full, then drawn by the engine, as text of an element or as part of the page.

use super::Part;
use crate::{
    brand::Colour,
    marks::{Paint, Shape, near},
    typeset::{Style, Typesetter},
};
use krilla::{
    geom::{Point, Size, Transform},
    image::Image,
    num::NormalizedF32,
    paint::{Fill, FillRule, LineCap, LineJoin, Stroke, StrokeDash},
    surface::Surface,
    tagging::{Artifact, ArtifactType, ContentTag, SpanTag},
};

pub(super) enum Op {
    Text {
        x: f32,
        y: f32,
        text: String,
        style: Style,
        colour: Colour,
    },
    /// Single letters, each in the middle of a place of its own.
    Letters {
        letters: Vec<(char, f32)>,
        y: f32,
        style: Style,
        colour: Colour,
    },
    Shape(Shape),
    Logo {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
    },
}

pub(super) fn content_tag(part: Part, op: &Op) -> ContentTag<'static> {
    match (part, op) {
        (Part::Of(_), Op::Text { .. }) => ContentTag::Span(SpanTag::empty()),
        (Part::Of(_), _) => ContentTag::Other,
        (Part::Layout, _) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
        (Part::Head, _) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Header)),
        (Part::Foot, _) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)),
    }
}

fn filled(colour: Colour) -> Fill {
    Fill { paint: colour.ink().into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn stroked(colour: Colour, width: f32, dash: Option<StrokeDash>, line_cap: LineCap) -> Stroke {
    Stroke { paint: colour.ink().into(), width, miter_limit: 4.0, line_cap, line_join: LineJoin::Round, opacity: NormalizedF32::ONE, dash }
}

pub(super) fn draw(surface: &mut Surface<'_>, type_: &mut Typesetter<'_>, op: Op, logo: Option<&Image>) {
    match op {
        Op::Text { x, y, text, style, colour } => {
            let mut at = x;
            for run in type_.runs(&text, style) {
                let Some(face) = type_.fonts.faces.get(usize::from(run.face)) else { continue };
                surface.set_fill(Some(filled(colour)));
                surface.set_stroke(run.thicken.then(|| stroked(colour, style.size * 0.022, None, LineCap::Round)));
                surface.draw_glyphs(Point::from_xy(near(at), near(y)), &run.glyphs, face.drawing.clone(), &run.text, style.size, false);
                at += run.width;
            }
        }
        Op::Letters { letters, y, style, colour } => {
            let Some((run, x)) = type_.spread(&letters, style) else { return };
            let Some(face) = type_.fonts.faces.get(usize::from(run.face)) else { return };
            surface.set_fill(Some(filled(colour)));
            surface.set_stroke(None);
            surface.draw_glyphs(Point::from_xy(near(x), near(y)), &run.glyphs, face.drawing.clone(), &run.text, style.size, false);
        }
        Op::Shape(Shape { path, paint }) => {
            let (fill, stroke) = match paint {
                Paint::Fill(colour) => (Some(filled(colour)), None),
                Paint::Line(colour, width) => (None, Some(stroked(colour, width, None, LineCap::Round))),
                Paint::Edged(colour, width) => (Some(filled(colour)), Some(stroked(colour, width, None, LineCap::Butt))),
                Paint::Dotted(colour, width) => {
                    let dash = StrokeDash { array: vec![0.01, width * 2.2], offset: 0.0 };
                    (None, Some(stroked(colour, width, Some(dash), LineCap::Round)))
                }
                Paint::Bars(colour, height, wide, gap) => {
                    let dash = StrokeDash { array: vec![near(wide), near(gap)], offset: 0.0 };
                    (None, Some(stroked(colour, height, Some(dash), LineCap::Butt)))
                }
            };
            surface.set_fill(fill);
            surface.set_stroke(stroke);
            surface.draw_path(&path);
        }
        Op::Logo { x, y, width, height } => {
            if let (Some(logo), Some(size)) = (logo, Size::from_wh(width, height)) {
                surface.push_transform(&Transform::from_translate(x, y));
                surface.draw_image(logo.clone(), size);
                surface.pop();
            }
        }
    }
}
