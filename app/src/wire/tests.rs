//! What the lean reader reads, and what it says where something doesn't fit.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::reader::read;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Port(u16);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(u32),
    Line(i64, i64),
    Box { width: u8, note: Option<String> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Plain,
    Full { at: i64, shape: Shape },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number { every: u32 },
    Word(String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct All {
    shapes: Vec<Shape>,
    tagged: Vec<Tagged>,
    either: (Either, Either),
    ports: BTreeMap<Port, Option<f64>>,
    by_sign: BTreeMap<i32, bool>,
    far: (u64, i64),
    nothing: (),
    share: f32,
    #[serde(default)]
    later: Option<Box<Self>>,
    words: Result<String, u8>,
}

fn all(later: Option<Box<All>>) -> All {
    All {
        shapes: vec![Shape::Point, Shape::Circle(7), Shape::Line(-1, i64::MIN), Shape::Box { width: 255, note: None }],
        tagged: vec![Tagged::Plain, Tagged::Full { at: -3, shape: Shape::Box { width: 0, note: Some("é \"\u{1f6a2}\"".to_owned()) } }],
        either: (Either::Number { every: 15 }, Either::Word("daily \\ \n\u{1f6a2} \"x\"".to_owned())),
        ports: BTreeMap::from([(Port(443), None), (Port(22), Some(1.5))]),
        by_sign: BTreeMap::from([(-1, true), (1, false)]),
        far: (u64::MAX, i64::MAX),
        nothing: (),
        share: 2.0,
        later,
        words: Err(3),
    }
}

#[test]
fn what_is_written_is_read() {
    let whole = all(Some(Box::new(all(None))));
    for text in [serde_json::to_string(&whole).unwrap(), serde_json::to_string_pretty(&whole).unwrap()] {
        assert_eq!(read::<All>(&text).unwrap(), whole);
    }
}

#[test]
fn fields_that_are_not_known_are_passed_over_and_those_with_a_default_may_be_missing() {
    let mut text = serde_json::to_value(all(None)).unwrap();
    text["more"] = serde_json::json!({"of": [1, -2.5e3, null, true, false, "x\"}]", {}, [], {"a": {"b": [[]]}}]});
    text.as_object_mut().unwrap().remove("later");
    assert_eq!(read::<All>(&text.to_string()).unwrap(), all(None));
}

#[test]
fn what_does_not_fit_is_told() {
    let fault = |text: &str| read::<Vec<Shape>>(text).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            fault("[{\"Circle\":-1}]"),
            fault("[{\"Circle\":1.5}]"),
            fault("[\"Circle\"]"),
            fault("[{\"Line\":[1]}]"),
            fault("[{\"Line\":[1,2,3]}]"),
            fault("[{\"Box\":{\"width\":256}}]"),
            fault("[{\"Box\":{}}]"),
            fault("[{\"Point\":1}]"),
            fault("[\"Square\"]"),
            fault("{}"),
            fault("[{\"Circle\":1}"),
            fault("[{\"Circle\":1} 2]"),
            fault("[{\"Circle\":1}] 2"),
            fault("[\"Point"),
            fault("[{\"Circle\":-}]"),
            read::<BTreeMap<i32, bool>>("{\"x\":true}").unwrap_err().to_string(),
        ]
        .join("\n")
    );
}
