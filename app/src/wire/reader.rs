//! Reads a type from JSON with as little code for each type as can be.
//!
//! `serde_json` makes a reader of text anew for each type: white space, positions in the text, structs that may be written as lists.
//! Here all types share one reader of text, and each adds only what its fields are. The browser has less to fetch, and less to compile
//! before a page answers (docs/decisions/0017-lean-reading.md). It reads what our own server has written: nesting isn't limited, and
//! numbers may begin with zeros.

mod text;

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
        value::{Error, StrDeserializer},
    },
    forward_to_deserialize_any,
};
use std::{borrow::Cow, str::FromStr};
use text::{Number, Text};

/// Reads a value from JSON.
///
/// # Errors
/// Text that isn't JSON, or doesn't fit the type; with the place in the text, in bytes.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let mut text = Text { text, at: 0 };
    let value = T::deserialize(&mut text)?;
    if text.next_byte().is_some() { Err(text.is_not("the end")) } else { Ok(value) }
}

/// Reads a field of an answer `{"Ok":{…}}` for nothing but that the browser compiles its reader. True: it is there and fits the type.
#[cfg(feature = "hydrate")]
pub(super) fn try_field<T: DeserializeOwned>(answer: &str, path: &[&str]) -> bool {
    let mut text = Text { text: answer, at: 0 };
    path.iter().all(|name| text.enter(name).unwrap_or(false)) && T::deserialize(&mut text).is_ok()
}

macro_rules! numbers {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.number()? {
                Number::Natural(number) => visitor.visit_u64(number),
                Number::Negative(number) => visitor.visit_i64(number),
                Number::Broken(number) => visitor.visit_f64(number),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Text<'de> {
    type Error = Error;

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }
    forward_to_deserialize_any! { i128 u128 char bytes byte_buf }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.next_byte() {
            Some(b'n') => self.deserialize_unit(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            _ => self.deserialize_f64(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = self.word("true");
        if value || self.word("false") { visitor.visit_bool(value) } else { Err(self.is_not("true or false")) }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(&self.string()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.word("null") { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.word("null") { visitor.visit_unit() } else { Err(self.is_not("null")) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.mark(b'[', "a list")?;
        let value = visitor.visit_seq(Items { text: self, is_first: true })?;
        self.mark(b']', "the end of a list")?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.mark(b'{', "an object")?;
        let value = visitor.visit_map(Fields { text: self, is_first: true })?;
        self.mark(b'}', "the end of an object")?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    /// A variant is its name, or an object whose one field is named as it.
    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        if !self.has(b'{') {
            return visitor.visit_enum(Variant { name: self.string()?, held: Held(None) });
        }
        let name = self.string()?;
        self.mark(b':', "a colon")?;
        let value = visitor.visit_enum(Variant { name, held: Held(Some(self)) })?;
        self.mark(b'}', "the end of an object")?;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip()?;
        visitor.visit_unit()
    }
}

struct Items<'t, 'a> {
    text: &'t mut Text<'a>,
    is_first: bool,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.text.goes_on(&mut self.is_first, b']')? { seed.deserialize(&mut *self.text).map(Some) } else { Ok(None) }
    }
}

struct Fields<'t, 'a> {
    text: &'t mut Text<'a>,
    is_first: bool,
}

impl<'a> Fields<'_, 'a> {
    fn next_name(&mut self) -> Result<Option<Cow<'a, str>>, Error> {
        if !self.text.goes_on(&mut self.is_first, b'}')? {
            return Ok(None);
        }
        let name = self.text.string()?;
        self.text.mark(b':', "a colon")?;
        Ok(Some(name))
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.next_name()?.map(|name| seed.deserialize(Key(name))).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(&mut *self.text)
    }
}

/// The name of a field. JSON has only texts there, so numbers are written as texts.
struct Key<'a>(Cow<'a, str>);

impl Key<'_> {
    fn number<N: FromStr>(&self) -> Result<N, Error> {
        self.0.parse().map_err(|_| Error::custom(format_args!("expected a whole number, found {}", self.0)))
    }
}

macro_rules! numbers_as_text {
    ($($name:ident $visit:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.number()?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Error;

    numbers_as_text! {
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64
    }
    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(&self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(Variant { name: self.0, held: Held(None) })
    }
}

/// The variant of an enum.
struct Variant<'t, 'a, 'n> {
    name: Cow<'n, str>,
    held: Held<'t, 'a>,
}

/// What a variant holds; nothing where its name stands alone.
struct Held<'t, 'a>(Option<&'t mut Text<'a>>);

impl<'t, 'a> Held<'t, 'a> {
    fn text(self) -> Result<&'t mut Text<'a>, Error> {
        self.0.ok_or_else(|| Error::custom("a variant that holds something is given by its name alone"))
    }
}

impl<'t, 'de> EnumAccess<'de> for Variant<'t, 'de, '_> {
    type Error = Error;
    type Variant = Held<'t, 'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Held<'t, 'de>), Error> {
        let name: StrDeserializer<'_, Error> = (*self.name).into_deserializer();
        Ok((seed.deserialize(name)?, self.held))
    }
}

impl<'de> VariantAccess<'de> for Held<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        let Some(text) = self.0 else { return Ok(()) };
        if text.word("null") { Ok(()) } else { Err(text.is_not("null")) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.text()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.text()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.text()?.deserialize_map(visitor)
    }
}
