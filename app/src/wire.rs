//! How server functions and the browser talk: JSON, read in one way only.
//!
//! Leptos reads resources from text and answers from bytes; two readers of each type were a tenth of the browser's file.

#[cfg(any(not(feature = "ssr"), test))]
mod reader;
#[cfg(test)]
mod tests;

#[cfg(feature = "hydrate")]
use hydration_context::SerializedDataId;
use leptos::{
    prelude::Resource as Asked,
    server::codee::{Decoder, Encoder},
    server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, codec::Post},
};
use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;

/// JSON whose bytes are read as text.
pub struct JsonText;

/// For `output = Wire`, and for `input = Wire` where no form is sent without scripts.
pub type Wire = Post<JsonText>;

/// Reads a value from JSON: in the browser with little code, on the server, where anybody may have written it, with the library.
///
/// # Errors
/// Text that isn't JSON, or doesn't fit the type: what was expected, and where.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    #[cfg(feature = "ssr")]
    return serde_json::from_str(text).map_err(|e| e.to_string());
    #[cfg(not(feature = "ssr"))]
    return reader::read(text).map_err(|e| e.to_string());
}

/// What a page asks of the server: its answer comes with the page's HTML, and is asked for anew when `source` changes.
pub type Resource<T> = Asked<T, JsonText>;

/// Asks with what `source` says.
pub fn resource<S, T, F>(source: impl Fn() -> S + Send + Sync + 'static, ask: impl Fn(S) -> F + Send + Sync + 'static) -> Resource<T>
where
    S: Clone + PartialEq + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = T> + Send + 'static,
{
    Resource::new_with_options(source, ask, false)
}

/// As [`resource`]; nothing of the page is sent before its answer is there, because it may lead elsewhere.
pub fn resource_blocking<S, T, F>(
    source: impl Fn() -> S + Send + Sync + 'static,
    ask: impl Fn(S) -> F + Send + Sync + 'static,
) -> Resource<T>
where
    S: Clone + PartialEq + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = T> + Send + 'static,
{
    Resource::new_with_options(source, ask, true)
}

/// Reads a field of the page's first answer ahead of the rest, in a task of its own. Browsers compile a reader when it is first called:
/// all those of a large answer at once would block a phone.
pub fn read_ahead<T: DeserializeOwned>(path: &'static [&'static str]) {
    #[cfg(feature = "hydrate")]
    crate::components::ahead(move || {
        let context = leptos::prelude::Owner::current_shared_context();
        let Some(answer) = context.and_then(|context| context.read_data(&SerializedDataId::new(0))) else { return };
        // A fault has no fields.
        if answer.starts_with("{\"Ok\"") && !reader::try_field::<T>(&answer, path) {
            leptos::logging::error!("the page's answer has no such field: {path:?}");
        }
    });
    let _ = (path, PhantomData::<T>);
}

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = String;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        let text = std::str::from_utf8(&bytes).map_err(|e| e.to_string())?;
        read(text)
    }
}

impl<T: Serialize> Encoder<T> for JsonText {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for JsonText {
    type Error = String;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, String> {
        read(text)
    }
}
